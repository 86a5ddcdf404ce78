#include "console/detail/answers.h"

#include <algorithm>
#include <utility>

namespace gyre::console::detail {
namespace {

// Scripts and styles come from here as files, and nothing else runs; pictures of objects come as
// blobs. https://www.w3.org/TR/CSP3/
constexpr std::string_view kPagePolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "media-src 'self' blob:; connect-src 'self'; font-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

// __Host- binds the cookie to this very host, which browsers hold for TLS only.
std::string_view CookieName(const net::RequestHead& head) {
    return head.secure ? "__Host-gyre" : "gyre";
}

void AddGuards(net::Headers& headers) {
    headers.Add("X-Content-Type-Options", "nosniff");
    headers.Add("Referrer-Policy", "no-referrer");
    headers.Add("Cross-Origin-Opener-Policy", "same-origin");
    headers.Add("Cross-Origin-Resource-Policy", "same-origin");
    headers.Add("X-Frame-Options", "DENY");
}

/// True where Accept-Encoding names it without "q=0".
bool Takes(std::string_view accepted, std::string_view encoding) {
    while (!accepted.empty()) {
        const size_t end = std::min(accepted.find(','), accepted.size());
        std::string_view item = accepted.substr(0, end);
        accepted.remove_prefix(std::min(end + 1, accepted.size()));
        while (item.starts_with(' ')) item.remove_prefix(1);
        const std::string_view name = item.substr(0, item.find_first_of("; "));
        if (!net::EqualsIgnoreCase(name, encoding)) continue;
        const size_t quality = item.find("q=");
        return quality == item.npos || item.find_first_of("123456789", quality + 2) != item.npos;
    }
    return false;
}

}  // namespace

std::string_view CookieOf(const net::RequestHead& head) {
    std::string_view cookies = head.headers.Get("Cookie");
    const std::string wanted = std::string(CookieName(head)) + "=";
    while (!cookies.empty()) {
        const size_t end = std::min(cookies.find(';'), cookies.size());
        const std::string_view item = cookies.substr(0, end);
        if (item.starts_with(wanted)) return item.substr(wanted.size());
        cookies.remove_prefix(std::min(end + 1, cookies.size()));
        while (cookies.starts_with(' ')) cookies.remove_prefix(1);
    }
    return {};
}

std::string SetCookie(const net::RequestHead& head, std::string_view value) {
    std::string text(CookieName(head));
    text.append("=").append(value).append("; Path=/; HttpOnly; SameSite=Strict");
    if (head.secure) text.append("; Secure");
    if (value.empty()) text.append("; Max-Age=0");
    return text;
}

void AnswerAsset(net::Exchange& exchange, const Asset& asset) {
    const net::RequestHead& head = exchange.Head();
    const bool page = asset.path == "/";
    const std::string tag = "\"" + std::string(asset.hash) + "\"";
    net::Response response;
    AddGuards(response.headers);
    response.headers.Add("ETag", tag);
    // The page names its files by their hashes, so that those never change.
    response.headers.Add("Cache-Control",
                         page ? "no-cache" : "public, max-age=31536000, immutable");
    response.headers.Add("Vary",
                         page ? "Accept, Accept-Encoding, Authorization" : "Accept-Encoding");
    if (page) response.headers.Add("Content-Security-Policy", std::string(kPagePolicy));
    if (head.headers.Get("If-None-Match") == tag) {
        response.status = 304;
        return exchange.Respond(std::move(response));
    }
    response.headers.Add("Content-Type", std::string(asset.content_type));
    const std::string_view accepted = head.headers.Get("Accept-Encoding");
    if (Takes(accepted, "br")) {
        response.headers.Add("Content-Encoding", "br");
        response.body = asset.brotli;
    } else if (Takes(accepted, "gzip")) {
        response.headers.Add("Content-Encoding", "gzip");
        response.body = asset.gzip;
    } else {
        response.body = asset.plain;
    }
    exchange.Respond(std::move(response));
}

void AnswerJson(net::Exchange& exchange, int status, const core::Json& json, net::Headers headers) {
    net::Response response{.status = status, .headers = std::move(headers), .body = {}};
    AddGuards(response.headers);
    response.headers.Add("Cache-Control", "no-store");
    response.headers.Add("Content-Type", "application/json");
    response.body = core::JsonText(json);
    exchange.Respond(std::move(response));
}

void AnswerProblem(net::Exchange& exchange, int status, std::string_view message) {
    AnswerJson(exchange, status, core::JsonObject{{"message", message}});
}

}  // namespace gyre::console::detail
