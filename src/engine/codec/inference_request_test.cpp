#include "engine/codec/inference_request.h"

#include <doctest/doctest.h>

#include <cstring>

#include "core/inference_media.h"
#include "core/json.h"
#include "engine/codec/body_decoder.h"
#include "engine/codec/inference_reply.h"

namespace gyre::engine {
namespace {

const std::vector<TensorSpec> kAskedTwo{{.name = "a", .type = DataType::kFloat32, .shape = {-1, 2}},
                                        {.name = "b", .type = DataType::kInt64, .shape = {-1, 1}}};
const std::vector<TensorSpec> kAskedOne{kAskedTwo[0]};

template <typename T>
std::string RequestBytes(std::initializer_list<T> values) {
    std::string bytes;
    for (const T value : values) bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
    return bytes;
}

core::Result<InferenceRequest> Parse(const std::string& json, const std::string& binary = "",
                                     const std::vector<TensorSpec>& inputs = kAskedTwo) {
    return ParseInferenceRequest(std::make_shared<const core::Body>(json + binary), json.size(),
                                 inputs);
}

std::string Refusal(const std::string& json, const std::string& binary = "") {
    const auto request = Parse(json, binary);
    REQUIRE_FALSE(request);
    CHECK(request.error().code == core::Code::kInvalidArgument);
    return request.error().message;
}

bool Has(const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("binary tensors are read where they lie") {
    const std::string json =
        R"({"id":"7","inputs":[{"name":"a","datatype":"FP32","shape":[1,2],"parameters":{"binary_data_size":8}},)"
        R"({"name":"b","datatype":"INT64","shape":[1,1],"parameters":{"binary_data_size":8}}],)"
        R"("outputs":[{"name":"y","parameters":{"binary_data":true}},{"name":"z"}]})";
    auto body = std::make_shared<const core::Body>(json + RequestBytes<float>({1.5F, -2}) +
                                                   RequestBytes<int64_t>({1LL << 40}));
    const auto request = ParseInferenceRequest(body, json.size(), kAskedTwo);
    REQUIRE(request);
    REQUIRE(request->inputs.size() == 2);
    CHECK(request->inputs[0].tensor.Data() == body->data() + json.size());
    CHECK(request->inputs[0].tensor.Dims() == Shape{1, 2});
    int64_t value = 0;
    std::memcpy(&value, request->inputs[1].tensor.Data(), sizeof(value));
    CHECK(value == 1LL << 40);
    CHECK(request->plan.id == "7");
    REQUIRE(request->plan.outputs.size() == 2);
    CHECK(request->plan.outputs[0].binary);
    CHECK_FALSE(request->plan.outputs[1].binary);
}

TEST_CASE("JSON values come flat or nested, in the input's type") {
    const auto request =
        Parse(R"({"inputs":[{"name":"a","datatype":"FP32","shape":[2,2],"data":[[1,2.5],[3,4]]},)"
              R"({"name":"b","datatype":"INT64","shape":[2,1],"data":[9007199254740993,-1]}],)"
              R"("parameters":{"binary_data_output":true}})");
    REQUIRE(request);
    CHECK(request->inputs[0].tensor.As<float>()[1] == 2.5F);
    CHECK(request->inputs[1].tensor.As<int64_t>()[0] == 9007199254740993);
    CHECK(request->plan.binary);
    CHECK(Parse(R"({"inputs":[{"name":"a","datatype":"BOOL","shape":[2],"data":[true,0]}]})"));
    const auto half =
        Parse(R"({"inputs":[{"name":"a","datatype":"FP16","shape":[1],"data":[0.5]}]})");
    REQUIRE(half);
    CHECK(half->inputs[0].tensor.As<uint16_t>()[0] == 0x3800);
    const auto texts =
        Parse(R"({"inputs":[{"name":"a","datatype":"BYTES","shape":[2],"data":["x",""]}]})");
    REQUIRE(texts);
    CHECK(texts->inputs[0].bytes == std::vector<std::string_view>{"x", ""});
}

TEST_CASE("BYTES elements carry their lengths") {
    const auto elements = SplitBytesTensor(std::string_view("\3\0\0\0abc\0\0\0\0\1\0\0\0z", 16));
    REQUIRE(elements);
    CHECK(*elements == std::vector<std::string_view>{"abc", "", "z"});
    CHECK_FALSE(SplitBytesTensor(std::string_view("\3\0\0", 3)));
    CHECK_FALSE(SplitBytesTensor(std::string_view("\4\0\0\0abc", 7)));
}

TEST_CASE("a body without JSON is the only input's rows") {
    const auto rows = ParseInferenceRequest(
        std::make_shared<const core::Body>(RequestBytes<float>({1, 2, 3, 4})), 0, kAskedOne);
    REQUIRE(rows);
    CHECK(rows->inputs[0].tensor.Dims() == Shape{2, 2});
    CHECK(rows->plan.binary);
    CHECK_FALSE(ParseInferenceRequest(std::make_shared<const core::Body>("abc"), 0, kAskedOne));
    CHECK_FALSE(ParseInferenceRequest(std::make_shared<const core::Body>(""), 0, kAskedOne));
    CHECK_FALSE(
        ParseInferenceRequest(std::make_shared<const core::Body>("12345678"), 0, kAskedTwo));
}

TEST_CASE("what does not fit is refused by name") {
    const auto input = [](const std::string& rest) { return R"({"inputs":[{)" + rest + "}]}"; };
    CHECK(Has(Refusal("{"), "JSON"));
    CHECK(Has(Refusal("[]"), "\"inputs\""));
    CHECK(Has(Refusal(R"({"inputs":{}})"), "\"inputs\""));
    CHECK(Has(Refusal(input(R"("datatype":"FP32","shape":[1],"data":[1])")), "\"name\""));
    CHECK(Has(Refusal(input(R"("name":"a","datatype":"FP32","shape":[1])")), "neither"));
    CHECK(Has(Refusal(input(R"("name":"a","datatype":"FP32","shape":[-1],"data":[])")), "shape"));
    CHECK(Has(Refusal(input(R"("name":"a","datatype":"FP31","shape":[1],"data":[1])")), "FP31"));
    CHECK(Has(Refusal(input(R"("name":"a","datatype":"FP32","shape":[3],"data":[1])")), "3"));
    CHECK(Has(Refusal(input(R"("name":"a","datatype":"INT8","shape":[1],"data":[300])")), "type"));
    CHECK(Has(Refusal(input(R"("name":"a","datatype":"FP32","shape":[4611686018427387904,4],)"
                            R"("data":[1])")),
              "memory"));
    const std::string two =
        input(R"("name":"a","datatype":"FP32","shape":[2],"parameters":{"binary_data_size":8})");
    CHECK(Has(Refusal(two, "1234567"), "left"));
    CHECK(Has(Refusal(two, "123456789"), "no input takes"));
    CHECK(Has(Refusal(input(R"("name":"a","datatype":"FP32","shape":[3],"parameters":)"
                            R"({"binary_data_size":8})"),
                      "12345678"),
              "12"));
    CHECK(Has(Refusal(input(R"("name":"a","datatype":"FP32","shape":[2],"parameters":)"
                            R"({"shared_memory_region":"r","shared_memory_byte_size":8})")),
              "shared memory"));
    CHECK(Has(Refusal(R"({"inputs":[{"name":"a","datatype":"FP32","shape":[1],"data":[1]},)"
                      R"({"name":"a","datatype":"FP32","shape":[1],"data":[1]}]})"),
              "twice"));
}

TEST_CASE("the model's own types and names are kept to") {
    const BodyDecoder decoder(kAskedTwo, std::nullopt);
    const auto decode = [&](const std::string& json) {
        return decoder.Decode(json, core::InferenceContentType(json.size()));
    };
    const auto good =
        decode(R"({"inputs":[{"name":"b","datatype":"INT64","shape":[1,1],"data":[1]},)"
               R"({"name":"a","datatype":"FP32","shape":[1,2],"data":[1,2]}]})");
    REQUIRE(good);
    CHECK(good->tensors[0].Type() == DataType::kFloat32);  // in the model's order
    CHECK(good->inference != nullptr);
    const auto typed =
        decode(R"({"inputs":[{"name":"a","datatype":"FP64","shape":[1,2],"data":[1,2]}]})");
    CHECK(Has(typed.error().message, "'FP64', but the model expects 'FP32'"));
    const auto named =
        decode(R"({"inputs":[{"name":"c","datatype":"FP64","shape":[1,2],"data":[1,2]}]})");
    CHECK(Has(named.error().message, "unexpected inference input 'c'"));
    const auto missing =
        decode(R"({"inputs":[{"name":"a","datatype":"FP32","shape":[1,2],"data":[1,2]}]})");
    CHECK(Has(missing.error().message, "expected 2 inputs but got 1"));
    CHECK_FALSE(decoder.Decode("{}", std::string(core::kInferenceMedia)));
}

TEST_CASE("answers are JSON, binary, or the best classes") {
    Tensor y(DataType::kFloat32, {1, 3});
    const float values[] = {0.25F, 2, -1};
    std::memcpy(y.MutableData(), values, sizeof(values));
    const ReplyStyle style{.output_names = {"y"}, .labels = {"ant", "bee"}, .top_k = 0};
    InferenceReplyPlan plan{.model = "m", .id = "q", .outputs = {}, .binary = false};
    const Tensor outputs[] = {y};

    const auto json = EncodeInferenceReply(outputs, false, plan, style);
    REQUIRE(json);
    CHECK(json->content_type == "application/json");
    CHECK(json->body == R"({"model_name":"m","model_version":"1","id":"q","outputs":[{"name":"y",)"
                        R"("datatype":"FP32","shape":[1,3],"data":[0.25,2.0,-1.0]}]})");

    plan.outputs = {{.name = "y", .binary = true, .classes = 0}};
    const auto binary = EncodeInferenceReply(outputs, false, plan, style);
    REQUIRE(binary);
    const auto size = core::InferenceJsonBytes(binary->content_type);
    REQUIRE(size);
    CHECK(core::ParseJson(binary->body.View().substr(0, *size)));
    CHECK(binary->body.View().substr(*size) ==
          std::string(reinterpret_cast<const char*>(values), 12));

    plan.outputs = {{.name = "y", .binary = false, .classes = 2}};
    const auto classes = EncodeInferenceReply(outputs, false, plan, style);
    REQUIRE(classes);
    CHECK(Has(std::string(classes->body),
              R"("datatype":"BYTES","shape":[1,2],"data":["2:1:bee","0.25:0:ant"])"));

    plan.outputs = {{.name = "x", .binary = false, .classes = 0}};
    CHECK_FALSE(CheckOutputs(plan, style));
    CHECK_FALSE(EncodeInferenceReply(outputs, false, plan, style));
}

}  // namespace gyre::engine
