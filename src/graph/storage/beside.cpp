#include "graph/storage/beside.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>

#include "graph/storage/packed.h"

namespace gyre::graph {
namespace {

// Types as `val` has them (docs/formats/graph_store.md).
constexpr uint8_t kByte = 3, kShort = 4, kInteger = 5, kLong = 6, kDouble = 8, kDate = 14;

constexpr int kByteBits = 8;

/// Zero where values of that type are not kept so.
uint8_t TypeOf(const Value& value, uint64_t& word) {
    if (const auto* v = value.If<int64_t>()) return word = static_cast<uint64_t>(*v), kLong;
    if (const auto* v = value.If<int32_t>()) return word = static_cast<uint64_t>(*v), kInteger;
    if (const auto* v = value.If<double>()) return word = std::bit_cast<uint64_t>(*v), kDouble;
    if (const auto* v = value.If<Date>(); v != nullptr && v->offset_seconds == 0) {
        return word = static_cast<uint64_t>(v->milliseconds), kDate;
    }
    if (const auto* v = value.If<int16_t>()) return word = static_cast<uint64_t>(*v), kShort;
    if (const auto* v = value.If<int8_t>()) return word = static_cast<uint64_t>(*v), kByte;
    return 0;
}

bool FromWord(uint8_t type, uint64_t word, Value& value) {
    switch (type) {
        case kByte:
            value = Value(static_cast<int8_t>(word));
            return true;
        case kShort:
            value = Value(static_cast<int16_t>(word));
            return true;
        case kInteger:
            value = Value(static_cast<int32_t>(word));
            return true;
        case kLong:
            value = Value(static_cast<int64_t>(word));
            return true;
        case kDouble:
            value = Value(std::bit_cast<double>(word));
            return true;
        case kDate:
            value = Value(Date{static_cast<int64_t>(word), 0});
            return true;
        default:
            return false;
    }
}

/// Of `count` entries from the `from`-th on. Eight bytes are read that end with each entry: as many
/// stand before the first in its list.
void Unpack(const BesideColumn& column, uint64_t from, size_t count, uint64_t* numbers) {
    if (column.width == 0) {
        std::fill_n(numbers, count, column.least);
        return;
    }
    const char* at = column.entries + (from + 1) * column.width - sizeof(uint64_t);
    const int others = (static_cast<int>(sizeof(uint64_t)) - column.width) * kByteBits;
    for (size_t i = 0; i < count; ++i, at += column.width) {
        uint64_t eight = 0;
        std::memcpy(&eight, at, sizeof eight);
        numbers[i] = column.least + (eight >> others);
    }
}

/// Of a double's bits: NaN and -0.0 have none.
bool HasWord(uint64_t bits) {
    constexpr uint64_t kInfinity = uint64_t{0x7FF} << 52;
    return bits != kSignBit && (bits & ~kSignBit) <= kInfinity;
}

}  // namespace

std::string_view BesideEncoder::Encode(std::span<const RestingEdges::Entry> group,
                                       const RestOfEdge& rest_of) {
    columns_.clear();
    bytes_.clear();
    for (size_t i = 0; i < group.size(); ++i) {
        if (!Take(rest_of(group[i].edge), i)) return {};
        std::erase_if(columns_, [&](const Column& column) { return column.words.size() <= i; });
        if (columns_.empty()) return {};
    }
    for (const Column& column : columns_) Put(column);
    return bytes_;
}

bool BesideEncoder::Take(std::string_view rest, size_t at) {
    uint64_t count = 0, key = 0;
    if (rest.empty() || !PassValue(rest) || !ReadSmall(rest, count)) return false;
    Value value;
    for (; count > 0; --count) {
        if (!ReadSmall(rest, key) || !ReadValue(rest, value)) return false;
        uint64_t word = 0;
        const uint8_t type = TypeOf(value, word);
        if (type == 0) continue;
        if (at == 0) columns_.push_back({static_cast<NameId>(key), type, {}});
        for (Column& column : columns_) {
            const bool here = column.key == key && column.type == type;
            if (here && column.words.size() == at) column.words.push_back(word);
        }
    }
    return true;
}

void BesideEncoder::Put(const Column& column) {
    const auto as_signed = [](uint64_t word) { return static_cast<int64_t>(word); };
    const auto [least, most] = std::ranges::minmax(column.words, {}, as_signed);
    const int width = (std::bit_width(most - least) + kByteBits - 1) / kByteBits;
    AppendVarint(bytes_, column.key);
    bytes_ += static_cast<char>(column.type);
    bytes_ += static_cast<char>(width);
    AppendVarint(bytes_, ZigZag(least));
    for (const uint64_t word : column.words) {
        const uint64_t more = word - least;
        bytes_.append(reinterpret_cast<const char*>(&more), static_cast<size_t>(width));
    }
}

BesideColumn FindBesideColumn(const RestingEdges::Beside& beside, NameId key) {
    std::string_view bytes = beside.columns;
    while (!bytes.empty()) {
        uint64_t of = 0, least = 0;
        if (!ReadSmall(bytes, of) || bytes.size() < 2) return {};
        BesideColumn column{.type = static_cast<ColumnType>(bytes[0]),
                            .width = static_cast<uint8_t>(bytes[1])};
        bytes.remove_prefix(2);
        if (!ReadVarint(bytes, least) || column.width > sizeof(uint64_t)) return {};
        if (column.width > 0 && beside.count > bytes.size() / column.width) return {};
        column.least = UnZigZag(least);
        column.entries = bytes.data();
        if (of == key) return column;
        bytes.remove_prefix(static_cast<size_t>(beside.count * column.width));
    }
    return {};
}

bool ReadBesideWords(const BesideColumn& column, uint64_t from, size_t count, uint64_t* words) {
    if (column.type != ColumnType::kDouble) {
        const bool whole = column.type == ColumnType::kDate ||
                           (column.type >= ColumnType::kByte && column.type <= ColumnType::kLong);
        BesideColumn as_words = column;
        as_words.least = WordOfWhole(static_cast<int64_t>(column.least));
        if (whole) Unpack(as_words, from, count, words);
        return whole;
    }
    Unpack(column, from, count, words);
    bool all = true;
    for (size_t i = 0; i < count; ++i) {
        all &= HasWord(words[i]);
        words[i] = WordOfDouble(std::bit_cast<double>(words[i]));
    }
    return all;
}

bool FindBeside(const RestingEdges::Beside& beside, NameId key, Value& value) {
    const BesideColumn column = FindBesideColumn(beside, key);
    if (column.type == ColumnType::kNone || beside.at >= beside.count) return false;
    uint64_t more = 0;
    std::memcpy(&more, column.entries + beside.at * column.width, column.width);
    return FromWord(static_cast<uint8_t>(column.type), column.least + more, value);
}

}  // namespace gyre::graph
