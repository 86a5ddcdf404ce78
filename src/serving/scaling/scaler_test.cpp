#include "serving/scaling/scaler.h"

#include "serving/scaling/scaling_actions.h"
#include "serving/test_house.h"

namespace gyre::serving::test {
namespace {

constexpr const char* kNames =
    R"("ServiceNamespace":"sagemaker","ResourceId":"endpoint/e/variant/v",
    "ScalableDimension":"sagemaker:variant:DesiredInstanceCount")";

/// A house with a scaler that is stepped by hand.
struct Scaled {
    explicit Scaled(int count = 1) {
        values = telemetry::MetricStore::Open(core::RealFileSystem(),
                                              house.folder.Path() / "values", house.clock)
                     .value();
        scaling::AddScalingActions(table, *house.catalog);
        scaler = scaling::Scaler::Make({.catalog = house.catalog.get(),
                                        .values = values.get(),
                                        .clock = &house.clock,
                                        .loop = house.loop.get(),
                                        .waiting = [this](const std::string& endpoint) {
                                            return house.router->WaitingFor(endpoint);
                                        }});
        house.Deploy("e", {{.count = count}});
    }
    core::Result<core::Json> Call(const std::string& operation, const std::string& more = "") {
        wire::CallContext context;
        context.region = "us-east-1";
        context.caller.account = "000000000000";
        const auto input = core::ParseJson("{" + std::string(kNames) + more + "}");
        REQUIRE(input);
        return table.Find("application-autoscaling", operation)->document(context, *input);
    }
    core::Json Must(const std::string& operation, const std::string& more = "") {
        auto output = Call(operation, more);
        REQUIRE_MESSAGE(output, output.error().ToString());
        return *output;
    }
    void Register(int least, int most) {
        Must("RegisterScalableTarget", ",\"MinCapacity\":" + std::to_string(least) +
                                           ",\"MaxCapacity\":" + std::to_string(most));
    }
    void PutPolicy() {
        Must("PutScalingPolicy", R"(,"PolicyName":"p","PolicyType":"TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration":{"TargetValue":100,"ScaleInCooldown":60,
            "ScaleOutCooldown":0,"PredefinedMetricSpecification":
            {"PredefinedMetricType":"SageMakerVariantInvocationsPerInstance"}})");
    }
    void Invoked(double times) {
        REQUIRE(values->Put({{.series = {"AWS/SageMaker",
                                         "Invocations",
                                         {{"EndpointName", "e"}, {"VariantName", "v"}},
                                         "None"},
                              .time = house.clock.WallNow() - core::seconds(1),
                              .value = telemetry::Statistic::Of(1, times),
                              .fine = true}}));
    }
    /// Instances after a step of the scaler and as many of the controller as it takes.
    int Step() {
        scaler->Step();
        house.StepUntilStatus("e", "InService");
        const auto summary = house.Describe("e").at("ProductionVariants").at(0);
        CHECK(summary.at("CurrentInstanceCount") == summary.at("DesiredInstanceCount"));
        return static_cast<int>(summary.at("DesiredInstanceCount").as_int64());
    }

    House house;
    wire::ActionTable table;
    std::unique_ptr<telemetry::MetricStore> values;
    std::shared_ptr<scaling::Scaler> scaler;
};

TEST_CASE("invocations bring instances, quiet takes them away, down to none and back") {
    Scaled scaled;
    scaled.Register(0, 4);
    scaled.PutPolicy();
    CHECK(scaled.Step() == 1);  // registered a moment ago
    scaled.Invoked(250);
    CHECK(scaled.Step() == 3);
    scaled.Invoked(2500);
    CHECK(scaled.Step() == 4);  // not more than the most
    scaled.house.clock.Advance(core::seconds(61));
    CHECK(scaled.Step() == 0);
    scaled.house.StepUntil("e", [&] { return scaled.house.runner.Running() == 0; });
    CHECK(scaled.Step() == 0);

    auto answer = scaled.house.Ask("e", "x");
    CHECK(scaled.house.router->WaitingFor("e") == 1);
    CHECK(scaled.Step() == 1);
    CHECK(House::Get(std::move(answer))->body == "m: x");
    const auto activities = scaled.Must("DescribeScalingActivities").at("ScalingActivities");
    REQUIRE(activities.as_array().size() == 4);
    CHECK(activities.at(0).at("Cause") == "requests wait and there is no instance");
    CHECK(activities.at(1).at("Description") == "Setting desired instance count to 0.");
}

TEST_CASE("bounds hold at once, and what is suspended does not move") {
    Scaled scaled(3);
    scaled.Register(1, 2);
    CHECK(scaled.Step() == 2);
    scaled.Must("RegisterScalableTarget",
                R"(,"MinCapacity":3,"MaxCapacity":5,
                    "SuspendedState":{"DynamicScalingOutSuspended":true})");
    CHECK(scaled.Step() == 2);
    scaled.Must("RegisterScalableTarget",
                R"(,"SuspendedState":{"DynamicScalingOutSuspended":false})");
    CHECK(scaled.Step() == 3);
}

TEST_CASE("targets and policies are described, and go") {
    Scaled scaled;
    CHECK(scaled.Call("PutScalingPolicy", R"(,"PolicyName":"p")").error().wire_name ==
          "ObjectNotFoundException");
    CHECK(scaled.Call("RegisterScalableTarget", R"(,"MinCapacity":2,"MaxCapacity":1)")
              .error()
              .wire_name == "ValidationException");
    scaled.Register(1, 2);
    scaled.PutPolicy();
    const auto target = scaled.Must("DescribeScalableTargets").at("ScalableTargets").at(0);
    CHECK(target.at("MinCapacity") == 1);
    CHECK(target.at("RoleARN").as_string().starts_with("arn:aws:iam::"));
    const auto policy = scaled.Must("DescribeScalingPolicies").at("ScalingPolicies").at(0);
    CHECK(policy.at("PolicyName") == "p");
    CHECK(policy.at("PolicyARN").as_string().ends_with("endpoint/e/variant/v:policyName/p"));
    CHECK(scaled.Call("PutScalingPolicy", R"(,"PolicyName":"s","PolicyType":"StepScaling")")
              .error()
              .message.find("not implemented") != std::string::npos);
    scaled.Must("DeregisterScalableTarget");
    CHECK(scaled.Must("DescribeScalableTargets").at("ScalableTargets").as_array().empty());
    CHECK(scaled.Must("DescribeScalingPolicies").at("ScalingPolicies").as_array().empty());
    CHECK(scaled.Call("DeregisterScalableTarget").error().wire_name == "ObjectNotFoundException");
    CHECK(scaled.Call("DeleteScalingPolicy", R"(,"PolicyName":"p")").error().wire_name ==
          "ObjectNotFoundException");
}

TEST_CASE("an update is not disturbed") {
    Scaled scaled;
    scaled.Register(2, 4);
    scaled.house.PutConfig("next", {{.model = "new"}});
    scaled.house.UpdateEndpoint("e", "next");
    scaled.scaler->Step();
    CHECK(scaled.Must("DescribeScalingActivities").at("ScalingActivities").as_array().empty());
    scaled.house.StepUntilStatus("e", "InService");
    CHECK(scaled.Step() == 2);
}

}  // namespace
}  // namespace gyre::serving::test
