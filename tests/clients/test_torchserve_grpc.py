"""TorchServe's gRPC services, by the stubs that grpcio-tools makes of its own .proto files."""

import pathlib
import re
import subprocess
import textwrap
import zipfile

import pytest
import requests

from support.platform import OFFLINE, ROOT
from support.torchserve import TorchServe, archive

TRITON = ROOT / ".deps" / "venv-triton" / "bin" / "python"  # has grpcio and its tools
JAR = next((ROOT / ".deps/venv/lib/python3.11/site-packages/ts/frontend").glob("model-server.jar"))
ECHO = '''
from ts.utils.util import PredictionException

class Echo:
    def initialize(self, context):
        self.version = context.manifest["model"]["modelVersion"]

    def handle(self, data, context):
        if any("raise" in row for row in data):
            raise PredictionException("as told", 507)
        return [self.version.encode() + b" " + b"|".join(
            name.encode() + b"=" + bytes(value) for name, value in sorted(row.items()))
            for row in data]
'''
COMMON = """
import os, sys
sys.path.insert(0, os.environ["STUBS"])
import grpc
import inference_pb2, inference_pb2_grpc, management_pb2, management_pb2_grpc
from google.protobuf import empty_pb2

inference = inference_pb2_grpc.InferenceAPIsServiceStub(grpc.insecure_channel(os.environ["INFERENCE"]))
management = management_pb2_grpc.ManagementAPIsServiceStub(
    grpc.insecure_channel(os.environ["MANAGEMENT"]))

def ask(model, version="", **inputs):
    return inference_pb2.PredictionsRequest(model_name=model, model_version=version, input=inputs)

def refused(code, part, call, *arguments, **more):
    try:
        answer = call(*arguments, **more)
        if hasattr(answer, "__next__"):
            list(answer)
    except grpc.RpcError as error:
        assert error.code().name == code and part in error.details(), error
    else:
        raise AssertionError("it was taken: " + part)
"""


