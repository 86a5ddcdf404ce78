#include <utility>

#include "graph/exec/cypher_values.h"
#include "graph/exec/evaluate.h"
#include "graph/exec/profile.h"
#include "graph/exec/rows.h"
#include "graph/plan/describe_rows.h"

namespace gyre::graph::exec {
namespace {

using plan::RowStep;
using Kind = RowStep::Kind;

const plan::Step& NoStep() {
    static const plan::Step step{};
    return step;
}

/// Gives the one row that a query begins with.
class FirstRow final : public Stage {
  public:
    FirstRow(Values row, Context& context) : Stage(NoStep(), context), row_(std::move(row)) {}
    bool Next(Traverser& traverser) override {
        if (std::exchange(given_, true)) return false;
        traverser.value = MakeList(std::move(row_));
        return true;
    }
    /// Null when it was given.
    [[nodiscard]] const Values* Row() const { return given_ ? nullptr : &row_; }

  private:
    Values row_;
    bool given_ = false;
};

class MatchStage final : public RowStage {
  public:
    MatchStage(const RowStep& step, size_t width, Context& context, MatchUse use)
        : RowStage(step, width, context),
          search_(step.patterns, step.where, context, std::move(use)) {}
    bool Next(Traverser& traverser) override {
        const auto keep = [&](const Values& match) {
            context_.Hold();
            any_ = true;
            found_.push_back({match, search_.Times()});
            return !context_.Failed();
        };
        while (found_.empty()) {
            if (open_) {
                open_ = search_.Step(keep);
                if (open_ || any_ || !row_.optional || context_.Failed()) continue;
                context_.Hold();
                found_.push_back({std::move(current_), 1});
                break;
            }
            if (!Pull(traverser)) return false;
            current_ = RowOf(traverser);
            bulk_ = traverser.bulk;
            any_ = false;
            open_ = true;
            search_.Open(current_);
        }
        if (context_.Failed()) return false;
        const int64_t times = bulk_ * found_.front().times;
        traverser = ToTraverser(std::move(found_.front().row));
        traverser.bulk = times;
        found_.pop_front();
        context_.Release(1);
        return true;
    }

    void Each(const TakeRow& take) override {
        EachBefore([&](Values& row, int64_t times) {
            bool more = true;
            any_ = false;
            search_.Run(row, [&](Values& match) {
                any_ = true;
                more = take(match, times * search_.Times()) && !context_.Failed();
                return more;
            });
            if (!any_ && row_.optional && !context_.Failed()) more = take(row, times);
            return more && !context_.Failed();
        });
    }

    [[nodiscard]] bool Gives() const override { return false; }

    std::optional<RowScan> OpenRows(size_t slot) override {
        const auto* const first = dynamic_cast<const FirstRow*>(input_);
        if (row_.optional || first == nullptr || first->Row() == nullptr) return std::nullopt;
        auto scan = search_.OpenScan(*first->Row(), slot);
        Traverser traverser;
        if (!scan || !Pull(traverser)) return std::nullopt;
        return RowScan{std::move(scan), RowOf(traverser), slot, EndsOf(row_.patterns[0])};
    }

  private:
    /// Of an edge.
    [[nodiscard]] static std::optional<std::pair<size_t, size_t>> EndsOf(
        const plan::PathPattern& path) {
        if (path.hops.empty()) return std::nullopt;
        const size_t first = path.nodes[0].slot, last = path.nodes[1].slot;
        return path.hops[0].side == Direction::kOut ? std::pair(first, last)
                                                    : std::pair(last, first);
    }

    struct Found {
        Values row;
        int64_t times = 1;
    };
    PatternSearch search_;
    Values current_;
    int64_t bulk_ = 1;
    bool open_ = false;  ///< the search goes on from the current row
    bool any_ = false;   ///< and has found something
    std::deque<Found> found_;
};

class UnwindStage final : public RowStage {
  public:
    using RowStage::RowStage;
    bool Next(Traverser& traverser) override {
        while (at_ == items_.size()) {
            if (!Pull(traverser)) return false;
            current_ = RowOf(traverser);
            const Value over = Evaluate(context_, *row_.expression, current_);
            at_ = 0;
            items_.clear();
            if (const auto* list = over.If<Ptr<List>>())
                items_ = (*list)->items;
            else if (!over.IsNull())
                items_ = {over};
        }
        Values row = current_;
        row[row_.slot] = items_[at_++];
        traverser = ToTraverser(std::move(row));
        return true;
    }

  private:
    Values current_, items_;
    size_t at_ = 0;
};

/// CALL { … }: the subquery begins anew with each row, and its columns stand beside the row's.
class SubqueryStage final : public RowStage {
  public:
    using RowStage::RowStage;
    bool Next(Traverser& traverser) override {
        while (context_.GoOn()) {
            Values columns;
            if (inner_ && inner_->Next(columns)) {
                if (row_.inner_result.empty()) continue;  // it only writes
                Values row = current_;
                for (size_t i = 0; i < columns.size(); ++i) row[row_.inner_result[i]] = columns[i];
                traverser = ToTraverser(std::move(row));
                return true;
            }
            const bool passes = inner_ && row_.inner_result.empty();
            inner_.reset();
            if (passes) {
                traverser = ToTraverser(current_);
                return !context_.Failed();
            }
            if (!Pull(traverser)) return false;
            current_ = RowOf(traverser);
            inner_ = std::make_unique<RowPipeline>(row_.inner, width_, context_, current_);
        }
        return false;
    }

