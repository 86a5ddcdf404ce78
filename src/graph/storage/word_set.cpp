#include "graph/storage/word_set.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "graph/number.h"

namespace gyre::graph {
namespace {

/// Whole numbers up to this are doubles too, and every comparison of the two is exact.
constexpr double kExact = 4503599627370496;  // 2^52

WordSet Before(uint64_t word) {
    return word == 0 ? WordSet() : WordSet(0, word - 1);
}
WordSet After(uint64_t word) {
    return word == UINT64_MAX ? WordSet() : WordSet(word + 1, UINT64_MAX);
}

/// Those that compare so with a word.
WordSet BesideWord(Comparison comparison, uint64_t word) {
    switch (comparison) {
        case Comparison::kEqual:
            return {word, word};
        case Comparison::kNotEqual:
            return WordSet(word, word).Not();
        case Comparison::kLess:
            return Before(word);
        case Comparison::kLessEqual:
            return {0, word};
        case Comparison::kGreater:
            return After(word);
        case Comparison::kGreaterEqual:
            break;
    }
    return {word, UINT64_MAX};
}

/// Those that compare so with something between two words, of which `above` is the higher.
WordSet BesideGap(Comparison comparison, uint64_t above) {
    switch (comparison) {
        case Comparison::kEqual:
            return {};
        case Comparison::kNotEqual:
            return WordSet::All();
        case Comparison::kLess:
        case Comparison::kLessEqual:
            return Before(above);
        default:
            return {above, UINT64_MAX};
    }
}

std::optional<WordSet> OfWhole(Comparison comparison, const Value& constant) {
    if (!constant.IsNumber() || constant.Is<BigInteger>() || constant.Is<BigDecimal>()) {
        return std::nullopt;
    }
    if (IsWhole(constant)) return BesideWord(comparison, WordOfWhole(ToInt64(constant)));
    const double number = ToDouble(constant);
    if (!(std::fabs(number) <= kExact)) return std::nullopt;
    const double floor = std::floor(number);
    const uint64_t word = WordOfWhole(static_cast<int64_t>(floor));
    return floor == number ? BesideWord(comparison, word) : BesideGap(comparison, word + 1);
}

std::optional<WordSet> OfDouble(Comparison comparison, const Value& constant) {
    if (!constant.IsNumber() || constant.Is<BigInteger>() || constant.Is<BigDecimal>()) {
        return std::nullopt;
    }
    const double number = ToDouble(constant);
    if (std::isnan(number) || (IsWhole(constant) && std::fabs(number) > kExact)) {
        return std::nullopt;
    }
    return BesideWord(comparison, WordOfDouble(number == 0 ? 0.0 : number));  // -0.0 is no word
}

std::optional<WordSet> OfText(const ValueColumn& column, Comparison comparison,
                              const Value& constant) {
    const auto* text = constant.If<std::string>();
    if (text == nullptr) return std::nullopt;
    const size_t code = column.CodeOf(*text);
    const bool there = code < column.Texts() && column.Text(code) == *text;
    return there ? BesideWord(comparison, code) : BesideGap(comparison, code);
}

}  // namespace

WordSet WordSet::And(const WordSet& other) const {
    WordSet both;
    for (const Range& a : ranges_) {
        for (const Range& b : other.ranges_) {
            const uint64_t low = std::max(a.low, b.low), high = std::min(a.high, b.high);
            if (low <= high) both.ranges_.push_back({low, high});
        }
    }
    return both;
}

WordSet WordSet::Of(std::vector<Range> ranges) {
    std::ranges::sort(ranges, {}, &Range::low);
    WordSet all;
    for (const Range& range : ranges) {
        auto& joined = all.ranges_;
        const bool apart = joined.empty() ||
                           (joined.back().high != UINT64_MAX && joined.back().high + 1 < range.low);
        if (apart)
            joined.push_back(range);
        else
            joined.back().high = std::max(joined.back().high, range.high);
    }
    return all;
}

WordSet WordSet::Or(const WordSet& other) const {
    std::vector<Range> both = ranges_;
    both.insert(both.end(), other.ranges_.begin(), other.ranges_.end());
    return Of(std::move(both));
}

WordSet WordSet::Not() const {
    WordSet others;
    uint64_t low = 0;
    for (const Range& range : ranges_) {
        if (range.low > low) others.ranges_.push_back({low, range.low - 1});
        if (range.high == UINT64_MAX) return others;
        low = range.high + 1;
    }
    others.ranges_.push_back({low, UINT64_MAX});
    return others;
}

std::optional<WordSet> WordsThat(const ValueColumn& column, Comparison comparison,
                                 const Value& constant) {
    switch (column.type) {
        case ColumnType::kByte:
        case ColumnType::kShort:
        case ColumnType::kInteger:
        case ColumnType::kLong:
            return OfWhole(comparison, constant);
        case ColumnType::kFloat:
        case ColumnType::kDouble:
            return OfDouble(comparison, constant);
        case ColumnType::kBoolean:
            if (!constant.Is<bool>()) return std::nullopt;
            return BesideWord(comparison, constant.As<bool>() ? 1 : 0);
        case ColumnType::kDate:
            if (!constant.Is<Date>()) return std::nullopt;
            return BesideWord(comparison, WordOfWhole(constant.As<Date>().milliseconds));
        case ColumnType::kDictionary:
            return OfText(column, comparison, constant);
        default:
            return std::nullopt;
    }
}

}  // namespace gyre::graph
