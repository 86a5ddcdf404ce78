"""KServe V2 over HTTP as its specification and Triton's tests have it, and by NVIDIA's own client."""

import concurrent.futures
import gzip
import json
import os
import struct
import subprocess
import zlib

import numpy
import pytest
import requests

from support import models
from support.pages import example
from support.platform import OFFLINE, ROOT

TRITON = ROOT / ".deps" / "venv-triton" / "bin" / "python"
WEIGHT = numpy.array([[1, 2, 3], [4, 5, 6]], "<f4")
BIAS = numpy.array([10, 20], "<f4")
ROWS = numpy.array([[1, 0, 0], [0, 1, 1]], "<f4")
ANSWER = ROWS @ WEIGHT.T + BIAS


@pytest.fixture(scope="module")
def linear(gyre) -> str:
    gyre.deploy("linear", models.onnx_linear(WEIGHT, BIAS), {"GYRE_PRECISION": "fp32"},
                key="linear/model.onnx")
    return f"{gyre.url}/v2/models/linear"


def infer(url: str, question: dict, binary: bytes = b"", **headers) -> requests.Response:
    text = json.dumps(question).encode()
    if binary:
        headers["Inference-Header-Content-Length"] = str(len(text))
    return requests.post(f"{url}/infer", text + binary, headers=headers, timeout=60)


def rows_in_json(**more) -> dict:
    return {"inputs": [{"name": "x", "datatype": "FP32", "shape": [2, 3],
                        "data": ROWS.tolist(), **more}]}


def rows_in_binary(size: int | None = None) -> dict:
    return {"inputs": [{"name": "x", "datatype": "FP32", "shape": [2, 3],
                        "parameters": {"binary_data_size": ROWS.nbytes if size is None else size}}]}


def test_health_and_metadata(gyre, linear):
    ready = {"name": "linear", "ready": True}  # KServe's own client reads the bodies
    for path, said in (("health/live", {"live": True}), ("health/ready", {"ready": True}),
                       ("models/linear/ready", ready), ("models/linear/versions/1/ready", ready)):
        answer = requests.get(f"{gyre.url}/v2/{path}", timeout=10)
        assert answer.status_code == 200 and answer.json() == said, path
        assert requests.head(f"{gyre.url}/v2/{path}", timeout=10).status_code == 200
    server = requests.get(gyre.url + "/v2", timeout=10).json()
    assert server["name"] == "gyre" and "binary_tensor_data" in server["extensions"]
    assert requests.get(linear, timeout=10).json() == {
        "name": "linear", "versions": ["1"], "platform": "openvino",
        "inputs": [{"name": "x", "datatype": "FP32", "shape": [-1, 3]}],
        "outputs": [{"name": "y", "datatype": "FP32", "shape": [-1, 2]}]}
    config = requests.get(linear + "/config", timeout=10).json()
    assert config["input"] == [{"name": "x", "data_type": "TYPE_FP32", "dims": [3]}]


def test_json_both_ways(linear):
    answer = infer(linear, {"id": "number 1", **rows_in_json()})
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "application/json"
    assert answer.json() == {
        "model_name": "linear", "model_version": "1", "id": "number 1",
        "outputs": [{"name": "y", "datatype": "FP32", "shape": [2, 2],
                     "data": ANSWER.flatten().tolist()}]}
    flat = infer(linear, rows_in_json(data=ROWS.flatten().tolist()))
    assert flat.json()["outputs"] == answer.json()["outputs"]


def test_binary_both_ways(linear):
    question = {**rows_in_binary(), "outputs": [{"name": "y", "parameters": {"binary_data": True}}]}
    for padding in range(8):  # tensors begin at any byte
        answer = infer(linear, {"id": "x" * padding, **question}, ROWS.tobytes())
        assert answer.status_code == 200, answer.text
        size = int(answer.headers["Inference-Header-Content-Length"])
        head = json.loads(answer.content[:size])
        assert head["outputs"] == [{"name": "y", "datatype": "FP32", "shape": [2, 2],
                                    "parameters": {"binary_data_size": 16}}]
        got = numpy.frombuffer(answer.content[size:], "<f4").reshape(2, 2)
        assert numpy.array_equal(got, ANSWER)
    every = infer(linear, {**rows_in_binary(), "parameters": {"binary_data_output": True}},
                  ROWS.tobytes())
    assert every.content.endswith(ANSWER.astype("<f4").tobytes())


