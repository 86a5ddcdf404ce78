"""Objects: large ones beside a plain copy with the same hashes and syncs, small ones beside moto's
server, and what a page of a listing of a million keys costs."""

import base64
import binascii
import os
import re
import socket
import sqlite3
import statistics
import subprocess
import sys
import time
import urllib.parse

import boto3
import botocore.config
import requests

from harness.gyre_server import GyreServer
from harness.load_generator import Target, load, require_right
from harness.rounds import interleave, median, spread

TITLE = "Objects"
MIB = 1 << 20
LARGE = (MIB, 64 * MIB)
READERS = 8
SMALL = 1024
KEYS = 1_000_000
PAGE = 1000


def target(url: str, pid: int, keys: dict | None, method: str, path: str, *headers: str) -> Target:
    return Target(address=url.removeprefix("http://"), path=path, pid=pid, keys=keys, service="s3",
                  method=method, headers=headers)


def crc32_header(body: bytes) -> str:
    """As boto3 sends it over http."""
    sum_ = binascii.crc32(body).to_bytes(4, "big")
    return "x-amz-checksum-crc32: " + base64.b64encode(sum_).decode()


def large(bench, gyre) -> None:
    platform = gyre.platform
    rows = []
    for size in LARGE:
        body = os.urandom(size)
        file = bench.folder / f"body-{size}"
        file.write_bytes(body)
        key = f"/large/{size}"
        put = target(platform.url, platform.process.pid, platform.keys(), "PUT", key,
                     crc32_header(body))
        get = target(platform.url, platform.process.pid, platform.keys(), "GET", key)
        copies = bench.new_folder("copy")

        def by_gyre(what, **more):
            return require_right(load(what, seconds=bench.seconds, **more), "gyre")

        def by_copy(way):
            return {"right_per_s": float(bench.program("hashed_copy", way, size, copies,
                                                       bench.seconds))}

        reports = interleave({
            "PUT, copy": lambda: by_copy("put"),
            "PUT, gyre, 1": lambda: by_gyre(put, bodies=[file]),
            "GET, copy": lambda: by_copy("get"),
            "GET, copy, asked": lambda: by_copy("ask"),
            "GET, gyre, 1": lambda: by_gyre(get, text="", check="length"),
            f"GET, gyre, {READERS}": lambda: by_gyre(get, text="", check="length",
                                                     clients=READERS),
        }, bench.rounds, bench.say)
        for way, clients, peer in (("PUT", 1, "PUT, copy"), ("GET", 1, "GET, copy, asked"),
                                   ("GET", 1, "GET, copy"), ("GET", READERS, "GET, copy")):
            asked, copied = reports[f"{way}, gyre, {clients}"], reports[peer]
            ours, peers = median(asked, "right_per_s"), median(copied, "right_per_s")
            if (clients, peer) != (1, "GET, copy"):
                bench.report.claim(f"{way} of {size // MIB} MiB, {clients} client{'s' * (clients > 1)}, "
                                   "of a plain copy's rate", ours / peers, 0.8)
            rows.append([f"{way} {size // MIB} MiB, {clients} client{'s' * (clients > 1)}, beside {peer}",
                         ours * size / 1e6, peers * size / 1e6, f"{ours / peers:.2f}",
                         spread(asked, "right_per_s"), spread(copied, "right_per_s")])
        bench.report.figure(f"large_{size}", reports)
    # A copy that is not asked for sends the next one while its reader still reads; a client alone waits for
    # each answer before it asks again: the copy that is asked is its peer, the other that of several clients.
    bench.report.table(
        "Large objects (MB/s)",
        ["", "gyre", "plain copy", "ratio", "gyre, rounds (1/s)", "copy, rounds (1/s)"], rows)


