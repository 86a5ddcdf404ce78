#include "wire/event_stream.h"

#include <doctest/doctest.h>

#include "core/digest.h"

using namespace gyre;

// As botocore's own encoder writes these.
TEST_CASE("an event is what other programs read") {
    std::string out;
    wire::AppendEvent(out, {}, "");
    CHECK(core::HexEncode(out) == "000000100000000005c248eb7d98c8ff");
    out.clear();
    wire::AppendEvent(out, {}, "{'foo':'bar'}");
    CHECK(core::HexEncode(out) == "0000001d00000000fd528c5a7b27666f6f273a27626172277dc3653936");
}

TEST_CASE("events follow each other") {
    std::string out;
    wire::AppendBytesEvent(out, "PayloadPart", "abc");
    const size_t one = out.size();
    wire::AppendBytesEvent(out, "PayloadPart", "abc");
    CHECK(out.size() == 2 * one);
    CHECK(out.substr(0, one) == out.substr(one));
    CHECK(out.find(":event-type") != std::string::npos);
}
