#include "telemetry/alarm_actions.h"

#include <doctest/doctest.h>

#include <boost/json.hpp>

#include "core/temp_dir.h"
#include "db/database.h"

using namespace gyre;
using namespace gyre::telemetry;

namespace {

struct AlarmHouse {
    AlarmHouse() {
        database = db::Database::Open(folder.Path() / "gyre.db").value();
        catalog = catalog::OpenCatalog(*database, clock).value();
        metrics = MetricStore::Open(core::RealFileSystem(), folder.Path() / "m", clock).value();
        alarms = std::make_unique<Alarms>(
            *catalog, *metrics, clock,
            [this](const std::string& topic, const core::Json& message) {
                told.emplace_back(topic, message);
            },
            [this] {
                if (meanwhile) std::exchange(meanwhile, nullptr)();
                return true;
            });
        AddAlarmActions(table, *catalog, *alarms, clock);
    }
    void Call(const std::string& operation, const std::string& input) {
        wire::CallContext context;
        context.region = "eu-west-1";
        context.caller.account = "123456789012";
        const auto done =
            table.Find("cloudwatch", operation)->document(context, *core::ParseJson(input));
        REQUIRE_MESSAGE(done, done.error().ToString());
    }
    void PutAlarm(const std::string& more = "") {
        Call("PutMetricAlarm", R"({"AlarmName":"hot","Namespace":"App","MetricName":"m",
            "Statistic":"Average","Period":60,"EvaluationPeriods":1,"Threshold":5,
            "ComparisonOperator":"GreaterThanThreshold","OKActions":["arn:aws:sns:r:1:calm"],
            "AlarmActions":["arn:aws:sns:r:1:fire","arn:aws:lambda:r:1:function:f"])" +
                                   more + "}");
    }
    /// A value in the minute before now.
    void Measure(double value) {
        clock.Advance(core::seconds(60));
        const auto before = clock.WallNow() - core::seconds(60);
        REQUIRE(metrics->Put(
            {{.series = {"App", "m", {}, "None"}, .time = before, .value = Statistic::Of(value)}}));
        alarms->RefreshAll();
    }

    core::TempDir folder;
    core::FakeClock clock;
    std::unique_ptr<db::Database> database;
    std::unique_ptr<catalog::Catalog> catalog;
    std::unique_ptr<MetricStore> metrics;
    std::unique_ptr<Alarms> alarms;
    wire::ActionTable table;
    std::vector<std::pair<std::string, core::Json>> told;
    std::function<void()> meanwhile;  ///< happens while an alarm is judged
};

TEST_CASE("a change of state is told once, to the topics among its actions") {
    AlarmHouse house;
    house.PutAlarm();
    house.Measure(9);
    REQUIRE(house.told.size() == 1);
    const auto& [topic, message] = house.told[0];
    CHECK(topic == "arn:aws:sns:r:1:fire");
    CHECK(message.at("AlarmName") == "hot");
    CHECK(message.at("NewStateValue") == "ALARM");
    CHECK(message.at("OldStateValue") == "INSUFFICIENT_DATA");
    CHECK(message.at("Region") == "eu-west-1");
    CHECK(message.at("AWSAccountId") == "123456789012");
    CHECK(message.at("Trigger").at("MetricName") == "m");
    house.alarms->RefreshAll();
    house.Measure(8);
    CHECK(house.told.size() == 1);
    house.Measure(1);
    REQUIRE(house.told.size() == 2);
    CHECK(house.told[1].first == "arn:aws:sns:r:1:calm");
    CHECK(house.told[1].second.at("OldStateValue") == "ALARM");
}

TEST_CASE("a state that is set is told too, and an alarm may be silent") {
    AlarmHouse house;
    house.PutAlarm();
    const char* set = R"({"AlarmName":"hot","StateValue":"ALARM","StateReason":"a drill"})";
    house.Call("SetAlarmState", set);
    house.Call("SetAlarmState", set);
    REQUIRE(house.told.size() == 1);
    CHECK(house.told[0].second.at("NewStateReason") == "a drill");
    house.PutAlarm(R"(,"ActionsEnabled":false)");
    house.clock.Advance(core::seconds(600));
    house.Measure(1);
    CHECK(house.told.size() == 1);
}

TEST_CASE("a state that is set while the alarm is judged holds") {
    AlarmHouse house;
    house.PutAlarm();
    house.Measure(1);
    const size_t told = house.told.size();
    house.meanwhile = [&] {
        house.Call("SetAlarmState",
                   R"({"AlarmName":"hot","StateValue":"ALARM","StateReason":"a drill"})");
    };
    house.clock.Advance(core::seconds(60));  // there is no value any more: its state is another
    house.alarms->RefreshAll();
    CHECK(house.alarms->Judge("hot")->state == AlarmState::kAlarm);
    CHECK(house.told.size() == told + 1);
    CHECK(house.told.back().second.at("NewStateReason") == "a drill");
}

}  // namespace
