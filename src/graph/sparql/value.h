#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "graph/rdf/term_id.h"
#include "graph/sparql/decimal.h"
#include "graph/value.h"

namespace gyre::graph::sparql {

using rdf::Term;
using rdf::TermId;

/// What an expression is worth in a row: a term, with the value that operators know it by.
struct Value {
    enum class Kind : uint8_t {
        kError,  ///< unbound, or of a type that the expression cannot be worth
        kIri,
        kBlank,
        kString,
        kLangString,
        kBoolean,
        kInteger,
        kDecimal,
        kFloat,
        kDouble,
        kDateTime,
        kDate,
        kTime,
        kOther,  ///< a literal that only is itself
    } kind = Kind::kError;
    TermId id = rdf::kNoTerm;  ///< of the term that it came from; none: it was computed
    std::string text;          ///< IRI, label, lexical form; empty for a number that was computed
    std::string tag;           ///< the language; or the datatype, where the kind leaves it open
    bool boolean = false;
    Decimal decimal;  ///< of kInteger and kDecimal
    double real = 0;  ///< of kFloat and kDouble
    Temporal time;    ///< of kDateTime, kDate and kTime

    [[nodiscard]] bool IsError() const { return kind == Kind::kError; }
    [[nodiscard]] bool IsNumber() const { return kind >= Kind::kInteger && kind <= Kind::kDouble; }
    [[nodiscard]] bool IsText() const { return kind == Kind::kString || kind == Kind::kLangString; }
    [[nodiscard]] bool IsLiteral() const { return kind >= Kind::kString; }
    [[nodiscard]] double Real() const { return kind >= Kind::kFloat ? real : decimal.ToDouble(); }
};

using ValueKind = Value::Kind;

[[nodiscard]] Value BooleanValue(bool boolean);
[[nodiscard]] Value IntegerValue(WideInteger integer);
[[nodiscard]] Value DecimalValue(const Decimal& decimal);
[[nodiscard]] Value FloatValue(double real);
[[nodiscard]] Value DoubleValue(double real);
[[nodiscard]] Value StringValue(std::string text);
/// A string in the language of `like`, or in none.
[[nodiscard]] Value StringLike(std::string text, const Value& like);
[[nodiscard]] Value IriValue(std::string iri);

/// What a term is worth. An ill-formed literal is kOther.
[[nodiscard]] Value ToValue(const Term& term);
/// The term of a value that is no error.
[[nodiscard]] Term ToTerm(const Value& value);
/// The lexical form, the IRI or the label.
[[nodiscard]] std::string LexicalForm(const Value& value);
[[nodiscard]] std::string_view DatatypeOf(const Value& value);

/// "SPARQL 1.1 Query Language", 17.2.2; nullopt: a type error.
[[nodiscard]] std::optional<bool> EffectiveBoolean(const Value& value);

/// Of xsd:double and xsd:float, in canonical form: "1.0E0", "INF".
[[nodiscard]] std::string DoubleText(double real, bool single);
/// A double's or float's lexical form; nullopt for anything else.
[[nodiscard]] std::optional<double> ParseDouble(std::string_view text);

}  // namespace gyre::graph::sparql
