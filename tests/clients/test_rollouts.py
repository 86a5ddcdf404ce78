"""Updates that move traffic in steps, and back when an alarm goes off, as boto3 asks for them."""

import concurrent.futures
import datetime
import json
import threading
import time

import botocore.exceptions
import numpy
import pytest

from support import models
from support.processes import wait_until

WEIGHT = numpy.eye(1, dtype="<f4")


def put(gyre, name: str, answer: float) -> None:
    """A model (and a configuration of it) whose answer is `answer` for 0."""
    gyre.put_model(name, models.onnx_linear(WEIGHT, numpy.array([answer], "<f4")),
                   key=f"{name}/model.onnx", environment={"GYRE_PRECISION": "fp32"})
    gyre.put_config(name, {"model": name})


def serve(gyre, name: str) -> None:
    put(gyre, f"{name}-old", 1)
    put(gyre, f"{name}-new", 2)
    gyre.client("sagemaker").create_endpoint(EndpointName=name, EndpointConfigName=f"{name}-old")
    gyre.wait(name)


def update(gyre, name: str, routing: dict, alarms: tuple = (), **policy) -> None:
    config = {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing, **policy}}
    if alarms:
        config["AutoRollbackConfiguration"] = {"Alarms": [{"AlarmName": name} for name in alarms]}
    gyre.client("sagemaker").update_endpoint(
        EndpointName=name, EndpointConfigName=f"{name}-new", DeploymentConfig=config)


def asked(gyre, name: str, times: int) -> list[float]:
    runtime = gyre.client("sagemaker-runtime")
    return [json.loads(runtime.invoke_endpoint(
        EndpointName=name, Body=b"[[0.0]]", ContentType="application/json")["Body"].read())[0][0]
        for _ in range(times)]


def first_share(gyre, name: str) -> float:
    """The new fleet's share of 40 answers, once it has any."""
    deadline = time.monotonic() + 60
    while 2 not in asked(gyre, name, 10):
        assert time.monotonic() < deadline, "the new fleet gets no traffic"
    return asked(gyre, name, 40).count(2) / 40


class Load:
    """Asks all the while, and counts what fails."""

    def __init__(self, gyre, name: str, clients: int = 4):
        self.stop = threading.Event()
        self.pool = concurrent.futures.ThreadPoolExecutor(clients)
        self.clients = [self.pool.submit(self.ask, gyre, name) for _ in range(clients)]

    def ask(self, gyre, name: str) -> tuple[int, list]:
        answered, failed = 0, []
        while not self.stop.is_set():
            try:
                answered += len(asked(gyre, name, 5))
            except botocore.exceptions.ClientError as error:
                failed.append(str(error))
        return answered, failed

    def end(self) -> None:
        self.stop.set()
        results = [client.result() for client in self.clients]
        assert [failed for _, failed in results if failed] == []
        assert all(answered > 0 for answered, _ in results)


