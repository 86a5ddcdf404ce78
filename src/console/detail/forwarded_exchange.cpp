#include "console/detail/forwarded_exchange.h"

#include "access/sign.h"

namespace gyre::console::detail {
namespace {

constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";

// What is between browser and console only, and would mean something else to an API.
constexpr std::string_view kNotForwarded[] = {"Cookie",
                                              "Authorization",
                                              "Origin",
                                              "Referer",
                                              "X-Gyre-Token",
                                              "X-Amz-Security-Token",
                                              "X-Amz-Date",
                                              "Access-Control-Request-Method",
                                              "Access-Control-Request-Headers"};

void Confine(net::Headers& headers) {
    headers.Set("Content-Security-Policy", "sandbox; default-src 'none'");
    headers.Set("X-Content-Type-Options", "nosniff");
    headers.Set("Cross-Origin-Resource-Policy", "same-origin");
    headers.Set("Cache-Control", "private, no-cache");
}

}  // namespace

core::Result<std::shared_ptr<ForwardedExchange>> ForwardedExchange::Make(
    std::shared_ptr<net::Exchange> inner, std::string_view prefix,
    const access::Credential& credential, const std::string& region, core::WallTime now) {
    net::RequestHead head = inner->Head();
    const std::string rest = head.path.substr(prefix.size());
    const size_t slash = rest.find('/');
    const std::string service = rest.substr(0, slash);
    if (slash == std::string::npos || service.empty()) {
        return core::Fail(core::Code::kNotFound, "The path names no service: /-/api/SERVICE/…");
    }
    head.path = rest.substr(slash);
    head.target = head.query.empty() ? head.path : head.path + "?" + head.query;
    for (const std::string_view name : kNotForwarded) head.headers.Remove(name);
    // Buckets are named in the path here, whatever the console's own host is called.
    head.headers.Set("Host", "localhost");
    // The body is signed by no hash: it has not been read, and comes from the session itself.
    head.headers.Set("X-Amz-Content-Sha256", std::string(kUnsignedPayload));
    access::SignHead(head, kUnsignedPayload,
                     {.access_key_id = credential.access_key_id,
                      .secret = credential.secret,
                      .session_token = credential.session_token,
                      .region = region,
                      .service = service},
                     now);
    return std::shared_ptr<ForwardedExchange>(
        new ForwardedExchange(std::move(inner), std::move(head)));
}

void ForwardedExchange::Respond(net::Response response) {
    Confine(response.headers);
    inner_->Respond(std::move(response));
}

std::unique_ptr<net::BodyWriter> ForwardedExchange::RespondStream(net::ResponseHead head,
                                                                  std::optional<uint64_t> length) {
    Confine(head.headers);
    return inner_->RespondStream(std::move(head), length);
}

}  // namespace gyre::console::detail
