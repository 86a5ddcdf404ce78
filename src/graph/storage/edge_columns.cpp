#include "graph/storage/edge_columns.h"

#include <algorithm>
#include <numeric>

#include "graph/storage/beside.h"
#include "graph/storage/graph_store.h"

namespace gyre::graph {

EdgeColumns::EdgeColumns(Transaction& graph, const Resting& resting, EdgesAsked asked,
                         const std::vector<NameId>& all, std::unique_ptr<KvCursor> changes)
    : graph_(graph),
      resting_(resting),
      asked_(std::move(asked)),
      sides_(resting.sides),
      // What this snapshot has was marked before.
      any_marked_(resting.edges.NextMarked(0) != UINT64_MAX),
      labels_(asked_.labels.empty() ? all : asked_.labels),
      changed_(graph, *resting.segment, sides_, asked_.labels, std::move(changes)) {
    for (const ColumnTest& test : asked_.tests) {
        Column& column = ColumnOf(test.key);
        column.tested = true;
        tests_.push_back({test, &column, std::nullopt});
    }
}

bool EdgeColumns::NextLabel() {
    if (in_changed_ || over_ || open_) return false;
    open_ = true;
    while (!columns_.empty() && !columns_.back().tested) columns_.pop_back();
    others_ = false;
    in_changed_ = !HaveList();
    for (Column& column : columns_) SetType(column);
    for (Test& test : tests_) {
        test.words = test.test.words ? test.test.words(test.column->column) : std::nullopt;
    }
    return true;
}

const ValueColumn* EdgeColumns::Find(NameId key) {
    const ValueColumn& column = ColumnOf(key).column;
    return column.type != ColumnType::kNone ? &column : nullptr;
}

EdgeColumns::Column& EdgeColumns::ColumnOf(NameId key) {
    for (Column& column : columns_) {
        if (column.column.key == key) return column;
    }
    Column& column = columns_.emplace_back();
    column.column.key = key;
    SetType(column);
    return column;
}

// As that of the list that comes next.
void EdgeColumns::SetType(Column& column) const {
    column.column.type = have_list_ ? FindBesideColumn(list_.BesideNext(), column.column.key).type
                                    : ColumnType::kNone;
    column.column.blocks = {{.least = UINT64_MAX}};  // nothing yet
}

bool EdgeColumns::Next(ElementBatch& batch) {
    batch.Clear();
    batch.block = 0;
    while (batch.places.empty() && !over_) {
        count_ = of_others_ = 0;
        any_in_row_ = false;
        in_row_.fill(0);
        runs_.clear();
        rows_.clear();
        at_run_ = kNoRun;
        if (in_changed_)
            FillFromChanged();
        else if (!others_)
            FillFromLists();
        if (count_ == 0) break;
        others_ = of_others_ > count_ / 2;
        Filter(batch.places);
        over_ = asked_.note && !asked_.note(count_, batch.places.size());
    }
    open_ = !batch.places.empty();
    if (open_) MakeBlocks();
    return open_;
}

bool EdgeColumns::HaveList() {
    while (!have_list_) {
        have_list_ = lists_ && lists_->Next(vertex_, list_);
        if (have_list_) break;
        if (next_label_ == labels_.size()) return false;
        const NameId label = labels_[next_label_++];
        lists_.emplace(*resting_.segment, sides_, label, *resting_.segment->EdgeGroupsOf(label));
    }
    return true;
}

void EdgeColumns::FillFromLists() {
    while (count_ < kColumnBlock && HaveList()) TakeFromList();
}

void EdgeColumns::TakeFromList() {
    const auto count = static_cast<size_t>(std::min<uint64_t>(list_.Left(), kColumnBlock - count_));
    if (runs_.empty()) first_ = list_;
    runs_.push_back({count_, vertex_, lists_->Label()});
    const RestingEdges::Beside beside = list_.BesideNext();
    bool told = true, agrees = true;
    for (Column& column : columns_) {
        const ColumnType type = column.column.type;
        const BesideColumn found = FindBesideColumn(beside, column.column.key);
        agrees = agrees && found.type == type;
        if (type == ColumnType::kNone)
            told = told && !column.tested;
        else
            told = told && found.type == type &&
                   ReadBesideWords(found, beside.at, count, column.words.data() + count_);
    }
    if (!agrees) of_others_ += count;
    for (size_t i = 0; i < count && !told; ++i) SetInRow(count_ + i);
    have_list_ = count < list_.Left();
    if (any_marked_ || have_list_) {
        RestingEdges::Entry entry;
        for (size_t i = 0; i < count && list_.Next(entry); ++i) {
            const bool marked = any_marked_ && (entry.edge >= resting_.segment->EdgesBelow() ||
                                                resting_.edges.Marked(entry.edge));
            if (marked) SetInRow(count_ + i);
        }
    }
    count_ += count;
}

void EdgeColumns::FillFromChanged() {
    EdgeRef edge;
    for (; count_ < kColumnBlock && changed_.Next(edge); ++count_) {
        rows_.push_back(edge);
        SetInRow(count_);
    }
}

// The places of those that pass.
void EdgeColumns::Filter(std::vector<uint16_t>& places) {
    places.resize(count_);
    std::iota(places.begin(), places.end(), uint16_t{0});
    if (tests_.empty()) return;
    for (const Test& test : tests_) Keep(test, places);
    if (!any_in_row_) return;
    std::erase_if(places,
                  [this](uint16_t place) { return InRow(place) && !asked_.by_row(EdgeAt(place)); });
}

// What only its row can tell about is kept.
void EdgeColumns::Keep(const Test& test, std::vector<uint16_t>& places) const {
    const ValueColumn& column = test.column->column;
    const uint64_t* const words = test.column->words.data();
    size_t kept = 0;
    const auto keep = [&](auto passes) {
        for (const uint16_t place : places) {
            places[kept] = place;
            kept += static_cast<size_t>(passes(place));
        }
        places.resize(kept);
    };
    if (test.words && test.words->Ranges().size() == 1 && !any_in_row_) {
        const uint64_t low = test.words->Ranges()[0].low;
        const uint64_t span = test.words->Ranges()[0].high - low;
        return keep([&](uint16_t place) { return words[place] - low <= span; });
    }
    Value value;
    keep([&](uint16_t place) {
        if (InRow(place)) return true;
        if (test.words) return test.words->Has(words[place]);
        return column.ToValue(words[place], {}, value) && test.test.passes(value);
    });
}

void EdgeColumns::MakeBlocks() {
    for (Column& column : columns_) {
        if (column.column.type == ColumnType::kNone) continue;
        const std::span words(column.words.data(), count_);
        ColumnBlock& block = column.column.blocks[0];
        uint64_t least = UINT64_MAX, most = 0;
        for (const uint64_t word : words) {
            least = std::min(least, word);
            most = std::max(most, word);
        }
        for (uint64_t& word : words) word -= least;
        block = {.least = least,
                 .most = most,
                 .entries = reinterpret_cast<const char*>(words.data()),
                 .in_row = any_in_row_ ? in_row_.data() : nullptr,
                 .mask = ~uint64_t{0},
                 .count = static_cast<uint32_t>(count_),
                 .width = sizeof(uint64_t)};
    }
}

Value EdgeColumns::Element(Transaction& graph, const ElementBatch& batch, size_t i) {
    const EdgeRef& edge = EdgeAt(batch.places[i]);
    if (!in_changed_) graph.BringToHand(edge.id, at_list_.BesideLast());
    return Value(edge);
}

const EdgeRef& EdgeColumns::EdgeAt(size_t place) {
    if (in_changed_) return rows_[place];
    if (at_run_ != kNoRun && place + 1 == at_place_) return at_edge_;
    const auto behind = std::ranges::upper_bound(runs_, place, {}, &Run::first);
    const auto number = static_cast<size_t>(behind - runs_.begin()) - 1;
    const Run& run = runs_[number];
    if (number != at_run_ || place < at_place_) {
        at_list_ = number == 0 ? first_
                               : resting_.segment->EdgesAt(run.vertex, Direction::kOut, run.label);
        at_run_ = number;
        at_place_ = run.first;
    }
    RestingEdges::Entry entry;
    while (at_place_ <= place && at_list_.Next(entry)) ++at_place_;
    at_edge_ = {entry.edge, run.vertex, entry.neighbour, run.label};
    return at_edge_;
}

}  // namespace gyre::graph
