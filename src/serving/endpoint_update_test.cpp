// Updates, scaling and deletion of endpoints.
#include <atomic>

#include "serving/test_house.h"

namespace gyre::serving::test {
namespace {

core::Json Variants(House& house, const std::string& endpoint) {
    return house.Describe(endpoint).at("ProductionVariants");
}

TEST_CASE("an update brings the new up before the old leaves") {
    House house;
    house.Deploy("e", {{.model = "old"}});
    const auto old_host = house.runner.Host("old");
    old_host->Become({.silent = true});
    auto pending = house.Ask("e", "asked of the old");
    while (old_host->Kept() == 0) std::this_thread::yield();

    house.runner.SetConduct("new", {.state = HostStatus::State::kLoading});
    house.PutConfig("next", {{.name = "w", .model = "new"}});
    house.UpdateEndpoint("e", "next");
    house.StepUntil("e", [&] { return house.runner.Starts("new") == 1; });
    CHECK(house.StatusOf("e") == "Updating");
    CHECK(Text(house.Describe("e"), "EndpointConfigName") == "e");
    CHECK(Text(house.Describe("e").at("PendingDeploymentSummary"), "EndpointConfigName") == "next");
    CHECK_FALSE(old_host->Draining());

    house.runner.Host("new")->Become({});
    house.StepUntilStatus("e", "InService");
    CHECK(house.Invoke("e", "x")->body == "new: x");
    CHECK(Text(house.Describe("e"), "EndpointConfigName") == "next");
    CHECK(core::JsonFind(house.Describe("e"), "PendingDeploymentSummary") == nullptr);

    // The old one finishes what it has before it is stopped.
    house.StepUntil("e", [&] { return old_host->Draining(); });
    for (int i = 0; i < 10; i++) {
        house.clock.Advance(core::seconds(20));
        REQUIRE(house.controller->Reconcile("e"));
    }
    CHECK_FALSE(house.runner.Ended("old"));
    old_host->AnswerKept();
    CHECK(House::Get(std::move(pending))->body == "old: asked of the old");
    house.StepUntil("e", [&] { return house.runner.Ended("old"); });
    CHECK(house.runner.Running() == 1);
    CHECK(old_host->Late() == 0);
}

TEST_CASE("an update under load loses no prediction") {
    House house;
    house.Deploy("e", {{.model = "m0", .count = 2}});
    for (int i = 1; i <= 4; i++) {
        const std::string name = std::to_string(i);
        house.PutConfig("c" + name, {{.model = "m" + name, .count = 2}});
    }
    std::atomic<bool> stop = false;
    std::atomic<int> answered = 0;
    std::atomic<int> failed = 0;
    std::vector<std::jthread> clients;
    for (int c = 0; c < 4; c++) {
        clients.emplace_back([&] {
            while (!stop) {
                const auto answer = house.Invoke("e", "x");
                (answer && answer->body.ends_with(": x") ? answered : failed)++;
            }
        });
    }
    for (int i = 1; i <= 4; i++) {
        house.UpdateEndpoint("e", "c" + std::to_string(i));
        house.StepUntilStatus("e", "InService");
        house.StepUntil("e", [&] { return house.runner.Running() == 2; });
    }
    stop = true;
    clients.clear();
    CHECK(failed == 0);
    CHECK(answered > 50);
    for (int i = 0; i < 4; i++) CHECK(house.runner.Host("m" + std::to_string(i))->Late() == 0);
}

TEST_CASE("an update that fails goes back by itself") {
    House house;
    house.Deploy("e", {{.model = "good"}});
    house.runner.SetConduct("bad", {HostStatus::State::kFailed, "no good", false});
    house.PutConfig("next", {{.model = "bad"}});
    house.UpdateEndpoint("e", "next");
    house.StepUntilStatus("e", "RollingBack");
    CHECK(house.Invoke("e", "x")->body == "good: x");
    house.StepUntilStatus("e", "InService");
    CHECK(Text(house.Describe("e"), "EndpointConfigName") == "e");
    CHECK(Text(house.Describe("e"), "FailureReason").find("no good") != std::string::npos);
    CHECK(house.Invoke("e", "x")->body == "good: x");
    house.StepUntil("e", [&] { return house.runner.Running() == 1; });
    CHECK(house.runner.Starts("good") == 1);
}

TEST_CASE("an update that a restart cuts goes on after it") {
    House house;
    house.Deploy("e", {{.model = "old"}});
    house.PutConfig("next", {{.model = "new"}});
    house.UpdateEndpoint("e", "next");
    house.End();
    house.Begin();
    CHECK(house.StatusOf("e") == "Updating");
    house.StepUntilStatus("e", "InService");
    CHECK(house.Invoke("e", "x")->body == "new: x");
}

TEST_CASE("an endpoint on its way takes no other change") {
    House house;
    house.PutConfig("c", {{}});
    house.CreateEndpoint("e", "c");
    const std::string refusal = house.Refusal("UpdateEndpoint", House::Names("e", "c"));
    CHECK(refusal ==
          "ValidationException: Cannot update in-progress endpoint "
          "\"arn:aws:sagemaker:us-east-1:000000000000:endpoint/e\".");
    CHECK(house
              .Refusal("UpdateEndpointWeightsAndCapacities",
                       R"({"EndpointName":"e","DesiredWeightsAndCapacities":
                        [{"VariantName":"v","DesiredWeight":1}]})")
              .find("in-progress") != std::string::npos);
}

TEST_CASE("weights and counts change in place") {
    House house;
    house.Deploy("e", {{.name = "a", .model = "a"}, {.name = "b", .model = "b", .weight = 3}});
    const auto count_of_a = [&](int asked) {
        int of_a = 0;
        for (int i = 0; i < asked; i++) {
            const auto answer = house.Invoke("e", "x");
            of_a += answer->headers.Get("x-amzn-invoked-production-variant") == "a" ? 1 : 0;
        }
        return of_a;
    };
    CHECK(std::abs(count_of_a(200) - 50) <= 2);

    house.Must("UpdateEndpointWeightsAndCapacities",
               R"({"EndpointName":"e","DesiredWeightsAndCapacities":
               [{"VariantName":"a","DesiredWeight":0,"DesiredInstanceCount":3}]})");
    CHECK(house.StatusOf("e") == "Updating");
    CHECK(core::JsonInt(Variants(house, "e").at(0), "CurrentInstanceCount") == 1);
    house.StepUntil("e", [&] { return house.runner.Starts("a") >= 2; });
    if (house.StatusOf("e") == "Updating") {
        CHECK(core::JsonInt(Variants(house, "e").at(0), "DesiredInstanceCount") == 3);
    }
    house.StepUntilStatus("e", "InService");
    CHECK(house.runner.Starts("a") == 3);
    CHECK(house.runner.Starts("b") == 1);
    CHECK(count_of_a(20) == 0);
    CHECK(house.Invoke("e", "x", {}, "a")->body == "a: x");
    CHECK(core::JsonInt(Variants(house, "e").at(0), "CurrentInstanceCount") == 3);

