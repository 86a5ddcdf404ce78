"""The tour: a pretrained image classifier goes through the whole platform with stock boto3.

Packs EfficientNet-Lite0 as a model.tar.gz, uploads it, deploys it, and classifies pictures one by
one and 32 at a time. Run it by `./dev run`, or by itself in a shell that has `gyre env`'s exports:

    eval "$(build/release/bin/gyre env)"
    .deps/venv/bin/python examples/tour/tour.py
"""

import argparse
import collections
import concurrent.futures
import contextlib
import functools
import io
import json
import pathlib
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time

import boto3
import numpy
from botocore.config import Config

import classifier

NAME = "tour"
BUCKET = "gyre-tour"
IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:2.6.0-cpu-py312"
ROLE = "arn:aws:iam::000000000000:role/tour"
TOGETHER = 32  # pictures at a time
ROUNDS = 8


def say(text: str) -> None:
    print(f"\033[1m{text}\033[0m" if sys.stdout.isatty() else text, flush=True)


def pack(folder: pathlib.Path) -> pathlib.Path:
    """A model.tar.gz of the network as TorchScript and of what its pictures look like."""
    archive = folder / "model.tar.gz"
    if not archive.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as beside:
            model = pathlib.Path(beside) / "model.pt"
            classifier.save_torchscript(model)
            (model.parent / "gyre.json").write_text(json.dumps(classifier.SETTINGS, indent=2))
            (model.parent / "labels.txt").write_text("\n".join(classifier.class_names()) + "\n")
            packed = model.parent / "model.tar.gz"
            with tarfile.open(packed, "w:gz", compresslevel=1) as tar:
                for name in ("model.pt", "gyre.json", "labels.txt"):
                    tar.add(model.parent / name, name)
                for picture in list(classifier.PICTURES)[: classifier.SAMPLES]:
                    tar.add(classifier.STAMPS / picture, f"samples/{pathlib.Path(picture).name}")
            packed.rename(archive)
    return archive