def test_a_canary_then_all(gyre):
    serve(gyre, "canary")
    load = Load(gyre, "canary")
    update(gyre, "canary", {"Type": "CANARY", "WaitIntervalInSeconds": 15,
                            "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 20}})
    assert 0 < first_share(gyre, "canary") < 0.5  # a fifth; the load asks in between
    described = gyre.client("sagemaker").describe_endpoint(EndpointName="canary")
    assert described["EndpointStatus"] == "Updating"
    assert described["EndpointConfigName"] == "canary-old"
    described = gyre.wait("canary")
    assert described["EndpointConfigName"] == "canary-new"
    assert set(asked(gyre, "canary", 20)) == {2}
    load.end()


def test_linear_steps(gyre):
    serve(gyre, "linear-steps")
    update(gyre, "linear-steps", {"Type": "LINEAR", "WaitIntervalInSeconds": 12,
                                  "LinearStepSize": {"Type": "CAPACITY_PERCENT", "Value": 50}})
    assert 0.3 <= first_share(gyre, "linear-steps") <= 0.7
    gyre.wait("linear-steps")
    assert set(asked(gyre, "linear-steps", 10)) == {2}


def test_an_alarm_turns_it_back(gyre):
    cloudwatch = gyre.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="too-many-errors", Namespace="AWS/SageMaker", MetricName="Invocation5XXErrors",
        Dimensions=[{"Name": "EndpointName", "Value": "watched"},
                    {"Name": "VariantName", "Value": "main"}],
        Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=1, TreatMissingData="notBreaching",
        ComparisonOperator="GreaterThanOrEqualToThreshold")
    assert cloudwatch.describe_alarms(AlarmNames=["too-many-errors"])["MetricAlarms"][0][
        "StateValue"] == "OK"
    serve(gyre, "watched")
    load = Load(gyre, "watched")
    update(gyre, "watched", {"Type": "CANARY", "WaitIntervalInSeconds": 300,
                             "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 50}},
           alarms=("too-many-errors",))
    first_share(gyre, "watched")
    cloudwatch.set_alarm_state(AlarmName="too-many-errors", StateValue="ALARM",
                               StateReason="a drill")
    described = gyre.wait("watched")
    assert described["EndpointConfigName"] == "watched-old"
    assert "too-many-errors" in described["FailureReason"] and "a drill" in described["FailureReason"]
    assert set(asked(gyre, "watched", 20)) == {1}
    load.end()


BAD = """
def predict_fn(data, model):
    raise RuntimeError("no good after all")
def model_fn(model_dir):
    return None
"""


def test_a_bad_model_turns_itself_back(gyre):
    """By the errors that the new fleet's answers are counted as, which nobody but it has made."""
    gyre.client("cloudwatch").put_metric_alarm(
        AlarmName="bad-answers", Namespace="AWS/SageMaker", MetricName="InvocationModelErrors",
        Dimensions=[{"Name": "EndpointName", "Value": "turned"},
                    {"Name": "VariantName", "Value": "main"}],
        Statistic="Sum", Period=10, EvaluationPeriods=1, Threshold=1, TreatMissingData="notBreaching",
        ComparisonOperator="GreaterThanOrEqualToThreshold")
    serve(gyre, "turned")
    gyre.put_model("turned-bad", models.inference(BAD))
    gyre.put_config("turned-bad", {"model": "turned-bad"})
    gyre.client("sagemaker").update_endpoint(
        EndpointName="turned", EndpointConfigName="turned-bad", DeploymentConfig={
            "BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": {
                "Type": "CANARY", "WaitIntervalInSeconds": 300,
                "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 50}}},
            "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "bad-answers"}]}})
    told = set()

    def is_back():
        try:
            asked(gyre, "turned", 1)
        except botocore.exceptions.ClientError as error:
            told.add(error.response["OriginalMessage"])
        return gyre.client("sagemaker").describe_endpoint(
            EndpointName="turned")["EndpointStatus"] == "InService"

    wait_until(is_back, 180)
    assert any("no good after all" in message for message in told)
    described = gyre.client("sagemaker").describe_endpoint(EndpointName="turned")
    assert described["EndpointConfigName"] == "turned-old"
    assert "bad-answers" in described["FailureReason"]
    assert set(asked(gyre, "turned", 20)) == {1}


def test_a_killed_platform_goes_on_where_it_was(new_platform):
    platform = new_platform().start()
    serve(platform, "crashed")
    update(platform, "crashed", {"Type": "CANARY", "WaitIntervalInSeconds": 8,
                                 "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 50}})
    first_share(platform, "crashed")
    platform.kill()
    platform.start()
    assert platform.wait("crashed")["EndpointConfigName"] == "crashed-new"
    assert set(asked(platform, "crashed", 10)) == {2}


def test_alarms_follow_their_metric(gyre):
    cloudwatch = gyre.client("cloudwatch")
    now = datetime.datetime.now(datetime.timezone.utc)
    minute_ago = now - datetime.timedelta(minutes=1)
    cloudwatch.put_metric_data(Namespace="Tests", MetricData=[
        {"MetricName": "heat", "Timestamp": minute_ago, "Value": 90}])
    for name, threshold in (("hot", 80), ("hotter", 100)):
        cloudwatch.put_metric_alarm(
            AlarmName=name, Namespace="Tests", MetricName="heat", Statistic="Maximum", Period=60,
            EvaluationPeriods=3, DatapointsToAlarm=1, Threshold=threshold,
            ComparisonOperator="GreaterThanThreshold", Tags=[{"Key": "a", "Value": "b"}])
    deadline = time.monotonic() + 150  # the minute of the value may not be over
    while time.monotonic() < deadline:
        states = {alarm["AlarmName"]: alarm["StateValue"] for alarm in
                  cloudwatch.describe_alarms(AlarmNamePrefix="hot")["MetricAlarms"]}
        if states["hot"] == "ALARM":
            break
        time.sleep(1)
    assert states == {"hot": "ALARM", "hotter": "OK"}
    alarming = cloudwatch.describe_alarms(StateValue="ALARM")["MetricAlarms"]
    assert [alarm["AlarmName"] for alarm in alarming if alarm["Namespace"] == "Tests"] == ["hot"]
    [hot] = [alarm for alarm in alarming if alarm["AlarmName"] == "hot"]
    assert "90" in hot["StateReason"] and hot["AlarmArn"].endswith(":alarm:hot")
    cloudwatch.delete_alarms(AlarmNames=["hot", "hotter"])
    assert cloudwatch.describe_alarms(AlarmNamePrefix="hot")["MetricAlarms"] == []
    with pytest.raises(cloudwatch.exceptions.ResourceNotFound):
        cloudwatch.delete_alarms(AlarmNames=["hot"])


def test_policies_that_make_no_sense(gyre):
    serve(gyre, "refused")
    with pytest.raises(botocore.exceptions.ClientError, match="CanarySize"):
        update(gyre, "refused", {"Type": "CANARY", "WaitIntervalInSeconds": 1})
    with pytest.raises(botocore.exceptions.ClientError, match="half"):
        update(gyre, "refused", {"Type": "CANARY", "WaitIntervalInSeconds": 1,
                                 "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 90}})
