// SageMaker's actions on a real catalog: what they keep, list, describe and refuse.
#include "serving/actions.h"

#include "serving/test_house.h"

namespace gyre::serving::test {
namespace {

std::string Arn(const std::string& resource) {
    return "arn:aws:sagemaker:us-east-1:000000000000:" + resource;
}

std::string NamesIn(const core::Json& output, const char* list, const char* member) {
    std::string names;
    for (const core::Json& item : output.at(list).as_array()) {
        names += (names.empty() ? "" : " ") + std::string(item.at(member).as_string());
    }
    return names;
}

TEST_CASE("a model is described as it was created, with what SageMaker adds") {
    House house;
    const core::Json created = house.Must("CreateModel", R"({
        "ModelName": "Zoo", "ExecutionRoleArn": "arn:aws:iam::000000000000:role/r",
        "PrimaryContainer": {"Image": "me/mine:1", "Environment": {"A": "1"}},
        "VpcConfig": {"Subnets": ["s"], "SecurityGroupIds": ["g"]},
        "Tags": [{"Key": "team", "Value": "zoo"}]})");
    CHECK(created == core::Json{{"ModelArn", Arn("model/zoo")}});
    const core::Json described = house.Must("DescribeModel", R"({"ModelName": "Zoo"})");
    CHECK(described == *core::ParseJson(R"({
        "ModelName": "Zoo", "ExecutionRoleArn": "arn:aws:iam::000000000000:role/r",
        "PrimaryContainer": {"Image": "me/mine:1", "Environment": {"A": "1"}},
        "VpcConfig": {"Subnets": ["s"], "SecurityGroupIds": ["g"]},
        "EnableNetworkIsolation": false, "ModelArn": ")" +
                                        Arn("model/zoo") + R"(", "CreationTime": 1700000000.0})"));
    CHECK(house.Must("ListTags", R"({"ResourceArn": ")" + Arn("model/zoo") + "\"}") ==
          *core::ParseJson(R"({"Tags": [{"Key": "team", "Value": "zoo"}]})"));
}

