#pragma once

#include <string_view>

#include "core/result.h"
#include "graph/value.h"

namespace gyre::graph::gremlin {

/// A number as a script writes it: 1 is an Integer (a Long where it is too large), 1.5 a Double;
/// the suffixes b, s, i, l, n, f, d and m choose otherwise. Errors: kInvalidArgument when the value
/// does not fit its type.
[[nodiscard]] core::Result<Value> ParseNumber(std::string_view text, bool negative);

}  // namespace gyre::graph::gremlin
