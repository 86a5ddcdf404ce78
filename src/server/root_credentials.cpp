#include "server/root_credentials.h"

#include <cstdlib>
#include <sstream>
#include <string_view>

#include "core/digest.h"
#include "core/file_system.h"
#include "server/private_file.h"

namespace gyre::server {
namespace {

// An access key id as AWS forms them: "AKIA" and 16 of A–Z, 2–7.
std::string NewAccessKeyId() {
    constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    std::string id = "AKIA";
    for (const char byte : core::RandomBytes(16)) {
        id += kAlphabet[static_cast<unsigned char>(byte) % kAlphabet.size()];
    }
    return id;
}

core::Status WriteCredentials(const std::filesystem::path& file, const RootCredentials& keys) {
    const std::string text = "[default]\naws_access_key_id = " + keys.access_key_id +
                             "\naws_secret_access_key = " + keys.secret_access_key + "\n";
    return WritePrivateFile(file, text);
}

core::Result<RootCredentials> ReadCredentials(const std::string& text,
                                              const std::filesystem::path& file) {
    RootCredentials keys;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        std::erase(line, ' ');
        const size_t equals = line.find('=');
        if (equals == std::string::npos) continue;
        const std::string name = line.substr(0, equals);
        if (name == "aws_access_key_id") keys.access_key_id = line.substr(equals + 1);
        if (name == "aws_secret_access_key") keys.secret_access_key = line.substr(equals + 1);
    }
    if (keys.access_key_id.empty() || keys.secret_access_key.empty()) {
        return core::Fail(
            core::Code::kFailedPrecondition,
            file.string() +
                " holds no aws_access_key_id and aws_secret_access_key; restore it, or "
                "remove it and new ones are made");
    }
    return keys;
}

}  // namespace

core::Status KeepRootCredentials(const std::filesystem::path& file, const RootCredentials& keys) {
    const auto text = core::ReadFile(core::RealFileSystem(), file);
    if (text) {
        const auto kept = ReadCredentials(*text, file);
        if (kept && kept->access_key_id == keys.access_key_id &&
            kept->secret_access_key == keys.secret_access_key) {
            return {};
        }
    }
    return WriteCredentials(file, keys);
}

core::Result<RootCredentials> FindRootCredentials(const std::filesystem::path& file) {
    const char* id = std::getenv("GYRE_ACCESS_KEY_ID");
    const char* secret = std::getenv("GYRE_SECRET_ACCESS_KEY");
    if ((id == nullptr) != (secret == nullptr)) {
        return core::Fail(
            core::Code::kInvalidArgument,
            "GYRE_ACCESS_KEY_ID and GYRE_SECRET_ACCESS_KEY go together; only one is set");
    }
    if (id != nullptr) return RootCredentials{id, secret};
    const auto text = core::ReadFile(core::RealFileSystem(), file);
    if (text) return ReadCredentials(*text, file);
    if (text.error().code != core::Code::kNotFound) return core::Fail(text.error());
    RootCredentials keys{NewAccessKeyId(), core::Base64Encode(core::RandomBytes(30))};
    GYRE_TRY(WriteCredentials(file, keys));
    return keys;
}

}  // namespace gyre::server