@pytest.fixture(scope="module")
def stubs(tmp_path_factory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("stubs")
    with zipfile.ZipFile(JAR) as jar:
        for name in ("inference", "management", "open_inference_grpc"):
            (folder / f"{name}.proto").write_bytes(jar.read(f"proto/{name}.proto"))
    status = folder / "google" / "rpc"
    status.mkdir(parents=True)
    (status / "status.proto").write_bytes(
        (ROOT / "src" / "grpc" / "proto" / "google" / "rpc" / "status.proto").read_bytes())
    subprocess.run([TRITON, "-m", "grpc_tools.protoc", f"-I{folder}", f"--python_out={folder}",
                    f"--grpc_python_out={folder}", "inference.proto", "management.proto",
                    "open_inference_grpc.proto", "google/rpc/status.proto"],
                   check=True, cwd=folder, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("torchserve-grpc")
    with TorchServe(folder) as server:
        archive(server.store, "echo", ECHO)
        archive(server.store, "second", ECHO, version="2.0")
        yield server


def run(server: TorchServe, stubs: pathlib.Path, script: str, **environment: str) -> str:
    where = dict(re.findall(r"gRPC of=(\w+) address=(\S+)", (server.folder / "log").read_text()))
    ended = subprocess.run([TRITON, "-c", COMMON + textwrap.dedent(script)], text=True,
                           capture_output=True, timeout=120,
                           env={"PYTHONPATH": OFFLINE, "STUBS": str(stubs),
                                "INFERENCE": where["inference"], "MANAGEMENT": where["management"],
                                **environment})
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_a_model_s_life(served, stubs):
    run(served, stubs, """
        import json
        assert json.loads(inference.Ping(empty_pb2.Empty()).health)["status"] == "Healthy"
        refused("INTERNAL",
                "Model not found: echo\\norg.pytorch.serve.archive.model.ModelNotFoundException",
                inference.Predictions, ask("echo", data=b"x"))
        said = management.RegisterModel(management_pb2.RegisterModelRequest(
            url="echo.mar", initial_workers=1, synchronous=True)).msg
        assert said == 'Model "echo" Version: 1.0 registered with 1 initial workers', said
        refused("ABORTED", "already registered", management.RegisterModel,
                management_pb2.RegisterModelRequest(url="echo.mar", initial_workers=1))
        listed = json.loads(management.ListModels(management_pb2.ListModelsRequest(limit=10)).msg)
        assert {"modelName": "echo", "modelUrl": "echo.mar"} in listed["models"]
        described = json.loads(management.DescribeModel(
            management_pb2.DescribeModelRequest(model_name="echo")).msg)
        assert described[0]["modelVersion"] == "1.0" and len(described[0]["workers"]) == 1

        # whatever bytes they are, by their names
        everything = bytes(range(256)) + b"\\r\\n--gyre\\r\\n\\r\\n"
        answer = inference.Predictions(ask("echo", data=everything, body=b"", other=b"1"))
        assert answer.prediction == b"1.0 body=|data=" + everything + b"|other=1", answer
        large = os.urandom(3 << 20)
        assert inference.Predictions(ask("echo", data=large)).prediction == b"1.0 data=" + large
        refused("RESOURCE_EXHAUSTED", "larger", inference.Predictions, ask("echo", data=bytes(7 << 20)))
        refused("RESOURCE_EXHAUSTED", "as told", inference.Predictions, ask("echo", **{"raise": b"1"}))

        management.RegisterModel(management_pb2.RegisterModelRequest(
            url="second.mar", model_name="echo", initial_workers=1, synchronous=True))
        assert inference.Predictions(ask("echo", "2.0", data=b"x")).prediction == b"2.0 data=x"
        said = management.SetDefault(management_pb2.SetDefaultRequest(
            model_name="echo", model_version="2.0")).msg
        assert said == 'Default version successfully updated for model "echo" to "2.0"', said
        assert inference.Predictions(ask("echo", data=b"x")).prediction == b"2.0 data=x"
        said = management.ScaleWorker(management_pb2.ScaleWorkerRequest(
            model_name="echo", min_worker=2, max_worker=2, synchronous=True)).msg
        assert said == "Workers scaled to 2 for model: echo", said
        refused("PERMISSION_DENIED", "Cannot remove default", management.UnregisterModel,
                management_pb2.UnregisterModelRequest(model_name="echo"))
        management.UnregisterModel(management_pb2.UnregisterModelRequest(
            model_name="echo", model_version="1.0"))
        said = management.UnregisterModel(management_pb2.UnregisterModelRequest(model_name="echo")).msg
        assert said == 'Model "echo" unregistered', said
        management.RegisterModel(management_pb2.RegisterModelRequest(url="echo.mar"))
        refused("INTERNAL", "has no worker to serve inference request", inference.Predictions,
                ask("echo", data=b"x"))
        refused("INTERNAL", "Parameter model_name is required.\\nBadRequestException.()",
                inference.Predictions, ask("", data=b"x"))
        management.UnregisterModel(management_pb2.UnregisterModelRequest(model_name="echo"))
        refused("NOT_FOUND", "Model not found", management.DescribeModel,
                management_pb2.DescribeModelRequest(model_name="echo"))
    """)


def test_streams(served, stubs):
    run(served, stubs, """
        management.RegisterModel(management_pb2.RegisterModelRequest(
            url="echo.mar", model_name="streamed", initial_workers=1, synchronous=True))
        whole = list(inference.StreamPredictions(ask("streamed", data=b"x")))
        assert [one.prediction for one in whole] == [b"1.0 data=x"]
        refused("INTERNAL", "nobody", inference.StreamPredictions, ask("nobody", data=b"x"))

        def questions():
            for number in range(20):
                model = "nobody" if number == 7 else "streamed"
                yield inference_pb2.PredictionsRequest(
                    model_name=model, input={"data": str(number).encode()}, sequence_id="s")
        answers = list(inference.StreamPredictions2(questions()))
        assert len(answers) == 20 and all(one.sequence_id == "s" for one in answers)
        assert (answers[7].status.code, answers[7].status.message) == (13, "Model not found: nobody")
        assert [one.prediction for one in answers[8:]] == [
            b"1.0 data=%d" % number for number in range(8, 20)]
        assert not answers[8].HasField("status")
    """)


SUMS = '''
class Sums:
    def initialize(self, context):
        self.sums = {}

    def handle(self, data, context):
        ids = [context.get_sequence_id(index) for index in range(len(data))]
        assert len(ids) == len(set(ids))
        for name, row in zip(ids, data):
            self.sums[name] = self.sums.get(name, 0) + int(bytes(row["data"]))
        return [str(self.sums[name]) for name in ids]
'''


def test_sequences(served, stubs):
    archive(served.store, "sums", SUMS, {"model.yaml": (
        "batchSize: 4\nsequenceBatching: true\nsequenceMaxIdleMSec: 60000\nmaxNumSequence: 3\n"
        "maxSequenceJobQueueSize: 30\n")}, config_file="model.yaml")
    assert served.register("sums.mar", initial_workers=2).status_code == 200
    run(served, stubs, """
        def question(number, sequence="", **marks):
            return inference_pb2.PredictionsRequest(model_name="sums", sequence_id=sequence, input={
                "data": str(number).encode(), **{
                    f"ts_request_sequence_{name}": b"true" for name in marks}})

        def stream(name):
            for number in range(20):
                yield question(number, name, **({"end": 1} if number == 19 else {}))

        for turn in range(2):  # a sequence that ended is over: there is room for three more
            streams = [inference.StreamPredictions2(stream(f"{turn}-{i}")) for i in range(3)]
            for i, answers in enumerate(streams):
                answers = list(answers)
                assert [int(one.prediction) for one in answers] == [
                    sum(range(number + 1)) for number in range(20)], answers
                assert all(one.sequence_id == f"{turn}-{i}" for one in answers)
        begun = list(inference.StreamPredictions2(iter([question(1, start=1)])))[0]
        assert begun.sequence_id.startswith("ts-seq-"), begun
        more = list(inference.StreamPredictions2(iter([question(2, begun.sequence_id, end=1)])))[0]
        assert more.prediction == b"3", more
    """)


def test_without_open_inference_http_has_none(served):
    assert requests.get(served.inference + "/v2/health/live", timeout=30).status_code == 404


def test_tokens_and_the_lock_of_the_model_api(tmp_path, stubs):
    with TorchServe(tmp_path, "disable_token_authorization=false\nenable_model_api=false\n") as locked:
        import json
        keys = json.loads((locked.folder / "key_file.json").read_text())
        run(locked, stubs, """
            refused("PERMISSION_DENIED", "Token Authorization failed", inference.Predictions, ask("m"))
            refused("PERMISSION_DENIED", "Token Authorization failed", management.ListModels,
                    management_pb2.ListModelsRequest())
            with_key = [("authorization", "Bearer " + os.environ["KEY"])]
            management.ListModels(management_pb2.ListModelsRequest(), metadata=with_key)
            refused("PERMISSION_DENIED", "Model API disabled", management.RegisterModel,
                    management_pb2.RegisterModelRequest(url="echo.mar"), metadata=with_key)
        """, KEY=keys["management"]["key"])


ENVELOPED = """
import numpy
from ts.torch_handler.base_handler import BaseHandler

class Doubler(BaseHandler):
    def initialize(self, context):
        self.context = context
        self.initialized = True

    def handle(self, data, context):
        return [[numpy.array(each["data"], "float32") * 2 for each in data]]
"""


def test_open_inference(tmp_path, stubs):
    config = "ts_open_inference_protocol=true\nservice_envelope=kservev2\n"
    with TorchServe(tmp_path, config) as server:
        archive(server.store, "doubler", ENVELOPED)
        assert server.register("doubler.mar").status_code == 200
        for path, status, said in (
                ("", 200, {"name": "Torchserve", "version": "0.12.0",
                           "extenstion": ["kserve", "kubeflow"]}),
                ("/health/live", 200, {"live": True}), ("/health/ready", 200, {"ready": True}),
                ("/models/doubler/versions/1.0/infer", 501,
                 {"error": "Model versioning is not yet supported."})):
            answer = requests.get(f"{server.inference}/v2{path}", timeout=30)
            assert (answer.status_code, answer.json()) == (status, said)
        run(server, stubs, """
            import open_inference_grpc_pb2 as oip, open_inference_grpc_pb2_grpc as oip_grpc
            stub = oip_grpc.GRPCInferenceServiceStub(grpc.insecure_channel(os.environ["INFERENCE"]))
            assert stub.ServerLive(oip.ServerLiveRequest()).live
            assert stub.ServerReady(oip.ServerReadyRequest()).ready
            assert stub.ServerMetadata(oip.ServerMetadataRequest()).name == "Torchserve"
            assert stub.ModelReady(oip.ModelReadyRequest(name="doubler")).ready
            refused("NOT_FOUND", "nobody", stub.ModelReady, oip.ModelReadyRequest(name="nobody"))
            metadata = stub.ModelMetadata(oip.ModelMetadataRequest(name="doubler"))
            assert metadata.name == "doubler" and list(metadata.versions) == ["1.0"], metadata
            request = oip.ModelInferRequest(model_name="doubler", id="seven")
            request.inputs.add(name="x", datatype="FP32", shape=[2]).contents.fp32_contents.extend([1, 2.5])
            answer = stub.ModelInfer(request)
            assert answer.id == "seven" and answer.model_name == "doubler", answer
            assert list(answer.outputs[0].contents.fp32_contents) == [2, 5], answer
            refused("INTERNAL", "nobody", stub.ModelInfer, oip.ModelInferRequest(model_name="nobody"))
        """)
