#include "transform/transform_spec.h"

#include <doctest/doctest.h>

#include <boost/json.hpp>

namespace gyre::transform {
namespace {

core::Json Request(const std::string& more = "{}") {
    core::Json request = *core::ParseJson(R"({
        "TransformJobName": "job", "ModelName": "m",
        "TransformInput": {"DataSource": {"S3DataSource":
            {"S3DataType": "S3Prefix", "S3Uri": "s3://data/in/"}}},
        "TransformOutput": {"S3OutputPath": "s3://data/out"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1}})");
    const core::Json members = *core::ParseJson(more);
    for (const auto& [name, value] : members.as_object()) {
        request.as_object()[name] = value;
    }
    return request;
}

std::string RefusalOf(const std::string& more) {
    const auto spec = TransformSpec::Read(Request(more));
    REQUIRE_FALSE(spec);
    return spec.error().message;
}

}  // namespace

TEST_CASE("what is left out takes the service's defaults") {
    const auto spec = TransformSpec::Read(Request());
    REQUIRE(spec);
    CHECK(spec->split == SplitType::kNone);
    CHECK(spec->timeout_seconds == 600);
    CHECK(spec->retries == 3);
    CHECK_FALSE(spec->assemble_lines);
    CHECK(spec->BatchEnvironment() ==
          std::map<std::string, std::string>{{"SAGEMAKER_BATCH", "true"}});
    const BatchLimits limits =
        ChooseLimits(*spec, core::JsonObject{{"platform", "container"}}, true);
    CHECK(limits.concurrency == 1);
    CHECK(limits.payload_bytes == size_t{6} << 20);
    CHECK(limits.strategy == BatchStrategy::kMultiRecord);
}

TEST_CASE("the container is told what the caller set, and only that") {
    const auto spec = TransformSpec::Read(Request(R"({"MaxPayloadInMB": 2, "BatchStrategy":
        "SingleRecord", "MaxConcurrentTransforms": 4, "Environment": {"A": "b"}})"));
    REQUIRE(spec);
    CHECK(spec->BatchEnvironment() ==
          std::map<std::string, std::string>{{"A", "b"},
                                             {"SAGEMAKER_BATCH", "true"},
                                             {"SAGEMAKER_BATCH_STRATEGY", "SINGLE_RECORD"},
                                             {"SAGEMAKER_MAX_CONCURRENT_TRANSFORMS", "4"},
                                             {"SAGEMAKER_MAX_PAYLOAD_IN_MB", "2"}});
}

TEST_CASE("limits: the caller's, then the container's, then what keeps a batcher full") {
    const auto spec = TransformSpec::Read(Request());
    const auto report = [](const char* text) { return *core::ParseJson(text); };
    const BatchLimits asked =
        ChooseLimits(*spec, report(R"({"platform": "container", "details": {"execution_parameters":
            {"MaxConcurrentTransforms": 8, "BatchStrategy": "SINGLE_RECORD", "MaxPayloadInMB": 3}}})"),
                     true);
    CHECK(asked.concurrency == 8);
    CHECK(asked.strategy == BatchStrategy::kSingleRecord);
    CHECK(asked.payload_bytes == size_t{3} << 20);
    const char* native = R"({"platform": "openvino", "max_batch_rows": 8, "workers": 1})";
    CHECK(ChooseLimits(*spec, report(native), true).concurrency == 16);
    // A size that proved good when the model was loaded may lose to a larger one that can fill.
    const char* small = R"({"platform": "openvino", "max_batch_rows": 1, "workers": 3,
                            "batches": true})";
    CHECK(ChooseLimits(*spec, report(small), true).concurrency == 32);
    const auto own =
        TransformSpec::Read(Request(R"({"MaxConcurrentTransforms": 3, "MaxPayloadInMB": 30})"));
    CHECK(ChooseLimits(*own, report(native), true).concurrency == 3);
    const auto many = TransformSpec::Read(Request(R"({"MaxConcurrentTransforms": 40})"));
    CHECK(ChooseLimits(*many, report(native), true).concurrency == 40);
    const auto any = TransformSpec::Read(Request(R"({"MaxPayloadInMB": 0})"));
    REQUIRE(any);
    CHECK(any->BatchEnvironment().at("SAGEMAKER_MAX_PAYLOAD_IN_MB") == "0");
    CHECK(ChooseLimits(*any, core::JsonObject(), true).payload_bytes == size_t{100} << 20);
    CHECK(ChooseLimits(*any, core::JsonObject(), true).concurrency == 2);
    const auto large = TransformSpec::Read(Request(R"({"MaxPayloadInMB": 60})"));
    CHECK(ChooseLimits(*large, report(native), true).concurrency == 16);
}

TEST_CASE("objects of any length go to one program that takes them whole") {
    const auto limits = [](const char* members, const char* report, bool alone = true) {
        const auto spec = TransformSpec::Read(Request(members));
        REQUIRE_MESSAGE(spec, spec.error().message);
        return ChooseLimits(*spec, *core::ParseJson(report), alone);
    };
    const char* program = R"({"platform": "container", "streams": true, "workers": 16})";
    const char* any = R"({"MaxPayloadInMB": 0, "MaxConcurrentTransforms": 20})";
    CHECK(TooLong(*TransformSpec::Read(Request(any)), {}).find("any length") != std::string::npos);
    CHECK(TooLong(*TransformSpec::Read(Request()), {}) ==
          "a record is larger than MaxPayloadInMB, 6 MB");
    CHECK(limits(any, program).streamed);
    CHECK(limits(any, program).concurrency == 16);
    CHECK(limits(R"({"MaxPayloadInMB": 0})", program).concurrency == 1);
    CHECK_FALSE(limits(any, program, false).streamed);
    CHECK_FALSE(limits(any, R"({"platform": "openvino", "streams": false})").streamed);
    CHECK(limits(any, R"({"platform": "openvino", "streams": false})").concurrency == 20);
    CHECK_FALSE(limits(R"({"MaxPayloadInMB": 100})", program).streamed);
    CHECK_FALSE(limits("{}", program).streamed);
    CHECK_FALSE(limits(R"({"MaxPayloadInMB": 0, "TransformInput": {"DataSource": {"S3DataSource":
        {"S3DataType": "S3Prefix", "S3Uri": "s3://data/in/"}}, "SplitType": "Line"}})",
                       program)
                    .streamed);
    CHECK_FALSE(limits(R"({"MaxPayloadInMB": 0, "DataProcessing": {"InputFilter": "$[1:]"},
        "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix",
        "S3Uri": "s3://data/in/"}}, "ContentType": "text/csv"}})",
                       program)
                    .streamed);
}

TEST_CASE("what the service refuses is refused") {
    CHECK(RefusalOf(R"({"MaxPayloadInMB": 101})").find("100 MB") != std::string::npos);
    CHECK(RefusalOf(R"({"MaxPayloadInMB": 50, "MaxConcurrentTransforms": 3})").find("100 MB") !=
          std::string::npos);
    CHECK(RefusalOf(R"({"TransformOutput": {"S3OutputPath": "https://elsewhere/x"}})")
              .starts_with("S3OutputPath"));
    CHECK(RefusalOf(
              R"({"TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 100}})")
              .find("limit") != std::string::npos);
    CHECK(RefusalOf(R"({"DataCaptureConfig": {"DestinationS3Uri": "https://elsewhere/c"}})")
              .starts_with("DestinationS3Uri"));
}

}  // namespace gyre::transform
