"""SIGKILL of the platform at random moments of a rollout under load, of each kind: it comes to its end
in the new fleet, or back in the old one where it was told to, and no answer is wrong."""

import json
import random
import re
import time

import pytest

from support import models
from support.load import Load
from support.processes import Marked, wait_until

DEEP_ROUNDS = 6
KINDS = {
    "canary": {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": {
        "Type": "CANARY", "WaitIntervalInSeconds": 2,
        "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 50}}}},
    "linear": {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": {
        "Type": "LINEAR", "WaitIntervalInSeconds": 1,
        "LinearStepSize": {"Type": "CAPACITY_PERCENT", "Value": 25}}}},
    "rolling": {"RollingUpdatePolicy": {
        "MaximumBatchSize": {"Type": "INSTANCE_COUNT", "Value": 1}, "WaitIntervalInSeconds": 1}},
}


def slowly(kind: str) -> dict:
    """Its first step lasts until an alarm."""
    text = json.dumps(KINDS[kind])
    return json.loads(re.sub('(WaitIntervalInSeconds": )[0-9]+', r"\g<1>300", text))


@pytest.fixture
def platform(new_platform, marked):
    platform = new_platform(environment=marked.environment).start()
    platform.put_model("echo", models.echo())
    for variant in ("old", "new"):
        platform.put_config(variant, {"model": "echo", "name": variant, "count": 2})
    yield platform
    assert platform.stop() == 0
    marked.wait_until_gone()


def serve(platform, endpoint: str) -> None:
    platform.client("sagemaker").create_endpoint(EndpointName=endpoint, EndpointConfigName="old")
    platform.wait(endpoint)


def update(platform, endpoint: str, deployment: dict, alarms: tuple = ()) -> None:
    config = dict(deployment)
    if alarms:
        config["AutoRollbackConfiguration"] = {"Alarms": [{"AlarmName": name} for name in alarms]}
    platform.client("sagemaker").update_endpoint(
        EndpointName=endpoint, EndpointConfigName="new", DeploymentConfig=config)


def killed_meanwhile(platform, endpoint: str, times: int) -> None:
    for _ in range(times):
        with Load(platform, endpoint, threads=2) as load:
            time.sleep(random.uniform(0, 2))
            platform.kill()
        load.check()
        platform.start()


def answers_alone(platform, endpoint: str, variant: str) -> None:
    with Load(platform, endpoint, threads=2) as load:
        load.wait_for_more(30)
    load.check()
    assert load.failed == [] and set(load.answered) == {variant}
    [described] = platform.client("sagemaker").describe_endpoint(
        EndpointName=endpoint)["ProductionVariants"]
    assert (described["VariantName"], described["CurrentInstanceCount"]) == (variant, 2)


def end(platform, marked: Marked, endpoint: str) -> None:
    platform.client("sagemaker").delete_endpoint(EndpointName=endpoint)
    wait_until(lambda: not marked.hosts(), 60, lambda: f"{marked.alive()}")


@pytest.mark.parametrize("kind", KINDS)
def test_a_rollout_comes_to_its_end(platform, marked, kind, deep):
    for number in range(DEEP_ROUNDS if deep else 1):
        endpoint = f"{kind}-{number}"
        serve(platform, endpoint)
        update(platform, endpoint, KINDS[kind])
        killed_meanwhile(platform, endpoint, 3)
        described = platform.wait(endpoint)
        assert described["EndpointConfigName"] == "new" and "FailureReason" not in described
        answers_alone(platform, endpoint, "new")
        end(platform, marked, endpoint)


@pytest.mark.parametrize("kind", KINDS)
def test_one_that_goes_back_comes_back(platform, marked, kind, deep):
    for number in range(DEEP_ROUNDS if deep else 1):
        endpoint = f"back-{kind}-{number}"
        cloudwatch = platform.client("cloudwatch")  # of where it is since the last restart
        cloudwatch.put_metric_alarm(
            AlarmName=endpoint, Namespace="Drills", MetricName=endpoint, Statistic="Sum", Period=60,
            EvaluationPeriods=1, Threshold=1, TreatMissingData="ignore",
            ComparisonOperator="GreaterThanOrEqualToThreshold")
        serve(platform, endpoint)
        update(platform, endpoint, slowly(kind), alarms=(endpoint,))
        with Load(platform, endpoint, threads=2) as load:
            wait_until(lambda: load.answered["new"] > 5, 120)
        load.check()
        assert load.failed == []
        cloudwatch.set_alarm_state(AlarmName=endpoint, StateValue="ALARM", StateReason="a drill")
        killed_meanwhile(platform, endpoint, 2)
        described = platform.wait(endpoint)
        assert described["EndpointConfigName"] == "old"
        assert "a drill" in described["FailureReason"]
        answers_alone(platform, endpoint, "old")
        end(platform, marked, endpoint)
