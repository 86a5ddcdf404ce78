"""The tour: a pretrained image classifier goes through the whole platform with stock boto3.

Packs EfficientNet-Lite0 as a model.tar.gz, uploads it, deploys it, and classifies pictures one by
one and 32 at a time. Run it by `./dev run`, or by itself in a shell that has `gyre env`'s exports:

    eval "$(build/release/bin/gyre env)"
    .deps/venv/bin/python examples/tour/tour.py
"""

import argparse
import concurrent.futures
import contextlib
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
            settings = pathlib.Path(beside) / "gyre.json"
            settings.write_text(json.dumps(classifier.SETTINGS, indent=2))
            packed = pathlib.Path(beside) / "model.tar.gz"
            with tarfile.open(packed, "w:gz", compresslevel=1) as tar:
                tar.add(model, "model.pt")
                tar.add(settings, "gyre.json")
            packed.rename(archive)
    return archive


def deploy(archive: pathlib.Path) -> None:
    """Creates the endpoint as any SageMaker user would, or takes the one that an earlier tour made."""
    sagemaker = boto3.client("sagemaker")
    with contextlib.suppress(sagemaker.exceptions.ClientError):
        if sagemaker.describe_endpoint(EndpointName=NAME)["EndpointStatus"] == "InService":
            print(f"the endpoint {NAME} of an earlier tour is in service")
            return
    for delete, member in ((sagemaker.delete_endpoint, "EndpointName"),
                           (sagemaker.delete_endpoint_config, "EndpointConfigName"),
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

    def classify(self, picture: bytes) -> tuple[numpy.ndarray, int, float]:
        """Probabilities of the 1,000 classes, the size of the batch, and milliseconds."""
        began = time.perf_counter()
        answer = self.runtime.invoke_endpoint(
            EndpointName=NAME, ContentType="application/x-npy", Accept="application/x-npy",
            Body=picture)
        scores = numpy.load(io.BytesIO(answer["Body"].read()))[0]
        took = (time.perf_counter() - began) * 1000
        size = int(answer["ResponseMetadata"]["HTTPHeaders"]["x-gyre-batch-size"])
        return scores, size, took


def npy(picture: numpy.ndarray) -> bytes:
    out = io.BytesIO()
    numpy.save(out, picture[None])
    return out.getvalue()


def bare_engine(program: pathlib.Path, archive: pathlib.Path, rows: int) -> float | None:
    """Pictures a second of the same engine in a bare loop, without a server; None where not built."""
    if program is None or not program.exists():
        return None
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
        out = subprocess.run([program, "--model", folder, "--rows", str(rows), "--seconds", "3"],
                             check=True, capture_output=True, text=True).stdout
    return json.loads(out)["images_per_second"]


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

    names = classifier.class_names()
    words = list(classifier.PICTURES.values())
    pictures = [npy(classifier.load_picture(classifier.STAMPS / path)) for path in classifier.PICTURES]
    endpoint = Endpoint()
    endpoint.classify(pictures[0])

    say("\n3. Classify pictures one by one")
    alone = [endpoint.classify(picture) for picture in pictures]
    rows, right = [], 0
    for word, (scores, _, took) in zip(words, alone):
        best = int(scores.argmax())
        right += names[best] == word
        rows.append((word, names[best], f"{scores[best]:.2f}", f"{took:.1f}",
                     "" if names[best] == word else "<"))
    show(rows, ("picture", "label", "score", "ms", ""))
    print(f"{right} of {len(rows)} as a person would say")

    say(f"\n4. Classify {TOGETHER} at a time")
    with concurrent.futures.ThreadPoolExecutor(TOGETHER) as pool:
        list(pool.map(endpoint.classify, pictures * 2))
        began = time.perf_counter()
        together = list(pool.map(endpoint.classify, pictures * ROUNDS))
        passed = time.perf_counter() - began
    same = all(scores.argmax() == alone[i % len(pictures)][0].argmax()
               for i, (scores, _, _) in enumerate(together))
    if not same:
        sys.exit("a picture got another label in a batch than alone")
    sizes = {}
    for _, size, _ in together:
        sizes[size] = sizes.get(size, 0) + 1
    show([(size, round(count / size), count) for size, count in sorted(sizes.items())],
         ("batch size", "batches", "pictures"))

    say("\n5. Speed")
    one = 1000 / statistics.median(took for *_, took in alone)
    rows = [("one by one", f"{one:.0f}", bare_engine(options.bare_loop, archive, 1)),
            (f"{TOGETHER} at a time", f"{len(together) / passed:.0f}",
             bare_engine(options.bare_loop, archive, 8))]
    show([(what, rate, f"{bare:.0f}" if bare else "not built") for what, rate, bare in rows],
         ("", "pictures/s through boto3", "pictures/s of the bare engine"))
    print("boto3 itself takes part of this machine's time: ./dev bench measures without it.")
    if right < len(words) / 2:
        sys.exit("most labels are wrong")


if __name__ == "__main__":
    main()
