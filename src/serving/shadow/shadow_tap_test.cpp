#include "serving/shadow/shadow_tap.h"

#include "serving/test_house.h"

namespace gyre::serving::test {
namespace {

std::string ShadowOf(const std::string& model, double weight) {
    return R"(,"ShadowProductionVariants":[{"VariantName":"dark","ModelName":")" + model +
           R"(","InitialInstanceCount":1,"InitialVariantWeight":)" + std::to_string(weight) + "}]";
}

/// A house with a shadow, and what its judge counted.
struct Shadowed {
    explicit Shadowed(double weight = 1) {
        house.PutModel("other");
        house.Deploy("e", {{}}, ShadowOf("other", weight));
    }
    /// Sum of the metric in all that was taken so far, once it is so much.
    void Expect(const std::string& metric, double sum) {
        const auto give_up = std::chrono::steady_clock::now() + core::seconds(20);
        while (sums[metric] < sum) {
            REQUIRE_MESSAGE(std::chrono::steady_clock::now() < give_up, metric);
            for (const auto& sample :
                 house.judge->TakeMetrics([](const auto&, const auto&) { return 1; })) {
                sums[sample.series.metric] += sample.value.sum;
                CHECK(sample.series.dimensions[1].second == "dark");
            }
            std::this_thread::sleep_for(core::milliseconds(1));
        }
        CHECK(sums[metric] == sum);
    }
    House house;
    std::map<std::string, double> sums;
};

TEST_CASE("a shadow gets copies, its answers go nowhere, and what differs is counted and told") {
    Shadowed shadowed;
    for (int i = 0; i < 3; i++) CHECK(shadowed.house.Invoke("e", "x")->body == "m: x");
    shadowed.Expect("ShadowComparisons", 3);
    shadowed.Expect("ShadowDifferences", 3);
    shadowed.Expect("Invocations", 3);
    const auto lines = shadowed.house.logs->Tail("/aws/sagemaker/Endpoints/e", "shadow/dark", 9);
    REQUIRE(lines.size() == 3);
    const auto line = core::ParseJson(lines[0]);
    REQUIRE(line);
    CHECK(line->at("difference") == "the answers' bytes");
    CHECK(line->at("shadow").at("body") == "other: x");
    const auto described = shadowed.house.Describe("e");
    CHECK(described.at("ProductionVariants").as_array().size() == 1);
    CHECK(described.at("ShadowProductionVariants").at(0).at("VariantName") == "dark");
    CHECK_FALSE(shadowed.house.Invoke("e", "x", {}, "dark"));  // nobody may ask it
}

TEST_CASE("a shadow gets its share") {
    Shadowed shadowed(0.25);
    for (int i = 0; i < 8; i++) REQUIRE(shadowed.house.Invoke("e", "x"));
    shadowed.Expect("ShadowComparisons", 2);
}

TEST_CASE("a shadow that hangs or dies costs nobody an answer") {
    Shadowed shadowed;
    const auto host = shadowed.house.runner.Host("other");
    host->Become({.silent = true});
    for (int i = 0; i < 3; i++) CHECK(shadowed.house.Invoke("e", "x")->body == "m: x");
    while (host->Kept() < 3) std::this_thread::yield();
    shadowed.house.runner.Kill("other");
    shadowed.Expect("ShadowDifferences", 3);  // it gave no answer
    shadowed.house.StepUntil("e", [&] { return shadowed.house.runner.Starts("other") == 2; });
    CHECK(shadowed.house.Invoke("e", "x")->body == "m: x");
}

TEST_CASE("one production variant has one shadow") {
    House house;
    house.PutModel("m");
    CHECK(house
              .Refusal("CreateEndpointConfig",
                       R"({"EndpointConfigName":"c","ProductionVariants":[
            {"VariantName":"a","ModelName":"m"},{"VariantName":"b","ModelName":"m"}])" +
                           ShadowOf("m", 1) + "}")
              .find("exactly one") != std::string::npos);
    CHECK(house
              .Refusal("CreateEndpointConfig",
                       R"({"EndpointConfigName":"c","ProductionVariants":[
            {"VariantName":"dark","ModelName":"m"}])" +
                           ShadowOf("m", 1) + "}")
              .find("unique") != std::string::npos);
}

}  // namespace
}  // namespace gyre::serving::test
