#pragma once

#include <map>
#include <string>
#include <string_view>

#include "graph/exec/context.h"

namespace gyre::graph::exec::detail {

/// A function on arguments of which none is null, and as many as its signature has.
using Call = Value (*)(Context&, const Values&);
using Calls = std::map<std::string, Call, std::less<>>;

void AddNumberFunctions(Calls& calls);
void AddSortFunctions(Calls& calls);
void AddTextFunctions(Calls& calls);

/// Note the error that the function does not take such a value; null.
Value WrongType(Context& context, std::string_view function, const Value& value);
Value WrongValue(Context& context, std::string_view function, const Value& value);

/// Of UTF-8.
[[nodiscard]] int64_t CharactersOf(std::string_view text);

}  // namespace gyre::graph::exec::detail
