#pragma once

#include <optional>
#include <string>

#include "graph/exec/context.h"

namespace gyre::graph::exec::detail {

/// A date or time out of the parts that a map names: {year, month, day}, {date: other, week},
/// {time: other, second, timezone}… What is missing is taken from `base`, or is the least there is.
/// Errors are noted in the context; nullopt then. CIP2015-08-06, "Constructing Temporal Instants".
[[nodiscard]] std::optional<Temporal> FromFields(Context& context, Temporal::Kind kind,
                                                 const Map& fields);
/// The parts that the map names in place of the base's.
[[nodiscard]] std::optional<Temporal> WithFields(Context& context, const Temporal& base,
                                                 const Map& fields);
[[nodiscard]] std::optional<Duration> DurationFromFields(Context& context, const Map& fields);

/// The parts of another kind that a value has: a date of a date-time.
[[nodiscard]] Temporal Converted(const Temporal& from, Temporal::Kind kind);
/// The moment at which the query began, where `zone` is.
[[nodiscard]] Temporal StatementTime(Context& context, const Temporal& zone);

}  // namespace gyre::graph::exec::detail
