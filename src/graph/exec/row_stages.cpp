#include <algorithm>
#include <unordered_set>
#include <utility>

#include "graph/compare.h"
#include "graph/exec/evaluate.h"
#include "graph/exec/rows.h"
#include "graph/number.h"

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
    FirstRow(size_t width, Context& context) : Stage(NoStep(), context), width_(width) {}
    bool Next(Traverser& traverser) override {
        if (std::exchange(given_, true)) return false;
        traverser.value = MakeList(Values(width_));
        return true;
    }

  private:
    const size_t width_;
    bool given_ = false;
};

class MatchStage final : public RowStage {
  public:
    MatchStage(const RowStep& step, size_t width, Context& context)
        : RowStage(step, width, context), search_(step.patterns, step.where, context) {}
    bool Next(Traverser& traverser) override {
        while (found_.empty()) {
            if (!Pull(traverser)) return false;
            const Values row = RowOf(traverser);
            search_.Run(row, [&](const Values& match) {
                context_.Hold();
                found_.push_back(match);
                return !context_.Failed();
            });
            if (found_.empty() && row_.optional) found_.push_back(row);
        }
        if (context_.Failed()) return false;
        traverser = ToTraverser(std::move(found_.front()));
        found_.pop_front();
        context_.Release(row_.optional ? 0 : 1);
        return true;
    }

  private:
    PatternSearch search_;
    std::deque<Values> found_;
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

/// count, sum, avg, min, max and collect of a group.
class Gathered {
  public:
    void Add(Context& context, const plan::AggregateCall& call, const Value& value) {
        if (call.argument && value.IsNull()) return;
        if (call.distinct && !seen_.insert(value).second) return;
        ++count_;
        if (call.name == "count") return;
        if (call.name == "collect") {
            context.Hold();
            items_.push_back(value);
        } else if (call.name == "min" || call.name == "max") {
            const bool less = !result_.IsNull() && OrderValues(value, result_) < 0;
            if (result_.IsNull() || less == (call.name == "min")) result_ = value;
        } else {
            auto sum = AddNumbers(result_.IsNull() ? Value(int64_t{0}) : result_, value);
            if (sum)
                result_ = std::move(*sum);
            else
                context.Fail(sum.error());
        }
    }
    [[nodiscard]] Value Result(const plan::AggregateCall& call) const {
        if (call.name == "count") return Value(count_);
        if (call.name == "collect") return MakeList(items_);
        if (call.name == "sum") return result_.IsNull() ? Value(int64_t{0}) : result_;
        if (call.name != "avg" || result_.IsNull()) return result_;
        return Value(ToDouble(result_) / static_cast<double>(count_));
    }

  private:
    int64_t count_ = 0;
    Value result_;
    Values items_;
    std::unordered_set<Value, ValueHash, ValueSame> seen_;
};

/// WITH and RETURN: items, groups, DISTINCT, ORDER BY, SKIP, LIMIT and WITH's WHERE.
class Projection final : public RowStage {
  public:
    using RowStage::RowStage;
    bool Next(Traverser& traverser) override {
        while (true) {
            Values row;
            if (!NextRow(row)) return false;
            if (row_.where && !IsTrue(Evaluate(context_, *row_.where, row))) continue;
            traverser = ToTraverser(std::move(row));
            return !context_.Failed();
        }
    }

  private:
    [[nodiscard]] bool Gathers() const { return !row_.aggregates.empty() || !row_.order.empty(); }

    bool NextRow(Values& row) {
        if (!begun_) {
            begun_ = true;
            skip_ = Count(row_.skip, 0);
            limit_ = Count(row_.limit, INT64_MAX);
            if (Gathers()) GatherAll();
        }
        while (limit_ > 0 && !context_.Failed()) {
            if (Gathers()) {
                if (at_ == rows_.size()) return false;
                row = std::move(rows_[at_++]);
            } else if (!One(row)) {
                return false;
            }
            if (skip_ > 0) {
                --skip_;
                continue;
            }
            --limit_;
            return true;
        }
        return false;
    }
    int64_t Count(const plan::ExpressionPtr& expression, int64_t otherwise) {
        if (!expression) return otherwise;
        const Value value = Evaluate(context_, *expression, {});
        if (value.Is<int64_t>() && value.As<int64_t>() >= 0) return value.As<int64_t>();
        context_.Fail("InvalidParameterException", "SKIP and LIMIT take whole numbers from 0");
        return 0;
    }
    /// The next row with its items, of those that are distinct where they are to be.
    bool One(Values& row) {
        Traverser traverser;
        while (Pull(traverser)) {
            row = RowOf(traverser);
            for (const plan::RowItem& item : row_.items) {
                row[item.slot] = Evaluate(context_, *item.expression, row);
            }
            if (IsNew(row)) return true;
        }
        return false;
    }
    bool IsNew(const Values& row) {
        if (!row_.distinct) return true;
        context_.Hold();
        return seen_.insert(MakeList(Items(row, false))).second;
    }
    [[nodiscard]] Values Items(const Values& row, bool keys_only) const {
        Values items;
        for (const plan::RowItem& item : row_.items) {
            if (!keys_only || !item.aggregates) items.push_back(row[item.slot]);
        }
        return items;
    }

