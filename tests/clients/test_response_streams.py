"""InvokeEndpointWithResponseStream: an answer's parts reach the client while the model still makes
the rest, be it a container, a TorchServe handler or the last of a pipeline."""

import contextlib
import json
import sys

import botocore.exceptions
import pytest

from support import models, sdk, torchserve, transform
from support.platform import IMAGE, ROLE, Platform
from support.processes import wait_until

# Answers in chunks: the first at once, the next when the file named by the request is there.
PROGRAM = """
import http.server, os, sys, time

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def chunk(self, data):
        self.wfile.write(b"%x\\r\\n%s\\r\\n" % (len(data), data))
        self.wfile.flush()

    def do_POST(self):
        what, _, path = self.rfile.read(int(self.headers["Content-Length"])).decode().partition(" ")
        if what == "refuse":
            self.send_response(500)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"no")
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/tokens")
        self.send_header("X-Amzn-SageMaker-Custom-Attributes", "of=the-model")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.chunk(b"first ")
        while path and not os.path.exists(path):
            time.sleep(0.01)
        if what == "break":
            self.close_connection = True
            return
        self.chunk(b"s" * 200_000 if what == "large" else b"second")
        self.chunk(b"")

server = http.server.ThreadingHTTPServer(
    ("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler)
server.serve_forever()
"""


# A TorchServe handler that sends what it has.
HANDLER = """
import os, time
from ts.handler_utils.utils import send_intermediate_predict_response

def handle(data, context):
    if data is None:
        return
    path = bytes(data[0]["body"])
    send_intermediate_predict_response(["first "], context.request_ids, "Intermediate", 200, context)
    while path and not os.path.exists(path):
        time.sleep(0.01)
    if path.endswith(b"raise"):
        raise RuntimeError("in the middle")
    return ["second"]
"""
SHOUT = """
def model_fn(model_dir):
    return None
def transform_fn(model, body, content_type, accept):
    return body.decode() if isinstance(body, bytes) else body, "text/plain"
"""


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    folder = tmp_path_factory.mktemp("streams")
    container = transform.Container(folder / "container", PROGRAM)
    platform = Platform(folder / "platform", container.config(sys.executable))
    with contextlib.ExitStack() as at_end:
        at_end.callback(platform.stop)
        platform.start()
        container.put_model(platform, "tokens")
        serve(platform, "tokens")
        yield platform
        assert platform.stop() == 0, platform.log()[-4000:]


