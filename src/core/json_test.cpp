#include "core/json.h"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <random>

using namespace gyre::core;

TEST_CASE("JSON reads back as it was written") {
    for (const auto* text :
         {R"({"a":1,"b":[true,null,"x\n\u0001\"\\"],"c":{}})", R"(-5)", R"("é")", "[]", "1.5",
          "1700000000.123", "18446744073709551615", "0.1", "100.0"}) {
        CAPTURE(text);
        const auto json = ParseJson(text);
        REQUIRE(json);
        CHECK(JsonText(*json) == text);
    }
}

TEST_CASE("every double comes back as it was") {
    std::mt19937_64 random(7);
    for (int i = 0; i < 100'000; ++i) {
        const auto number = std::bit_cast<double>(random());
        if (!std::isfinite(number)) continue;
        const auto back = ParseJson(JsonText(Json(number)));
        REQUIRE(back);
        REQUIRE(back->is_double());
        REQUIRE(back->get_double() == number);
    }
    CHECK(ParseJson("0.30000000000000004")->get_double() == 0.1 + 0.2);
    CHECK(ParseJson("-1E+3")->get_double() == -1000.0);
    CHECK(ParseJson("1e-400")->get_double() == 0);
    CHECK(ParseJson("[1e400]").error().message.find("byte") != std::string::npos);
    CHECK(ParseJson(R"({"a":1,"a":2})")->at("a") == 2);
}

TEST_CASE("what is no JSON is refused with its place") {
    for (const auto* text : {"", "{", "[1,]", "{\"a\":}", "nul", "\"\\x\"", "1 2"}) {
        CAPTURE(text);
        const auto json = ParseJson(text);
        REQUIRE_FALSE(json);
        CHECK(json.error().code == Code::kInvalidArgument);
        CHECK(json.error().message.find("byte") != std::string::npos);
    }
    CHECK_FALSE(ParseJson(std::string(100, '[') + std::string(100, ']')));
    CHECK(ParseJson(" {} \n"));
}

TEST_CASE("members are found by type") {
    const Json json = *ParseJson(R"({"s":"text","i":7,"d":1.5,"b":true,"n":null})");
    CHECK(JsonString(json, "s") == "text");
    CHECK(JsonInt(json, "i") == 7);
    CHECK(JsonDouble(json, "d") == 1.5);
    CHECK(JsonDouble(json, "i") == 7.0);
    CHECK(JsonBool(json, "b") == true);
    CHECK_FALSE(JsonString(json, "n"));
    CHECK_FALSE(JsonInt(json, "absent"));
}
