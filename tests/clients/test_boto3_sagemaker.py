"""What boto3 does with models, configurations and endpoints over their whole life."""

import botocore.exceptions
import pytest

from support import models
from support.platform import IMAGE, ROLE

SOON = {"Delay": 1, "MaxAttempts": 120}  # boto3's waiters ask every 30 s otherwise
ARN = "arn:aws:sagemaker:us-east-1:000000000000:"


def refusal(call, **members) -> dict:
    """The error that the call is answered with."""
    with pytest.raises(botocore.exceptions.ClientError) as raised:
        call(**members)
    error = raised.value.response
    return {**error["Error"], "Status": error["ResponseMetadata"]["HTTPStatusCode"]}


@pytest.fixture(scope="module")
def sagemaker(gyre):
    return gyre.client("sagemaker")


@pytest.fixture(scope="module")
def echo_model(gyre) -> str:
    gyre.put_model("life-echo", models.echo())
    return "life-echo"


def test_whole_life_with_waiters(gyre, sagemaker, echo_model):
    gyre.put_config("life-one", {"model": echo_model, "name": "one"})
    created = sagemaker.create_endpoint(EndpointName="life", EndpointConfigName="life-one",
                                        Tags=[{"Key": "team", "Value": "zoo"}])
    assert created["EndpointArn"] == ARN + "endpoint/life"
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="life", WaiterConfig=SOON)
    described = sagemaker.describe_endpoint(EndpointName="life")
    assert described["EndpointStatus"] == "InService"
    assert described["CreationTime"] <= described["LastModifiedTime"]
    (variant,) = described["ProductionVariants"]
    assert variant["VariantName"] == "one"
    assert variant["CurrentWeight"] == variant["DesiredWeight"] == 1
    assert variant["CurrentInstanceCount"] == variant["DesiredInstanceCount"] == 1
    answer = gyre.invoke("life", b"hello", ContentType="text/plain")
    assert answer["Body"].read() == b"hello"
    assert answer["InvokedProductionVariant"] == "one"

    gyre.put_config("life-two", {"model": echo_model, "name": "two", "count": 2})
    sagemaker.update_endpoint(EndpointName="life", EndpointConfigName="life-two")
    described = sagemaker.describe_endpoint(EndpointName="life")
    assert described["EndpointStatus"] == "Updating" or described["EndpointConfigName"] == "life-two"
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="life", WaiterConfig=SOON)
    described = sagemaker.describe_endpoint(EndpointName="life")
    assert described["EndpointConfigName"] == "life-two"
    assert described["ProductionVariants"][0]["CurrentInstanceCount"] == 2
    assert gyre.invoke("life", b"x")["InvokedProductionVariant"] == "two"

    sagemaker.delete_endpoint(EndpointName="life")
    sagemaker.get_waiter("endpoint_deleted").wait(EndpointName="life", WaiterConfig=SOON)
    assert refusal(gyre.client("sagemaker-runtime").invoke_endpoint,
                   EndpointName="life", Body=b"x")["Code"] == "ValidationError"
    for name in ("life-one", "life-two"):
        sagemaker.delete_endpoint_config(EndpointConfigName=name)
        error = refusal(sagemaker.describe_endpoint_config, EndpointConfigName=name)
        assert error["Message"].startswith("Could not find endpoint configuration")


def test_descriptions_are_the_requests_and_nothing_more(gyre, sagemaker, echo_model):
    described = sagemaker.describe_model(ModelName=echo_model)
    assert described["ModelArn"] == ARN + "model/" + echo_model
    assert described["PrimaryContainer"] == {
        "Image": IMAGE, "ModelDataUrl": "s3://models/life-echo/model.tar.gz", "Environment": {}}
    assert described["ExecutionRoleArn"] == ROLE
    assert set(described) - {"ResponseMetadata"} == {
        "ModelName", "ModelArn", "PrimaryContainer", "ExecutionRoleArn", "CreationTime",
        "EnableNetworkIsolation"}
    gyre.put_config("life-plain", {"model": echo_model})
    described = sagemaker.describe_endpoint_config(EndpointConfigName="life-plain")
    assert described["ProductionVariants"] == [
        {"VariantName": "main", "ModelName": echo_model, "InstanceType": "ml.m5.large",
         "InitialInstanceCount": 1, "InitialVariantWeight": 1.0}]
    # The SDK sends what it reads back, and a member that is there must then be whole.
    assert not {"DataCaptureConfig", "KmsKeyId", "AsyncInferenceConfig"} & set(described)


