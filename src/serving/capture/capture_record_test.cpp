#include "serving/capture/capture_record.h"

#include <doctest/doctest.h>

#include <boost/json.hpp>

using namespace gyre;
using namespace gyre::serving::capture;

namespace {

std::shared_ptr<const CaptureConfig> ConfigOf(const std::string& text) {
    auto config = CaptureConfig::Read(*core::ParseJson(text));
    REQUIRE_MESSAGE(config, config.error().ToString());
    return std::make_shared<const CaptureConfig>(std::move(*config));
}

constexpr const char* kBoth = R"({
    "EnableCapture": true, "InitialSamplingPercentage": 100, "DestinationS3Uri": "s3://out/here/",
    "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
    "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"],
                                 "JsonContentTypes": ["application/json"]}})";

core::Json LineOf(const CaptureRecord& record) {
    auto line = core::ParseJson(record.Line());
    REQUIRE(line);
    // An id of its own.
    auto& event = line->at("eventMetadata").as_object();
    CHECK(event.at("eventId").as_string().size() == 36);
    event.erase("eventId");
    return *line;
}

TEST_CASE("a record as Model Monitor reads it") {
    CaptureRecord record{.config = ConfigOf(kBoth),
                         .time = core::WallTime(core::milliseconds(1'644'859'506'789)),
                         .inference_id = "i-1",
                         .custom_attributes = "a=b",
                         .input = {"text/csv; charset=utf-8", "1,2\n"},
                         .output = {"Application/JSON", "[3]"}};
    CHECK(LineOf(record) == *core::ParseJson(R"({
        "captureData": {
            "endpointInput": {"observedContentType": "text/csv; charset=utf-8", "mode": "INPUT",
                              "data": "1,2\n", "encoding": "CSV"},
            "endpointOutput": {"observedContentType": "Application/JSON", "mode": "OUTPUT",
                               "data": "[3]", "encoding": "JSON"}},
        "eventMetadata": {"customAttributes": ["a=b"], "inferenceId": "i-1",
                          "inferenceTime": "2022-02-14T17:25:06Z"},
        "eventVersion": "0"})"));
}

TEST_CASE("what no header names, and what is no text, is in base64") {
    CaptureRecord record{.config = ConfigOf(kBoth),
                         .input = {"application/x-npy", "abc"},
                         .output = {"text/csv", "\xff"}};
    const auto data = LineOf(record).at("captureData");
    CHECK(data.at("endpointInput").at("data") == "YWJj");
    CHECK(data.at("endpointInput").at("encoding") == "BASE64");
    CHECK(data.at("endpointOutput").at("data") == "/w==");
    CHECK(data.at("endpointOutput").at("encoding") == "BASE64");
}

TEST_CASE("only what the options name is written") {
    CaptureRecord record{
        .config = ConfigOf(R"({"EnableCapture": true, "InitialSamplingPercentage": 5,
            "DestinationS3Uri": "s3://out", "CaptureOptions": [{"CaptureMode": "Output"}]})"),
        .input = {"text/csv", "secret"},
        .output = {"text/csv", "x"}};
    CHECK(record.Line().find("endpointInput") == std::string::npos);
    CHECK(record.Line().find("eHg=") == std::string::npos);
    CHECK(record.config->percent == 5);
}

TEST_CASE("a configuration that cannot be is refused") {
    const auto refuse = [](const std::string& text) {
        const auto config = CaptureConfig::Read(*core::ParseJson(text));
        REQUIRE_FALSE(config);
        return config.error().message;
    };
    CHECK(refuse(R"({"DestinationS3Uri": "nowhere", "CaptureOptions": []})").starts_with("Dest"));
    CHECK(refuse(R"({"DestinationS3Uri": "s3://abc", "CaptureOptions": []})")
              .find("CaptureOptions") != std::string::npos);
}

}  // namespace