    house.Must("UpdateEndpointWeightsAndCapacities",
               R"({"EndpointName":"e","DesiredWeightsAndCapacities":
               [{"VariantName":"a","DesiredWeight":1,"DesiredInstanceCount":1}]})");
    house.StepUntilStatus("e", "InService");
    house.StepUntil("e", [&] { return house.runner.Running() == 2; });
    CHECK(house.runner.Starts("a") == 3);
}

TEST_CASE("more hosts that do not come up leave the endpoint as it was") {
    House house;
    house.Deploy("e", {{}});
    house.runner.CrashAtStart("m");
    house.Must("UpdateEndpointWeightsAndCapacities",
               R"({"EndpointName":"e","DesiredWeightsAndCapacities":
               [{"VariantName":"v","DesiredInstanceCount":2}]})");
    house.StepUntilStatus("e", "InService");
    CHECK(Text(house.Describe("e"), "FailureReason").find("exit code 3") != std::string::npos);
    CHECK(core::JsonInt(Variants(house, "e").at(0), "DesiredInstanceCount") == 1);
    CHECK(house.Invoke("e", "x")->body == "m: x");
}

TEST_CASE("a deleted endpoint answers what it has and is gone with its model") {
    House house;
    house.Deploy("e", {{}});
    house.Deploy("other", {{.model = "n"}});
    const auto host = house.runner.Host("m");
    host->Become({.silent = true});
    auto pending = house.Ask("e", "last");
    while (host->Kept() == 0) std::this_thread::yield();
    house.Must("DeleteEndpoint", R"({"EndpointName":"e"})");
    CHECK(house.StatusOf("e") == "Deleting");
    house.StepUntil("e", [&] { return host->Draining(); });
    CHECK(house.Invoke("e", "x").error().message.find("Deleting") != std::string::npos);
    host->AnswerKept();
    CHECK(House::Get(std::move(pending))->body == "m: last");
    house.StepUntil("e",
                    [&] { return !house.Call("DescribeEndpoint", R"({"EndpointName":"e"})"); });
    CHECK(house.Invoke("e", "x").error().message.find("not found") != std::string::npos);
    CHECK(house.Invoke("other", "x")->body == "n: x");
    const auto left = core::RealFileSystem().List(house.folder.Path() / "models");
    REQUIRE(left);
    CHECK(left->size() == 2);  // the other's model, and the folder for downloads
    // The name is free again.
    house.CreateEndpoint("e", "e");
    house.StepUntilStatus("e", "InService");
}

TEST_CASE("an endpoint is deleted in every state") {
    House house;
    house.runner.SetConduct("m", {.state = HostStatus::State::kLoading});
    house.PutConfig("c", {{}});
    house.CreateEndpoint("e", "c");
    SUBCASE("before its first step") {
    }
    SUBCASE("while it loads") {
        house.StepUntil("e", [&] { return house.runner.Starts("m") == 1; });
    }
    SUBCASE("when it failed") {
        house.runner.SetConduct("m", {HostStatus::State::kFailed, "no", false});
        house.StepUntilStatus("e", "Failed");
    }
    SUBCASE("after a restart") {
        house.StepUntil("e", [&] { return house.runner.Starts("m") == 1; });
        house.Must("DeleteEndpoint", R"({"EndpointName":"e"})");
        house.End();
        house.Begin();
    }
    (void)house.Call("DeleteEndpoint", R"({"EndpointName":"e"})");
    house.StepUntil("e",
                    [&] { return !house.Call("DescribeEndpoint", R"({"EndpointName":"e"})"); });
    house.StepUntil("e", [&] { return house.runner.Running() == 0; });
}

}  // namespace
}  // namespace gyre::serving::test
