#include "grpc/inference_wire.h"

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include <cstring>

#include "core/json.h"
#include "grpc/schema.h"
#include "grpc/wire.h"

using namespace gyre;
using core::Json;

namespace {

const grpc::Schema& TheSchema() {
    static const grpc::Schema schema;
    return schema;
}

/// A ModelInferRequest as protobuf's own library writes it; bytes are base64.
std::string Request(const std::string& json) {
    auto message = TheSchema().FromJson("inference.ModelInferRequest", *core::ParseJson(json));
    REQUIRE_MESSAGE(message, message.error().message);
    return *message;
}

std::string With(const std::string& datatype, const std::string& contents) {
    return Request(R"({"model_name":"m","inputs":[{"name":"x","datatype":")" + datatype +
                   R"(","shape":[2],"contents":{)" + contents + "}}]}");
}

std::string Values(const grpc::InferenceBody& body) {
    return body.body.substr(body.json_bytes);
}

template <typename... T>
std::string Raw(T... values) {
    std::string raw;
    (raw.append(reinterpret_cast<const char*>(&values), sizeof(values)), ...);
    return raw;
}

}  // namespace

TEST_CASE("raw tensors come after the JSON, in order, the first where an engine can take it") {
    const auto body = grpc::ReadInferRequest(Request(R"({
        "model_name": "m", "model_version": "1", "id": "seven",
        "parameters": {"priority": {"uint64_param": "3"}, "f": {"double_param": 0.5},
                       "triton_enable_empty_final_response": {"bool_param": true}},
        "inputs": [{"name": "x", "datatype": "FP16", "shape": [1, 2]},
                   {"name": "y", "datatype": "BYTES", "shape": [1]}],
        "outputs": [{"name": "z", "parameters": {"classification": {"int64_param": "2"}}}],
        "raw_input_contents": ["YWJjZA==", "AgAAAGhp"]})"));
    REQUIRE_MESSAGE(body, body.error().message);
    CHECK(body->model == "m");
    CHECK(body->version == "1");
    CHECK(body->json_bytes % 64 == 0);
    CHECK(Values(*body) == std::string("abcd\2\0\0\0hi", 10));
    const auto json = core::ParseJson(body->body.substr(0, body->json_bytes));
    REQUIRE(json);
    CHECK(*json == *core::ParseJson(R"({
        "id": "seven", "parameters": {"priority": 3, "f": 0.5, "binary_data_output": true},
        "inputs": [{"name": "x", "datatype": "FP16", "shape": [1, 2],
                    "parameters": {"binary_data_size": 4}},
                   {"name": "y", "datatype": "BYTES", "shape": [1],
                    "parameters": {"binary_data_size": 6}}],
        "outputs": [{"name": "z", "parameters": {"classification": 2, "binary_data": true}}]})"));
}

TEST_CASE("typed contents become what raw ones would have been") {
    struct Case {
        const char* datatype;
        const char* contents;
        std::string raw;
    };
    const Case cases[] = {
        {"BOOL", R"("bool_contents":[true,false])", Raw('\1', '\0')},
        {"INT8", R"("int_contents":[-128,127])", Raw(int8_t{-128}, int8_t{127})},
        {"INT16", R"("int_contents":[-2,3])", Raw(int16_t{-2}, int16_t{3})},
        {"INT32", R"("int_contents":[-2,3])", Raw(-2, 3)},
        {"INT64", R"("int64_contents":["-2","3"])", Raw(int64_t{-2}, int64_t{3})},
        {"UINT8", R"("uint_contents":[0,255])", Raw(uint8_t{0}, uint8_t{255})},
        {"UINT16", R"("uint_contents":[1,65535])", Raw(uint16_t{1}, uint16_t{65535})},
        {"UINT32", R"("uint_contents":[1,4294967295])", Raw(1U, 4294967295U)},
        {"UINT64", R"("uint64_contents":["1","18446744073709551615"])",
         Raw(uint64_t{1}, ~uint64_t{0})},
        {"FP32", R"("fp32_contents":[1.5,-2])", Raw(1.5F, -2.0F)},
        {"FP64", R"("fp64_contents":[1.5,-2])", Raw(1.5, -2.0)},
        {"BYTES", R"("bytes_contents":["aGk=",""])", Raw(2U) + "hi" + Raw(0U)},
    };
    for (const Case& one : cases) {
        CAPTURE(one.datatype);
        const auto body = grpc::ReadInferRequest(With(one.datatype, one.contents));
        REQUIRE_MESSAGE(body, body.error().message);
        CHECK(Values(*body) == one.raw);
    }
}