TEST_CASE("what does not fit is refused in SageMaker's words") {
    House house;
    house.PutConfig("c", {{}});
    const std::string variant = R"({"VariantName": "v", "ModelName": "m")";
    const struct {
        const char* operation;
        std::string input;
        std::string refusal;  // how it begins
    } cases[] = {
        {"DescribeModel", R"({"ModelName": "no"})",
         "ValidationException: Could not find model \"" + Arn("model/no") + "\"."},
        {"DeleteModel", R"({"ModelName": "no"})",
         "ValidationException: Could not find model \"" + Arn("model/no") + "\"."},
        {"CreateModel", R"({"ModelName": "m", "PrimaryContainer": {"Image": "i"}})",
         "ValidationException: Cannot create already existing model \"" + Arn("model/m") + "\"."},
        {"CreateModel", R"({"ModelName": "n"})",
         "ValidationException: You must specify either PrimaryContainer or Containers."},
        {"CreateModel",
         R"({"ModelName": "n", "PrimaryContainer": {"Image": "i"}, "Containers": [{"Image": "i"}]})",
         "ValidationException: You can't specify both"},
        {"CreateModel",
         R"({"ModelName": "n", "PrimaryContainer": {"Image": "i", "ModelDataUrl": "/tmp/x"}})",
         "ValidationException: The model data must be an S3 URI"},
        {"CreateModel",
         R"({"ModelName": "n", "Containers": [{"Image": "i", "ContainerHostname": "h"},
                                              {"Image": "j", "ContainerHostname": "h"}]})",
         "ValidationException: ContainerHostnames must be unique"},
        {"CreateModel",
         R"({"ModelName": "n", "Containers": [{"Image": "i", "ContainerHostname": "h"},
                                              {"Image": "j"}],
             "InferenceExecutionConfig": {"Mode": "Direct"}})",
         "ValidationException: With the inference execution mode Direct"},
        {"CreateModel",
         R"({"ModelName": "n", "PrimaryContainer": {"Image": "i", "Mode": "MultiModel"}})",
         "ValidationException: A container of the mode MultiModel needs a ModelDataUrl"},
        {"CreateModel",
         R"({"ModelName": "n", "PrimaryContainer": {"Image": "i"},
             "Tags": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]})",
         "ValidationException: Duplicate tag key: a"},
        {"CreateEndpointConfig",
         R"({"EndpointConfigName": "d", "ProductionVariants": [{"VariantName": "v", "ModelName": "no"}]})",
         "ValidationException: Could not find model \"" + Arn("model/no") + "\"."},
        {"CreateEndpointConfig",
         R"({"EndpointConfigName": "c", "ProductionVariants": [)" + variant + "}]}",
         "ValidationException: Cannot create already existing endpoint configuration \"" +
             Arn("endpoint-config/c") + "\"."},
        {"CreateEndpointConfig",
         R"({"EndpointConfigName": "d", "ProductionVariants": [)" + variant + "}," + variant +
             "}]}",
         "ValidationException: Variant names must be unique"},
        {"CreateEndpointConfig",
         R"({"EndpointConfigName": "d", "ProductionVariants": [)" + variant +
             R"(, "ServerlessConfig": {}}]})",
         ": ServerlessConfig of a production variant is not implemented here"},
        {"CreateEndpointConfig",
         R"({"EndpointConfigName": "d", "ProductionVariants": [)" + variant +
             R"(, "ManagedInstanceScaling": {"Status": "ENABLED"}}]})",
         ": ManagedInstanceScaling of a production variant is not implemented here"},
        {"CreateEndpointConfig",
         R"({"EndpointConfigName": "d", "ProductionVariants": [)" + variant +
             R"(, "InitialInstanceCount": 65}]})",
         "ResourceLimitExceeded: "},
        {"CreateEndpointConfig",
         R"({"EndpointConfigName": "d", "DataCaptureConfig": {"DestinationS3Uri": "nowhere",
                 "InitialSamplingPercentage": 1, "CaptureOptions": [{"CaptureMode": "Input"}]},
             "ProductionVariants": [)" +
             variant + "}]}",
         "ValidationException: DestinationS3Uri must be an S3 URI"},
        {"CreateEndpointConfig",
         R"({"EndpointConfigName": "d", "AsyncInferenceConfig": {}, "ProductionVariants": [)" +
             variant + "}]}",
         "ValidationException: AsyncInferenceConfig needs an OutputConfig."},
        {"CreateEndpoint", House::Names("e", "no"),
         "ValidationException: Could not find endpoint configuration \"" +
             Arn("endpoint-config/no") + "\"."},
        {"DescribeEndpoint", R"({"EndpointName": "no"})",
         "ValidationException: Could not find endpoint \"" + Arn("endpoint/no") + "\"."},
        {"UpdateEndpoint", House::Names("no", "c"),
         "ValidationException: Could not find endpoint \"" + Arn("endpoint/no") + "\"."},
        {"DeleteEndpoint", R"({"EndpointName": "no"})",
         "ValidationException: Could not find endpoint \"" + Arn("endpoint/no") + "\"."},
        {"CreateEndpoint",
         R"({"EndpointName": "e", "EndpointConfigName": "c", "DeploymentConfig":
             {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": {"Type": "CANARY"}}}})",
         "ValidationException: CanarySize must be specified for this type of traffic routing."},
        {"ListModels", R"({"NextToken": "rubbish"})", ": "},
        {"ListTags", R"({"ResourceArn": ")" + Arn("endpoint/no") + "\"}",
         "ValidationException: Could not find resource"},
    };
    for (const auto& one : cases) {
        CAPTURE(one.input);
        const std::string refusal = house.Refusal(one.operation, one.input);
        CHECK_MESSAGE(refusal.starts_with(one.refusal), refusal);
    }
    // None of them left anything behind.
    CHECK(NamesIn(house.Must("ListModels", "{}"), "Models", "ModelName") == "m");
    CHECK(NamesIn(house.Must("ListEndpointConfigs", "{}"), "EndpointConfigs",
                  "EndpointConfigName") == "c");
    CHECK(NamesIn(house.Must("ListEndpoints", "{}"), "Endpoints", "EndpointName").empty());
}

TEST_CASE("an endpoint's name is taken once") {
    House house;
    house.PutConfig("c", {{}});
    house.CreateEndpoint("e", "c");
    CHECK(house.Refusal("CreateEndpoint", House::Names("e", "c")) ==
          "ValidationException: Cannot create already existing endpoint \"" + Arn("endpoint/e") +
              "\".");
}

