#pragma once

#include <span>

#include "graph/exec/context.h"
#include "graph/plan/expression.h"

namespace gyre::graph::exec {

/// The value of an expression for a row. Null is also "unknown". Errors are noted in the context,
/// and the value is null then.
[[nodiscard]] Value Evaluate(Context& context, const plan::Expression& expression,
                             std::span<const Value> row);
/// Of an operation on children.
[[nodiscard]] Value Operate(Context& context, const plan::Expression& expression,
                            std::span<const Value> row);
/// A property of a node or relationship that has one value of it; false otherwise, also where that
/// is not known so easily. `in_plan`: its name, where the plan has it.
[[nodiscard]] bool OnlyProperty(Context& context, const Value& of, const std::string& in_plan,
                                Value& value);
/// Whether it is true: neither false nor null.
[[nodiscard]] bool IsTrue(const Value& value);

/// A function of openCypher by its name in small letters; false for an unknown one.
[[nodiscard]] bool CallFunction(Context& context, const std::string& name, const Values& arguments,
                                Value& result);
/// Of dates and times; false for an unknown one.
[[nodiscard]] bool CallTemporalFunction(Context& context, const std::string& name,
                                        const Values& arguments, Value& result);
/// d.year, d.hoursOfDay…; null for a part that there is not.
[[nodiscard]] Value PartOfTime(const Value& time, const std::string& part);

/// All properties of a node or relationship, several values of one key as a list.
[[nodiscard]] Ptr<Map> PropertiesMap(Context& context, const Value& element);

}  // namespace gyre::graph::exec
