#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "graph/exec/cypher_values.h"
#include "graph/exec/evaluate.h"
#include "graph/exec/gather.h"
#include "graph/exec/rows.h"
#include "graph/number.h"

namespace gyre::graph::exec {
namespace {

/// WITH and RETURN: items, groups, DISTINCT, ORDER BY, SKIP, LIMIT and WITH's WHERE.
class RowProjection final : public RowStage {
  public:
    using RowStage::RowStage;
    bool Next(Traverser& traverser) override {
        Values row;
        while (NextRow(row)) {
            if (row_.where && !IsTrue(Evaluate(context_, *row_.where, row))) continue;
            traverser = ToTraverser(std::move(row));
            return !context_.Failed();
        }
        return false;
    }

  private:
    [[nodiscard]] bool Gathers() const { return !row_.aggregates.empty() || !row_.order.empty(); }

    bool NextRow(Values& row) {
        if (!std::exchange(begun_, true)) {
            skip_ = Count(row_.skip, 0, "SKIP");
            limit_ = Count(row_.limit, INT64_MAX, "LIMIT");
            if (Gathers()) {
                GatherAll();
            } else if (limit_ == 0) {  // what was written before is written all the same
                Traverser ignored;
                static_cast<void>(Pull(ignored));
            }
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
    int64_t Count(const plan::ExpressionPtr& expression, int64_t otherwise, const char* word) {
        if (!expression) return otherwise;
        const Value value = Evaluate(context_, *expression, {});
        if (!value.Is<int64_t>()) {
            FailCypher(context_, "SyntaxError", "InvalidArgumentType",
                       std::string(word) + " takes an Integer");
            return 0;
        }
        if (value.As<int64_t>() < 0) {
            FailCypher(context_, "SyntaxError", "NegativeIntegerArgument",
                       std::string(word) + " takes no negative number");
            return 0;
        }
        return value.As<int64_t>();
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
        return seen_.insert(KeyOf(MakeList(Items(row, false)))).second;
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
        if (!row_.order.empty() && !context_.Failed()) Sort();
    }

    void Sort() {
        std::vector<std::pair<Values, Values>> keyed;
        for (Values& one : rows_) {
            Values keys;
            for (const auto& sort : row_.order) {
                keys.push_back(Evaluate(context_, *sort.expression, one));
            }
            keyed.emplace_back(std::move(keys), std::move(one));
        }
        const auto before = [&](const auto& a, const auto& b) {
            for (size_t i = 0; i < row_.order.size(); ++i) {
                const auto order = OrderCypher(a.first[i], b.first[i]);
                if (order != 0) return row_.order[i].descending ? order > 0 : order < 0;
            }
            return false;
        };
        std::ranges::stable_sort(keyed, before);
        for (size_t i = 0; i < keyed.size(); ++i) rows_[i] = std::move(keyed[i].second);
    }

    size_t GroupOf(Values row) {
        for (const plan::RowItem& item : row_.items) {
            if (!item.aggregates) row[item.slot] = Evaluate(context_, *item.expression, row);
        }
        const auto [place, added] =
            groups_.try_emplace(KeyOf(MakeList(Items(row, true))), rows_.size());
        if (added) {
            context_.Hold();
            rows_.push_back(std::move(row));
            gathered_.emplace_back(row_.aggregates.size());
        }
        return place->second;
    }

    void Group() {
        Traverser traverser;
        while (Pull(traverser)) {
            const Values row = RowOf(traverser);
            const size_t group = GroupOf(row);
            for (size_t i = 0; i < row_.aggregates.size(); ++i) {
                const auto& call = row_.aggregates[i];
                gathered_[group][i].Add(
                    context_, call,
                    call.argument ? Evaluate(context_, *call.argument, row) : Value(true),
                    call.share ? Evaluate(context_, *call.share, row) : Value());
            }
        }
        const bool keyed = std::ranges::any_of(
            row_.items, [](const plan::RowItem& item) { return !item.aggregates; });
        if (rows_.empty() && !keyed) GroupOf(Values(width_));  // count(*) of nothing is 0
        std::vector<Values> kept;
        for (size_t group = 0; group < rows_.size() && !context_.Failed(); ++group) {
            Values& row = rows_[group];
            for (size_t i = 0; i < row_.aggregates.size(); ++i) {
                row[row_.aggregates[i].slot] =
                    gathered_[group][i].Result(context_, row_.aggregates[i]);
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
    std::unordered_map<Value, size_t, ValueHash, ValueSame> groups_;
    std::vector<std::vector<Gathered>> gathered_;
    std::unordered_set<Value, ValueHash, ValueSame> seen_;
};

}  // namespace

StagePtr MakeProjection(const plan::RowStep& step, size_t width, Context& context) {
    return std::make_unique<RowProjection>(step, width, context);
}

}  // namespace gyre::graph::exec
