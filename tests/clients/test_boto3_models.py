"""What can be a model: the formats, with and without code, and a program of the user's own."""

import io
import json
import sys
import textwrap

import numpy
import pytest

from support import models
from support.processes import wait_until

WEIGHT = [[1.0, 2.0, 3.0], [-1.0, 0.5, 0.0]]
BIAS = [0.25, -4.0]
ROWS = [[1.0, 1.0, 1.0], [2.0, 0.0, -1.0]]
EXPECTED = (numpy.array(ROWS) @ numpy.array(WEIGHT).T + numpy.array(BIAS)).tolist()
NPY = "application/x-npy"


def traced() -> bytes:
    import torch

    linear = torch.nn.Linear(3, 2)
    with torch.no_grad():
        linear.weight.copy_(torch.tensor(WEIGHT))
        linear.bias.copy_(torch.tensor(BIAS))
    return models.torchscript(linear, torch.zeros(1, 3))


def npy(values) -> bytes:
    out = io.BytesIO()
    numpy.save(out, numpy.array(values, dtype=numpy.float32))
    return out.getvalue()


def check_answers(gyre, endpoint: str) -> None:
    """The same rows in the forms that the stock container takes, and answers in them."""
    def ask(body, content_type, accept):
        answer = gyre.invoke(endpoint, body, ContentType=content_type, Accept=accept)
        assert answer["ContentType"].split(";")[0] == accept
        return answer["Body"].read()

    rows = json.dumps(ROWS)
    assert json.loads(ask(rows, "application/json", "application/json")) == pytest.approx(
        numpy.array(EXPECTED), abs=1e-3)
    answer = numpy.load(io.BytesIO(ask(npy(ROWS), NPY, NPY)))
    assert answer == pytest.approx(numpy.array(EXPECTED), abs=1e-3)
    text = ask("\n".join(",".join(map(str, row)) for row in ROWS), "text/csv", "text/csv")
    assert numpy.loadtxt(io.BytesIO(text), delimiter=",") == pytest.approx(
        numpy.array(EXPECTED), abs=1e-3)


@pytest.mark.parametrize("key", ["linear.pth", "linear.onnx"])
def test_a_bare_file_is_a_model(gyre, key):
    """ModelDataUrl names the file itself; there is no archive and no Python."""
    data = traced() if key.endswith(".pth") else models.onnx_linear(WEIGHT, BIAS)
    name = "bare-" + key.replace(".", "-")
    gyre.deploy(name, data, key=key, environment={"GYRE_PRECISION": "fp32"})
    check_answers(gyre, name)


def test_an_archive_without_code_is_a_model(gyre):
    gyre.deploy("no-code", models.tarball({"net.onnx": models.onnx_linear(WEIGHT, BIAS)}),
                environment={"GYRE_PRECISION": "fp32"})
    check_answers(gyre, "no-code")
    error = pytest.raises(Exception, gyre.invoke, "no-code", b"[[1, 2]]",
                          ContentType="application/json").value.response
    assert error["Error"]["Code"] == "ModelError"
    assert error["OriginalStatusCode"] == 400
    assert "3" in error["OriginalMessage"]  # the shape that was expected


def test_torchscript_with_the_stock_handlers(gyre):
    """model.pth beside an inference.py that leaves all four functions to the container."""
    gyre.deploy("stock", models.tarball({"model.pth": traced(), "code/inference.py": ""}))
    check_answers(gyre, "stock")


PROGRAM = '''
import http.server
import os
import sys

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(200 if self.path == "/ping" else 404, b"")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        print("asked on", self.path, flush=True)
        if body == b"die":
            print("the program ends", flush=True)
            os._exit(3)
        if body == b"fail":
            return self.answer(418, b"a teapot")
        text = " ".join([sys.argv[1], os.environ["COLOUR"], self.headers["Content-Type"],
                         body.decode()[::-1]])
        self.answer(200, text.encode(), Content_Type="text/x-reversed")

port = int(os.environ["SAGEMAKER_BIND_TO_PORT"])
http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
'''


def test_a_program_of_the_users_own_is_a_container(new_platform, tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "serve").write_text(f"#!/bin/sh\nexec {sys.executable} {program} folder\n")
    (folder / "serve").chmod(0o755)
    gyre = new_platform(textwrap.dedent(f'''
        [serving.images]
        "registry.example/reverser:*" = ["{sys.executable}", "{program}"]
        "reverser-folder" = "{folder}"
        ''')).start()
    gyre.deploy("reverser", models.tarball({"weights": "none"}), {"COLOUR": "red"},
                image="registry.example/reverser:1.0")
    answer = gyre.invoke("reverser", b"olleh", ContentType="text/plain")
    assert answer["Body"].read() == b"serve red text/plain hello"
    assert answer["ContentType"] == "text/x-reversed"
    error = pytest.raises(Exception, gyre.invoke, "reverser", b"fail").value.response
    assert (error["OriginalStatusCode"], error["OriginalMessage"]) == (418, "a teapot")
    logs = gyre.client("logs")
    wait_until(lambda: "asked on /invocations" in [  # lines come on a way of their own
        event["message"] for event in logs.filter_log_events(
            logGroupName="/aws/sagemaker/Endpoints/reverser")["events"]], 60)
    error = pytest.raises(Exception, gyre.invoke, "reverser", b"die").value.response
    assert error["OriginalStatusCode"] == 500
    assert "the program ends" in error["OriginalMessage"]
    gyre.deploy("from-folder", models.tarball({"weights": "none"}), {"COLOUR": "blue"},
                image="reverser-folder")
    answer = gyre.invoke("from-folder", b"olleh", ContentType="text/plain")
    assert answer["Body"].read().startswith(b"folder blue")
    gyre.put_model("unknown", models.echo(), image="registry.example/unheard-of:1")
    gyre.put_config("unknown", {"model": "unknown"})
    gyre.client("sagemaker").create_endpoint(EndpointName="unknown", EndpointConfigName="unknown")
    reason = gyre.wait("unknown", "Failed")["FailureReason"]
    assert "registry.example/unheard-of:1" in reason and "serving.images" in reason
