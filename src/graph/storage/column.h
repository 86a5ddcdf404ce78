#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "graph/storage/packed.h"
#include "graph/storage/row.h"
#include "graph/value.h"

namespace gyre::graph {

/// Columns are read, and passed over, by blocks of so many vertices of their label.
inline constexpr size_t kColumnBlock = 2048;

/// What a column's words stand for: the types of `val` (docs/formats/graph_store.md), booleans as
/// one, and texts in two ways.
enum class ColumnType : uint8_t {
    kNone = 0,
    kBoolean = 2,
    kByte = 3,
    kShort = 4,
    kInteger = 5,
    kLong = 6,
    kFloat = 7,
    kDouble = 8,
    kText = 11,  ///< a word is the value's distance from the beginning of its vertex's row
    kDate = 14,  ///< of offset 0
    kDictionary = 128 + 11,  ///< a word is the text's place among the column's sorted texts
};

// Words sort, unsigned, as the values for which they stand.
constexpr uint64_t kSignBit = uint64_t{1} << 63;
inline uint64_t WordOfWhole(int64_t number) {
    return static_cast<uint64_t>(number) ^ kSignBit;
}
inline int64_t WholeOfWord(uint64_t word) {
    return static_cast<int64_t>(word ^ kSignBit);
}
inline uint64_t WordOfDouble(double number) {
    const auto bits = std::bit_cast<uint64_t>(number);
    return (bits & kSignBit) != 0 ? ~bits : bits | kSignBit;
}
inline double DoubleOfWord(uint64_t word) {
    return std::bit_cast<double>((word & kSignBit) != 0 ? word ^ kSignBit : ~word);
}

/// A value's word, of the bytes of a `val`; kNone for one that no column holds, among which are NaN
/// and -0.0: so equal words are equal values, and all are in one order. Of a text it is 0.
[[nodiscard]] ColumnType ReadWord(std::string_view val, uint64_t& word);

/// What a column has for one block of its label's vertices.
struct ColumnBlock {
    uint64_t least = 0, most = 0;     ///< of the words that are there
    const char* entries = nullptr;    ///< how much more than the least, of `width` bytes each
    const uint8_t* there = nullptr;   ///< a bit for each vertex that has one; null: all have
    const uint8_t* in_row = nullptr;  ///< and for each whose values only its row has; null: none
    uint64_t mask = 0;                ///< of `width` bytes
    uint32_t count = 0;               ///< vertices
    uint8_t width = 0;

    [[nodiscard]] static bool Bit(const uint8_t* bits, size_t i) {
        return (bits[i / 8] >> (i % 8) & 1) != 0;
    }
    [[nodiscard]] bool There(size_t i) const { return there == nullptr || Bit(there, i); }
    [[nodiscard]] bool InRow(size_t i) const { return in_row != nullptr && Bit(in_row, i); }
    /// Of one that is there, how much more than the least. Eight bytes can be read wherever an
    /// entry begins.
    [[nodiscard]] uint64_t More(size_t i) const {
        uint64_t more = 0;
        std::memcpy(&more, entries + i * width, sizeof more);
        return more & mask;
    }
    [[nodiscard]] uint64_t Word(size_t i) const { return least + More(i); }
};

/// The values that the vertices of a label have under a key, in the label's order.
class ValueColumn {
  public:
    NameId key = 0;
    ColumnType type = ColumnType::kNone;
    std::vector<ColumnBlock> blocks;

    /// Of a dictionary: its texts, ascending; the code of a hostile file may be beyond them.
    [[nodiscard]] size_t Texts() const { return texts_; }
    [[nodiscard]] std::string_view Text(uint64_t code) const;
    /// Of the first text that is not before this one; Texts() where all are.
    [[nodiscard]] size_t CodeOf(std::string_view text) const;
    /// The word whose value is equal; nullopt where none could be.
    [[nodiscard]] std::optional<uint64_t> WordOf(const Value& value) const;
    /// `row`: the vertex's, of a type that asks for it. False for damaged bytes.
    [[nodiscard]] bool ToValue(uint64_t word, std::string_view row, Value& value) const;
    /// Likewise of type kText, where the text lies.
    [[nodiscard]] static bool ToText(uint64_t word, std::string_view row, std::string_view& text);

  private:
    friend class ColumnReader;
    size_t texts_ = 0;
    const char* places_ = nullptr;  ///< of the texts, four bytes each, and where the last one ends
    std::string_view bytes_;        ///< theirs
};

/// The columns of a label, and how its list of vertices falls into blocks.
struct LabelColumns {
    struct Block {
        std::string_view numbers;  ///< as in the label's list
        uint64_t before = 0;       ///< the vertex before them
        uint64_t last = 0;         ///< of them
        uint32_t count = 0;
        /// No number between the first and the last is missing.
        [[nodiscard]] bool IsRun() const { return last - before == count; }
    };
    NameId label = 0;
    std::vector<Block> blocks;
    std::vector<ValueColumn> columns;           ///< by key
    std::optional<std::vector<NameId>> others;  ///< keys of values that no column has; null: any
    [[nodiscard]] const ValueColumn* Find(NameId key) const;
    /// Whether some vertex of the label may have a value under a key that has no column.
    [[nodiscard]] bool MayHave(NameId key) const {
        return !others || std::ranges::binary_search(*others, key);
    }
};
/// Whether the bytes of columns tell LabelColumns::others, and of every label.
enum class OtherKeys : uint8_t { kUntold, kTold };

/// A label's list of vertices, as a segment has it.
struct LabelList {
    NameId label = 0;
    uint64_t count = 0;
    std::string_view numbers;
};

/// Reads a segment's columns (docs/formats/graph_segment.md). All vertices are below `below`.
/// False for bytes that are not what a writer writes: what is read of others stays within them.
[[nodiscard]] bool ReadColumns(std::string_view heads, std::string_view data,
                               std::span<const LabelList> labels, uint64_t below, OtherKeys others,
                               std::vector<LabelColumns>& into);

}  // namespace gyre::graph