def test_a_body_of_values_alone(linear):
    answer = requests.post(linear + "/infer", ROWS.tobytes(), timeout=10,
                           headers={"Inference-Header-Content-Length": "0"})
    assert answer.status_code == 200, answer.text
    assert answer.content.endswith(ANSWER.astype("<f4").tobytes())


def test_the_same_on_sagemakers_invocations(gyre, linear):
    text = json.dumps(rows_in_binary()).encode()
    answer = gyre.invoke("linear", text + ROWS.tobytes(), ContentType=(
        "application/vnd.sagemaker-triton.binary+json;json-header-size=%d" % len(text)))
    assert json.loads(answer["Body"].read())["outputs"][0]["data"] == ANSWER.flatten().tolist()


@pytest.mark.parametrize("coding,pack", [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_packed_bodies(linear, coding, pack):
    many = numpy.tile(ROWS, (400, 1))
    question = {"inputs": [{"name": "x", "datatype": "FP32", "shape": list(many.shape),
                            "parameters": {"binary_data_size": many.nbytes}}]}
    text = json.dumps(question).encode()
    answer = requests.post(linear + "/infer", pack(text + many.tobytes()), timeout=30, headers={
        "Content-Encoding": coding, "Accept-Encoding": coding,
        "Inference-Header-Content-Length": str(len(text))})
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Encoding"] == coding
    assert len(answer.json()["outputs"][0]["data"]) == 2 * len(many)
    plain = requests.post(linear + "/infer", text + many.tobytes(), timeout=30, headers={
        "Accept-Encoding": "identity", "Inference-Header-Content-Length": str(len(text))})
    assert "Content-Encoding" not in plain.headers


def test_wrong_questions_are_answered_with_what_is_wrong(gyre, linear):
    def refused(status: int, part: str, answer: requests.Response):
        assert answer.status_code == status, answer.text
        assert part in answer.json()["error"]

    binary = ROWS.tobytes()
    refused(400, "binary_data_size", infer(linear, rows_in_binary(25), binary))
    refused(400, "24", infer(linear, rows_in_binary(20), binary[:20]))
    refused(400, "no input takes", infer(linear, rows_in_binary(), binary + b"x"))
    refused(400, "JSON", requests.post(linear + "/infer", json.dumps(rows_in_binary()).encode()
                                       + binary, timeout=10))
    for length in ("-1", "abc", "99999999", "1e3", ""):
        refused(400, "Inference-Header-Content-Length", requests.post(
            linear + "/infer", b"{}", timeout=10,
            headers={"Inference-Header-Content-Length": length}))
    refused(400, "FP64", infer(linear, rows_in_json(datatype="FP64")))
    refused(400, "unexpected inference input 'z'", infer(linear, rows_in_json(name="z")))
    refused(400, "unexpected inference output 'z'",
            infer(linear, {**rows_in_json(), "outputs": [{"name": "z"}]}))
    refused(400, "shared memory", infer(linear, {"inputs": [
        {"name": "x", "datatype": "FP32", "shape": [2, 3],
         "parameters": {"shared_memory_region": "r", "shared_memory_byte_size": 24}}]}))
    refused(400, "no body", requests.post(linear + "/infer", timeout=10))
    refused(400, "unpacked", requests.post(linear + "/infer", b"not gzip", timeout=10,
                                           headers={"Content-Encoding": "gzip"}))
    refused(415, "br", requests.post(linear + "/infer", b"x", timeout=10,
                                     headers={"Content-Encoding": "br"}))
    refused(404, "'nobody' is not found", infer(f"{gyre.url}/v2/models/nobody", rows_in_json()))
    refused(404, "version 7", infer(f"{linear}/versions/7", rows_in_json()))
    refused(405, "POST", requests.get(linear + "/infer", timeout=10))
    refused(404, "nothing at", requests.get(gyre.url + "/v2/nowhere", timeout=10))
    refused(501, "shared memory", requests.post(
        gyre.url + "/v2/systemsharedmemory/region/r/register", json={}, timeout=10))
    assert infer(linear, rows_in_json()).status_code == 200


def test_a_packed_bomb_stops_at_the_limit(new_platform):
    platform = new_platform("[kserve]\nmax_body_mb = 1\n").start()
    platform.deploy("linear", models.onnx_linear(WEIGHT, BIAS), key="linear/model.onnx")
    url = f"{platform.url}/v2/models/linear/infer"
    bomb = gzip.compress(bytes(64 << 20))
    answer = requests.post(url, bomb, headers={"Content-Encoding": "gzip"}, timeout=30)
    assert answer.status_code == 400 and "1048576" in answer.json()["error"]
    assert requests.post(url, bytes(2 << 20), timeout=30).status_code == 413


def test_statistics_count_batches_by_size(gyre):
    gyre.deploy("counted", models.onnx_linear(WEIGHT, BIAS), key="counted/model.onnx")
    url = f"{gyre.url}/v2/models/counted"

    def counted() -> dict:
        return requests.get(url + "/stats", timeout=10).json()["model_stats"][0]

    before = counted()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: infer(url, rows_in_json()), range(64)))
    assert all(answer.status_code == 200 for answer in answers)
    after = counted()
    assert after["inference_count"] - before["inference_count"] == 64
    sizes = {row["batch_size"]: row["compute_infer"]["count"] for row in after["batch_stats"]}
    then = {row["batch_size"]: row["compute_infer"]["count"] for row in before["batch_stats"]}
    grown = {size: count - then.get(size, 0) for size, count in sizes.items()}
    assert sum(size * count for size, count in grown.items()) == 64
    assert sum(grown.values()) == after["execution_count"] - before["execution_count"]
    assert after["inference_stats"]["success"]["ns"] > before["inference_stats"]["success"]["ns"]
    infer(url, rows_in_json(datatype="FP64"))
    assert counted()["inference_stats"]["fail"]["count"] == 1
    names = {row["name"] for row in requests.get(
        gyre.url + "/v2/models/stats", timeout=10).json()["model_stats"]}
    assert "counted" in names


