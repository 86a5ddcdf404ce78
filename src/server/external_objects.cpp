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

/// Host and client of the S3 at that URL, which `named` names.
core::Result<objects::ExternalS3> S3At(std::string url, const std::string& named,
                                       const std::string& authorities) {
    constexpr std::string_view kHttp = "http://";
    constexpr std::string_view kHttps = "https://";
    const bool secure = url.starts_with(kHttps);
    if (!secure && !url.starts_with(kHttp)) {
        return core::Fail(Code::kInvalidArgument,
                          named + " should be https://HOST or http://HOST:PORT, not " + url);
    }
    url.erase(0, (secure ? kHttps : kHttp).size());
    while (url.ends_with('/')) url.pop_back();
    if (url.empty() || url.find('/') != std::string::npos) {
        return core::Fail(Code::kInvalidArgument,
                          named + " should name a host and no path: " + url);
    }
    objects::ExternalS3 s3;
    s3.host = url;
    std::shared_ptr<const net::TlsClient> tls;
    if (secure) {
        GYRE_ASSIGN(tls, net::TlsClient::Trusting(authorities));
    }
    const std::string port = secure ? ":443" : ":80";
    s3.client = std::make_shared<net::HttpClient>(
        url.find(':') == std::string::npos ? url + port : url, std::move(tls));
    s3.identity.service = "s3";
    return s3;
}

}  // namespace

core::Result<std::optional<objects::ExternalS3>> ExternalObjects(const core::Config& config) {
    const std::string url = config.GetString("objects.url");
    if (url.empty()) return std::nullopt;
    GYRE_ASSIGN(objects::ExternalS3 s3,
                S3At(url, "objects.url", config.GetString("objects.authorities")));
    s3.identity.access_key_id = Given(config, "objects.access_key_id", "GYRE_S3_ACCESS_KEY_ID");
    s3.identity.secret = Given(config, "objects.secret_access_key", "GYRE_S3_SECRET_ACCESS_KEY");
    s3.identity.region = config.GetString("objects.region");
    if (s3.identity.access_key_id.empty() || s3.identity.secret.empty()) {
        return core::Fail(Code::kInvalidArgument,
                          "objects.url wants objects.access_key_id and objects.secret_access_key "
                          "(or GYRE_S3_ACCESS_KEY_ID and GYRE_S3_SECRET_ACCESS_KEY)");
    }
    return std::optional(std::move(s3));
}

core::Result<std::optional<objects::ExternalS3>> ExternalObjects(
    const std::function<std::optional<std::string>(const std::string& name)>& variable) {
    const auto either = [&](const char* first, const char* second) {
        const std::string found = variable(first).value_or("");
        return found.empty() ? variable(second).value_or("") : found;
    };
    const std::string key = variable("AWS_ACCESS_KEY_ID").value_or("");
    const std::string secret = variable("AWS_SECRET_ACCESS_KEY").value_or("");
    if (key.empty() || secret.empty()) return std::nullopt;
    std::string region = either("AWS_REGION", "AWS_DEFAULT_REGION");
    if (region.empty()) region = "us-east-1";
    std::string url = either("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL");
    if (url.empty()) url = "https://s3." + region + ".amazonaws.com";
    GYRE_ASSIGN(objects::ExternalS3 s3,
                S3At(url, "AWS_ENDPOINT_URL", variable("AWS_CA_BUNDLE").value_or("")));
    s3.identity.access_key_id = key;
    s3.identity.secret = secret;
    s3.identity.session_token = variable("AWS_SESSION_TOKEN").value_or("");
    s3.identity.region = region;
    return std::optional(std::move(s3));
}

}  // namespace gyre::server
