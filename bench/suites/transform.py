"""Batch transform: pictures a second beside the bare engine, bytes a second beside a plain copy, and
what a job costs the predictions that people wait for."""

import os
import time

from harness import networks
from harness.gyre_server import GyreServer, models
from harness.load_generator import load, require_right
from harness.machine import CACHE
from harness.rounds import interleave, median, spread

from suites.models import ONE_LOOP, PRECISION, bare_loop, model_folder, uploaded

TITLE = "Batch transform"
NETWORK = "efficientnet-lite0"
MIB = 1 << 20
COPY = 512 * MIB


def record(data: bytes) -> bytes:
    """MXNet's framing."""
    return ((0xced7230a).to_bytes(4, "little") + len(data).to_bytes(4, "little") + data
            + bytes(-len(data) % 4))


class Jobs:
    """Transform jobs of one platform, timed by what they say of themselves."""

    def __init__(self, platform):
        self.platform = platform
        self.client = platform.client("sagemaker")
        self.count = 0

    def run(self, model: str, source: str, **members) -> dict:
        """{"seconds", "records"} of a job from its hosts' being up to its end."""
        self.count += 1
        name = f"bench-{self.count}"
        data = {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": source}},
                **members.pop("input")}
        self.client.create_transform_job(
            TransformJobName=name, ModelName=model, TransformInput=data,
            TransformOutput={"S3OutputPath": f"s3://bench/{name}", **members.pop("output", {})},
            TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1}, **members)
        while (job := self.client.describe_transform_job(TransformJobName=name))[
                "TransformJobStatus"] == "InProgress":
            time.sleep(0.5)  # to ask takes from the cores, and the job itself says how long it took
        if job["TransformJobStatus"] != "Completed":
            raise RuntimeError(f"{name}: {job.get('FailureReason')}")
        taken = job["TransformEndTime"] - job["TransformStartTime"]
        return {"seconds": taken.total_seconds(), "name": name}


def run(bench) -> None:
    with GyreServer(bench.new_folder("gyre")) as gyre:
        gyre.platform.client("s3").create_bucket(Bucket="bench")
        jobs = Jobs(gyre.platform)
        pictures(bench, gyre, jobs)
        copies(bench, gyre, jobs)


def pictures(bench, gyre, jobs: Jobs) -> None:
    report, platform = bench.report, gyre.platform
    count = 2048 if bench.quick else 8192
    bodies = [path.read_bytes() for path in networks.bodies(CACHE)]
    s3 = platform.client("s3")
    for part in range(4):
        first = part * count // 4
        s3.put_object(Bucket="bench", Key=f"pictures/{part}.rec", Body=b"".join(
            record(bodies[(first + i) % len(bodies)]) for i in range(count // 4)))
    singles = count // 4
    for i in range(singles):
        s3.put_object(Bucket="bench", Key=f"singles/{i:05}.npy", Body=bodies[i % len(bodies)])
    folder = model_folder(bench, NETWORK)
    platform.put_model(NETWORK, models.tarball(uploaded(folder)),
                       environment={"GYRE_PRECISION": PRECISION})
    best = max(ONE_LOOP, key=lambda way: bare_loop(bench, folder, way)["rows_per_s"])
    common = {"MaxPayloadInMB": 1, "output": {"Accept": "application/x-npy"}}

    def rate(records: int, source: str, **data):
        def measure() -> dict:
            taken = jobs.run(NETWORK, source, input={"ContentType": "application/x-npy", **data},
                             **{**common, "BatchStrategy": "SingleRecord"})
            return {"right_per_s": records / taken["seconds"]}
        return measure

    many = interleave(
        {"bare": lambda: {"right_per_s": bare_loop(bench, folder, best)["rows_per_s"]},
         "records": rate(count, "s3://bench/pictures/", SplitType="RecordIO"),
         "objects": rate(singles, "s3://bench/singles/")}, bench.rounds, bench.say)
    rates = {who: median(reports, "right_per_s") for who, reports in many.items()}
    report.claim("pictures in RecordIO files, of the bare loop's rate",
                 100 * rates["records"] / rates["bare"], 95, " %")
    report.claim("pictures as objects of their own, of the bare loop's rate",
                 100 * rates["objects"] / rates["bare"], 95, " %")
    labels = {"bare": f"bare engine, {PRECISION}, {best[1]} at once in batches of {best[0]}",
              "records": f"a job of 4 RecordIO objects, {count} pictures",
              "objects": f"a job of {singles} objects, a picture each"}
    report.table("EfficientNet-Lite0", ["", "pictures/s", "of the rounds"],
                 [[labels[who], rates[who], spread(reports, "right_per_s")]
                  for who, reports in many.items()])
    report.figure("pictures_per_s", rates)
    beside_online(bench, gyre, jobs, bodies, count, common)


def beside_online(bench, gyre, jobs: Jobs, bodies, count: int, common: dict) -> None:
    """Predictions of an endpoint alone, and while a job wants all there is."""
    online = gyre.deploy("online", uploaded(model_folder(bench, NETWORK)),
                         {"GYRE_PRECISION": PRECISION})
    request = {"bodies": networks.bodies(CACHE), "check": "length"}

    def measure() -> dict:
        return require_right(load(online, clients=4, seconds=bench.seconds, warm_up=1, **request),
                             "online")

    alone = [measure() for _ in range(bench.rounds)]
    client = gyre.platform.client("sagemaker")
    beside = []
    for number in range(bench.rounds):
        name = f"beside-{number}"
        client.create_transform_job(
            TransformJobName=name, ModelName=NETWORK, BatchStrategy="SingleRecord",
            MaxPayloadInMB=1,
            TransformInput={"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix",
                                                            "S3Uri": "s3://bench/pictures/"}},
                            "ContentType": "application/x-npy", "SplitType": "RecordIO"},
            TransformOutput={"S3OutputPath": f"s3://bench/{name}", **common["output"]},
            TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1})
        while "TransformStartTime" not in client.describe_transform_job(TransformJobName=name):
            time.sleep(0.1)
        beside.append(measure())
        client.stop_transform_job(TransformJobName=name)
    rates = {"alone": median(alone, "right_per_s"), "beside a job": median(beside, "right_per_s")}
    p99 = {"alone": median(alone, "latency_ms/p99"),
           "beside a job": median(beside, "latency_ms/p99")}
    bench.report.claim("rate of predictions beside a job, of their rate alone",
                       100 * rates["beside a job"] / rates["alone"], 90, " %")
    bench.report.table("An endpoint of the same network under load of 4 clients",
                       ["", "predictions/s", "p99 ms"],
                       [[who, rates[who], p99[who]] for who in rates])
    bench.report.figure("online", {"rate": rates, "p99_ms": p99})