def test_the_repository_holds_the_endpoints(gyre, linear):
    index = requests.post(gyre.url + "/v2/repository/index", timeout=10).json()
    assert {"name": "linear", "version": "1", "state": "READY"} in index
    assert requests.post(gyre.url + "/v2/repository/models/linear/load",
                         timeout=10).status_code == 200
    other = requests.post(gyre.url + "/v2/repository/models/linear/load", timeout=10,
                          json={"parameters": {"config": "{}"}})
    assert other.status_code == 400 and "UpdateEndpoint" in other.json()["error"]
    missing = requests.post(gyre.url + "/v2/repository/models/nobody/load", timeout=10)
    assert missing.status_code == 400 and "CreateEndpoint" in missing.json()["error"]


def test_unloaded_and_loaded_again(new_platform):
    platform = new_platform().start()
    platform.deploy("rested", models.onnx_linear(WEIGHT, BIAS), {"GYRE_PRECISION": "fp32"},
                    key="rested/model.onnx")
    hosts = platform.client("sagemaker").describe_endpoint

    def ask(what: str) -> requests.Response:
        return requests.post(f"{platform.url}/v2/repository/models/rested/{what}", timeout=60)

    def index() -> list:
        return requests.post(platform.url + "/v2/repository/index", timeout=10).json()

    assert ask("unload").status_code == 200 and ask("unload").status_code == 200
    unloaded = [{"name": "rested", "version": "1", "state": "UNAVAILABLE", "reason": "unloaded"}]
    assert index() == unloaded
    url = platform.url + "/v2/models/rested"
    assert requests.get(url + "/ready", timeout=10).status_code == 400
    refused = infer(url, rows_in_json())
    assert refused.status_code == 400 and "unloaded" in refused.json()["error"]
    with pytest.raises(platform.client("sagemaker-runtime").exceptions.ValidationError):
        platform.invoke("rested", b"1,0,0", ContentType="text/csv")
    platform.wait("rested")
    assert hosts(EndpointName="rested")["ProductionVariants"][0]["CurrentInstanceCount"] == 0

    platform.kill()
    platform.start()
    assert index() == unloaded
    assert ask("load").status_code == 200
    assert infer(platform.url + "/v2/models/rested", rows_in_json()).status_code == 200
    assert index()[0]["state"] == "READY"
    # An update of the endpoint loads it, too.
    assert ask("unload").status_code == 200
    platform.wait("rested")
    platform.client("sagemaker").update_endpoint(EndpointName="rested", EndpointConfigName="rested")
    platform.wait("rested")
    assert infer(platform.url + "/v2/models/rested", rows_in_json()).status_code == 200


