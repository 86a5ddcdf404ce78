#include "serving/endpoint_controller.h"

#include "serving/test_house.h"

namespace gyre::serving::test {
namespace {

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
    const std::string stream = "main/" + house.runner.Host("m")->Spec().instance;
    CHECK(house.logs->Tail("/aws/sagemaker/Endpoints/e", stream, 9) ==
          std::vector<std::string>{"starting m", R"(gyre: ready: {"platform":"fake"})"});
}

TEST_CASE("an endpoint that cannot come up is Failed and says why") {
    House house;
    SUBCASE("the model does not load") {
        house.runner.SetConduct("m", {HostStatus::State::kFailed, "no module named zoo", false});
        house.PutConfig("c", {{}});
        house.CreateEndpoint("e", "c");
        house.StepUntilStatus("e", "Failed");
        CHECK(Text(house.Describe("e"), "FailureReason").find("no module named zoo") !=
              std::string::npos);
        CHECK(house.runner.Starts("m") == 1);
    }
    SUBCASE("its host crashes again and again") {
        house.runner.CrashAtStart("m");
        house.PutConfig("c", {{}});
        house.CreateEndpoint("e", "c");
        house.StepUntilStatus("e", "Failed");
        const std::string reason = Text(house.Describe("e"), "FailureReason");
        CHECK(reason.find("exit code 3") != std::string::npos);
        CHECK(reason.find("starting m") != std::string::npos);  // its last line
        CHECK(house.runner.Starts("m") == 3);
    }
    SUBCASE("it loads for ever") {
        house.runner.SetConduct("m", {HostStatus::State::kLoading, {}, false});
        house.PutConfig("c", {{}});
        house.CreateEndpoint("e", "c");
        house.StepUntil("e", [&] { return house.runner.Starts("m") == 1; });
        house.clock.Advance(core::seconds(1190));
        house.StepUntil("e",
                        [&] { return house.clock.Now() > core::SteadyTime(core::seconds(4799)); });
        CHECK(house.StatusOf("e") == "Creating");
        house.clock.Advance(core::seconds(15));
        house.StepUntilStatus("e", "Failed");
        CHECK(Text(house.Describe("e"), "FailureReason").find("not ready") != std::string::npos);
    }
    SUBCASE("the object is not there") {
        house.PutConfig("c", {{}});
        house.objects.objects.clear();
        house.CreateEndpoint("e", "c");
        house.StepUntilStatus("e", "Failed");
        const std::string reason = Text(house.Describe("e"), "FailureReason");
        CHECK(reason.find("s3://models/m.onnx") != std::string::npos);
        CHECK(reason.find("does not exist") != std::string::npos);
    }
    SUBCASE("nobody knows the image") {
        house.Must("CreateModel", R"({"ModelName":"m","PrimaryContainer":{"Image":"me/mine:1"}})");
        house.PutConfig("c", {{}});
        house.CreateEndpoint("e", "c");
        house.StepUntilStatus("e", "Failed");
        CHECK(Text(house.Describe("e"), "FailureReason").find("serving.images") !=
              std::string::npos);
    }
    const auto answer = house.Invoke("e", "x");
    REQUIRE_FALSE(answer);
    CHECK(answer.error().wire_name == "ValidationError");
    CHECK(answer.error().message.find("Failed") != std::string::npos);
    house.StepUntil("e", [&] { return house.runner.Running() == 0; });
}

TEST_CASE("a host is told how long a load may take: by the request, the model or the platform") {
    House house;
    const auto told = [&](const std::string& name, const std::string& environment,
                          const std::string& request) {
        house.Must("CreateModel",
                   R"({"ModelName":")" + name + R"(","PrimaryContainer":{"Image":")" + kImage +
                       R"(","ModelDataUrl":"s3://models/m.onnx",)" + R"("Environment":{"NAME":")" +
                       name + '"' + environment + "}}}");
        house.Must("CreateEndpointConfig",
                   R"({"EndpointConfigName":")" + name +
                       R"(","ProductionVariants":[{"VariantName":"v","InitialInstanceCount":1,)" +
                       R"("ModelName":")" + name + '"' + request + "}]}");
        house.CreateEndpoint(name, name);
        house.StepUntil(name, [&] { return house.runner.Starts(name) == 1; });
        return house.runner.Host(name)->Spec().environment.at("SAGEMAKER_STARTUP_TIMEOUT");
    };
    house.objects.objects.try_emplace("m.onnx", "bytes");
    const std::string models = R"(,"SAGEMAKER_STARTUP_TIMEOUT":"30")";
    const std::string requests = R"(,"ContainerStartupHealthCheckTimeoutInSeconds":900)";
    CHECK(told("a", "", "") == "1200");
    CHECK(told("b", models, "") == "30");
    CHECK(told("c", "", requests) == "900");
    CHECK(told("d", models, requests) == "900");
    house.runner.SetConduct("e", {HostStatus::State::kLoading, {}, false});
    CHECK(told("e", models, "") == "30");
    house.clock.Advance(core::seconds(31));
    house.StepUntilStatus("e", "Failed");
}

TEST_CASE("a failed endpoint comes up when it is updated to what works") {
    House house;
    house.runner.CrashAtStart("bad");
    house.PutConfig("bad", {{.model = "bad"}});
    house.PutConfig("good", {{.model = "good"}});
    house.CreateEndpoint("e", "bad");
    house.StepUntilStatus("e", "Failed");
    house.UpdateEndpoint("e", "good");
    house.StepUntilStatus("e", "InService");
    CHECK(Text(house.Describe("e"), "FailureReason") == "(none)");
    CHECK(house.Invoke("e", "x")->body == "good: x");
}

TEST_CASE("a server that was held up for long does not take its hosts for silent") {
    House house;
    house.Deploy("e", {{}});
    house.clock.Advance(core::seconds(3'600));
    int steps = 0;
    house.StepUntil("e", [&] { return ++steps == 50; });
    CHECK(house.runner.Starts("m") == 1);
    CHECK_FALSE(house.runner.Ended("m"));
    CHECK(house.Invoke("e", "x")->body == "m: x");
}

TEST_CASE("a host that dies is started again while the endpoint stays in service") {
    House house;
    house.Deploy("e", {{}});
    house.runner.SetConduct("m", {.silent = true});
    house.runner.Host("m")->Become({.silent = true});
    auto pending = house.Ask("e", "asked");
    while (house.runner.Host("m")->Kept() == 0) std::this_thread::yield();
    const std::string instance = house.runner.Host("m")->Spec().instance;
    house.runner.SetConduct("m", {});
    house.runner.Kill("m");

    // What it had is answered, and not asked again: it may have been what killed it.
    const auto answer = House::Get(std::move(pending));
    REQUIRE_FALSE(answer);
    CHECK(answer.error().wire_name == "ModelError");
    CHECK(answer.error().details.at("OriginalStatusCode") == "0");

    // What comes while no host is there waits for it.
    auto waiting = house.Ask("e", "waited");
    house.StepUntil("e", [&] { return house.runner.Starts("m") == 2; });
    CHECK(house.StatusOf("e") == "InService");
    house.StepUntil("e", [&] {
        return core::JsonInt(Variant(house.Describe("e"), 0), "CurrentInstanceCount") == 1;
    });
    CHECK(House::Get(std::move(waiting))->body == "m: waited");
    CHECK(house.runner.Host("m")->Spec().instance == instance);  // its log goes on
}

TEST_CASE("a host that dies each time it starts is started ever more rarely") {
    House house;
    house.Deploy("e", {{}});
    house.runner.CrashAtStart("m");
    house.runner.Kill("m");
    const auto begin = house.clock.Now();
    house.StepUntil("e", [&] { return house.runner.Starts("m") == 8; });
    CHECK(house.clock.Now() - begin >= core::seconds(0 + 1 + 1 + 2 + 3 + 5 + 8 - 1));
    CHECK(house.StatusOf("e") == "InService");
    const core::Json described = house.Describe("e");
    CHECK(core::JsonInt(Variant(described, 0), "CurrentInstanceCount") == 0);
    CHECK(Text(Variant(described, 0).at("VariantStatus").at(0), "StatusMessage")
              .find("exit code 3") != std::string::npos);
}

TEST_CASE("a host that answers nothing any more is killed") {
    House house;
    house.Deploy("e", {{}});
    house.runner.Host("m")->Mute();
    house.StepUntil("e", [&] { return house.runner.Starts("m") == 2; });
    CHECK(house.StatusOf("e") == "InService");
}

TEST_CASE("hosts that are lost with the program come back with it") {
    House house;
    house.Deploy("e", {{.count = 2}});
    house.PutConfig("late", {{.model = "late"}});
    house.CreateEndpoint("creating", "late");
    const int fetched = house.objects.gets;
    house.End();
    CHECK(house.runner.Running() == 0);
    house.Begin();
    CHECK(house.StatusOf("e") == "InService");
    auto waiting = house.Ask("e", "early");
    house.StepUntil("e", [&] { return house.runner.Starts("m") == 4; });
    house.StepUntil("e", [&] {
        return core::JsonInt(Variant(house.Describe("e"), 0), "CurrentInstanceCount") == 2;
    });
    CHECK(House::Get(std::move(waiting))->body == "m: early");
    CHECK(house.objects.gets == fetched);  // the model was still there
    house.StepUntilStatus("creating", "InService");
}

}  // namespace
}  // namespace gyre::serving::test
