"""Application Auto Scaling as boto3 asks for it: up under load, down to nothing, and back."""

import botocore.exceptions
import pytest

from support import models
from support.processes import wait_until

DIMENSION = "sagemaker:variant:DesiredInstanceCount"


def names(endpoint: str) -> dict:
    return {"ServiceNamespace": "sagemaker", "ScalableDimension": DIMENSION,
            "ResourceId": f"endpoint/{endpoint}/variant/main"}


def instances(gyre, endpoint: str) -> int:
    described = gyre.client("sagemaker").describe_endpoint(EndpointName=endpoint)
    return described["ProductionVariants"][0]["CurrentInstanceCount"]


def track(scaling, endpoint: str, metric: dict, least: int, most: int, target: float) -> None:
    scaling.register_scalable_target(**names(endpoint), MinCapacity=least, MaxCapacity=most)
    scaling.put_scaling_policy(
        PolicyName="track", PolicyType="TargetTrackingScaling", **names(endpoint),
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": target, "ScaleInCooldown": 5, "ScaleOutCooldown": 0, **metric})


INVOCATIONS = {"PredefinedMetricSpecification": {
    "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}}


def put_queue(platform) -> None:
    """An asynchronous endpoint."""
    platform.client("s3").create_bucket(Bucket="answers")
    platform.put_model("queue", models.echo())
    platform.client("sagemaker").create_endpoint_config(
        EndpointConfigName="queue",
        ProductionVariants=[{"VariantName": "main", "ModelName": "queue", "InitialInstanceCount": 1,
                             "InstanceType": "ml.m5.large"}],
        AsyncInferenceConfig={"OutputConfig": {"S3OutputPath": "s3://answers/queue"}})
    platform.client("sagemaker").create_endpoint(EndpointName="queue", EndpointConfigName="queue")
    platform.wait("queue")


def test_up_down_to_nothing_and_back(new_platform):
    gyre = new_platform("[metrics]\nperiod_s = 1\n").start()
    gyre.deploy("scaled", models.echo())
    put_queue(gyre)
    scaling = gyre.client("application-autoscaling")
    track(scaling, "scaled", INVOCATIONS, 0, 3, 20)
    track(scaling, "queue", {"CustomizedMetricSpecification": {
        "Namespace": "AWS/SageMaker", "MetricName": "ApproximateBacklogSizePerInstance",
        "Statistic": "Average", "Dimensions": [{"Name": "EndpointName", "Value": "queue"}]}}, 0, 2, 5)
    for _ in range(50):
        gyre.invoke("scaled", b"x")
    wait_until(lambda: instances(gyre, "scaled") == 3, 120)
    # A minute later its invocations are out of the window, and the queue was quiet for as long.
    wait_until(lambda: instances(gyre, "scaled") == 0 and instances(gyre, "queue") == 0, 240)
    assert gyre.wait("scaled")["EndpointStatus"] == "InService"

    assert gyre.invoke("scaled", b"anybody there?")["Body"].read() == b"anybody there?"
    activities = scaling.describe_scaling_activities(
        ServiceNamespace="sagemaker", ResourceId=names("scaled")["ResourceId"])["ScalingActivities"]
    assert activities[0]["Cause"] == "requests wait and there is no instance"
    assert activities[-1]["StatusCode"] == "Successful"

    runtime, s3 = gyre.client("sagemaker-runtime"), gyre.client("s3")
    locations = [runtime.invoke_endpoint_async(EndpointName="queue", Body=str(number).encode())[
        "OutputLocation"] for number in range(20)]
    for number, location in enumerate(locations):
        key = location.removeprefix("s3://answers/")
        s3.get_waiter("object_exists").wait(Bucket="answers", Key=key, WaiterConfig={"Delay": 1})
        assert s3.get_object(Bucket="answers", Key=key)["Body"].read() == str(number).encode()


def test_what_is_registered_is_described_and_goes(gyre):
    gyre.deploy("described", models.echo())
    scaling = gyre.client("application-autoscaling")
    with pytest.raises(scaling.exceptions.ObjectNotFoundException):
        scaling.deregister_scalable_target(**names("described"))
    with pytest.raises(botocore.exceptions.ClientError, match="No production variant found"):
        scaling.register_scalable_target(**names("nobody"), MinCapacity=1, MaxCapacity=2)
    track(scaling, "described", INVOCATIONS, 1, 4, 100)
    with pytest.raises(scaling.exceptions.ValidationException,
                       match="needs a TargetTrackingScalingPolicyConfiguration"):
        scaling.put_scaling_policy(PolicyName="bare", PolicyType="TargetTrackingScaling",
                                   **names("described"))
    [target] = scaling.describe_scalable_targets(
        ServiceNamespace="sagemaker", ResourceIds=[names("described")["ResourceId"]])[
            "ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 4)
    scaling.register_scalable_target(**names("described"), MaxCapacity=6)
    [policy] = scaling.get_paginator("describe_scaling_policies").paginate(
        **names("described")).build_full_result()["ScalingPolicies"]
    assert policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 100
    scaling.delete_scaling_policy(PolicyName="track", **names("described"))
    scaling.deregister_scalable_target(**names("described"))
    assert scaling.describe_scalable_targets(ServiceNamespace="sagemaker", ResourceIds=[
        names("described")["ResourceId"]])["ScalableTargets"] == []
