"""InvokeEndpoint as boto3 sees it: its headers both ways, its errors, and what its logs tell."""

import concurrent.futures
import json
import re

import botocore.exceptions
import pytest
import requests

from support import models
from support.processes import wait_until

HANDLER = '''
import json
import doubling

def model_fn(model_dir):
    print("the model is loaded")
    return doubling.double

def input_fn(body, content_type):
    if content_type != "application/json":
        raise ValueError("numbers come as application/json, not " + str(content_type))
    return json.loads(body)

def predict_fn(numbers, model):
    print("numbers:", numbers)
    return [model(n) for n in numbers]

def output_fn(numbers, accept):
    return json.dumps({"accept": accept, "numbers": numbers}), "application/json"
'''
# Tells what reached it, and fails as it is told.
WITNESS = '''
import json
import os
import sys
from sagemaker_inference import errors

def model_fn(model_dir):
    return os.environ["GREETING"]

def transform_fn(model, body, content_type, accept, context):
    order = json.loads(body)
    if "refuse" in order:
        raise errors.GenericInferenceToolkitError(order["refuse"], order["say"])
    if "raise" in order:
        raise RuntimeError(order["raise"])
    if "exit" in order:
        print("giving up now", file=sys.stderr, flush=True)
        os._exit(order["exit"])
    seen = {"model": model, "content_type": content_type, "accept": accept,
            "headers": context.get_all_request_header(0)}
    context.set_response_header(0, "X-Amzn-SageMaker-Custom-Attributes", "from=the model")
    context.set_response_header(0, "X-Secret", "for nobody")
    return json.dumps(seen), "text/x-seen"
'''


# Each answer takes half a second, and as long as it is told to wait for a file.
SLOW = '''
import json
import os
import pathlib
import time

answers = 0

def model_fn(model_dir):
    return None

def transform_fn(model, body, content_type, accept):
    global answers
    order = json.loads(body)
    if "wait_for" in order:
        pathlib.Path(order["begun"]).touch()
        while not os.path.exists(order["wait_for"]):
            time.sleep(0.01)
    time.sleep(0.5)
    answers += 1
    return json.dumps(answers)
'''


@pytest.fixture(scope="module")
def runtime(gyre):
    return gyre.client("sagemaker-runtime")


@pytest.fixture(scope="module")
def handler(gyre) -> str:
    gyre.deploy("handler", models.inference(
        HANDLER, "./doubling-1-py3-none-any.whl\n",
        **{"code/doubling-1-py3-none-any.whl":
           models.wheel("doubling", "def double(n):\n    return 2 * n\n")}))
    return "handler"


@pytest.fixture(scope="module")
def witness(gyre) -> str:
    gyre.deploy("witness", models.inference(WITNESS), {"GREETING": "good day"})
    return "witness"


def model_error(runtime, **members) -> dict:
    with pytest.raises(runtime.exceptions.ModelError) as raised:
        runtime.invoke_endpoint(**members)
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 424
    return raised.value.response


def test_inference_py_with_requirements(runtime, handler):
    answer = runtime.invoke_endpoint(EndpointName=handler, Body=b"[1, 2, 3]",
                                     ContentType="application/json", Accept="application/json")
    assert json.loads(answer["Body"].read()) == {"accept": "application/json",
                                                 "numbers": [2, 4, 6]}
    assert answer["ContentType"] == "application/json"
    error = model_error(runtime, EndpointName=handler, Body=b"1,2", ContentType="text/csv")
    assert "numbers come as application/json, not text/csv" in error["OriginalMessage"]


def test_headers_reach_the_handler_and_its_own_come_back(runtime, witness):
    answer = runtime.invoke_endpoint(
        EndpointName=witness, Body=b"{}", ContentType="application/json",
        Accept="text/x-seen", CustomAttributes="tier=gold", InferenceId="number-1",
        TargetVariant="main", EnableExplanations="`true`")
    seen = json.loads(answer["Body"].read())
    assert seen["model"] == "good day"
    assert (seen["content_type"], seen["accept"]) == ("application/json", "text/x-seen")
    assert seen["headers"]["x-amzn-sagemaker-custom-attributes"] == "tier=gold"
    assert seen["headers"]["x-amzn-sagemaker-inference-id"] == "number-1"
    assert "authorization" not in seen["headers"]  # a signature is not the model's business
    assert answer["ContentType"] == "text/x-seen"
    assert answer["CustomAttributes"] == "from=the model"
    assert answer["InvokedProductionVariant"] == "main"
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    assert "x-secret" not in headers
    assert re.fullmatch("[0-9a-f-]{36}", headers["x-amzn-requestid"])


