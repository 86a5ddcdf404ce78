#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "graph/plan/expression.h"

namespace gyre::graph::plan {

/// Rows of named values, which openCypher's clauses make of rows. A row is a list with a slot for
/// each variable of the whole query; a name that is bound anew has a slot of its own, so a row
/// keeps all that it ever held.

struct NodePattern {
    size_t slot = 0;
    bool bound = false;  ///< by an earlier clause, or earlier in this one
    std::vector<std::string> labels;
    std::vector<std::pair<std::string, ExpressionPtr>> properties;
    ExpressionPtr id;  ///< WHERE id(n) = …: the node is looked up
};
struct HopPattern {
    size_t slot = 0;
    bool bound = false;
    std::vector<std::string> types;
    Direction side = Direction::kBoth;  ///< from the node before it
    std::vector<std::pair<std::string, ExpressionPtr>> properties;
    bool many = false;  ///< of so many hops, and the value is a list
    int64_t least = 1;
    int64_t most = 1;
};
struct PathPattern {
    std::vector<NodePattern> nodes;  ///< one more than hops
    std::vector<HopPattern> hops;
    std::optional<size_t> slot;  ///< of a named path
};

struct RowItem {
    std::string name;
    size_t slot = 0;
    ExpressionPtr expression;
    bool aggregates = false;
};
struct AggregateCall {
    std::string name;
    size_t slot = 0;         ///< where its result goes
    ExpressionPtr argument;  ///< null: count(*)
    bool distinct = false;
};
struct SortItem {
    ExpressionPtr expression;
    bool descending = false;
};
struct SetItem {
    enum class Kind : uint8_t { kProperty, kReplace, kMerge, kLabels, kRemoveProperty } kind{};
    size_t slot = 0;
    std::string key;
    std::vector<std::string> labels;
    ExpressionPtr value;
};

struct RowStep {
    enum class Kind : uint8_t {
        kMatch,
        kUnwind,
        kProject,
        kCreate,
        kMerge,
        kSet,
        kDelete,
    } kind{};
    bool optional = false;              ///< of match
    std::vector<PathPattern> patterns;  ///< of match, create and merge
    ExpressionPtr where;                ///< of match and project
    size_t slot = 0;                    ///< of unwind
    ExpressionPtr expression;           ///< of unwind
    std::vector<RowItem> items;         ///< of project
    std::vector<AggregateCall> aggregates;
    bool distinct = false;
    std::vector<SortItem> order;
    ExpressionPtr skip, limit;
    std::vector<SetItem> sets, on_create, on_match;
    std::vector<ExpressionPtr> deleted;
    bool detach = false;
};

/// A whole query of rows. Immutable once made.
struct RowQuery {
    std::vector<RowStep> steps;
    size_t width = 0;              ///< slots of a row
    std::vector<RowItem> columns;  ///< what is returned; none for a query that only writes
    bool writes = false;
    bool removes = false;
};

}  // namespace gyre::graph::plan
