"""Transform jobs as tests make them: boto3 in front, and a container whose doings are on record."""

import contextlib
import json
import pathlib
import time

from .platform import ROLE

# How a container's program begins that writes down what it is given, in the file that RECORD names,
# a JSON line each.
NOTING = """
import hashlib, http.server, json, os, pathlib, sys, threading, time, uuid

record = open(os.environ["RECORD"], "a")
lock = threading.Lock()

def note(**what):
    with lock:
        record.write(json.dumps(what) + "\\n")
        record.flush()
"""

# A SageMaker batch container: `serve`, /ping, /invocations, /execution-parameters.
CONTAINER = NOTING + """
note(began={k: v for k, v in os.environ.items()
            if k.startswith("SAGEMAKER_") or k in ("MODE", "SLURMD_NODENAME")})

def meet():
    # Waits until TOGETHER requests, or programs where BY is "program", are here at once.
    folder = pathlib.Path(os.environ["MEET"])
    by_program = os.environ.get("BY") == "program"
    (folder / str(os.getpid() if by_program else uuid.uuid4())).touch()
    for _ in range(3000):
        if len(os.listdir(folder)) >= int(os.environ["TOGETHER"]):
            return
        time.sleep(0.02)
    raise TimeoutError("the others do not come")

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    failed = set()

    def answer(self, status, body=b"", kind="text/plain"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path == "/execution-parameters" and "PARAMETERS" in os.environ:
            return self.answer(200, os.environ["PARAMETERS"].encode(), "application/json")
        self.answer(200 if self.path == "/ping" else 404)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        text = body.decode(errors="replace")
        note(body=text[:200], host=os.getppid(), size=len(body), type=self.headers["Content-Type"],
             accept=self.headers["Accept"], node=os.environ.get("SLURMD_NODENAME"))
        if "slow" in text or "SLOW" in os.environ:
            time.sleep(float(os.environ.get("SLOW", "0.3")))
        if "hang" in text:
            time.sleep(3600)
        if "MEET" in os.environ:
            meet()
        if len(text.splitlines()) > int(os.environ.get("MOST", 1 << 30)):
            return self.answer(500, b"that is too much")
        if "once" in text and text not in Handler.failed:
            Handler.failed.add(text)
            return self.answer(500, b"not yet")
        if "broken" in text:
            return self.answer(500, b"I broke")
        if "bad" in text:
            return self.answer(400, b"I do not take bad records")
        if "die" in text:
            print("the last words", flush=True)
            os._exit(3)
        print("took", len(body), flush=True)
        mode = os.environ.get("MODE", "upper")
        if mode == "upper":
            return self.answer(200, body.upper(), self.headers["Accept"] or "text/plain")
        if mode == "sum":  # a row's columns
            rows = [sum(float(c) for c in row.split(",")) for row in text.splitlines() if row]
            return self.answer(200, "".join(f"{row:g}\\n" for row in rows).encode(), "text/csv")
        if mode == "count":  # the members of each JSON line
            rows = [len(json.loads(row)) for row in text.splitlines() if row]
            return self.answer(200, "".join(json.dumps({"n": n}) + "\\n" for n in rows).encode(),
                               "application/jsonlines")
        self.answer(200, str(len(body)).encode())

class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 100

assert sys.argv[1:] == ["serve"], sys.argv
Server(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler).serve_forever()
"""
IMAGE = "registry.example/batch:1"


class Container:
    """The image of that container, or of another program, and what it wrote down."""

    def __init__(self, folder: pathlib.Path, program: str = CONTAINER):
        folder.mkdir(parents=True, exist_ok=True)
        self.record = folder / "record.jsonl"
        self.program = folder / "container.py"
        self.program.write_text(program)

    def config(self, python: str) -> str:
        return (f'[serving.images]\n"registry.example/batch:*" = '
                f'["{python}", "{self.program}"]\n')

    def lines(self) -> list[dict]:
        if not self.record.exists():
            return []
        whole, _, _ = self.record.read_text().rpartition("\n")  # a line may be half written
        return [json.loads(line) for line in whole.splitlines()]

    def bodies(self) -> list[str]:
        return [line["body"] for line in self.lines() if "body" in line]

    def began(self) -> list[dict]:
        return [line["began"] for line in self.lines() if "began" in line]

    def put_model(self, platform, name: str, **environment) -> None:
        platform.client("sagemaker").create_model(
            ModelName=name, ExecutionRoleArn=ROLE,
            PrimaryContainer={"Image": IMAGE, "Environment": {"RECORD": str(self.record),
                                                              **environment}})


def put(platform, bucket: str, objects: dict[str, bytes]) -> None:
    s3 = platform.client("s3")
    with contextlib.suppress(s3.exceptions.BucketAlreadyOwnedByYou):
        s3.create_bucket(Bucket=bucket)
    for key, body in objects.items():
        s3.put_object(Bucket=bucket, Key=key, Body=body)


def outputs(platform, bucket: str, prefix: str = "out/") -> dict[str, bytes]:
    """By key below the prefix."""
    s3 = platform.client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
    return {key[len(prefix):]: s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            for key in keys}


def create(platform, name: str, model: str, source: str, **members) -> None:
    """`members` of the request; those of TransformInput and TransformOutput by their own names."""
    request = {"TransformJobName": name, "ModelName": model,
               "TransformResources": {"InstanceType": "ml.m5.large",
                                      "InstanceCount": members.pop("InstanceCount", 1)},
               "TransformInput": {"DataSource": {"S3DataSource": {
                   "S3DataType": members.pop("S3DataType", "S3Prefix"), "S3Uri": source}}},
               "TransformOutput": {"S3OutputPath": members.pop(
                   "S3OutputPath", f"s3://{source.split('/')[2]}/out")}}
    for member in ("ContentType", "CompressionType", "SplitType"):
        if member in members:
            request["TransformInput"][member] = members.pop(member)
    for member in ("Accept", "AssembleWith"):
        if member in members:
            request["TransformOutput"][member] = members.pop(member)
    platform.client("sagemaker").create_transform_job(**request, **members)


def wait(platform, name: str, status: str = "Completed", timeout: float = 120) -> dict:
    """The job's description once it has ended; fails when it ended otherwise."""
    sagemaker = platform.client("sagemaker")
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        job = sagemaker.describe_transform_job(TransformJobName=name)
        now = job["TransformJobStatus"]
        if now in ("Completed", "Failed", "Stopped"):
            assert now == status, f"{name} is {now}: {job.get('FailureReason')}\n" \
                + platform.log()[-4000:]
            return job
        time.sleep(0.05)
    raise TimeoutError(f"{name} is still {now}\n" + platform.log()[-4000:])


def run(platform, name: str, model: str, source: str, status: str = "Completed",
        **members) -> dict:
    create(platform, name, model, source, **members)
    return wait(platform, name, status)