TEST_CASE("lists page, filter and sort") {
    House house;
    house.PutConfig("c", {{}});
    for (const char* name : {"beta-1", "alpha-2", "beta-3", "alpha-4"}) {
        house.CreateEndpoint(name, "c");
        house.clock.Advance(core::seconds(10));
    }
    const auto list = [&](const std::string& input) {
        return NamesIn(house.Must("ListEndpoints", input), "Endpoints", "EndpointName");
    };
    CHECK(list("{}") == "alpha-4 beta-3 alpha-2 beta-1");  // the newest first
    CHECK(list(R"({"SortBy": "Name", "SortOrder": "Ascending"})") ==
          "alpha-2 alpha-4 beta-1 beta-3");
    CHECK(list(R"({"NameContains": "beta"})") == "beta-3 beta-1");
    CHECK(list(R"({"CreationTimeAfter": 1700000015})") == "alpha-4 beta-3");
    CHECK(list(R"({"CreationTimeBefore": 1700000005})") == "beta-1");
    CHECK(list(R"({"StatusEquals": "InService"})").empty());
    house.StepUntilStatus("beta-1", "InService");
    CHECK(list(R"({"StatusEquals": "InService"})") == "beta-1");

    const core::Json first = house.Must("ListEndpoints", R"({"MaxResults": 3})");
    CHECK(NamesIn(first, "Endpoints", "EndpointName") == "alpha-4 beta-3 alpha-2");
    const core::Json second =
        house.Must("ListEndpoints", R"({"MaxResults": 3, "NextToken": ")" +
                                        std::string(first.at("NextToken").as_string()) + "\"}");
    CHECK(NamesIn(second, "Endpoints", "EndpointName") == "beta-1");
    CHECK(core::JsonFind(second, "NextToken") == nullptr);
}

TEST_CASE("tags are added, replaced and removed") {
    House house;
    house.PutModel("m");
    const std::string arn = R"({"ResourceArn": ")" + Arn("model/m") + "\"";
    const auto tags = [&] { return core::JsonText(house.Must("ListTags", arn + "}").at("Tags")); };
    CHECK(tags() == "[]");
    house.Must("AddTags",
               arn + R"(, "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]})");
    house.Must("AddTags", arn + R"(, "Tags": [{"Key": "a", "Value": "3"}]})");
    CHECK(tags() == R"([{"Key":"a","Value":"3"},{"Key":"b","Value":"2"}])");
    house.Must("DeleteTags", arn + R"(, "TagKeys": ["a", "never"]})");
    CHECK(tags() == R"([{"Key":"b","Value":"2"}])");
    std::string many;
    for (int i = 0; i < 50; i++) {
        many += (i > 0 ? "," : "") + std::string(R"({"Key":"k)") + std::to_string(i) +
                R"(","Value":""})";
    }
    CHECK(house.Refusal("AddTags", arn + R"(, "Tags": [)" + many + "]}").find("at most 50") !=
          std::string::npos);
}

TEST_CASE("an update keeps the variants' weights and counts where it is told to") {
    House house;
    house.Deploy("e", {{.count = 2, .weight = 5}});
    house.PutConfig("next", {{.count = 1, .weight = 1}});
    house.Must("UpdateEndpoint", R"({"EndpointName": "e", "EndpointConfigName": "next",
        "RetainAllVariantProperties": true,
        "ExcludeRetainedVariantProperties": [{"VariantPropertyType": "DesiredWeight"}],
        "DeploymentConfig": {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration":
            {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}}}})");
    house.StepUntilStatus("e", "InService");
    const core::Json described = house.Describe("e");
    const core::Json& variant = described.at("ProductionVariants").at(0);
    CHECK(variant.at("DesiredInstanceCount") == 2);
    CHECK(core::JsonDouble(variant, "DesiredWeight") == 1);
    CHECK(core::JsonFind(described, "LastDeploymentConfig") != nullptr);
    CHECK(core::JsonFind(described, "DeploymentConfig") == nullptr);
}

TEST_CASE("a configuration that goes leaves its endpoint as it is") {
    House house;
    house.Deploy("e", {{}});
    house.Must("DeleteEndpointConfig", R"({"EndpointConfigName": "e"})");
    house.Must("DeleteModel", R"({"ModelName": "m"})");
    house.objects.objects.clear();
    house.End();
    house.Begin();
    house.StepUntil("e", [&] { return house.runner.Starts("m") == 2; });
    CHECK(house.StatusOf("e") == "InService");
}

}  // namespace
}  // namespace gyre::serving::test