  private:
    Values current_;
    std::unique_ptr<RowPipeline> inner_;
};

/// FOREACH: all rows are there before anything is done, and it is done for all before any goes on.
class ForEachStage final : public RowStage {
  public:
    using RowStage::RowStage;
    bool Next(Traverser& traverser) override {
        if (!std::exchange(done_, true)) {
            while (Pull(traverser)) {
                context_.Hold();
                rows_.push_back(RowOf(traverser));
            }
            for (const Values& row : rows_) Work(row);
        }
        if (context_.Failed() || rows_.empty()) return false;
        traverser = ToTraverser(std::move(rows_.front()));
        rows_.pop_front();
        return true;
    }

  private:
    void Work(Values row) {
        const Value over = Evaluate(context_, *row_.expression, row);
        const auto* list = over.If<Ptr<List>>();
        if (list == nullptr) return;
        for (const Value& item : (*list)->items) {
            if (!context_.GoOn()) return;
            row[row_.slot] = item;
            RowPipeline inner(row_.inner, width_, context_, row);
            Values ignored;
            while (inner.Next(ignored)) {
            }
        }
    }

    bool done_ = false;
    std::deque<Values> rows_;
};

StagePtr MakeStage(const RowStep& step, size_t width, Context& context, const RowStep* next) {
    switch (step.kind) {
        case Kind::kMatch:
            return std::make_unique<MatchStage>(step, width, context,
                                                next != nullptr ? UseOf(step, *next) : MatchUse());
        case Kind::kUnwind:
            return std::make_unique<UnwindStage>(step, width, context);
        case Kind::kProject:
            return MakeProjection(step, width, context);
        case Kind::kSubquery:
            return std::make_unique<SubqueryStage>(step, width, context);
        case Kind::kForEach:
            return std::make_unique<ForEachStage>(step, width, context);
        case Kind::kCall:
            return MakeProcedure(step, width, context);
        default:
            return MakeRowWrite(step, width, context);
    }
}

}  // namespace

RowStage::RowStage(const plan::RowStep& row_step, size_t width, Context& context)
    : Stage(NoStep(), context), row_(row_step), width_(width) {
}

void RowStage::SetInput(Stage* input) {
    Stage::SetInput(input);
    before_ = dynamic_cast<RowStage*>(input);
}

void RowStage::Each(const TakeRow& take) {
    Traverser traverser;
    while (Next(traverser)) {
        Values row = RowOf(traverser);
        if (!take(row, traverser.bulk)) return;
    }
}

Values& RowStage::RowScan::Row(Transaction& graph, const ElementBatch& batch, size_t i) {
    row[slot] = scan->Element(graph, batch, i);
    if (ends) {
        const auto& edge = row[slot].As<EdgeRef>();
        row[ends->first] = Value(VertexRef{edge.out});
        row[ends->second] = Value(VertexRef{edge.in});
    }
    return row;
}

std::optional<RowStage::RowScan> RowStage::OpenRows(size_t /*slot*/) {
    return std::nullopt;
}

void RowStage::EachBefore(const TakeRow& take) {
    if (before_ != nullptr) return before_->Each(take);
    Traverser traverser;
    while (Pull(traverser)) {
        Values row = RowOf(traverser);
        if (!take(row, traverser.bulk)) return;
    }
}

Values RowStage::RowOf(Traverser& traverser) const {
    const auto& list = traverser.value.As<Ptr<List>>();
    Values row = list.use_count() == 1 ? std::move(list->items) : list->items;
    row.resize(width_);
    return row;
}

Traverser RowStage::ToTraverser(Values row) {
    Traverser traverser;
    traverser.value = MakeList(std::move(row));
    return traverser;
}

RowPipeline::RowPipeline(const plan::RowUnion& query, size_t width, Context& context, Values first)
    : query_(query), width_(width), context_(context), first_(std::move(first)) {
    Begin(query_.parts[0]);
}

void RowPipeline::Begin(const plan::RowPart& part) {
    stages_.clear();
    Values row = first_;
    row.resize(width_);
    stages_.push_back(std::make_unique<FirstRow>(std::move(row), context_));
    for (size_t i = 0; i < part.steps.size(); ++i) {
        const plan::RowStep& step = part.steps[i];
        const plan::RowStep* const next = i + 1 < part.steps.size() ? &part.steps[i + 1] : nullptr;
        StagePtr stage = next != nullptr && OnlyCounts(step, *next)
                             ? MakeCount(step, width_, context_)
                             : MakeStage(step, width_, context_, next);
        // Of the whole query: what runs once a row is not told apart.
        if (context_.profile != nullptr && first_.empty()) {
            Profile::Measured* const measured = context_.profile->Begin(plan::RowStepText(step));
            context_.profile->End();
            stage = Measure(std::move(stage), context_, measured);
        }
        stage->SetInput(stages_.back().get());
        stages_.push_back(std::move(stage));
    }
}

bool RowPipeline::Next(Values& columns) {
    Traverser traverser;
    while (!context_.Failed()) {
        if (!stages_.back()->Next(traverser)) {
            if (context_.Failed() || part_ + 1 == query_.parts.size()) return false;
            Begin(query_.parts[++part_]);
            continue;
        }
        const Values& slots = traverser.value.As<Ptr<List>>()->items;
        columns.clear();
        for (const plan::RowItem& column : query_.parts[part_].columns) {
            columns.push_back(slots[column.slot]);
        }
        if (!query_.distinct) return true;
        context_.Hold();
        if (seen_.insert(KeyOf(MakeList(columns))).second) return true;
    }
    return false;
}

}  // namespace gyre::graph::exec
