#include "objects/cors.h"

#include <algorithm>
#include <array>

#include "core/ascii.h"
#include "objects/detail/s3_errors.h"
#include "objects/detail/s3_members.h"

namespace gyre::objects {
namespace {

constexpr size_t kMostRules = 100;
constexpr std::array<std::string_view, 5> kMethods = {"GET", "PUT", "POST", "DELETE", "HEAD"};

std::vector<std::string> Texts(const core::Json& rule, std::string_view member) {
    std::vector<std::string> texts;
    const core::Json* found = core::JsonFind(rule, member);
    if (found == nullptr || !found->is_array()) return texts;
    for (const core::Json& text : found->get_array()) {
        if (text.is_string()) texts.emplace_back(text.get_string());
    }
    return texts;
}

bool Fits(std::string_view pattern, std::string_view text) {
    const size_t star = pattern.find('*');
    if (star == std::string_view::npos) return pattern == text;
    const std::string_view before = pattern.substr(0, star);
    const std::string_view after = pattern.substr(star + 1);
    return text.size() >= before.size() + after.size() && text.starts_with(before) &&
           text.ends_with(after);
}

std::vector<std::string> SplitList(std::string_view list) {
    std::vector<std::string> parts;
    while (!list.empty()) {
        const size_t comma = list.find(',');
        std::string_view part = list.substr(0, comma);
        while (part.starts_with(' ')) part.remove_prefix(1);
        while (part.ends_with(' ')) part.remove_suffix(1);
        if (!part.empty()) parts.push_back(core::AsciiLower(part));
        if (comma == std::string_view::npos) break;
        list.remove_prefix(comma + 1);
    }
    return parts;
}

std::string Joined(const std::vector<std::string>& texts) {
    std::string joined;
    for (const std::string& text : texts) joined += (joined.empty() ? "" : ", ") + text;
    return joined;
}

bool AllowsHeaders(const CorsRule& rule, const std::vector<std::string>& asked) {
    return std::ranges::all_of(asked, [&](const std::string& header) {
        return std::ranges::any_of(rule.headers, [&](const std::string& pattern) {
            return Fits(core::AsciiLower(pattern), header);
        });
    });
}

}  // namespace

CorsRules CorsRules::Of(const core::Json& rules) {
    CorsRules made;
    if (!rules.is_array()) return made;
    for (const core::Json& rule : rules.get_array()) {
        made.rules_.push_back({Texts(rule, "AllowedOrigins"), Texts(rule, "AllowedMethods"),
                               Texts(rule, "AllowedHeaders"), Texts(rule, "ExposeHeaders"),
                               core::JsonInt(rule, "MaxAgeSeconds")});
    }
    return made;
}

core::Status CorsRules::Check(const core::Json& rules) {
    const auto malformed = [](const char* what) { return core::Fail(detail::MalformedXml(what)); };
    if (!rules.is_array() || rules.get_array().empty()) return malformed("no CORSRule");
    if (rules.get_array().size() > kMostRules) return malformed("more than 100 CORSRules");
    for (const core::Json& rule : rules.get_array()) {
        const auto methods = Texts(rule, "AllowedMethods");
        const auto origins = Texts(rule, "AllowedOrigins");
        if (methods.empty() || origins.empty()) {
            return malformed("a CORSRule needs an AllowedMethod and an AllowedOrigin");
        }
        for (const std::string& method : methods) {
            if (std::ranges::find(kMethods, method) != kMethods.end()) continue;
            return core::Fail(detail::InvalidRequest(
                "Found unsupported HTTP method in CORS config. Unsupported method is " + method));
        }
        for (const std::string& origin : origins) {
            if (std::ranges::count(origin, '*') <= 1) continue;
            return core::Fail(detail::InvalidRequest("AllowedOrigin \"" + origin +
                                                     "\" can not have more than one wildcard."));
        }
        for (const std::string& header : Texts(rule, "AllowedHeaders")) {
            if (std::ranges::count(header, '*') <= 1) continue;
            return core::Fail(detail::InvalidRequest("AllowedHeader \"" + header +
                                                     "\" can not have more than one wildcard."));
        }
    }
    return {};
}

std::optional<net::Headers> CorsRules::Answer(std::string_view origin, std::string_view method,
                                              std::string_view asked_headers,
                                              bool preflight) const {
    const auto asked = SplitList(asked_headers);
    for (const CorsRule& rule : rules_) {
        const auto fitting = std::ranges::find_if(
            rule.origins, [&](const std::string& pattern) { return Fits(pattern, origin); });
        if (fitting == rule.origins.end()) continue;
        if (std::ranges::find(rule.methods, method) == rule.methods.end()) continue;
        if (preflight && !AllowsHeaders(rule, asked)) continue;
        net::Headers headers;
        const bool any = *fitting == "*";
        headers.Add("Access-Control-Allow-Origin", any ? "*" : std::string(origin));
        headers.Add("Access-Control-Allow-Methods", Joined(rule.methods));
        if (preflight && !asked.empty()) {
            headers.Add("Access-Control-Allow-Headers", Joined(asked));
        }
        if (!rule.exposed.empty()) {
            headers.Add("Access-Control-Expose-Headers", Joined(rule.exposed));
        }
        if (preflight && rule.max_age) {
            headers.Add("Access-Control-Max-Age", std::to_string(*rule.max_age));
        }
        if (!any) headers.Add("Access-Control-Allow-Credentials", "true");
        headers.Add("Vary",
                    "Origin, Access-Control-Request-Headers, Access-Control-Request-Method");
        return headers;
    }
    return std::nullopt;
}

}  // namespace gyre::objects
