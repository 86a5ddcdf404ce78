#include "serving/test_house.h"

namespace gyre::serving::test {
namespace {

// Hosts answer "NAME: body", so an answer shows its way.
std::string ModelOf(const std::vector<std::string>& names, const std::string& more = "") {
    std::string containers;
    for (const std::string& name : names) {
        containers += (containers.empty() ? "" : ",") + std::string(R"({"ContainerHostname":")") +
                      name + R"(","Image":")" + kImage +
                      R"(","ModelDataUrl":"s3://models/m.onnx","Environment":{"NAME":")" + name +
                      R"("}})";
    }
    return R"({"ModelName":"chain","Containers":[)" + containers + "]" + more + "}";
}

void Deploy(House& house, const std::vector<std::string>& names, const std::string& more = "") {
    house.objects.objects["m.onnx"] = "bytes";
    house.Must("CreateModel", ModelOf(names, more));
    house.Deploy("e", {{.model = "chain"}});
}

core::Result<net::Response> InvokeContainer(House& house, const std::string& hostname) {
    wire::BufferedCall call;
    call.input = core::JsonObject{{"EndpointName", "e"}};
    if (!hostname.empty()) call.input.as_object()["TargetContainerHostname"] = hostname;
    call.body = "x";
    auto promise = std::make_shared<std::promise<core::Result<net::Response>>>();
    auto future = promise->get_future();
    call.respond = [promise](core::Result<net::Response> response) {
        promise->set_value(std::move(response));
    };
    house.router->Invoke(std::move(call));
    return House::Get(std::move(future));
}

TEST_CASE("each container's answer is the next one's request") {
    House house;
    Deploy(house, {"one", "two", "three"});
    const auto answer = house.Invoke(
        "e", "x", {{"Content-Type", "text/plain"}, {"X-Amzn-SageMaker-Custom-Attributes", "a=b"}});
    REQUIRE_MESSAGE(answer, answer.error().ToString());
    CHECK(answer->body == "three: two: one: x");
    CHECK(answer->headers.Get("Content-Type") == "text/plain");
    CHECK(answer->headers.Get("X-Amzn-SageMaker-Custom-Attributes") == "a=b");
    const auto summary = house.Describe("e").at("ProductionVariants").at(0);
    CHECK(summary.at("CurrentInstanceCount") == 1);
    CHECK(summary.at("DeployedImages").as_array().size() == 3);
    CHECK(house.runner.Running() == 3);
    CHECK(InvokeContainer(house, "two").error().message.find("not Direct") != std::string::npos);
}

TEST_CASE("the first refusal ends it") {
    House house;
    Deploy(house, {"one", "two"});
    const auto refused = house.Invoke("e", "fail");  // "one" answers 500
    REQUIRE_FALSE(refused);
    CHECK(refused.error().http_status == 424);
    CHECK(refused.error().details.at("OriginalMessage") == "one: fail");
}

TEST_CASE(
    "a container that does not come up fails the deployment, one that dies is started again") {
    House house;
    house.runner.CrashAtStart("two");
    house.objects.objects["m.onnx"] = "bytes";
    house.Must("CreateModel", ModelOf({"one", "two"}));
    house.PutConfig("e", {{.model = "chain"}});
    house.CreateEndpoint("e", "e");
    house.StepUntilStatus("e", "Failed");

    House other;
    Deploy(other, {"one", "two"});
    other.runner.Kill("two");
    other.StepUntil("e", [&] { return other.runner.Starts("two") == 2; });
    auto answer = other.Ask("e", "x");  // waits for it
    other.StepUntil("e",
                    [&] { return answer.wait_for(core::seconds(0)) == std::future_status::ready; });
    CHECK(answer.get()->body == "two: one: x");
}

TEST_CASE("in Direct mode a request names its one container") {
    House house;
    Deploy(house, {"one", "two"}, R"(,"InferenceExecutionConfig":{"Mode":"Direct"})");
    CHECK(InvokeContainer(house, "two")->body == "two: x");
    CHECK(InvokeContainer(house, "one")->body == "one: x");
    CHECK(InvokeContainer(house, "three").error().message.find("no container") !=
          std::string::npos);
    CHECK(InvokeContainer(house, "").error().message.find("needs a Target") != std::string::npos);
}

TEST_CASE("a restart of the platform serves a pipeline whose objects have gone") {
    House house;
    Deploy(house, {"one", "two"});
    house.End();
    house.objects.objects.clear();
    house.Begin();
    auto answer = house.Ask("e", "x");
    house.StepUntil("e",
                    [&] { return answer.wait_for(core::seconds(0)) == std::future_status::ready; });
    CHECK(answer.get()->body == "two: one: x");
}

}  // namespace
}  // namespace gyre::serving::test
