#include "cli/detail/connection.h"

#include <array>
#include <filesystem>
#include <optional>
#include <sstream>

namespace gyre::cli::detail {
namespace {

using core::Code;
using core::Result;

constexpr std::string_view kScheme = "http://";
constexpr std::string_view kSecureScheme = "https://";
constexpr const char* kWhereToLook =
    "start one with `gyre serve`, or name it with --data DIR or --url URL";

std::string FolderOf(const Session& session, const ConnectionOptions& options) {
    return options.data.empty() ? session.Variable("GYRE_DATA", "data") : options.data;
}

struct Address {
    std::string url;
    std::string from;
    bool of_folder = false;
};

Result<Address> AddressOfFolder(const Session& session, const std::filesystem::path& folder) {
    auto text = core::ReadFile(session.files, folder / "address");
    if (!text) {
        return core::Fail(Code::kUnavailable, "no platform runs on the folder " + folder.string() +
                                                  "; " + kWhereToLook);
    }
    while (!text->empty() && std::isspace(static_cast<unsigned char>(text->back()))) {
        text->pop_back();
    }
    return Address{*text, (folder / "address").string(), true};
}

Result<Address> FindAddress(const Session& session, const ConnectionOptions& options,
                            Prefer prefer) {
    if (!options.url.empty()) return Address{options.url, "--url"};
    auto of_folder = AddressOfFolder(session, FolderOf(session, options));
    if (!options.data.empty() || (prefer == Prefer::kFolder && of_folder)) return of_folder;
    for (const char* name : {"GYRE_URL", "AWS_ENDPOINT_URL"}) {
        if (const std::string url = session.Variable(name); !url.empty()) return Address{url, name};
    }
    return of_folder;
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

std::optional<Keys> FindKeys(const Session& session, const std::filesystem::path& folder,
                             bool folder_first) {
    const auto own = KeysOfEnvironment(session, "GYRE_");
    const auto aws = KeysOfEnvironment(session, "AWS_");
    const auto kept = KeysOfFolder(session, folder);
    const auto order = folder_first ? std::array{&own, &kept, &aws} : std::array{&aws, &own, &kept};
    for (const auto* keys : order) {
        if (*keys) return *keys;
    }
    return std::nullopt;
}

// Absolute: who reads it may be in another folder.
std::string AuthorityFor(const Session& session, const std::filesystem::path& folder,
                         bool of_folder) {
    if (!of_folder) return session.Variable("AWS_CA_BUNDLE");
    std::error_code error;
    const auto file = std::filesystem::absolute(folder / "tls" / "ca.pem", error);
    return session.files.Stat(file) ? file.string() : "";
}

}  // namespace

Result<UrlAddress> AddressOf(const std::string& url) {
    UrlAddress found{"", url.starts_with(kSecureScheme)};
    if (!found.secure && !url.starts_with(kScheme)) {
        return core::Fail(Code::kInvalidArgument,
                          "\"" + url +
                              "\" is no address of a platform; one looks like "
                              "http://127.0.0.1:8080");
    }
    std::string& address = found.address;
    address = url.substr(found.secure ? kSecureScheme.size() : kScheme.size());
    address.resize(std::min(address.find('/'), address.size()));
    const size_t after_host = address.starts_with('[') ? address.find(']') : 0;
    if (address.find(':', after_host == std::string::npos ? 0 : after_host) == std::string::npos) {
        address += found.secure ? ":443" : ":80";
    }
    return found;
}

Result<Connection> FindConnection(const Session& session, const ConnectionOptions& options,
                                  Prefer prefer) {
    Connection connection;
    GYRE_ASSIGN(const Address address, FindAddress(session, options, prefer));
    connection.url = address.url;
    connection.of_folder = address.of_folder;
    connection.url_from = address.from;
    while (connection.url.ends_with('/')) connection.url.pop_back();
    GYRE_TRY(AddressOf(connection.url));
    connection.authority = AuthorityFor(session, FolderOf(session, options), address.of_folder);
    const auto keys = FindKeys(session, FolderOf(session, options), address.of_folder);
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