def test_a_failed_endpoint_says_why_and_its_waiter_ends(gyre, sagemaker):
    gyre.put_model("life-broken", models.inference(
        "def weights(depth):\n"
        "    if depth == 0:\n"
        "        raise RuntimeError('the weights are of another size')\n"
        "    weights(depth - 1)\n"
        "def model_fn(model_dir):\n    weights(50)\n"))
    gyre.put_config("life-broken", {"model": "life-broken"})
    sagemaker.create_endpoint(EndpointName="life-broken", EndpointConfigName="life-broken")
    with pytest.raises(botocore.exceptions.WaiterError) as ended:
        sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="life-broken",
                                                         WaiterConfig=SOON)
    described = ended.value.last_response
    assert described["EndpointStatus"] == "Failed"
    reason = described["FailureReason"]
    assert len(reason) <= 1024
    assert "failed to load: RuntimeError: the weights are of another size\n" in reason
    assert "  at code/inference.py:3 in weights" in reason and "gyre_worker" not in reason
    logged = gyre.client("logs").filter_log_events(
        logGroupName="/aws/sagemaker/Endpoints/life-broken")["events"]
    text = "\n".join(event["message"] for event in logged)
    assert "Traceback" in text and "in model_fn" in text
    sagemaker.delete_endpoint(EndpointName="life-broken")
    sagemaker.get_waiter("endpoint_deleted").wait(EndpointName="life-broken", WaiterConfig=SOON)


def test_paginators_see_everything_once(gyre, sagemaker):
    names = [f"page-{i:03}" for i in range(57)]
    for name in names:
        sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE,
                               PrimaryContainer={"Image": IMAGE,
                                                 "ModelDataUrl": "s3://models/none.tar.gz"})
    pages = list(sagemaker.get_paginator("list_models").paginate(
        NameContains="page-", SortBy="Name", SortOrder="Ascending",
        PaginationConfig={"PageSize": 10}))
    assert [len(page["Models"]) for page in pages] == [10] * 5 + [7]
    assert [model["ModelName"] for page in pages for model in page["Models"]] == names
    assert "NextToken" not in pages[-1]
    newest = sagemaker.list_models(NameContains="page-", MaxResults=3)
    assert [model["ModelName"] for model in newest["Models"]] == names[:-4:-1]
    assert refusal(sagemaker.list_models, NextToken="no token of ours")["Status"] == 400
    for name in names:
        sagemaker.delete_model(ModelName=name)
    assert sagemaker.list_models(NameContains="page-")["Models"] == []


def test_endpoints_and_configurations_are_listed(gyre, sagemaker, echo_model):
    names = [f"listed-{i}" for i in range(3)]
    for name in names:
        gyre.put_config(name, {"model": echo_model})
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    for name in names:
        gyre.wait(name)
    for operation, member, name_of in (
            ("list_endpoints", "Endpoints", "EndpointName"),
            ("list_endpoint_configs", "EndpointConfigs", "EndpointConfigName")):
        items = [item for page in sagemaker.get_paginator(operation).paginate(
            NameContains="listed-", SortBy="CreationTime", SortOrder="Ascending",
            PaginationConfig={"PageSize": 2}) for item in page[member]]
        assert [item[name_of] for item in items] == names
    assert len(sagemaker.list_endpoints(NameContains="listed-", StatusEquals="InService")
               ["Endpoints"]) == 3
    assert sagemaker.list_endpoints(NameContains="listed-", StatusEquals="Failed")["Endpoints"] == []
    by_status = sagemaker.get_paginator("list_endpoints").paginate(
        NameContains="listed-", SortBy="Status", PaginationConfig={"PageSize": 2})
    assert [item["EndpointName"] for page in by_status for item in page["Endpoints"]] == names[::-1]
    for name in names:
        sagemaker.delete_endpoint(EndpointName=name)
    for name in names:
        sagemaker.get_waiter("endpoint_deleted").wait(EndpointName=name, WaiterConfig=SOON)


def test_tags(sagemaker, gyre, echo_model):
    arn = sagemaker.create_endpoint_config(
        EndpointConfigName="tagged", Tags=[{"Key": f"k{i}", "Value": str(i)} for i in range(7)],
        ProductionVariants=[{"VariantName": "v", "ModelName": echo_model,
                             "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}]
    )["EndpointConfigArn"]
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "k0", "Value": "new"},
                                              {"Key": "more", "Value": ""}])
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["k1", "k2"])
    tags = [tag for page in sagemaker.get_paginator("list_tags").paginate(
        ResourceArn=arn, PaginationConfig={"PageSize": 50}) for tag in page["Tags"]]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {
        "k0": "new", "k3": "3", "k4": "4", "k5": "5", "k6": "6", "more": ""}
    sagemaker.delete_endpoint_config(EndpointConfigName="tagged")
    assert refusal(sagemaker.list_tags, ResourceArn=arn)["Status"] == 400


