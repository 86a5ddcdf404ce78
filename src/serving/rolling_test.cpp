// Updates that replace instances batch by batch, stepped by hand.
#include <algorithm>
#include <atomic>
#include <set>

#include "serving/test_house.h"

namespace gyre::serving::test {
namespace {

// One by one, each watched for so many seconds.
std::string OneByOne(int wait, const std::string& more = "") {
    return R"({"RollingUpdatePolicy":{"MaximumBatchSize":{"Type":"INSTANCE_COUNT","Value":1},
        "WaitIntervalInSeconds":)" +
           std::to_string(wait) + more + R"(,"MaximumExecutionTimeoutInSeconds":600}})";
}

struct Rolling {
    Rolling() {
        house.Deploy("e", {{.model = "old", .count = 3}});
        house.PutConfig("next", {{.model = "new", .count = 3}});
    }
    void Update(int wait = 60, const std::string& more = "") {
        house.Must("UpdateEndpoint",
                   R"({"EndpointName":"e","EndpointConfigName":"next","DeploymentConfig":)" +
                       OneByOne(wait, more) + "}");
    }
    /// So many seconds, one after another: hosts that are not asked for long count as dead.
    void Pass(int seconds) {
        for (int i = 0; i < seconds; i++) {
            house.clock.Advance(core::seconds(1));
            REQUIRE(house.controller->Reconcile("e"));
            std::this_thread::sleep_for(core::milliseconds(1));
        }
    }
    /// New answers among so many.
    int Fresh(int asked) {
        int fresh = 0;
        for (int i = 0; i < asked; i++) fresh += house.Invoke("e", "x")->body == "new: x" ? 1 : 0;
        return fresh;
    }
    /// Steps until so many batches serve, in less than the wait between them.
    void UntilStarts(int starts) {
        house.StepUntil("e", [&] { return house.runner.Starts("new") == starts; });
    }
    void UntilShare(int least) {
        house.StepUntil("e", [&] { return Fresh(30) >= least; });
    }
    House house;
};

TEST_CASE("one by one, each watched before the next, and never more than a batch too many") {
    Rolling rolling;
    rolling.Update();
    rolling.UntilShare(9);
    CHECK(rolling.Fresh(30) <= 11);
    CHECK(rolling.house.runner.Running() == 4);
    CHECK(rolling.house.StatusOf("e") == "Updating");
    rolling.Pass(60);
    rolling.UntilShare(18);
    CHECK(rolling.Fresh(30) <= 21);
    rolling.house.StepUntil("e", [&] { return rolling.house.runner.Running() == 4; });
    rolling.Pass(60);
    rolling.UntilShare(30);
    rolling.Pass(60);
    rolling.house.StepUntilStatus("e", "InService");
    rolling.house.StepUntil("e", [&] { return rolling.house.runner.Running() == 3; });
    CHECK(rolling.Fresh(10) == 10);
    CHECK(rolling.house.runner.Starts("new") == 3);
}

TEST_CASE("a restart goes on where it was") {
    Rolling rolling;
    rolling.Update();
    rolling.UntilShare(9);
    rolling.Pass(60);
    rolling.UntilShare(18);
    rolling.house.End();
    rolling.house.Begin();
    auto answer = rolling.house.Ask("e", "x");
    rolling.house.StepUntil(
        "e", [&] { return answer.wait_for(core::seconds(0)) == std::future_status::ready; });
    CHECK(answer.get());
    rolling.house.StepUntil("e", [&] { return rolling.house.runner.Running() == 4; });
    CHECK(rolling.house.StatusOf("e") == "Updating");
}

TEST_CASE("a batch that does not come up turns it back, and the old serve all the while") {
    Rolling rolling;
    rolling.Update();
    rolling.UntilShare(9);
    rolling.house.runner.CrashAtStart("new");
    std::atomic<bool> stop = false;
    std::atomic<int> failed = 0;
    std::jthread client([&] {
        while (!stop) failed += rolling.house.Invoke("e", "x") ? 0 : 1;
    });
    rolling.Pass(60);
    rolling.house.StepUntilStatus("e", "InService");
    stop = true;
    client.join();
    CHECK(failed == 0);
    CHECK(rolling.Fresh(10) == 0);
    const auto described = rolling.house.Describe("e");
    CHECK(described.at("EndpointConfigName") == "e");
    CHECK(described.at("FailureReason").as_string().find("did not come up") != std::string::npos);
    rolling.house.StepUntil("e", [&] { return rolling.house.runner.Running() == 3; });
}

TEST_CASE("the old come back in batches of their own") {
    Rolling rolling;
    rolling.Update(250, R"(,"RollbackMaximumBatchSize":{"Type":"INSTANCE_COUNT","Value":1})");
    rolling.UntilShare(9);
    rolling.Pass(250);
    rolling.UntilShare(18);
    rolling.Pass(250);
    rolling.UntilShare(30);
    rolling.house.StepUntil("e", [&] { return rolling.house.runner.Running() == 4; });
    // The last batch is watched: one of the old is there yet.
    rolling.Pass(101);
    CHECK(rolling.house.StatusOf("e") == "RollingBack");
    int most = 0;
    std::set<int> thirds;
    rolling.house.StepUntil("e", [&] {
        most = std::max(most, rolling.house.runner.Running());
        thirds.insert(rolling.Fresh(30) / 10);
        return rolling.house.StatusOf("e") == "InService";
    });
    CHECK(most <= 5);          // three, a batch too many, and the one that leaves
    CHECK(thirds.size() > 2);  // by and by
    CHECK(rolling.Fresh(10) == 0);
}

TEST_CASE("a policy that is kept must fit the new fleet") {
    House house;
    house.Deploy("e", {{.count = 4}});
    house.PutConfig("small", {{.count = 2}});
    const std::string by_two =
        R"({"RollingUpdatePolicy":{"MaximumBatchSize":{"Type":"INSTANCE_COUNT","Value":2},
            "WaitIntervalInSeconds":0}})";
    house.Must(
        "UpdateEndpoint",
        R"({"EndpointName":"e","EndpointConfigName":"e","DeploymentConfig":)" + by_two + "}");
    house.StepUntilStatus("e", "InService");
    CHECK(house
              .Refusal("UpdateEndpoint",
                       R"({"EndpointName":"e","EndpointConfigName":"small",
                            "RetainDeploymentConfig":true})")
              .find("MaximumBatchSize must be between 1 and 1") != std::string::npos);
    CHECK(house.StatusOf("e") == "InService");
    house.UpdateEndpoint("e", "small");
    house.StepUntilStatus("e", "InService");
}

TEST_CASE("time that is over turns it back") {
    Rolling rolling;
    rolling.Update(3600);
    rolling.UntilShare(9);
    rolling.Pass(601);
    rolling.house.StepUntilStatus("e", "InService");
    CHECK(rolling.house.Describe("e").at("FailureReason").as_string().find("MaximumExecution") !=
          std::string::npos);
    CHECK(rolling.Fresh(10) == 0);
}

}  // namespace
}  // namespace gyre::serving::test
