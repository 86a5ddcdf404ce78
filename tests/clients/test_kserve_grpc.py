"""KServe V2 over gRPC, by NVIDIA's own client and by bytes that no client sends."""

import os
import re
import socket
import subprocess
import textwrap
import time

import numpy
import pytest

from support import models
from support.platform import OFFLINE, ROOT
from support.processes import Marked

TRITON = ROOT / ".deps" / "venv-triton" / "bin" / "python"
WEIGHT = numpy.array([[1, 2, 3], [4, 5, 6]], "<f4")
BIAS = numpy.array([10, 20], "<f4")
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS = b"\0\0\0\4\0\0\0\0\0"  # an empty frame of them
COMMON = """
import os
import time
import numpy
import grpc
import tritonclient.grpc as triton
from tritonclient.grpc import service_pb2, service_pb2_grpc
from tritonclient.utils import InferenceServerException

client = triton.InferenceServerClient(os.environ["GRPC"])
stub = service_pb2_grpc.GRPCInferenceServiceStub(grpc.insecure_channel(os.environ["GRPC"]))
ROWS = numpy.array([[1, 0, 0], [0, 1, 1]], numpy.float32)
ANSWER = [[11, 24], [15, 31]]

def rows(values=ROWS, name="x", datatype="FP32"):
    tensor = triton.InferInput(name, list(values.shape), datatype)
    tensor.set_data_from_numpy(values)
    return tensor

def refused(code, part, call, *arguments, **more):
    try:
        call(*arguments, **more)
    except InferenceServerException as error:
        assert error.status() == "StatusCode." + code, (error.status(), error.message())
        assert part in error.message(), error.message()
    except grpc.RpcError as error:
        assert error.code().name == code and part in error.details(), error
    else:
        raise AssertionError("it was taken: " + part)
"""


def grpc_address(platform) -> str:
    return re.findall(r"gRPC of=kserve address=(\S+)", platform.log())[-1]


def run(platform, script: str, **environment: str) -> str:
    ended = subprocess.run([TRITON, "-c", COMMON + textwrap.dedent(script)], text=True,
                           capture_output=True, timeout=120,
                           env={**platform.environ(), "PYTHONPATH": OFFLINE,
                                "GRPC": grpc_address(platform), **environment})
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def start(platform, script: str) -> subprocess.Popen:
    """A client that goes on; returns when it has printed a line."""
    process = subprocess.Popen([TRITON, "-c", COMMON + textwrap.dedent(script)],
                               stdout=subprocess.PIPE, text=True,
                               env={**platform.environ(), "PYTHONPATH": OFFLINE,
                                    "GRPC": grpc_address(platform)})
    assert process.stdout.readline() == "begun\n"
    return process


def deploy_linear(platform):
    platform.deploy("linear-grpc", models.onnx_linear(WEIGHT, BIAS), {"GYRE_PRECISION": "fp32"},
                    key="linear-grpc/model.onnx")
    return platform


@pytest.fixture(scope="module")
def linear(gyre):
    return deploy_linear(gyre)


def test_health_and_metadata(linear):
    run(linear, """
        assert client.is_server_live() and client.is_server_ready()
        assert client.is_model_ready("linear-grpc") and client.is_model_ready("linear-grpc", "1")
        assert not client.is_model_ready("nobody") and not client.is_model_ready("linear-grpc", "7")
        server = client.get_server_metadata(as_json=True)
        assert server["name"] == "gyre" and "binary_tensor_data" in server["extensions"]
        model = client.get_model_metadata("linear-grpc")
        assert (model.name, list(model.versions), model.platform) == ("linear-grpc", ["1"], "openvino")
        assert [(one.name, one.datatype, list(one.shape)) for one in model.inputs] == [
            ("x", "FP32", [-1, 3])]
        config = client.get_model_config("linear-grpc").config
        assert config.input[0].name == "x" and list(config.input[0].dims) == [3]
        assert config.input[0].data_type == 11 and config.max_batch_size > 0
        refused("NOT_FOUND", "'nobody' is not found", client.get_model_metadata, "nobody")
        refused("NOT_FOUND", "version 7", client.get_model_metadata, "linear-grpc", "7")
    """)


