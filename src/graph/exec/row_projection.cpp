#include <algorithm>
#include <deque>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "graph/exec/column_tests.h"
#include "graph/exec/cypher_values.h"
#include "graph/exec/detail/vertex_table.h"
#include "graph/exec/evaluate.h"
#include "graph/exec/gather.h"
#include "graph/exec/group_columns.h"
#include "graph/exec/plain_blocks.h"
#include "graph/exec/rows.h"
#include "graph/exec/word_totals.h"
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
            Values row;
            while (NextGroup(row)) Keep(std::move(row));
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
        const plan::Expression* const first = FirstKey();
        bool given = BeforeGives();
        const auto take = [&](Values& row, int64_t) {
            const uint64_t number = number_++;
            const bool full = cut && kept_.size() == most;
            if (full && most == 0) return !context_.Failed();
            if (full && first != nullptr && IsBehind(*first, row)) return !context_.Failed();
            Kept one{{}, given ? std::move(row) : row, number};
            if (!FindKeys(items, full ? &kept_.front().keys : nullptr, one)) {
                return !context_.Failed();
            }
            Work(items.back(), one.row);
            if (full) {
                std::ranges::pop_heap(kept_, before);
                kept_.pop_back();
            } else {
                context_.Hold();
            }
            kept_.push_back(std::move(one));
            if (cut) std::ranges::push_heap(kept_, before);
            return !context_.Failed();
        };
        size_t slot = 0;
        const std::string* const key =
            cut && most > 0 && first != nullptr ? PropertyOfSlot(*first, slot) : nullptr;
        const auto name = key != nullptr ? context_.graph.FindName(*key) : std::nullopt;
        if (auto scanned = name ? OpenBefore(slot) : std::nullopt) {
            given = false;
            while (scanned->scan->NextLabel()) FirstOfColumn(*scanned, slot, *name, most, take);
            return;
        }
        EachBefore(take);
    }
    /// Vertices whose first key is a property with a column: of one that its word shows to be
    /// behind all that are kept, nothing more is looked at.
    template <typename Take>
    void FirstOfColumn(RowScan& from, size_t slot, NameId key, size_t most, const Take& take) {
        const ValueColumn* const column = from.scan->Find(key);
        const bool down = row_.order[0].descending;
        std::optional<uint64_t> last;  // the word of the last that is kept
        VertexBatch batch;
        while (context_.GoOn() && from.scan->Next(batch)) {
            size_t seen = 0;  // of the batch
            const auto look = [&](size_t i) {
                context_.graph.BringToHand(*from.scan, batch, i);
                from.row[slot] = Value(VertexRef{batch.vertices[i]});
                take(from.row, 1);
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
            look_up_to(batch.vertices.size());
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
    using Items = std::vector<const plan::RowItem*>;
    /// Those that each key reads and none before it does; then all others.
    [[nodiscard]] std::vector<Items> ItemsByKey() const {
        std::vector<Items> items(row_.order.size() + 1);
        for (const plan::RowItem& item : row_.items) {
            const auto reader = std::ranges::find_if(row_.order, [&](const plan::SortItem& sort) {
                return plan::ReadsSlot(*sort.expression, item.slot);
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
    size_t GroupOf(const Values& row) {
        keys_.clear();
        for (const plan::RowItem& item : row_.items) {
            if (!item.aggregates) keys_.push_back(Evaluate(context_, *item.expression, row));
        }
        const size_t next = rows_of_groups_ ? rows_.size() : group_count_;
        const auto* vertex = keys_.size() == 1 ? keys_[0].If<VertexRef>() : nullptr;
        if (vertex != nullptr && next < VertexTable::kNone) {
            uint32_t& group = groups_by_vertex_.At(vertex->id);
            if (group != VertexTable::kNone) return group;
            group = static_cast<uint32_t>(next);
        } else {
            const auto [place, added] = groups_.try_emplace(KeyOfAll(keys_), next);
            if (!added) return place->second;
        }
        context_.Hold();
        ++group_count_;
        if (rows_of_groups_) rows_.push_back(row);
        for (Value& key : keys_) group_keys_.push_back(std::move(key));
        counts_.resize(counts_.size() + row_.aggregates.size());
        if (!only_counts_) gathered_.resize(gathered_.size() + row_.aggregates.size());
        return next;
    }
    /// Of as many values each time.
    [[nodiscard]] static Value KeyOfAll(const Values& values) {
        return values.size() == 1 ? KeyOf(values[0]) : KeyOf(MakeList(values));
    }
    /// count() without DISTINCT needs no more than a number.
    [[nodiscard]] static bool IsPlainCount(const plan::AggregateCall& call) {
        return call.name == "count" && !call.distinct;
    }
    /// Whether what is worked out of aggregations reads other slots than theirs.
    [[nodiscard]] bool ReadsRow(const plan::Expression& expression) const {
        if (expression.sub || expression.kind == plan::Expression::Kind::kEach ||
            expression.kind == plan::Expression::Kind::kQuantifier ||
            expression.kind == plan::Expression::Kind::kReduce) {
            return true;
        }
        if (expression.kind == plan::Expression::Kind::kSlot) {
            return std::ranges::find(row_.aggregates, expression.slot,
                                     &plan::AggregateCall::slot) == row_.aggregates.end();
        }
        return std::ranges::any_of(expression.children,
                                   [&](const auto& child) { return child && ReadsRow(*child); });
    }
    [[nodiscard]] bool IsThere(const plan::Expression& argument, const Values& row) {
        if (argument.kind == plan::Expression::Kind::kSlot) return !row[argument.slot].IsNull();
        return !Evaluate(context_, argument, row).IsNull();
    }

    void Group() {
        const size_t calls = row_.aggregates.size();
        only_counts_ = std::ranges::all_of(row_.aggregates, IsPlainCount);
        rows_of_groups_ = std::ranges::any_of(row_.items, [&](const plan::RowItem& item) {
            return item.aggregates && ReadsRow(*item.expression);
        });
        if (GroupByColumn()) return AddGroupOfNone();
        EachBefore([&](Values& row, int64_t times) {
            const size_t first = GroupOf(row) * calls;
            for (size_t i = 0; i < calls; ++i) {
                const auto& call = row_.aggregates[i];
                if (IsPlainCount(call)) {
                    if (!call.argument || IsThere(*call.argument, row)) counts_[first + i] += times;
                    continue;
                }
                gathered_[first + i].Add(
                    context_, call,
                    call.argument ? Evaluate(context_, *call.argument, row) : Value(true),
                    call.share ? Evaluate(context_, *call.share, row) : Value(), times);
            }
            return !context_.Failed();
        });
        AddGroupOfNone();
    }
    /// count(*) of nothing is 0.
    void AddGroupOfNone() {
        const bool keyed = std::ranges::any_of(
            row_.items, [](const plan::RowItem& item) { return !item.aggregates; });
        if (group_count_ == 0 && !keyed) GroupOf(Values(width_));
    }

    /// Groups by words of columns; false where rows have to be looked at, of which none was yet.
    bool GroupByColumn() {
        const auto by = ColumnsOfGroups(row_, context_.graph);
        auto from = by ? OpenBefore(by->slot) : std::nullopt;
        if (!from) return false;
        while (from->scan->NextLabel()) {
            if (by->keys == 0 && !rows_of_groups_) AddPlain(*by, *from);
            GroupLabel(*by, *from);
        }
        return true;
    }
    /// Of the group of all, what plain blocks come to.
    void AddPlain(const GroupColumns& by, RowScan& from) {
        std::vector<const ValueColumn*> columns;  // each once
        std::vector<size_t> column_of(by.read.size(), kNoColumn);
        for (size_t i = 0; i < by.read.size(); ++i) {
            if (CountsAll(row_.aggregates[i])) continue;
            const ValueColumn* const column = from.scan->Find(by.read[i]);
            if (column == nullptr) return;
            column_of[i] =
                static_cast<size_t>(std::ranges::find(columns, column) - columns.begin());
            if (column_of[i] == columns.size()) columns.push_back(column);
        }
        struct Totals {
            int64_t vertices = 0;
            std::vector<WordTotals> of_columns;
            void Join(const Totals& other) {
                vertices += other.vertices;
                for (size_t i = 0; i < of_columns.size(); ++i) {
                    of_columns[i].Join(other.of_columns[i]);
                }
            }
        } totals{0, std::vector<WordTotals>(columns.size())};
        const auto add = [&](const VertexBatch& batch, Totals& part) {
            part.vertices += static_cast<int64_t>(batch.places.size());
            for (size_t i = 0; i < columns.size(); ++i) {
                AddWords(columns[i], batch, part.of_columns[i], [](size_t) {});
            }
        };
        AddPlainBlocks(context_, *from.scan, columns, totals, add);
        if (totals.vertices == 0) return;
        if (group_count_ == 0) GroupOf(from.row);
        for (size_t i = 0; i < row_.aggregates.size(); ++i) {
            if (column_of[i] == kNoColumn)
                counts_[i] += totals.vertices;
            else
                AddTotals(i, columns[column_of[i]], totals.of_columns[column_of[i]]);
        }
    }
    void GroupLabel(const GroupColumns& by, RowScan& from) {
        const size_t calls = row_.aggregates.size();
        std::vector<const ValueColumn*> columns;
        for (const NameId name : by.read) columns.push_back(from.scan->Find(name));
        WordGroups words(
            std::vector(columns.begin(), columns.end() - static_cast<ptrdiff_t>(calls)));
        constexpr size_t kNoGroup = SIZE_MAX;
        std::vector<size_t> group_of;   // of a number of words
        std::vector<uint32_t> numbers;  // of the batch's vertices
        std::vector<size_t> groups;     // of the batch's vertices
        std::vector<WordTotals> totals;
        VertexBatch batch;
        const auto row_of = [&](size_t i) -> const Values& {
            context_.graph.BringToHand(*from.scan, batch, i);
            from.row[by.slot] = Value(VertexRef{batch.vertices[i]});
            return from.row;
        };
        while (context_.GoOn() && from.scan->Next(batch)) {
            const bool known = words.Number(batch, numbers);
            groups.resize(numbers.size());
            for (size_t i = 0; i < numbers.size(); ++i) {
                const uint32_t number = numbers[i];
                if (!known && number == WordGroups::kByRow) {
                    groups[i] = GroupOf(row_of(i));
                    continue;
                }
                if (!known && number >= group_of.size()) group_of.resize(number + 1, kNoGroup);
                size_t& group = group_of[number];
                if (!known && group == kNoGroup) group = GroupOf(row_of(i));
                groups[i] = group;
            }
            totals.resize(group_count_ * calls);
            for (size_t i = 0; i < calls; ++i) {
                AddBatch(i, columns[by.keys + i], batch, groups, totals, row_of);
            }
        }
        for (size_t at = 0; at < totals.size(); ++at) {
            AddTotals(at, columns[by.keys + at % calls], totals[at]);
        }
    }
    template <typename RowAt>
    void AddBatch(size_t call_number, const ValueColumn* column, const VertexBatch& batch,
                  const std::vector<size_t>& groups, std::vector<WordTotals>& totals,
                  const RowAt& row_of) {
        const size_t calls = row_.aggregates.size();
        const auto& call = row_.aggregates[call_number];
        if (CountsAll(call)) {
            for (const size_t group : groups) ++counts_[group * calls + call_number];
            return;
        }
        const auto add_row = [&](size_t i) {
            const Value value = Evaluate(context_, *call.argument, row_of(i));
            const size_t at = groups[i] * calls + call_number;
            if (!IsPlainCount(call))
                gathered_[at].Add(context_, call, value, Value());
            else if (!value.IsNull())
                ++counts_[at];
        };
        if (group_count_ == 1) return AddWords(column, batch, totals[call_number], add_row);
        const bool floating = column != nullptr && WordTotals::IsFloating(*column);
        const auto add_word = [&](size_t i, uint64_t word) {
            totals[groups[i] * calls + call_number].Add(word, floating);
        };
        ForWords(column, batch, add_word, add_row);
    }
    void AddTotals(size_t at, const ValueColumn* column, const WordTotals& totals) {
        if (totals.Count() == 0) return;
        const auto& call = row_.aggregates[at % row_.aggregates.size()];
        if (IsPlainCount(call)) {
            counts_[at] += totals.Count();
            return;
        }
        const bool sums =
            (call.name == "sum" || call.name == "avg") && WordTotals::IsNumber(*column);
        Value value;
        if (sums) {
            value = totals.Sum(*column);
        } else if (!(call.name == "max" ? totals.Most(*column, value)
                                        : totals.Least(*column, value))) {
            return;
        }
        gathered_[at].AddMany(context_, call, Wide(value), totals.Count());
    }
    /// The next group as a row.
    bool NextGroup(Values& row) {
        const size_t calls = row_.aggregates.size();
        while (next_group_ < group_count_ && context_.GoOn()) {
            const size_t group = next_group_++;
            if (rows_of_groups_)
                row = std::move(rows_[group]);
            else
                row.assign(width_, Value());
            const size_t keys = group_keys_.size() / group_count_;
            size_t key = group * keys;
            for (const plan::RowItem& item : row_.items) {
                if (!item.aggregates) row[item.slot] = std::move(group_keys_[key++]);
            }
            for (size_t i = 0; i < calls; ++i) {
                const auto& call = row_.aggregates[i];
                row[call.slot] = IsPlainCount(call)
                                     ? Value(counts_[group * calls + i])
                                     : gathered_[group * calls + i].Result(context_, call);
            }
            for (const plan::RowItem& item : row_.items) {
                if (item.aggregates) row[item.slot] = Evaluate(context_, *item.expression, row);
            }
            if (context_.Failed()) return false;
            if (!row_.distinct || IsNew(ValuesOf(row))) return true;
        }
        return false;
    }

    static constexpr size_t kNoColumn = SIZE_MAX;
    bool begun_ = false;
    int64_t skip_ = 0, limit_ = 0;
    std::vector<Values> rows_;
    Values keys_;  ///< of the row that is looked at
    std::vector<Kept> kept_;
    uint64_t number_ = 0;
    size_t at_ = 0;
    // Groups, and of each its keys and, in the order of the aggregations, what was gathered.
    std::unordered_map<Value, size_t, ValueHash, ValueSame> groups_;
    VertexTable groups_by_vertex_;  ///< of a key that is a vertex, alone
    size_t group_count_ = 0, next_group_ = 0;
    bool only_counts_ = false;
    bool rows_of_groups_ = false;  ///< rows_ has the first row of each
    Values group_keys_;
    std::vector<int64_t> counts_;
    std::deque<Gathered> gathered_;
    std::unordered_set<Value, ValueHash, ValueSame> seen_;
    VertexTable seen_vertices_;  ///< of rows with one item, the vertices among them
};

}  // namespace

StagePtr MakeProjection(const plan::RowStep& step, size_t width, Context& context) {
    return std::make_unique<RowProjection>(step, width, context);
}

}  // namespace gyre::graph::exec
