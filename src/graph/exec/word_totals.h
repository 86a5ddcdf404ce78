#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "graph/exec/column_tests.h"
#include "graph/number.h"
#include "graph/storage/column.h"

namespace gyre::graph::exec {

/// What many words of one column come to. Of a column of texts by row it knows nothing.
class WordTotals {
  public:
    [[nodiscard]] static bool IsFloating(const ValueColumn& column) {
        return column.type == ColumnType::kFloat || column.type == ColumnType::kDouble;
    }
    [[nodiscard]] static bool IsNumber(const ValueColumn& column) {
        return column.type >= ColumnType::kByte && column.type <= ColumnType::kDouble;
    }
    [[gnu::always_inline]] void Add(uint64_t word, bool floating) {
        ++count_;
        least_ = std::min(least_, word);
        most_ = std::max(most_, word);
        if (floating)
            total_ += DoubleOfWord(word);
        else
            words_ += word;
    }
    /// All of a block, of which none is missing.
    void AddBlock(const ColumnBlock& block, bool floating) {
        count_ += block.count;
        least_ = std::min(least_, block.least);
        most_ = std::max(most_, block.most);
        if (floating) {
            constexpr size_t kLanes = 4;  // none waits for the one before
            std::array<double, kLanes> sums{};
            for (size_t i = 0; i < block.count; ++i) {
                sums[i % kLanes] += DoubleOfWord(block.Word(i));
            }
            for (const double sum : sums) total_ += sum;
            return;
        }
        words_ += WideWord{block.least} * block.count;
        if (block.most - block.least < kNarrow) {
            uint64_t sum = 0;
            for (size_t i = 0; i < block.count; ++i) sum += block.More(i);
            words_ += sum;
        } else {
            for (size_t i = 0; i < block.count; ++i) words_ += block.More(i);
        }
    }
    void Join(const WordTotals& other) {
        count_ += other.count_;
        least_ = std::min(least_, other.least_);
        most_ = std::max(most_, other.most_);
        total_ += other.total_;
        words_ += other.words_;
    }
    [[nodiscard]] int64_t Count() const { return count_; }
    /// False where there are none, or for damaged ones.
    [[nodiscard]] bool Least(const ValueColumn& column, Value& value) const {
        return count_ > 0 && column.ToValue(least_, {}, value);
    }
    [[nodiscard]] bool Most(const ValueColumn& column, Value& value) const {
        return count_ > 0 && column.ToValue(most_, {}, value);
    }
    /// Of numbers: a Long or a Double, or a wider one where that takes it.
    [[nodiscard]] Value Sum(const ValueColumn& column) const {
        if (IsFloating(column)) return Value(total_);
        // Each whole number's word is 2^63 more than the number.
        const Wide sum = static_cast<Wide>(words_) - (static_cast<Wide>(count_) << 63);
        constexpr int kLow = 62;
        const Value high(static_cast<int64_t>(sum >> kLow));
        const Value low(static_cast<int64_t>(sum & ((Wide{1} << kLow) - 1)));
        const auto part = MultiplyNumbers(high, Value(int64_t{1} << kLow));
        const auto both = part ? AddNumbers(*part, low) : part;
        return both ? *both : Value();
    }

  private:
    __extension__ using Wide = __int128;
    __extension__ using WideWord = unsigned __int128;
    /// Of numbers below it a block's sum has less than 64 bits.
    static constexpr uint64_t kNarrow = uint64_t{1} << 48;
    static_assert(kColumnBlock <= 1 << 16);
    int64_t count_ = 0;
    uint64_t least_ = UINT64_MAX, most_ = 0;
    double total_ = 0;
    WideWord words_ = 0;
};

/// Adds the values of a batch, those that the column does not tell by `use_row(i)`. What it says to
/// the compiler keeps the sums in registers, which makes it twice as fast.
template <typename UseRow>
[[gnu::noinline]] void AddWords(const ValueColumn* column, const ElementBatch& batch,
                                WordTotals& totals, const UseRow& use_row) {
    const bool floating = column != nullptr && WordTotals::IsFloating(*column);
    if (const ColumnBlock* const block = WholeBlock(column, batch)) {
        return totals.AddBlock(*block, floating);
    }
    WordTotals all = totals;
    const auto add = [&](size_t, uint64_t word)
                         __attribute__((always_inline)) { all.Add(word, floating); };
    ForWords(column, batch, add, use_row);
    totals = all;
}

}  // namespace gyre::graph::exec