def test_inference(linear):
    run(linear, """
        answer = client.infer("linear-grpc", [rows()], request_id="seven")
        assert answer.as_numpy("y").tolist() == ANSWER
        assert answer.get_response().id == "seven" and answer.get_response().model_version == "1"
        y = triton.InferRequestedOutput("y")
        assert client.infer("linear-grpc", [rows()], outputs=[y]).as_numpy("y").tolist() == ANSWER
        best = client.infer("linear-grpc", [rows()],
                            outputs=[triton.InferRequestedOutput("y", class_count=1)])
        assert best.as_numpy("y").flatten().tolist() == [b"24:1", b"31:1"]
        for coding in ("gzip", "deflate"):
            packed = client.infer("linear-grpc", [rows()], compression_algorithm=coding)
            assert packed.as_numpy("y").tolist() == ANSWER

        many = numpy.random.default_rng(1).random((200_000, 3), numpy.float32)  # 2.4 MB each way
        got = client.infer("linear-grpc", [rows(many)]).as_numpy("y")
        weight = numpy.array([[1, 2, 3], [4, 5, 6]], numpy.float32)
        assert numpy.allclose(got, many @ weight.T + [10, 20], rtol=1e-5)
    """)


def test_typed_contents(linear):
    run(linear, """
        request = service_pb2.ModelInferRequest(model_name="linear-grpc")
        x = request.inputs.add(name="x", datatype="FP32", shape=[2, 3])
        x.contents.fp32_contents.extend(ROWS.flatten().tolist())
        answer = stub.ModelInfer(request)
        assert numpy.frombuffer(answer.raw_output_contents[0], "<f4").tolist() == [11, 24, 15, 31]
        request.raw_input_contents.append(ROWS.tobytes())
        refused("INVALID_ARGUMENT", "raw_input_contents", stub.ModelInfer, request)
        x.ClearField("contents")
        x.datatype = "FP16"
        del request.raw_input_contents[:]
        x.contents.fp32_contents.append(1)
        refused("INVALID_ARGUMENT", "FP16", stub.ModelInfer, request)
    """)


def test_wrong_questions_are_answered_with_what_is_wrong(linear):
    run(linear, """
        refused("NOT_FOUND", "'nobody' is not found", client.infer, "nobody", [rows()])
        refused("INVALID_ARGUMENT", "unexpected inference input 'z'", client.infer, "linear-grpc",
                [rows(name="z")])
        refused("INVALID_ARGUMENT", "FP64", client.infer, "linear-grpc",
                [rows(ROWS.astype("f8"), datatype="FP64")])
        refused("INVALID_ARGUMENT", "unexpected inference output 'z'", client.infer, "linear-grpc",
                [rows()], outputs=[triton.InferRequestedOutput("z")])
        short = service_pb2.ModelInferRequest(model_name="linear-grpc",
                                              raw_input_contents=[ROWS.tobytes()[:20]])
        short.inputs.add(name="x", datatype="FP32", shape=[2, 3])
        refused("INVALID_ARGUMENT", "20 bytes", stub.ModelInfer, short)
        elsewhere = triton.InferInput("x", [2, 3], "FP32")
        elsewhere.set_shared_memory("region", 24)
        refused("INVALID_ARGUMENT", "shared memory", client.infer, "linear-grpc", [elsewhere])
        refused("UNIMPLEMENTED", "shared memory", client.register_system_shared_memory, "r", "/k", 64)
        assert len(client.get_system_shared_memory_status().regions) == 0
        assert client.infer("linear-grpc", [rows()]).as_numpy("y").tolist() == ANSWER
    """)


