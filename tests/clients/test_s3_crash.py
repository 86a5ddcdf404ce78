"""SIGKILL at random moments under load: what was acknowledged reads back exactly, and nothing else
is left in the store."""

import hashlib
import pathlib
import random
import sqlite3
import threading
import time

import botocore.exceptions

from support.processes import wait_until

MIB = 1 << 20
BUCKET = "crash-test"
WORKERS = 6
GONE = (botocore.exceptions.ConnectionError, botocore.exceptions.HTTPClientError)


def body_of(seed: int, size: int) -> bytes:
    return random.Random(seed).randbytes(size)


class Worker:
    """Writes its own keys; knows of each what it may hold."""

    def __init__(self, number: int, seed: int):
        self.number = number
        self.random = random.Random(seed)
        self.held: dict[str, str | None] = {}  # by key: the digest acknowledged last, None for none
        self.pending: dict[str, str | None] = {}  # asked for, and not answered
        self.uploads: dict[str, tuple[dict, list, str]] = {}  # parts acknowledged, not completed
        self.acknowledged = 0
        self.failures: list[Exception] = []

    def run(self, s3, stop: threading.Event) -> None:
        try:
            while not stop.is_set():
                self.step(s3)
        except GONE:
            pass  # the server was killed, as is meant
        except Exception as failure:  # noqa: BLE001  (told by the test)
            self.failures.append(failure)

    def step(self, s3) -> None:
        key = f"{self.number}/{self.random.randrange(12)}"
        kind = self.random.random()
        if kind < 0.12:
            self.change(key, None, lambda: s3.delete_object(Bucket=BUCKET, Key=key))
        elif kind < 0.24:
            source = f"{self.number}/{self.random.randrange(12)}"
            held = self.held.get(source)
            if held is not None and source != key:
                self.change(key, held, lambda: s3.copy_object(
                    Bucket=BUCKET, Key=key, CopySource={"Bucket": BUCKET, "Key": source}))
        elif kind < 0.30:
            self.put_in_parts(s3, f"{self.number}/parts")
        else:
            size = self.random.choice([0, 100, 16_384, 16_385, 70_000, 400_000])
            body = body_of(self.random.randrange(1 << 30), size)
            self.change(key, hashlib.md5(body).hexdigest(),
                        lambda: s3.put_object(Bucket=BUCKET, Key=key, Body=body))

    def change(self, key: str, digest: str | None, call) -> None:
        self.pending[key] = digest
        call()
        self.held[key] = digest
        del self.pending[key]
        self.acknowledged += 1

    def put_in_parts(self, s3, key: str) -> None:
        if key in self.uploads:  # left of the time before a crash
            upload, parts, digest = self.uploads[key]
        else:
            name = s3.create_multipart_upload(Bucket=BUCKET, Key=key)["UploadId"]
            upload = {"Bucket": BUCKET, "Key": key, "UploadId": name}
            seed = self.random.randrange(1 << 30)
            bodies = [body_of(seed, 5 * MIB), body_of(seed + 1, 70_001)]
            tags = [s3.upload_part(PartNumber=i, Body=b, **upload)["ETag"]
                    for i, b in enumerate(bodies, 1)]
            parts = [{"PartNumber": i, "ETag": tag} for i, tag in enumerate(tags, 1)]
            digest = hashlib.md5(b"".join(bodies)).hexdigest()
            self.uploads[key] = upload, parts, digest
        self.change(key, digest, lambda: s3.complete_multipart_upload(
            MultipartUpload={"Parts": parts}, **upload))
        del self.uploads[key]

    def check(self, s3) -> None:
        for key in {*self.held, *self.pending}:
            try:
                body = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
                digest = hashlib.md5(body).hexdigest()
            except s3.exceptions.NoSuchKey:
                digest = None
            may_be = {self.held.get(key)}
            if key in self.pending:
                may_be.add(self.pending[key])
            assert digest in may_be, f"{key} is {digest}, not one of {may_be}"
            self.held[key] = digest
        self.pending.clear()


def check_store(data: pathlib.Path) -> None:
    """After a start and a stop: rows agree with each other and with the files."""
    with sqlite3.connect(f"file:{data / 'gyre.db'}?mode=ro", uri=True) as db:
        wrong = db.execute(
            "SELECT COUNT(*) FROM object_blobs WHERE refs <> "
            "(SELECT COUNT(*) FROM objects WHERE blob = object_blobs.id) + "
            "(SELECT COUNT(*) FROM object_parts WHERE blob = object_blobs.id)").fetchone()[0]
        orphans = db.execute(
            "SELECT COUNT(*) FROM object_parts WHERE upload NOT IN (SELECT id FROM object_uploads) "
            "AND upload NOT IN (SELECT upload FROM objects)").fetchone()[0]
        named = {row[0] for row in db.execute("SELECT id FROM object_blobs WHERE data IS NULL")}
    assert (wrong, orphans) == (0, 0)
    files = {int(path.name, 16) for path in (data / "objects").glob("*/*")}
    assert files == named


def test_sigkill_under_load_loses_nothing_acknowledged(new_platform, deep):
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")
    chance = random.Random(seed)
    platform = new_platform().start()
    platform.client("s3").create_bucket(Bucket=BUCKET)
    workers = [Worker(i, chance.randrange(1 << 30)) for i in range(WORKERS)]
    for _ in range(60 if deep else 6):
        stop = threading.Event()
        threads = [threading.Thread(target=w.run, args=(platform.client("s3"), stop))
                   for w in workers]
        for thread in threads:
            thread.start()
        before = sum(w.acknowledged for w in workers)
        wait_until(lambda: sum(w.acknowledged for w in workers) > before + 3, 120)
        time.sleep(chance.uniform(0.05, 1.2))
        platform.kill()
        stop.set()
        for thread in threads:
            thread.join()
        assert [w.failures for w in workers if w.failures] == []
        s3 = platform.start().client("s3")
        for worker in workers:
            worker.check(s3)
    assert sum(w.acknowledged for w in workers) > 20
    assert platform.stop() == 0
    check_store(platform.data)
