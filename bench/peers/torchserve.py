"""TorchServe as the peer of a benchmark: the wheel's own server with one model, on ports of its own."""

import json
import pathlib
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

HANDLER = '''
"""uint8 pictures as npy, stacked into one batch, answers as npy: what a careful user writes."""
import io
import numpy
import torch

class Handler:
    def initialize(self, context):
        torch.set_num_threads(THREADS)
        self.model = torch.jit.load(context.system_properties["model_dir"] + "/model.pt").eval()

    def handle(self, data, context):
        rows = [numpy.load(io.BytesIO(row.get("body") or row.get("data"))) for row in data]
        counts = [len(row) for row in rows]
        pictures = torch.from_numpy(numpy.concatenate(rows)).permute(0, 3, 1, 2).float()
        with torch.inference_mode():
            scores = self.model((pictures - 127) / 128)
        return [self.encoded(part) for part in torch.split(scores, counts)]

    def encoded(self, scores):
        out = io.BytesIO()
        numpy.save(out, scores.numpy())
        return out.getvalue()
'''
ECHO_HANDLER = '''
def handle(data, context):
    return None if data is None else [b"ok"] * len(data)
'''


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for sock in sockets:
        sock.bind(("127.0.0.1", 0))
    ports = [sock.getsockname()[1] for sock in sockets]
    for sock in sockets:
        sock.close()
    return ports


class TorchServe:
    """`with TorchServe(folder, torchscript=path, batch_size=8, delay_ms=20) as peer:` serves
    POST peer.url; `torchscript=None` serves a handler that only answers "ok"."""

    def __init__(self, folder: pathlib.Path, torchscript: pathlib.Path | None, batch_size: int,
                 delay_ms: int, workers: int = 1, threads: int = 2):
        self.folder = folder
        store = folder / "store"
        store.mkdir(parents=True)
        handler = folder / "handler.py"
        handler.write_text((HANDLER if torchscript else ECHO_HANDLER).replace("THREADS", str(threads)))
        archive = [sys.executable, "-W", "ignore", "-m", "model_archiver.model_packaging", "--model-name", "m",
                   "--version", "1.0", "--handler", str(handler), "--export-path", str(store)]
        if torchscript:
            shutil.copy(torchscript, folder / "model.pt")
            archive += ["--serialized-file", str(folder / "model.pt")]
        subprocess.run(archive, check=True, stdout=subprocess.DEVNULL)
        inference, management, metrics, grpc1, grpc2 = _free_ports(5)
        models = {"m": {"1.0": {"defaultVersion": True, "marName": "m.mar", "minWorkers": workers,
                                "maxWorkers": workers, "batchSize": batch_size,
                                "maxBatchDelay": delay_ms, "responseTimeout": 120}}}
        (folder / "config.properties").write_text("\n".join([
            f"inference_address=http://127.0.0.1:{inference}",
            f"management_address=http://127.0.0.1:{management}",
            f"metrics_address=http://127.0.0.1:{metrics}",
            f"grpc_inference_port={grpc1}", f"grpc_management_port={grpc2}",
            f"model_store={store}", "load_models=m.mar", "job_queue_size=1000",
            "disable_token_authorization=true", "disable_system_metrics=true",
            "models=" + json.dumps(models)]) + "\n")
        self.address = f"127.0.0.1:{inference}"
        self.path = "/predictions/m"
        self.url = f"http://{self.address}{self.path}"
        self._management = f"http://127.0.0.1:{management}/models/m"

    def __enter__(self):
        import ts
        jar = pathlib.Path(ts.__file__).parent / "frontend" / "model-server.jar"
        self._log = open(self.folder / "torchserve.log", "wb")
        self._process = subprocess.Popen(
            ["java", "-Dmodel_server_home=" + str(pathlib.Path(ts.__file__).parent.parent),
             "-jar", str(jar), "--python", sys.executable, "-f", "config.properties"],
            cwd=self.folder, stdout=self._log, stderr=self._log)
        self.pid = self._process.pid
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(self._management, timeout=5) as answer:
                    workers = json.load(answer)[0]["workers"]
                if workers and all(worker["status"] == "READY" for worker in workers):
                    return self
            except (urllib.error.URLError, ConnectionError, IndexError):
                pass
            if self._process.poll() is not None:
                break
            time.sleep(0.3)
        self.__exit__()
        raise RuntimeError("TorchServe did not start; see " + str(self.folder / "torchserve.log"))

    def __exit__(self, *_):
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()