def test_settings_of_logs_and_traces(linear):
    run(linear, """
        log = client.get_log_settings(as_json=True)["settings"]
        assert log["log_info"] == {"bool_param": True}, log
        assert log["log_verbose_level"] == {"uint32_param": 0}, log
        assert log["log_format"] == {"string_param": "default"}, log
        quiet = client.update_log_settings({"log_info": False}, as_json=True)["settings"]
        assert quiet["log_info"] == {"bool_param": False}, quiet
        again = client.update_log_settings({"log_info": True}, as_json=True)["settings"]
        assert again == log
        refused("INVALID_ARGUMENT", "log_file cannot be set", client.update_log_settings,
                {"log_file": "x"})
        for model in (None, "linear-grpc"):
            trace = client.get_trace_settings(model, as_json=True)["settings"]
            assert trace["trace_level"] == {"value": ["OFF"]}, trace
            assert trace["trace_rate"] == {"value": ["1000"]}, trace
            client.update_trace_settings(model, {"trace_level": None, "trace_rate": "1000"})
            refused("UNIMPLEMENTED", "x-gyre-trace", client.update_trace_settings, model,
                    {"trace_level": ["TIMESTAMPS"]})
        refused("NOT_FOUND", "nobody", client.get_trace_settings, "nobody")
    """)


def test_many_at_once_and_the_asynchronous_client(linear):
    run(linear, """
        import asyncio, queue
        done = queue.Queue()
        for _ in range(64):
            client.async_infer("linear-grpc", [rows()], lambda result, error: done.put((result, error)))
        for _ in range(64):
            result, error = done.get(timeout=60)
            assert error is None and result.as_numpy("y").tolist() == ANSWER

        import tritonclient.grpc.aio as aio
        async def ask():
            async with aio.InferenceServerClient(os.environ["GRPC"]) as own:
                answers = await asyncio.gather(*(own.infer("linear-grpc", [rows()]) for _ in range(64)))
                assert all(answer.as_numpy("y").tolist() == ANSWER for answer in answers)
        asyncio.run(ask())
    """)


def test_streams(linear):
    run(linear, """
        import queue
        done = queue.Queue()
        client.start_stream(lambda result, error: done.put((result, error)))
        for number in range(200):
            name = "nobody" if number == 100 else "linear-grpc"
            client.async_stream_infer(name, [rows()], request_id=str(number),
                                      enable_empty_final_response=True)
        for number in range(200):
            result, error = done.get(timeout=60)
            if number == 100:
                assert "'nobody' is not found" in error.message(), error
                continue
            assert error is None, error
            response = result.get_response()
            assert response.id == str(number)
            assert response.parameters["triton_final_response"].bool_param
            assert result.as_numpy("y").tolist() == ANSWER
        client.stop_stream()
    """)


def test_repository_and_statistics(linear):
    run(linear, """
        index = client.get_model_repository_index(as_json=True)["models"]
        assert {"name": "linear-grpc", "version": "1", "state": "READY"} in index
        client.load_model("linear-grpc")
        refused("INVALID_ARGUMENT", "CreateEndpoint", client.load_model, "nobody")
        refused("INVALID_ARGUMENT", "UpdateEndpoint", client.load_model, "linear-grpc", config="{}")
        client.unload_model("linear-grpc")
        assert not client.is_model_ready("linear-grpc")
        refused("INVALID_ARGUMENT", "unloaded", client.infer, "linear-grpc", [rows()])
        client.load_model("linear-grpc")
        assert client.is_model_ready("linear-grpc")
        def counted():
            return client.get_inference_statistics("linear-grpc").model_stats[0]
        before = counted()
        for _ in range(5):
            client.infer("linear-grpc", [rows()])
        after = counted()
        assert after.inference_count - before.inference_count == 5
        assert after.inference_stats.success.ns > before.inference_stats.success.ns
        assert sum(row.batch_size * row.compute_infer.count for row in after.batch_stats) == (
            after.inference_count)
        assert "linear-grpc" in [one.name for one in client.get_inference_statistics().model_stats]
    """)


def test_who_may_ask(linear, new_platform):
    token = (linear.data / "inference_token").read_text().strip()
    run(linear, """
        page = {"origin": "https://a-page.example"}
        refused("UNAUTHENTICATED", "token", client.get_model_metadata, "linear-grpc", headers=page)
        assert client.is_server_live(headers=page)
        client.get_model_metadata("linear-grpc",
                                  headers={**page, "authorization": "Bearer " + os.environ["TOKEN"]})
    """, TOKEN=token)
    closed = new_platform('[kserve]\nopen_on_loopback = false\ntoken = "open sesame"\n').start()
    run(closed, """
        refused("UNAUTHENTICATED", "token", client.get_server_metadata)
        client.get_server_metadata(headers={"authorization": "Bearer open sesame"})
    """)


