#include "graph/storage/column_writer.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <numeric>
#include <utility>

#include "graph/storage/codec.h"

namespace gyre::graph {
namespace {

/// Labels of fewer vertices have no columns, nor do keys that one vertex in so many has, nor those
/// of which one vertex in so many has what no column holds.
constexpr uint64_t kLeastVertices = 16;
constexpr uint64_t kRare = 16;
/// Keys of a label that may get a column.
constexpr size_t kMostColumns = 256;
/// A dictionary's texts come so often on average, are not more than that, and have so many bytes.
constexpr uint64_t kLeastRepeats = 4;
constexpr size_t kFewTexts = 4096;  ///< which may come less often at first
constexpr size_t kMostTexts = 65'000;
constexpr size_t kMostTextBytes = size_t{1} << 20;
constexpr uint16_t kAbsent = std::numeric_limits<uint16_t>::max();
constexpr uint16_t kOnlyInRow = kAbsent - 1;
constexpr size_t kBlockBytes = kColumnBlock / 8;
constexpr int kByteBits = 8;

void AppendRaw(std::string& bytes, uint64_t number, size_t size) {
    bytes.append(reinterpret_cast<const char*>(&number), size);
}

/// One block of a column, to be written.
class BlockEncoder {
  public:
    explicit BlockEncoder(size_t count) : count_(count) {}
    void Put(size_t i, uint64_t word) {
        words_[i] = word;
        there_[i / 8] = static_cast<uint8_t>(there_[i / 8] | 1U << (i % 8));
        least_ = std::min(least_, word);
        most_ = std::max(most_, word);
        ++there_count_;
    }
    void PutInRow(size_t i) {
        in_row_[i / 8] = static_cast<uint8_t>(in_row_[i / 8] | 1U << (i % 8));
        any_in_row_ = true;
    }
    void Append(std::string& heads, std::string& data) const {
        const uint64_t least = there_count_ == 0 ? 0 : least_;
        const uint64_t span = there_count_ == 0 ? 0 : most_ - least_;
        const auto width = static_cast<size_t>((std::bit_width(span) + kByteBits - 1) / kByteBits);
        const bool some = there_count_ < count_;
        heads += static_cast<char>(width | (some ? 16 : 0) | (any_in_row_ ? 32 : 0));
        AppendRaw(heads, least, sizeof least);
        AppendVarint(heads, span);
        const size_t bits = (count_ + 7) / 8;
        if (some) data.append(reinterpret_cast<const char*>(there_.data()), bits);
        if (any_in_row_) data.append(reinterpret_cast<const char*>(in_row_.data()), bits);
        // Each is written whole, and all but its width again by the one after it.
        std::array<char, (kColumnBlock + 1) * sizeof(uint64_t)> entries;
        char* at = entries.data();
        for (size_t i = 0; i < count_; ++i, at += width) {
            const bool there = ColumnBlock::Bit(there_.data(), i);
            const uint64_t more = there ? words_[i] - least : 0;
            std::memcpy(at, &more, sizeof more);
        }
        data.append(entries.data(), static_cast<size_t>(at - entries.data()));
    }

  private:
    const size_t count_;
    std::array<uint64_t, kColumnBlock> words_;
    std::array<uint8_t, kBlockBytes> there_{}, in_row_{};
    uint64_t least_ = std::numeric_limits<uint64_t>::max(), most_ = 0;
    size_t there_count_ = 0;
    bool any_in_row_ = false;
};

}  // namespace

/// A column that is being made.
class ColumnWriter::Building {
  public:
    /// `vertices`: of the label, that had no value under the key.
    Building(NameId key, uint64_t vertices) : key_(key) {
        for (; vertices >= kColumnBlock; vertices -= kColumnBlock) EndBlock(kColumnBlock);
    }
    [[nodiscard]] NameId Key() const { return key_; }

