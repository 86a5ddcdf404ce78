#include "graph/sparql/value.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "graph/sparql/xsd_time.h"

namespace gyre::graph::sparql {
namespace {

constexpr std::array<std::string_view, 13> kIntegerTypes = {
    "integer",
    "nonPositiveInteger",
    "negativeInteger",
    "long",
    "int",
    "short",
    "byte",
    "nonNegativeInteger",
    "unsignedLong",
    "unsignedInt",
    "unsignedShort",
    "unsignedByte",
    "positiveInteger",
};

std::string_view Trimmed(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\r\n";
    const size_t begin = text.find_first_not_of(kBlanks);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

/// By the datatype's name in XML Schema: kOther for one without operators, or an ill-formed text.
void SetTyped(Value& value, std::string_view type) {
    const std::string_view text = Trimmed(value.text);
    if (type == "boolean") {
        const bool truth = text == "true" || text == "1";
        if (!truth && text != "false" && text != "0") return;
        value.kind = ValueKind::kBoolean;
        value.boolean = truth;
    } else if (type == "decimal") {
        const auto decimal = ParseDecimal(text, true);
        if (!decimal) return;
        value.kind = ValueKind::kDecimal;
        value.decimal = *decimal;
    } else if (type == "double" || type == "float") {
        const auto real = ParseDouble(text);
        if (!real) return;
        value.kind = type == "double" ? ValueKind::kDouble : ValueKind::kFloat;
        value.real = type == "double" ? *real : static_cast<double>(static_cast<float>(*real));
    } else if (type == "dateTime" || type == "date" || type == "time") {
        const auto time = type == "dateTime" ? ParseXsdDateTime(text)
                          : type == "date"   ? ParseXsdDate(text)
                                             : ParseXsdTime(text);
        if (!time) return;
        value.kind = type == "dateTime" ? ValueKind::kDateTime
                     : type == "date"   ? ValueKind::kDate
                                        : ValueKind::kTime;
        value.time = *time;
    } else {
        for (const std::string_view one : kIntegerTypes) {
            if (type != one) continue;
            const auto integer = ParseDecimal(text, false);
            if (!integer) return;
            value.kind = ValueKind::kInteger;
            value.decimal = *integer;
        }
    }
}

}  // namespace

Value BooleanValue(bool boolean) {
    Value value;
    value.kind = ValueKind::kBoolean;
    value.boolean = boolean;
    value.id = rdf::BooleanId(boolean);
    return value;
}

Value IntegerValue(WideInteger integer) {
    Value value;
    value.kind = ValueKind::kInteger;
    value.decimal = {integer, 0};
    if (integer <= rdf::kMostInline && integer >= -rdf::kMostInline) {
        value.id = rdf::IntegerId(static_cast<int64_t>(integer));
    }
    return value;
}

Value DecimalValue(const Decimal& decimal) {
    Value value;
    value.kind = ValueKind::kDecimal;
    value.decimal = decimal;
    return value;
}

Value FloatValue(double real) {
    Value value;
    value.kind = ValueKind::kFloat;
    value.real = static_cast<double>(static_cast<float>(real));
    return value;
}

Value DoubleValue(double real) {
    Value value;
    value.kind = ValueKind::kDouble;
    value.real = real;
    return value;
}

Value StringValue(std::string text) {
    Value value;
    value.kind = ValueKind::kString;
    value.text = std::move(text);
    return value;
}

Value StringLike(std::string text, const Value& like) {
    Value value = StringValue(std::move(text));
    value.kind = like.kind;
    value.tag = like.tag;
    return value;
}

Value IriValue(std::string iri) {
    Value value;
    value.kind = ValueKind::kIri;
    value.text = std::move(iri);
    return value;
}

Value ToValue(const Term& term) {
    Value value;
    value.text = term.text;
    if (!term.IsLiteral()) {
        value.kind = term.IsIri() ? ValueKind::kIri : ValueKind::kBlank;
    } else if (!term.language.empty()) {
        value.kind = ValueKind::kLangString;
        value.tag = term.language;
    } else if (term.datatype.empty()) {
        value.kind = ValueKind::kString;
    } else {
        value.kind = ValueKind::kOther;
        value.tag = term.datatype;
        if (term.datatype.starts_with(rdf::kXsd)) {
            SetTyped(value, std::string_view(term.datatype).substr(rdf::kXsd.size()));
        }
    }
    return value;
}

std::string LexicalForm(const Value& value) {
    if (!value.text.empty()) return value.text;
    switch (value.kind) {
        case ValueKind::kBoolean:
            return value.boolean ? "true" : "false";
        case ValueKind::kInteger:
            return value.decimal.Text();
        case ValueKind::kDecimal:
            return value.decimal.Text(true);
        case ValueKind::kFloat:
        case ValueKind::kDouble:
            return DoubleText(value.real, value.kind == ValueKind::kFloat);
        case ValueKind::kDateTime:
        case ValueKind::kDate:
        case ValueKind::kTime:
            return XsdTimeText(value.time);
        default:
            return value.text;
    }
}

std::string_view DatatypeOf(const Value& value) {
    switch (value.kind) {
        case ValueKind::kString:
            return rdf::kXsdString;
        case ValueKind::kLangString:
            return rdf::kRdfLangString;
        default:
            break;
    }
    if (!value.tag.empty()) return value.tag;
    switch (value.kind) {
        case ValueKind::kBoolean:
            return rdf::kXsdBoolean;
        case ValueKind::kInteger:
            return rdf::kXsdInteger;
        case ValueKind::kDecimal:
            return rdf::kXsdDecimal;
        case ValueKind::kFloat:
            return "http://www.w3.org/2001/XMLSchema#float";
        case ValueKind::kDateTime:
            return "http://www.w3.org/2001/XMLSchema#dateTime";
        case ValueKind::kDate:
            return "http://www.w3.org/2001/XMLSchema#date";
        case ValueKind::kTime:
            return "http://www.w3.org/2001/XMLSchema#time";
        default:
            return rdf::kXsdDouble;
    }
}

Term ToTerm(const Value& value) {
    switch (value.kind) {
        case ValueKind::kIri:
            return rdf::Iri(value.text);
        case ValueKind::kBlank:
            return rdf::Blank(value.text);
        case ValueKind::kLangString:
            return rdf::LangLiteral(value.text, value.tag);
        default:
            return rdf::Literal(LexicalForm(value), DatatypeOf(value));
    }
}

std::optional<bool> EffectiveBoolean(const Value& value) {
    switch (value.kind) {
        case ValueKind::kBoolean:
            return value.boolean;
        case ValueKind::kString:
        case ValueKind::kLangString:
            return !value.text.empty();
        case ValueKind::kInteger:
        case ValueKind::kDecimal:
            return value.decimal.unscaled != 0;
        case ValueKind::kFloat:
        case ValueKind::kDouble:
            return value.real != 0 && !std::isnan(value.real);
        case ValueKind::kOther:
            break;
        default:
            return std::nullopt;
    }
    // An ill-formed boolean or number is false.
    Value probe;
    probe.text = value.tag == rdf::kXsdBoolean ? "true" : "1";
    if (!value.tag.starts_with(rdf::kXsd)) return std::nullopt;
    SetTyped(probe, std::string_view(value.tag).substr(rdf::kXsd.size()));
    if (probe.kind == ValueKind::kBoolean || probe.IsNumber()) return false;
    return std::nullopt;
}

std::string DoubleText(double real, bool single) {
    if (std::isnan(real)) return "NaN";
    if (std::isinf(real)) return real < 0 ? "-INF" : "INF";
    std::array<char, 64> buffer{};
    const auto [end, error] =
        single ? std::to_chars(buffer.data(), buffer.data() + buffer.size(),
                               static_cast<float>(real), std::chars_format::scientific)
               : std::to_chars(buffer.data(), buffer.data() + buffer.size(), real,
                               std::chars_format::scientific);
    std::string_view text(buffer.data(), static_cast<size_t>(end - buffer.data()));
    const size_t e = text.find('e');
    std::string canonical(text.substr(0, e));
    if (canonical.find('.') == std::string::npos) canonical += ".0";
    text.remove_prefix(e + 1);
    canonical += 'E';
    if (text.starts_with('-')) canonical += '-';
    text.remove_prefix(1);
    while (text.size() > 1 && text.starts_with('0')) text.remove_prefix(1);
    return canonical += text;
}

std::optional<double> ParseDouble(std::string_view text) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    if (text == "INF" || text == "+INF") return kInfinity;
    if (text == "-INF") return -kInfinity;
    if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
    if (text.starts_with('+')) {
        text.remove_prefix(1);
        if (text.starts_with('-')) return std::nullopt;
    }
    if (text.find_first_not_of("0123456789.eE+-") != std::string_view::npos) return std::nullopt;
    double real = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), real);
    if (end != text.data() + text.size() || text.empty()) return std::nullopt;
    if (error == std::errc::result_out_of_range) {
        // Too large is infinite, too small is nothing.
        const bool small =
            text.find("e-") != std::string_view::npos || text.find("E-") != std::string_view::npos;
        const double magnitude = small ? 0 : kInfinity;
        return text.starts_with('-') ? -magnitude : magnitude;
    }
    if (error != std::errc()) return std::nullopt;
    return real;
}

}  // namespace gyre::graph::sparql
