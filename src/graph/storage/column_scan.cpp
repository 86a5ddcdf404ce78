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
    std::function<bool(std::string_view)> text_passes;
    if (one.text_passes && other.text_passes) {
        text_passes = [one = std::move(one.text_passes), other = std::move(other.text_passes)](
                          std::string_view text) { return one(text) && other(text); };
    }
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
            .text_passes = std::move(text_passes),
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
    taken_.clear();
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
        const std::string_view text = column.Text(code);
        const bool passes = test.text_passes ? test.text_passes(text) : test.passes(Value(text));
        if (passes) ranges.push_back({code, code});
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

bool ColumnScan::Next(ElementBatch& batch) {
    batch.Clear();
    while (batch.vertices.empty()) {
        if (next_ < columns_->blocks.size()) {
            const size_t block = next_++;
            if (!taken_.empty() && taken_[block]) continue;
            Block(block, batch);
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

bool ColumnScan::IsPlain(size_t number, std::span<const ValueColumn* const> read) const {
    const LabelColumns::Block& block = columns_->blocks[number];
    const auto told = [&](const Test& test) {
        if (test.column == nullptr) return !test.by_row;
        return (test.words || test.ReadsText()) && test.column->blocks[number].in_row == nullptr;
    };
    const auto readable = [&](const ValueColumn* column) {
        return column->type != ColumnType::kText && column->blocks[number].in_row == nullptr;
    };
    return !overlaps_ && !resting_.vertices.AnyMarked(block.before + 1, block.last) &&
           std::ranges::all_of(tests_, told) && std::ranges::all_of(read, readable);
}

std::vector<size_t> ColumnScan::TakePlain(std::span<const ValueColumn* const> read) {
    std::vector<size_t> plain;
    taken_.assign(columns_->blocks.size(), false);
    for (size_t i = next_; i < taken_.size(); ++i) {
        if (!IsPlain(i, read)) continue;  // asked once: writers may mark more meanwhile
        plain.push_back(i);
        taken_[i] = true;
        passed_ += columns_->blocks[i].count;
    }
    return plain;
}

void ColumnScan::ReadPlain(size_t number, ElementBatch& batch) const {
    batch.Clear();
    batch.block = number;
    if (PassesOver(number)) return;
    size_t count = columns_->blocks[number].count;
    if (std::ranges::any_of(tests_, &Test::ReadsText)) {
        Numbers(number, batch.vertices);
        count = batch.vertices.size();
    }
    Filter(number, count, batch);
}

void ColumnScan::Block(size_t number, ElementBatch& batch) {
    const LabelColumns::Block& block = columns_->blocks[number];
    batch.block = number;
    passed_ += block.count;
    changed_.clear();
    for (; change_ && change_->vertex <= block.last; ReadChange()) changed_.push_back(*change_);
    const bool marked = resting_.vertices.AnyMarked(block.before + 1, block.last);
    const bool none = PassesOver(number);
    if (none && !marked && changed_.empty()) return;
    Numbers(number, batch.vertices);
    if (!none) Filter(number, batch.vertices.size(), batch);
    const bool in_row = std::ranges::any_of(tests_, [&](const Test& test) {
        return test.by_row ||
               (test.column != nullptr && test.column->blocks[number].in_row != nullptr);
    });
    if (marked || in_row || !changed_.empty()) return Merge(number, batch);
    if (batch.places.size() == batch.vertices.size()) return;
    for (size_t i = 0; i < batch.places.size(); ++i) {
        batch.vertices[i] = batch.vertices[batch.places[i]];
    }
    batch.vertices.resize(batch.places.size());
}

void ColumnScan::Numbers(size_t number, std::vector<uint64_t>& numbers) const {
    const LabelColumns::Block& block = columns_->blocks[number];
    numbers.resize(block.count);
    if (block.IsRun()) {
        std::iota(numbers.begin(), numbers.end(), block.before + 1);
        return;
    }
    DeltaList list(block.numbers, block.before);
    size_t count = 0;
    for (uint64_t next = 0; count < block.count && list.Next(next) && next <= block.last;) {
        numbers[count++] = next;
    }
    numbers.resize(count);  // what is fewer is damaged
}

// The places of those that pass, of what columns tell.
void ColumnScan::Filter(size_t number, size_t count, ElementBatch& batch) const {
    batch.places.resize(count);
    std::iota(batch.places.begin(), batch.places.end(), uint16_t{0});
    for (const Test& test : tests_) {
        if (test.column != nullptr) Keep(test, test.column->blocks[number], batch);
    }
}

// Of places that are left; a vertex that only its row can tell about is not kept.
void ColumnScan::Keep(const Test& test, const ColumnBlock& block, ElementBatch& batch) const {
    // What the tests read is theirs by value, and so need not be read again after each that is
    // kept.
    const auto keep = [&](auto passes) {
        uint16_t* const places = batch.places.data();
        size_t kept = 0;
        for (size_t i = 0, count = batch.places.size(); i < count; ++i) {
            const uint16_t place = places[i];
            places[kept] = place;
            kept += static_cast<size_t>(passes(place));
        }
        batch.places.resize(kept);
    };
    const bool whole = block.there == nullptr && block.in_row == nullptr;
    if (test.words && whole) {
        if (test.words->Covers(block.least, block.most)) return;
        const auto& ranges = test.words->Ranges();
        if (ranges.size() == 1) {
            const uint64_t low = std::max(ranges[0].low, block.least);
            const uint64_t span = std::min(ranges[0].high, block.most) - low;
            return keep(
                [block, low, span](uint16_t place) { return block.Word(place) - low <= span; });
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
                                         ? resting_.segment->Vertex(batch.vertices[place])
                                         : std::string_view();
        std::string_view text;
        if (test.ReadsText()) {
            return ValueColumn::ToText(word, row, text) && test.test.text_passes(text);
        }
        return test.column->ToValue(word, row, value) && test.test.passes(value);
    });
}

void ColumnScan::Merge(size_t number, ElementBatch& batch) {
    numbers_.swap(batch.vertices);
    places_.swap(batch.places);
    batch.Clear();
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

void ColumnScan::Last(ElementBatch& batch) {
    for (; change_ && batch.vertices.size() < kLastAtOnce; ReadChange()) {
        ++passed_;
        if (!change_->gone) AddByRow(change_->vertex, batch);
    }
}

void ColumnScan::AddByRow(uint64_t vertex, ElementBatch& batch) const {
    if (labels_.least_of && labels_.least_of(vertex) != columns_->label) return;
    if (by_row_ && !by_row_(vertex)) return;
    batch.any_by_row = true;
    Add(vertex, ElementBatch::kByRow, batch);
}

// Of those that are as they rest: they were given with the least of their labels.
void ColumnScan::DropOfEarlier(ElementBatch& batch) const {
    const std::span earlier(labels_.labels.data(), next_label_ - 1);
    size_t kept = 0;
    for (size_t i = 0; i < batch.vertices.size(); ++i) {
        const uint64_t vertex = batch.vertices[i];
        const bool given = batch.places[i] != ElementBatch::kByRow &&
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
