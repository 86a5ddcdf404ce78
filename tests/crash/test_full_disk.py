"""A disk that runs full: calls fail with an error, what was acknowledged stays, and once there is
room again everything goes on without a restart."""

import contextlib
import subprocess
import time

import botocore.exceptions
import pytest

from support import models
from support.platform import ROLE, Platform

MIB = 1 << 20
BALLAST = 8 * MIB
MOST = 10_000  # more than the disk holds


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "gyre-test", folder],
                             capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("only root may mount a small disk")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.fixture
def platform(small_disk):
    (small_disk / "ballast").write_bytes(bytes(BALLAST))
    platform = Platform(small_disk).start()
    yield platform
    platform.stop()


def fill(make, names) -> tuple[list[str], dict]:
    """Makes one after the other until the disk is full: what was acknowledged, and the error."""
    made = []
    for name in names:
        try:
            make(name)
        except botocore.exceptions.ClientError as error:
            return made, error.response["Error"]
        made.append(name)
    raise AssertionError("the disk does not fill up")


def test_a_full_disk_loses_nothing_and_gets_well(platform, small_disk):
    s3, sagemaker = platform.client("s3"), platform.client("sagemaker")
    platform.deploy("full", models.echo())
    s3.create_bucket(Bucket="filling")
    held = {}

    def put(key: str) -> None:
        body = key.encode() * (int(key.split("/")[0]) // len(key))
        s3.put_object(Bucket="filling", Key=key, Body=body)
        held[key] = body

    def create_model(name: str) -> None:
        sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE,
                               PrimaryContainer={"Image": "gyre/python"})

    for size in (MIB, 64 << 10, 100):
        _, error = fill(put, (f"{size}/{number}" for number in range(MOST)))
        assert error["Code"] == "SlowDown"
        assert "No space left" in error["Message"] or "disk is full" in error["Message"]
    made, error = fill(create_model, (f"small-{number}" for number in range(MOST)))
    assert error["Code"] == "ThrottlingException" and "disk is full" in error["Message"]

    def check(platform) -> None:
        s3, sagemaker = platform.client("s3"), platform.client("sagemaker")
        for key, body in held.items():
            assert s3.get_object(Bucket="filling", Key=key)["Body"].read() == body
        listed = s3.get_paginator("list_objects_v2").paginate(Bucket="filling")
        assert {item["Key"] for page in listed for item in page["Contents"]} == set(held)
        for name in made:
            sagemaker.describe_model(ModelName=name)
        assert platform.invoke("full", b"still here")["Body"].read() == b"still here"

    check(platform)  # what is there is served as ever
    (small_disk / "ballast").unlink()
    put("100/after")
    create_model("small-after")
    made.append("small-after")
    s3.delete_object(Bucket="filling", Key=next(iter(held)))
    del held[next(iter(held))]
    check(platform)
    platform.kill()
    platform.start()
    platform.wait("full")
    check(platform)


def test_a_model_that_does_not_fit_fails_its_endpoint_with_the_reason(platform, small_disk):
    data = models.tarball({"gyre.json": models.ECHO["gyre.json"], "zeros": bytes(64 * MIB)})
    platform.put_model("wide", data)
    platform.put_config("wide", {"model": "wide"})
    platform.client("sagemaker").create_endpoint(EndpointName="wide", EndpointConfigName="wide")
    assert "No space left on device" in platform.wait("wide", "Failed")["FailureReason"]
    # Nothing half-unpacked is left to keep the disk full.
    assert list((platform.data / "models" / "incoming").iterdir()) == []
    platform.deploy("narrow", models.echo())
    assert platform.invoke("narrow", b"fits")["Body"].read() == b"fits"


def test_on_a_full_disk_objects_can_be_removed_and_a_server_starts(platform, small_disk):
    (small_disk / "ballast").unlink()
    # Opened while there is room for it, and without a buffer, which would be written again by closing.
    hog = open(small_disk / "hog", "wb", buffering=0)
    s3 = platform.client("s3")
    s3.create_bucket(Bucket="filling")
    body = bytes(MIB)
    made, error = fill(lambda key: s3.put_object(Bucket="filling", Key=key, Body=body),
                       (f"{number:05}" for number in range(MOST)))
    assert error["Code"] == "SlowDown"
    with hog:  # not a byte is left
        with contextlib.suppress(OSError):
            while True:
                hog.write(bytes(4096))
    platform.kill()
    platform.start()  # gives the reserve back
    s3 = platform.client("s3")
    assert s3.get_object(Bucket="filling", Key=made[0])["Body"].read() == body
    # What makes room works; what takes room is refused until the reserve is there again.
    s3.delete_object(Bucket="filling", Key=made.pop())
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        s3.put_object(Bucket="filling", Key="more", Body=body)
    assert refused.value.response["Error"]["Code"] == "SlowDown"
    (small_disk / "hog").unlink()
    s3.delete_objects(Bucket="filling", Delete={"Objects": [{"Key": key} for key in made]})
    deadline = time.monotonic() + 60
    while True:
        try:
            s3.put_object(Bucket="filling", Key="more", Body=body)
            break
        except botocore.exceptions.ClientError:
            assert time.monotonic() < deadline, platform.log()[-2000:]
            time.sleep(0.2)
    listed = s3.list_objects_v2(Bucket="filling")
    assert [item["Key"] for item in listed["Contents"]] == ["more"]
    assert (platform.data / "reserve").stat().st_size == 16 * MIB
