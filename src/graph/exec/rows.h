#pragma once

#include <functional>

#include "graph/exec/stage.h"
#include "graph/plan/row.h"

namespace gyre::graph::exec {

/// A stage whose traversers' values are rows: lists with a slot for each variable.
class RowStage : public Stage {
  public:
    RowStage(const plan::RowStep& row_step, size_t width, Context& context);

  protected:
    /// A copy to be changed.
    [[nodiscard]] Values RowOf(const Traverser& traverser) const;
    [[nodiscard]] static Traverser ToTraverser(Values row);
    const plan::RowStep& row_;
    const size_t width_;
};

[[nodiscard]] StagePtr MakePatternStage(const plan::RowStep& step, size_t width, Context& context);
[[nodiscard]] StagePtr MakeProjection(const plan::RowStep& step, size_t width, Context& context);
[[nodiscard]] StagePtr MakeRowWrite(const plan::RowStep& step, size_t width, Context& context);

/// All the ways in which patterns hold of a row, each a row with their variables bound.
class PatternSearch {
  public:
    PatternSearch(const std::vector<plan::PathPattern>& patterns, const plan::ExpressionPtr& where,
                  Context& context)
        : patterns_(patterns), where_(where), context_(context) {}
    /// Calls `take` for each; it returns false to end the search.
    void Run(Values row, const std::function<bool(const Values&)>& take);

  private:
    [[nodiscard]] bool HasNull() const;
    void Next(size_t pattern);
    void From(size_t pattern, size_t node);
    void Walk(size_t pattern, size_t start, size_t done);
    void Many(size_t pattern, size_t hop, bool forward, uint64_t at, Values edges,
              const std::function<void(uint64_t)>& then);
    void OneHop(size_t pattern, size_t hop, bool forward, uint64_t at,
                const std::function<void(const EdgeRef&, uint64_t)>& then);
    [[nodiscard]] bool NodeFits(const plan::NodePattern& node, uint64_t vertex);
    [[nodiscard]] bool Fits(const Value& element,
                            const std::vector<std::pair<std::string, plan::ExpressionPtr>>& wanted);
    [[nodiscard]] bool Used(const EdgeRef& edge) const;
    void TakePath(size_t pattern);

    const std::vector<plan::PathPattern>& patterns_;
    const plan::ExpressionPtr& where_;
    Context& context_;
    Values row_;
    std::vector<uint64_t> used_;  ///< edges of this match: none twice
    const std::function<bool(const Values&)>* take_ = nullptr;
    bool stopped_ = false;
};

/// The stages of a query of rows.
class RowPipeline {
  public:
    RowPipeline(const plan::RowQuery& query, Context& context);
    /// The values of the columns of the next row.
    [[nodiscard]] bool Next(Values& row);

  private:
    const plan::RowQuery& query_;
    std::vector<StagePtr> stages_;
};

}  // namespace gyre::graph::exec
