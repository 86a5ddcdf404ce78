#include "host/model_options.h"

#include <charconv>

namespace gyre::host {
namespace {

using core::Code;
using core::Fail;
using core::Result;
using Environment = std::map<std::string, std::string>;

constexpr int kDayInSeconds = 86'400;
constexpr int kYearInSeconds = 365 * kDayInSeconds;
constexpr core::milliseconds kToolkitDelay{100};

template <typename T>
struct Range {
    T least;
    T most;
};

std::string RangeText(Range<int> range) {
    return "a whole number from " + std::to_string(range.least) + " to " +
           std::to_string(range.most);
}

tl::unexpected<core::Error> Wrong(const std::string& name, const std::string& value,
                                  const std::string& expected) {
    return Fail(Code::kInvalidArgument, "the model's environment variable " + name + " is '" +
                                            value + "' and must be " + expected);
}

/// The first of `names` that is set and not empty.
Result<std::optional<int>> ReadInt(const Environment& environment,
                                   std::initializer_list<const char*> names, Range<int> range) {
    for (const char* name : names) {
        const auto found = environment.find(name);
        if (found == environment.end() || found->second.empty()) continue;
        const std::string& text = found->second;
        int value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc() || end != text.data() + text.size() || value < range.least ||
            value > range.most) {
            return Wrong(name, text, RangeText(range));
        }
        return value;
    }
    return std::nullopt;
}

/// TorchServe starts its least number, and more only for who asks its management API.
Result<std::optional<int>> ReadWorkers(const Environment& environment) {
    constexpr const char* kLeast = "SAGEMAKER_TS_MIN_WORKERS";
    constexpr const char* kMost = "SAGEMAKER_TS_MAX_WORKERS";
    constexpr Range<int> kRange{1, 256};
    GYRE_ASSIGN(const auto least, ReadInt(environment, {kLeast}, kRange));
    GYRE_ASSIGN(const auto most, ReadInt(environment, {kMost}, kRange));
    GYRE_ASSIGN(const auto general,
                ReadInt(environment, {"SAGEMAKER_MODEL_SERVER_WORKERS"}, kRange));
    if (least && most && *least > *most) {
        return Wrong(kLeast, std::to_string(*least),
                     "at most " + std::string(kMost) + ", " + std::to_string(*most));
    }
    return least ? least : most ? most : general;
}

Result<std::optional<double>> ReadDouble(const Environment& environment, const char* name,
                                         Range<double> range, const std::string& expected) {
    const auto found = environment.find(name);
    if (found == environment.end() || found->second.empty()) return std::nullopt;
    const std::string& text = found->second;
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() ||
        !(value >= range.least && value <= range.most)) {
        return Wrong(name, text, expected);
    }
    return value;
}

}  // namespace

Result<ModelOptions> ReadModelOptions(const Environment& environment) {
    ModelOptions options;
    GYRE_ASSIGN(options.batch_size, ReadInt(environment, {"SAGEMAKER_TS_BATCH_SIZE"}, {1, 4096}));
    GYRE_ASSIGN(const auto delay,
                ReadInt(environment, {"SAGEMAKER_TS_MAX_BATCH_DELAY"}, {0, 3'600'000}));
    if (delay) options.batch_delay = core::milliseconds(*delay);
    // As in SageMaker's toolkit: with the one given, the other has its default.
    if (!delay && options.batch_size) options.batch_delay = kToolkitDelay;
    GYRE_ASSIGN(options.workers, ReadWorkers(environment));
    GYRE_ASSIGN(const auto timeout,
                ReadInt(environment,
                        {"SAGEMAKER_TS_RESPONSE_TIMEOUT", "SAGEMAKER_MODEL_SERVER_TIMEOUT_SECONDS",
                         "SAGEMAKER_MODEL_SERVER_TIMEOUT"},
                        {1, kDayInSeconds}));
    if (timeout) options.response_timeout = core::seconds(*timeout);
    GYRE_ASSIGN(const auto startup,
                ReadInt(environment, {"SAGEMAKER_STARTUP_TIMEOUT"}, {1, kDayInSeconds}));
    if (startup) options.startup_timeout = core::seconds(*startup);
    GYRE_ASSIGN(const auto restart,
                ReadInt(environment, {"GYRE_RESTART_WORKERS_FOR_S"}, {0, kYearInSeconds}));
    if (restart) options.restart_workers_for = core::seconds(*restart);
    const auto batch = environment.find("SAGEMAKER_BATCH");
    options.transform_job = batch != environment.end() && batch->second == "true";

    GYRE_ASSIGN(const auto target, ReadDouble(environment, "GYRE_TARGET_P99_MS", {0.1, 3'600'000},
                                              "a number of milliseconds from 0.1 to 3600000"));
    if (target) options.target_p99 = core::microseconds(static_cast<int64_t>(*target * 1000));
    GYRE_ASSIGN(const auto tolerance,
                ReadDouble(environment, "GYRE_ACCURACY_TOLERANCE", {0, 1}, "a number from 0 to 1"));
    options.accuracy_tolerance = tolerance.value_or(options.accuracy_tolerance);
    if (const auto found = environment.find("GYRE_PRECISION");
        found != environment.end() && !found->second.empty()) {
        options.precision = found->second;
        if (options.precision != "auto" && options.precision != "fp32" &&
            options.precision != "bf16" && options.precision != "int8") {
            return Wrong(found->first, found->second, "auto, fp32, bf16 or int8");
        }
    }

    GYRE_ASSIGN(const auto queue, ReadInt(environment, {"GYRE_MAX_QUEUE"}, {1, 1'000'000}));
    options.max_queue = queue.value_or(options.max_queue);
    GYRE_ASSIGN(const auto megabytes, ReadInt(environment, {"GYRE_MAX_QUEUE_MB"}, {1, 1 << 20}));
    if (megabytes) options.max_queue_bytes = static_cast<size_t>(*megabytes) << 20;
    return options;
}

}  // namespace gyre::host