def test_variants_share_by_weight_and_change_in_place(gyre, sagemaker):
    for name in ("red", "blue"):
        gyre.put_model("shared-" + name, models.echo())
    gyre.put_config("shared", {"model": "shared-red", "name": "red", "weight": 3},
                    {"model": "shared-blue", "name": "blue", "weight": 1})
    sagemaker.create_endpoint(EndpointName="shared", EndpointConfigName="shared")
    gyre.wait("shared")
    runtime = gyre.client("sagemaker-runtime")

    def share(calls: int) -> dict[str, int]:
        seen = [runtime.invoke_endpoint(EndpointName="shared", Body=b"x")
                ["InvokedProductionVariant"] for _ in range(calls)]
        return {name: seen.count(name) for name in ("red", "blue")}

    assert abs(share(40)["red"] - 30) <= 2  # spread more evenly than by chance
    for name in ("red", "blue"):
        answer = runtime.invoke_endpoint(EndpointName="shared", Body=b"x", TargetVariant=name)
        assert answer["InvokedProductionVariant"] == name
    error = refusal(runtime.invoke_endpoint, EndpointName="shared", Body=b"x",
                    TargetVariant="green")
    assert (error["Code"], error["Status"]) == ("ValidationError", 400)
    assert "green" in error["Message"]

    sagemaker.update_endpoint_weights_and_capacities(
        EndpointName="shared", DesiredWeightsAndCapacities=[
            {"VariantName": "red", "DesiredWeight": 0},
            {"VariantName": "blue", "DesiredWeight": 1, "DesiredInstanceCount": 2}])
    described = gyre.wait("shared")
    by_name = {variant["VariantName"]: variant for variant in described["ProductionVariants"]}
    assert by_name["red"]["CurrentWeight"] == 0
    assert by_name["blue"]["CurrentInstanceCount"] == 2
    assert share(10) == {"red": 0, "blue": 10}
    # A variant without weight is still asked by name.
    assert runtime.invoke_endpoint(EndpointName="shared", Body=b"x", TargetVariant="red")[
        "InvokedProductionVariant"] == "red"
    sagemaker.delete_endpoint(EndpointName="shared")


def test_conflicts_and_absent_names_are_told_in_the_words_clients_match(gyre, sagemaker,
                                                                        echo_model):
    error = refusal(sagemaker.create_model, ModelName=echo_model, ExecutionRoleArn=ROLE,
                    PrimaryContainer={"Image": IMAGE})
    assert error["Code"] == "ValidationException"
    assert error["Message"].startswith("Cannot create already existing model")
    gyre.put_config("words", {"model": echo_model})
    sagemaker.create_endpoint(EndpointName="words", EndpointConfigName="words")
    error = refusal(sagemaker.create_endpoint, EndpointName="words", EndpointConfigName="words")
    assert error["Message"].startswith("Cannot create already existing endpoint")
    gyre.wait("words")
    for call, name, kind in (
            (sagemaker.describe_model, "ModelName", "model"),
            (sagemaker.describe_endpoint, "EndpointName", "endpoint"),
            (sagemaker.delete_endpoint, "EndpointName", "endpoint"),
            (sagemaker.describe_endpoint_config, "EndpointConfigName", "endpoint configuration")):
        error = refusal(call, **{name: "no-such-thing"})
        assert (error["Code"], error["Status"]) == ("ValidationException", 400)
        assert error["Message"].startswith(f"Could not find {kind}")
    error = refusal(sagemaker.create_endpoint, EndpointName="other", EndpointConfigName="absent")
    assert "Could not find endpoint configuration" in error["Message"]
    error = refusal(sagemaker.create_endpoint_config, EndpointConfigName="other",
                    ProductionVariants=[{"VariantName": "v", "ModelName": "absent",
                                         "InstanceType": "ml.m5.large",
                                         "InitialInstanceCount": 1}])
    assert "Could not find model" in error["Message"]
    sagemaker.delete_endpoint(EndpointName="words")


def test_bad_input_names_every_member_that_is_wrong(gyre):
    sagemaker = gyre.client("sagemaker", parameter_validation=False)
    error = refusal(sagemaker.create_endpoint_config, EndpointConfigName="-x-", ProductionVariants=[
        {"VariantName": "v", "ModelName": "m", "InstanceType": "ml.abacus", "InitialInstanceCount": 0}])
    assert (error["Code"], error["Status"]) == ("ValidationException", 400)
    assert error["Message"].startswith("3 validation errors detected: ")
    for member in ("endpointConfigName", "productionVariants.1.member.instanceType",
                   "productionVariants.1.member.initialInstanceCount"):
        assert f"at '{member}' failed to satisfy constraint" in error["Message"]
    error = refusal(sagemaker.create_endpoint, EndpointName="x" * 64)
    assert "Member must have length less than or equal to 63" in error["Message"]
    assert "at 'endpointConfigName' failed to satisfy constraint: Member must not be null" in (
        error["Message"])


def test_operations_that_are_not_served_say_so(gyre):
    error = refusal(gyre.client("sagemaker").list_training_jobs)
    assert error["Status"] == 501
    assert "ListTrainingJobs" in error["Message"]