def serve(platform, name: str, **config) -> None:
    sagemaker = platform.client("sagemaker")
    sagemaker.create_endpoint_config(
        EndpointConfigName=name, **config,
        ProductionVariants=[{"VariantName": "main", "ModelName": name,
                             "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}])
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    platform.wait(name)


def ask(platform, endpoint: str, body: bytes, **more) -> dict:
    return platform.client("sagemaker-runtime").invoke_endpoint_with_response_stream(
        EndpointName=endpoint, Body=body, **more)


def parts(answer):
    for event in answer["Body"]:
        yield event["PayloadPart"]["Bytes"]


def test_parts_come_as_they_are_made(platform, tmp_path):
    go = tmp_path / "go"
    answer = ask(platform, "tokens", f"say {go}".encode(), ContentType="text/plain")
    assert answer["ContentType"] == "text/tokens"
    assert answer["InvokedProductionVariant"] == "main"
    assert answer["CustomAttributes"] == "of=the-model"
    stream = parts(answer)
    assert next(stream) == b"first "  # while the program waits for the file
    go.touch()
    assert b"".join(stream) == b"second"


def test_a_large_part_is_cut(platform):
    got = list(parts(ask(platform, "tokens", b"large")))
    assert b"".join(got) == b"first " + b"s" * 200_000
    assert max(map(len, got)) <= 65536


def test_one_that_breaks_off_ends_in_an_error(platform):
    stream = parts(ask(platform, "tokens", b"break"))
    assert next(stream) == b"first "
    with pytest.raises(botocore.exceptions.EventStreamError, match="ModelStreamError"):
        next(stream)


def test_a_refusal_is_an_error_of_the_call(platform):
    with pytest.raises(botocore.exceptions.ClientError, match="ModelError"):
        ask(platform, "tokens", b"refuse")
    # The whole form of the call is as before.
    assert platform.invoke("tokens", b"say")["Body"].read() == b"first second"


def test_a_client_that_goes_harms_nobody(platform, tmp_path):
    answer = ask(platform, "tokens", f"say {tmp_path / 'go'}".encode())
    stream = parts(answer)
    assert next(stream) == b"first "
    answer["Body"].close()
    (tmp_path / "go").touch()
    assert b"".join(parts(ask(platform, "tokens", b"say"))) == b"first second"


def test_the_sdk_reads_it(platform, tmp_path):
    said = sdk.run(platform, """
import sagemaker
from sagemaker.iterators import ByteIterator
from sagemaker.predictor import Predictor
predictor = Predictor("tokens", sagemaker.Session(default_bucket="models"))
print(b"".join(predictor.predict_stream(b"say", iterator=ByteIterator)).decode())
""", tmp_path)
    assert said.splitlines()[-1] == "first second"


def test_a_torchserve_handler_streams(platform, tmp_path):
    folder = torchserve.archive(tmp_path, "parts", HANDLER, format="no-archive")
    files = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    platform.put_model("parts", models.tarball(files))
    serve(platform, "parts")
    go = tmp_path / "go"
    stream = parts(ask(platform, "parts", str(go).encode()))
    assert next(stream) == b"first "
    go.touch()
    assert b"".join(stream) == b"second"
    (tmp_path / "raise").touch()
    stream = parts(ask(platform, "parts", str(tmp_path / "raise").encode()))
    assert next(stream) == b"first "
    with pytest.raises(botocore.exceptions.EventStreamError, match="ModelStreamError.*Prediction failed"):
        next(stream)


def test_the_last_of_a_pipeline_streams(platform, tmp_path):
    sagemaker = platform.client("sagemaker")
    tokens = sagemaker.describe_model(ModelName="tokens")["PrimaryContainer"]
    transform.put(platform, "models", {"pass.tar.gz": models.inference(SHOUT)})
    sagemaker.create_model(ModelName="chain", ExecutionRoleArn=ROLE, Containers=[
        {"Image": IMAGE, "ModelDataUrl": "s3://models/pass.tar.gz"},
        {"Image": tokens["Image"], "Environment": tokens["Environment"]}])
    serve(platform, "chain")
    go = tmp_path / "go"
    stream = parts(ask(platform, "chain", f"say {go}".encode(), ContentType="text/plain"))
    assert next(stream) == b"first "
    go.touch()
    assert b"".join(stream) == b"second"


def test_what_is_captured_is_whole(platform):
    """Also: capture is on unless it is turned off."""
    platform.client("s3").create_bucket(Bucket="captured")
    tokens = platform.client("sagemaker").describe_model(ModelName="tokens")["PrimaryContainer"]
    platform.client("sagemaker").create_model(
        ModelName="kept", ExecutionRoleArn=ROLE,
        PrimaryContainer={"Image": tokens["Image"], "Environment": tokens["Environment"]})
    serve(platform, "kept", DataCaptureConfig={
        "InitialSamplingPercentage": 100, "DestinationS3Uri": "s3://captured/data",
        "CaptureOptions": [{"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {"CsvContentTypes": ["text/tokens"]}})
    assert b"".join(parts(ask(platform, "kept", b"say"))) == b"first second"
    found = wait_until(lambda: transform.outputs(platform, "captured", "data/kept/"), 120)
    record = json.loads(next(iter(found.values())))
    assert record["captureData"]["endpointOutput"]["data"] == "first second"
