#include "graph/load/gremlin_csv.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <limits>

namespace gyre::graph::load {
namespace {

using core::Code;
using Type = Column::Type;

std::string Lower(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    return lower;
}

/// Types of openCypher's that are "loaded verbatim as strings, without validation" ("Load format
/// for openCypher data", Neptune documentation).
constexpr std::string_view kVerbatim[] = {"char",          "date",     "localdate",
                                          "localdatetime", "duration", "point"};

std::optional<Type> TypeOf(const std::string& name, bool cypher) {
    if (cypher && std::ranges::find(kVerbatim, name) != std::end(kVerbatim)) return Type::kString;
    if (name == "bool" || name == "boolean") return Type::kBool;
    if (name == "byte") return Type::kByte;
    if (name == "short") return Type::kShort;
    if (name == "int" || name == "integer") return Type::kInt;
    if (name == "long") return Type::kLong;
    if (name == "float") return Type::kFloat;
    if (name == "double") return Type::kDouble;
    if (name == "string") return Type::kString;
    if (name == "date" || name == "datetime") return Type::kDate;
    return std::nullopt;
}

template <typename Whole>
core::Result<Value> Number(std::string_view text, const char* type) {
    Whole number = 0;
    if (text.starts_with('+')) text.remove_prefix(1);
    const char* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || at != end || text.empty()) {
        return core::Fail(Code::kInvalidArgument, "'" + std::string(text) + "' is no " + type);
    }
    return Value(number);
}

core::Result<double> Floating(std::string_view text, const char* type) {
    const std::string copy(text);
    char* end = nullptr;
    if (copy == "INF" || copy == "Infinity") return std::numeric_limits<double>::infinity();
    if (copy == "-INF" || copy == "-Infinity") return -std::numeric_limits<double>::infinity();
    const double number = std::strtod(copy.c_str(), &end);
    if (copy.empty() || end != copy.c_str() + copy.size()) {
        return core::Fail(Code::kInvalidArgument, "'" + copy + "' is no " + type);
    }
    return number;
}

core::Result<Column> ReadColumn(std::string_view text) {
    if (text.starts_with('~')) {
        Column column;
        const std::string name = Lower(text);
        column.name = name;
        if (name == "~id")
            column.role = Column::Role::kId;
        else if (name == "~label")
            column.role = Column::Role::kLabel;
        else if (name == "~from")
            column.role = Column::Role::kFrom;
        else if (name == "~to")
            column.role = Column::Role::kTo;
        else
            return core::Fail(Code::kInvalidArgument, "unknown system column " + std::string(text));
        return column;
    }
    return ReadPropertyColumn(text, false);
}

}  // namespace

std::string_view TrimmedHeader(std::string_view text) {
    const size_t begin = text.find_first_not_of(" \t");
    const size_t end = text.find_last_not_of(" \t");
    return begin == std::string_view::npos ? "" : text.substr(begin, end - begin + 1);
}

core::Result<Column> ReadPropertyColumn(std::string_view text, bool cypher) {
    Column column;
    std::string_view rest = text;
    const auto wrong = [&] {
        return core::Fail(Code::kInvalidArgument, "the column '" + std::string(text) +
                                                      "' is not name:Type, name:Type[] or "
                                                      "name:Type(single|set)");
    };
    if (rest.ends_with(')')) {
        const size_t open = rest.rfind('(');
        if (open == std::string_view::npos) return wrong();
        const std::string how = Lower(rest.substr(open + 1, rest.size() - open - 2));
        if (how == "single")
            column.cardinality = Cardinality::kSingle;
        else if (how == "set")
            column.cardinality = Cardinality::kSet;
        else
            return wrong();
        rest = rest.substr(0, open);
    }
    if (rest.ends_with("[]")) {
        column.array = true;
        rest.remove_suffix(2);
    }
    // The last colon that does not follow a backslash begins the type.
    size_t colon = rest.rfind(':');
    if (colon != std::string_view::npos && colon > 0 && rest[colon - 1] == '\\') {
        colon = std::string_view::npos;
    }
    if (colon != std::string_view::npos) {
        const auto type = TypeOf(Lower(rest.substr(colon + 1)), cypher);
        if (!type) return wrong();
        column.type = *type;
        rest = rest.substr(0, colon);
    }
    for (size_t i = 0; i < rest.size(); ++i) {
        if (rest[i] == '\\' && i + 1 < rest.size() && rest[i + 1] == ':') continue;
        column.name += rest[i];
    }
    if (column.name.empty()) return wrong();
    return column;
}

core::Result<CsvHeader> ReadHeader(const CsvReader::Record& record) {
    CsvHeader header;
    bool id = false, from = false, to = false;
    for (const auto& field : record) {
        const std::string_view text = TrimmedHeader(field.text);
        GYRE_ASSIGN(Column column, ReadColumn(text));
        id = id || column.role == Column::Role::kId;
        from = from || column.role == Column::Role::kFrom;
        to = to || column.role == Column::Role::kTo;
        for (const Column& other : header.columns) {
            if (other.role == column.role && other.name == column.name) {
                return core::Fail(Code::kInvalidArgument,
                                  "the column '" + std::string(text) + "' is there twice");
            }
        }
        header.columns.push_back(std::move(column));
    }
    header.edges = from || to;
    if (header.edges && (!from || !to)) {
        return core::Fail(Code::kInvalidArgument, "a file of edges has the columns ~from and ~to");
    }
    for (const Column& column : header.columns) {
        if (!header.edges || (!column.array && column.cardinality != Cardinality::kSet)) continue;
        return core::Fail(Code::kInvalidArgument, "the property '" + column.name +
                                                      "' of an edge has one value, and no array");
    }
    if (!header.edges && !id) {
        return core::Fail(Code::kInvalidArgument, "a file of vertices has the column ~id");
    }
    return header;
}

core::Result<Value> ReadField(const Column& column, std::string_view text) {
    switch (column.type) {
        case Type::kString:
            return Value(text);
        case Type::kBool:
            return Value(Lower(text) == "true");  // "any other value is treated as false"
        case Type::kByte:
            return Number<int8_t>(text, "Byte");
        case Type::kShort:
            return Number<int16_t>(text, "Short");
        case Type::kInt:
            return Number<int32_t>(text, "Int");
        case Type::kLong:
            return Number<int64_t>(text, "Long");
        case Type::kFloat: {
            GYRE_ASSIGN(const double number, Floating(text, "Float"));
            return Value(static_cast<float>(number));
        }
        case Type::kDouble: {
            GYRE_ASSIGN(const double number, Floating(text, "Double"));
            return Value(number);
        }
        case Type::kDate: {
            Date date;
            if (ParseDate(text, date)) return Value(date);
            return core::Fail(Code::kInvalidArgument,
                              "'" + std::string(text) + "' is no date of ISO 8601");
        }
    }
    return Value();
}

std::vector<std::string> SplitField(std::string_view text) {
    std::vector<std::string> parts(1);
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == ';') {
            parts.back() += ';';
            ++i;
        } else if (text[i] == ';') {
            parts.emplace_back();
        } else {
            parts.back() += text[i];
        }
    }
    return parts;
}

}  // namespace gyre::graph::load
