"""A shadow variant: copies, comparison within a tolerance, metrics, and a promotion at the end."""

import datetime
import json

import numpy

from support import models
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
