#include "transform/payload.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "core/gzip.h"
#include "transform/input_stream.h"

namespace gyre::transform {
namespace {

/// A text that comes in pieces of `piece` bytes.
class Pieces final : public net::BodyReader {
  public:
    Pieces(std::string text, size_t piece) : text_(std::move(text)), piece_(piece) {}
    core::Result<size_t> Read(std::span<char> into) override {
        const size_t size = text_.copy(into.data(), std::min(into.size(), piece_), at_);
        at_ += size;
        return size;
    }
    std::optional<uint64_t> Length() const override { return text_.size(); }

  private:
    const std::string text_;
    const size_t piece_;
    size_t at_ = 0;
};

struct Packing {
    Packing(const std::string& text, SplitType split, const BatchLimits& limits, size_t piece = 3,
            uint64_t skip = 0, uint64_t record = 0)
        : input(text, piece),
          reader(input, split, limits.payload_bytes, "too long"),
          packer(reader, spec, limits, record, skip) {
        spec.split = split;
        REQUIRE(Skip(input, skip));
    }
    std::vector<Payload> All() {
        std::vector<Payload> all;
        while (true) {
            auto payload = packer.Next();
            REQUIRE_MESSAGE(payload, payload.error().message);
            if (!*payload) return all;
            all.push_back(std::move(**payload));
        }
    }
    TransformSpec spec;
    Pieces input;
    RecordReader reader;
    Packer packer;
};

constexpr BatchLimits kTen{1, BatchStrategy::kMultiRecord, 10};

}  // namespace

TEST_CASE("as many whole records as fit go into a payload") {
    const std::string text = "aaaa\nbbbbb\ncc\n\ndd\nee\nf\n";
    for (const size_t piece : {1, 2, 5, 100}) {
        const auto all = Packing(text, SplitType::kLine, kTen, piece).All();
        REQUIRE(all.size() == 2);
        CHECK(all[0].body == "aaaa\nbbbbb");  // 10 bytes exactly
        CHECK(all[1].body == "cc\ndd\nee\nf");
    }
}

TEST_CASE("a payload says where in the object it lies, and is packed again the same") {
    const std::string text = "aaaa\nbbbbb\n\ncc\ndd\nlast";
    const auto all = Packing(text, SplitType::kLine, kTen).All();
    uint64_t end = 0;
    uint64_t record = 0;
    for (const Payload& payload : all) {
        CHECK(payload.begin == end);
        CHECK(payload.first_record == record);
        const auto again =
            Packing(text, SplitType::kLine, kTen, 4, payload.begin, payload.first_record).All();
        CHECK(again.front().body == payload.body.View());
        CHECK(again.front().end == payload.end);
        CHECK(again.front().first_record == payload.first_record);
        end = payload.end;
        record += payload.records;
    }
    CHECK(end == text.size());
    CHECK(record == 5);
}

TEST_CASE("records that are kept beside their payload are packed as those that are not") {
    const auto processing = DataProcessing::Read(*core::ParseJson(
        R"({"TransformInput": {"ContentType": "text/csv", "SplitType": "Line"},
            "DataProcessing": {"InputFilter": "$[0]", "JoinSource": "Input"}})"));
    REQUIRE(processing);
    std::mt19937 random(2);
    for (int round = 0; round < 1000; round++) {
        std::string text;
        for (size_t i = random() % 60; i > 0; i--) text += random() % 3 == 0 ? '\n' : 'a';
        const size_t piece = 1 + random() % 9;
        Packing kept(text, SplitType::kLine, kTen, piece);
        kept.spec.processing = *processing;
        Packing runs(text, SplitType::kLine, kTen, piece);
        while (true) {
            const auto one = kept.packer.Next();
            const auto other = runs.packer.Next();
            if (!one) break;  // a record is too long, and the run ends before it
            REQUIRE(other);
            REQUIRE(one->has_value() == other->has_value());
            if (!*one) break;
            REQUIRE((*one)->body == (*other)->body.View());
            REQUIRE((*one)->originals == (*other)->body.View());
            REQUIRE((*one)->records == (*other)->records);
            REQUIRE((*one)->end == (*other)->end);
        }
    }
}

TEST_CASE("what is kept beside a payload is bounded as the payload is, or is its body") {
    const auto read = [](const std::string& how) {
        return DataProcessing::Read(*core::ParseJson(
            R"({"TransformInput": {"ContentType": "text/csv", "SplitType": "Line"},
                "DataProcessing": )" +
            how + "}"));
    };
    Packing filtered("a,1234\nb,1\nc,1234\n", SplitType::kLine, kTen);
    filtered.spec.processing = *read(R"({"InputFilter": "$[0]", "JoinSource": "Input"})");
    const auto all = filtered.All();
    REQUIRE(all.size() == 2);
    CHECK(all[0].body == "a\nb");
    CHECK(all[0].originals == "a,1234\nb,1");
    CHECK(all[0].Bytes() == 3 + 10);

