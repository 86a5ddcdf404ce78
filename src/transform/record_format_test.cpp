#include "transform/record_format.h"

#include <doctest/doctest.h>

#include <vector>

#include "objects/checksum.h"

namespace gyre::transform {
namespace {

std::string Number(uint64_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; i++) text += static_cast<char>(value >> (8 * i) & 0xff);
    return text;
}

std::string RecordIo(uint32_t flag, const std::string& data) {
    std::string record = Number(0xced7230a, 4) + Number(flag << 29 | data.size(), 4) + data;
    while (record.size() % 4 != 0) record += '\0';
    return record;
}

std::string Masked(const std::string& data) {
    const uint32_t crc = objects::Crc32c(data);
    return Number((crc >> 15 | crc << 17) + 0xa282ead8U, 4);
}

std::string TfRecord(const std::string& data) {
    const std::string length = Number(data.size(), 8);
    return length + Masked(length) + data + Masked(data);
}

// All records of a text, with `more` to come or not; the error's message where it ends in one.
std::vector<std::string> All(SplitType split, std::string_view text, bool at_end = true) {
    std::vector<std::string> records;
    while (true) {
        const auto scan = ScanRecord(split, text, at_end);
        if (!scan) {
            records.push_back("error: " + scan.error().message);
            return records;
        }
        if (scan->found != Scan::Found::kRecord) return records;
        records.emplace_back(text.substr(scan->skip, scan->size));
        text.remove_prefix(scan->next);
    }
}

using Texts = std::vector<std::string>;

std::string Unwrapped(SplitType split, const std::string& record) {
    std::string joined;
    const auto data = UnwrapRecord(split, record, joined);
    return data ? std::string(*data) : "error: " + data.error().message;
}

}  // namespace

TEST_CASE("lines: the newline is no part of a record, and an empty line is none") {
    CHECK(All(SplitType::kLine, "a,1\nb,2\n") == Texts{"a,1", "b,2"});
    CHECK(All(SplitType::kLine, "a,1\nb,2") == Texts{"a,1", "b,2"});
    CHECK(All(SplitType::kLine, "\n\na\n\n\nb\n\n") == Texts{"a", "b"});
    CHECK(All(SplitType::kLine, "a\r\nb") == Texts{"a\r", "b"});
    CHECK(All(SplitType::kLine, "").empty());
    CHECK(All(SplitType::kLine, "\n\n").empty());
    CHECK(All(SplitType::kLine, "a\nb", false) == Texts{"a"});
}

TEST_CASE("an object that is not split is one record") {
    CHECK(All(SplitType::kNone, "a\nb") == Texts{"a\nb"});
    CHECK(All(SplitType::kNone, "a\nb", false).empty());
    CHECK(All(SplitType::kNone, "").empty());
}

TEST_CASE("RecordIO: padded, in parts, and damaged") {
    const std::string one = RecordIo(0, "hello");
    const std::string two = RecordIo(0, "");
    CHECK(one.size() == 16);
    CHECK(All(SplitType::kRecordIo, one + two + one) == Texts{one, two, one});
    CHECK(Unwrapped(SplitType::kRecordIo, one) == "hello");
    CHECK(Unwrapped(SplitType::kRecordIo, two) == "");

    const std::string parts = RecordIo(1, "abcd") + RecordIo(2, "") + RecordIo(3, "ef");
    CHECK(All(SplitType::kRecordIo, parts + one) == Texts{parts, one});
    const std::string magic = Number(0xced7230a, 4);
    CHECK(Unwrapped(SplitType::kRecordIo, parts) == "abcd" + magic + magic + "ef");

    CHECK(All(SplitType::kRecordIo, one + "xxxxxxxx").back().starts_with("error: "));
    CHECK(All(SplitType::kRecordIo, RecordIo(2, "abcd")).back().starts_with("error: "));
    CHECK(All(SplitType::kRecordIo, RecordIo(1, "abcd") + one).back().starts_with("error: "));
    CHECK(All(SplitType::kRecordIo, RecordIo(5, "abcd")).back().starts_with("error: "));
    for (size_t cut = 1; cut < one.size(); cut++) {
        CHECK(All(SplitType::kRecordIo, one.substr(0, cut)).back().ends_with("cut short"));
        CHECK(All(SplitType::kRecordIo, one.substr(0, cut), false).empty());
    }
}

TEST_CASE("TFRecord: both checksums are looked at") {
    const std::string one = TfRecord("hello");
    CHECK(All(SplitType::kTfRecord, one + TfRecord("") + one) == Texts{one, TfRecord(""), one});
    CHECK(Unwrapped(SplitType::kTfRecord, one) == "hello");
    for (size_t cut = 1; cut < one.size(); cut++) {
        CHECK(All(SplitType::kTfRecord, one.substr(0, cut)).back().ends_with("cut short"));
    }
    for (size_t damaged = 0; damaged < one.size(); damaged++) {
        std::string bad = one;
        bad[damaged] = static_cast<char>(bad[damaged] ^ 1);
        CHECK(All(SplitType::kTfRecord, bad).back().starts_with("error: "));
    }
    // A length that claims all of memory waits for nothing.
    std::string huge = Number(UINT64_MAX - 8, 8);
    huge += Masked(huge);
    CHECK(All(SplitType::kTfRecord, huge + one).back().ends_with("cut short"));
}

}  // namespace gyre::transform
