#include "graph/remote/web_address.h"

#include <algorithm>
#include <charconv>

namespace gyre::graph::remote {
namespace {

using core::Code;

bool IsHostChar(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

/// What a request line may hold: bytes beyond ASCII, as an IRI has them, become their escapes.
std::string Encoded(std::string_view target) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : target) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte > 0x20 && byte < 0x7F) {
            encoded += c;
            continue;
        }
        encoded += '%';
        encoded += kDigits[byte >> 4];
        encoded += kDigits[byte & 0xF];
    }
    return encoded;
}

}  // namespace

std::string WebAddress::Place() const {
    const bool brackets = host.find(':') != std::string::npos;
    return (brackets ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string WebAddress::HostField() const {
    std::string place = Place();
    if (port == (secure ? 443 : 80)) place.resize(place.rfind(':'));
    return place;
}

core::Result<WebAddress> ParseWebAddress(std::string_view iri) {
    const auto wrong = [&](const std::string& why) {
        return core::Fail(Code::kInvalidArgument, "BadRequestException",
                          "<" + std::string(iri) + "> " + why);
    };
    const auto lower = [](std::string text) {
        std::ranges::transform(text, text.begin(),
                               [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
        return text;
    };
    const size_t colon = iri.find("://");
    const std::string scheme = lower(std::string(iri.substr(0, std::min(colon, iri.size()))));
    if (colon == std::string_view::npos || (scheme != "http" && scheme != "https")) {
        return wrong("is no http or https address");
    }
    WebAddress address;
    address.secure = scheme == "https";
    address.port = address.secure ? 443 : 80;
    std::string_view rest = iri.substr(colon + 3);
    const size_t end = std::min(rest.find_first_of("/?#"), rest.size());
    std::string host = lower(std::string(rest.substr(0, end)));
    rest = rest.substr(end, rest.find('#', end) - end);
    if (host.find('@') != std::string::npos) return wrong("has a user's name, which is not sent");
    const size_t port = host.rfind(':');
    if (port != std::string::npos && host.find(']', port) == std::string::npos) {
        const char* last = host.data() + host.size();
        const auto [at, error] = std::from_chars(host.data() + port + 1, last, address.port);
        if (error != std::errc() || at != last || address.port == 0) return wrong("has no port");
        host.resize(port);
    }
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
        const bool plain =
            std::ranges::all_of(host, [](char c) { return IsHostChar(c) || c == ':'; });
        if (!plain || host.find(':') == std::string::npos) return wrong("names no host");
    } else if (host.empty() || !std::ranges::all_of(host, IsHostChar)) {
        return wrong("names no host");
    }
    address.host = std::move(host);
    address.target = (rest.starts_with('/') ? "" : "/") + Encoded(rest);
    return address;
}

}  // namespace gyre::graph::remote
