#include "server/external_objects.h"

#include <cstdlib>

namespace gyre::server {
namespace {

using core::Code;

std::string Given(const core::Config& config, std::string_view key, const char* variable) {
    std::string value = config.GetString(key);
    if (!value.empty()) return value;
    const char* set = std::getenv(variable);
    return set == nullptr ? "" : set;
}

}  // namespace

core::Result<std::optional<objects::ExternalS3>> ExternalObjects(const core::Config& config) {
    std::string url = config.GetString("objects.url");
    if (url.empty()) return std::nullopt;
    constexpr std::string_view kHttp = "http://";
    constexpr std::string_view kHttps = "https://";
    const bool secure = url.starts_with(kHttps);
    if (!secure && !url.starts_with(kHttp)) {
        return core::Fail(Code::kInvalidArgument,
                          "objects.url should be https://HOST or http://HOST:PORT, not " + url);
    }
    url.erase(0, (secure ? kHttps : kHttp).size());
    while (url.ends_with('/')) url.pop_back();
    if (url.empty() || url.find('/') != std::string::npos) {
        return core::Fail(Code::kInvalidArgument,
                          "objects.url should name a host and no path: " + url);
    }
    objects::ExternalS3 s3;
    s3.host = url;
    std::shared_ptr<const net::TlsClient> tls;
    if (secure) {
        GYRE_ASSIGN(tls, net::TlsClient::Trusting(config.GetString("objects.authorities")));
    }
    const std::string port = secure ? ":443" : ":80";
    s3.client = std::make_shared<net::HttpClient>(
        url.find(':') == std::string::npos ? url + port : url, std::move(tls));
    s3.identity.access_key_id = Given(config, "objects.access_key_id", "GYRE_S3_ACCESS_KEY_ID");
    s3.identity.secret = Given(config, "objects.secret_access_key", "GYRE_S3_SECRET_ACCESS_KEY");
    s3.identity.region = config.GetString("objects.region");
    s3.identity.service = "s3";
    if (s3.identity.access_key_id.empty() || s3.identity.secret.empty()) {
        return core::Fail(Code::kInvalidArgument,
                          "objects.url wants objects.access_key_id and objects.secret_access_key "
                          "(or GYRE_S3_ACCESS_KEY_ID and GYRE_S3_SECRET_ACCESS_KEY)");
    }
    return std::optional(std::move(s3));
}

}  // namespace gyre::server