TEST_CASE("contents that are not packed are taken too") {
    std::string contents;
    grpc::AppendNumber(contents, 2, 5);
    grpc::AppendNumber(contents, 2, static_cast<uint64_t>(-6));
    std::string input;
    grpc::AppendBytes(input, 1, "x");
    grpc::AppendBytes(input, 2, "INT32");
    grpc::AppendNumber(input, 3, 2);  // the shape, not packed either
    grpc::AppendBytes(input, 5, contents);
    std::string message;
    grpc::AppendBytes(message, 1, "m");
    grpc::AppendBytes(message, 5, input);
    const auto body = grpc::ReadInferRequest(message);
    REQUIRE_MESSAGE(body, body.error().message);
    CHECK(Values(*body) == Raw(5, -6));
}

TEST_CASE("requests that contradict themselves are refused with the reason") {
    struct Case {
        std::string message;
        const char* part;
    };
    const Case cases[] = {
        {Request(R"({"inputs":[{"name":"x","datatype":"FP32","contents":{"fp32_contents":[1]}}],
                     "raw_input_contents":["AAAAAA=="]})"),
         "contents field must not be specified when using raw_input_contents"},
        {Request(R"({"inputs":[{"name":"x","datatype":"FP32"},{"name":"y","datatype":"FP32"}],
                     "raw_input_contents":["AAAAAA=="]})"),
         "expected 2 raw_input_contents"},
        {With("FP16", R"("fp32_contents":[1])"), "FP16 has no place in contents"},
        {With("BF16", R"("uint_contents":[1])"), "BF16 has no place in contents"},
        {With("FP32", R"("int_contents":[1])"), "another type's than FP32"},
        {With("INT8", R"("int_contents":[128])"), "out of INT8's range"},
        {With("UINT8", R"("uint_contents":[256])"), "out of UINT8's range"},
        {With("FP8", R"("fp32_contents":[1])"), "\"FP8\" is not known"},
        {"\x0a", "broken"},
        {"\x0a\x7fshort", "broken"},
        {std::string("\x2a\x03\x0a\x05x", 5), "broken"},
    };
    for (const Case& one : cases) {
        CAPTURE(one.part);
        const auto body = grpc::ReadInferRequest(one.message);
        REQUIRE_FALSE(body);
        CHECK(body.error().code == core::Code::kInvalidArgument);
        CHECK(body.error().message.find(one.part) != std::string::npos);
    }
}

TEST_CASE("an input in shared memory is named to the host, which refuses it") {
    const auto body = grpc::ReadInferRequest(Request(
        R"({"model_name":"m","inputs":[{"name":"x","datatype":"FP32","shape":[1],
            "parameters":{"shared_memory_region":{"string_param":"r"}}}]})"));
    REQUIRE_MESSAGE(body, body.error().message);
    CHECK(body->body.find("\"shared_memory_region\":\"r\"") != std::string::npos);
    CHECK(body->body.find("binary_data_size") == std::string::npos);
}

