#include "access/canonical.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "access/detail/text.h"

namespace gyre::access {
namespace {

using detail::AppendEncoded;

std::string ResolveDots(std::string_view path) {
    std::vector<std::string_view> segments;
    size_t at = 0;
    while (at <= path.size()) {
        const size_t slash = std::min(path.find('/', at), path.size());
        const std::string_view segment = path.substr(at, slash - at);
        at = slash + 1;
        if (segment.empty() || segment == ".") continue;
        if (segment != "..") {
            segments.push_back(segment);
        } else if (!segments.empty()) {
            segments.pop_back();
        }
    }
    std::string resolved = "/";
    for (size_t i = 0; i < segments.size(); ++i) {
        if (i > 0) resolved += '/';
        resolved += segments[i];
    }
    if (path.ends_with('/') && !segments.empty()) resolved += '/';
    return resolved;
}

bool NeedsResolving(std::string_view path) {
    return !path.starts_with('/') || path.find("//") != path.npos || path.find("/.") != path.npos;
}

void AppendValue(std::string_view value, std::string& out) {
    value = detail::Trim(value);
    bool space = false;
    for (const char c : value) {
        if (c == ' ' || c == '\t') {
            space = true;
            continue;
        }
        if (std::exchange(space, false)) out += ' ';
        out += c;
    }
}

}  // namespace

PathRule PathRuleOf(std::string_view signing_service) {
    return signing_service == "s3" ? PathRule::kS3 : PathRule::kOther;
}

std::string CanonicalPath(std::string_view path, PathRule rule) {
    if (path.empty()) return "/";
    std::string out;
    out.reserve(path.size() + 16);
    if (rule == PathRule::kS3) {
        // Clients differ in which characters they escape on the wire; the canonical form does not.
        AppendEncoded(detail::LenientDecode(path, false), true, out);
    } else if (NeedsResolving(path)) {
        AppendEncoded(ResolveDots(path), true, out);
    } else {
        AppendEncoded(path, true, out);
    }
    return out;
}

std::string CanonicalQuery(std::string_view query, std::string_view leave_out) {
    std::vector<std::pair<std::string, std::string>> pairs;
    detail::ForEachPiece(query, '&', [&](std::string_view pair) {
        if (pair.empty()) return;
        const size_t equals = std::min(pair.find('='), pair.size());
        const std::string name = detail::LenientDecode(pair.substr(0, equals), true);
        if (!leave_out.empty() && name == leave_out) return;
        auto& [encoded_name, encoded_value] = pairs.emplace_back();
        AppendEncoded(name, false, encoded_name);
        if (equals < pair.size()) {
            AppendEncoded(detail::LenientDecode(pair.substr(equals + 1), true), false,
                          encoded_value);
        }
    });
    std::sort(pairs.begin(), pairs.end());
    std::string out;
    for (const auto& [name, value] : pairs) {
        if (!out.empty()) out += '&';
        out += name;
        out += '=';
        out += value;
    }
    return out;
}

std::string CanonicalHeaders(const net::Headers& headers, std::string_view signed_headers) {
    std::string out;
    out.reserve(256);
    detail::ForEachPiece(signed_headers, ';', [&](std::string_view wanted) {
        out += wanted;
        out += ':';
        bool first = true;
        for (const auto& [name, value] : headers) {
            if (!net::EqualsIgnoreCase(name, wanted)) continue;
            if (!std::exchange(first, false)) out += ',';
            AppendValue(value, out);
        }
        out += '\n';
    });
    return out;
}

std::string CanonicalRequest(const net::RequestHead& head, PathRule rule,
                             std::string_view signed_headers, std::string_view payload_hash,
                             std::string_view leave_out) {
    std::string out;
    out.reserve(512);
    out += head.method;
    out += '\n';
    out += CanonicalPath(head.path, rule);
    out += '\n';
    out += CanonicalQuery(head.query, leave_out);
    out += '\n';
    out += CanonicalHeaders(head.headers, signed_headers);
    out += '\n';
    out += signed_headers;
    out += '\n';
    out += payload_hash;
    return out;
}

}  // namespace gyre::access
