#include <cmath>

#include "telemetry/detail/metric_documents.h"

namespace gyre::telemetry::detail {
namespace {

using core::Json;
using core::Result;

constexpr size_t kMaxValues = 150;
const double kMaxValue = std::ldexp(1, 360);
constexpr core::seconds kOldest{14 * 24 * 3600};
constexpr core::seconds kNewest{2 * 3600};

bool InRange(double value) {
    return std::abs(value) <= kMaxValue;  // and so finite
}

core::Error OutOfRange(const char* parameter) {
    return InvalidValue(std::string("The value of ") + parameter +
                        " must be a number from -2^360 to 2^360.");
}

double Number(const Json& json, std::string_view member) {
    return core::JsonDouble(json, member).value_or(0);
}

Result<Statistic> SetOf(const Json& set) {
    const double count = Number(set, "SampleCount");
    const double sum = Number(set, "Sum");
    const double least = Number(set, "Minimum");
    const double most = Number(set, "Maximum");
    if (!InRange(count) || !InRange(sum) || !InRange(least) || !InRange(most)) {
        return core::Fail(OutOfRange("StatisticValues"));
    }
    if (count <= 0 || least > most) {
        return core::Fail(InvalidValue(
            "StatisticValues need a SampleCount above 0 and a Minimum that is not above Maximum."));
    }
    return Statistic::OfSet(count, sum, least, most);
}

Result<Statistic> ListOf(const Json& datum, const core::JsonArray& values) {
    const Json* counts = core::JsonFind(datum, "Counts");
    if (values.empty() || values.size() > kMaxValues) {
        return core::Fail(InvalidValue("Values holds 1 to 150 numbers."));
    }
    if (counts && counts->as_array().size() != values.size()) {
        return core::Fail(InvalidCombination("Counts must be as long as Values."));
    }
    Statistic all;
    for (size_t i = 0; i < values.size(); ++i) {
        const double value = values[i].to_number<double>();
        const double count = counts ? counts->as_array()[i].to_number<double>() : 1;
        if (!InRange(value) || !InRange(count) || count < 0)
            return core::Fail(OutOfRange("Values"));
        all.Merge(Statistic::Of(value, count));
    }
    return all;
}

Result<Statistic> ValueOf(const Json& datum) {
    const Json* one = core::JsonFind(datum, "Value");
    const Json* set = core::JsonFind(datum, "StatisticValues");
    const Json* list = core::JsonFind(datum, "Values");
    if ((one != nullptr) + (set != nullptr) + (list != nullptr) != 1) {
        return core::Fail(
            InvalidCombination("A metric datum has exactly one of Value, Values and "
                               "StatisticValues."));
    }
    if (set) return SetOf(*set);
    if (list) return ListOf(datum, list->as_array());
    const double value = Number(datum, "Value");
    if (!InRange(value)) return core::Fail(OutOfRange("Value"));
    return Statistic::Of(value);
}

Result<Sample> SampleOf(const Json& datum, const std::string& name_space, core::WallTime now) {
    Sample sample;
    GYRE_ASSIGN(sample.series, ReadSeries(datum));
    sample.series.name_space = name_space;
    GYRE_ASSIGN(sample.value, ValueOf(datum));
    sample.time = now;
    if (const auto time = core::JsonDouble(datum, "Timestamp")) {
        if (!(std::abs(*time) < 1e11)) return core::Fail(InvalidValue("Timestamp is no time."));
        sample.time = core::WallTime(core::milliseconds(static_cast<int64_t>(*time * 1000)));
    }
    if (sample.time < now - kOldest || sample.time > now + kNewest) {
        return core::Fail(InvalidValue(
            "The parameter Timestamp must lie within the past two weeks and the next two hours."));
    }
    const int64_t resolution = core::JsonInt(datum, "StorageResolution").value_or(60);
    if (resolution != 1 && resolution != 60) {
        return core::Fail(InvalidValue("StorageResolution must be 1 or 60."));
    }
    sample.fine = resolution == 1;
    return sample;
}

}  // namespace

Result<Json> PutMetricData(MetricStore& metrics, const Json& input, core::WallTime now) {
    if (core::JsonFind(input, "EntityMetricData")) {
        return core::Fail(core::Code::kUnimplemented,
                          "EntityMetricData is not implemented here; MetricData is");
    }
    GYRE_ASSIGN(const Series scope, ReadSeries(input));
    if (scope.name_space.starts_with("AWS/")) {
        return core::Fail(InvalidValue("The value " + scope.name_space +
                                       " for parameter Namespace is invalid: AWS/ is the "
                                       "platform's own."));
    }
    const Json* data = core::JsonFind(input, "MetricData");
    if (!data || data->as_array().empty()) {
        core::Error error = InvalidValue("The parameter MetricData is required.");
        error.wire_name = "MissingParameter";
        return core::Fail(std::move(error));
    }
    std::vector<Sample> samples;
    for (const Json& datum : data->as_array()) {
        GYRE_ASSIGN(auto sample, SampleOf(datum, scope.name_space, now));
        samples.push_back(std::move(sample));
    }
    GYRE_TRY(metrics.Put(samples));
    return core::JsonObject{};
}

}  // namespace gyre::telemetry::detail