TEST_CASE("an answer becomes a ModelInferResponse, binary or not") {
    const std::string json =
        R"({"model_name":"m","model_version":"1","id":"7","parameters":{"sum":2},
            "outputs":[{"name":"y","datatype":"FP32","shape":[2],"parameters":{"binary_data_size":4}},
                       {"name":"z","datatype":"INT16","shape":[1,2],"data":[[1,-1]]},
                       {"name":"t","datatype":"BYTES","shape":[1],"data":["hi"]}]})";
    const auto message = grpc::WriteInferResponse(json + "abcd", json.size(), true);
    REQUIRE_MESSAGE(message, message.error().message);
    const auto read = TheSchema().ToJson("inference.ModelInferResponse", *message);
    REQUIRE_MESSAGE(read, read.error().message);
    CHECK(*read == *core::ParseJson(R"({
        "model_name": "m", "model_version": "1", "id": "7",
        "parameters": {"sum": {"int64_param": "2"}, "triton_final_response": {"bool_param": true}},
        "outputs": [{"name": "y", "datatype": "FP32", "shape": ["2"]},
                    {"name": "z", "datatype": "INT16", "shape": ["1", "2"]},
                    {"name": "t", "datatype": "BYTES", "shape": ["1"]}],
        "raw_output_contents": ["YWJjZA==", "AQD//w==", "AgAAAGhp"]})"));
}

TEST_CASE("a request in JSON, and an answer in typed contents, as TorchServe has them") {
    const auto body = grpc::ReadInferRequestAsJson(Request(R"({
        "model_name": "m", "id": "7",
        "inputs": [{"name": "x", "datatype": "INT16", "shape": [2]},
                   {"name": "y", "datatype": "FP32", "shape": [1]},
                   {"name": "z", "datatype": "BYTES", "shape": [1]},
                   {"name": "b", "datatype": "BOOL", "shape": [1]}],
        "raw_input_contents": ["AQD//w==", "AADAPw==", "AgAAAGhp", "AQ=="]})"));
    REQUIRE_MESSAGE(body, body.error().message);
    CHECK(body->json_bytes == body->body.size());
    CHECK(*core::ParseJson(body->body) ==
          *core::ParseJson(R"({"id": "7", "model_name": "m", "inputs": [
        {"name": "x", "shape": [2], "datatype": "INT16", "data": [1, -1]},
        {"name": "y", "shape": [1], "datatype": "FP32", "data": [1.5]},
        {"name": "z", "shape": [1], "datatype": "BYTES", "data": ["aGk="]},
        {"name": "b", "shape": [1], "datatype": "BOOL", "data": [true]}]})"));
    CHECK_FALSE(grpc::ReadInferRequestAsJson(Request(
        R"({"inputs":[{"name":"x","datatype":"FP16","shape":[1]}],"raw_input_contents":["AAA="]})")));
    CHECK_FALSE(grpc::ReadInferRequestAsJson(Request(
        R"({"inputs":[{"name":"x","datatype":"FP32","shape":[1]}],"raw_input_contents":["AAA="]})")));

    const std::string json = R"({"model_name":"m","outputs":[
        {"name":"x","datatype":"INT8","shape":[2],"data":[-1,2]},
        {"name":"y","datatype":"FP64","shape":[1],"data":[0.5]},
        {"name":"z","datatype":"BYTES","shape":[1],"data":["hi"]}]})";
    const auto message =
        grpc::WriteInferResponse(json, json.size(), false, grpc::AnswerValues::kTyped);
    REQUIRE_MESSAGE(message, message.error().message);
    const auto read = *TheSchema().ToJson("inference.ModelInferResponse", *message);
    CHECK(read.at("outputs").at(0).at("contents") ==
          *core::ParseJson(R"({"int_contents":[-1,2]})"));
    CHECK(read.at("outputs").at(1).at("contents") ==
          *core::ParseJson(R"({"fp64_contents":[0.5]})"));
    CHECK(read.at("outputs").at(2).at("contents") ==
          *core::ParseJson(R"({"bytes_contents":["aGk="]})"));
    CHECK(core::JsonFind(read, "raw_output_contents") == nullptr);
}

TEST_CASE("an answer that is no inference response says so") {
    for (const char* answer : {"", "hello", "{}", R"({"outputs":[{"name":"y"}]})",
                               R"({"outputs":[{"datatype":"FP16","data":[1]}]})",
                               R"({"outputs":[{"parameters":{"binary_data_size":5}}]})"}) {
        CAPTURE(answer);
        const auto message = grpc::WriteInferResponse(answer, std::strlen(answer));
        REQUIRE_FALSE(message);
        CHECK(message.error().code == core::Code::kInternal);
    }
}