def test_a_streamed_answer(runtime, handler):
    answer = runtime.invoke_endpoint_with_response_stream(
        EndpointName=handler, Body=json.dumps(list(range(30000))), ContentType="application/json",
        Accept="application/json")
    assert answer["ContentType"] == "application/json"
    assert answer["InvokedProductionVariant"] == "main"
    parts = [event["PayloadPart"]["Bytes"] for event in answer["Body"]]
    assert len(parts) > 1
    assert json.loads(b"".join(parts))["numbers"] == [2 * n for n in range(30000)]
    with pytest.raises(runtime.exceptions.ModelError):
        runtime.invoke_endpoint_with_response_stream(EndpointName=handler, Body=b"1,2",
                                                     ContentType="text/csv")


def test_a_models_refusal_keeps_its_status_and_words(runtime, witness):
    error = model_error(runtime, EndpointName=witness,
                        Body=json.dumps({"refuse": 422, "say": "too many legs"}))
    assert error["OriginalStatusCode"] == 422
    assert "too many legs" in error["OriginalMessage"]
    assert error["LogStreamArn"].startswith(
        "arn:aws:logs:us-east-1:000000000000:log-group:/aws/sagemaker/Endpoints/witness")
    assert error["Error"]["Code"] == "ModelError"
    assert "Received client error (422) from primary" in error["Error"]["Message"]


def test_a_models_exception_is_told_with_its_type(runtime, witness, gyre):
    error = model_error(runtime, EndpointName=witness, Body=json.dumps({"raise": "no such zebra"}))
    assert error["OriginalStatusCode"] == 500
    assert "RuntimeError" in error["OriginalMessage"]
    assert "no such zebra" in error["OriginalMessage"]
    assert "Received server error (500) from primary" in error["Error"]["Message"]


def test_a_worker_that_ends_is_told_and_replaced(runtime, witness):
    error = model_error(runtime, EndpointName=witness, Body=json.dumps({"exit": 7}))
    assert error["OriginalStatusCode"] == 500
    assert "giving up now" in error["OriginalMessage"]
    answer = runtime.invoke_endpoint(EndpointName=witness, Body=b"{}")
    assert json.loads(answer["Body"].read())["model"] == "good day"


def test_a_body_that_killed_two_workers_is_refused(runtime, witness):
    poison = json.dumps({"exit": 9})
    for _ in range(2):
        error = model_error(runtime, EndpointName=witness, Body=poison)
        assert "exit code 9" in error["OriginalMessage"]
    error = model_error(runtime, EndpointName=witness, Body=poison)
    assert error["OriginalStatusCode"] == 400
    assert "two workers ended over a request with this body" in error["OriginalMessage"]
    assert runtime.invoke_endpoint(EndpointName=witness, Body=b"{}")["ContentType"] == "text/x-seen"


@pytest.mark.parametrize("members, code, words", [
    ({"EndpointName": "absent"}, "ValidationError",
     "Endpoint absent of account 000000000000 not found"),
    ({"TargetVariant": "green"}, "ValidationError", "green"),
    ({"TargetModel": "one.tar.gz"}, "ValidationError", "TargetModel"),
    ({"TargetContainerHostname": "second"}, "ValidationError", "TargetContainerHostname"),
    ({"EndpointName": "not_a_name"}, "ValidationError", "endpointName"),
    ({"InferenceId": "x" * 65}, "ValidationError", "inferenceId"),
])
def test_bad_input_is_refused_by_name(gyre, witness, members, code, words):
    runtime = gyre.client("sagemaker-runtime", parameter_validation=False)
    with pytest.raises(botocore.exceptions.ClientError) as raised:
        runtime.invoke_endpoint(**{"EndpointName": witness, "Body": b"{}", **members})
    error = raised.value.response
    assert error["Error"]["Code"] == code
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert words in error["Error"]["Message"]


