#pragma once

#include <string_view>

#include "core/result.h"
#include "graph/plan/step.h"
#include "graph/value.h"

namespace gyre::graph::exec {

/// A function of one value and arguments: toUpper, split, combine… Nullopt results do not occur: a
/// function that has nothing to say says null. Errors: kInvalidArgument for values it is not for.
using Function = core::Result<Value> (*)(const Value& value, const Values& arguments);

/// Of texts; of one type from another, and of dates; and of collections. Null for an unknown name.
[[nodiscard]] Function TextFunction(std::string_view name);
[[nodiscard]] Function ConversionFunction(std::string_view name, const Rules& rules);
[[nodiscard]] Function ListFunction(std::string_view name);

/// Whether asNumber() may be asked for that type.
[[nodiscard]] bool IsNumberType(std::string_view name);

/// Whether a list function, such as combine, may work on that value, and with that argument, which
/// a traversal gave or the query says. Errors: kInvalidArgument in the reference's words.
[[nodiscard]] core::Status CheckListArguments(const std::string& name, const Value& value);
[[nodiscard]] core::Status CheckListArgument(const std::string& name, const Value& value,
                                             const Value& argument, bool of_traversal);

}  // namespace gyre::graph::exec
