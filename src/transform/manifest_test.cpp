#include "transform/manifest.h"

#include <doctest/doctest.h>

#include "transform/output_names.h"

namespace gyre::transform {

TEST_CASE("a manifest's names stand below its prefix") {
    const auto entries = ParseManifest(R"([{"prefix": "s3://bbb/some/"}, "a", "x/y.csv"])");
    REQUIRE(entries);
    REQUIRE(entries->size() == 2);
    CHECK((*entries)[1].object.bucket == "bbb");
    CHECK((*entries)[1].object.key == "some/x/y.csv");
    CHECK((*entries)[1].part == "x/y.csv");
}

TEST_CASE("without a prefix they are URIs") {
    const auto entries = ParseManifest(R"(["s3://bbb/k/1", "s3://ccc/2"])");
    REQUIRE(entries);
    CHECK((*entries)[0].part == "k/1");
    CHECK((*entries)[1].object.bucket == "ccc");
}

TEST_CASE("what is no manifest is refused") {
    for (const char* text : {"", "{}", "[1]", R"(["k"])", R"([{"prefix": 1}])",
                             R"(["s3://bbb/1", {"prefix": "s3://bbb/"}])",
                             R"([{"prefix": "s3://bbb/"}, {"prefix": "s3://bbb/"}, "a"])",
                             R"([{"prefix":"s3://bbb"}, ""])"}) {
        CAPTURE(text);
        CHECK_FALSE(ParseManifest(text));
    }
}

TEST_CASE("a line of an augmented manifest names its object") {
    const auto entry = ParseAugmentedLine(R"({"source-ref": "s3://bbb/x/1.jpg", "label": 3})");
    REQUIRE(entry);
    CHECK(entry->object.key == "x/1.jpg");
    CHECK(entry->part == "x/1.jpg");
    CHECK_FALSE(ParseAugmentedLine(R"({"source": "text"})"));
    CHECK_FALSE(ParseAugmentedLine("not json"));
}

TEST_CASE("outputs are named by what stands below the input's prefix") {
    struct Row {
        const char* prefix;
        const char* key;
        const char* part;
    };
    for (const Row& row :
         {Row{"in/", "in/a/b.csv", "a/b.csv"}, Row{"in", "in/a/b.csv", "a/b.csv"},
          Row{"", "a/b.csv", "a/b.csv"}, Row{"in/data.csv", "in/data.csv", "data.csv"},
          Row{"in/da", "in/data.csv", "data.csv"}, Row{"da", "data.csv", "data.csv"},
          Row{"in", "in-2/x", "in-2/x"}}) {
        CAPTURE(row.prefix);
        CAPTURE(row.key);
        CHECK(PartUnderPrefix(row.key, row.prefix) == row.part);
    }
    CHECK(OutputKey("", "a/b.csv") == "a/b.csv.out");
    CHECK(OutputKey("out", "a/b.csv") == "out/a/b.csv.out");
    CHECK(OutputKey("out/", "b.csv") == "out/b.csv.out");
    CHECK(ErrorReportKey("out", "job") == "out/job.errors.jsonl");
}

}  // namespace gyre::transform
