"""Model archives that mean harm: the endpoint fails with the reason, and nothing is left outside."""

import io
import os
import tarfile
import zlib

import pytest

from support import models


def archive(*entries: tarfile.TarInfo, mode: str = "w:gz") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as tar:
        for entry in entries:
            tar.addfile(entry, io.BytesIO(b"x" * entry.size) if entry.isfile() else None)
    return out.getvalue()


def entry(name: str, kind: bytes = tarfile.REGTYPE, to: str = "", size: int = 0) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, to, size
    return info


def gigabytes_of_nothing(count: int) -> bytes:
    """A tar.gz of one file of zeros, `count` GiB long, packed to a thousandth. No end, no checksum:
    who gets as far as that has unpacked it."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    start = packer.compress(entry("weights.bin", size=count << 30).tobuf(tarfile.PAX_FORMAT))
    start += packer.flush(zlib.Z_FULL_FLUSH)
    mebibyte = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return start + mebibyte * (count << 10)


HARM = "gyre-test-harm"
ARCHIVES = {
    "a path upwards": (archive(entry(f"../../../../{HARM}", size=3)), '".."'),
    "an absolute path": (archive(entry(f"/tmp/{HARM}", size=3)), "absolute"),
    "a link upwards": (archive(entry("out", tarfile.SYMTYPE, "../../.."),
                               entry(f"out/{HARM}", size=3)), "out"),
    "a link to an absolute path": (archive(entry("out", tarfile.SYMTYPE, "/tmp")), "absolute"),
    "a hard link outside": (archive(entry("key", tarfile.LNKTYPE, "../../../credentials")), '".."'),
    "a device": (archive(entry("disk", tarfile.BLKTYPE)), "device"),
    "a pipe": (archive(entry("pipe", tarfile.FIFOTYPE)), "device, pipe or socket"),
    "no archive": (b"this is no archive at all", "not a tar"),
    "half an archive": (models.tarball({"a": os.urandom(100_000)})[:50_000], "damaged"),
    "nothing": (b"", "archive"),
}


def failure(gyre, name: str, data: bytes) -> str:
    gyre.put_model(name, data)
    gyre.put_config(name, {"model": name})
    gyre.client("sagemaker").create_endpoint(EndpointName=name, EndpointConfigName=name)
    reason = gyre.wait(name, "Failed")["FailureReason"]
    gyre.client("sagemaker").delete_endpoint(EndpointName=name)
    return reason


@pytest.mark.parametrize("what", ARCHIVES)
def test_archives_that_lead_elsewhere_are_refused(gyre, what):
    data, words = ARCHIVES[what]
    name = "hostile-" + "".join(letter if letter.isalnum() else "-" for letter in what)
    reason = failure(gyre, name, data)
    assert f"Could not load the model data s3://models/{name}/model.tar.gz" in reason
    assert words in reason
    places = [gyre.folder, gyre.data, gyre.data / "models", gyre.data.parent.parent]
    assert not [place for place in places if (place / HARM).exists()]
    assert not os.path.exists("/tmp/" + HARM)
    assert list((gyre.data / "models" / "incoming").iterdir()) == []  # nothing half-unpacked


def test_a_bomb_is_refused_before_it_fills_the_disk(gyre):
    reason = failure(gyre, "bomb", gigabytes_of_nothing(16))
    assert "times its packed size" in reason