    /// The i-th vertex of the block under way.
    void Add(size_t i, const Cell& cell) {
        if (type_ == ColumnType::kNone) SetType(cell.type);
        const bool fits = cell.type != ColumnType::kNone && cell.type == type_;
        if (fits)
            ++there_;
        else
            ++in_row_;
        block_.push_back({static_cast<uint16_t>(i), fits, cell.word});
        if (texts_) NoteText(i, cell, fits);
    }
    void EndBlock(size_t count) {
        BlockEncoder block(count);
        for (const Entry& entry : block_) {
            if (entry.there)
                block.Put(entry.at, entry.word);
            else
                block.PutInRow(entry.at);
        }
        block.Append(heads_, data_);
        last_ = block_.size();
        block_.clear();
        vertices_ += count;
        if (!texts_) return;
        const size_t texts = texts_->numbers.size();
        if (texts > kFewTexts && texts * 2 > there_) texts_.reset();  // they are many
        if (texts_) texts_->of_vertices.resize(static_cast<size_t>(vertices_), kAbsent);
    }
    /// Whether it may yet come to be kept: so far it is not rare, or not here.
    [[nodiscard]] bool MayStay() const {
        return there_ * kRare * 4 >= vertices_ || last_ * kRare >= kColumnBlock;
    }
    [[nodiscard]] bool Stays() const {
        return type_ != ColumnType::kNone && vertices_ >= kLeastVertices &&
               there_ * kRare >= vertices_ && in_row_ * kRare <= vertices_;
    }
    void Append(std::string& heads, std::string& data) {
        AppendVarint(heads, key_);
        if (texts_ && texts_->numbers.size() * kLeastRepeats <= there_) {
            heads += static_cast<char>(ColumnType::kDictionary);
            AppendDictionary(heads, data);
        } else {
            heads += static_cast<char>(type_);
            heads += heads_;
            data += data_;
        }
    }

  private:
    struct Entry {
        uint16_t at = 0;
        bool there = false;
        uint64_t word = 0;
    };
    void SetType(ColumnType type) {
        type_ = type;
        if (type == ColumnType::kText && in_row_ == 0) texts_ = std::make_unique<Texts>();
    }
    void NoteText(size_t i, const Cell& cell, bool fits) {
        texts_->of_vertices.resize(static_cast<size_t>(vertices_) + i, kAbsent);
        if (!fits) {
            texts_->of_vertices.push_back(kOnlyInRow);
            return;
        }
        auto found = texts_->numbers.find(cell.text);
        if (found == texts_->numbers.end()) {
            texts_->bytes += cell.text.size();
            if (texts_->numbers.size() == kMostTexts || texts_->bytes > kMostTextBytes) {
                texts_.reset();
                return;
            }
            const auto next = static_cast<uint16_t>(texts_->numbers.size());
            found = texts_->numbers.emplace(cell.text, next).first;
        }
        texts_->of_vertices.push_back(found->second);
    }
    void AppendDictionary(std::string& heads, std::string& data) const {
        std::vector<std::pair<std::string_view, uint16_t>> sorted(texts_->numbers.begin(),
                                                                  texts_->numbers.end());
        std::ranges::sort(sorted);
        std::vector<uint16_t> codes(sorted.size());
        AppendVarint(heads, sorted.size());
        AppendVarint(heads, texts_->bytes);
        uint64_t place = 0;
        AppendRaw(data, place, sizeof(uint32_t));
        for (size_t code = 0; code < sorted.size(); ++code) {
            codes[sorted[code].second] = static_cast<uint16_t>(code);
            place += sorted[code].first.size();
            AppendRaw(data, place, sizeof(uint32_t));
        }
        for (const auto& [text, number] : sorted) data += text;
        const auto& of_vertices = texts_->of_vertices;
        for (size_t begin = 0; begin < of_vertices.size(); begin += kColumnBlock) {
            const size_t count = std::min(kColumnBlock, of_vertices.size() - begin);
            BlockEncoder block(count);
            for (size_t i = 0; i < count; ++i) {
                const uint16_t number = of_vertices[begin + i];
                if (number == kOnlyInRow)
                    block.PutInRow(i);
                else if (number != kAbsent)
                    block.Put(i, codes[number]);
            }
            block.Append(heads, data);
        }
    }

