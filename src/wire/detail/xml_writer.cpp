#include "wire/detail/xml_writer.h"

#include <cstdio>

#include "wire/detail/scalar.h"

namespace gyre::wire::detail {
namespace {

void AppendValue(std::string& out, std::string_view name, const Shape& shape,
                 const core::Json& value, TimeFormat format) {
    out.append("<").append(name);
    // A grantee's type is an attribute; it needs the schema's namespace.
    for (const Member& member : shape.members) {
        if (!member.attribute || core::JsonFind(value, member.name) == nullptr) continue;
        if (member.wire_name.starts_with("xsi:")) {
            out.append(" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"");
        }
        out.append(" ").append(member.wire_name).append("=\"");
        AppendXmlText(out, core::JsonString(value, member.name).value_or(""));
        out.append("\"");
    }
    out.append(">");
    switch (shape.type) {
        case ShapeType::kStructure:
            AppendXmlMembers(out, shape, value);
            break;
        case ShapeType::kList:
            for (const core::Json& item : value.as_array()) {
                AppendValue(out, shape.item_name, *shape.value, item, TimeFormat::kDefault);
            }
            break;
        case ShapeType::kMap:
            for (const auto& [key, item] : value.as_object()) {
                out.append("<entry>");
                AppendXmlElement(out, "key", key);
                AppendValue(out, "value", *shape.value, item, TimeFormat::kDefault);
                out.append("</entry>");
            }
            break;
        default:
            AppendXmlText(out, ScalarToText(shape, value, format, TimeFormat::kIso8601));
    }
    out.append("</").append(name).append(">");
}

}  // namespace

void AppendXmlText(std::string& out, std::string_view text) {
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\t':
            case '\n':
                out += c;
                break;
            default:
                if (static_cast<unsigned char>(c) < 0x20) {
                    char escaped[8];
                    std::snprintf(escaped, sizeof escaped, "&#x%X;", static_cast<unsigned>(c));
                    out += escaped;
                } else {
                    out += c;
                }
        }
    }
}

void AppendXmlElement(std::string& out, std::string_view name, std::string_view text) {
    out.append("<").append(name).append(">");
    AppendXmlText(out, text);
    out.append("</").append(name).append(">");
}

void AppendXmlMember(std::string& out, const Member& member, const core::Json& value) {
    if (member.shape->type == ShapeType::kList && member.flattened) {
        for (const core::Json& item : value.as_array()) {
            AppendValue(out, member.wire_name, *member.shape->value, item, TimeFormat::kDefault);
        }
        return;
    }
    AppendValue(out, member.wire_name, *member.shape, value, member.time_format);
}

void AppendXmlMembers(std::string& out, const Shape& shape, const core::Json& document) {
    for (const Member& member : shape.members) {
        if (member.location != Location::kBody || member.attribute) continue;
        const core::Json* value = core::JsonFind(document, member.name);
        if (value != nullptr && !value->is_null()) AppendXmlMember(out, member, *value);
    }
}

}  // namespace gyre::wire::detail