def deploy(archive: pathlib.Path) -> None:
    """Creates the endpoint as any SageMaker user would, or takes the one that an earlier tour made."""
    sagemaker = boto3.client("sagemaker")
    with contextlib.suppress(sagemaker.exceptions.ClientError):
        if sagemaker.describe_endpoint(EndpointName=NAME)["EndpointStatus"] == "InService":
            print(f"the endpoint {NAME} of an earlier tour is in service")
            return
    with contextlib.suppress(sagemaker.exceptions.ClientError):  # there is none
        sagemaker.delete_endpoint(EndpointName=NAME)
        sagemaker.get_waiter("endpoint_deleted").wait(
            EndpointName=NAME, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
    for delete, member in ((sagemaker.delete_endpoint_config, "EndpointConfigName"),
                           (sagemaker.delete_model, "ModelName")):
        with contextlib.suppress(sagemaker.exceptions.ClientError):
            delete(**{member: NAME})
    s3 = boto3.client("s3")
    with contextlib.suppress(s3.exceptions.BucketAlreadyOwnedByYou):
        s3.create_bucket(Bucket=BUCKET)
    s3.upload_file(str(archive), BUCKET, "model.tar.gz")
    sagemaker.create_model(
        ModelName=NAME, ExecutionRoleArn=ROLE,
        PrimaryContainer={"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/model.tar.gz"})
    sagemaker.create_endpoint_config(
        EndpointConfigName=NAME,
        ProductionVariants=[{"VariantName": "AllTraffic", "ModelName": NAME,
                             "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}])
    sagemaker.create_endpoint(EndpointName=NAME, EndpointConfigName=NAME)
    began = time.monotonic()
    while True:
        described = sagemaker.describe_endpoint(EndpointName=NAME)
        status = described["EndpointStatus"]
        print(f"\r{status} {time.monotonic() - began:.0f} s ", end="", flush=True)
        if status == "InService":
            print()
            return
        if status == "Failed":
            sys.exit(f"\nthe endpoint failed: {described['FailureReason']}")
        time.sleep(0.5)


class Endpoint:
    """InvokeEndpoint, with what Gyre says of the batch that the picture travelled in."""

    def __init__(self):
        self.runtime = boto3.client("sagemaker-runtime", config=Config(max_pool_connections=TOGETHER))
        self.runtime.meta.events.register(
            "before-sign.sagemaker-runtime.InvokeEndpoint",
            lambda request, **_: request.headers.add_header("X-Gyre-Trace", "1"))

    def classify(self, body: bytes, content_type: str) -> tuple[str, float, int, float]:
        """The best label and its score, the size of the batch that it came in, and milliseconds."""
        began = time.perf_counter()
        answer = self.runtime.invoke_endpoint(
            EndpointName=NAME, ContentType=content_type, Accept="application/json", Body=body)
        best = json.loads(answer["Body"].read())[0]
        took = (time.perf_counter() - began) * 1000
        size = int(answer["ResponseMetadata"]["HTTPHeaders"]["x-gyre-batch-size"])
        return best["label"], best["score"], size, took


def npy(picture: numpy.ndarray) -> bytes:
    out = io.BytesIO()
    numpy.save(out, picture)
    return out.getvalue()


def bare_engine(program: pathlib.Path | None, archive: pathlib.Path, rows: list[int],
                at_once: list[int]) -> float | None:
    """Pictures a second of the same engine in a bare loop, without a server, in the best of these
    ways; None where it is not built."""
    if program is None or not program.exists():
        return None
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
        out = subprocess.run([program, "--model", folder, "--rows", *map(str, rows), "--at-once",
                              *map(str, at_once), "--seconds", "2"],
                             check=True, capture_output=True, text=True).stdout
    return max(json.loads(line)["rows_per_s"] for line in out.splitlines())


def show(rows: list[tuple], headings: tuple) -> None:
    texts = [tuple(map(str, row)) for row in rows]
    widths = [max(len(row[i]) for row in [headings, *texts]) for i in range(len(headings))]
    for row in [headings, tuple("-" * width for width in widths), *texts]:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("data/tour"))
    parser.add_argument("--bare-loop", type=pathlib.Path, default=None,
                        help="the program that runs the engine without a server")
    options = parser.parse_args()

    say("1. Pack EfficientNet-Lite0 as model.tar.gz")
    archive = pack(options.work)
    print(f"{archive}: {archive.stat().st_size / 1e6:.1f} MB")
    say("2. Upload it and deploy it: CreateModel, CreateEndpointConfig, CreateEndpoint")
    deploy(archive)

    words = list(classifier.PICTURES.values())
    files = [classifier.STAMPS / path for path in classifier.PICTURES]
    endpoint = Endpoint()

    say("\n3. Classify pictures one by one, each as the PNG file that it is")
    alone = [endpoint.classify(file.read_bytes(), "image/png") for file in files]
    show([(word, label, f"{score:.2f}", f"{took:.1f}", "" if label == word else "<")
          for word, (label, score, _, took) in zip(words, alone)],
         ("picture", "label", "score", "ms", ""))
    right = sum(label == word for word, (label, *_) in zip(words, alone))
    print(f"{right} of {len(words)} as a person would say")

    say(f"\n4. Classify {TOGETHER} at a time, as arrays of pixels")
    arrays = [npy(classifier.load_picture(file)) for file in files]
    ask = functools.partial(endpoint.classify, content_type="application/x-npy")
    single = [ask(array) for array in arrays * 2]
    with concurrent.futures.ThreadPoolExecutor(TOGETHER) as pool:
        list(pool.map(ask, arrays * 2))
        began = time.perf_counter()
        together = list(pool.map(ask, arrays * ROUNDS))
        passed = time.perf_counter() - began
    if any(label != single[i % len(arrays)][0] for i, (label, *_) in enumerate(together)):
        sys.exit("a picture got another label in a batch than alone")
    sizes = collections.Counter(size for _, _, size, _ in together)
    show([(size, round(count / size), count) for size, count in sorted(sizes.items())],
         ("batch size", "batches", "pictures"))

    say("\n5. Speed")
    one = 1000 / statistics.median(took for *_, took in single)
    rows = [("one by one", f"{one:.0f}", bare_engine(options.bare_loop, archive, [1], [1])),
            (f"{TOGETHER} at a time", f"{len(together) / passed:.0f}",
             bare_engine(options.bare_loop, archive, [4, 8], [1, 2]))]
    show([(what, rate, f"{bare:.0f}" if bare else "not built") for what, rate, bare in rows],
         ("asked", "pictures/s through boto3", "pictures/s of the bare engine"))
    print("boto3 itself takes part of this machine's time: ./dev bench measures without it.")
    if right < len(words) / 2:
        sys.exit("most labels are wrong")


if __name__ == "__main__":
    main()
