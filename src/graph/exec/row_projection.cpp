#include <algorithm>
#include <optional>
#include <unordered_set>
#include <utility>

#include "graph/exec/column_tests.h"
#include "graph/exec/cypher_values.h"
#include "graph/exec/detail/vertex_table.h"
#include "graph/exec/evaluate.h"
#include "graph/exec/group_columns.h"
#include "graph/exec/row_groups.h"
#include "graph/exec/rows.h"

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
            if (!Passes(row)) continue;
            traverser = ToTraverser(std::move(row));
            return !context_.Failed();
        }
        return false;
    }

    void Each(const TakeRow& take) override {
        Values row;
        if (Gathers() || row_.skip || row_.limit) {
            while (NextRow(row)) {
                if (Passes(row) && !take(row, 1)) return;
            }
            return;
        }
        Values items;
        EachBefore([&](Values& before, int64_t) {
            items.clear();
            for (const plan::RowItem& item : row_.items) {
                items.push_back(Evaluate(context_, *item.expression, before));
            }
            if (!IsNew(items)) return !context_.Failed();
            for (size_t i = 0; i < items.size(); ++i) before[row_.items[i].slot] = items[i];
            return !context_.Failed() && (!Passes(before) || take(before, 1)) && !context_.Failed();
        });
    }
    [[nodiscard]] bool Gives() const override {
        return Gathers() || row_.skip || row_.limit || BeforeGives();
    }

  private:
    using Items = std::vector<const plan::RowItem*>;
    [[nodiscard]] bool Passes(const Values& row) {
        return !row_.where || IsTrue(Evaluate(context_, *row_.where, row));
    }
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
            if (!row_.aggregates.empty() && row_.order.empty()) {
                if (!NextGroup(row)) return false;
            } else if (Gathers()) {
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
            if (!row_.distinct || IsNew(ValuesOf(row))) return true;
        }
        return false;
    }
    bool IsNew(const Values& items) {
        if (!row_.distinct) return true;
        if (const auto* vertex = items.size() == 1 ? items[0].If<VertexRef>() : nullptr) {
            uint32_t& seen = seen_vertices_.At(vertex->id);
            if (seen != VertexTable::kNone) return false;
            seen = 0;
            context_.Hold();
            return true;
        }
        context_.Hold();
        return seen_.insert(KeyOfAll(items)).second;
    }
    [[nodiscard]] Values ValuesOf(const Values& row) const {
        Values items;
        for (const plan::RowItem& item : row_.items) items.push_back(row[item.slot]);
        return items;
    }

    void GatherAll() {
        if (!row_.aggregates.empty()) {
            Group();
            if (row_.order.empty()) return;  // each when it is asked for
            GatherGroups();
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
    /// How many ordered rows can matter; SIZE_MAX: all.
    [[nodiscard]] size_t MostKept() const {
        const bool cut = limit_ < kMostKept - std::min(skip_, kMostKept);
        return cut ? static_cast<size_t>(skip_ + limit_) : SIZE_MAX;
    }
    /// Of rows that are ordered and cut, no more than matter are held: a heap whose top is the last
    /// of them.
    void Push(Kept one, size_t most) {
        const auto before = [&](const Kept& a, const Kept& b) { return Before(a, b); };
        if (kept_.size() == most) {
            std::ranges::pop_heap(kept_, before);
            kept_.pop_back();
        } else {
            context_.Hold();
        }
        kept_.push_back(std::move(one));
        if (most != SIZE_MAX) std::ranges::push_heap(kept_, before);
    }
    /// Keeps a row that is among the first: of one that is not, no more is worked out than shows
    /// that. `given`: it may be moved from.
    void KeepFirst(Values& row, const std::vector<Items>& items, size_t most, bool given) {
        const bool full = kept_.size() == most;
        const uint64_t number = number_++;
        if (full && most == 0) return;
        looked_at_.keys.clear();
        looked_at_.number = number;
        if (given)
            looked_at_.row.swap(row);
        else
            looked_at_.row = row;
        if (!FindKeys(items, full ? &kept_.front().keys : nullptr, looked_at_)) return;
        Work(items.back(), looked_at_.row);
        Push(std::move(looked_at_), most);
    }
    void GatherFirst() {
        const size_t most = MostKept();
        Items all;
        for (const plan::RowItem& item : row_.items) all.push_back(&item);
        const std::vector<Items> items = ItemsByKey(all);
        const plan::Expression* const first = FirstKey();
        bool given = BeforeGives();
        const auto take = [&](Values& row, int64_t) {
            const bool full = kept_.size() == most && most > 0;
            if (full && first != nullptr && IsBehind(*first, row))
                ++number_;
            else
                KeepFirst(row, items, most, given);
            return !context_.Failed();
        };
        size_t slot = 0;
        const std::string* const key = most != SIZE_MAX && most > 0 && first != nullptr
                                           ? PropertyOfSlot(*first, slot)
                                           : nullptr;
        const auto name = key != nullptr ? context_.graph.FindName(*key) : std::nullopt;
        if (auto scanned = name ? OpenBefore(slot) : std::nullopt) {
            given = false;
            while (scanned->scan->NextLabel()) FirstOfColumn(*scanned, *name, most, take);
            return;
        }
        EachBefore(take);
    }
    /// Elements whose first key is a property with a column: of one that its word shows to be
    /// behind all that are kept, nothing more is looked at.
    template <typename Take>
    void FirstOfColumn(RowScan& from, NameId key, size_t most, const Take& take) {
        const ValueColumn* const column = from.scan->Find(key);
        const bool down = row_.order[0].descending;
        std::optional<uint64_t> last;  // the word of the last that is kept
        ElementBatch batch;
        while (context_.GoOnLong() && from.scan->Next(batch)) {
            size_t seen = 0;  // of the batch
            const auto look = [&](size_t i) {
                take(from.Row(context_.graph, batch, i), 1);
                last.reset();
                if (column != nullptr && kept_.size() == most) {
                    last = column->WordOf(kept_.front().keys[0]);
                }
            };
            // What has no value is null, and stands behind or before all others.
            const auto look_up_to = [&](size_t i) {
                for (; seen < i; ++seen) look(seen);
            };
            const auto look_word = [&](size_t i, uint64_t word) {
                look_up_to(i);
                ++seen;
                if (last && (down ? word < *last : word > *last))
                    ++number_;
                else
                    look(i);
            };
            const auto look_row = [&](size_t i) {
                look_up_to(i);
                ++seen;
                look(i);
            };
            ForWords(column, batch, look_word, look_row);
            look_up_to(batch.places.size());
        }
    }
    /// What the first key is of a row as it comes, before its items are worked out; null where that
    /// cannot be told.
    [[nodiscard]] const plan::Expression* FirstKey() const {
        const plan::Expression& key = *row_.order[0].expression;
        const auto read = std::ranges::find_if(
            row_.items, [&](const plan::RowItem& item) { return plan::ReadsSlot(key, item.slot); });
        if (read == row_.items.end()) return &key;
        return key.kind == plan::Expression::Kind::kSlot ? read->expression.get() : nullptr;
    }
    /// Whether the first key alone shows that the row is behind all that are kept.
    [[nodiscard]] bool IsBehind(const plan::Expression& first, const Values& row) {
        const auto order = OrderCypher(Evaluate(context_, first, row), kept_.front().keys[0]);
        return row_.order[0].descending ? order < 0 : order > 0;
    }
    /// Those that each key reads and none before it does; then all others.
    [[nodiscard]] std::vector<Items> ItemsByKey(const Items& all) const {
        std::vector<Items> items(row_.order.size() + 1);
        for (const plan::RowItem* item : all) {
            const auto reader = std::ranges::find_if(row_.order, [&](const plan::SortItem& sort) {
                return plan::ReadsSlot(*sort.expression, item->slot);
            });
            items[static_cast<size_t>(reader - row_.order.begin())].push_back(item);
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
    void Group() {
        groups_.emplace(row_, width_, context_);
        for (const plan::RowItem& item : row_.items) {
            if (groups_->IsLate(item)) late_.push_back(&item);
        }
        const auto by = ColumnsOfGroups(row_, context_.graph);
        auto from = by ? OpenBefore(by->slot) : std::nullopt;
        if (from) {
            groups_->AddScan(*by, *from);
        } else {
            EachBefore([&](Values& row, int64_t times) {
                groups_->Add(row, times);
                return !context_.Failed();
            });
        }
        groups_->End();
    }
    /// The next group as a row.
    bool NextGroup(Values& row) {
        while (groups_->Next(row)) {
            Work(late_, row);
            if (context_.Failed()) return false;
            if (!row_.distinct || IsNew(ValuesOf(row))) return true;
        }
        return false;
    }
    void GatherGroups() {
        Values row;
        if (row_.distinct) {
            while (NextGroup(row)) Keep(std::move(row));
            return;
        }
        const std::vector<Items> items = ItemsByKey(late_);
        while (groups_->Next(row) && !context_.Failed()) KeepFirst(row, items, MostKept(), true);
    }

    bool begun_ = false;
    int64_t skip_ = 0, limit_ = 0;
    std::vector<Values> rows_;
    std::vector<Kept> kept_;
    Kept looked_at_;  ///< keeps its memory from one row to the next
    uint64_t number_ = 0;
    size_t at_ = 0;
    std::optional<RowGroups> groups_;
    Items late_;  ///< what is worked out of a group's row
    std::unordered_set<Value, ValueHash, ValueSame> seen_;
    VertexTable seen_vertices_;  ///< of rows with one item, the vertices among them
};

}  // namespace

StagePtr MakeProjection(const plan::RowStep& step, size_t width, Context& context) {
    return std::make_unique<RowProjection>(step, width, context);
}

}  // namespace gyre::graph::exec
