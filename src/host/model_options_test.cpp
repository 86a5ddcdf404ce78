#include "host/model_options.h"

#include <doctest/doctest.h>

namespace gyre::host {
namespace {

using core::milliseconds;

TEST_CASE("an empty environment leaves the choice to the batcher") {
    const auto options = ReadModelOptions({{"MY_OWN", "x"}, {"SAGEMAKER_TS_BATCH_SIZE", ""}});
    REQUIRE(options);
    CHECK_FALSE(options->batch_size);
    CHECK_FALSE(options->batch_delay);
    CHECK_FALSE(options->workers);
    CHECK_FALSE(options->target_p99);
    CHECK(options->response_timeout == milliseconds(60'000));
    CHECK(options->precision == "auto");
}

TEST_CASE("a batch size alone has the toolkit's delay") {
    CHECK(ReadModelOptions({{"SAGEMAKER_TS_BATCH_SIZE", "8"}})->batch_delay == milliseconds(100));
    CHECK(
        ReadModelOptions({{"SAGEMAKER_TS_BATCH_SIZE", "8"}, {"SAGEMAKER_TS_MAX_BATCH_DELAY", "0"}})
            ->batch_delay == milliseconds(0));
}

TEST_CASE("every knob is read") {
    const auto options = ReadModelOptions({{"SAGEMAKER_TS_BATCH_SIZE", "8"},
                                           {"SAGEMAKER_TS_MAX_BATCH_DELAY", "50"},
                                           {"SAGEMAKER_TS_MIN_WORKERS", "3"},
                                           {"SAGEMAKER_TS_MAX_WORKERS", "8"},
                                           {"SAGEMAKER_TS_RESPONSE_TIMEOUT", "20"},
                                           {"SAGEMAKER_STARTUP_TIMEOUT", "30"},
                                           {"GYRE_TARGET_P99_MS", "2.5"},
                                           {"GYRE_PRECISION", "bf16"},
                                           {"GYRE_ACCURACY_TOLERANCE", "0.05"},
                                           {"GYRE_MAX_QUEUE", "7"},
                                           {"GYRE_MAX_QUEUE_MB", "2"}});
    REQUIRE(options);
    CHECK(options->batch_size == 8);
    CHECK(options->batch_delay == milliseconds(50));
    CHECK(options->workers == 3);
    CHECK(options->response_timeout == milliseconds(20'000));
    CHECK(options->startup_timeout == core::seconds(30));
    CHECK(options->target_p99 == core::microseconds(2500));
    CHECK(options->precision == "bf16");
    CHECK(options->accuracy_tolerance == 0.05);
    CHECK(options->max_queue == 7);
    CHECK(options->max_queue_bytes == 2 << 20);
}

TEST_CASE("the model server's general variables hold where TorchServe's are absent") {
    const std::pair<const char*, int> timeouts[] = {{"SAGEMAKER_MODEL_SERVER_TIMEOUT", 11},
                                                    {"SAGEMAKER_MODEL_SERVER_TIMEOUT_SECONDS", 12}};
    for (const auto& [name, seconds] : timeouts) {
        const auto options = ReadModelOptions(
            {{name, std::to_string(seconds)}, {"SAGEMAKER_MODEL_SERVER_WORKERS", "4"}});
        REQUIRE(options);
        CHECK(options->response_timeout == core::seconds(seconds));
        CHECK(options->workers == 4);
    }
    CHECK(ReadModelOptions(
              {{"SAGEMAKER_TS_RESPONSE_TIMEOUT", "5"}, {"SAGEMAKER_MODEL_SERVER_TIMEOUT", "6"}})
              ->response_timeout == core::seconds(5));
}

TEST_CASE("of two numbers of workers the least are started, and both must make sense") {
    const auto read = [](const char* least, const char* most) {
        return ReadModelOptions({{"SAGEMAKER_TS_MIN_WORKERS", least},
                                 {"SAGEMAKER_TS_MAX_WORKERS", most},
                                 {"SAGEMAKER_MODEL_SERVER_WORKERS", "5"}});
    };
    CHECK(read("1", "8")->workers == 1);
    CHECK(read("2", "2")->workers == 2);
    CHECK(read("", "8")->workers == 8);
    CHECK(read("3", "")->workers == 3);
    CHECK(read("", "")->workers == 5);
    const auto crossed = read("9", "8");
    REQUIRE_FALSE(crossed);
    CHECK(crossed.error().message ==
          "the model's environment variable SAGEMAKER_TS_MIN_WORKERS is '9' and must be at most "
          "SAGEMAKER_TS_MAX_WORKERS, 8");
    CHECK_FALSE(read("some", "8"));
    CHECK_FALSE(read("1", "some"));
}

TEST_CASE("a bad value is refused with the variable's name and the value") {
    const std::pair<const char*, const char*> cases[] = {
        {"SAGEMAKER_TS_BATCH_SIZE", "0"},
        {"SAGEMAKER_TS_BATCH_SIZE", "8 "},
        {"SAGEMAKER_TS_BATCH_SIZE", "eight"},
        {"SAGEMAKER_TS_BATCH_SIZE", "99999999999"},
        {"SAGEMAKER_TS_MAX_BATCH_DELAY", "-1"},
        {"SAGEMAKER_TS_MAX_BATCH_DELAY", "1.5"},
        {"SAGEMAKER_TS_MAX_WORKERS", "0"},
        {"SAGEMAKER_MODEL_SERVER_WORKERS", "many"},
        {"SAGEMAKER_TS_RESPONSE_TIMEOUT", "0"},
        {"GYRE_RESTART_WORKERS_FOR_S", "-1"},
        {"SAGEMAKER_MODEL_SERVER_TIMEOUT", "60s"},
        {"SAGEMAKER_STARTUP_TIMEOUT", "-1"},
        {"GYRE_TARGET_P99_MS", "0"},
        {"GYRE_TARGET_P99_MS", "nan"},
        {"GYRE_PRECISION", "fp16"},
        {"GYRE_ACCURACY_TOLERANCE", "2"},
        {"GYRE_MAX_QUEUE", "0"},
        {"GYRE_MAX_QUEUE_MB", "x"},
    };
    for (const auto& [name, value] : cases) {
        CAPTURE(name);
        CAPTURE(value);
        const auto options = ReadModelOptions({{name, value}});
        REQUIRE_FALSE(options);
        CHECK(options.error().code == core::Code::kInvalidArgument);
        CHECK(options.error().message.find(name) != std::string::npos);
        CHECK(options.error().message.find("'" + std::string(value) + "'") != std::string::npos);
    }
}

}  // namespace
}  // namespace gyre::host
