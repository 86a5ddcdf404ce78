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

/// Ordered rows that are cut to more than that are gathered all.
constexpr int64_t kMostKept = 1 << 20;

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
        return seen_.insert(KeyOfAll(ValuesOf(row))).second;
    }
    [[nodiscard]] Values ValuesOf(const Values& row) const {
        Values items;
        for (const plan::RowItem& item : row_.items) items.push_back(row[item.slot]);
        return items;
    }

    void GatherAll() {
        if (!row_.aggregates.empty()) {
            Group();
            for (Values& row : rows_) Keep(std::move(row));
        } else if (!row_.order.empty() && !row_.distinct) {
            GatherFirst();
        } else {
            Values row;
            while (One(row)) {
                context_.Hold();
                Keep(std::move(row));
            }
        }
        if (context_.Failed()) return;
        rows_.clear();
        if (!row_.order.empty()) {
            std::ranges::sort(kept_, [&](const Kept& a, const Kept& b) { return Before(a, b); });
        }
        for (Kept& one : kept_) rows_.push_back(std::move(one.row));
        kept_.clear();
    }

    struct Kept {
        Values keys;
        Values row;
        uint64_t number = 0;  ///< in which it came: the earlier of equals is before
    };
    [[nodiscard]] bool Before(const Kept& a, const Kept& b) const {
        for (size_t i = 0; i < row_.order.size(); ++i) {
            const auto order = OrderCypher(a.keys[i], b.keys[i]);
            if (order != 0) return row_.order[i].descending ? order > 0 : order < 0;
        }
        return a.number < b.number;
    }
    [[nodiscard]] Values KeysOf(const Values& row) {
        Values keys;
        for (const auto& sort : row_.order) {
            keys.push_back(Evaluate(context_, *sort.expression, row));
        }
        return keys;
    }
    void Keep(Values row) {
        Values keys = KeysOf(row);
        kept_.push_back({std::move(keys), std::move(row), number_++});
    }
    /// Of rows that are ordered and cut, no more than are wanted are held: a heap whose top is the
    /// last of them. Of a row that is behind that one, no more is worked out than shows that.
    void GatherFirst() {
        const bool cut = limit_ < kMostKept - std::min(skip_, kMostKept);
        const size_t most = cut ? static_cast<size_t>(skip_ + limit_) : SIZE_MAX;
        const auto before = [&](const Kept& a, const Kept& b) { return Before(a, b); };
        const std::vector<Items> items = ItemsByKey();
        Traverser traverser;
        while (Pull(traverser)) {
            Kept one{{}, RowOf(traverser), number_++};
            const bool full = cut && kept_.size() == most;
            if (full && most == 0) continue;
            if (!FindKeys(items, full ? &kept_.front().keys : nullptr, one)) continue;
            Work(items.back(), one.row);
            if (full) {
                std::ranges::pop_heap(kept_, before);
                kept_.pop_back();
            } else {
                context_.Hold();
            }
            kept_.push_back(std::move(one));
            if (cut) std::ranges::push_heap(kept_, before);
        }
    }
    using Items = std::vector<const plan::RowItem*>;
    /// Those that each key reads and none before it does; then all others.
    [[nodiscard]] std::vector<Items> ItemsByKey() const {
        std::vector<Items> items(row_.order.size() + 1);
        for (const plan::RowItem& item : row_.items) {
            const auto reader = std::ranges::find_if(row_.order, [&](const plan::SortItem& sort) {
                return Reads(*sort.expression, item.slot);
            });
            items[static_cast<size_t>(reader - row_.order.begin())].push_back(&item);
        }
        return items;
    }
    /// False where the row is not before one of those keys, which stand for a row that came
    /// earlier.
    bool FindKeys(const std::vector<Items>& items, const Values* last, Kept& one) {
        for (size_t i = 0; i < row_.order.size(); ++i) {
            Work(items[i], one.row);
            one.keys.push_back(Evaluate(context_, *row_.order[i].expression, one.row));
            if (last == nullptr) continue;
            const auto order = OrderCypher(one.keys[i], (*last)[i]);
            if (order == 0) continue;
            if (row_.order[i].descending ? order < 0 : order > 0) return false;
            last = nullptr;
        }
        return last == nullptr;
    }
    void Work(const Items& items, Values& row) {
        for (const plan::RowItem* item : items) {
            row[item->slot] = Evaluate(context_, *item->expression, row);
        }
    }
    /// Whether the expression reads the slot, or may.
    static bool Reads(const plan::Expression& expression, size_t slot) {
        if (expression.sub ||
            (expression.kind == plan::Expression::Kind::kSlot && expression.slot == slot)) {
            return true;
        }
        return std::ranges::any_of(expression.children,
                                   [&](const auto& child) { return child && Reads(*child, slot); });
    }

    size_t GroupOf(const Values& row) {
        Values keys;
        for (const plan::RowItem& item : row_.items) {
            if (!item.aggregates) keys.push_back(Evaluate(context_, *item.expression, row));
        }
        const auto [place, added] = groups_.try_emplace(KeyOfAll(keys), rows_.size());
        if (added) {
            context_.Hold();
            Values& kept = rows_.emplace_back(row);
            size_t i = 0;
            for (const plan::RowItem& item : row_.items) {
                if (!item.aggregates) kept[item.slot] = std::move(keys[i++]);
            }
            gathered_.emplace_back(row_.aggregates.size());
        }
        return place->second;
    }
    /// Of as many values each time.
    [[nodiscard]] static Value KeyOfAll(const Values& values) {
        return values.size() == 1 ? KeyOf(values[0]) : KeyOf(MakeList(values));
    }

    void Group() {
        Traverser traverser;
        while (Pull(traverser)) {
            const int64_t times = traverser.bulk;
            const Values row = RowOf(traverser);
            const size_t group = GroupOf(row);
            for (size_t i = 0; i < row_.aggregates.size(); ++i) {
                const auto& call = row_.aggregates[i];
                gathered_[group][i].Add(
                    context_, call,
                    call.argument ? Evaluate(context_, *call.argument, row) : Value(true),
                    call.share ? Evaluate(context_, *call.share, row) : Value(), times);
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
    std::vector<Kept> kept_;
    uint64_t number_ = 0;
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
