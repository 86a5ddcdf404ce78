"""Python handlers behind a real endpoint: stock clients on one side, a worker that dies on the other."""

import concurrent.futures
import json
import os
import signal

import botocore.exceptions
import pytest
import requests

from support import models
from support.processes import wait_until

IDENTITY = """
import json, os, time
def model_fn(model_dir): return None
def input_fn(body, content_type): return json.loads(body)
def predict_fn(rows, model):
    if [-9] in rows: os._exit(9)
    if [-1] in rows: raise ValueError("negative: " + str(rows))
    time.sleep(0.01)
    return [[row[0] * 2, os.getpid()] for row in rows]
def output_fn(prediction, accept): return json.dumps(prediction)
"""


class Endpoint:
    """One client for all threads: making one costs more than many predictions."""

    def __init__(self, gyre, name):
        self.name = name
        self.client = gyre.client("sagemaker-runtime", max_pool_connections=16)
        self.client.meta.events.register(
            "before-sign.sagemaker-runtime.*",
            lambda request, **_: request.headers.add_header("x-gyre-trace", "1"))

    def ask(self, number, *more):
        """(the answer's rows, its headers) or the error's members."""
        try:
            answer = self.client.invoke_endpoint(
                EndpointName=self.name, Body=json.dumps([[number, *more]]),
                ContentType="application/json")
        except botocore.exceptions.ClientError as error:
            return error.response
        return json.loads(answer["Body"].read()), answer["ResponseMetadata"]["HTTPHeaders"]


def rows(answer):
    assert isinstance(answer, tuple), answer
    return answer[0]


@pytest.fixture(scope="module")
def endpoint(gyre):
    gyre.deploy("python-worker", models.inference(IDENTITY))
    return Endpoint(gyre, "python-worker")


def test_requests_share_batches_and_a_bad_one_fails_alone(endpoint):
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        sizes = set()
        for _ in range(4):
            numbers = list(range(16)) + [-1] + list(range(16))
            answers = list(pool.map(lambda n: endpoint.ask(n), numbers))
            for number, answer in zip(numbers, answers, strict=True):
                if number == -1:
                    assert answer["Error"]["Code"] == "ModelError"
                    assert answer["OriginalStatusCode"] == 500
                    assert "ValueError: negative: [[-1]]" in answer["OriginalMessage"]
                    continue
                assert rows(answer)[0][0] == 2 * number
                sizes.add(int(answer[1]["x-gyre-batch-size"]))
    assert max(sizes) > 1


def test_a_killed_worker_is_replaced_while_the_endpoint_serves(gyre, endpoint):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for first in (0, 100, 200):  # a body that was with two killed workers would be refused
            pid = rows(endpoint.ask(first + 98))[0][1]
            answers = [(n, pool.submit(endpoint.ask, n)) for n in range(first, first + 40)]
            os.kill(pid, signal.SIGKILL)
            for number, answer in answers:
                answer = answer.result()
                if isinstance(answer, tuple):
                    assert answer[0][0][0] == 2 * number
                else:
                    assert answer["Error"]["Code"] == "ModelError"
                    assert "killed by signal 9" in answer["OriginalMessage"]
            assert rows(endpoint.ask(first + 99))[0][1] != pid
    assert gyre.client("sagemaker").describe_endpoint(
        EndpointName=endpoint.name)["EndpointStatus"] == "InService"


def test_a_body_that_ended_two_workers_is_refused(endpoint):
    for _ in range(2):
        died = endpoint.ask(-9)
        assert "exit code 9" in died["OriginalMessage"]
    refused = endpoint.ask(-9)
    assert refused["OriginalStatusCode"] == 400
    assert "two workers ended" in refused["OriginalMessage"]
    assert rows(endpoint.ask(7))[0][0] == 14


CALLS = """
import json, torch
calls = []
def model_fn(model_dir): return None
def input_fn(body, content_type): return torch.tensor(json.loads(body)) * 1.0
def predict_fn(x, model):
    calls.append(len(x))
    return x * 2
def output_fn(prediction, accept): return json.dumps([prediction.tolist(), calls])
"""
# A batch leaves when all eight are there, whatever the machine is busy with.
EIGHT = {"SAGEMAKER_TS_BATCH_SIZE": "8", "SAGEMAKER_TS_MAX_BATCH_DELAY": "30000"}


