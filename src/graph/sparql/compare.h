#pragma once

#include <compare>
#include <optional>

#include "graph/sparql/value.h"

namespace gyre::graph::sparql {

// The operators of "SPARQL 1.1 Query Language", 17.3. Nullopt: a type error.

/// RDFterm-equal where no other "=" takes these types.
[[nodiscard]] std::optional<bool> Equals(const Value& a, const Value& b);
/// Unordered where one is NaN.
[[nodiscard]] std::optional<std::partial_ordering> Compare(const Value& a, const Value& b);

/// Add, subtract, multiply, divide; an error's value for a type error.
enum class Arithmetic : uint8_t { kAdd, kSubtract, kMultiply, kDivide };
[[nodiscard]] Value Calculate(Arithmetic operation, const Value& a, const Value& b);
[[nodiscard]] Value Negated(const Value& value);

/// ORDER BY's total order ("SPARQL 1.1 Query Language", 15.1): nothing, blank nodes, IRIs,
/// literals; literals that do not compare by their kind, then by their text.
[[nodiscard]] std::strong_ordering OrderOf(const Value& a, const Value& b);

}  // namespace gyre::graph::sparql
