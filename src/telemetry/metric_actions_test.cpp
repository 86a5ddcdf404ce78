#include "telemetry/metric_actions.h"

#include <doctest/doctest.h>

#include "core/temp_dir.h"
#include "net/http_message.h"
#include "wire/protocol.h"

using namespace gyre;
using namespace gyre::telemetry;

namespace {

constexpr int64_t kOneOClock = 1'764'075'600;  // 13:00

/// The actions over json-1.0, as boto3 calls them.
struct MetricHouse {
    core::TempDir folder;
    core::FakeClock clock;
    std::unique_ptr<MetricStore> store;
    wire::ActionTable actions;

    MetricHouse() {
        clock.SetWall(core::WallTime(core::seconds(kOneOClock)));
        store = *MetricStore::Open(core::RealFileSystem(), folder.Path(), clock);
        AddMetricActions(actions, *store, clock);
    }
    core::Result<core::Json> Ask(const std::string& operation, const std::string& body) {
        net::RequestHead head;
        head.method = "POST";
        head.target = head.path = "/";
        head.headers.Add("X-Amz-Target", "GraniteServiceVersion20100801." + operation);
        const wire::Service* service = wire::FindService(head, "monitoring");
        GYRE_ASSIGN(const auto route, wire::RouteRequest(*service, head, body));
        GYRE_ASSIGN(auto input, wire::ParseInput(route, head, body));
        return actions.Find("cloudwatch", operation)->document({}, std::move(input));
    }
    std::string ErrorOf(const std::string& operation, const std::string& body) {
        const auto answer = Ask(operation, body);
        return answer ? "" : answer.error().wire_name;
    }
    /// One datum, whose members are given.
    std::string Put(const std::string& datum, const std::string& name_space = "App") {
        return ErrorOf("PutMetricData", R"({"Namespace":")" + name_space +
                                            R"(","MetricData":[{"MetricName":"m",)" + datum +
                                            "}]}");
    }
    std::string Statistics(const std::string& more) {
        const auto answer =
            Ask("GetMetricStatistics", R"({"Namespace":"App","MetricName":"m","StartTime":)" +
                                           std::to_string(kOneOClock - 600) + R"(,"EndTime":)" +
                                           std::to_string(kOneOClock + 600) + "," + more + "}");
        return answer ? core::JsonText(*core::JsonFind(*answer, "Datapoints"))
                      : answer.error().wire_name;
    }
};

std::string Text(const core::Result<core::Json>& answer) {
    return answer ? core::JsonText(*answer) : answer.error().wire_name;
}

}  // namespace

TEST_CASE("values of every form are put, and read as every statistic") {
    MetricHouse house;
    CHECK(house.Put(R"("Value":1)").empty());
    CHECK(house.Put(R"("Values":[2,3],"Counts":[2,1])").empty());
    CHECK(house.Statistics(
              R"("Period":60,"Statistics":["Sum","SampleCount","Minimum","Maximum","Average"],
                            "ExtendedStatistics":["p50","p99.9"])") ==
          R"([{"Timestamp":1764075600,"Unit":"None","Sum":8.0,"SampleCount":4.0,"Minimum":1.0,)"
          R"("Maximum":3.0,"Average":2.0,"ExtendedStatistics":{"p50":)" +
              core::JsonText(core::Json(Statistic::Of(2).sketch.Quantile(0.5))) +
              R"(,"p99.9":3.0}}])");
    CHECK(house
              .Put(R"("StatisticValues":{"SampleCount":4,"Sum":20,"Minimum":2,"Maximum":9},
                       "Unit":"Seconds","Timestamp":)" +
                   std::to_string(kOneOClock - 300))
              .empty());
    // Each unit's values stand for themselves, and have no percentiles where only sums are known.
    CHECK(house.Statistics(R"("Period":60,"Unit":"Seconds","Statistics":["Sum"],
                              "ExtendedStatistics":["p50"])") ==
          R"([{"Timestamp":1764075300,"Unit":"Seconds","Sum":20.0}])");
    CHECK(house.Statistics(R"("Period":60,"Unit":"Bytes","Statistics":["Sum"])") == "[]");
}