def wave(gyre, name, code, environment, asked):
    """The answers, and the batch sizes and leave reasons of their headers."""
    gyre.deploy(name, models.inference(code), {**EIGHT, **environment})
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        endpoint = Endpoint(gyre, name)
        answers = list(pool.map(lambda numbers: endpoint.ask(*numbers), asked))
    return ([rows(answer) for answer in answers],
            [answer[1]["x-gyre-batch-size"] for answer in answers],
            [answer[1]["x-gyre-leave-reason"] for answer in answers])


@pytest.mark.parametrize("mode,calls", [("auto", [8, 1, 1]), ("stack", [8])])
def test_the_first_batch_is_one_call(gyre, mode, calls):
    answers, sizes, reasons = wave(gyre, f"python-{mode}", CALLS,
                                   {"SAGEMAKER_TS_BATCH_MODE": mode}, [[i] for i in range(8)])
    assert answers == [[[[i * 2.0]], calls] for i in range(8)]
    assert sizes == ["8"] * 8 and reasons == ["full"] * 8


def test_headers_and_metrics_tell_of_the_calls_that_were_made(gyre):
    answers, sizes, reasons = wave(gyre, "python-shapes", CALLS, {
        "SAGEMAKER_TS_BATCH_MODE": "stack"}, [[1] * (1 + i % 2) for i in range(8)])
    assert answers[0][1] == [4, 4] and sizes == ["4"] * 8
    assert sorted(reasons) == ["full"] * 4 + ["shape"] * 4
    _, sizes, reasons = wave(
        gyre, "python-transforms", "def model_fn(d): return 1\n"
        "def transform_fn(model, body, kind, accept): return body\n", {}, [[i] for i in range(8)])
    assert sizes == ["1"] * 8 and reasons == ["full"] * 8

    def counts(name: str) -> list[str]:
        labels = f'{{endpoint="{name}",'
        text = requests.get(gyre.url + "/metrics", timeout=30).text
        counted = [line for line in text.splitlines() if labels in line]
        sizes = [line for line in counted if line.startswith("gyre_batch_size_count")]
        split = [line for line in counted if 'reason="shape"' in line]
        return [line.rpartition(" ")[2] for line in sizes + split]

    for name, calls, shapes in (("python-shapes", "2", "1"), ("python-transforms", "8", "0")):
        # A host that is too busy to tell is left out.
        assert wait_until(lambda: counts(name), 60) == [calls, shapes]


def test_requirements_that_cannot_be_had_fail_the_endpoint_with_pips_words(gyre):
    archive = models.inference(IDENTITY, "--no-index\nno-such-package==1\n")
    gyre.put_model("python-needs", archive)
    gyre.put_config("python-needs", {"model": "python-needs"})
    gyre.client("sagemaker").create_endpoint(EndpointName="python-needs",
                                             EndpointConfigName="python-needs")
    described = gyre.wait("python-needs", "Failed")
    assert "no-such-package" in described["FailureReason"]


def test_torchscript_and_default_functions(gyre):
    import torch

    net = torch.nn.Sequential(torch.nn.Linear(4, 3)).eval()
    script = models.torchscript(net, torch.zeros(1, 4))
    gyre.deploy("python-defaults", models.inference("# all as the stock container has it\n",
                                                    **{"model.pth": script}))
    given = torch.rand(8, 4)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        client = gyre.client("sagemaker-runtime")
        answers = list(pool.map(lambda row: client.invoke_endpoint(
            EndpointName="python-defaults", Body=json.dumps([row.tolist()]),
            ContentType="application/json"), given))
    with torch.no_grad():
        for answer, expected in zip(answers, net(given)):
            assert torch.allclose(torch.tensor(json.loads(answer["Body"].read()))[0], expected,
                                  atol=1e-5)
