#include "wire/detail/rest_members.h"

#include <string>

#include "core/ascii.h"
#include "core/utf8.h"
#include "wire/detail/scalar.h"
#include "wire/detail/timestamps.h"

namespace gyre::wire::detail {
namespace {

core::Result<core::Json> ReadText(const Member& member, std::string_view text) {
    auto value = ScalarFromText(*member.shape, text);
    if (!value) {
        return core::Fail(
            core::Code::kInvalidArgument,
            "'" + core::ToUtf8(text) + "' is no value for " + std::string(member.wire_name));
    }
    return std::move(*value);
}

// A list in one header or in a repeated query member.
core::Result<core::Json> ReadList(const Member& member, const std::vector<std::string>& texts) {
    core::JsonArray items;
    for (const std::string& text : texts) {
        auto value = ScalarFromText(*member.shape->value, text);
        if (!value) return ReadText(member, text);
        items.push_back(std::move(*value));
    }
    return items;
}

std::vector<std::string> SplitHeader(std::string_view text) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const size_t comma = text.find(',');
        std::string_view part = text.substr(0, comma);
        while (part.starts_with(' ')) part.remove_prefix(1);
        while (part.ends_with(' ')) part.remove_suffix(1);
        if (!part.empty()) parts.emplace_back(part);
        if (comma == std::string_view::npos) break;
        text.remove_prefix(comma + 1);
    }
    return parts;
}

core::JsonObject HeadersWithPrefix(const net::Headers& headers, std::string_view prefix) {
    core::JsonObject found;
    for (const auto& [name, value] : headers) {
        if (name.size() <= prefix.size() ||
            !net::EqualsIgnoreCase(std::string_view(name).substr(0, prefix.size()), prefix)) {
            continue;
        }
        found[core::AsciiLower(std::string_view(name).substr(prefix.size()))] = core::ToUtf8(value);
    }
    return found;
}

/// HTTP's own conditions by time (RFC 9110, 13.1.3) count for absent where their date is none.
bool IsIgnored(const Member& member, std::string_view text) {
    return member.shape->type == ShapeType::kTimestamp && member.wire_name.starts_with("If-") &&
           !ParseTimestamp(text);
}

}  // namespace

core::Status ReadRestMembers(const Shape& shape, const net::RequestHead& head,
                             core::JsonObject& into) {
    std::vector<std::pair<std::string, std::string>> query;
    if (!head.query.empty()) {
        auto parsed = net::ParseQuery(head.query);
        if (!parsed) {
            return core::Fail(core::Code::kInvalidArgument, "InvalidURI",
                              "Couldn't parse the specified URI.");
        }
        query = std::move(*parsed);
    }
    for (const Member& member : shape.members) {
        if (member.location == Location::kHeaders) {
            auto found = HeadersWithPrefix(head.headers, member.wire_name);
            if (!found.empty()) into[member.name] = std::move(found);
        } else if (member.location == Location::kHeader) {
            const auto value = head.headers.Find(member.wire_name);
            if (!value) continue;
            // HTTP leaves open in which encoding it is.
            const std::string text = core::ToUtf8(*value);
            if (member.shape->type == ShapeType::kList) {
                GYRE_ASSIGN(into[member.name], ReadList(member, SplitHeader(text)));
            } else if (!IsIgnored(member, text)) {
                GYRE_ASSIGN(into[member.name], ReadText(member, text));
            }
        } else if (member.location == Location::kQuery) {
            std::vector<std::string> texts;
            for (const auto& [name, value] : query) {
                if (name == member.wire_name) texts.push_back(value);
            }
            if (texts.empty()) continue;
            if (member.shape->type == ShapeType::kList) {
                GYRE_ASSIGN(into[member.name], ReadList(member, texts));
            } else {
                GYRE_ASSIGN(into[member.name], ReadText(member, texts.front()));
            }
        }
    }
    return {};
}

void WriteRestHeaders(const Shape& shape, const core::Json& output, net::Headers& headers) {
    for (const Member& member : shape.members) {
        const core::Json* value = core::JsonFind(output, member.name);
        if (value == nullptr || value->is_null()) continue;
        if (member.location == Location::kHeaders) {
            for (const auto& [name, text] : value->as_object()) {
                headers.Add(std::string(member.wire_name) + std::string(name),
                            std::string(text.as_string()));
            }
        } else if (member.location == Location::kHeader) {
            headers.Set(member.wire_name, ScalarToText(*member.shape, *value, member.time_format,
                                                       TimeFormat::kRfc822));
        }
    }
}

}  // namespace gyre::wire::detail
