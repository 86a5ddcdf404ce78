#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/result.h"
#include "graph/value.h"

namespace gyre::graph::exec {

/// Where a traverser has been: a list from its end, whose beginnings traversers share.
struct PathNode {
    PathNode(std::shared_ptr<const PathNode> before, Value at, std::vector<std::string> names)
        : previous(std::move(before)),
          value(std::move(at)),
          labels(std::move(names)),
          length(previous ? previous->length + 1 : 1) {}
    PathNode(const PathNode&) = default;
    /// One after another: a long path would use up the stack.
    ~PathNode();

    mutable std::shared_ptr<const PathNode> previous;  ///< taken out by a node that goes
    Value value;
    std::vector<std::string> labels;
    uint32_t length = 1;
};
using PathPtr = std::shared_ptr<const PathNode>;
/// A longer path is a query that goes round and round.
inline constexpr uint32_t kMaxPath = 100'000;

struct Loop {
    std::string name;
    int64_t count = 0;
};

/// One way through a query: a value, how often it stands there, and what it carries along.
struct Traverser {
    Value value;
    int64_t bulk = 1;
    PathPtr path;             ///< null where no step asks for paths
    uint64_t came_from = 0;   ///< the vertex from which an edge was reached; 0: none
    std::vector<Loop> loops;  ///< of the repeats around it, the innermost last
    Value sack;
};

/// The path as a value, oldest first.
[[nodiscard]] Ptr<Path> ToPath(const PathPtr& path);
[[nodiscard]] PathPtr Extend(PathPtr path, Value value, const std::vector<std::string>& labels);
/// The part of a path from one label to another, each the last that has it; null: to its end.
/// Errors: kInvalidArgument where it has no such label, or they stand the other way round.
[[nodiscard]] core::Result<Ptr<Path>> PartOf(Ptr<Path> path, const std::string* from,
                                             const std::string* to);
/// Gives more labels to its end.
[[nodiscard]] PathPtr Labelled(const PathPtr& path, const std::vector<std::string>& labels);
/// What stands at that label; false where the path has none. kAll gives a list always, kMixed one
/// where there are several.
[[nodiscard]] bool FindLabel(const PathPtr& path, const std::string& label, Pop pop, Value& value);

}  // namespace gyre::graph::exec
