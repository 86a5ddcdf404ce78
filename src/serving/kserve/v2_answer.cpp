#include "serving/kserve/v2_answer.h"

#include <boost/json.hpp>

#include "core/gzip.h"

namespace gyre::serving::kserve {
namespace {

/// Below this a packed answer is hardly smaller, and takes longer.
constexpr size_t kWorthPacking = 1024;

int StatusOf(const core::Error& error) {
    using core::Code;
    switch (error.code) {
        case Code::kInvalidArgument:
        case Code::kFailedPrecondition:
        case Code::kConflict:
        case Code::kAlreadyExists:
            return 400;
        case Code::kUnauthenticated:
            return 401;
        case Code::kPermissionDenied:
            return 403;
        case Code::kNotFound:
            return 404;
        case Code::kUnimplemented:
            return 501;
        case Code::kUnavailable:
        case Code::kResourceExhausted:
        case Code::kCancelled:
        case Code::kDeadlineExceeded:
            return 503;
        default:
            return 500;
    }
}

bool Takes(std::string_view list, std::string_view coding) {
    while (!list.empty()) {
        const size_t comma = std::min(list.find(','), list.size());
        std::string_view item = list.substr(0, comma);
        list.remove_prefix(std::min(comma + 1, list.size()));
        while (!item.empty() && item.front() == ' ') item.remove_prefix(1);
        const size_t semicolon = std::min(item.find_first_of("; "), item.size());
        if (!net::EqualsIgnoreCase(item.substr(0, semicolon), coding)) continue;
        const std::string_view weight = item.substr(semicolon);
        const size_t q = weight.find("q=0");
        return q == std::string_view::npos ||
               weight.find_first_of("123456789", q) != std::string_view::npos;
    }
    return false;
}

}  // namespace

ContentCoding AcceptedCoding(const net::Headers& headers) {
    const std::string_view list = headers.Get("Accept-Encoding");
    if (list.empty()) return ContentCoding::kNone;
    if (Takes(list, "gzip")) return ContentCoding::kGzip;
    return Takes(list, "deflate") ? ContentCoding::kDeflate : ContentCoding::kNone;
}

net::Response JsonAnswer(int status, const core::Json& json) {
    net::Response response{.status = status, .headers = {}, .body = core::JsonText(json)};
    response.headers.Add("Content-Type", "application/json");
    return response;
}

net::Response ErrorAnswer(int status, std::string_view message) {
    return JsonAnswer(status, core::JsonObject{{"error", message}});
}

net::Response ErrorAnswer(const core::Error& error) {
    net::Response response = ErrorAnswer(StatusOf(error), error.message);
    if (response.status == 503) {
        const auto after = error.details.find("Retry-After");
        response.headers.Add("Retry-After", after == error.details.end() ? "1" : after->second);
    }
    return response;
}

void Answer(const std::shared_ptr<net::Exchange>& exchange, net::Response response,
            core::WorkerPool& pool) {
    const ContentCoding coding = AcceptedCoding(exchange->Head().headers);
    if (coding == ContentCoding::kNone || response.body.size() < kWorthPacking) {
        return exchange->Respond(std::move(response));
    }
    const auto plain = std::make_shared<net::Response>(std::move(response));
    const bool taken = pool.TrySubmit([exchange, plain, coding] {
        const bool gzip = coding == ContentCoding::kGzip;
        plain->body = gzip ? core::Gzip(plain->body) : core::Zlib(plain->body);
        plain->headers.Add("Content-Encoding", gzip ? "gzip" : "deflate");
        plain->headers.Add("Vary", "Accept-Encoding");
        exchange->Respond(std::move(*plain));
    });
    if (!taken) exchange->Respond(std::move(*plain));
}

}  // namespace gyre::serving::kserve
