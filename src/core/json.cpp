#include "core/json.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <charconv>
#include <cmath>

namespace gyre::core {
namespace {

void AppendString(std::string& out, std::string_view text) {
    static constexpr char kHex[] = "0123456789abcdef";
    out += '"';
    for (const char c : text) {
        switch (c) {
            case '"':
                out += "\\\"";
                break;
            case '\\':
                out += "\\\\";
                break;
            case '\n':
                out += "\\n";
                break;
            case '\r':
                out += "\\r";
                break;
            case '\t':
                out += "\\t";
                break;
            default:
                if (static_cast<unsigned char>(c) < 0x20) {
                    out += "\\u00";
                    out += kHex[(c >> 4) & 0xf];
                    out += kHex[c & 0xf];
                } else {
                    out += c;
                }
        }
    }
    out += '"';
}

void AppendDouble(std::string& out, double number) {
    if (!std::isfinite(number)) {  // JSON has no such number; a string is what AWS sends
        out += std::isnan(number) ? "\"NaN\"" : (number > 0 ? "\"Infinity\"" : "\"-Infinity\"");
        return;
    }
    char text[400];
    const bool plain = std::fabs(number) < 1e17 && (number == 0 || std::fabs(number) > 1e-5);
    const auto end = plain
                         ? std::to_chars(text, text + sizeof text, number, std::chars_format::fixed)
                         : std::to_chars(text, text + sizeof text, number);
    const std::string_view written(text, static_cast<size_t>(end.ptr - text));
    out += written;
    if (written.find_first_of(".e") == std::string_view::npos) out += ".0";
}

void AppendNewline(std::string& out, int indent) {
    out += '\n';
    out.append(static_cast<size_t>(indent) * 2, ' ');
}

// `indent` < 0 writes compact text.
void Append(std::string& out, const Json& json, int indent) {
    const bool pretty = indent >= 0;
    const int inner = pretty ? indent + 1 : -1;
    switch (json.kind()) {
        case boost::json::kind::null:
            out += "null";
            break;
        case boost::json::kind::bool_:
            out += json.get_bool() ? "true" : "false";
            break;
        case boost::json::kind::int64:
            out += std::to_string(json.get_int64());
            break;
        case boost::json::kind::uint64:
            out += std::to_string(json.get_uint64());
            break;
        case boost::json::kind::double_:
            AppendDouble(out, json.get_double());
            break;
        case boost::json::kind::string:
            AppendString(out, json.get_string());
            break;
        case boost::json::kind::array: {
            out += '[';
            bool first = true;
            for (const Json& item : json.get_array()) {
                if (!first) out += ',';
                first = false;
                if (pretty) AppendNewline(out, inner);
                Append(out, item, inner);
            }
            if (pretty && !first) AppendNewline(out, indent);
            out += ']';
            break;
        }
        case boost::json::kind::object: {
            out += '{';
            bool first = true;
            for (const auto& member : json.get_object()) {
                if (!first) out += ',';
                first = false;
                if (pretty) AppendNewline(out, inner);
                AppendString(out, member.key());
                out += pretty ? ": " : ":";
                Append(out, member.value(), inner);
            }
            if (pretty && !first) AppendNewline(out, indent);
            out += '}';
            break;
        }
    }
}

}  // namespace

std::string JsonText(const Json& json) {
    std::string out;
    Append(out, json, -1);
    return out;
}

std::string JsonPretty(const Json& json) {
    std::string out;
    Append(out, json, 0);
    return out;
}

const Json* JsonFind(const Json& json, std::string_view member) {
    const JsonObject* object = json.if_object();
    return object ? object->if_contains(member) : nullptr;
}

std::optional<std::string_view> JsonString(const Json& json, std::string_view member) {
    const Json* found = JsonFind(json, member);
    if (!found || !found->is_string()) return std::nullopt;
    return std::string_view(found->get_string());
}

std::string JsonStringOr(const Json& json, std::string_view member, std::string_view otherwise) {
    return std::string(JsonString(json, member).value_or(otherwise));
}

std::optional<int64_t> JsonInt(const Json& json, std::string_view member) {
    const Json* found = JsonFind(json, member);
    if (!found) return std::nullopt;
    boost::json::error_code error;
    const auto number = found->to_number<int64_t>(error);
    if (error) return std::nullopt;
    return number;
}

std::optional<double> JsonDouble(const Json& json, std::string_view member) {
    const Json* found = JsonFind(json, member);
    if (!found || !found->is_number()) return std::nullopt;
    return found->to_number<double>();
}

std::optional<bool> JsonBool(const Json& json, std::string_view member) {
    const Json* found = JsonFind(json, member);
    if (!found || !found->is_bool()) return std::nullopt;
    return found->get_bool();
}

}  // namespace gyre::core
