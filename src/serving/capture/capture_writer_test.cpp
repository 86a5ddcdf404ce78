#include "serving/capture/capture_writer.h"

#include <set>

#include "serving/test_house.h"

namespace gyre::serving::test {
namespace {

std::string CaptureOf(int percent, const std::string& destination = "s3://out/captured") {
    return R"(,"DataCaptureConfig":{"EnableCapture":true,"InitialSamplingPercentage":)" +
           std::to_string(percent) + R"(,"DestinationS3Uri":")" + destination +
           R"(","CaptureOptions":[{"CaptureMode":"InputAndOutput"}],
               "CaptureContentTypeHeader":{"CsvContentTypes":["text/csv"]}})";
}

/// All lines that were put, by file.
std::map<std::string, std::string> Files(House& house) {
    house.capture->Stop();
    std::map<std::string, std::string> files;
    for (const auto& [key, object] : *house.objects.put.Lock()) files[key] = object.second;
    return files;
}

size_t Lines(const std::map<std::string, std::string>& files) {
    size_t lines = 0;
    for (const auto& [key, text] : files) lines += std::ranges::count(text, '\n');
    return lines;
}

TEST_CASE("predictions are written down in AWS's layout") {
    House house;
    house.Deploy("e", {{}}, CaptureOf(100));
    house.clock.SetWall(core::WallTime(core::milliseconds(1'700'000'000'123)));
    CHECK(house.Describe("e").at("DataCaptureConfig") == *core::ParseJson(R"({
        "EnableCapture": true, "CaptureStatus": "Started", "CurrentSamplingPercentage": 100,
        "DestinationS3Uri": "s3://out/captured", "KmsKeyId": ""})"));
    REQUIRE(house.Invoke(
        "e", "1,2", {{"Content-Type", "text/csv"}, {"X-Amzn-SageMaker-Inference-Id", "mine"}}));
    CHECK_FALSE(house.Invoke("e", "fail"));  // the model's no is not captured
    const auto files = Files(house);
    REQUIRE(files.size() == 1);
    const auto& [key, text] = *files.begin();
    CHECK(key.starts_with("captured/e/v/2023/11/14/22/13-20-123-"));
    CHECK(key.ends_with(".jsonl"));
    const auto line = core::ParseJson(text);
    REQUIRE(line);
    CHECK(line->at("captureData").at("endpointInput").at("data") == "1,2");
    CHECK(line->at("captureData").at("endpointOutput").at("data") == "m: 1,2");
    CHECK(line->at("eventMetadata").at("inferenceId") == "mine");
}

TEST_CASE("a share is captured, evenly") {
    House house;
    house.Deploy("e", {{}}, CaptureOf(10));
    for (int i = 0; i < 40; i++) REQUIRE(house.Invoke("e", "x"));
    CHECK(Lines(Files(house)) == 4);
}

TEST_CASE("what finds no room is dropped, the prediction does not notice, and room comes back") {
    House house;
    house.Deploy("e", {{}}, CaptureOf(100));
    const std::string large(40'000, 'x');
    for (int i = 0; i < 5; i++) REQUIRE(house.Invoke("e", large));
    house.clock.Advance(core::seconds(10));
    const auto give_up = std::chrono::steady_clock::now() + core::seconds(20);
    while (house.objects.put.Lock()->empty()) {
        REQUIRE(std::chrono::steady_clock::now() < give_up);
        std::this_thread::sleep_for(core::milliseconds(10));
    }
    REQUIRE(house.Invoke("e", large));
    CHECK(Lines(Files(house)) == 2);  // 100,000 bytes hold one input with its answer
}

TEST_CASE("a store that refuses loses files, and no predictions") {
    House house;
    house.Deploy("e", {{}}, CaptureOf(100, "s3://nowhere"));
    REQUIRE(house.Invoke("e", "x"));
    CHECK(Files(house).empty());
    REQUIRE(house.Invoke("e", "x"));
}

TEST_CASE("hours have folders of their own") {
    House house;
    house.Deploy("e", {{}}, CaptureOf(100));
    REQUIRE(house.Invoke("e", "x"));
    house.clock.SetWall(house.clock.WallNow() + std::chrono::hours(1));
    REQUIRE(house.Invoke("e", "x"));
    std::set<std::string> folders;
    for (const auto& [key, text] : Files(house)) folders.insert(key.substr(0, key.rfind('/')));
    CHECK(folders.size() == 2);
}

}  // namespace
}  // namespace gyre::serving::test
