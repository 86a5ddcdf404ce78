#include "telemetry/alarm.h"

#include <doctest/doctest.h>

using namespace gyre;
using namespace gyre::telemetry;

namespace {

constexpr int64_t kNow = 1'764'075'630;  // half a minute into a period
constexpr int64_t kPeriod = 1'764'075'600;

std::string Document(const std::string& more) {
    return R"({"AlarmName":"a","Namespace":"App","MetricName":"m","Statistic":"Average",)"
           R"("ComparisonOperator":"GreaterThanThreshold","Threshold":5,"Period":60)" +
           more + "}";
}

Alarm Read(const std::string& more) {
    const auto json = core::ParseJson(Document(more));
    REQUIRE(json);
    auto alarm = Alarm::Read(*json);
    REQUIRE_MESSAGE(alarm, alarm.error().message);
    return *alarm;
}

AlarmState Judge(const Alarm& alarm, const std::map<int64_t, double>& by_age,
                 AlarmState before = AlarmState::kOk) {
    std::map<int64_t, double> values;
    for (const auto& [periods_ago, value] : by_age) values[kPeriod - 60 * periods_ago] = value;
    return alarm.Judge(values, kNow, before).state;
}

}  // namespace

TEST_CASE("an alarm counts breaches among the last whole periods") {
    const Alarm two_of_three = Read(R"(,"EvaluationPeriods":3,"DatapointsToAlarm":2)");
    CHECK(Judge(two_of_three, {{1, 9}, {2, 1}, {3, 9}}) == AlarmState::kAlarm);
    CHECK(Judge(two_of_three, {{1, 9}, {2, 1}, {3, 5}}) == AlarmState::kOk);  // 5 is not above 5
    CHECK(Judge(two_of_three, {{0, 9}, {1, 9}, {4, 9}}) == AlarmState::kOk);  // of others none
    CHECK(Judge(two_of_three, {{1, 9}, {2, 9}}) == AlarmState::kAlarm);
    CHECK(two_of_three.SpanBefore(kNow).start == kPeriod - 180);
    CHECK(two_of_three.SpanBefore(kNow).end == kPeriod);
}

TEST_CASE("missing data is what the alarm takes it for") {
    const std::string three = R"(,"EvaluationPeriods":3)";
    CHECK(Judge(Read(three), {}) == AlarmState::kInsufficientData);
    CHECK(Judge(Read(three + R"(,"TreatMissingData":"breaching")"), {{1, 9}}) ==
          AlarmState::kAlarm);
    CHECK(Judge(Read(three + R"(,"TreatMissingData":"notBreaching")"), {}) == AlarmState::kOk);
    CHECK(Judge(Read(three + R"(,"TreatMissingData":"ignore")"), {}, AlarmState::kAlarm) ==
          AlarmState::kAlarm);
}

TEST_CASE("comparisons") {
    for (const auto& [operation, at, above, below] :
         {std::tuple{"GreaterThanOrEqualToThreshold", true, true, false},
          {"GreaterThanThreshold", false, true, false},
          {"LessThanThreshold", false, false, true},
          {"LessThanOrEqualToThreshold", true, false, true}}) {
        CAPTURE(operation);
        auto json = core::ParseJson(Document(R"(,"EvaluationPeriods":1)"));
        json->as_object()["ComparisonOperator"] = operation;
        const auto alarm = Alarm::Read(*json);
        REQUIRE(alarm);
        CHECK((Judge(*alarm, {{1, 5}}) == AlarmState::kAlarm) == at);
        CHECK((Judge(*alarm, {{1, 6}}) == AlarmState::kAlarm) == above);
        CHECK((Judge(*alarm, {{1, 4}}) == AlarmState::kAlarm) == below);
    }
}

TEST_CASE("what is no alarm") {
    const auto refused = [](const std::string& text) {
        const auto json = core::ParseJson(text);
        REQUIRE(json);
        return !Alarm::Read(*json).has_value();
    };
    CHECK(refused(Document(R"(,"EvaluationPeriods":2,"DatapointsToAlarm":3)")));
    CHECK(refused(Document(R"(,"EvaluationPeriods":1,"ExtendedStatistic":"p99")")));
    CHECK(refused(Document(R"(,"EvaluationPeriods":1,"Metrics":[])")));
    CHECK(refused(
        R"({"AlarmName":"a","Namespace":"N","MetricName":"m","Statistic":"Sum","Period":7,)"
        R"("ComparisonOperator":"GreaterThanThreshold","Threshold":1,"EvaluationPeriods":1})"));
    CHECK(refused(
        R"({"AlarmName":"a","Namespace":"N","MetricName":"m","Statistic":"Sum","Period":60,)"
        R"("ComparisonOperator":"LessThanLowerThreshold","Threshold":1,"EvaluationPeriods":1})"));
}