class Moto:
    def __enter__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(200):
            try:
                requests.get(self.url, timeout=1)
                return self
            except requests.ConnectionError:
                time.sleep(0.1)
        raise RuntimeError("moto's server did not start")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def small(bench, gyre) -> None:
    body = os.urandom(SMALL)
    file = bench.folder / "small"
    file.write_bytes(body)
    platform = gyre.platform
    with Moto() as moto:
        keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
        boto3.client("s3", endpoint_url=moto.url, region_name="us-east-1", **keys).create_bucket(
            Bucket="small")
        def measured(what, **more):
            """moto answers 500 now and then, and is asked again."""
            report = load(what, seconds=bench.seconds, **more)
            while what.pid == moto.process.pid and "500" in report["by_status"]:
                report = load(what, seconds=bench.seconds, **more)
            return require_right(report, "a PUT or GET")

        contestants = {}
        for name, url, pid, signer in (("gyre", platform.url, platform.process.pid, platform.keys()),
                                       ("moto", moto.url, moto.process.pid, keys)):
            for clients in (1, 8):
                put = target(url, pid, signer, "PUT", "/small/k", crc32_header(body))
                get = target(url, pid, signer, "GET", "/small/k")
                for way, what, sent in (("PUT", put, {"bodies": [file]}), ("GET", get, {"text": ""})):
                    contestants[f"{way}, {name}, {clients}"] = \
                        lambda what=what, sent=sent, clients=clients: measured(
                            what, clients=clients, **sent)
        reports = interleave(contestants, bench.rounds, bench.say)
    rows = []
    for way in ("PUT", "GET"):
        for clients in (1, 8):
            ours = median(reports[f"{way}, gyre, {clients}"], "right_per_s")
            peers = median(reports[f"{way}, moto, {clients}"], "right_per_s")
            bench.report.claim(f"{way} of 1 KB, {clients} client{'s' * (clients > 1)}, times moto",
                               ours / peers, 10)
            rows.append([f"{way}, {clients} client{'s' * (clients > 1)}", ours, peers,
                         f"{ours / peers:.1f}"])
    bench.report.table("Objects of 1 KB (requests/s)", ["", "gyre", "moto's server", "ratio"], rows)
    bench.report.figure("small", reports)


def fill(database, keys: int) -> None:
    """Rows of objects, as docs/formats/object_store.md has them: all of one empty blob."""
    with sqlite3.connect(database) as connection:
        blob = connection.execute("SELECT blob, etag, modified, detail FROM objects WHERE bucket = "
                                  "'listed'").fetchone()
        connection.executemany(
            "INSERT INTO objects (bucket, key, size, etag, modified, blob, upload, detail) "
            "VALUES ('listed', ?, 0, ?, ?, ?, 0, ?)",
            ((f"data/{number // PAGE:04}/{number:07}.bin", blob[1], blob[2], blob[0], blob[3])
             for number in range(keys)))
        connection.execute("UPDATE object_blobs SET refs = refs + ? WHERE id = ?", (keys, blob[0]))


def listing(bench, gyre) -> None:
    keys = KEYS // 10 if bench.quick else KEYS
    platform = gyre.platform
    s3 = platform.client("s3")
    s3.create_bucket(Bucket="listed")
    s3.put_object(Bucket="listed", Key="a", Body=b"")
    platform.stop()
    fill(platform.data / "gyre.db", keys)
    platform.start()
    client = platform.session().client(
        "s3", endpoint_url=platform.url, config=botocore.config.Config(signature_version="s3v4"))
    rows = []
    for delimiter in ("", "/"):
        took, seen, token = [], 0, ""
        prefix = "data/" if delimiter else ""
        with requests.Session() as session:
            while True:
                members = {"Bucket": "listed", "Prefix": prefix, "Delimiter": delimiter,
                           "MaxKeys": PAGE // 10 if delimiter else PAGE}
                if token:
                    members["ContinuationToken"] = token
                url = client.generate_presigned_url("list_objects_v2", Params=members)
                begin = time.perf_counter()
                answer = session.get(url)
                took.append((time.perf_counter() - begin) * 1000)
                answer.raise_for_status()
                seen += int(re.search("<KeyCount>([0-9]+)", answer.text).group(1))
                more = re.search("<NextContinuationToken>([^<]+)", answer.text)
                if not more:
                    break
                token = urllib.parse.unquote(more.group(1)).replace("&amp;", "&")
        expected = keys // PAGE if delimiter else keys + 1
        if seen != expected:
            raise RuntimeError(f"{seen} of {expected} listed")
        tenth = max(1, len(took) // 10)
        first, last = statistics.median(took[:tenth]), statistics.median(took[-tenth - 1:-1] or took)
        what = "common prefixes" if delimiter else "keys"
        bench.report.claim(f"the last tenth of the pages of {seen:,} {what}, to the first tenth",
                           last / first, 1.25, at_most=True)
        rows.append([f"{seen:,} {what}, {len(took)} pages", first, statistics.median(took), last,
                     max(took)])
    bench.report.table("Listing page by page (ms a page, one client)",
                       ["", "first tenth", "all", "last tenth", "slowest"], rows)


def run(bench) -> None:
    with GyreServer(bench.new_folder("objects")) as gyre:
        s3 = gyre.platform.client("s3")
        for bucket in ("large", "small"):
            s3.create_bucket(Bucket=bucket)
        large(bench, gyre)
        small(bench, gyre)
        listing(bench, gyre)
