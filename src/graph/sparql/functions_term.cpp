// Functions on terms ("SPARQL 1.1 Query Language", 17.4.2), and the casts (17.5).
#include <algorithm>
#include <array>
#include <cmath>

#include "core/digest.h"
#include "graph/rdf/iri.h"
#include "graph/sparql/functions.h"
#include "graph/sparql/run.h"
#include "graph/sparql/xsd_time.h"
#include "net/http_message.h"

namespace gyre::graph::sparql {
namespace {

using Arguments = std::span<const Value>;

Value IsIri(Run&, Arguments a) {
    return BooleanValue(a[0].kind == ValueKind::kIri);
}

Value IsBlank(Run&, Arguments a) {
    return BooleanValue(a[0].kind == ValueKind::kBlank);
}

Value IsLiteral(Run&, Arguments a) {
    return BooleanValue(a[0].IsLiteral());
}

Value IsNumeric(Run&, Arguments a) {
    return BooleanValue(a[0].IsNumber());
}

Value Str(Run&, Arguments a) {
    return a[0].kind == ValueKind::kBlank ? Value() : StringValue(LexicalForm(a[0]));
}

Value Lang(Run&, Arguments a) {
    if (!a[0].IsLiteral()) return {};
    return StringValue(a[0].kind == ValueKind::kLangString ? a[0].tag : "");
}

Value Datatype(Run&, Arguments a) {
    return a[0].IsLiteral() ? IriValue(std::string(DatatypeOf(a[0]))) : Value();
}

Value MakeIri(Run& run, Arguments a) {
    if (a[0].kind == ValueKind::kIri) return a[0];
    return a[0].kind == ValueKind::kString ? IriValue(rdf::ResolveIri(run.base, a[0].text))
                                           : Value();
}

Value Bnode(Run& run, Arguments a) {
    Value value;
    if (a.empty()) {
        value.id = run.NewBlank();
    } else if (a[0].kind == ValueKind::kString) {
        value.id = run.BlankFor(a[0].text);
    } else {
        return {};
    }
    value.kind = ValueKind::kBlank;
    value.text = run.TermOf(value.id)->text;
    return value;
}

Value StrDt(Run&, Arguments a) {
    if (a[0].kind != ValueKind::kString || a[1].kind != ValueKind::kIri) return {};
    return ToValue(rdf::Literal(a[0].text, a[1].text));
}

Value StrLang(Run&, Arguments a) {
    if (a[0].kind != ValueKind::kString || a[1].kind != ValueKind::kString || a[1].text.empty())
        return {};
    return ToValue(rdf::LangLiteral(a[0].text, a[1].text));
}

Value Uuid(Run&, Arguments) {
    return IriValue("urn:uuid:" + core::RandomUuid());
}

Value StrUuid(Run&, Arguments) {
    return StringValue(core::RandomUuid());
}

Value SameTerm(Run& run, Arguments a) {
    return BooleanValue(run.IdOf(a[0]) == run.IdOf(a[1]));
}

constexpr std::array<Function, 16> kTermFunctions = {{{"ISIRI", 1, 1, IsIri},
                                                      {"ISURI", 1, 1, IsIri},
                                                      {"ISBLANK", 1, 1, IsBlank},
                                                      {"ISLITERAL", 1, 1, IsLiteral},
                                                      {"ISNUMERIC", 1, 1, IsNumeric},
                                                      {"STR", 1, 1, Str},
                                                      {"LANG", 1, 1, Lang},
                                                      {"DATATYPE", 1, 1, Datatype},
                                                      {"IRI", 1, 1, MakeIri},
                                                      {"URI", 1, 1, MakeIri},
                                                      {"BNODE", 0, 1, Bnode},
                                                      {"STRDT", 2, 2, StrDt},
                                                      {"STRLANG", 2, 2, StrLang},
                                                      {"UUID", 0, 0, Uuid},
                                                      {"STRUUID", 0, 0, StrUuid},
                                                      {"SAMETERM", 2, 2, SameTerm}}};

/// A string's value as of that type.
Value Read(const Value& from, std::string_view type, ValueKind kind) {
    Value value = ToValue(rdf::Literal(from.text, type));
    return value.kind == kind ? value : Value();
}

std::optional<Decimal> Exact(const Value& value) {
    if (value.kind == ValueKind::kBoolean) return Decimal{value.boolean ? 1 : 0, 0};
    if (value.kind == ValueKind::kInteger || value.kind == ValueKind::kDecimal)
        return value.decimal;
    return value.IsNumber() ? ToDecimal(value.real) : std::nullopt;
}

Value ToBoolean(Run&, Arguments a) {
    if (a[0].kind == ValueKind::kString) {
        const Value read = Read(a[0], rdf::kXsdBoolean, ValueKind::kBoolean);
        return read.IsError() ? read : BooleanValue(read.boolean);
    }
    if (a[0].kind != ValueKind::kBoolean && !a[0].IsNumber()) return {};
    const auto truth = EffectiveBoolean(a[0]);
    return truth ? BooleanValue(*truth) : Value();
}

Value ToInteger(Run&, Arguments a) {
    if (a[0].kind == ValueKind::kString) return Read(a[0], rdf::kXsdInteger, ValueKind::kInteger);
    const auto exact = Exact(a[0]);
    return exact ? IntegerValue(Rounded(*exact, Rounding::kToZero).unscaled) : Value();
}

Value ToDecimalType(Run&, Arguments a) {
    if (a[0].kind == ValueKind::kString) return Read(a[0], rdf::kXsdDecimal, ValueKind::kDecimal);
    const auto exact = Exact(a[0]);
    return exact ? DecimalValue(*exact) : Value();
}

template <ValueKind kind>
Value ToReal(Run&, Arguments a) {
    const std::string type =
        std::string(rdf::kXsd) + (kind == ValueKind::kFloat ? "float" : "double");
    if (a[0].kind == ValueKind::kString) return Read(a[0], type, kind);
    if (a[0].kind == kind) return a[0];
    if (a[0].kind != ValueKind::kBoolean && !a[0].IsNumber()) return {};
    const double real = a[0].kind == ValueKind::kBoolean ? (a[0].boolean ? 1 : 0) : a[0].Real();
    return kind == ValueKind::kFloat ? FloatValue(real) : DoubleValue(real);
}

Value ToString(Run&, Arguments a) {
    if (a[0].kind == ValueKind::kBlank) return {};
    // A number's own form, whichever way it was written.
    if (a[0].kind == ValueKind::kFloat || a[0].kind == ValueKind::kDouble) {
        const double real = a[0].real;
        const bool plain = real == 0 || (std::fabs(real) >= 1e-6 && std::fabs(real) < 1e6);
        const auto decimal = ToDecimal(real);
        if (plain && decimal) return StringValue(decimal->Text());
        return StringValue(DoubleText(real, a[0].kind == ValueKind::kFloat));
    }
    if (a[0].kind == ValueKind::kInteger || a[0].kind == ValueKind::kDecimal) {
        return StringValue(a[0].decimal.Text());
    }
    if (a[0].kind == ValueKind::kBoolean) return StringValue(a[0].boolean ? "true" : "false");
    return StringValue(LexicalForm(a[0]));
}

Value ToDateTime(Run&, Arguments a) {
    static const std::string type = std::string(rdf::kXsd) + "dateTime";
    if (a[0].kind == ValueKind::kDateTime) return a[0];
    if (a[0].kind == ValueKind::kString) return Read(a[0], type, ValueKind::kDateTime);
    if (a[0].kind != ValueKind::kDate) return {};
    Value value;
    value.kind = ValueKind::kDateTime;
    value.time = a[0].time;
    return value;
}

Value ToDate(Run&, Arguments a) {
    static const std::string type = std::string(rdf::kXsd) + "date";
    if (a[0].kind == ValueKind::kDate) return a[0];
    if (a[0].kind == ValueKind::kString) return Read(a[0], type, ValueKind::kDate);
    if (a[0].kind != ValueKind::kDateTime) return {};
    const std::string text = XsdTimeText(a[0].time);
    const size_t t = text.find('T');
    return ToValue(rdf::Literal(text.substr(0, t) + TimezoneText(a[0].time), type));
}

Value ToTime(Run&, Arguments a) {
    static const std::string type = std::string(rdf::kXsd) + "time";
    if (a[0].kind == ValueKind::kTime) return a[0];
    if (a[0].kind == ValueKind::kString) return Read(a[0], type, ValueKind::kTime);
    if (a[0].kind != ValueKind::kDateTime) return {};
    const std::string text = XsdTimeText(a[0].time);
    return ToValue(rdf::Literal(text.substr(text.find('T') + 1), type));
}

constexpr std::array<Function, 9> kCasts = {
    {{"http://www.w3.org/2001/XMLSchema#boolean", 1, 1, ToBoolean},
     {"http://www.w3.org/2001/XMLSchema#integer", 1, 1, ToInteger},
     {"http://www.w3.org/2001/XMLSchema#decimal", 1, 1, ToDecimalType},
     {"http://www.w3.org/2001/XMLSchema#float", 1, 1, ToReal<ValueKind::kFloat>},
     {"http://www.w3.org/2001/XMLSchema#double", 1, 1, ToReal<ValueKind::kDouble>},
     {"http://www.w3.org/2001/XMLSchema#string", 1, 1, ToString},
     {"http://www.w3.org/2001/XMLSchema#dateTime", 1, 1, ToDateTime},
     {"http://www.w3.org/2001/XMLSchema#date", 1, 1, ToDate},
     {"http://www.w3.org/2001/XMLSchema#time", 1, 1, ToTime}}};

}  // namespace

std::span<const Function> TermFunctions() {
    return kTermFunctions;
}

std::span<const Function> Casts() {
    return kCasts;
}

const Function* FindFunction(std::string_view name) {
    for (const auto functions : {TextFunctions(), PatternFunctions(), NumberFunctions(),
                                 TimeFunctions(), TermFunctions()}) {
        const auto found = std::ranges::find_if(
            functions, [&](const Function& one) { return net::EqualsIgnoreCase(one.name, name); });
        if (found != functions.end()) return &*found;
    }
    return nullptr;
}

const Function* FindCast(std::string_view iri) {
    const auto found = std::ranges::find(kCasts, iri, &Function::name);
    return found == kCasts.end() ? nullptr : &*found;
}

}  // namespace gyre::graph::sparql
