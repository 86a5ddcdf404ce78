#include "graph/exec/row_groups.h"

#include <algorithm>
#include <utility>

#include "graph/exec/column_tests.h"
#include "graph/exec/cypher_values.h"
#include "graph/exec/evaluate.h"
#include "graph/exec/plain_blocks.h"
#include "graph/number.h"

namespace gyre::graph::exec {
namespace {

/// Vertices of which it is kept what group they are of, where others may be of the same.
constexpr size_t kMostRemembered = 1 << 16;
constexpr size_t kNone = SIZE_MAX;

/// count() without DISTINCT needs no more than a number.
bool IsPlainCount(const plan::AggregateCall& call) {
    return call.name == "count" && !call.distinct;
}

}  // namespace

Value KeyOfAll(const Values& values) {
    return values.size() == 1 ? KeyOf(values[0]) : KeyOf(MakeList(values));
}

RowGroups::RowGroups(const plan::RowStep& row_step, size_t width, Context& context)
    : row_(row_step),
      width_(width),
      context_(context),
      only_counts_(std::ranges::all_of(row_.aggregates, IsPlainCount)) {
    rows_kept_ = std::ranges::any_of(row_.items, [&](const plan::RowItem& item) {
        return item.aggregates && ReadsRow(*item.expression);
    });
    // What a writer may change is asked anew each time.
    if (!context_.graph.Writes()) by_vertex_ = KeysOfOneVertex(row_);
}

void RowGroups::Add(const Values& row, int64_t times) {
    const size_t calls = row_.aggregates.size();
    const size_t first = GroupOf(row) * calls;
    for (size_t i = 0; i < calls; ++i) {
        const auto& call = row_.aggregates[i];
        if (IsPlainCount(call)) {
            if (!call.argument || IsThere(*call.argument, row)) counts_[first + i] += times;
            continue;
        }
        gathered_[first + i].Add(
            context_, call, call.argument ? Evaluate(context_, *call.argument, row) : Value(true),
            call.share ? Evaluate(context_, *call.share, row) : Value(), times);
    }
}

void RowGroups::End() {
    const bool keyed =
        std::ranges::any_of(row_.items, [](const plan::RowItem& item) { return !item.aggregates; });
    if (count_ == 0 && !keyed) static_cast<void>(AddGroup(Values(width_)));
}

size_t RowGroups::GroupOf(const Values& row) {
    const auto* vertex = by_vertex_ ? row[by_vertex_->slot].If<VertexRef>() : nullptr;
    if (vertex == nullptr || count_ >= VertexTable::kNone) return GroupByKeys(row);
    if (KeepsVertex()) return GroupOfVertex(vertex->id, row);
    const uint32_t known = by_vertices_.Find(vertex->id);
    if (known != VertexTable::kNone) return known;
    if (by_vertices_.Size() == kMostRemembered) by_vertices_.Clear();
    const size_t group = GroupByKeys(row);
    by_vertices_.At(vertex->id) = static_cast<uint32_t>(group);
    return group;
}

/// Where no two vertices are of one group.
size_t RowGroups::GroupOfVertex(uint64_t vertex, const Values& row) {
    if (last_ && vertex == last_->vertex) return last_->group;
    if (last_ && vertex > last_->vertex) {
        last_ = Last{vertex, AddGroup(row)};
        return last_->group;
    }
    if (last_) {
        for (size_t group = 0; group < count_; ++group) {
            const auto* of_group = group_keys_[group].If<VertexRef>();
            if (of_group != nullptr) by_vertices_.At(of_group->id) = static_cast<uint32_t>(group);
        }
        last_.reset();
    }
    uint32_t& group = by_vertices_.At(vertex);
    if (group == VertexTable::kNone) group = static_cast<uint32_t>(AddGroup(row));
    return group;
}

size_t RowGroups::GroupByKeys(const Values& row) {
    FindKeys(row);
    const auto [place, added] = by_keys_.try_emplace(KeyOfAll(keys_), count_);
    return added ? AddGroup(row) : place->second;
}

void RowGroups::FindKeys(const Values& row) {
    keys_.clear();
    for (const plan::RowItem& item : row_.items) {
        if (!item.aggregates) keys_.push_back(Evaluate(context_, *item.expression, row));
    }
}

/// Of the keys that were found, where they are kept.
size_t RowGroups::AddGroup(const Values& row) {
    context_.Hold();
    if (rows_kept_) rows_.push_back(row);
    if (KeepsVertex()) {
        group_keys_.push_back(row[by_vertex_->slot]);
    } else {
        for (Value& key : keys_) group_keys_.push_back(std::move(key));
    }
    counts_.resize(counts_.size() + row_.aggregates.size());
    if (!only_counts_) gathered_.resize(gathered_.size() + row_.aggregates.size());
    return count_++;
}

bool RowGroups::Next(Values& row) {
    if (next_ == count_ || !context_.GoOn()) return false;
    const size_t group = next_++;
    if (rows_kept_)
        row = std::move(rows_[group]);
    else
        row.assign(width_, Value());
    const size_t keys = group_keys_.size() / count_;
    size_t key = group * keys;
    if (KeepsVertex()) {
        row[by_vertex_->slot] = std::move(group_keys_[key]);
    } else {
        for (const plan::RowItem& item : row_.items) {
            if (!item.aggregates) row[item.slot] = std::move(group_keys_[key++]);
        }
    }
    const size_t calls = row_.aggregates.size();
    for (size_t i = 0; i < calls; ++i) {
        const auto& call = row_.aggregates[i];
        row[call.slot] = IsPlainCount(call) ? Value(counts_[group * calls + i])
                                            : gathered_[group * calls + i].Result(context_, call);
        context_.Look(row[call.slot]);
    }
    return true;
}

/// Whether what is worked out of aggregations reads other slots than theirs.
bool RowGroups::ReadsRow(const plan::Expression& expression) const {
    if (expression.sub || expression.kind == plan::Expression::Kind::kEach ||
        expression.kind == plan::Expression::Kind::kQuantifier ||
        expression.kind == plan::Expression::Kind::kReduce) {
        return true;
    }
    if (expression.kind == plan::Expression::Kind::kSlot) {
        return std::ranges::find(row_.aggregates, expression.slot, &plan::AggregateCall::slot) ==
               row_.aggregates.end();
    }
    return std::ranges::any_of(expression.children,
                               [&](const auto& child) { return child && ReadsRow(*child); });
}

bool RowGroups::IsThere(const plan::Expression& argument, const Values& row) {
    if (argument.kind == plan::Expression::Kind::kSlot) return !row[argument.slot].IsNull();
    return !Evaluate(context_, argument, row).IsNull();
}

void RowGroups::AddScan(const GroupColumns& by, RowStage::RowScan& from) {
    while (from.scan->NextLabel()) {
        if (by.keys == 0 && !rows_kept_) AddPlain(by, from);
        AddLabel(by, from);
    }
}

/// Of the group of all, what plain blocks come to.
void RowGroups::AddPlain(const GroupColumns& by, RowStage::RowScan& from) {
    std::vector<const ValueColumn*> columns;  // each once
    std::vector<size_t> column_of(by.read.size(), kNone);
    for (size_t i = 0; i < by.read.size(); ++i) {
        const auto& call = row_.aggregates[i];
        if (CountsAll(call)) continue;
        const ValueColumn* const column = from.scan->Find(by.read[i]);
        if (column == nullptr || call.distinct) return;
        column_of[i] = static_cast<size_t>(std::ranges::find(columns, column) - columns.begin());
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
    const auto add = [&](const ElementBatch& batch, Totals& part) {
        part.vertices += static_cast<int64_t>(batch.places.size());
        for (size_t i = 0; i < columns.size(); ++i) {
            AddWords(columns[i], batch, part.of_columns[i], [](size_t) {});
        }
    };
    AddPlainBlocks(context_, *from.scan, columns, totals, add);
    if (totals.vertices == 0) return;
    if (count_ == 0) static_cast<void>(GroupOf(from.row));
    for (size_t i = 0; i < row_.aggregates.size(); ++i) {
        if (column_of[i] == kNone)
            counts_[i] += totals.vertices;
        else
            AddTotals(i, columns[column_of[i]], totals.of_columns[column_of[i]]);
    }
}

/// Of DISTINCT: what words of a column a group had already.
struct RowGroups::SeenWords {
    WordGroups words;
    std::vector<uint32_t> numbers;
    VertexTable by_group;
};

/// Of one label, by aggregation.
struct RowGroups::OfLabel {
    std::vector<const ValueColumn*> columns;
    std::vector<WordTotals> totals;  ///< of each group
    std::vector<std::optional<SeenWords>> seen;
    std::vector<size_t> groups;  ///< of the batch's elements
};

void RowGroups::AddLabel(const GroupColumns& by, RowStage::RowScan& from) {
    const size_t calls = row_.aggregates.size();
    std::vector<const ValueColumn*> keys;
    OfLabel label;
    for (size_t i = 0; i < by.read.size(); ++i) {
        (i < by.keys ? keys : label.columns).push_back(from.scan->Find(by.read[i]));
    }
    for (size_t i = 0; i < calls; ++i) {
        label.seen.emplace_back();
        if (row_.aggregates[i].distinct) {
            label.seen[i] = SeenWords{WordGroups({label.columns[i]}), {}, {}};
        }
    }
    WordGroups words(keys);
    std::vector<size_t> group_of;   // of a number of words
    std::vector<uint32_t> numbers;  // of the batch's elements
    ElementBatch batch;
    const auto row_of = [&](size_t i) -> const Values& {
        return from.Row(context_.graph, batch, i);
    };
    while (context_.GoOnLong() && from.scan->Next(batch)) {
        const bool known = words.Number(batch, numbers);
        std::vector<size_t>& groups = label.groups;
        groups.resize(numbers.size());
        for (size_t i = 0; i < numbers.size(); ++i) {
            const uint32_t number = numbers[i];
            if (!known && number == WordGroups::kByRow) {
                groups[i] = GroupOf(row_of(i));
                continue;
            }
            if (!known && number >= group_of.size()) group_of.resize(number + 1, kNone);
            size_t& group = group_of[number];
            if (!known && group == kNone) group = GroupOf(row_of(i));
            groups[i] = group;
        }
        label.totals.resize(count_ * calls);
        for (size_t i = 0; i < calls; ++i) AddBatch(i, label, batch, row_of);
    }
    for (size_t at = 0; at < label.totals.size(); ++at) {
        AddTotals(at, label.columns[at % calls], label.totals[at]);
    }
}

template <typename RowAt>
void RowGroups::AddBatch(size_t call_number, OfLabel& label, const ElementBatch& batch,
                         const RowAt& row_of) {
    const std::vector<size_t>& groups = label.groups;
    const ValueColumn* const column = label.columns[call_number];
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
    if (call.distinct) return EachOnce(*label.seen[call_number], groups, batch, add_row);
    if (count_ == 1) return AddWords(column, batch, label.totals[call_number], add_row);
    const bool floating = column != nullptr && WordTotals::IsFloating(*column);
    const auto add_word = [&](size_t i, uint64_t word) {
        label.totals[groups[i] * calls + call_number].Add(word, floating);
    };
    ForWords(column, batch, add_word, add_row);
}

/// Those of a batch whose value their group may not have had yet.
template <typename AddRow>
void RowGroups::EachOnce(SeenWords& seen, const std::vector<size_t>& groups,
                         const ElementBatch& batch, const AddRow& add_row) {
    const bool known = seen.words.Number(batch, seen.numbers);
    if (known && count_ == 1) return;
    for (size_t i = 0; i < groups.size(); ++i) {
        const uint32_t number = seen.numbers[i];
        if (number == WordGroups::kByRow) {
            add_row(i);
            continue;
        }
        uint32_t& before = seen.by_group.At(uint64_t{groups[i]} << 32 | number);
        if (std::exchange(before, 0) == VertexTable::kNone) add_row(i);
    }
}

void RowGroups::AddTotals(size_t at, const ValueColumn* column, const WordTotals& totals) {
    if (totals.Count() == 0) return;
    const auto& call = row_.aggregates[at % row_.aggregates.size()];
    if (IsPlainCount(call)) {
        counts_[at] += totals.Count();
        return;
    }
    const bool sums = (call.name == "sum" || call.name == "avg") && WordTotals::IsNumber(*column);
    Value value;
    if (sums) {
        value = totals.Sum(*column);
    } else if (!(call.name == "max" ? totals.Most(*column, value) : totals.Least(*column, value))) {
        return;
    }
    gathered_[at].AddMany(context_, call, Wide(value), totals.Count());
}

}  // namespace gyre::graph::exec
