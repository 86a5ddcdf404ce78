"""CloudWatch metrics through boto3 (json-1.0), the query protocol and rpc-v2-cbor."""

import datetime
import struct
import time

import botocore.auth
import botocore.awsrequest
import botocore.exceptions
import pytest
import requests

from support import models
from support.platform import REGION
from support.processes import wait_until


@pytest.fixture
def cloudwatch(gyre):
    return gyre.client("cloudwatch")


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)


def span(minutes: int = 10) -> dict:
    return {"StartTime": now() - datetime.timedelta(minutes=minutes),
            "EndTime": now() + datetime.timedelta(minutes=1)}


def test_values_put_are_read_back(cloudwatch):
    dimensions = [{"Name": "Host", "Value": "a"}]
    cloudwatch.put_metric_data(Namespace="Tests/App", MetricData=[
        {"MetricName": "Latency", "Dimensions": dimensions, "Value": value, "Unit": "Milliseconds"}
        for value in range(1, 101)])
    cloudwatch.put_metric_data(Namespace="Tests/App", MetricData=[
        {"MetricName": "Latency", "Dimensions": dimensions, "Unit": "Milliseconds",
         "Values": [200.0, 300.0], "Counts": [1, 2]}])
    listed = cloudwatch.list_metrics(Namespace="Tests/App")["Metrics"]
    assert listed == [{"Namespace": "Tests/App", "MetricName": "Latency",
                       "Dimensions": dimensions}]
    points = cloudwatch.get_metric_statistics(
        Namespace="Tests/App", MetricName="Latency", Dimensions=dimensions, Period=3600,
        Statistics=["Sum", "SampleCount", "Maximum"], ExtendedStatistics=["p50"],
        **span())["Datapoints"]
    assert sum(point["SampleCount"] for point in points) == 103
    assert sum(point["Sum"] for point in points) == 5050 + 800
    assert max(point["Maximum"] for point in points) == 300
    assert points[0]["Unit"] == "Milliseconds"
    assert points[0]["ExtendedStatistics"]["p50"] == pytest.approx(52, rel=0.2)


def test_a_large_packed_put_and_metric_math(cloudwatch):
    # Over 10 KB boto3 sends it packed by gzip.
    cloudwatch.put_metric_data(Namespace="Tests/Packed", MetricData=[
        {"MetricName": f"m{i % 2}", "Value": 1, "StorageResolution": 1} for i in range(600)])
    metric = {"Period": 60, "Stat": "Sum"}
    answer = cloudwatch.get_metric_data(
        MetricDataQueries=[
            {"Id": f"m{i}", "ReturnData": False,
             "MetricStat": {"Metric": {"Namespace": "Tests/Packed", "MetricName": f"m{i}"},
                            **metric}} for i in range(2)]
        + [{"Id": "all", "Expression": "SUM(METRICS())", "Label": "both"}], **span())
    (result,) = answer["MetricDataResults"]
    assert result["Label"] == "both" and result["StatusCode"] == "Complete"
    assert sum(result["Values"]) == 600
    assert all(isinstance(t, datetime.datetime) for t in result["Timestamps"])
    pages = cloudwatch.get_paginator("get_metric_data").paginate(
        MetricDataQueries=[{"Id": "a", "MetricStat": {"Metric": {
            "Namespace": "Tests/Packed", "MetricName": "m0"}, "Period": 1, "Stat": "Sum"}}],
        MaxDatapoints=1, **span())
    assert sum(sum(page["MetricDataResults"][0]["Values"]) for page in pages) == 300


def test_errors_have_the_querys_names(cloudwatch):
    with pytest.raises(cloudwatch.exceptions.InvalidParameterCombinationException) as refused:
        cloudwatch.get_metric_statistics(
            Namespace="A", MetricName="m", Period=60, Statistics=["Sum"], StartTime=now(),
            EndTime=now() - datetime.timedelta(hours=1))
    assert refused.value.response["Error"]["Code"] == "InvalidParameterCombination"
    with pytest.raises(cloudwatch.exceptions.InvalidParameterValueException):
        cloudwatch.put_metric_data(Namespace="AWS/Mine",
                                   MetricData=[{"MetricName": "m", "Value": 1}])
    with pytest.raises(botocore.exceptions.ClientError) as missing:
        cloudwatch.list_dashboards()
    assert missing.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def signed(gyre, path: str, body: bytes, headers: dict[str, str]) -> requests.Response:
    request = botocore.awsrequest.AWSRequest("POST", gyre.url + path, headers, body)
    credentials = gyre.session().get_credentials()
    botocore.auth.SigV4Auth(credentials, "monitoring", REGION).add_auth(request)
    return requests.post(gyre.url + path, body, headers=dict(request.headers), timeout=30)


