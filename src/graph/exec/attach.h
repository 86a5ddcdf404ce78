#pragma once

#include <string>

#include "graph/exec/context.h"

namespace gyre::graph::exec {

/// An element that a client sent stands for the store's of its id, in collections and predicates
/// too; any other value, and one whose element is not there, for itself. Of a vertex property only
/// the id is known, not whose it is.
[[nodiscard]] Value Attached(Transaction& graph, const Value& value);
/// Likewise all values that stand in the plan.
[[nodiscard]] plan::Query Attached(Transaction& graph, plan::Query query);

/// The other way: elements as their users know them, in collections too, which is what their place
/// in an order and their text are made of.
[[nodiscard]] Value Detached(Transaction& graph, const Value& value);
/// DisplayText with the user's ids.
[[nodiscard]] std::string ShownText(Transaction& graph, const Value& value);
/// The predicate's Test. Elements are before and after each other by their ids.
[[nodiscard]] bool Passes(Transaction& graph, const Predicate& predicate, const Value& value);
/// Likewise; where the predicate does not decide that value, and `notes`, it is noted as unknown.
[[nodiscard]] bool Holds(Context& context, const Predicate& predicate, const Value& value,
                         bool notes);

}  // namespace gyre::graph::exec
