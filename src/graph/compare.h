#pragma once

#include <compare>

#include "graph/value.h"

namespace gyre::graph {

/// Gremlin's equality: numbers by their value whatever their type, NaN unlike all, the rest as
/// SameValue. TinkerPop, provider documentation, "Equality and Comparability".
[[nodiscard]] bool EqualValues(const Value& a, const Value& b);

/// Gremlin's comparability: unordered for values of unlike types, NaN and null beside another.
[[nodiscard]] std::partial_ordering CompareValues(const Value& a, const Value& b);

/// Gremlin's orderability: total, over all types; null first, then booleans, numbers, dates, texts…
/// Elements that are known by their ids are ordered by these (exec::Detached), those of the store
/// somehow.
[[nodiscard]] std::weak_ordering OrderValues(const Value& a, const Value& b);

}  // namespace gyre::graph
