#include "net/detail/head_parser.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace gyre::net::detail {
namespace {

constexpr size_t kMaxFields = 256;
constexpr std::string_view kHeadEnd = "\r\n\r\n";

using CharSet = std::array<bool, 256>;

/// RFC 9110 tchar.
constexpr CharSet kToken = [] {
    CharSet set{};
    for (int c = '0'; c <= '9'; ++c) set[static_cast<size_t>(c)] = true;
    for (int c = 'a'; c <= 'z'; ++c) set[static_cast<size_t>(c)] = true;
    for (int c = 'A'; c <= 'Z'; ++c) set[static_cast<size_t>(c)] = true;
    for (const char c :
         {'!', '#', '$', '%', '&', '\'', '*', '+', '-', '.', '^', '_', '`', '|', '~'})
        set[static_cast<size_t>(c)] = true;
    return set;
}();

/// All but controls and space: targets.
constexpr CharSet kVisible = [] {
    CharSet set{};
    for (size_t c = 0x21; c < 256; ++c) set[c] = c != 0x7F;
    return set;
}();

/// Visible, space and tab: field values.
constexpr CharSet kValue = [] {
    CharSet set = kVisible;
    set[' '] = set['\t'] = true;
    return set;
}();

bool AllOf(std::string_view text, const CharSet& set) {
    for (const char c : text) {
        if (!set[static_cast<unsigned char>(c)]) return false;
    }
    return true;
}

std::string_view Trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

tl::unexpected<HeadError> Refuse(int status, std::string message) {
    return tl::unexpected(HeadError{status, std::move(message)});
}

/// The line at the start of `text`, without its CRLF; removes both. Every line is whole, because
/// the head ends with an empty one; a lone CR or LF stays in the line, where no character set takes
/// it.
std::string_view TakeLine(std::string_view& text) {
    const size_t end = text.find("\r\n");
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(text.size(), end + 2));
    return line;
}

/// Parses field lines up to the empty one.
tl::expected<void, HeadError> ParseFields(std::string_view text, Headers& into) {
    size_t count = 0;
    for (std::string_view line = TakeLine(text); !line.empty(); line = TakeLine(text)) {
        if (++count > kMaxFields) return Refuse(431, "at most 256 header fields are taken");
        const size_t colon = line.find(':');
        const std::string_view name = line.substr(0, std::min(colon, line.size()));
        if (colon == std::string_view::npos || name.empty() || !AllOf(name, kToken)) {
            return Refuse(400, "malformed header field name");
        }
        const std::string_view value = Trim(line.substr(colon + 1));
        if (!AllOf(value, kValue)) return Refuse(400, "malformed value of " + std::string(name));
        into.Add(std::string(name), std::string(value));
    }
    return {};
}

