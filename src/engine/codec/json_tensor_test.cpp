#include "engine/codec/json_tensor.h"

#include <doctest/doctest.h>

#include <cmath>

namespace gyre::engine {
namespace {

const std::vector<TensorSpec> kNamedOne{{.name = "x", .type = DataType::kFloat32}};
const std::vector<TensorSpec> kNamedTwo{{.name = "a", .type = DataType::kInt64},
                                        {.name = "b", .type = DataType::kFloat32}};

core::Result<JsonTensors> ParseTensors(std::string_view text, DataType type = DataType::kFloat32) {
    std::vector<TensorSpec> inputs = kNamedOne;
    inputs[0].type = type;
    return ParseJsonTensors(text, inputs);
}

std::string Again(std::string_view text, DataType type = DataType::kFloat32) {
    auto parsed = ParseTensors(text, type);
    if (!parsed) return parsed.error().message;
    std::string written;
    AppendJson(written, parsed->tensors[0]);
    return written;
}

}  // namespace

TEST_CASE("nested lists become tensors and back") {
    CHECK(Again("[1, 2.5, -3e2]") == "[1.0,2.5,-300.0]");
    CHECK(Again(" [[1,2],\n[3,4],[5,6]] ") == "[[1.0,2.0],[3.0,4.0],[5.0,6.0]]");
    CHECK(Again("7") == "7.0");
    CHECK(Again("[]") == "[]");
    CHECK(Again("[[],[]]") == "[[],[]]");
    CHECK(Again("[[[1]]]") == "[[[1.0]]]");
    CHECK(Again("[true,false]") == "[1.0,0.0]");
    CHECK(Again("[NaN, Infinity, -Infinity]") == "[NaN,Infinity,-Infinity]");
    CHECK(Again("Infinity") == "Infinity");
    CHECK(Again("[0.1,1e-7,16777216]") == "[0.1,1e-07,16777216.0]");
    CHECK(Again("[1,2,3.0]", DataType::kInt64) == "[1,2,3]");
    CHECK(Again("[9223372036854775807,-9223372036854775808]", DataType::kInt64) ==
          "[9223372036854775807,-9223372036854775808]");
    CHECK(Again("[18446744073709551615]", DataType::kUint64) == "[18446744073709551615]");
    CHECK(Again("[true,0]", DataType::kBool) == "[true,false]");
    CHECK(Again("[0.5]", DataType::kFloat16) == "[0.5]");
}

TEST_CASE("the shape is the lists'") {
    auto parsed = ParseTensors("[[[1,2,3],[4,5,6]]]");
    REQUIRE(parsed);
    CHECK(parsed->tensors[0].Dims() == Shape{1, 2, 3});
    CHECK(ParseTensors("[[],[]]")->tensors[0].Dims() == Shape{2, 0});
}

TEST_CASE("what is no tensor is refused with its place") {
    for (const char* text : {"",
                             "[",
                             "[1",
                             "[1,",
                             "[1,]",
                             "[,1]",
                             "[1 2]",
                             "[[1,2],[3]]",
                             "[[1],2]",
                             "[1,[2]]",
                             "[[1],[[2]]]",
                             "[[],1]",
                             "[1]]",
                             "[\"a\"]",
                             "[null]",
                             "[1.]x",
                             "[.5]",
                             "[+1]",
                             "[01]",
                             "[nan]",
                             "[inf]",
                             "[-]",
                             "[1e999]",
                             "{",
                             "{}",
                             "{\"x\": [1]}",
                             "{\"instances\": }",
                             "{\"instances\": [1]",
                             "{\"instances\": [1]} 1",
                             "{\"inputs\": {\"y\": [1]}}",
                             "{\"inputs\": {}}",
                             "{\"inputs\": {\"x\": [1], \"x\": [1]}}",
                             "{\"instances\": [1], \"more\": 1}",
                             "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]"}) {
        CAPTURE(text);
        const auto parsed = ParseTensors(text);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().code == core::Code::kInvalidArgument);
        CHECK(parsed.error().message.find("at byte ") != std::string::npos);
    }
    CHECK_FALSE(ParseTensors("[256]", DataType::kUint8));
    CHECK_FALSE(ParseTensors("[-1]", DataType::kUint8));
    CHECK_FALSE(ParseTensors("[1.5]", DataType::kInt32));
    CHECK_FALSE(ParseTensors("[9223372036854775808]", DataType::kInt64));
    CHECK_FALSE(ParseTensors("[2]", DataType::kBool));
}

TEST_CASE("TensorFlow Serving's envelopes") {
    CHECK(ParseTensors("[1]")->envelope == JsonEnvelope::kNone);
    CHECK(ParseTensors(R"({"instances": [1]})")->envelope == JsonEnvelope::kInstances);
    CHECK(ParseTensors(R"({"inputs": [1]})")->envelope == JsonEnvelope::kInputs);
    CHECK(ParseTensors(R"({"inputs": {"x": [1]}})")->envelope == JsonEnvelope::kInputs);
}

TEST_CASE("several inputs come by name, in any order") {
    auto parsed = ParseJsonTensors(R"({"inputs": {"b": [[0.5]], "a": [[7]]}})", kNamedTwo);
    REQUIRE(parsed);
    REQUIRE(parsed->tensors.size() == 2);
    CHECK(parsed->tensors[0].As<int64_t>()[0] == 7);
    CHECK(parsed->tensors[1].As<float>()[0] == 0.5F);
    CHECK_FALSE(ParseJsonTensors("[1]", kNamedTwo));
    CHECK_FALSE(ParseJsonTensors(R"({"instances": [1]})", kNamedTwo));
    CHECK_FALSE(ParseJsonTensors(R"({"inputs": {"a": [1]}})", kNamedTwo));
}

}  // namespace gyre::engine
