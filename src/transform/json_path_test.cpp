#include "transform/json_path.h"

#include <doctest/doctest.h>

#include <boost/json.hpp>

namespace gyre::transform {
namespace {

// What the path takes of the document; "error" where it takes nothing.
std::string Take(const std::string& path, const std::string& json) {
    const auto parsed = JsonPath::Parse(path);
    REQUIRE_MESSAGE(parsed, path);
    const auto taken = parsed->Take(*core::ParseJson(json));
    return taken ? core::JsonText(*taken) : "error: " + taken.error().message;
}

}  // namespace

TEST_CASE("what AWS's page on joining shows") {
    const char* record = R"({"id": 7, "features": [1, 2, 3], "SageMakerOutput": {"score": 0.5}})";
    CHECK(Take("$", R"({"a":1})") == R"({"a":1})");
    CHECK(Take("$.features", record) == "[1,2,3]");
    CHECK(Take("$['features']", record) == "[1,2,3]");
    CHECK(Take("$['id','SageMakerOutput']", record) ==
          R"({"id":7,"SageMakerOutput":{"score":0.5}})");
    CHECK(Take("$['SageMakerOutput', 'id']", record) ==
          R"({"SageMakerOutput":{"score":0.5},"id":7})");
    CHECK(Take("$.SageMakerOutput.score", record) == "0.5");
    CHECK(Take("$.SageMakerOutput.['score']", record) == "0.5");
    CHECK(Take("$.features[1:]", record) == "[2,3]");
    CHECK(Take("$.features[0]", record) == "1");
}

TEST_CASE("numbers, slices and lists of them") {
    const char* five = "[10,11,12,13,14]";
    struct Row {
        const char* path;
        const char* taken;
    };
    for (const Row& row :
         {Row{"$[0]", "10"}, Row{"$[-1]", "14"}, Row{"$[0,3:]", "[10,13,14]"},
          Row{"$[1:3]", "[11,12]"}, Row{"$[:2]", "[10,11]"}, Row{"$[:]", "[10,11,12,13,14]"},
          Row{"$[*]", "[10,11,12,13,14]"}, Row{"$[4,0]", "[14,10]"}, Row{"$[5:]", "[]"},
          Row{"$[3:1]", "[]"}, Row{"$[-2:]", "[13,14]"}, Row{"$[ 0 , 2 ]", "[10,12]"}}) {
        CAPTURE(row.path);
        CHECK(Take(row.path, five) == row.taken);
    }
    for (const char* path : {"$[5]", "$[-6]", "$[0,9]", "$[0:6]", "$[6:]", "$.a"}) {
        CAPTURE(path);
        CHECK(Take(path, five).starts_with("error: "));
    }
    CHECK(Take("$[0]", R"({"a":1})").starts_with("error: "));
    CHECK(Take("$.*", R"({"a":1,"b":[2]})") == "[1,[2]]");
}

TEST_CASE("columns of a row") {
    const auto columns = [](const char* path) { return JsonPath::Parse(path)->Columns(4).value(); };
    CHECK(columns("$") == std::vector<size_t>{0, 1, 2, 3});
    CHECK(columns("$[1:]") == std::vector<size_t>{1, 2, 3});
    CHECK(columns("$[0,2:]") == std::vector<size_t>{0, 2, 3});
    CHECK_FALSE(JsonPath::Parse("$[4]")->Columns(4));
    CHECK(JsonPath::Parse("$[1:]")->TakesColumns());
    CHECK_FALSE(JsonPath::Parse("$.a")->TakesColumns());
    CHECK_FALSE(JsonPath::Parse("$[0][1]")->TakesColumns());
}

TEST_CASE("what is no path says where it went wrong") {
    for (const char* path : {"",         "a",         "$.",       "$..a",           "$[",
                             "$[]",      "$['a]",     "$[1",      "$[1,]",          "$['a',1]",
                             "$[1,'a']", "$a",        "$[1:2:3]", "$[99999999999]", "$['a','b'].c",
                             "$[*].a",   "$[?(@.a)]", "$['']",    "$.a b",          "$[*,1]",
                             "$[1,*]",   "$ "}) {
        CAPTURE(path);
        const auto parsed = JsonPath::Parse(path);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().message.find("at character") != std::string::npos);
    }
}

}  // namespace gyre::transform
