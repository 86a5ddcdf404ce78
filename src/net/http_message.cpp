#include "net/http_message.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "core/ascii.h"

namespace gyre::net {
namespace {

int HexValue(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char lower = core::AsciiLower(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool Unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

}  // namespace

bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
               return core::AsciiLower(x) == core::AsciiLower(y);
           });
}

std::optional<std::string_view> Headers::Find(std::string_view name) const {
    for (const auto& [field, value] : fields_) {
        if (EqualsIgnoreCase(field, name)) return value;
    }
    return std::nullopt;
}

std::string_view Headers::Get(std::string_view name) const {
    return Find(name).value_or(std::string_view());
}

void Headers::Add(std::string name, std::string value) {
    fields_.emplace_back(std::move(name), std::move(value));
}

void Headers::Set(std::string_view name, std::string value) {
    const auto first = std::find_if(fields_.begin(), fields_.end(), [&](const Field& field) {
        return EqualsIgnoreCase(field.first, name);
    });
    if (first == fields_.end()) return Add(std::string(name), std::move(value));
    first->second = std::move(value);
    fields_.erase(
        std::remove_if(first + 1, fields_.end(),
                       [&](const Field& field) { return EqualsIgnoreCase(field.first, name); }),
        fields_.end());
}

void Headers::Remove(std::string_view name) {
    std::erase_if(fields_, [&](const Field& field) { return EqualsIgnoreCase(field.first, name); });
}

std::optional<std::string> PercentDecode(std::string_view text, bool plus_is_space) {
    std::string result;
    result.reserve(text.size());
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            if (i + 2 >= text.size()) return std::nullopt;
            const int high = HexValue(text[i + 1]);
            const int low = HexValue(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            result.push_back(static_cast<char>(high * 16 + low));
            i += 2;
        } else {
            result.push_back(plus_is_space && text[i] == '+' ? ' ' : text[i]);
        }
    }
    return result;
}

std::optional<std::vector<std::string>> SplitPath(std::string_view path) {
    std::vector<std::string> parts;
    while (!path.empty()) {
        path.remove_prefix(1);
        const size_t end = std::min(path.find('/'), path.size());
        auto part = PercentDecode(path.substr(0, end));
        if (!part) return std::nullopt;
        path.remove_prefix(end);
        if (part->empty() && path.empty()) break;
        parts.push_back(std::move(*part));
    }
    return parts;
}

std::string PercentEncode(std::string_view text, bool keep_slash) {
    static constexpr char kHex[] = "0123456789ABCDEF";
    std::string result;
    result.reserve(text.size());
    for (const char c : text) {
        if (Unreserved(c) || (keep_slash && c == '/')) {
            result.push_back(c);
        } else {
            const auto byte = static_cast<unsigned char>(c);
            result.push_back('%');
            result.push_back(kHex[byte >> 4]);
            result.push_back(kHex[byte & 15]);
        }
    }
    return result;
}

std::optional<std::vector<std::pair<std::string, std::string>>> ParseQuery(std::string_view query) {
    std::vector<std::pair<std::string, std::string>> pairs;
    while (!query.empty()) {
        const size_t end = std::min(query.find('&'), query.size());
        const std::string_view piece = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (piece.empty()) continue;
        const size_t equals = std::min(piece.find('='), piece.size());
        auto name = PercentDecode(piece.substr(0, equals), true);
        auto value = PercentDecode(piece.substr(std::min(equals + 1, piece.size())), true);
        if (!name || !value) return std::nullopt;
        pairs.emplace_back(std::move(*name), std::move(*value));
    }
    return pairs;
}

std::string SubdomainOf(std::string_view host, const std::vector<std::string>& domains) {
    host = host.substr(0, host.find(':'));
    const std::string name = core::AsciiLower(host);
    for (const std::string& domain : domains) {
        if (name.size() <= domain.size() + 1 || !name.ends_with(domain)) continue;
        const size_t dot = name.size() - domain.size() - 1;
        if (name[dot] == '.') return name.substr(0, dot);
    }
    return {};
}

std::string_view StatusText(int status) {
    switch (status) {
        case 100:
            return "Continue";
        case 101:
            return "Switching Protocols";
        case 200:
            return "OK";
        case 201:
            return "Created";
        case 202:
            return "Accepted";
        case 204:
            return "No Content";
        case 206:
            return "Partial Content";
        case 301:
            return "Moved Permanently";
        case 302:
            return "Found";
        case 303:
            return "See Other";
        case 304:
            return "Not Modified";
        case 307:
            return "Temporary Redirect";
        case 308:
            return "Permanent Redirect";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 406:
            return "Not Acceptable";
        case 408:
            return "Request Timeout";
        case 409:
            return "Conflict";
        case 411:
            return "Length Required";
        case 412:
            return "Precondition Failed";
        case 413:
            return "Content Too Large";
        case 414:
            return "URI Too Long";
        case 415:
            return "Unsupported Media Type";
        case 416:
            return "Range Not Satisfiable";
        case 417:
            return "Expectation Failed";
        case 422:
            return "Unprocessable Content";
        case 424:
            return "Failed Dependency";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 501:
            return "Not Implemented";
        case 502:
            return "Bad Gateway";
        case 503:
            return "Service Unavailable";
        case 504:
            return "Gateway Timeout";
        case 505:
            return "HTTP Version Not Supported";
        case 507:
            return "Insufficient Storage";
        default:
            return "Unknown";
    }
}

}  // namespace gyre::net
