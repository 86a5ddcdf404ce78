"""A `gyre serve` of a test's own: a free port, a folder of its own, ended by its own process id."""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

import boto3
import botocore.config
import botocore.exceptions

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BIN = pathlib.Path(os.environ.get("GYRE_BIN", ROOT / "build" / "release" / "bin"))
IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:2.6.0-cpu-py312"
ROLE = "arn:aws:iam::000000000000:role/service-role/tests"
REGION = "us-east-1"
# Statuses that an endpoint leaves by itself.
ON_ITS_WAY = {"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"}
OFFLINE = str(ROOT / "tests" / "support" / "offline")  # on PYTHONPATH: no host but this machine
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "requests_ca_bundle",
           "node_extra_ca_certs")

_session = boto3.Session()  # has read the service models, which takes longest
_session_lock = threading.Lock()


class Platform:
    """start(), stop() and kill() may follow each other on the same data folder."""

    def __init__(self, folder: pathlib.Path, config: str = "", environment: dict | None = None):
        self.folder = folder
        self.data = folder / "data"
        self.log_path = folder / "gyre.log"
        self.environment = environment or {}
        self.process = None
        self.url = ""
        self._exports = None
        folder.mkdir(parents=True, exist_ok=True)
        self.config_path = None
        if config:
            self.config_path = folder / "gyre.toml"
            self.config_path.write_text(config)

    def start(self, timeout: float = 60) -> "Platform":
        command = [BIN / "gyre", "serve", "--data", self.data, "--listen", "127.0.0.1:0"]
        if self.config_path:
            command += ["--config", self.config_path]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=log, text=True,
                env={**os.environ, "GYRE_PYTHON": sys.executable, **self.environment})
        line = self.process.stdout.readline()
        if not line.startswith("gyre ready "):
            raise RuntimeError("gyre serve did not start:\n" + self.log()[-4000:])
        self.url = line.split()[2]
        self._exports = None
        return self

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def _end(self, how) -> int:
        if self.process is None:
            return 0
        self.process.send_signal(how)
        try:
            code = self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            self.process.stdout.close()
            self.process = None
        return code

    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def audit(self) -> list[dict]:
        """What the audit log has by now: it is written a moment behind."""
        whole, _, _ = (self.data / "audit.log").read_text().rpartition("\n")
        return [json.loads(line) for line in whole.splitlines()]

    def keys(self) -> dict[str, str]:
        lines = (self.data / "credentials").read_text().splitlines()
        return dict(map(str.strip, line.split("=", 1)) for line in lines if "=" in line)

    def session(self, keys: dict[str, str] | None = None) -> boto3.Session:
        """Of root, or of whose keys are given."""
        return boto3.Session(region_name=REGION, **(keys or self.keys()))

    @property
    def authority(self) -> str:
        """What clients are to trust for https."""
        return str(self.data / "tls" / "ca.pem")

    def client(self, service: str, keys: dict[str, str] | None = None, secure: bool = False,
               **config):
        url = self.url.replace("http://", "https://") if secure else self.url
        with _session_lock:  # clients may be shared by threads, sessions may not
            return _session.client(
                service, endpoint_url=url, region_name=REGION, **(keys or self.keys()),
                verify=self.authority if secure else None,
                config=botocore.config.Config(**{"retries": {"total_max_attempts": 1},
                                                 "read_timeout": 120, **config}))

    def environ(self) -> dict[str, str]:
        """What `gyre env` gives a client's process, and nothing else that steers an AWS client."""
        clean = {k: v for k, v in os.environ.items()
                 if not k.startswith("AWS_") and k.lower() not in PROXIES}
        if self._exports is None:
            printed = subprocess.run([BIN / "gyre", "env", "--json", "--data", self.data],
                                     env=clean, capture_output=True, check=True, timeout=60)
            self._exports = json.loads(printed.stdout)
        return {**clean, **self._exports}

    def cli(self, *arguments, check: bool = True) -> subprocess.CompletedProcess:
        """Runs `gyre ARGUMENTS` against this platform."""
        return subprocess.run([BIN / "gyre", *map(str, arguments)], env=self.environ(), text=True,
                              capture_output=True, check=check, timeout=300)

    def put_model(self, name: str, archive: bytes, key: str = "", environment: dict | None = None,
                  image: str = IMAGE) -> None:
        """Uploads a model.tar.gz (or what `key` names) and creates the model of that name."""
        s3 = self.client("s3")
        with contextlib.suppress(s3.exceptions.BucketAlreadyOwnedByYou):
            s3.create_bucket(Bucket="models")
        key = key or f"{name}/model.tar.gz"
        s3.put_object(Bucket="models", Key=key, Body=archive)
        self.client("sagemaker").create_model(
            ModelName=name, ExecutionRoleArn=ROLE,
            PrimaryContainer={"Image": image, "ModelDataUrl": f"s3://models/{key}",
                              "Environment": environment or {}})

    def put_config(self, name: str, *variants: dict) -> None:
        """variants: {"model": …, "name": …, "weight": …, "count": …}."""
        self.client("sagemaker").create_endpoint_config(
            EndpointConfigName=name,
            ProductionVariants=[{"VariantName": v.get("name", "main"), "ModelName": v["model"],
                                 "InstanceType": "ml.m5.large",
                                 "InitialInstanceCount": v.get("count", 1),
                                 "InitialVariantWeight": v.get("weight", 1)} for v in variants])

    def deploy(self, name: str, archive: bytes, environment: dict | None = None, count: int = 1,
               key: str = "", image: str = IMAGE) -> dict:
        """Model, configuration and endpoint of one name; waits until it is in service."""
        self.put_model(name, archive, key, environment, image)
        self.put_config(name, {"model": name, "count": count})
        self.client("sagemaker").create_endpoint(EndpointName=name, EndpointConfigName=name)
        return self.wait(name)

    def wait(self, name: str, status: str = "InService", timeout: float = 180) -> dict:
        """Waits while the endpoint is on its way; fails when it ends elsewhere than in `status`."""
        sagemaker = self.client("sagemaker")
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            described = sagemaker.describe_endpoint(EndpointName=name)
            now = described["EndpointStatus"]
            if now == status:
                return described
            if now not in ON_ITS_WAY:
                raise AssertionError(f"{name} is {now}: {described.get('FailureReason')}\n"
                                     + self.log()[-4000:])
            time.sleep(0.1)
        raise TimeoutError(f"{name} is still {now}\n" + self.log()[-4000:])

    def invoke(self, endpoint: str, body: bytes, **members):
        return self.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=endpoint, Body=body, **members)

    def serves(self, endpoint: str, body: bytes, answer: bytes) -> bool:
        """False where it does not know of the endpoint, or no host of it is up."""
        try:
            return self.invoke(endpoint, body)["Body"].read() == answer
        except botocore.exceptions.ClientError:
            return False