def copies(bench, gyre, jobs: Jobs) -> None:
    """A model that answers with what it got, beside a copy of the file, synced."""
    report = bench.report
    body = os.urandom(MIB) * (COPY // MIB)
    file = bench.folder / "copied"
    file.write_bytes(body)
    gyre.platform.put_model("echo", models.echo())
    gyre.platform.client("s3").put_object(Bucket="bench", Key="large/f", Body=record(body[:MIB]))
    framed = record(body[:MIB]) * (COPY // MIB)
    gyre.platform.client("s3").put_object(Bucket="bench", Key="large/f", Body=framed)

    def copy() -> dict:
        began = time.monotonic()
        with open(file, "rb") as source, open(bench.folder / "copy", "wb") as target:
            while piece := source.read(MIB):
                target.write(piece)
            target.flush()
            os.fsync(target.fileno())
        taken = time.monotonic() - began
        (bench.folder / "copy").unlink()
        return {"right_per_s": COPY / MIB / taken}

    def hashed() -> dict:
        return {"right_per_s": COPY / MIB * float(bench.program(
            "hashed_copy", "put", COPY, bench.new_folder("hashed"), bench.seconds))}

    def transform() -> dict:
        taken = jobs.run("echo", "s3://bench/large/", BatchStrategy="MultiRecord",
                         MaxPayloadInMB=6, MaxConcurrentTransforms=4,
                         input={"SplitType": "RecordIO"})
        gyre.platform.client("s3").delete_object(Bucket="bench", Key=f"{taken['name']}/f.out")
        return {"right_per_s": len(framed) / MIB / taken["seconds"]}

    reports = interleave({"copy": copy, "hashed copy": hashed, "transform": transform},
                         bench.rounds, bench.say)
    rates = {who: median(one, "right_per_s") for who, one in reports.items()}
    report.claim("a model that does nothing, of a copy's bytes a second",
                 100 * rates["transform"] / rates["copy"], 80, " %")
    report.table("A model that answers with what it got, 512 MiB in one object",
                 ["", "MiB/s", "of the rounds"],
                 [[who, rates[who], spread(one, "right_per_s")] for who, one in reports.items()])
    report.text("The copy reads a file and writes another, with an fsync at its end. The hashed copy is "
                "what an object store adds to that: MD5, SHA-256 and CRC-32C of the bytes, on two "
                "threads. A job reads from the store, which checks its blocks' sums, into memory that the "
                "host shares, and appends the answers from there to what becomes the object, with its "
                "blocks' sums. What the copy and the job wrote is removed once it was timed: a virtual "
                "machine's memory is several times slower the first time that it is used.")
    report.figure("mib_per_s", rates)
