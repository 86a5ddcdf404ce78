#include "serving/endpoint_controller.h"

#include "serving/test_house.h"

namespace gyre::serving::test {
namespace {

std::string Text(const core::Json& json, std::string_view member) {
    return std::string(core::JsonString(json, member).value_or("(none)"));
}

const core::Json& Variant(const core::Json& described, size_t index) {
    return core::JsonFind(described, "ProductionVariants")->as_array().at(index);
}

TEST_CASE("an endpoint comes up, answers and is described") {
    House house;
    house.PutConfig("c", {{.name = "main"}});
    house.CreateEndpoint("e", "c");
    CHECK(house.StatusOf("e") == "Creating");
    CHECK(house.Invoke("e", "x").error().wire_name == "ValidationError");
    house.StepUntilStatus("e", "InService");

    const auto answer = house.Invoke("e", "hello", {{"Content-Type", "text/plain"}});
    REQUIRE(answer);
    CHECK(answer->body == "m: hello");
    CHECK(answer->headers.Get("x-amzn-invoked-production-variant") == "main");
    CHECK(answer->headers.Get("content-type") == "text/plain");

    const core::Json described = house.Describe("e");
    CHECK(Text(described, "EndpointConfigName") == "c");
    CHECK(Text(described, "FailureReason") == "(none)");
    CHECK(core::JsonInt(Variant(described, 0), "CurrentInstanceCount") == 1);
    CHECK(core::JsonFind(Variant(described, 0), "VariantStatus") == nullptr);
    CHECK(Text(Variant(described, 0).at("DeployedImages").at(0), "SpecifiedImage") == kImage);
    CHECK(house.logs->Tail("/aws/sagemaker/Endpoints/e",
                           "main/" + house.runner.Host("m")->Spec().instance,
                           1) == std::vector<std::string>{"starting m"});
}

}  // namespace
}  // namespace gyre::serving::test