    const std::string large = std::string(100'000, 'a') + '\n' + std::string(100'000, 'b');
    for (const BatchStrategy strategy :
         {BatchStrategy::kMultiRecord, BatchStrategy::kSingleRecord}) {
        Packing joined(large, SplitType::kLine, {1, strategy, 1 << 20});
        joined.spec.processing = *read(R"({"JoinSource": "Input"})");
        for (const Payload& payload : joined.All()) {
            CHECK(payload.originals.data() == payload.body.data());
        }
    }
}

TEST_CASE("what stands before a bad record is packed, and the error is the bad one's") {
    const std::string good("\x0a\x23\xd7\xce\x01\0\0\0x\0\0\0", 12);
    Packing packing(good + good + std::string(12, 'b'), SplitType::kRecordIo,
                    {1, BatchStrategy::kMultiRecord, 100});
    const auto payload = packing.packer.Next();
    REQUIRE(payload);
    CHECK((*payload)->body == good + good);
    CHECK_FALSE(packing.packer.Next());
    CHECK(packing.packer.Record() == 2);
    CHECK(packing.packer.Offset() == 24);
}

TEST_CASE("one record a payload, and a bound on records") {
    const BatchLimits single{1, BatchStrategy::kSingleRecord, 10};
    CHECK(Packing("a\nb\nc", SplitType::kLine, single).All().size() == 3);
    Packing some("a\nb\nc", SplitType::kLine, kTen);
    const auto two = some.packer.Next(2);
    REQUIRE(two);
    CHECK((*two)->body == "a\nb");
    CHECK((*some.packer.Next(2))->body == "c");
    CHECK_FALSE(*some.packer.Next(2));
}

TEST_CASE("a record beyond the limit is an error, one of just its size is none") {
    CHECK(Packing("0123456789\nx", SplitType::kLine, kTen).All().size() == 2);
    Packing large("x\n01234567890\nx", SplitType::kLine, kTen);
    REQUIRE(large.packer.Next(1));
    const auto refused = large.packer.Next();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message == "too long");
    CHECK_FALSE(Packing("01234567890", SplitType::kNone, kTen).packer.Next());
    // Without an end it must not be read into memory to find out.
    const std::string endless(1 << 20, 'x');
    Packing never(endless, SplitType::kLine, kTen, 1 << 20);
    CHECK_FALSE(never.packer.Next());
}

