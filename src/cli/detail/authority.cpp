#include "cli/detail/authority.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <ostream>

#include "net/http_client.h"

namespace gyre::cli::detail {
namespace {

using core::Result;

constexpr core::milliseconds kTimeout{5'000};

Result<std::filesystem::path> CacheFolder(const Session& session) {
    if (const std::string cache = session.Variable("XDG_CACHE_HOME"); !cache.empty()) {
        return std::filesystem::path(cache) / "gyre";
    }
    const std::string home = session.Variable("HOME");
    if (home.empty()) {
        return core::Fail(core::Code::kFailedPrecondition,
                          "neither XDG_CACHE_HOME nor HOME says where to keep it");
    }
    return std::filesystem::path(home) / ".cache" / "gyre";
}

Result<std::string> Fetch(const Session& session, const Connection& connection) {
    GYRE_ASSIGN(const UrlAddress address, AddressOf(connection.url));
    net::HttpClient client(address.address);
    GYRE_ASSIGN(
        const net::Response response,
        client.Send({.method = "GET", .target = "/ca.pem", .headers = {}, .body = {}}, kTimeout));
    if (response.status != 200 || !response.body.starts_with("-----BEGIN CERTIFICATE-----")) {
        return core::Fail(core::Code::kNotFound, "it has none");
    }
    GYRE_ASSIGN(const std::filesystem::path folder, CacheFolder(session));
    GYRE_TRY(session.files.MakeDirectories(folder));
    std::string name = address.address + ".pem";
    std::ranges::replace_if(
        name, [](unsigned char c) { return std::isalnum(c) == 0 && c != '.' && c != '-'; }, '_');
    GYRE_TRY(core::WriteFileAtomically(session.files, folder / name, response.body));
    return (folder / name).string();
}

}  // namespace

std::string FetchAuthority(Session& session, const Connection& connection) {
    auto fetched = Fetch(session, connection);
    if (fetched) return *fetched;
    session.err << "gyre: no certificate of " << connection.url
                << "'s authority, so AWS's own host "
                << "names are not answered here: " << fetched.error().message << "\n";
    return "";
}

}  // namespace gyre::cli::detail
