"""TorchServe's snapshots: a server that ended goes on with the models, versions and workers it had."""

import os
import signal
import subprocess
import sys

import requests

from support.platform import BIN
from support.torchserve import archive

CONFIG = """inference_address=http://127.0.0.1:0
management_address=http://127.0.0.1:0
metrics_address=http://127.0.0.1:0
grpc_inference_port=0
grpc_management_port=0
model_store=store
default_workers_per_model=1
"""
VERSION = '''
class Version:
    def initialize(self, context):
        self.version = context.manifest["model"]["modelVersion"]

    def handle(self, data, context):
        return [self.version] * len(data)
'''


class Server:
    def __init__(self, folder, *flags: str):
        program = folder / "torchserve"
        if not program.exists():
            program.symlink_to(BIN / "gyre")
        self.log = open(folder / "log", "ab")
        self.process = subprocess.Popen([program, "--foreground", *flags], cwd=folder, text=True,
                                        stdout=subprocess.PIPE, stderr=self.log,
                                        env={**os.environ, "GYRE_PYTHON": sys.executable})
        line = self.process.stdout.readline()
        assert line.startswith("torchserve ready "), (folder / "log").read_text()[-3000:]
        self.inference, self.management = line.split()[2:4]

    def end(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait(60)
        self.process.stdout.close()
        self.log.close()

    def models(self) -> dict:
        models = {}
        for model in requests.get(self.management + "/models", timeout=30).json()["models"]:
            name = model["modelName"]
            for version in requests.get(f"{self.management}/models/{name}/all", timeout=30).json():
                models[name, version["modelVersion"]] = (version["minWorkers"], version["batchSize"])
        return models

    def predict(self, model: str) -> str:
        return requests.post(f"{self.inference}/predictions/{model}", data=b"x", timeout=60).text


def test_a_killed_server_goes_on_with_what_it_had(tmp_path):
    store = tmp_path / "store"
    store.mkdir()
    (tmp_path / "config.properties").write_text(CONFIG)
    archive(store, "one", VERSION, version="1.0")
    archive(store, "two", VERSION, version="2.0")
    server = Server(tmp_path)
    try:
        for query in ({"url": "one.mar", "model_name": "m", "initial_workers": 1},
                      {"url": "two.mar", "model_name": "m", "initial_workers": 1, "batch_size": 4}):
            answer = requests.post(server.management + "/models", params=query, timeout=120)
            assert answer.status_code == 200, answer.text
        assert requests.put(server.management + "/models/m/2.0/set-default",
                            timeout=30).status_code == 200
        assert requests.put(server.management + "/models/m/1.0?min_worker=2&synchronous=true",
                            timeout=120).status_code == 200
        had = server.models()
        assert had == {("m", "1.0"): (2, 1), ("m", "2.0"): (1, 4)}
    finally:
        server.end(signal.SIGKILL)

    again = Server(tmp_path)
    try:
        assert again.models() == had
        assert again.predict("m") == "2.0" and again.predict("m/1.0") == "1.0"
        requests.delete(again.management + "/models/m/1.0", timeout=30)
    finally:
        again.end()
    names = sorted(path.name for path in (tmp_path / "logs" / "config").iterdir())
    assert names[0].endswith("-startup.cfg") and names[-1].endswith("-shutdown.cfg"), names

    for flags, models in (([], {("m", "2.0")}), (["--ncs"], set()),
                          (["--models", "n=one.mar"], {("n", "1.0")})):
        third = Server(tmp_path, *flags)
        try:
            assert set(third.models()) == models, flags
        finally:
            third.end(signal.SIGKILL)
