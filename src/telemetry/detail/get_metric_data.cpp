#include <algorithm>
#include <charconv>
#include <deque>
#include <map>
#include <optional>

#include "telemetry/detail/metric_documents.h"
#include "telemetry/detail/statistic_name.h"
#include "telemetry/metric_math.h"

namespace gyre::telemetry::detail {
namespace {

using core::Json;
using core::JsonObject;
using core::Result;

constexpr size_t kMaxQueries = 500;
constexpr size_t kMaxPoints = 100'800;

core::Error ValidationError(std::string message) {
    core::Error error(core::Code::kInvalidArgument, "ValidationError", std::move(message));
    error.http_status = 400;
    return error;
}

/// All queries of one request: those over metrics first, then the expressions, each after what it
/// names.
class Request {
  public:
    Request(const MetricStore& metrics, const Json& input, core::WallTime now)
        : metrics_(metrics), input_(input), now_(now) {}

    Result<Json> Answer() {
        const Json* queries = core::JsonFind(input_, "MetricDataQueries");
        if (!queries || queries->as_array().size() > kMaxQueries) {
            return core::Fail(ValidationError("MetricDataQueries holds 1 to 500 queries."));
        }
        for (const Json& query : queries->as_array()) {
            const std::string id = Text(query, "Id");
            if (id.empty() || id[0] < 'a' || id[0] > 'z') {
                return core::Fail(ValidationError("The value " + id +
                                                  " for parameter Id is invalid: it begins with a "
                                                  "lower-case letter."));
            }
            if (!queries_.emplace(id, &query).second) {
                return core::Fail(ValidationError("The Id " + id + " stands twice."));
            }
        }
        for (const Json& query : queries->as_array()) {
            if (core::JsonFind(query, "MetricStat")) GYRE_TRY(Find(Text(query, "Id")));
        }
        for (const auto& [id, series] : results_) metric_series_.push_back(&series);
        core::JsonArray list;
        for (const Json& query : queries->as_array()) {
            GYRE_TRY(Find(Text(query, "Id")));
            if (core::JsonBool(query, "ReturnData").value_or(true)) GYRE_TRY(Add(query, list));
        }
        JsonObject output{{"MetricDataResults", std::move(list)}, {"Messages", core::JsonArray{}}};
        if (more_) output["NextToken"] = std::to_string(begin_ + given_);
        return output;
    }

  private:
    /// The series of that query, worked out when it is asked for the first time.
    Result<const MathSeries*> Find(const std::string& id) {
        if (const auto found = results_.find(id); found != results_.end()) return &found->second;
        const auto query = queries_.find(id);
        if (query == queries_.end()) return nullptr;
        if (std::find(under_way_.begin(), under_way_.end(), id) != under_way_.end()) {
            return core::Fail(ValidationError("The expression " + id + " needs itself."));
        }
        under_way_.push_back(id);
        GYRE_ASSIGN(MathSeries series, WorkOut(*query->second));
        under_way_.pop_back();
        return &(results_[id] = std::move(series));
    }

    Result<MathSeries> WorkOut(const Json& query) {
        if (const Json* stat = core::JsonFind(query, "MetricStat")) return Read(*stat);
        const std::string expression = Text(query, "Expression");
        if (expression.empty()) {
            return core::Fail(ValidationError("A query has one of MetricStat and Expression."));
        }
        core::Status failed;
        const MathLookup lookup = [&](std::string_view id) -> const MathSeries* {
            const auto found = Find(std::string(id));
            if (found) return *found;
            failed = core::Fail(found.error());
            return nullptr;
        };
        auto result = EvaluateMath(expression, lookup, metric_series_);
        if (!failed) return core::Fail(failed.error());
        return result;
    }

    Result<MathSeries> Read(const Json& stat) {
        const Json* metric = core::JsonFind(stat, "Metric");
        GYRE_ASSIGN(Series series, ReadSeries(metric ? *metric : Json(JsonObject())));
        const auto unit = core::JsonString(stat, "Unit");
        if (unit) series.unit = *unit;
        GYRE_ASSIGN(const auto name, StatisticName::Parse(Text(stat, "Stat")));
        GYRE_ASSIGN(const auto span,
                    ReadSpan(input_, core::JsonInt(stat, "Period").value_or(60), now_));
        GYRE_ASSIGN(const auto points, QueryUnits(metrics_, series, unit.has_value(), span));
        MathSeries result{{}, span.period};
        for (const auto& [time, statistic] : points) {
            if (const auto value = name.Of(statistic)) result.points[time] = *value;
        }
        return result;
    }

    core::Status Add(const Json& query, core::JsonArray& list) {
        const std::string id = Text(query, "Id");
        const MathSeries& series = results_[id];
        std::string label = Text(query, "Label");
        if (label.empty()) label = LabelOf(query, id);
        core::JsonArray times;
        core::JsonArray values;
        bool cut = false;
        const auto add = [&](int64_t time, double value) {
            const size_t place = seen_++;
            if (place < begin_) return;
            if (given_ == limit_) {
                cut = more_ = true;
                return;
            }
            ++given_;
            times.push_back(Json(time));
            values.push_back(Json(value));
        };
        if (Text(input_, "ScanBy") == "TimestampAscending") {
            for (const auto& [time, value] : series.points) add(time, value);
        } else {
            for (auto at = series.points.rbegin(); at != series.points.rend(); ++at) {
                add(at->first, at->second);
            }
        }
        list.push_back(JsonObject{{"Id", id},
                                  {"Label", std::move(label)},
                                  {"Timestamps", std::move(times)},
                                  {"Values", std::move(values)},
                                  {"StatusCode", cut ? "PartialData" : "Complete"}});
        return {};
    }

    static std::string LabelOf(const Json& query, const std::string& id) {
        const Json* stat = core::JsonFind(query, "MetricStat");
        const Json* metric = stat ? core::JsonFind(*stat, "Metric") : nullptr;
        return metric ? Text(*metric, "MetricName") : id;
    }

    static size_t Offset(const std::string& token) {
        size_t offset = 0;
        std::from_chars(token.data(), token.data() + token.size(), offset);
        return offset;
    }

    const MetricStore& metrics_;
    const Json& input_;
    const core::WallTime now_;
    std::map<std::string, const Json*> queries_;
    std::map<std::string, MathSeries> results_;  ///< pointers into it hold: nothing is taken out
    std::vector<const MathSeries*> metric_series_;
    std::vector<std::string> under_way_;
    const size_t begin_ = Offset(Text(input_, "NextToken"));
    const size_t limit_ =
        std::min(kMaxPoints, static_cast<size_t>(std::max<int64_t>(
                                 1, core::JsonInt(input_, "MaxDatapoints").value_or(kMaxPoints))));
    size_t seen_ = 0;
    size_t given_ = 0;
    bool more_ = false;
};

}  // namespace

Result<Json> GetMetricData(const MetricStore& metrics, const Json& input, core::WallTime now) {
    return Request(metrics, input, now).Answer();
}

}  // namespace gyre::telemetry::detail
