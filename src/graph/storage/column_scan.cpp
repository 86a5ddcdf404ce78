#include "graph/storage/column_scan.h"

#include <algorithm>
#include <numeric>
#include <span>

#include "graph/storage/codec.h"
#include "graph/storage/scans.h"

namespace gyre::graph {
namespace {

/// Vertices that are given at once of those that no block has.
constexpr size_t kLastAtOnce = kColumnBlock;

/// Of one key, by the words that pass both.
ColumnTest Both(ColumnTest one, ColumnTest other) {
    const bool without = one.without && other.without;
    return {.key = one.key,
            .words = [one = one.words,
                      other = other.words](const ValueColumn& column) -> std::optional<WordSet> {
                auto words = one(column);
                const auto others = words ? other(column) : std::nullopt;
                if (!others) return std::nullopt;
                return words->And(*others);
            },
            .passes = [one = std::move(one.passes), other = std::move(other.passes)](
                          const Value& value) { return one(value) && other(value); },
            .without = without};
}

}  // namespace

ColumnScan::ColumnScan(const Resting& resting, ScannedLabels labels, std::vector<ColumnTest> tests,
                       ByRow by_row)
    : resting_(resting), labels_(std::move(labels)), by_row_(std::move(by_row)) {
    for (ColumnTest& test : tests) {
        const auto same = std::ranges::find_if(tests_, [&](const Test& before) {
            return before.test.key == test.key && before.test.words && test.words;
        });
        if (same == tests_.end()) {
            tests_.emplace_back().test = std::move(test);
        } else {
            same->test = Both(std::move(same->test), std::move(test));
        }
    }
    for (const LabelList& list : resting.segment->Labels()) {
        if (std::ranges::binary_search(labels_.labels, list.label)) size_ += list.count;
    }
    overlaps_ = labels_.least_of && size_ > resting.segment->Vertices();
    none_.others.emplace();
}

bool ColumnScan::NextLabel() {
    if (next_label_ == labels_.labels.size()) return false;
    const NameId label = labels_.labels[next_label_++];
    columns_ = resting_.segment->ColumnsOf(label);
    none_.label = label;
    if (columns_ == nullptr) columns_ = &none_;
    for (Test& test : tests_) {
        test.column = Find(test.test.key);
        test.by_row = test.column == nullptr && columns_->MayHave(test.test.key);
        test.words = test.column != nullptr ? WordsOf(test.test, *test.column) : std::nullopt;
    }
    next_ = 0;
    changes_ = labels_.changes(label);
    ReadChange();
    return true;
}

std::optional<WordSet> ColumnScan::WordsOf(const ColumnTest& test,
                                           const ValueColumn& column) const {
    if (test.words) {
        if (auto words = test.words(column)) return words;
    }
    if (column.type != ColumnType::kDictionary) return std::nullopt;
    std::vector<WordSet::Range> ranges;
    for (size_t code = 0; code < column.Texts(); ++code) {
        if (test.passes(Value(column.Text(code)))) ranges.push_back({code, code});
    }
    return WordSet::Of(std::move(ranges));
}

void ColumnScan::ReadChange() {
    change_.reset();
    if (!changes_.cursor) return;
    if (changes_.cursor->Next()) {
        std::string_view key = changes_.cursor->Key().substr(changes_.skip);
        uint64_t vertex = 0;
        if (ReadOrdered(key, vertex)) change_ = Change{vertex, changes_.cursor->Value() == kGone};
    }
    if (!change_) changes_.cursor.reset();
}

bool ColumnScan::Next(VertexBatch& batch) {
    batch.Clear();
    while (batch.vertices.empty()) {
        if (next_ < columns_->blocks.size()) {
            Block(next_++, batch);
            if (overlaps_) DropOfEarlier(batch);
        } else if (change_) {
            Last(batch);
        } else {
            return false;
        }
    }
    return true;
}

bool ColumnScan::PassesOver(size_t number) const {
    return std::ranges::any_of(tests_, [&](const Test& test) {
        if (test.column == nullptr) return !test.by_row && !test.test.without;
        const ColumnBlock& block = test.column->blocks[number];
        return test.words && block.in_row == nullptr &&
               (block.there == nullptr || !test.test.without) &&
               !test.words->Meets(block.least, block.most);
    });
}

void ColumnScan::Block(size_t number, VertexBatch& batch) {
    const LabelColumns::Block& block = columns_->blocks[number];
    batch.block = number;
    passed_ += block.count;
    changed_.clear();
    for (; change_ && change_->vertex <= block.last; ReadChange()) changed_.push_back(*change_);
    const bool marked = resting_.vertices.AnyMarked(block.before + 1, block.last);
    const bool none = PassesOver(number);
    if (none && !marked && changed_.empty()) return;
    Numbers(block);
    places_.resize(none ? 0 : numbers_.size());
    std::iota(places_.begin(), places_.end(), uint16_t{0});
    bool in_row = false;
    for (const Test& test : tests_) {
        in_row = in_row || test.by_row;
        if (test.column == nullptr) continue;
        const ColumnBlock& entries = test.column->blocks[number];
        in_row = in_row || entries.in_row != nullptr;
        if (!places_.empty()) Keep(test, entries);
    }
    if (marked || in_row || !changed_.empty()) return Merge(number, batch);
    batch.places.swap(places_);
    if (batch.places.size() == numbers_.size()) {
        batch.vertices.swap(numbers_);
        return;
    }
    batch.vertices.resize(batch.places.size());
    for (size_t i = 0; i < batch.places.size(); ++i) batch.vertices[i] = numbers_[batch.places[i]];
}

void ColumnScan::Numbers(const LabelColumns::Block& block) {
    numbers_.resize(block.count);
    if (block.IsRun()) {
        std::iota(numbers_.begin(), numbers_.end(), block.before + 1);
        return;
    }
    DeltaList list(block.numbers, block.before);
    size_t count = 0;
    for (uint64_t number = 0; count < block.count && list.Next(number) && number <= block.last;) {
        numbers_[count++] = number;
    }
    numbers_.resize(count);  // what is fewer is damaged
}

// Of places that are left; a vertex that only its row can tell about is not kept.
void ColumnScan::Keep(const Test& test, const ColumnBlock& block) {
    size_t kept = 0;
    const auto keep = [&](auto passes) {
        for (const uint16_t place : places_) {
            places_[kept] = place;
            kept += static_cast<size_t>(passes(place));
        }
        places_.resize(kept);
    };
    const bool whole = block.there == nullptr && block.in_row == nullptr;
    if (test.words && whole) {
        if (test.words->Covers(block.least, block.most)) return;
        const auto& ranges = test.words->Ranges();
        if (ranges.size() == 1) {
            const uint64_t low = std::max(ranges[0].low, block.least);
            const uint64_t span = std::min(ranges[0].high, block.most) - low;
            return keep([&](uint16_t place) { return block.Word(place) - low <= span; });
        }
        return keep([&](uint16_t place) { return test.words->Has(block.Word(place)); });
    }
    Value value;
    keep([&](uint16_t place) {
        if (block.InRow(place)) return false;
        if (!block.There(place)) return test.test.without;
        const uint64_t word = block.Word(place);
        if (test.words) return test.words->Has(word);
        const std::string_view row = test.column->type == ColumnType::kText
                                         ? resting_.segment->Vertex(numbers_[place])
                                         : std::string_view();
        return test.column->ToValue(word, row, value) && test.test.passes(value);
    });
}

void ColumnScan::Merge(size_t number, VertexBatch& batch) {
    size_t place = 0, change = 0;
    const auto in_row = [&](size_t i) {
        return std::ranges::any_of(tests_, [&](const Test& test) {
            return test.column != nullptr && test.column->blocks[number].InRow(i);
        });
    };
    // Of what passes the tests that columns tell.
    const bool then_by_row = std::ranges::any_of(tests_, &Test::by_row);
    for (size_t i = 0; i < numbers_.size(); ++i) {
        const uint64_t vertex = numbers_[i];
        for (; change < changed_.size() && changed_[change].vertex < vertex; ++change) {
            if (!changed_[change].gone) AddByRow(changed_[change].vertex, batch);
        }
        const bool passes = place < places_.size() && places_[place] == i;
        if (passes) ++place;
        if (change < changed_.size() && changed_[change].vertex == vertex) {
            if (!changed_[change++].gone) AddByRow(vertex, batch);
        } else if (resting_.vertices.Marked(vertex) || in_row(i) || (passes && then_by_row)) {
            AddByRow(vertex, batch);
        } else if (passes) {
            Add(vertex, static_cast<uint16_t>(i), batch);
        }
    }
    for (; change < changed_.size(); ++change) {
        if (!changed_[change].gone) AddByRow(changed_[change].vertex, batch);
    }
}

void ColumnScan::Last(VertexBatch& batch) {
    for (; change_ && batch.vertices.size() < kLastAtOnce; ReadChange()) {
        ++passed_;
        if (!change_->gone) AddByRow(change_->vertex, batch);
    }
}

void ColumnScan::AddByRow(uint64_t vertex, VertexBatch& batch) const {
    if (labels_.least_of && labels_.least_of(vertex) != columns_->label) return;
    if (by_row_ && !by_row_(vertex)) return;
    batch.any_by_row = true;
    Add(vertex, VertexBatch::kByRow, batch);
}

// Of those that are as they rest: they were given with the least of their labels.
void ColumnScan::DropOfEarlier(VertexBatch& batch) const {
    const std::span earlier(labels_.labels.data(), next_label_ - 1);
    size_t kept = 0;
    for (size_t i = 0; i < batch.vertices.size(); ++i) {
        const uint64_t vertex = batch.vertices[i];
        const bool given = batch.places[i] != VertexBatch::kByRow &&
                           std::ranges::any_of(earlier, [&](NameId label) {
                               return resting_.labels.Has(label, vertex);
                           });
        if (given) continue;
        batch.vertices[kept] = vertex;
        batch.places[kept++] = batch.places[i];
    }
    batch.vertices.resize(kept);
    batch.places.resize(kept);
}

}  // namespace gyre::graph
