#include "host/body_streams.h"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

#include "serving/host_protocol.h"

namespace gyre::host {
namespace {

using core::Code;
using net::Frame;

constexpr core::milliseconds kPatience{1'000};

/// What was replied, in order.
struct Replies {
    net::FrameServer::Reply To(const std::string& name) {
        return [this, name](Frame frame) {
            all.Lock()->emplace_back(name + ":" + (frame.head.empty() ? "" : "head ") +
                                     std::string(frame.body));
            all.NotifyAll();
        };
    }
    std::vector<std::string> Now() { return *all.Lock(); }

    core::Guarded<std::vector<std::string>> all;
};

Frame FrameOf(const char* id, const char* body = "", bool last = false, bool abandoned = false) {
    return {
        .head = serving::EncodeStreamHead({.request_id = id, .last = last, .abandoned = abandoned}),
        .body = body};
}

using Texts = std::vector<std::string>;

TEST_CASE("a piece is answered when it is taken, a part when it is given") {
    BodyStreams streams;
    Replies replies;
    const auto stream = streams.Open("a", kPatience);
    REQUIRE(stream);
    CHECK(stream->Patience() == kPatience);
    CHECK(streams.Open("a", kPatience) == nullptr);
    streams.Piece(FrameOf("a", "one"), replies.To("1"));
    streams.Piece(FrameOf("a", ""), replies.To("2"));  // none, and not the last
    streams.Piece(FrameOf("a", "three", true), replies.To("3"));
    CHECK(replies.Now().empty());
    CHECK(*stream->NextPiece() == "one");
    CHECK(*stream->NextPiece() == "three");
    CHECK(stream->NextPiece()->empty());
    CHECK(stream->NextPiece()->empty());
    CHECK(replies.Now() == Texts{"1:", "2:", "3:"});

    streams.Part(FrameOf("a"), replies.To("4"));
    REQUIRE(stream->Give({.body = "part"}));
    std::thread later([&] { REQUIRE(stream->Give({.body = "next"})); });  // is asked for only then
    streams.Part(FrameOf("a"), replies.To("5"));
    later.join();
    streams.Part(FrameOf("a"), replies.To("6"));
    streams.Close("a");
    CHECK(replies.Now() == Texts{"1:", "2:", "3:", "4:head part", "5:head next", "6:"});
    // Nobody knows of it any more.
    streams.Part(FrameOf("a"), replies.To("7"));
    streams.Piece(FrameOf("a", "late"), replies.To("8"));
    streams.Piece({.head = "rubbish", .body = "late"}, replies.To("9"));
    CHECK(replies.Now().size() == 9);
    CHECK(streams.Open("a", kPatience));
    streams.Close("a");
}

TEST_CASE("a model that answered early leaves pieces, which are answered") {
    BodyStreams streams;
    Replies replies;
    REQUIRE(streams.Open("a", kPatience));
    streams.Piece(FrameOf("a", "one"), replies.To("1"));
    streams.Close("a");
    CHECK(replies.Now() == Texts{"1:"});
}

TEST_CASE("what nobody wants any more, and what is under way at the end, is cancelled") {
    BodyStreams streams;
    Replies replies;
    const auto abandoned = streams.Open("a", kPatience);
    std::thread waits([&] { CHECK(abandoned->NextPiece().error().code == Code::kCancelled); });
    streams.Piece(FrameOf("a", "", true, true), replies.To("1"));
    waits.join();
    CHECK(abandoned->Cancelled().Cancelled());
    CHECK(abandoned->Give({.body = "part"}).error().code == Code::kCancelled);
    streams.Close("a");
    CHECK(replies.Now() == Texts{"1:"});

    const auto under_way = streams.Open("b", kPatience);
    std::thread gives([&] { CHECK(under_way->Give({}).error().code == Code::kCancelled); });
    streams.Stop();
    gives.join();
    CHECK(streams.Open("c", kPatience) == nullptr);
    streams.Close("b");
}

}  // namespace
}  // namespace gyre::host
