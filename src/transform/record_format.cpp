#include "transform/record_format.h"

#include <cstring>

#include "objects/checksum.h"

namespace gyre::transform {
namespace {

using core::Code;
using core::Fail;
using core::Result;
using Found = Scan::Found;

constexpr uint32_t kRecordIoMagic = 0xced7230a;
constexpr size_t kRecordIoHeader = 8;
constexpr size_t kTfHeader = 12;  // length and its CRC
constexpr size_t kTfTrailer = 4;
constexpr uint64_t kMostLength = uint64_t{1} << 40;

template <typename Number>
Number LittleEndian(std::string_view bytes) {
    Number value = 0;
    for (size_t i = 0; i < sizeof(Number); i++) {
        value |= static_cast<Number>(static_cast<unsigned char>(bytes[i])) << (8 * i);
    }
    return value;
}

Result<Scan> ScanLine(std::string_view buffer, bool at_end) {
    size_t begin = 0;
    while (begin < buffer.size() && buffer[begin] == '\n') begin++;
    if (begin == buffer.size()) return Scan{Found::kNothing, begin, 0, begin};
    const size_t end = buffer.find('\n', begin);
    if (end == std::string_view::npos) {
        if (!at_end) return Scan{Found::kMore, begin, 0, begin};
        return Scan{Found::kRecord, begin, buffer.size() - begin, buffer.size()};
    }
    return Scan{Found::kRecord, begin, end - begin, end + 1};
}

/// `size`: of the record, as far as it is known.
Result<Scan> Incomplete(std::string_view buffer, bool at_end, const char* format, size_t size) {
    if (buffer.empty()) return Scan{Found::kNothing, 0, 0, 0};
    if (!at_end) return Scan{Found::kMore, 0, 0, 0, size - buffer.size()};
    return Fail(Code::kInvalidArgument, std::string("the last ") + format + " record is cut short");
}

struct RecordIoPart {
    uint32_t flag = 0;  // 0 whole, 1 first, 2 middle, 3 last
    size_t length = 0;
    [[nodiscard]] size_t Padded() const { return kRecordIoHeader + (length + 3) / 4 * 4; }
};

Result<RecordIoPart> ReadPart(std::string_view bytes) {
    if (LittleEndian<uint32_t>(bytes) != kRecordIoMagic) {
        return Fail(Code::kInvalidArgument, "a RecordIO record does not begin with its magic");
    }
    const auto word = LittleEndian<uint32_t>(bytes.substr(4));
    return RecordIoPart{word >> 29, word & ((1U << 29) - 1)};
}

// A record may be in parts, where its data held the magic.
Result<Scan> ScanRecordIo(std::string_view buffer, bool at_end) {
    size_t at = 0;
    while (true) {
        if (buffer.size() - at < kRecordIoHeader) {
            return Incomplete(buffer, at_end, "RecordIO", buffer.size());
        }
        GYRE_ASSIGN(const RecordIoPart part, ReadPart(buffer.substr(at)));
        const bool begins = part.flag == 0 || part.flag == 1;
        if (begins != (at == 0) || part.flag > 3) {
            return Fail(Code::kInvalidArgument, "a RecordIO record has its parts out of order");
        }
        if (buffer.size() - at < part.Padded()) {
            return Incomplete(buffer, at_end, "RecordIO", at + part.Padded());
        }
        at += part.Padded();
        if (part.flag == 0 || part.flag == 3) return Scan{Found::kRecord, 0, at, at};
    }
}

// TensorFlow's masked CRC-32C.
bool MaskedCrcIs(std::string_view data, uint32_t stored) {
    const uint32_t crc = objects::Crc32c(data);
    return ((crc >> 15 | crc << 17) + 0xa282ead8U) == stored;
}

Result<Scan> ScanTfRecord(std::string_view buffer, bool at_end) {
    if (buffer.size() < kTfHeader) return Incomplete(buffer, at_end, "TFRecord", buffer.size());
    const auto length = LittleEndian<uint64_t>(buffer);
    // A damaged length would have us wait for what never comes.
    if (!MaskedCrcIs(buffer.substr(0, 8), LittleEndian<uint32_t>(buffer.substr(8)))) {
        return Fail(Code::kInvalidArgument, "a TFRecord's length does not match its checksum");
    }
    if (length > kMostLength) return Incomplete(buffer, at_end, "TFRecord", buffer.size());
    const size_t size = kTfHeader + length + kTfTrailer;
    if (buffer.size() < size) return Incomplete(buffer, at_end, "TFRecord", size);
    if (!MaskedCrcIs(buffer.substr(kTfHeader, length),
                     LittleEndian<uint32_t>(buffer.substr(kTfHeader + length)))) {
        return Fail(Code::kInvalidArgument, "a TFRecord's data does not match its checksum");
    }
    return Scan{Found::kRecord, 0, size, size};
}

Result<std::string_view> UnwrapRecordIo(std::string_view record, std::string& joined) {
    if (record.size() >= kRecordIoHeader) {
        GYRE_ASSIGN(const RecordIoPart whole, ReadPart(record));
        if (whole.flag == 0 && record.size() == whole.Padded()) {
            return record.substr(kRecordIoHeader, whole.length);
        }
    }
    while (record.size() >= kRecordIoHeader) {
        GYRE_ASSIGN(const RecordIoPart part, ReadPart(record));
        if (record.size() < part.Padded()) break;
        // Where the writer cut, the data held the magic itself.
        if (part.flag == 2 || part.flag == 3) {
            for (int i = 0; i < 4; i++) {
                joined += static_cast<char>(kRecordIoMagic >> (8 * i) & 0xff);
            }
        }
        joined.append(record.substr(kRecordIoHeader, part.length));
        record.remove_prefix(part.Padded());
    }
    if (!record.empty()) return Fail(Code::kInvalidArgument, "a RecordIO record is cut short");
    return joined;
}

}  // namespace

Result<Scan> ScanRecord(SplitType split, std::string_view buffer, bool at_end) {
    switch (split) {
        case SplitType::kLine:
            return ScanLine(buffer, at_end);
        case SplitType::kRecordIo:
            return ScanRecordIo(buffer, at_end);
        case SplitType::kTfRecord:
            return ScanTfRecord(buffer, at_end);
        case SplitType::kNone:
            break;
    }
    if (!at_end) return Scan{Found::kMore, 0, 0, 0};
    if (buffer.empty()) return Scan{Found::kNothing, 0, 0, 0};
    return Scan{Found::kRecord, 0, buffer.size(), buffer.size()};
}

Result<std::string_view> UnwrapRecord(SplitType split, std::string_view record,
                                      std::string& joined) {
    switch (split) {
        case SplitType::kRecordIo:
            return UnwrapRecordIo(record, joined);
        case SplitType::kTfRecord:
            if (record.size() < kTfHeader + kTfTrailer) {
                return Fail(Code::kInvalidArgument, "a TFRecord is cut short");
            }
            return record.substr(kTfHeader, record.size() - kTfHeader - kTfTrailer);
        default:
            return record;
    }
}

}  // namespace gyre::transform
