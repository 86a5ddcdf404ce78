"""Updates that replace instances batch by batch: no request fails, and an alarm brings the old ones back."""

import time

from support import models
from support.load import Load
from support.processes import wait_until


def serve(gyre, name: str) -> None:
    """Two instances of a variant `old`, and a configuration with two of `new`."""
    gyre.put_model(name, models.echo())
    for variant in ("old", "new"):
        gyre.put_config(f"{name}-{variant}", {"model": name, "name": variant, "count": 2})
    gyre.client("sagemaker").create_endpoint(EndpointName=name, EndpointConfigName=f"{name}-old")
    gyre.wait(name)


def update(gyre, name: str, wait: int, alarms: tuple = ()) -> None:
    config = {"RollingUpdatePolicy": {"MaximumBatchSize": {"Type": "INSTANCE_COUNT", "Value": 1},
                                      "WaitIntervalInSeconds": wait}}
    if alarms:
        config["AutoRollbackConfiguration"] = {"Alarms": [{"AlarmName": name} for name in alarms]}
    gyre.client("sagemaker").update_endpoint(
        EndpointName=name, EndpointConfigName=f"{name}-new", DeploymentConfig=config)


def test_one_by_one_under_load(gyre):
    serve(gyre, "rolling")
    with Load(gyre, "rolling", threads=2) as load:
        update(gyre, "rolling", 4)
        described = gyre.wait("rolling")
        before = load.answered["old"]
        load.wait_for_more(20)
    load.check()
    assert load.failed == [] and load.answered["old"] <= before + 2
    replaced = load.order.index("new")
    assert load.order[replaced:].count("old") > 10  # one of the two still answered
    assert described["EndpointConfigName"] == "rolling-new"
    [variant] = described["ProductionVariants"]
    assert variant["VariantName"] == "new" and variant["CurrentInstanceCount"] == 2


def test_an_alarm_brings_the_old_ones_back(gyre):
    cloudwatch = gyre.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="rolling-errors", Namespace="AWS/SageMaker", MetricName="Invocation5XXErrors",
        Dimensions=[{"Name": "EndpointName", "Value": "back"},
                    {"Name": "VariantName", "Value": "new"}],
        Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=1, TreatMissingData="notBreaching",
        ComparisonOperator="GreaterThanOrEqualToThreshold")
    serve(gyre, "back")
    with Load(gyre, "back", threads=2) as load:
        update(gyre, "back", 300, alarms=("rolling-errors",))
        wait_until(lambda: load.answered["new"] > 10, 120)
        cloudwatch.set_alarm_state(AlarmName="rolling-errors", StateValue="ALARM",
                                   StateReason="a drill")
        began = time.monotonic()
        described = gyre.wait("back")
        assert time.monotonic() - began < 150
        before = load.answered["new"]
        load.wait_for_more(20)
    load.check()
    assert load.failed == [] and load.answered["new"] <= before + 2
    assert described["EndpointConfigName"] == "back-old"
    assert "a drill" in described["FailureReason"]
