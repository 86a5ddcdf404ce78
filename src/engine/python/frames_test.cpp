#include "engine/python/frames.h"

#include <doctest/doctest.h>

#include <cstring>

namespace gyre::engine::python {
namespace {

std::string U32(uint32_t value) {
    return {reinterpret_cast<const char*>(&value), sizeof value};
}
std::string U64(uint64_t value) {
    return {reinterpret_cast<const char*>(&value), sizeof value};
}
std::string Row(uint32_t failed, uint32_t status, uint32_t type, uint32_t headers, uint64_t body) {
    return U32(failed) + U32(status) + U32(type) + U32(headers) + U64(body);
}
Frame AnswersFrame(std::string payload, uint32_t items) {
    return {FrameKind::kAnswers, items, std::move(payload)};
}

TEST_CASE("a batch's head holds what the page says, and bodies follow") {
    const Request one{"1", "body", "a/b", "*/*", {{"x", "y"}}};
    const Request two{"22", "", "", "", {}};
    const Request* const batch[] = {&one, &two};
    const std::string expected = U32(4) + U32(2) + U64(2 * 24 + 1 + 3 + 3 + 4 + 2 + 4) +
                                 (U32(1) + U32(3) + U32(3) + U32(4) + U64(4)) +
                                 (U32(2) + U32(0) + U32(0) + U32(0) + U64(0)) + "1" + "a/b" +
                                 "*/*" + std::string("x\0y\0", 4) + "22";
    CHECK(EncodeBatchHead(batch) == expected);
}

TEST_CASE("answers and failures are told apart") {
    const auto answers = DecodeAnswers(
        AnswersFrame(Row(0, 201, 3, 4, 2) + Row(1, 422, 4, 0, 2) + Row(1, 500, 1, 0, 0) + "a/b" +
                         std::string("k\0v\0", 4) + "Oddy" + "E" + "ok" + "no",
                     3),
        3);
    REQUIRE(answers);
    CHECK((*answers)[0]->status == 201);
    CHECK((*answers)[0]->content_type == "a/b");
    CHECK((*answers)[0]->headers.at("k") == "v");
    CHECK((*answers)[0]->body == "ok");
    CHECK((*answers)[1].error().code == core::Code::kInvalidArgument);
    CHECK((*answers)[1].error().http_status == 422);
    CHECK((*answers)[1].error().message == "Oddy: no");
    CHECK((*answers)[1].error().details.at("PythonException") == "Oddy");
    CHECK((*answers)[2].error().code == core::Code::kInternal);
}

TEST_CASE("answers say which calls gave them, where these were several") {
    const auto row = [](uint32_t first) { return Row(first, 200, 0, 0, 0); };
    constexpr uint32_t kNone = 0x3FFFFFFF << 2;
    const Frame one = AnswersFrame(row(0) + row(1) + row(0), 3);
    REQUIRE(DecodeAnswers(one, 3));
    CHECK(DecodeCalls(one).empty());
    CHECK(DecodeCalls(AnswersFrame("", 0)).empty());

    const Frame several =
        AnswersFrame(row(0) + row(1 << 2 | 2) + row(kNone | 1) + row(1 << 2 | 2 | 1), 4);
    const auto answers = DecodeAnswers(several, 4);
    REQUIRE(answers);
    CHECK((*answers)[1]);
    CHECK_FALSE((*answers)[2]);
    CHECK_FALSE((*answers)[3]);
    const std::vector<Call> calls = DecodeCalls(several);
    REQUIRE(calls.size() == 4);
    CHECK(calls[0].requests == 1);
    CHECK_FALSE(calls[0].another_shape);
    CHECK(calls[2].requests == 0);
    for (const size_t i : {1, 3}) {
        CHECK(calls[i].number == 1);
        CHECK(calls[i].requests == 2);
        CHECK(calls[i].another_shape);
    }
    CHECK_FALSE(DecodeAnswers(AnswersFrame(row(0) + row(2 << 2), 2), 2));  // of two calls at most
}

TEST_CASE("what does not add up is refused") {
    const std::string fine = Row(0, 200, 0, 0, 1) + "x";
    CHECK(DecodeAnswers(AnswersFrame(fine, 1), 1));
    const Frame wrong[] = {
        AnswersFrame(fine, 2),
        AnswersFrame(fine + "y", 1),
        AnswersFrame(Row(0, 200, 0, 0, 1), 1),
        AnswersFrame("", 1),
        AnswersFrame(Row(0, 99, 0, 0, 1) + "x", 1),
        AnswersFrame(Row(0, 200, 0, 2, 0) + "ab", 1),            // a header with no end
        AnswersFrame(Row(0, 200, 0, 0, ~uint64_t{0}) + "x", 1),  // lengths that overflow
        AnswersFrame(Row(0, 200, ~uint32_t{0}, ~uint32_t{0}, 1) + "x", 1),
        {FrameKind::kBatch, 1, fine},
    };
    for (const Frame& frame : wrong) {
        const auto answers = DecodeAnswers(frame, 1);
        REQUIRE_FALSE(answers);
        CHECK(answers.error().code == core::Code::kDataLoss);
    }
    CHECK(DecodeHeader(EncodeHeader({FrameKind::kNote, 0, 5}))->size == 5);
    CHECK_FALSE(DecodeHeader(EncodeHeader({static_cast<FrameKind>(9), 0, 5})));
    CHECK_FALSE(DecodeHeader(EncodeHeader({FrameKind::kAnswers, 0, kLargestAnswer + 1})));
}

TEST_CASE("a part is of a row of its batch, and no failure") {
    const std::string fine = Row(0, 200, 0, 0, 1) + "x";
    const auto part = DecodePart({FrameKind::kPart, 2, fine}, 3);
    REQUIRE(part);
    CHECK(part->row == 2);
    CHECK(part->reply.body == "x");
    CHECK_FALSE(DecodePart({FrameKind::kPart, 3, fine}, 3));
    CHECK_FALSE(DecodePart({FrameKind::kPart, 0, fine + "y"}, 3));
    CHECK_FALSE(DecodePart({FrameKind::kPart, 0, Row(1, 500, 0, 0, 1) + "x"}, 3));
}

}  // namespace
}  // namespace gyre::engine::python