bool HasToken(std::string_view list, std::string_view token) {
    while (!list.empty()) {
        const size_t comma = std::min(list.find(','), list.size());
        if (EqualsIgnoreCase(Trim(list.substr(0, comma)), token)) return true;
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return false;
}

/// Whether a name may be one of those that ReadFraming looks for; spares most fields the compare.
bool MayFrame(std::string_view name) {
    switch (name.size()) {
        case 4:
        case 6:
        case 10:
        case 14:
        case 17:
            return true;
        default:
            return false;
    }
}

struct FramingFields {
    size_t hosts = 0;
    size_t encodings = 0;
    size_t lengths = 0;
    std::string_view encoding;
    std::string_view length;
    std::string_view expect;
    bool close = false;
    bool keep_alive = false;
};

FramingFields FindFramingFields(const Headers& headers) {
    FramingFields fields;
    for (const auto& [name, value] : headers) {
        if (!MayFrame(name)) continue;
        if (EqualsIgnoreCase(name, "host")) {
            ++fields.hosts;
        } else if (EqualsIgnoreCase(name, "content-length")) {
            ++fields.lengths;
            fields.length = value;
        } else if (EqualsIgnoreCase(name, "transfer-encoding")) {
            ++fields.encodings;
            fields.encoding = value;
        } else if (EqualsIgnoreCase(name, "connection")) {
            fields.close |= HasToken(value, "close");
            fields.keep_alive |= HasToken(value, "keep-alive");
        } else if (EqualsIgnoreCase(name, "expect")) {
            fields.expect = value;
        }
    }
    return fields;
}

/// The rules that requests and responses share. Whatever two readers could take for two different
/// lengths is refused: that is what request smuggling is made of.
tl::expected<Framing, HeadError> ReadFraming(const FramingFields& fields, bool http10) {
    Framing framing;
    framing.http10 = http10;
    framing.keep_alive = http10 ? fields.keep_alive && !fields.close : !fields.close;
    if (fields.encodings > 0) {
        if (http10) return Refuse(400, "Transfer-Encoding needs HTTP/1.1");
        if (fields.lengths > 0) {
            return Refuse(400, "Content-Length and Transfer-Encoding exclude each other");
        }
        if (fields.encodings > 1) return Refuse(400, "Transfer-Encoding occurs twice");
        if (!EqualsIgnoreCase(fields.encoding, "chunked")) {
            return Refuse(501, "the only Transfer-Encoding taken is chunked");
        }
        framing.chunked = true;
    }
    if (fields.lengths > 1) return Refuse(400, "Content-Length occurs twice");
    if (fields.lengths == 1) {
        uint64_t length = 0;
        const char* const end = fields.length.data() + fields.length.size();
        const auto [stop, error] = std::from_chars(fields.length.data(), end, length);
        if (error != std::errc() || stop != end || length > INT64_MAX) {
            return Refuse(400, "Content-Length is not a number of bytes");
        }
        framing.length = length;
    }
    return framing;
}

/// A CONNECT's target: "host:port" (RFC 9112, 3.2.3).
tl::expected<void, HeadError> CheckAuthority(std::string_view target) {
    const size_t colon = target.rfind(':');
    const std::string_view port = target.substr(std::min(colon, target.size() - 1) + 1);
    uint16_t number = 0;
    const auto [stop, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (colon == std::string_view::npos || colon == 0 || error != std::errc() ||
        stop != port.data() + port.size() || number == 0 ||
        target.find_first_of("/?#@") != std::string_view::npos) {
        return Refuse(400, "CONNECT takes host:port");
    }
    return {};
}

/// Sets path and query of a target in origin, absolute or asterisk form; an absolute form's
/// authority replaces the Host field (RFC 9112, 3.2.2).
tl::expected<void, HeadError> SplitTarget(RequestHead& head, size_t hosts) {
    std::string_view rest = head.target;
    if (head.method == "CONNECT") return CheckAuthority(rest);
    if (rest == "*" && head.method == "OPTIONS") {
        head.path = "*";
        return {};
    }
    if (rest.front() != '/') {
        const size_t scheme = rest.find("://");
        if (scheme == std::string_view::npos ||
            !(EqualsIgnoreCase(rest.substr(0, scheme), "http") ||
              EqualsIgnoreCase(rest.substr(0, scheme), "https"))) {
            return Refuse(400, "the request target must begin with '/'");
        }
        rest.remove_prefix(scheme + 3);
        const size_t authority = std::min(rest.find_first_of("/?#"), rest.size());
        if (authority == 0) return Refuse(400, "the request target names no host");
        if (hosts > 0) head.headers.Set("Host", std::string(rest.substr(0, authority)));
        rest.remove_prefix(authority);
    }
    rest = rest.substr(0, rest.find('#'));
    const size_t question = std::min(rest.find('?'), rest.size());
    head.path.assign(rest.substr(0, question));
    if (head.path.empty()) head.path = "/";
    head.query.assign(rest.substr(std::min(question + 1, rest.size())));
    return {};
}

}  // namespace

size_t HeadSize(std::string_view input, size_t& scanned) {
    const size_t from = scanned < kHeadEnd.size() ? 0 : scanned - kHeadEnd.size() + 1;
    const void* const found =
        ::memmem(input.data() + from, input.size() - from, kHeadEnd.data(), kHeadEnd.size());
    scanned = input.size();
    if (found == nullptr) return 0;
    return static_cast<size_t>(static_cast<const char*>(found) - input.data()) + kHeadEnd.size();
}

tl::expected<Framing, HeadError> ParseRequestHead(std::string_view text, RequestHead& into) {
    const std::string_view line = TakeLine(text);
    const size_t first = line.find(' ');
    const size_t second = line.find(' ', first == std::string_view::npos ? first : first + 1);
    if (second == std::string_view::npos) return Refuse(400, "malformed request line");
    const std::string_view method = line.substr(0, first);
    const std::string_view target = line.substr(first + 1, second - first - 1);
    const std::string_view version = line.substr(second + 1);
    if (method.empty() || !AllOf(method, kToken)) return Refuse(400, "malformed method");
    if (target.empty() || !AllOf(target, kVisible)) return Refuse(400, "malformed request target");
    const bool http10 = version == "HTTP/1.0";
    if (!http10 && version != "HTTP/1.1") {
        return version.starts_with("HTTP/") ? Refuse(505, "only HTTP/1.1 and HTTP/1.0 are spoken")
                                            : Refuse(400, "malformed request line");
    }
    into.method.assign(method);
    into.target.assign(target);
    if (auto parsed = ParseFields(text, into.headers); !parsed) {
        return tl::unexpected(std::move(parsed.error()));
    }
    const FramingFields fields = FindFramingFields(into.headers);
    if (fields.hosts > 1 || (fields.hosts == 0 && !http10)) {
        return Refuse(400, "a request has exactly one Host");
    }
    auto framing = ReadFraming(fields, http10);
    if (!framing) return framing;
    if (!framing->chunked && !framing->length) framing->length = 0;
    // Other expectations are ignored, as S3 does and RFC 9110 (10.1.1) lets a server do.
    if (EqualsIgnoreCase(fields.expect, "100-continue") && !http10) {
        framing->expect_continue = framing->chunked || framing->length > 0U;
    }
    if (auto split = SplitTarget(into, fields.hosts); !split) {
        return tl::unexpected(std::move(split.error()));
    }
    return framing;
}

tl::expected<Framing, HeadError> ParseResponseHead(std::string_view text, ResponseHead& into) {
    const std::string_view line = TakeLine(text);
    const bool http10 = line.starts_with("HTTP/1.0 ");
    int status = 0;
    if ((!http10 && !line.starts_with("HTTP/1.1 ")) || line.size() < 12 ||
        std::from_chars(line.data() + 9, line.data() + 12, status).ptr != line.data() + 12 ||
        status < 100) {
        return Refuse(400, "malformed status line");
    }
    into.status = status;
    if (auto parsed = ParseFields(text, into.headers); !parsed) {
        return tl::unexpected(std::move(parsed.error()));
    }
    auto framing = ReadFraming(FindFramingFields(into.headers), http10);
    if (framing && (status < 200 || status == 204 || status == 304)) {
        framing->chunked = false;
        framing->length = 0;
    }
    return framing;
}

}  // namespace gyre::net::detail
