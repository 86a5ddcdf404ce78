"""A shadow variant: copies, comparison within a tolerance, metrics, and a promotion at the end."""

import datetime
import json

import botocore.exceptions
import numpy
import pytest

from support import models
from support.platform import IMAGE, ROLE
from support.processes import wait_until

WEIGHT = numpy.eye(1, dtype="<f4")


def put(gyre, name: str, bias: float, **environment) -> None:
    gyre.put_model(name, models.onnx_linear(WEIGHT, numpy.array([bias], "<f4")),
                   key=f"{name}/model.onnx", environment={"GYRE_PRECISION": "fp32", **environment})


def serve(gyre, name: str, live: str, dark: str) -> None:
    sagemaker = gyre.client("sagemaker")
    variant = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 1, "InitialVariantWeight": 1}
    sagemaker.create_endpoint_config(
        EndpointConfigName=name,
        ProductionVariants=[{"VariantName": "live", "ModelName": live, **variant}],
        ShadowProductionVariants=[{"VariantName": "dark", "ModelName": dark, **variant}])
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)


def counted(gyre, endpoint: str, metric: str) -> float:
    now = datetime.datetime.now(datetime.timezone.utc)
    points = gyre.client("cloudwatch").get_metric_statistics(
        Namespace="Gyre/SageMaker", MetricName=metric, Statistics=["Sum"], Period=3600,
        Dimensions=[{"Name": "EndpointName", "Value": endpoint},
                    {"Name": "VariantName", "Value": "dark"}],
        StartTime=now - datetime.timedelta(hours=1), EndTime=now + datetime.timedelta(hours=1))
    return sum(point["Sum"] for point in points["Datapoints"])


def test_differences_beyond_the_tolerance_are_counted(new_platform):
    gyre = new_platform("[metrics]\nperiod_s = 1\n").start()
    put(gyre, "old", 1)
    put(gyre, "near", 1.0005, GYRE_SHADOW_TOLERANCE="0.001")
    put(gyre, "far", 1.5, GYRE_SHADOW_TOLERANCE="0.001")
    serve(gyre, "near", "old", "near")
    serve(gyre, "far", "old", "far")
    for name in ("near", "far"):
        described = gyre.wait(name)
        assert [v["VariantName"] for v in described["ShadowProductionVariants"]] == ["dark"]
        for _ in range(10):
            answer = gyre.invoke(name, b"[[0.0]]", ContentType="application/json")
            assert json.loads(answer["Body"].read()) == [[1.0]]
            assert answer["InvokedProductionVariant"] == "live"
        wait_until(lambda: counted(gyre, name, "ShadowComparisons") == 10, 120)
    assert counted(gyre, "near", "ShadowDifferences") == 0
    wait_until(lambda: counted(gyre, "far", "ShadowDifferences") == 10, 60)
    events = gyre.client("logs").get_log_events(
        logGroupName="/aws/sagemaker/Endpoints/far", logStreamName="shadow/dark")["events"]
    told = json.loads(events[0]["message"])
    assert told["difference"].startswith("$[0][0]: 1"), told

    gyre.put_config("promoted", {"model": "near", "name": "live"})
    gyre.client("sagemaker").update_endpoint(EndpointName="near", EndpointConfigName="promoted")
    described = gyre.wait("near")
    assert "ShadowProductionVariants" not in described
    answer = json.loads(gyre.invoke("near", b"[[0.0]]", ContentType="application/json")["Body"].read())
    assert abs(answer[0][0] - 1.0005) < 1e-6


STEP = """
def model_fn(model_dir):
    return None
def transform_fn(model, body, content_type, accept):
    text = body if isinstance(body, str) else body.decode()
    return "NAME(" + text + ")", "text/plain"
"""


def test_a_pipeline_is_compared_at_its_end(new_platform):
    gyre = new_platform("[metrics]\nperiod_s = 1\n").start()
    gyre.client("s3").create_bucket(Bucket="models")
    for name in ("one", "two"):
        gyre.client("s3").put_object(Bucket="models", Key=f"{name}.tar.gz",
                                     Body=models.inference(STEP.replace("NAME", name)))
    gyre.client("sagemaker").create_model(
        ModelName="chain", ExecutionRoleArn=ROLE,
        Containers=[{"Image": IMAGE, "ModelDataUrl": f"s3://models/{name}.tar.gz"}
                    for name in ("one", "two")])
    serve(gyre, "chains", "chain", "chain")
    gyre.wait("chains")
    for _ in range(5):
        answer = gyre.invoke("chains", b"x", ContentType="text/plain")
        assert answer["Body"].read() == b"two(one(x))"
    wait_until(lambda: counted(gyre, "chains", "ShadowComparisons") == 5, 120)
    assert counted(gyre, "chains", "ShadowDifferences") == 0


def test_a_shadow_is_one_model(gyre):
    gyre.put_model("shadowed", models.echo())
    gyre.client("sagemaker").create_model(
        ModelName="many-shadows", ExecutionRoleArn=ROLE,
        PrimaryContainer={"Image": IMAGE, "Mode": "MultiModel", "ModelDataUrl": "s3://models/many/"})
    with pytest.raises(botocore.exceptions.ClientError, match="multi-model"):
        serve(gyre, "many-dark", "shadowed", "many-shadows")
