#pragma once

#include <compare>
#include <string_view>

#include "graph/exec/context.h"

namespace gyre::graph::exec {

/// openCypher's values: integers of 64 bits, floats, texts, truth values, lists, maps, dates and
/// times, nodes, relationships and paths; null is also "unknown".

/// A stored or given value as openCypher has it: 5 of any width is an Integer, a set is a list.
[[nodiscard]] Value Wide(const Value& value);
/// The form in which other languages read it too, for the store: a date-time of whole milliseconds
/// at an offset is Gremlin's Date.
[[nodiscard]] Value Narrow(const Value& value);

/// Equality with null as unknown, in lists and maps too.
[[nodiscard]] Value EqualCypher(const Value& a, const Value& b);
/// `decide` of the order of a and b; null where they cannot be compared, false where one is NaN.
[[nodiscard]] Value CompareCypher(const Value& a, const Value& b,
                                  bool (*decide)(std::partial_ordering));
/// The total order of ORDER BY: maps, nodes, relationships, lists, paths, dates and times, texts,
/// truth values, numbers, NaN, null.
[[nodiscard]] std::weak_ordering OrderCypher(const Value& a, const Value& b);
/// What DISTINCT and groups compare by: 1.0 is 1.
[[nodiscard]] Value KeyOf(const Value& value);

/// An error with openCypher's names: ("TypeError", "InvalidArgumentValue").
void FailCypher(Context& context, std::string_view type, std::string_view detail,
                const std::string& what);
/// As openCypher writes it in texts: 1.0, true, 2020-01-01, [1, 2].
[[nodiscard]] std::string CypherText(const Value& value);

}  // namespace gyre::graph::exec