TEST_CASE("whatever the bytes, cuts do not depend on the pieces, and packing goes on anywhere") {
    std::mt19937 random(1);
    const std::string letters("ab\n\n,\0\x0a\x23\xd7\xce\x01\x02", 12);
    for (int round = 0; round < 3000; round++) {
        std::string text;
        const size_t size = random() % 80;
        while (text.size() < size) {
            if (random() % 8 == 0) text += std::string("\x0a\x23\xd7\xce\x03\0\0\0abc\0", 12);
            text += letters[random() % letters.size()];
        }
        const auto split = static_cast<SplitType>(random() % 4);
        const BatchLimits limits{1, static_cast<BatchStrategy>(random() % 2), random() % 40 + 1};
        const auto pack = [&](size_t piece, uint64_t skip, uint64_t record) {
            std::vector<Payload> all;
            Packing packing(text, split, limits, piece, skip, record);
            while (true) {
                auto payload = packing.packer.Next();
                if (!payload || !*payload) return all;
                all.push_back(std::move(**payload));
            }
        };
        const auto whole = pack(1000, 0, 0);
        const auto pieces = pack(1 + random() % 5, 0, 0);
        REQUIRE(whole.size() == pieces.size());
        uint64_t end = 0;
        for (size_t i = 0; i < whole.size(); i++) {
            REQUIRE(whole[i].body == pieces[i].body.View());
            REQUIRE(whole[i].begin == end);
            const auto again = pack(3, whole[i].begin, whole[i].first_record);
            REQUIRE(again.size() == whole.size() - i);
            REQUIRE(again[0].body == whole[i].body.View());
            REQUIRE(again[0].end == whole[i].end);
            end = whole[i].end;
        }
    }
}

TEST_CASE("large records stay in the memory that they were read into") {
    std::mt19937 random(3);
    for (int round = 0; round < 40; round++) {
        std::vector<std::string> records;
        std::string text;
        for (int i = 0; i < 12; i++) {
            const size_t size = random() % 2 == 0 ? random() % 500'000 : random() % 2'000;
            records.push_back(std::string(size, static_cast<char>('a' + i)));
            text += std::string("\x0a\x23\xd7\xce", 4);
            for (int byte = 0; byte < 4; byte++) text += static_cast<char>(size >> (8 * byte));
            text += records.back() + std::string((4 - size % 4) % 4, '\0');
        }
        const BatchLimits limits{1, static_cast<BatchStrategy>(round % 2), 1 << 20};
        Packing packing(text, SplitType::kRecordIo, limits, 64 << 10);
        std::vector<core::BodyMemory> given;
        packing.reader.ReadInto([&](size_t size) {
            given.push_back(core::BodyMemory::OfHeap(size));
            return given.back();
        });
        const auto all = packing.All();
        std::string together;
        for (const Payload& payload : all) {
            together += payload.body.View();
            if (payload.body.size() < 64 << 10) continue;
            CHECK(std::ranges::any_of(given, [&](const core::BodyMemory& memory) {
                return payload.body.data() >= memory.data.get() &&
                       payload.body.data() < memory.data.get() + memory.size;
            }));
        }
        if (limits.strategy == BatchStrategy::kMultiRecord) {
            CHECK(together == text);
            continue;
        }
        REQUIRE(all.size() == records.size());
        for (size_t i = 0; i < all.size(); i++) CHECK(all[i].body == records[i]);
        CHECK(given.size() <= records.size());
    }
}

TEST_CASE("the memory of a payload goes with it, though the reader has read on") {
    const std::string line(600'000, 'x');
    Packing packing(line + '\n' + line, SplitType::kLine,
                    {1, BatchStrategy::kMultiRecord, line.size()}, 1 << 20);
    std::vector<std::weak_ptr<char>> given;
    packing.reader.ReadInto([&](size_t size) {
        core::BodyMemory memory = core::BodyMemory::OfHeap(size);
        given.emplace_back(memory.data);
        return memory;
    });
    CHECK((*packing.packer.Next())->body == line);
    CHECK(given.front().expired());
    CHECK((*packing.packer.Next())->body == line);
}

TEST_CASE("gzip input is unpacked on the way") {
    std::string text;
    for (int i = 0; i < 20'000; i++) text += "line " + std::to_string(i) + "\n";
    GunzipReader reader(std::make_unique<Pieces>(core::Gzip(text), 1000));
    std::string all;
    std::string piece(777, '\0');
    while (true) {
        const auto read = reader.Read(piece);
        REQUIRE(read);
        if (*read == 0) break;
        all.append(piece, 0, *read);
    }
    CHECK(all == text);
    const std::string packed = core::Gzip(text);
    GunzipReader cut(std::make_unique<Pieces>(packed.substr(0, packed.size() / 2), 1000));
    CHECK_FALSE(Skip(cut, text.size()));
}

}  // namespace gyre::transform