def test_what_cannot_be_answered_in_time_is_refused_with_the_wait(gyre, tmp_path):
    gyre.deploy("slow", models.inference(SLOW))
    client, hurried = gyre.client("sagemaker-runtime"), gyre.client("sagemaker-runtime")
    hurried.meta.events.register(
        "before-sign.sagemaker-runtime.InvokeEndpoint",
        lambda request, **_: request.headers.add_header("x-gyre-deadline-ms", "400"))

    def ask(by, **order):
        answer = by.invoke_endpoint(EndpointName="slow", Body=json.dumps(order))
        return json.loads(answer["Body"].read())

    assert [ask(client) for _ in range(3)] == [1, 2, 3]  # the host learns what an answer takes
    begun, end = tmp_path / "begun", tmp_path / "end"
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        busy = pool.submit(ask, client, begun=str(begun), wait_for=str(end))
        try:
            wait_until(begun.exists, 60)
            with pytest.raises(botocore.exceptions.ClientError) as raised:
                ask(hurried)
        finally:
            end.touch()
        assert busy.result() == 4
    error = raised.value.response
    assert error["Error"]["Code"] == "ServiceUnavailable"
    assert "an answer is predicted in" in error["Error"]["Message"]
    metadata = error["ResponseMetadata"]
    assert metadata["HTTPStatusCode"] == 503
    assert int(metadata["HTTPHeaders"]["x-gyre-predicted-wait-ms"]) > 400
    assert int(metadata["HTTPHeaders"]["retry-after"]) >= 1
    assert ask(client) == 5  # no answer was made for who had not the time


def test_traces_on_request(gyre, handler):
    client = gyre.client("sagemaker-runtime")
    members = {"EndpointName": handler, "Body": b"[1]", "ContentType": "application/json"}
    plain = client.invoke_endpoint(**members)["ResponseMetadata"]["HTTPHeaders"]
    assert not [name for name in plain if name.startswith("x-gyre")]
    client.meta.events.register(
        "before-sign.sagemaker-runtime.InvokeEndpoint",
        lambda request, **_: request.headers.add_header("x-gyre-trace", "1"))
    traced = client.invoke_endpoint(**members)["ResponseMetadata"]["HTTPHeaders"]
    assert traced["x-gyre-batch-size"] == "1"
    assert int(traced["x-gyre-queue-us"]) >= 0
    assert int(traced["x-gyre-compute-us"]) > 0
    assert traced["x-gyre-leave-reason"] in {"full", "delay", "idle", "deadline", "drain", "shape"}


def test_metrics_count_what_was_asked(gyre, runtime, handler):
    def scrape(name: str) -> float:
        page = requests.get(gyre.url + "/metrics", timeout=30)
        assert page.headers["Content-Type"].startswith("text/plain")
        lines = [line for line in page.text.splitlines()
                 if line.startswith(name) and f'endpoint="{handler}"' in line]
        assert lines, page.text
        return sum(float(line.split()[-1]) for line in lines)

    before = {name: scrape(name) for name in ("gyre_invocations_total",)}
    for _ in range(5):
        runtime.invoke_endpoint(EndpointName=handler, Body=b"[1]", ContentType="application/json")
    assert scrape("gyre_invocations_total") - before["gyre_invocations_total"] == 5


def test_logs_are_read_as_the_sdks_tailer_reads_them(gyre, runtime, handler):
    runtime.invoke_endpoint(EndpointName=handler, Body=b"[77]", ContentType="application/json")
    logs = gyre.client("logs")
    group = "/aws/sagemaker/Endpoints/" + handler
    streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix="main/",
                                        orderBy="LogStreamName", limit=5)["logStreams"]
    assert len(streams) == 1
    wait_until(lambda: logs.filter_log_events(  # lines come on a way of their own
        logGroupName=group, filterPattern='"numbers: [77]"')["events"], 60)
    messages, token = [], None
    while True:  # until events run dry
        page = logs.get_log_events(logGroupName=group, logStreamName=streams[0]["logStreamName"],
                                   startTime=0, startFromHead=True,
                                   **({"nextToken": token} if token else {}))
        if not page["events"]:
            break
        messages += [event["message"] for event in page["events"]]
        assert token != page["nextForwardToken"]
        token = page["nextForwardToken"]
    assert token == page["nextForwardToken"]
    assert "the model is loaded" in messages
    assert "numbers: [77]" in messages
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=group, filterPattern='"numbers: [77]"', PaginationConfig={"PageSize": 1})
    found = [event for page in pages for event in page["events"]]
    assert found and all(event["message"] == "numbers: [77]" for event in found)
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        logs.describe_log_streams(logGroupName="/aws/sagemaker/Endpoints/absent")