def test_the_query_protocol(gyre, cloudwatch):
    answer = signed(gyre, "/", b"Action=PutMetricData&Version=2010-08-01&Namespace=Tests%2FQuery"
                    b"&MetricData.member.1.MetricName=m&MetricData.member.1.Value=4"
                    b"&MetricData.member.1.Dimensions.member.1.Name=d"
                    b"&MetricData.member.1.Dimensions.member.1.Value=v",
                    {"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 200 and "PutMetricDataResponse" in answer.text
    answer = signed(gyre, "/", b"Action=ListMetrics&Version=2010-08-01&Namespace=Tests%2FQuery",
                    {"Content-Type": "application/x-www-form-urlencoded"})
    assert "<MetricName>m</MetricName>" in answer.text and "<Value>v</Value>" in answer.text
    assert answer.headers["x-amzn-RequestId"] in answer.text
    answer = signed(gyre, "/", b"Action=PutMetricData&Version=2010-08-01&Namespace=AWS%2FX"
                    b"&MetricData.member.1.MetricName=m&MetricData.member.1.Value=4",
                    {"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 400 and "<Code>InvalidParameterValue</Code>" in answer.text


def cbor(value) -> bytes:
    """As the SDKs that speak rpc-v2-cbor write it; times are floats within a tuple."""
    def head(major: int, number: int) -> bytes:
        return bytes([major << 5 | number]) if number < 24 else \
            bytes([major << 5 | 26]) + struct.pack(">I", number)

    if isinstance(value, tuple):
        return b"\xc1\xfb" + struct.pack(">d", value[0])
    if isinstance(value, float):
        return b"\xfb" + struct.pack(">d", value)
    if isinstance(value, int):
        return head(0, value)
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(cbor, value))
    return head(5, len(value)) + b"".join(cbor(k) + cbor(v) for k, v in value.items())


def test_cbor(gyre):
    headers = {"smithy-protocol": "rpc-v2-cbor", "Content-Type": "application/cbor",
               "Accept": "application/cbor"}
    path = "/service/GraniteServiceVersion20100801/operation/"
    answer = signed(gyre, path + "PutMetricData", cbor(
        {"Namespace": "Tests/Cbor", "MetricData": [
            {"MetricName": "m", "Value": 2.5, "Timestamp": (time.time(),)}]}), headers)
    assert answer.status_code == 200 and answer.headers["smithy-protocol"] == "rpc-v2-cbor"
    answer = signed(gyre, path + "GetMetricStatistics", cbor(
        {"Namespace": "Tests/Cbor", "MetricName": "m", "Period": 3600, "Statistics": ["Sum"],
         "StartTime": (time.time() - 600,), "EndTime": (time.time() + 60,)}), headers)
    assert cbor("Sum") + cbor(2.5) in answer.content
    assert cbor("Timestamp") + b"\xc1" in answer.content
    answer = signed(gyre, path + "ListMetrics", b"\xff", headers)
    assert answer.status_code == 400 and cbor("SerializationException") in answer.content
    assert answer.headers["x-amzn-query-error"] == "SerializationException;Sender"


def test_values_survive_a_kill(new_platform):
    platform = new_platform().start()
    for value in (1, 2):
        platform.client("cloudwatch").put_metric_data(
            Namespace="Tests/Kill", MetricData=[{"MetricName": "m", "Value": value}])
        platform.kill()
        platform.start()
    points = platform.client("cloudwatch").get_metric_statistics(
        Namespace="Tests/Kill", MetricName="m", Period=3600, Statistics=["Sum"], **span())
    assert sum(point["Sum"] for point in points["Datapoints"]) == 3


def test_an_endpoints_metrics(new_platform):
    platform = new_platform("[metrics]\nperiod_s = 1\n").start()
    platform.put_model("metered", models.echo())
    sagemaker = platform.client("sagemaker")
    sagemaker.create_endpoint_config(EndpointConfigName="metered", ProductionVariants=[
        {"VariantName": "main", "ModelName": "metered", "InstanceType": "ml.m5.large",
         "InitialInstanceCount": 1}])
    sagemaker.create_endpoint(EndpointName="metered", EndpointConfigName="metered")
    platform.wait("metered")
    runtime = platform.client("sagemaker-runtime")
    for _ in range(5):
        runtime.invoke_endpoint(EndpointName="metered", Body=b"x",
                                ContentType="application/x-bytes")
    dimensions = [{"Name": "EndpointName", "Value": "metered"},
                  {"Name": "VariantName", "Value": "main"}]
    cloudwatch = platform.client("cloudwatch")

    def total(metric: str, statistic: str) -> float:
        points = cloudwatch.get_metric_statistics(
            Namespace="AWS/SageMaker", MetricName=metric, Dimensions=dimensions, Period=60,
            Statistics=[statistic], **span())["Datapoints"]
        return sum(point[statistic] for point in points)

    wait_until(lambda: total("Invocations", "Sum") == 5, 60)
    assert total("InvocationsPerInstance", "Sum") == 5
    assert total("Invocation5XXErrors", "Sum") == 0
    assert total("ModelLatency", "SampleCount") == 5 and total("ModelLatency", "Sum") > 0
    assert total("OverheadLatency", "Sum") > 0
