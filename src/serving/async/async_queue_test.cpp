#include "serving/async/async_queue.h"

#include <doctest/doctest.h>

#include <boost/json.hpp>

#include "core/temp_dir.h"

using namespace gyre;
using namespace gyre::serving::async;

namespace {

AsyncRequest Request(const std::string& endpoint, const std::string& body) {
    AsyncRequest request;
    request.endpoint = endpoint;
    request.inference_id = "i";
    request.body = body;
    request.output = "s3://out/x.out";
    request.accepted = core::WallTime(core::milliseconds(1'000));
    request.live = core::seconds(60);
    return request;
}

AsyncConfig ConfigOf(const std::string& text) {
    const auto config = AsyncConfig::Read(*core::ParseJson(text));
    REQUIRE_MESSAGE(config, config.error().ToString());
    return *config;
}

TEST_CASE("what was added is there after a restart, with its bytes, until it is removed") {
    const core::TempDir folder;
    auto database = db::Database::Open(folder.Path() / "gyre.db").value();
    const std::string bytes("\0\xff\n", 3);
    {
        auto queue = AsyncQueue::Open(*database).value();
        const auto added = queue->Add({Request("a", bytes), Request("b", "")});
        REQUIRE(added);
        CHECK((*added)[0].number < (*added)[1].number);
    }
    auto queue = AsyncQueue::Open(*database).value();
    const auto all = queue->All();
    REQUIRE(all);
    REQUIRE(all->size() == 2);
    CHECK(all->front().endpoint == "a");
    CHECK(all->front().expires == core::WallTime(core::milliseconds(61'000)));
    const auto loaded = queue->Load(all->front().number);
    REQUIRE(loaded);
    REQUIRE(*loaded);
    CHECK((*loaded)->body == bytes);
    CHECK((*loaded)->ToJson() == Request("a", "").ToJson());

    REQUIRE(queue->Remove({all->front().number}));
    CHECK_FALSE(queue->Load(all->front().number)->has_value());
    // A number is not given twice while one that came later is there.
    CHECK(queue->Add({Request("c", "")})->front().number > all->back().number);
}

TEST_CASE("where an answer goes") {
    const AsyncConfig config = ConfigOf(
        R"({"OutputConfig":{"S3OutputPath":"s3://out/here/","S3FailurePath":"s3://out/bad"}})");
    const core::WallTime now{};
    const auto read = [&](const std::string& input, const std::string& body = "") {
        return AsyncRequest::Read(*core::ParseJson(input), body, config, now);
    };
    const auto plain = read(R"({"EndpointName":"e","InputLocation":"s3://inbox/x"})");
    REQUIRE(plain);
    CHECK(plain->output.starts_with("s3://out/here/"));
    CHECK(plain->output.size() == std::string("s3://out/here/").size() + 36 + 4);
    CHECK(plain->failure.ends_with("-error.out"));
    CHECK(plain->inference_id.size() == 36);
    const auto named =
        read(R"({"EndpointName":"e","S3OutputPathExtension":"day/1","Filename":"a.json"})", "body");
    REQUIRE(named);
    CHECK(named->output == "s3://out/here/day/1/a.json");
    CHECK(named->failure == "s3://out/bad/day/1/a.json-error.out");

    for (const char* bad :
         {R"({"EndpointName":"e"})", R"({"EndpointName":"e","InputLocation":"s3://bucket"})",
          R"({"EndpointName":"e","InputLocation":"https://example.com/x"})"}) {
        const auto refused = read(bad);
        REQUIRE_MESSAGE(!refused, bad);
        CHECK(refused.error().wire_name == "ValidationError");
    }
    CHECK_FALSE(read(R"({"EndpointName":"e","InputLocation":"s3://inbox/x"})", "and a body"));
}

TEST_CASE("a configuration is read, or refused with its reason") {
    const AsyncConfig config = ConfigOf(R"({
        "ClientConfig": {"MaxConcurrentInvocationsPerInstance": 7},
        "OutputConfig": {"S3OutputPath": "s3://out/a", "NotificationConfig": {
            "SuccessTopic": "arn:aws:sns:us-east-1:000000000000:yes",
            "IncludeInferenceResponseIn": ["ERROR_NOTIFICATION_TOPIC"]}}})");
    CHECK(config.most_per_instance == 7);
    CHECK(config.success_topic == "arn:aws:sns:us-east-1:000000000000:yes");
    CHECK(config.error_has_answer);
    CHECK_FALSE(config.success_has_answer);
    const auto refuse = [](const std::string& text) {
        const auto refused = AsyncConfig::Read(*core::ParseJson(text));
        REQUIRE_FALSE(refused);
        return refused.error().message;
    };
    CHECK(refuse(R"({"OutputConfig":{"S3OutputPath":"s3:///x"}})").starts_with("S3OutputPath"));
    CHECK(ConfigOf(R"({"OutputConfig":{}})").output_path.empty());
}

}  // namespace
