#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "graph/sparql/algebra.h"
#include "graph/sparql/source.h"
#include "graph/value.h"

namespace gyre::graph::sparql {

/// How a query is carried out: the sources of its plan, in the order in which rows pass them. What
/// is built only while the query runs (the other side of a join) is told by its pattern.
class Explanation {
  public:
    struct Step {
        std::string name, arguments;
        uint64_t rows = 0;
        int64_t nanos = 0;   ///< with those before it, whose rows it waits for
        bool alone = false;  ///< it waits for no rows: its time is its own
    };
    /// The source, measured from now on.
    [[nodiscard]] SourcePtr Add(std::string name, std::string arguments, SourcePtr source);
    /// A step that is no source: its rows and its time are for the caller to note.
    [[nodiscard]] Step& Add(std::string name, std::string arguments);
    /// A plan is whole: what is built from now on is not told, until another one begins.
    void Close() { open_ = false; }
    void Begin() { open_ = true; }
    [[nodiscard]] bool Open() const { return open_; }
    [[nodiscard]] const std::deque<Step>& Steps() const { return steps_; }
    /// Times are each step's own.
    [[nodiscard]] TraversalMetrics Result() const;

  private:
    std::deque<Step> steps_;  ///< which stay where they are
    bool open_ = true;
};

/// "?s <http://…> ?o", with the variables' names.
[[nodiscard]] std::string PatternText(const TriplePattern& triple, const Select& frame);
[[nodiscard]] std::string PatternText(const PathPattern& path, const Select& frame);
/// "OPTIONAL"-like heads of what a pattern is made of, and its triples.
[[nodiscard]] std::string PatternText(const Node& node, const Select& frame);
/// "?a, ?b"
[[nodiscard]] std::string SlotsText(const std::vector<Slot>& slots, const Select& frame);

}  // namespace gyre::graph::sparql