    const NameId key_;
    ColumnType type_ = ColumnType::kNone;  ///< until the first value of one
    uint64_t there_ = 0, in_row_ = 0;
    uint64_t vertices_ = 0;  ///< of the blocks that are over
    size_t last_ = 0;        ///< values in the last of them
    std::vector<Entry> block_;
    std::string heads_, data_;      ///< of those
    std::unique_ptr<Texts> texts_;  ///< null: too many, or no texts at all
};

ColumnWriter::ColumnWriter() = default;
ColumnWriter::~ColumnWriter() = default;

bool ColumnWriter::Take(std::string_view row) {
    values_.clear();
    cells_.clear();
    if (!ReadVertexValues(row, values_)) return false;
    for (const auto& [key, val] : values_) {
        const auto same = std::ranges::find(cells_, key, &Cell::key);
        if (same != cells_.end()) {  // one of several
            same->type = ColumnType::kNone;
            continue;
        }
        Cell& cell = cells_.emplace_back();
        cell.key = key;
        cell.type = ReadWord(val, cell.word);
        if (cell.type != ColumnType::kText) continue;
        cell.word = static_cast<uint64_t>(val.data() - row.data());
        uint64_t size = 0;
        cell.text = val.substr(1);
        if (!ReadSmall(cell.text, size)) return false;
        cell.text = cell.text.substr(0, static_cast<size_t>(size));
    }
    return true;
}

void ColumnWriter::Add(NameId name, uint64_t vertex, size_t list_size) {
    OfLabel& label = labels_[name];
    const auto at = static_cast<size_t>(label.vertices % kColumnBlock);
    for (const Cell& cell : cells_) {
        auto column = std::ranges::find(label.columns, cell.key, &Building::Key);
        if (column == label.columns.end()) {
            if (label.columns.size() == kMostColumns) label.others.insert(cell.key);
            if (label.others.contains(cell.key)) continue;
            label.columns.push_back(std::make_unique<Building>(cell.key, label.vertices));
            column = label.columns.end() - 1;
        }
        (*column)->Add(at, cell);
    }
    ++label.vertices;
    label.last = vertex;
    label.list_size = list_size;
    if (label.vertices % kColumnBlock == 0) EndBlock(label);
}

void ColumnWriter::EndBlock(OfLabel& label) const {
    AppendVarint(label.blocks, label.list_size - label.list_before);
    AppendVarint(label.blocks, label.last - label.before);
    label.list_before = label.list_size;
    label.before = label.last;
    const auto count = static_cast<size_t>((label.vertices - 1) % kColumnBlock + 1);
    for (const auto& column : label.columns) {
        column->EndBlock(count);
        if (!column->MayStay()) label.others.insert(column->Key());
    }
    std::erase_if(label.columns, [&](const auto& column) { return !column->MayStay(); });
}

void ColumnWriter::Finish(std::string& heads, std::string& data) {
    for (auto& [name, label] : labels_) {
        if (label.vertices % kColumnBlock != 0) EndBlock(label);
        for (const auto& column : label.columns) {
            if (!column->Stays()) label.others.insert(column->Key());
        }
        std::erase_if(label.columns, [](const auto& column) { return !column->Stays(); });
        std::ranges::sort(label.columns, {}, &Building::Key);
        AppendVarint(heads, name);
        AppendVarint(heads, label.columns.size());
        heads += label.blocks;
        for (const auto& column : label.columns) column->Append(heads, data);
        AppendVarint(heads, label.others.size());
        NameId before = 0;
        for (const NameId key : label.others) AppendVarint(heads, key - std::exchange(before, key));
    }
    if (!heads.empty()) data.append(sizeof(uint64_t), '\0');
}

}  // namespace gyre::graph
