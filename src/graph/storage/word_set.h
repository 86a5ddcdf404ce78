#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "graph/storage/column.h"

namespace gyre::graph {

/// Some of all words: ranges with both their ends, ascending, with others between them.
class WordSet {
  public:
    struct Range {
        uint64_t low = 0, high = 0;
    };
    WordSet() = default;  ///< none
    WordSet(uint64_t low, uint64_t high) {
        if (low <= high) ranges_.push_back({low, high});
    }
    /// All words of some ranges, in whatever order, that may overlap.
    [[nodiscard]] static WordSet Of(std::vector<Range> ranges);
    [[nodiscard]] static WordSet All() { return {0, UINT64_MAX}; }
    [[nodiscard]] WordSet And(const WordSet& other) const;
    [[nodiscard]] WordSet Or(const WordSet& other) const;
    [[nodiscard]] WordSet Not() const;

    [[nodiscard]] const std::vector<Range>& Ranges() const { return ranges_; }
    [[nodiscard]] bool Has(uint64_t word) const { return Covers(word, word); }
    /// Whether it has some word, or every word, between these.
    [[nodiscard]] bool Meets(uint64_t low, uint64_t high) const {
        const auto range = FirstUpTo(low);
        return range != ranges_.end() && range->low <= high;
    }
    [[nodiscard]] bool Covers(uint64_t low, uint64_t high) const {
        const auto range = FirstUpTo(low);
        return range != ranges_.end() && range->low <= low && high <= range->high;
    }

  private:
    /// The first range that does not end before the word.
    [[nodiscard]] std::vector<Range>::const_iterator FirstUpTo(uint64_t word) const {
        return std::ranges::lower_bound(ranges_, word, {}, &Range::high);
    }

    std::vector<Range> ranges_;
};

enum class Comparison : uint8_t {
    kEqual,
    kNotEqual,
    kLess,
    kLessEqual,
    kGreater,
    kGreaterEqual,
};

/// The words of a column whose values compare so with a constant, numbers by their value whatever
/// their type; nullopt where it takes more than the column's words to tell.
[[nodiscard]] std::optional<WordSet> WordsThat(const ValueColumn& column, Comparison comparison,
                                               const Value& constant);

/// What is asked of the values under a key.
struct ColumnTest {
    NameId key = 0;
    /// The words that pass; nullopt where it does not tell. May be empty.
    std::function<std::optional<WordSet>(const ValueColumn&)> words;
    /// Asked of each value else, of a dictionary of each text once.
    std::function<bool(const Value&)> passes;
    /// Likewise of a text, in any thread; may be empty.
    std::function<bool(std::string_view)> text_passes;
    bool without = false;  ///< whether a vertex that has no value passes
};

}  // namespace gyre::graph
