"""A `torchserve` of a test's own: gyre under that name, free ports, ended by its own process id."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys

import requests

from .platform import BIN


def archive(folder: pathlib.Path, name: str, handler: str, files: dict[str, str | bytes] | None = None,
            version: str = "1.0", format: str = "default", **more: str) -> pathlib.Path:
    """A model archive made by torch-model-archiver in `folder`. `handler`: code, or the name of one of
    TorchServe's own. `more`: options of the archiver, a file's name in `files` each."""
    source = folder / f"source-{name}-{version}"
    source.mkdir(parents=True)
    for path, content in (files or {}).items():
        (source / path).write_bytes(content.encode() if isinstance(content, str) else content)
    if "\n" in handler:
        (source / f"{name}_handler.py").write_text(handler)
        handler = str(source / f"{name}_handler.py")
    command = [pathlib.Path(sys.executable).parent / "torch-model-archiver", "--model-name", name,
               "--version", version, "--handler", handler, "--archive-format", format,
               "--export-path", folder, "--force"]
    for option, file in more.items():
        command += [f"--{option.replace('_', '-')}", source / file]
    subprocess.run(command, check=True, capture_output=True)
    shutil.rmtree(source)
    return next(path for path in (folder / f"{name}.mar", folder / f"{name}.tar.gz", folder / name)
                if path.exists())


class TorchServe:
    """With a model store below `folder`; stops with the `with` block."""

    def __init__(self, folder: pathlib.Path, config: str = "", *flags: str,
                 environment: dict | None = None):
        self.folder = folder
        self.store = folder / "store"
        self.store.mkdir(parents=True, exist_ok=True)
        self.config = folder / "config.properties"
        self.config.write_text(
            "inference_address=http://127.0.0.1:0\nmanagement_address=http://127.0.0.1:0\n"
            "metrics_address=http://127.0.0.1:0\ngrpc_inference_port=0\ngrpc_management_port=0\n"
            + config)
        self.flags = flags
        self.environment = environment or {}
        self.program = folder / "torchserve"
        if not self.program.exists():
            self.program.symlink_to(BIN / "gyre")

    def __enter__(self) -> "TorchServe":
        self.log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen(
            [self.program, "--start", "--foreground", "--ncs", "--model-store", self.store,
             "--ts-config", self.config, *self.flags],
            stdout=subprocess.PIPE, stderr=self.log, text=True, cwd=self.folder,
            env={**os.environ, "GYRE_PYTHON": sys.executable, **self.environment})
        line = self.process.stdout.readline()
        if not line.startswith("torchserve ready "):
            self.process.wait(30)
            raise RuntimeError((self.folder / "log").read_text()[-4000:])
        self.inference, self.management, self.metrics = line.split()[2:]
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        finally:
            self.process.kill()
            self.process.stdout.close()
            self.log.close()

    def register(self, url: str, **query) -> requests.Response:
        return requests.post(f"{self.management}/models",
                             params={"url": url, "initial_workers": 1, **query}, timeout=120)

    def predict(self, model: str, body=b"", **more) -> requests.Response:
        return requests.post(f"{self.inference}/predictions/{model}", data=body, timeout=60, **more)

    def describe(self, model: str) -> list[dict]:
        answer = requests.get(f"{self.management}/models/{model}", timeout=30)
        return json.loads(answer.text)
