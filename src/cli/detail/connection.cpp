#include "cli/detail/connection.h"

#include <filesystem>
#include <optional>
#include <sstream>

namespace gyre::cli::detail {
namespace {

using core::Code;
using core::Result;

constexpr std::string_view kScheme = "http://";
constexpr const char* kWhereToLook =
    "start one with `gyre serve`, or name it with --data DIR or --url URL";

std::string FolderOf(const Session& session, const ConnectionOptions& options) {
    return options.data.empty() ? session.Variable("GYRE_DATA", "data") : options.data;
}

Result<std::string> FindUrl(const Session& session, const ConnectionOptions& options) {
    if (!options.url.empty()) return options.url;
    if (options.data.empty()) {
        const std::string url = session.Variable("GYRE_URL", session.Variable("AWS_ENDPOINT_URL"));
        if (!url.empty()) return url;
    }
    const std::filesystem::path folder = FolderOf(session, options);
    auto address = core::ReadFile(session.files, folder / "address");
    if (!address) {
        return core::Fail(Code::kUnavailable, "no platform runs on the folder " + folder.string() +
                                                  "; " + kWhereToLook);
    }
    while (!address->empty() && std::isspace(static_cast<unsigned char>(address->back()))) {
        address->pop_back();
    }
    return *address;
}

struct Keys {
    std::string id;
    std::string secret;
    std::string token;
    std::string from;
};

std::optional<Keys> KeysOfEnvironment(const Session& session, const std::string& prefix) {
    Keys keys{session.Variable(prefix + "ACCESS_KEY_ID"),
              session.Variable(prefix + "SECRET_ACCESS_KEY"), "",
              prefix + "ACCESS_KEY_ID in the environment"};
    if (keys.id.empty() || keys.secret.empty()) return std::nullopt;
    if (prefix == "AWS_") keys.token = session.Variable("AWS_SESSION_TOKEN");
    return keys;
}

// The [default] profile of a file in the AWS shared-credentials format.
std::optional<Keys> KeysOfFolder(const Session& session, const std::filesystem::path& folder) {
    const auto text = core::ReadFile(session.files, folder / "credentials");
    if (!text) return std::nullopt;
    Keys keys{.from = (folder / "credentials").string()};
    std::istringstream lines(*text);
    bool in_default = true;
    for (std::string line; std::getline(lines, line);) {
        std::erase_if(line, [](unsigned char c) { return std::isspace(c) != 0; });
        if (line.starts_with('[')) in_default = line == "[default]";
        const size_t equals = line.find('=');
        if (!in_default || equals == std::string::npos) continue;
        const std::string name = line.substr(0, equals);
        if (name == "aws_access_key_id") keys.id = line.substr(equals + 1);
        if (name == "aws_secret_access_key") keys.secret = line.substr(equals + 1);
        if (name == "aws_session_token") keys.token = line.substr(equals + 1);
    }
    if (keys.id.empty() || keys.secret.empty()) return std::nullopt;
    return keys;
}

std::optional<Keys> FindKeys(const Session& session, const ConnectionOptions& options,
                             KeyOrder order) {
    const std::filesystem::path folder = FolderOf(session, options);
    // A folder that was asked for by name is meant, keys and all.
    if (order == KeyOrder::kFolderFirst || !options.data.empty()) {
        if (auto keys = KeysOfFolder(session, folder)) return keys;
        if (auto keys = KeysOfEnvironment(session, "GYRE_")) return keys;
    }
    for (const char* prefix : {"AWS_", "GYRE_"}) {
        if (auto keys = KeysOfEnvironment(session, prefix)) return keys;
    }
    return KeysOfFolder(session, folder);
}

}  // namespace

Result<std::string> AddressOf(const std::string& url) {
    if (!url.starts_with(kScheme)) {
        return core::Fail(Code::kInvalidArgument,
                          "\"" + url +
                              "\" is no address of a platform; one looks like "
                              "http://127.0.0.1:8080");
    }
    std::string address = url.substr(kScheme.size());
    address.resize(std::min(address.find('/'), address.size()));
    const size_t after_host = address.starts_with('[') ? address.find(']') : 0;
    if (address.find(':', after_host == std::string::npos ? 0 : after_host) == std::string::npos) {
        address += ":80";
    }
    return address;
}

Result<Connection> FindConnection(const Session& session, const ConnectionOptions& options,
                                  KeyOrder order) {
    Connection connection;
    GYRE_ASSIGN(connection.url, FindUrl(session, options));
    while (connection.url.ends_with('/')) connection.url.pop_back();
    GYRE_TRY(AddressOf(connection.url));
    const auto keys = FindKeys(session, options, order);
    if (!keys) {
        return core::Fail(Code::kUnauthenticated,
                          "no keys for " + connection.url +
                              "; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name the "
                              "platform's folder with --data DIR");
    }
    connection.access_key_id = keys->id;
    connection.secret_access_key = keys->secret;
    connection.session_token = keys->token;
    connection.keys_from = keys->from;
    connection.region = options.region;
    if (connection.region.empty()) {
        connection.region =
            session.Variable("AWS_REGION", session.Variable("AWS_DEFAULT_REGION", "us-east-1"));
    }
    return connection;
}

}  // namespace gyre::cli::detail
