#include "serving/kserve/v2_documents.h"

#include <doctest/doctest.h>

#include "net/http_message.h"
#include "serving/kserve/v2_answer.h"
#include "serving/kserve/v2_inference.h"

namespace gyre::serving::kserve {
namespace {

core::Json Parsed(const char* text) {
    auto json = core::ParseJson(text);
    REQUIRE(json);
    return *json;
}

const char* const kModel =
    R"({"platform":"openvino","inputs":[{"name":"x","type":"FP32","shape":"[-1,4]"}],
        "outputs":[{"name":"y","type":"FP32","shape":"[-1,2]"}],"batches":true,
        "max_batch_rows":8,"max_batch_delay_ms":1.5})";

TEST_CASE("a model's metadata and configuration say what its host said") {
    CHECK(ModelMetadata("m", Parsed(kModel)) ==
          Parsed(R"({"name":"m","versions":["1"],"platform":"openvino",
                     "inputs":[{"name":"x","datatype":"FP32","shape":[-1,4]}],
                     "outputs":[{"name":"y","datatype":"FP32","shape":[-1,2]}]})"));
    const core::Json config = ModelConfiguration("m", Parsed(kModel));
    CHECK(config.at("max_batch_size") == 8);
    CHECK(config.at("input").at(0) == Parsed(R"({"name":"x","data_type":"TYPE_FP32","dims":[4]})"));
    CHECK(config.at("dynamic_batching").at("max_queue_delay_microseconds") == 1500);
    // A model of one's own code says nothing of tensors.
    CHECK(ModelMetadata("m", Parsed(R"({"platform":"python"})")).at("inputs").as_array().empty());
}

TEST_CASE("statistics add up over hosts, and survive the way there") {
    RunStatistics one;
    const uint64_t queued[] = {100, 300};
    const uint32_t joint[] = {2};
    one.BatchRan(queued, joint, 2000, 1'700'000'000'000);
    one.Answered(2100);
    one.failed.count++;
    RunStatistics other;
    const uint32_t alone[] = {1};
    other.BatchRan(std::span(queued).first(1), alone, 1000, 1'600'000'000'000);
    other.Answered(1100);
    const auto read = RunStatistics::FromJson(other.ToJson());
    REQUIRE(read);
    one.Add(*read);
    const core::Json json = ModelStatistics("m", one);
    CHECK(json.at("inference_count") == 2);
    CHECK(json.at("execution_count") == 2);
    CHECK(json.at("last_inference") == 1'700'000'000'000);
    CHECK(json.at("inference_stats").at("fail").at("count") == 1);
    CHECK(json.at("inference_stats").at("queue") == Parsed(R"({"count":3,"ns":500000})"));
    CHECK(json.at("inference_stats").at("compute_infer") == Parsed(R"({"count":2,"ns":3000000})"));
    REQUIRE(json.at("batch_stats").as_array().size() == 2);
    CHECK(json.at("batch_stats").at(1).at("batch_size") == 2);
    CHECK(json.at("batch_stats").at(1).at("compute_infer").at("ns") == 2'000'000);
    RunStatistics split;  // a batch of three, in two calls
    const uint64_t three[] = {0, 0, 0};
    const uint32_t calls[] = {2, 1};
    split.BatchRan(three, calls, 3000, 1'600'000'000'000);
    CHECK(split.by_size[1].ns == 1'000'000);
    CHECK(split.by_size[2].ns == 2'000'000);
    for (const char* broken : {"null", "{}", R"({"success":[1]})", R"({"success":[-1,2]})"}) {
        CHECK_FALSE(RunStatistics::FromJson(Parsed(broken)));
    }
}

TEST_CASE("the JSON's length is a number within the body") {
    const auto read = [](const char* value, size_t body) {
        net::Headers headers;
        if (value != nullptr) headers.Add("Inference-Header-Content-Length", value);
        return JsonBytesOf(headers, body);
    };
    CHECK(read(nullptr, 10) == 10);
    CHECK(read("0", 10) == 0);
    CHECK(read("10", 10) == 10);
    for (const char* wrong : {"11", "-1", "x", "1x", "", " 1", "99999999999999999999999"}) {
        CHECK_FALSE(read(wrong, 10));
    }
}

TEST_CASE("a coding is taken where the client takes it") {
    const auto accepted = [](const char* value) {
        net::Headers headers;
        headers.Add("Accept-Encoding", value);
        return AcceptedCoding(headers);
    };
    CHECK(accepted("gzip, deflate, br") == ContentCoding::kGzip);
    CHECK(accepted("deflate") == ContentCoding::kDeflate);
    CHECK(accepted("gzip;q=0, deflate;q=0.5") == ContentCoding::kDeflate);
    CHECK(accepted("br, GZIP ; q=0.1") == ContentCoding::kGzip);
    CHECK(accepted("identity") == ContentCoding::kNone);
    CHECK(accepted("") == ContentCoding::kNone);
}

TEST_CASE("an error's status is one of the protocol's") {
    using core::Code;
    const std::pair<Code, int> rows[] = {
        {Code::kInvalidArgument, 400}, {Code::kNotFound, 404},         {Code::kUnavailable, 503},
        {Code::kInternal, 500},        {Code::kDeadlineExceeded, 503}, {Code::kUnimplemented, 501}};
    for (const auto& [code, status] : rows) {
        const net::Response answer = ErrorAnswer(core::Error(code, "why"));
        CHECK(answer.status == status);
        CHECK(answer.body == R"({"error":"why"})");
        CHECK(answer.headers.Find("Retry-After").has_value() == (status == 503));
    }
}

}  // namespace
}  // namespace gyre::serving::kserve
