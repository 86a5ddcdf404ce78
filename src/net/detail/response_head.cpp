#include "net/detail/response_head.h"

#include <algorithm>
#include <charconv>
#include <ctime>

#include "core/clock.h"

namespace gyre::net::detail {
namespace {

/// The Date of this second, made once a second and thread.
const std::string& DateNow() {
    thread_local std::time_t second = 0;
    thread_local std::string text;
    const std::time_t now = std::time(nullptr);
    if (now != second) {
        second = now;
        text = core::HttpDate(core::WallTime(core::seconds(now)));
    }
    return text;
}

void AppendNumber(std::string& out, uint64_t number) {
    char digits[20];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

void AppendSafe(std::string& out, std::string_view text) {
    const size_t start = out.size();
    out.append(text);
    std::replace_if(
        out.begin() + static_cast<std::ptrdiff_t>(start), out.end(),
        [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
}

bool IsOurs(std::string_view name, bool keep_length) {
    switch (name.size()) {
        case 4:
            return EqualsIgnoreCase(name, "date");
        case 10:
            return EqualsIgnoreCase(name, "connection") || EqualsIgnoreCase(name, "keep-alive");
        case 14:
            return !keep_length && EqualsIgnoreCase(name, "content-length");
        case 17:
            return EqualsIgnoreCase(name, "transfer-encoding");
        default:
            return false;
    }
}

}  // namespace

void AppendResponseHead(std::string& out, int status, const Headers& headers,
                        const ResponseFraming& framing) {
    out += "HTTP/1.1 ";
    AppendNumber(out, static_cast<uint64_t>(std::clamp(status, 100, 999)));
    out += ' ';
    out += StatusText(status);
    out += "\r\nDate: ";
    out += DateNow();
    out += "\r\n";
    for (const auto& [name, value] : headers) {
        if (IsOurs(name, framing.keep_length)) continue;
        AppendSafe(out, name);
        out += ": ";
        AppendSafe(out, value);
        out += "\r\n";
    }
    if (framing.length) {
        out += "Content-Length: ";
        AppendNumber(out, *framing.length);
        out += "\r\n";
    }
    if (framing.chunked) out += "Transfer-Encoding: chunked\r\n";
    if (framing.close) {
        out += "Connection: close\r\n";
    } else if (framing.http10) {
        out += "Connection: keep-alive\r\n";
    }
    out += "\r\n";
}

}  // namespace gyre::net::detail