def test_deadlines_cancellations_and_large_messages(new_platform):
    marked = Marked()
    run(deploy_linear(new_platform(environment=marked.environment).start()), """
        import signal
        hosts = [int(pid) for pid in os.environ["HOSTS"].split()]
        for host in hosts:
            os.kill(host, signal.SIGSTOP)
        try:
            refused("DEADLINE_EXCEEDED", "", client.infer, "linear-grpc", [rows()], client_timeout=0.3)
        finally:
            for host in hosts:
                os.kill(host, signal.SIGCONT)
        assert client.infer("linear-grpc", [rows()], client_timeout=60).as_numpy("y").tolist() == ANSWER
        for _ in range(50):
            client.async_infer("linear-grpc", [rows()], lambda result, error: None).cancel()
        assert client.infer("linear-grpc", [rows()]).as_numpy("y").tolist() == ANSWER
    """, HOSTS=" ".join(map(str, marked.hosts())))
    small = new_platform("[kserve]\nmax_body_mb = 1\n").start()
    run(small, """
        large = numpy.zeros((100_000, 3), numpy.float32)
        refused("RESOURCE_EXHAUSTED", "1048576", client.infer, "linear-grpc", [rows(large)])
        refused("RESOURCE_EXHAUSTED", "1048576", client.infer, "linear-grpc", [rows(large)],
                compression_algorithm="gzip")
        refused("NOT_FOUND", "nobody", client.infer, "nobody", [rows()])
    """)


def connect(platform) -> socket.socket:
    host, port = grpc_address(platform).split(":")
    return socket.create_connection((host, int(port)), timeout=30)


def test_bytes_that_no_client_sends(linear):
    with connect(linear) as http:
        http.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"426" in http.recv(4096)
    for nonsense in (PREFACE + b"\xff" * 4096, PREFACE + SETTINGS + b"\0\0\x01\x06\0\0\0\0\0x",
                     PREFACE + SETTINGS + b"\0\x10\0\x01\4\0\0\0\1" + os.urandom(4096)):
        with connect(linear) as broken:
            broken.sendall(nonsense)
            broken.settimeout(30)
            try:
                while broken.recv(65536):
                    pass
            except ConnectionResetError:
                pass
    halves = [connect(linear) for _ in range(50)]
    for half in halves:
        half.sendall(PREFACE[:10])
    run(linear, "assert client.infer('linear-grpc', [rows()]).as_numpy('y').tolist() == ANSWER")
    for half in halves:
        half.close()


def test_a_client_that_is_killed_in_its_calls(linear):
    for _ in range(3):
        process = start(linear, """
            done = []
            client.start_stream(lambda result, error: done.append(result))
            large = numpy.zeros((100_000, 3), numpy.float32)
            print("begun", flush=True)
            while True:
                client.async_stream_infer("linear-grpc", [rows(large)])
        """)
        time.sleep(0.5)
        process.kill()
        process.wait()
        process.stdout.close()
    run(linear, "assert client.infer('linear-grpc', [rows()]).as_numpy('y').tolist() == ANSWER")


def test_an_idle_client_is_told_to_go_when_the_server_stops(new_platform):
    platform = new_platform().start()
    process = start(platform, """
        assert client.is_server_live()
        print("begun", flush=True)
        time.sleep(600)
    """)
    began = time.monotonic()
    assert platform.stop() == 0
    assert time.monotonic() - began < 9, "the server waited for it"
    process.kill()
    process.wait()
    process.stdout.close()


def test_tls(linear):
    run(linear, """
        secure = triton.InferenceServerClient(os.environ["GRPC"], ssl=True,
                                              root_certificates=os.environ["AUTHORITY"])
        assert secure.infer("linear-grpc", [rows()]).as_numpy("y").tolist() == ANSWER
        stranger = triton.InferenceServerClient(os.environ["GRPC"], ssl=True)
        refused("UNAVAILABLE", "", stranger.is_server_live)
    """, AUTHORITY=linear.authority)
