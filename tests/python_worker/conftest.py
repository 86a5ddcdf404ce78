"""A model's code in this process (`handler`), or in a worker of its own (`worker`)."""

import io
import itertools
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys

import pytest

PYTHON = pathlib.Path(__file__).resolve().parents[2] / "python"
sys.path.insert(0, str(PYTHON))

from gyre_worker import frames  # noqa: E402  (found by the line above)
from gyre_worker.batch import Batch  # noqa: E402
from gyre_worker.user_code import UserCode  # noqa: E402


class Handler:
    """Runs batches of one inference.py; `calls` has the sizes of the predict_fn calls it notes."""

    def __init__(self, folder, code, mode="auto", files=None, environment=None):
        self.folder = folder
        (folder / "code").mkdir(parents=True, exist_ok=True)
        (folder / "code" / "inference.py").write_text(code)
        for name, content in (files or {}).items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        before = list(sys.path)
        self.code = UserCode(str(folder), 1, environment or {})
        self.code.load()
        sys.path[:] = before
        self.batch = Batch(self.code, mode)

    @property
    def calls(self):
        return self.code.module.calls

    def run(self, *requests):
        return self.batch.run([as_request(r, str(i)) for i, r in enumerate(requests)])


def as_request(request, id=""):
    if isinstance(request, frames.Request):
        return request
    if isinstance(request, (bytes, str)):
        body = request.encode() if isinstance(request, str) else request
        return frames.Request(id, "application/octet-stream", "", bytearray(body))
    return frames.Request(id, "application/x-npy", "application/x-npy", bytearray(npy(request)))


def ask(body, content_type="application/json", accept="", headers=None):
    packed = "".join(f"{name}\0{value}\0" for name, value in (headers or {}).items())
    body = body.encode() if isinstance(body, str) else body
    return frames.Request("id", content_type, accept, bytearray(body), packed)


def npy(array):
    import numpy

    out = io.BytesIO()
    numpy.save(out, numpy.asarray(array))
    return out.getvalue()


def array(answer):
    """The array of an answer in npy; fails for a Failure."""
    import numpy

    assert isinstance(answer, frames.Reply), f"{answer.type}: {answer.message}"
    return numpy.load(io.BytesIO(bytes(answer.body)))


@pytest.fixture
def handler(tmp_path):
    numbers = itertools.count()

    def make(code, **options):
        return Handler(tmp_path / f"model{next(numbers)}", code, **options)

    yield make
    sys.modules.pop("inference", None)


@pytest.fixture
def load(tmp_path):
    """Makes the folder of an archive of TorchServe's and loads it; what it put on the path and imported
    goes afterwards."""
    from gyre_worker.torchserve.archive import Archive
    from gyre_worker.torchserve.batch import HandlerBatch

    path, modules = list(sys.path), set(sys.modules)

    def make(handler: str, files: dict | None = None, batch_size: int = 4, environment=None, **model):
        (tmp_path / "MAR-INF").mkdir(exist_ok=True)
        if "\n" in handler:
            (tmp_path / "the_handler.py").write_text(handler)
            handler = "the_handler.py"
        for name, content in (files or {}).items():
            (tmp_path / name).write_bytes(content)
        (tmp_path / "MAR-INF" / "MANIFEST.json").write_text(json.dumps({"model": {
            "modelName": "m", "modelVersion": "1.0", "handler": handler, **model}}))
        return HandlerBatch(Archive(str(tmp_path)), batch_size, environment or {})

    yield make
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if name in ("the_handler", "the_net", "ts") or name.startswith("ts."):
            del sys.modules[name]


class Worker:
    """A worker process, driven as gyre-host drives it."""

    def __init__(self, folder, code, environment=None):
        (folder / "code").mkdir(parents=True, exist_ok=True)
        (folder / "code" / "inference.py").write_text(code)
        ours, theirs = socket.socketpair()
        ours.settimeout(60)
        self.connection = ours
        clean = {k: v for k, v in os.environ.items() if not k.startswith("SAGEMAKER_")}
        self.output = [folder / "stdout", folder / "stderr"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gyre_worker"], cwd=folder, pass_fds=[theirs.fileno()],
            stdout=open(self.output[0], "wb"), stderr=open(self.output[1], "wb"),
            start_new_session=True,
            env={**clean, "PYTHONPATH": str(PYTHON), "GYRE_WORKER_FD": str(theirs.fileno()),
                 **(environment or {})})
        theirs.close()
        payload = json.dumps({"directory": str(folder)}).encode()
        ours.sendall(frames.HEADER.pack(frames.LOAD, 0, len(payload)) + payload)
        self.kind, _, self.loaded = self.receive()
        self.notes = []
        self.calls = []  # the bits of the last answers' calls

    def details(self):
        return json.loads(self.loaded)

    def receive(self):
        kind, items, size = frames.HEADER.unpack(self._take(frames.HEADER.size))
        return kind, items, self._take(size)

    def _take(self, size):
        data = b""
        while len(data) < size:
            part = self.connection.recv(min(1 << 20, size - len(data)))
            if not part:
                raise EOFError("the worker is gone")
            data += part
        return data

    def send(self, *requests):
        rows, texts, bodies = b"", b"", b""
        for request in requests:
            parts = [t.encode() for t in (request.id, request.content_type, request.accept,
                                          request._packed)]
            rows += frames.ITEM.pack(*map(len, parts), len(request.body))
            texts += b"".join(parts)
            bodies += request.body
        payload = rows + texts + bodies
        header = frames.HEADER.pack(frames.BATCH, len(requests), len(payload))
        self.connection.sendall(header + payload)

    def run(self, *requests):
        """[(status, type or content type, headers text, body)], failures with a negative status."""
        self.send(*(as_request(r, str(i)) for i, r in enumerate(requests)))
        kind, items, payload = self.receive()
        while kind == frames.NOTE:
            self.notes.append(json.loads(payload))
            kind, items, payload = self.receive()
        assert kind == frames.ANSWERS and items == len(requests)
        table = list(frames.ITEM.iter_unpack(payload[: frames.ITEM.size * items]))
        at = frames.ITEM.size * items
        heads = []
        self.calls = [row[0] & ~1 for row in table]
        for call, status, a, b, _ in table:
            heads.append((-status if call & 1 else status, payload[at : at + a].decode(),
                          payload[at + a : at + a + b].decode()))
            at += a + b
        answers = []
        for head, row in zip(heads, table):
            answers.append((*head, payload[at : at + row[4]]))
            at += row[4]
        assert at == len(payload)
        return answers

    def end(self):
        """Its stdout, its stderr, its exit code."""
        self.connection.close()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        return *(path.read_bytes() for path in self.output), self.process.returncode


@pytest.fixture
def worker(tmp_path):
    made = []

    def make(code, environment=None):
        made.append(Worker(tmp_path / f"worker{len(made)}", code, environment))
        return made[-1]

    yield make
    for one in made:
        if one.process.returncode is None:
            one.end()
