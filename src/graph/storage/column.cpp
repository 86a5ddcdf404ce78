#include "graph/storage/column.h"

#include <algorithm>
#include <cmath>

#include "graph/number.h"
#include "graph/storage/codec.h"

namespace gyre::graph {
namespace {

/// What a column's data ends with, so that eight bytes can be read at each entry.
constexpr size_t kSpareBytes = sizeof(uint64_t);
constexpr size_t kPlaceBytes = sizeof(uint32_t);

template <typename Raw>
bool TakeRaw(std::string_view& bytes, Raw& raw) {
    if (bytes.size() < sizeof raw) return false;
    std::memcpy(&raw, bytes.data(), sizeof raw);
    bytes.remove_prefix(sizeof raw);
    return true;
}

bool TakeFolded(std::string_view& bytes, int64_t& number) {
    uint64_t folded = 0;
    if (!ReadSmall(bytes, folded)) return false;
    number = static_cast<int64_t>(UnZigZag(folded));
    return true;
}

bool HasWord(double number) {
    return !std::isnan(number) && (number != 0 || !std::signbit(number));
}

}  // namespace

ColumnType ReadWord(std::string_view val, uint64_t& word) {
    if (val.empty()) return ColumnType::kNone;
    constexpr uint8_t kFalse = 1;  // true is the tag after it, under which both are columns
    const auto tag = static_cast<uint8_t>(val[0]);
    const ColumnType type = tag == kFalse ? ColumnType::kBoolean : static_cast<ColumnType>(tag);
    val.remove_prefix(1);
    int64_t whole = 0, offset = 0;
    float single = 0;
    double number = 0;
    switch (type) {
        case ColumnType::kBoolean:
            word = tag == kFalse ? 0 : 1;
            return type;
        case ColumnType::kByte:
        case ColumnType::kShort:
        case ColumnType::kInteger:
        case ColumnType::kLong:
            if (!TakeFolded(val, whole)) return ColumnType::kNone;
            word = WordOfWhole(whole);
            return type;
        case ColumnType::kFloat:
            if (!TakeRaw(val, single)) return ColumnType::kNone;
            number = static_cast<double>(single);
            word = WordOfDouble(number);
            return HasWord(number) ? type : ColumnType::kNone;
        case ColumnType::kDouble:
            if (!TakeRaw(val, number)) return ColumnType::kNone;
            word = WordOfDouble(number);
            return HasWord(number) ? type : ColumnType::kNone;
        case ColumnType::kDate:
            if (!TakeFolded(val, whole) || !TakeFolded(val, offset)) return ColumnType::kNone;
            word = WordOfWhole(whole);
            return offset == 0 ? type : ColumnType::kNone;
        case ColumnType::kText:
            word = 0;
            return type;
        default:
            return ColumnType::kNone;
    }
}

std::string_view ValueColumn::Text(uint64_t code) const {
    if (code >= texts_) return {};
    uint32_t begin = 0, end = 0;
    std::memcpy(&begin, places_ + code * kPlaceBytes, sizeof begin);
    std::memcpy(&end, places_ + (code + 1) * kPlaceBytes, sizeof end);
    return bytes_.substr(begin, end - begin);
}

std::optional<uint64_t> ValueColumn::WordOf(const Value& value) const {
    switch (type) {
        case ColumnType::kBoolean:
            if (!value.Is<bool>()) return std::nullopt;
            return value.As<bool>() ? 1 : 0;
        case ColumnType::kByte:
        case ColumnType::kShort:
        case ColumnType::kInteger:
        case ColumnType::kLong:
            if (!IsWhole(value) || value.Is<BigInteger>()) return std::nullopt;
            return WordOfWhole(ToInt64(value));
        case ColumnType::kFloat:
        case ColumnType::kDouble:
            if (!value.Is<double>() && !value.Is<float>()) return std::nullopt;
            if (!HasWord(ToDouble(value))) return std::nullopt;
            return WordOfDouble(ToDouble(value));
        case ColumnType::kDate:
            if (!value.Is<Date>()) return std::nullopt;
            return WordOfWhole(value.As<Date>().milliseconds);
        case ColumnType::kDictionary: {
            const auto* text = value.If<std::string>();
            const size_t code = text != nullptr ? CodeOf(*text) : texts_;
            if (code == texts_ || Text(code) != *text) return std::nullopt;
            return code;
        }
        default:
            return std::nullopt;
    }
}

size_t ValueColumn::CodeOf(std::string_view text) const {
    size_t low = 0, high = texts_;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (Text(middle) < text)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool ValueColumn::ToValue(uint64_t word, std::string_view row, Value& value) const {
    switch (type) {
        case ColumnType::kBoolean:
            value = Value(word != 0);
            return true;
        case ColumnType::kByte:
            value = Value(static_cast<int8_t>(WholeOfWord(word)));
            return true;
        case ColumnType::kShort:
            value = Value(static_cast<int16_t>(WholeOfWord(word)));
            return true;
        case ColumnType::kInteger:
            value = Value(static_cast<int32_t>(WholeOfWord(word)));
            return true;
        case ColumnType::kLong:
            value = Value(WholeOfWord(word));
            return true;
        case ColumnType::kFloat:
            value = Value(static_cast<float>(DoubleOfWord(word)));
            return true;
        case ColumnType::kDouble:
            value = Value(DoubleOfWord(word));
            return true;
        case ColumnType::kDate:
            value = Value(Date{WholeOfWord(word), 0});
            return true;
        case ColumnType::kDictionary:
            value = Value(Text(word));
            return word < texts_;
        case ColumnType::kText:
            if (word >= row.size()) return false;
            row.remove_prefix(static_cast<size_t>(word));
            return ReadValue(row, value) && value.Is<std::string>();
        default:
            return false;
    }
}

bool ValueColumn::ToText(uint64_t word, std::string_view row, std::string_view& text) {
    if (word >= row.size() || static_cast<ColumnType>(row[word]) != ColumnType::kText) return false;
    row.remove_prefix(static_cast<size_t>(word) + 1);
    return ReadText(row, text);
}

const ValueColumn* LabelColumns::Find(NameId key) const {
    const auto found = std::ranges::lower_bound(columns, key, {}, &ValueColumn::key);
    return found != columns.end() && found->key == key ? &*found : nullptr;
}

class ColumnReader {
  public:
    ColumnReader(std::string_view heads, std::string_view data, OtherKeys others)
        : heads_(heads), data_(data), others_(others) {}

    bool All(std::span<const LabelList> lists, uint64_t below, std::vector<LabelColumns>& into) {
        if (heads_.empty()) return data_.empty();
        if (data_.size() < kSpareBytes) return false;
        data_.remove_suffix(kSpareBytes);
        while (!heads_.empty()) {
            LabelColumns& columns = into.emplace_back();
            uint64_t label = 0, count = 0;
            if (!ReadSmall(heads_, label) || !ReadSmall(heads_, count)) return false;
            const auto list = std::ranges::lower_bound(lists, label, {}, &LabelList::label);
            if (list == lists.end() || list->label != label) return false;
            columns.label = list->label;
            if (!Blocks(*list, below, columns)) return false;
            for (; count > 0; --count) {
                if (!One(columns)) return false;
            }
            if (others_ == OtherKeys::kTold && !Others(columns.others.emplace())) return false;
        }
        return data_.empty();
    }

  private:
    bool Blocks(const LabelList& list, uint64_t below, LabelColumns& columns) {
        std::string_view numbers = list.numbers;
        uint64_t last = 0;
        for (uint64_t left = list.count; left > 0;) {
            LabelColumns::Block& block = columns.blocks.emplace_back();
            uint64_t size = 0, further = 0;
            if (!ReadSmall(heads_, size) || !ReadSmall(heads_, further)) return false;
            block.count = static_cast<uint32_t>(std::min<uint64_t>(left, kColumnBlock));
            if (size > numbers.size() || further < block.count || further >= below - last) {
                return false;
            }
            block.numbers = numbers.substr(0, static_cast<size_t>(size));
            numbers.remove_prefix(static_cast<size_t>(size));
            block.before = last;
            block.last = last += further;
            left -= block.count;
        }
        return numbers.empty();
    }
    bool One(LabelColumns& columns) {
        uint64_t key = 0;
        if (!ReadSmall(heads_, key) || heads_.empty()) return false;
        if (!columns.columns.empty() && columns.columns.back().key >= key) return false;
        ValueColumn& column = columns.columns.emplace_back();
        column.key = static_cast<NameId>(key);
        column.type = static_cast<ColumnType>(heads_[0]);
        heads_.remove_prefix(1);
        switch (column.type) {
            case ColumnType::kBoolean:
            case ColumnType::kByte:
            case ColumnType::kShort:
            case ColumnType::kInteger:
            case ColumnType::kLong:
            case ColumnType::kFloat:
            case ColumnType::kDouble:
            case ColumnType::kDate:
            case ColumnType::kText:
                break;
            case ColumnType::kDictionary:
                if (!Dictionary(column)) return false;
                break;
            default:
                return false;
        }
        column.blocks.resize(columns.blocks.size());
        for (size_t i = 0; i < column.blocks.size(); ++i) {
            column.blocks[i].count = columns.blocks[i].count;
            if (!Entries(column.blocks[i])) return false;
        }
        return true;
    }
    bool Others(std::vector<NameId>& keys) {
        uint64_t count = 0, key = 0, further = 0;
        if (!ReadSmall(heads_, count)) return false;
        for (uint64_t i = 0; i < count; ++i) {
            if (!ReadSmall(heads_, further) || (i > 0 && further == 0)) return false;
            key += further;
            if (key > std::numeric_limits<NameId>::max()) return false;
            keys.push_back(static_cast<NameId>(key));
        }
        return true;
    }
    bool Dictionary(ValueColumn& column) {
        uint64_t texts = 0, size = 0;
        if (!ReadSmall(heads_, texts) || !ReadSmall(heads_, size)) return false;
        if (texts >= data_.size() / kPlaceBytes) return false;
        column.texts_ = static_cast<size_t>(texts);
        column.places_ = data_.data();
        data_.remove_prefix((column.texts_ + 1) * kPlaceBytes);
        if (size > data_.size()) return false;
        column.bytes_ = data_.substr(0, static_cast<size_t>(size));
        data_.remove_prefix(static_cast<size_t>(size));
        uint32_t before = 0, place = 0;
        for (size_t i = 0; i <= column.texts_; ++i, before = place) {
            std::memcpy(&place, column.places_ + i * kPlaceBytes, sizeof place);
            if (place < before || place > size) return false;
        }
        return true;
    }
    bool Entries(ColumnBlock& block) {
        uint8_t shape = 0;
        uint64_t span = 0;
        if (!TakeRaw(heads_, shape) || !TakeRaw(heads_, block.least) || !ReadSmall(heads_, span)) {
            return false;
        }
        block.width = shape & 15;
        block.most = block.least + span;
        if (block.width > 0) block.mask = ~uint64_t{0} >> (64 - 8 * std::min<int>(block.width, 8));
        if (block.width > sizeof(uint64_t) || shape >= 64 || block.most < block.least) return false;
        const size_t bits = (block.count + 7) / 8;
        const auto take = [&](size_t size, const char*& at) {
            if (size > data_.size()) return false;
            at = data_.data();
            data_.remove_prefix(size);
            return true;
        };
        const char* at = nullptr;
        if ((shape & 16) != 0) {
            if (!take(bits, at)) return false;
            block.there = reinterpret_cast<const uint8_t*>(at);
        }
        if ((shape & 32) != 0) {
            if (!take(bits, at)) return false;
            block.in_row = reinterpret_cast<const uint8_t*>(at);
        }
        return take(size_t{block.count} * block.width, block.entries);
    }

    std::string_view heads_, data_;
    const OtherKeys others_;
};

bool ReadColumns(std::string_view heads, std::string_view data, std::span<const LabelList> labels,
                 uint64_t below, OtherKeys others, std::vector<LabelColumns>& into) {
    return ColumnReader(heads, data, others).All(labels, below, into);
}

}  // namespace gyre::graph
