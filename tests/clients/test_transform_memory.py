"""A transform job's memory does not grow with its input."""

import pytest

from support import models, transform
from support.processes import Peak, wait_until

GIB = 1 << 30
MOST = 300 << 20  # resident bytes of the control plane, whatever the input


@pytest.mark.parametrize("split, members", [
    ("Line", {"MaxPayloadInMB": 6, "MaxConcurrentTransforms": 4}),
    ("Line", {"MaxPayloadInMB": 25, "MaxConcurrentTransforms": 4}),
])
def test_a_large_object(new_platform, tmp_path, deep, split, members):
    size = (2 if deep else 0.25) * GIB
    platform = new_platform().start()
    platform.put_model("echo", models.echo())
    line = b"0123456789abcde\n" * 4096
    source = tmp_path / "large"
    with open(source, "wb") as out:
        for _ in range(int(size) // len(line)):
            out.write(line)
    transform.put(platform, "large", {})
    platform.client("s3").upload_file(str(source), "large", "in/f")
    source.unlink()
    with Peak(platform.process.pid) as peak:
        transform.create(platform, "large", "echo", "s3://large/in/", SplitType=split,
                         AssembleWith="Line", BatchStrategy="MultiRecord", **members)
        transform.wait(platform, "large", timeout=600)
    assert peak.bytes < MOST, f"{peak.bytes >> 20} MiB"
    head = platform.client("s3").head_object(Bucket="large", Key="out/f.out")
    assert head["ContentLength"] == int(size) // len(line) * len(line)
    progress = platform.cli("transforms", "large", "--json").stdout
    assert '"ObjectsDone": 1' in progress
    wait_until(lambda: not (platform.data / "transform" / "large").exists(), 20)
