#include "telemetry/detail/segment.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "telemetry/detail/levels.h"
#include "telemetry/detail/varint.h"

namespace gyre::telemetry::detail {
namespace {

constexpr std::string_view kMagic = "GYRETS1\n";
constexpr size_t kFooter = 8 + 8 + 4 + 8;  // index offset, index length, its checksum, magic

template <typename Number>
bool TakeNumber(std::string_view& text, char end, Number& number) {
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || rest == text.data() + text.size() || *rest != end) return false;
    text.remove_prefix(static_cast<size_t>(rest - text.data()) + 1);
    return true;
}

}  // namespace

std::string SegmentName::Text() const {
    char text[64];
    std::snprintf(text, sizeof text, "%zu-%lld-%012llu.seg", level,
                  static_cast<long long>(partition), static_cast<unsigned long long>(number));
    return text;
}

std::optional<SegmentName> SegmentName::Parse(std::string_view text) {
    SegmentName name;
    if (!TakeNumber(text, '-', name.level) || name.level >= kLevels.size()) return std::nullopt;
    if (!TakeNumber(text, '-', name.partition)) return std::nullopt;
    if (!TakeNumber(text, '.', name.number) || text != "seg") return std::nullopt;
    return name;
}

core::Status Segment::Write(core::FileSystem& files, const std::filesystem::path& directory,
                            const SegmentName& name, const Table& table) {
    const int64_t step = kLevels[name.level].step;
    std::string bytes(kMagic);
    std::string index;
    PutVarint(index, table.size());
    for (const auto& [key, cells] : table) {
        const std::string block = EncodeCells(cells, name.partition, step);
        PutVarint(index, key.size());
        index += key;
        PutVarint(index, bytes.size());
        PutVarint(index, block.size());
        PutFixed(index, Checksum(block), 4);
        PutVarint(index, static_cast<uint64_t>((cells.rbegin()->first - name.partition) / step));
        bytes += block;
    }
    const uint64_t offset = bytes.size();
    bytes += index;
    PutFixed(bytes, offset, 8);
    PutFixed(bytes, index.size(), 8);
    PutFixed(bytes, Checksum(index), 4);
    bytes += kMagic;
    return core::WriteFileAtomically(files, directory / name.Text(), bytes);
}

core::Result<std::shared_ptr<const Segment>> Segment::Open(core::FileSystem& files,
                                                           const std::filesystem::path& directory,
                                                           const SegmentName& name) {
    auto segment = std::make_shared<Segment>();
    segment->name_ = name;
    GYRE_ASSIGN(segment->file_, files.Open(directory / name.Text()));
    GYRE_TRY(segment->ReadIndex());
    return segment;
}

tl::unexpected<core::Error> Segment::Broken(const char* what) const {
    return core::Fail(core::Code::kDataLoss,
                      "the metrics file " + name_.Text() + " is damaged: " + what);
}

core::Result<std::string> Segment::ReadBytes(uint64_t offset, uint64_t length) const {
    if (offset > file_->Size() || length > file_->Size() - offset) return Broken("it is too short");
    std::string bytes(length, '\0');
    size_t read = 0;
    while (read < bytes.size()) {
        GYRE_ASSIGN(const size_t more,
                    file_->ReadAt(offset + read, std::span(bytes).subspan(read)));
        if (more == 0) return Broken("it is too short");
        read += more;
    }
    return bytes;
}

core::Status Segment::ReadIndex() {
    if (file_->Size() < kMagic.size() + kFooter) return Broken("it is too short");
    GYRE_ASSIGN(const std::string footer, ReadBytes(file_->Size() - kFooter, kFooter));
    std::string_view in = footer;
    uint64_t offset = 0;
    uint64_t length = 0;
    uint64_t checksum = 0;
    if (!GetFixed(in, offset, 8) || !GetFixed(in, length, 8) || !GetFixed(in, checksum, 4) ||
        in != kMagic) {
        return Broken("its end is not one");
    }
    GYRE_ASSIGN(const std::string bytes, ReadBytes(offset, length));
    if (Checksum(bytes) != checksum) return Broken("its index");
    in = bytes;
    uint64_t size = 0;
    if (!GetVarint(in, size) || size > in.size()) return Broken("its index");
    entries_.reserve(size);
    for (uint64_t i = 0; i < size; ++i) {
        Entry entry;
        uint64_t key = 0;
        uint64_t sum = 0;
        uint64_t last = 0;
        if (!GetVarint(in, key) || key > in.size()) return Broken("its index");
        entry.key = in.substr(0, key);
        in.remove_prefix(key);
        if (!GetVarint(in, entry.offset) || !GetVarint(in, entry.length) || !GetFixed(in, sum, 4) ||
            !GetVarint(in, last)) {
            return Broken("its index");
        }
        entry.checksum = static_cast<uint32_t>(sum);
        entry.last =
            name_.partition + static_cast<int64_t>(last & 0x7FFFFFFF) * kLevels[name_.level].step;
        entries_.push_back(std::move(entry));
    }
    return {};
}

core::Result<Cells> Segment::Read(std::string_view key) const {
    const auto at =
        std::lower_bound(entries_.begin(), entries_.end(), key,
                         [](const Entry& entry, std::string_view k) { return entry.key < k; });
    if (at == entries_.end() || at->key != key) return Cells();
    GYRE_ASSIGN(const std::string bytes, ReadBytes(at->offset, at->length));
    if (Checksum(bytes) != at->checksum) return Broken("a block");
    return DecodeCells(bytes, name_.partition, kLevels[name_.level].step);
}

}  // namespace gyre::telemetry::detail