    void GatherAll() {
        Values row;
        if (row_.aggregates.empty()) {
            while (One(row)) {
                context_.Hold();
                rows_.push_back(std::move(row));
            }
        } else {
            Group();
        }
        if (row_.order.empty() || context_.Failed()) return;
        std::vector<std::pair<Values, Values>> keyed;
        for (Values& one : rows_) {
            Values keys;
            for (const auto& sort : row_.order) {
                keys.push_back(Evaluate(context_, *sort.expression, one));
            }
            keyed.emplace_back(std::move(keys), std::move(one));
        }
        std::ranges::stable_sort(keyed, [&](const auto& a, const auto& b) {
            for (size_t i = 0; i < row_.order.size(); ++i) {
                const bool down = row_.order[i].descending;
                // Null is the largest.
                const Value &x = a.first[i], &y = b.first[i];
                if (x.IsNull() != y.IsNull()) return x.IsNull() == down;
                const auto order = OrderValues(x, y);
                if (order != 0) return down ? order > 0 : order < 0;
            }
            return false;
        });
        for (size_t i = 0; i < keyed.size(); ++i) rows_[i] = std::move(keyed[i].second);
    }

    void Group() {
        graph::Map places;
        std::vector<std::vector<Gathered>> gathered;
        Traverser traverser;
        const auto group_of = [&](Values row) {
            for (const plan::RowItem& item : row_.items) {
                if (!item.aggregates) row[item.slot] = Evaluate(context_, *item.expression, row);
            }
            bool added = false;
            Value& place = places.At(MakeList(Items(row, true)), &added);
            if (added) {
                context_.Hold();
                place = Value(static_cast<int64_t>(rows_.size()));
                rows_.push_back(std::move(row));
                gathered.emplace_back(row_.aggregates.size());
            }
            return static_cast<size_t>(place.As<int64_t>());
        };
        while (Pull(traverser)) {
            const Values row = RowOf(traverser);
            const size_t group = group_of(row);
            for (size_t i = 0; i < row_.aggregates.size(); ++i) {
                const auto& call = row_.aggregates[i];
                gathered[group][i].Add(
                    context_, call,
                    call.argument ? Evaluate(context_, *call.argument, row) : Value(true));
            }
        }
        const bool keyed = std::ranges::any_of(
            row_.items, [](const plan::RowItem& item) { return !item.aggregates; });
        if (rows_.empty() && !keyed) group_of(Values(width_));  // count(*) of nothing is 0
        std::vector<Values> kept;
        for (size_t group = 0; group < rows_.size(); ++group) {
            Values& row = rows_[group];
            for (size_t i = 0; i < row_.aggregates.size(); ++i) {
                row[row_.aggregates[i].slot] = gathered[group][i].Result(row_.aggregates[i]);
            }
            for (const plan::RowItem& item : row_.items) {
                if (item.aggregates) row[item.slot] = Evaluate(context_, *item.expression, row);
            }
            if (IsNew(row)) kept.push_back(std::move(row));
        }
        rows_ = std::move(kept);
    }

    bool begun_ = false;
    int64_t skip_ = 0, limit_ = 0;
    std::vector<Values> rows_;
    size_t at_ = 0;
    std::unordered_set<Value, ValueHash, ValueSame> seen_;
};

}  // namespace

RowStage::RowStage(const plan::RowStep& row_step, size_t width, Context& context)
    : Stage(NoStep(), context), row_(row_step), width_(width) {
}

Values RowStage::RowOf(const Traverser& traverser) const {
    Values row = traverser.value.As<Ptr<List>>()->items;
    row.resize(width_);
    return row;
}

Traverser RowStage::ToTraverser(Values row) {
    Traverser traverser;
    traverser.value = MakeList(std::move(row));
    return traverser;
}

StagePtr MakePatternStage(const plan::RowStep& step, size_t width, Context& context) {
    return std::make_unique<MatchStage>(step, width, context);
}

StagePtr MakeProjection(const plan::RowStep& step, size_t width, Context& context) {
    return std::make_unique<Projection>(step, width, context);
}

RowPipeline::RowPipeline(const plan::RowQuery& query, Context& context) : query_(query) {
    stages_.push_back(std::make_unique<FirstRow>(query.width, context));
    for (const plan::RowStep& step : query.steps) {
        StagePtr stage;
        switch (step.kind) {
            case Kind::kMatch:
                stage = MakePatternStage(step, query.width, context);
                break;
            case Kind::kUnwind:
                stage = std::make_unique<UnwindStage>(step, query.width, context);
                break;
            case Kind::kProject:
                stage = MakeProjection(step, query.width, context);
                break;
            default:
                stage = MakeRowWrite(step, query.width, context);
                break;
        }
        stage->SetInput(stages_.back().get());
        stages_.push_back(std::move(stage));
    }
}

bool RowPipeline::Next(Values& row) {
    Traverser traverser;
    if (!stages_.back()->Next(traverser)) return false;
    const Values& slots = traverser.value.As<Ptr<List>>()->items;
    row.clear();
    for (const plan::RowItem& column : query_.columns) row.push_back(slots[column.slot]);
    return true;
}

}  // namespace gyre::graph::exec
