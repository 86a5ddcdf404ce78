"""A transform job's memory does not grow with its input."""

import pytest

from support import models, transform
from support.processes import Peak, wait_until

GIB = 1 << 30
MOST = 300 << 20  # resident bytes of the control plane, whatever the input


@pytest.mark.parametrize("members", [
    {"MaxPayloadInMB": 6, "MaxConcurrentTransforms": 4},
    {"MaxPayloadInMB": 25, "MaxConcurrentTransforms": 4},
])
def test_a_large_object(new_platform, tmp_path, deep, members):
    platform = new_platform().start()
    size = int((2 if deep else 0.25) * GIB)
    lines = put_lines(platform, tmp_path, "large", 1, size)
    run(platform, "large", BatchStrategy="MultiRecord", **members)
    head = platform.client("s3").head_object(Bucket="large", Key="out/0.out")
    assert head["ContentLength"] == lines * len(LINE)
    progress = platform.cli("transforms", "large", "--json").stdout
    assert '"ObjectsDone": 1' in progress
    wait_until(lambda: not (platform.data / "transform" / "large").exists(), 20)


@pytest.mark.parametrize("processing", [
    {"JoinSource": "Input"},
    {"InputFilter": "$[0]", "JoinSource": "Input"},
])
def test_joined_at_several_instances(new_platform, tmp_path, deep, processing):
    platform = new_platform().start()
    lines = put_lines(platform, tmp_path, "joined", 8, (96 if deep else 24) << 20)
    run(platform, "joined", ContentType="text/csv", InstanceCount=2, MaxPayloadInMB=6,
        MaxConcurrentTransforms=16, DataProcessing=processing)
    for i in range(8):
        head = platform.client("s3").head_object(Bucket="joined", Key=f"out/{i}.out")
        assert head["ContentLength"] == lines * 2 * len(LINE)


LINE = b"0123456789abcde\n"


def put_lines(platform, tmp_path, bucket: str, objects: int, size: int) -> int:
    """So many objects in/0… of so many bytes; returns how many lines each has."""
    platform.put_model("echo", models.echo())
    transform.put(platform, bucket, {})
    source = tmp_path / "lines"
    many = LINE * 4096
    with open(source, "wb") as out:
        for _ in range(size // len(many)):
            out.write(many)
    for i in range(objects):
        platform.client("s3").upload_file(str(source), bucket, f"in/{i}")
    source.unlink()
    return size // len(many) * 4096


def run(platform, name: str, **members) -> None:
    """The job over in/, within its memory."""
    with Peak(platform.process.pid) as peak:
        transform.create(platform, name, "echo", f"s3://{name}/in/", SplitType="Line",
                         AssembleWith="Line", **members)
        transform.wait(platform, name, timeout=600)
    assert peak.bytes < MOST, f"{peak.bytes >> 20} MiB"
