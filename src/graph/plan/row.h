#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "graph/plan/expression.h"
#include "graph/plan/procedure.h"

namespace gyre::graph::plan {

/// Rows of named values, which openCypher's clauses make of rows. A row is a list with a slot for
/// each variable of the whole query; a name that is bound anew has a slot of its own, so a row
/// keeps all that it ever held.

/// What an element's properties are to be: by key, or all that a map has.
struct WantedProperties {
    std::vector<std::pair<std::string, ExpressionPtr>> pairs;
    ExpressionPtr map;  ///< a parameter, in CREATE
    [[nodiscard]] bool Empty() const { return pairs.empty() && !map; }
};

struct NodePattern {
    size_t slot = 0;
    bool bound = false;  ///< by an earlier clause, or earlier in this one
    std::vector<std::string> labels;
    WantedProperties properties;
    ExpressionPtr id;  ///< WHERE id(n) = …: the node is looked up
};
struct HopPattern {
    size_t slot = 0;
    bool bound = false;
    std::vector<std::string> types;
    Direction side = Direction::kBoth;  ///< from the node before it
    WantedProperties properties;
    bool named = false;  ///< by a variable that may be read
    bool many = false;   ///< of so many hops, and the value is a list
    int64_t least = 1;
    int64_t most = 1;
};
struct PathPattern {
    enum class Which : uint8_t { kEvery, kShortest, kAllShortest } which{};
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
    ExpressionPtr share;     ///< of percentileCont and percentileDisc: from 0 to 1
    bool distinct = false;
};
struct SortItem {
    ExpressionPtr expression;
    bool descending = false;
};
struct SetItem {
    enum class Kind : uint8_t {
        kProperty,
        kReplace,
        kMerge,
        kLabels,
        kRemoveProperty,
        kRemoveLabels
    } kind{};
    ExpressionPtr element;
    std::string key;
    std::vector<std::string> labels;
    ExpressionPtr value;
};

struct RowStep;
struct RowPart {
    std::vector<RowStep> steps;
    std::vector<RowItem> columns;  ///< what is returned; none for a part that only writes
};
/// Parts whose rows follow each other: UNION.
struct RowUnion {
    std::vector<RowPart> parts;
    bool distinct = false;
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
        kSubquery,
        kForEach,
        kCall,
    } kind{};
    bool optional = false;              ///< of match
    std::vector<PathPattern> patterns;  ///< of match, create and merge
    ExpressionPtr where;                ///< of match, project and call
    size_t slot = 0;                    ///< of unwind and foreach
    ExpressionPtr expression;           ///< of unwind and foreach
    std::vector<RowItem> items;         ///< of project
    std::vector<AggregateCall> aggregates;
    bool distinct = false;
    std::vector<SortItem> order;
    ExpressionPtr skip, limit;
    std::vector<SetItem> sets, on_create, on_match;
    std::vector<ExpressionPtr> deleted;
    bool detach = false;
    std::shared_ptr<const Procedure> procedure;      ///< of call
    std::vector<ExpressionPtr> arguments;            ///< of call
    std::vector<std::pair<size_t, size_t>> yielded;  ///< of call: which it gives, to which slot
    RowUnion inner;                                  ///< of subquery and foreach
    std::vector<size_t> inner_result;                ///< where the subquery's columns go
};

/// A whole query of rows. Immutable once made.
struct RowQuery {
    RowUnion all;
    size_t width = 0;  ///< slots of a row
    bool writes = false;
    bool removes = false;
    int64_t timeout_ms = 0;  ///< its own; 0: it says none
    [[nodiscard]] const std::vector<RowItem>& Columns() const { return all.parts[0].columns; }
};

/// Of an expression: a pattern, or a subquery, that begins with the row.
struct Subpattern {
    std::vector<PathPattern> patterns;
    ExpressionPtr where;
    ExpressionPtr result;
    RowUnion query;
};

}  // namespace gyre::graph::plan