def test_others_show_the_token(gyre, linear):
    token = (gyre.data / "inference_token").read_text().strip()
    assert os.stat(gyre.data / "inference_token").st_mode & 0o077 == 0
    page = {"Origin": "https://a-page.example"}  # as a browser on this machine would send
    refused = requests.get(linear, headers=page, timeout=10)
    assert refused.status_code == 401 and "token" in refused.json()["error"]
    assert requests.get(gyre.url + "/v2/health/ready", headers=page, timeout=10).status_code == 200
    shown = requests.get(linear, headers={**page, "Authorization": f"Bearer {token}"}, timeout=10)
    assert shown.status_code == 200


def test_a_closed_loopback(new_platform):
    platform = new_platform('[kserve]\nopen_on_loopback = false\ntoken = "open sesame"\n').start()
    assert requests.get(platform.url + "/v2", timeout=10).status_code == 401
    assert requests.get(platform.url + "/v2", timeout=10,
                        headers={"Authorization": "Bearer open sesame"}).status_code == 200


def test_deadlines_and_traces(linear):
    answer = infer(linear, rows_in_json(), **{"x-gyre-trace": "1", "x-gyre-deadline-ms": "60000"})
    assert int(answer.headers["x-gyre-batch-size"]) >= 1
    assert infer(linear, rows_in_json(), **{"x-gyre-deadline-ms": "soon"}).status_code == 400


def test_bytes_are_pictures_where_the_model_takes_pictures(gyre):
    text = struct.pack("<I", 3) + b"abc"
    gyre.deploy("plain", models.onnx_linear(WEIGHT, BIAS), key="plain/model.onnx")
    answer = infer(f"{gyre.url}/v2/models/plain", {"inputs": [
        {"name": "x", "datatype": "BYTES", "shape": [1],
         "parameters": {"binary_data_size": len(text)}}]}, text)
    assert answer.status_code == 400 and "how it takes pictures" in answer.json()["error"]


def test_settings_of_logs_and_traces(linear):
    def refused(code: int, part: str, answer: requests.Response):
        assert answer.status_code == code and part in answer.json()["error"], answer.text

    kserve = linear.split("/v2/")[0] + "/v2"
    log = {"log_file": "", "log_info": True, "log_warning": True, "log_error": True,
           "log_verbose_level": 0, "log_format": "default"}
    assert requests.get(kserve + "/logging", timeout=10).json() == log
    quiet = requests.post(kserve + "/logging", json={"log_info": False}, timeout=10)
    assert quiet.json() == {**log, "log_info": False}
    assert requests.post(kserve + "/logging", json={"log_info": True}, timeout=10).json() == log
    refused(400, "log_file cannot be set here", requests.post(
        kserve + "/logging", json={"log_file": "/tmp/x"}, timeout=10))
    refused(400, "log_info should be true or false", requests.post(
        kserve + "/logging", json={"log_info": "no"}, timeout=10))
    for path in ("/trace/setting", "/models/linear/trace/setting"):
        trace = requests.get(kserve + path, timeout=10).json()
        assert trace["trace_level"] == ["OFF"]
        assert requests.post(kserve + path, json=trace, timeout=10).json() == trace
        refused(501, "x-gyre-trace", requests.post(
            kserve + path, json={"trace_level": ["TIMESTAMPS"]}, timeout=10))
    refused(404, "'nobody' is not found",
            requests.get(kserve + "/models/nobody/trace/setting", timeout=10))


def test_tritonclient(gyre, linear, tmp_path):
    ended = subprocess.run([TRITON, "-c", example("clients/tritonclient.md", "python")],
                           cwd=tmp_path, text=True, capture_output=True, timeout=120,
                           env={**gyre.environ(), "PYTHONPATH": OFFLINE})
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "[[11.0, 24.0], [15.0, 31.0]]" in ended.stdout
    assert "shared memory is not taken" in ended.stdout
