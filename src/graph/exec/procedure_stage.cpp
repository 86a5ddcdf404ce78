#include <utility>

#include "graph/exec/cypher_values.h"
#include "graph/exec/evaluate.h"
#include "graph/exec/rows.h"

namespace gyre::graph::exec {
namespace {

using plan::Procedure;

/// The names that are labels of vertices, or of edges.
std::vector<Values> NamesInUse(Context& context, bool edges) {
    std::vector<Values> rows;
    for (NameId name = 0; name < context.graph.NamesBelow(); ++name) {
        const uint64_t count =
            edges ? context.graph.CountEdges(name) : context.graph.CountVertices(name);
        if (count > 0) rows.push_back({Value(std::string(context.graph.NameText(name)))});
    }
    return rows;
}

/// A null argument is like null, and an integer like the same float.
bool IsLikeArgument(const Value& cell, const Value& argument) {
    return OrderCypher(cell, argument) == 0;
}

/// CALL name(…): with each row, the rows of a table that begin with the arguments.
class ProcedureStage final : public RowStage {
  public:
    ProcedureStage(const plan::RowStep& step, size_t width, Context& context)
        : RowStage(step, width, context) {
        if (step.procedure->source == Procedure::Source::kRows) return;
        own_ = NamesInUse(context, step.procedure->source == Procedure::Source::kRelationshipTypes);
    }
    bool Next(Traverser& traverser) override {
        while (context_.GoOn()) {
            if (!open_ && !Begin(traverser)) return false;
            if (Void()) {
                open_ = false;
                traverser = ToTraverser(current_);
                return true;
            }
            while (at_ < Rows().size()) {
                if (!context_.GoOn()) return false;
                const Values& cells = Rows()[at_++];
                if (!Matches(cells)) continue;
                Values row = current_;
                const size_t first = row_.procedure->takes.size();
                for (const auto& [which, slot] : row_.yielded) row[slot] = cells[first + which];
                if (row_.where && !IsTrue(Evaluate(context_, *row_.where, row))) continue;
                traverser = ToTraverser(std::move(row));
                return !context_.Failed();
            }
            open_ = false;
        }
        return false;
    }

  private:
    [[nodiscard]] const std::vector<Values>& Rows() const {
        return row_.procedure->source == Procedure::Source::kRows ? row_.procedure->rows : own_;
    }
    /// It gives nothing, and so takes no row away either.
    [[nodiscard]] bool Void() const { return row_.procedure->gives.empty(); }
    bool Begin(Traverser& traverser) {
        if (!Pull(traverser)) return false;
        current_ = RowOf(traverser);
        arguments_.clear();
        for (const auto& argument : row_.arguments) {
            arguments_.push_back(Wide(Evaluate(context_, *argument, current_)));
        }
        at_ = 0;
        open_ = !context_.Failed();
        return open_;
    }
    [[nodiscard]] bool Matches(const Values& cells) const {
        for (size_t i = 0; i < arguments_.size(); ++i) {
            if (!IsLikeArgument(cells[i], arguments_[i])) return false;
        }
        return true;
    }

    std::vector<Values> own_;
    Values current_, arguments_;
    size_t at_ = 0;
    bool open_ = false;
};

}  // namespace

StagePtr MakeProcedure(const plan::RowStep& step, size_t width, Context& context) {
    return std::make_unique<ProcedureStage>(step, width, context);
}

}  // namespace gyre::graph::exec