TEST_CASE("what is no metric is refused, with CloudWatch's names") {
    MetricHouse house;
    const std::string old = std::to_string(kOneOClock - 15 * 86'400);
    CHECK(house.Put(R"("Value":1)", "AWS/SageMaker") == "InvalidParameterValue");
    CHECK(house.Put(R"("Value":1,"Values":[1])") == "InvalidParameterCombination");
    CHECK(house.Put(R"("Unit":"None")") == "InvalidParameterCombination");
    CHECK(house.Put(R"("Values":[1,2],"Counts":[1])") == "InvalidParameterCombination");
    CHECK(house.Put(R"("Values":[])") == "InvalidParameterValue");
    CHECK(house.Put(R"("Value":1e200)") == "InvalidParameterValue");
    CHECK(house.Put(R"("Value":1,"Timestamp":)" + old) == "InvalidParameterValue");
    CHECK(house.Put(R"("Value":1,"StorageResolution":5)") == "InvalidParameterValue");
    CHECK(house.Put(
              R"("Value":1,"Dimensions":[{"Name":"a","Value":"1"},{"Name":"a","Value":"2"}])") ==
          "InvalidParameterValue");
    CHECK(house.Put(R"("Value":1,"Dimensions":[{"Name":"a","Value":"\u0001"}])") ==
          "InvalidParameterValue");
    CHECK(house.ErrorOf("PutMetricData", R"({"Namespace":"App"})") == "MissingParameter");
    CHECK(house.Statistics(R"("Period":61,"Statistics":["Sum"])") == "InvalidParameterValue");
    CHECK(house.Statistics(R"("Period":60)") == "InvalidParameterCombination");
    CHECK(house.Statistics(R"("Period":60,"ExtendedStatistics":["p101"])") ==
          "InvalidParameterValue");
    CHECK(house.ErrorOf("GetMetricStatistics",
                        R"({"Namespace":"App","MetricName":"m","StartTime":0,"EndTime":1e9,
                            "Period":60,"Statistics":["Sum"]})") == "InvalidParameterCombination");
    CHECK(house.store->List("", 0).empty());
}

TEST_CASE("queries, metric math and pages of GetMetricData") {
    MetricHouse house;
    for (int minute = 0; minute < 5; ++minute) {
        const std::string time =
            R"(,"Timestamp":)" + std::to_string(kOneOClock - 300 + minute * 60);
        REQUIRE(house.Put(R"("Value":)" + std::to_string(minute + 1) + time).empty());
    }
    const std::string range = R"("StartTime":)" + std::to_string(kOneOClock - 300) +
                              R"(,"EndTime":)" + std::to_string(kOneOClock);
    const std::string m1 =
        R"({"Id":"m1","MetricStat":{"Metric":{"Namespace":"App","MetricName":"m"},"Period":60,"Stat":"Sum"}})";
    auto answer = house.Ask(
        "GetMetricData", R"({"ScanBy":"TimestampAscending","MetricDataQueries":[)" + m1 +
                             R"(,{"Id":"e1","Expression":"m1*2","Label":"twice"}],)" + range + "}");
    CHECK(Text(answer).find(R"("Id":"m1","Label":"m","Timestamps":[1764075300,1764075360,)") !=
          std::string::npos);
    CHECK(Text(answer).find(R"("Label":"twice")") != std::string::npos);
    CHECK(Text(answer).find(R"("Values":[2.0,4.0,6.0,8.0,10.0],"StatusCode":"Complete")") !=
          std::string::npos);
    answer = house.Ask("GetMetricData", R"({"MetricDataQueries":[)" + m1 + R"(],)" + range + "}");
    CHECK(Text(answer).find(R"("Values":[5.0,4.0,3.0,2.0,1.0])") != std::string::npos);

    std::string token;
    std::string values;
    int pages = 0;
    do {
        const std::string more = token.empty() ? "" : R"(,"NextToken":")" + token + "\"";
        answer = house.Ask("GetMetricData", R"({"MaxDatapoints":2,"MetricDataQueries":[)" + m1 +
                                                "]," + range + more + "}");
        REQUIRE(answer);
        const core::Json& result = core::JsonFind(*answer, "MetricDataResults")->as_array()[0];
        for (const core::Json& value : result.at("Values").as_array())
            values += core::JsonText(value) + " ";
        token = core::JsonString(*answer, "NextToken").value_or("");
    } while (!token.empty() && ++pages < 9);
    CHECK(values == "5.0 4.0 3.0 2.0 1.0 ");

    const auto error = [&](const std::string& query) {
        return house.ErrorOf("GetMetricData",
                             R"({"MetricDataQueries":[)" + query + "]," + range + "}");
    };
    CHECK(error(R"({"Id":"M","Expression":"1"})") == "ValidationError");
    CHECK(error(m1 + "," + m1) == "ValidationError");
    CHECK(error(R"({"Id":"a","Expression":"a+1"})") == "ValidationError");
    CHECK(error(R"({"Id":"a","Expression":"b"},{"Id":"b","Expression":"a"})") == "ValidationError");
    CHECK(error(R"({"Id":"a"})") == "ValidationError");
}

TEST_CASE("metrics are listed by namespace, name and dimensions, page by page") {
    MetricHouse house;
    std::string data;
    for (int i = 0; i < 600; ++i) {
        data += std::string(i ? "," : "") + R"({"MetricName":"m)" + std::to_string(i % 2) +
                R"(","Value":1,"Dimensions":[{"Name":"i","Value":")" + std::to_string(i) +
                R"("}]})";
    }
    REQUIRE(house.Ask("PutMetricData", R"({"Namespace":"App","MetricData":[)" + data + "]}"));
    REQUIRE(house.Put(R"("Value":1)", "Other").empty());
    const auto count = [](const core::Result<core::Json>& answer) {
        return answer ? core::JsonFind(*answer, "Metrics")->as_array().size() : 0;
    };
    const auto first = house.Ask("ListMetrics", "{}");
    CHECK(count(first) == 500);
    const std::string token(core::JsonString(*first, "NextToken").value_or(""));
    CHECK(count(house.Ask("ListMetrics", R"({"NextToken":")" + token + "\"}")) == 101);
    CHECK(count(house.Ask("ListMetrics", R"({"Namespace":"App","MetricName":"m1"})")) == 300);
    CHECK(count(house.Ask("ListMetrics", R"({"Dimensions":[{"Name":"i","Value":"7"}]})")) == 1);
    CHECK(count(house.Ask("ListMetrics", R"({"Namespace":"Other","Dimensions":[{"Name":"i"}]})")) ==
          0);
    house.clock.SetWall(core::WallTime(core::seconds(kOneOClock + 4 * 3600)));
    CHECK(count(house.Ask("ListMetrics", R"({"RecentlyActive":"PT3H"})")) == 0);
    CHECK(count(house.Ask("ListMetrics", R"({"Namespace":"Other"})")) == 1);
    CHECK(house.ErrorOf("ListMetrics", R"({"NextToken":"#"})") == "InvalidParameterValue");
}
