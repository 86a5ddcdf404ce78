#include "cli/detail/platform.h"

#include "access/sign.h"

namespace gyre::cli::detail {
namespace {

using core::Code;
using core::Json;
using core::Result;

constexpr core::milliseconds kCallTimeout{60'000};
constexpr core::milliseconds kBodyTimeout{600'000};

std::string TargetOf(const std::string& service, const std::string& operation) {
    return (service == "logs" ? "Logs_20140328." : "SageMaker.") + operation;
}

// As SageMaker, STS and S3 call keys that they do not know, or that do not fit together.
bool AreUnknown(std::string_view wire_name) {
    return wire_name == "UnrecognizedClientException" || wire_name == "InvalidClientTokenId" ||
           wire_name == "InvalidAccessKeyId" || wire_name == "InvalidSignatureException" ||
           wire_name == "SignatureDoesNotMatch";
}

core::Error Unreachable(const Connection& at, const core::Error& why) {
    if (why.code == Code::kUnavailable) {
        return {why.code, "no platform answers at " + at.url + " (from " + at.url_from +
                              "); start one with `gyre serve`, or name another with --url or "
                              "--data"};
    }
    return {why.code, at.url + ": " + why.message};
}

}  // namespace

std::string XmlText(std::string_view xml, std::string_view name) {
    const std::string open = "<" + std::string(name) + ">";
    const size_t begin = xml.find(open);
    const size_t end = xml.find("</" + std::string(name) + ">");
    if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) return "";
    std::string text(xml.substr(begin + open.size(), end - begin - open.size()));
    constexpr std::pair<std::string_view, std::string_view> kEntities[] = {
        {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&apos;", "'"}, {"&amp;", "&"}};
    for (const auto& [entity, character] : kEntities) {
        for (size_t at = 0; (at = text.find(entity, at)) != std::string::npos; ++at) {
            text.replace(at, entity.size(), character);
        }
    }
    return text;
}

bool IsNotThere(const core::Error& error) {
    return error.http_status == 404 || error.message.starts_with("Could not find") ||
           error.message.find("not found") != std::string::npos ||
           error.wire_name == "ResourceNotFoundException";
}

Result<Platform> Platform::Find(const Session& session, const ConnectionOptions& options) {
    GYRE_ASSIGN(Connection connection, FindConnection(session, options));
    GYRE_ASSIGN(const UrlAddress address, AddressOf(connection.url));
    std::shared_ptr<const net::TlsClient> tls;
    if (address.secure) {
        GYRE_ASSIGN(tls, net::TlsClient::Trusting(connection.authority));
    }
    return Platform(std::move(connection), address.address, std::move(tls), session.clock);
}

Platform::Platform(Connection connection, const std::string& address,
                   std::shared_ptr<const net::TlsClient> tls, const core::Clock& clock)
    : connection_(std::move(connection)),
      address_(address),
      clock_(&clock),
      http_(std::make_unique<net::HttpClient>(address, std::move(tls))) {
}

Result<net::Response> Platform::Send(const std::string& service, net::ClientRequest request,
                                     core::milliseconds timeout) const {
    access::SignRequest(request, address_,
                        {.access_key_id = connection_.access_key_id,
                         .secret = connection_.secret_access_key,
                         .session_token = connection_.session_token,
                         .region = connection_.region,
                         .service = service},
                        clock_->WallNow());
    auto response = http_->Send(request, timeout);
    if (!response) return core::Fail(Unreachable(connection_, response.error()));
    return response;
}

core::Error Platform::ErrorOf(const net::Response& response) const {
    core::Error error(Code::kFailedPrecondition, "");
    error.http_status = response.status;
    if (const auto json = core::ParseJson(response.body)) {
        for (const char* member : {"message", "Message"}) {
            if (const auto text = core::JsonString(*json, member)) error.message = *text;
        }
        error.wire_name = core::JsonString(*json, "__type").value_or("");
        error.wire_name.erase(0, error.wire_name.rfind('#') + 1);
    } else {
        error.message = XmlText(response.body, "Message");
        error.wire_name = XmlText(response.body, "Code");
    }
    if (error.wire_name.empty()) {
        error.wire_name = response.headers.Get("x-amzn-ErrorType");
    }
    if (error.message.empty()) {
        error.message = connection_.url + " answered " + std::to_string(response.status) + " " +
                        std::string(net::StatusText(response.status));
    }
    if (response.status == 403) {
        error.code = Code::kUnauthenticated;
        error.message +=
            " (keys " + connection_.access_key_id + ", from " + connection_.keys_from +
            (AreUnknown(error.wire_name) ? "; `eval \"$(gyre env)\"` sets the platform's own)"
                                         : ")");
    }
    return error;
}

Result<Json> Platform::Call(const std::string& service, const std::string& operation,
                            const Json& input) const {
    net::ClientRequest request{.method = "POST", .body = core::JsonText(input)};
    request.headers.Add("Content-Type", "application/x-amz-json-1.1");
    request.headers.Add("X-Amz-Target", TargetOf(service, operation));
    GYRE_ASSIGN(const net::Response response, Send(service, std::move(request), kCallTimeout));
    if (response.status >= 300) return core::Fail(ErrorOf(response));
    if (response.body.empty()) return core::JsonObject();
    auto output = core::ParseJson(response.body);
    if (!output) {
        return core::Fail(Code::kInternal, connection_.url + " is no Gyre platform: it answered " +
                                               operation + " with something other than JSON");
    }
    return output;
}

Result<Json> Platform::DescribeEndpoint(const std::string& name) const {
    auto endpoint = Call("sagemaker", "DescribeEndpoint", core::JsonObject{{"EndpointName", name}});
    if (!endpoint && IsNotThere(endpoint.error())) {
        core::Error error(Code::kNotFound,
                          "there is no endpoint " + name + "; `gyre endpoints` lists them");
        error.http_status = 404;
        return core::Fail(std::move(error));
    }
    return endpoint;
}

Result<core::JsonArray> Platform::List(const std::string& operation, const std::string& list,
                                       core::JsonObject input) const {
    core::JsonArray items;
    input["MaxResults"] = 100;
    while (true) {
        GYRE_ASSIGN(const Json page, Call("sagemaker", operation, input));
        if (const Json* found = core::JsonFind(page, list); found != nullptr && found->is_array()) {
            items.insert(items.end(), found->as_array().begin(), found->as_array().end());
        }
        const auto next = core::JsonString(page, "NextToken");
        if (!next || next->empty()) return items;
        input["NextToken"] = *next;
    }
}

Result<net::Response> Platform::SendS3(net::ClientRequest request) const {
    GYRE_ASSIGN(net::Response response, Send("s3", std::move(request), kBodyTimeout));
    if (response.status >= 300) return core::Fail(ErrorOf(response));
    return response;
}

}  // namespace gyre::cli::detail
