"""Transform jobs whose payloads have no end (MaxPayloadInMB 0): an object of any length is one request
in chunks, and its answer goes into the output as it comes."""

import gzip
import hashlib
import json
import sys
import threading

import pytest

from support import models, transform
from support.processes import Peak, wait_until

MIB = 1 << 20
MOST = 300 * MIB  # resident bytes of the control plane and of the host, whatever the object
LINE = b"0123456789abcde\n" * 4096

# Answers chunk by chunk, while more comes; what it does is in the first line of the body.
PROGRAM = transform.NOTING + """
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def answer(self, status, body=b""):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(200 if self.path == "/ping" else 404)

    def chunks(self):
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def do_POST(self):
        note(began=dict(self.headers), host=os.getppid())
        self.close_connection = True
        pieces, size, sums, what = self.chunks(), 0, hashlib.sha256(), None
        for piece in pieces:
            if what is None:
                what = piece.split(b"\\n", 1)[0].decode()
                if what == "refuse":
                    return self.answer(400, b"not such an object")
                self.send_response(200)
                self.send_header("Content-Type", "text/own")
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
            size += len(piece)
            if what == "die once" and size > 3 << 20 and not os.path.exists(os.environ["RECORD"] + ".died"):
                open(os.environ["RECORD"] + ".died", "w").close()
                os._exit(3)
            if what == "slow":
                time.sleep(0.05)
            sums.update(piece)
            if what != "sum":
                self.give(piece)
        if what == "long":
            for _ in range(64):
                self.give(b"x" * (1 << 20))
        if what == "sum":
            time.sleep(0.2)
            self.give(sums.hexdigest().encode())
        self.wfile.write(b"0\\r\\n\\r\\n")
        note(ended=size)

    def give(self, piece):
        if piece:
            self.wfile.write(b"%x\\r\\n%b\\r\\n" % (len(piece), piece))

assert sys.argv[1:] == ["serve"], sys.argv
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])),
                                Handler).serve_forever()
"""


@pytest.fixture
def container(tmp_path):
    return transform.Container(tmp_path / "container", PROGRAM)


@pytest.fixture
def platform(new_platform, marked, container):
    platform = new_platform(container.config(sys.executable), marked.environment).start()
    container.put_model(platform, "chunks")
    yield platform
    assert platform.stop() == 0, platform.log()[-4000:]
    marked.wait_until_gone()


def ended(container) -> list[int]:
    return [line["ended"] for line in container.lines() if "ended" in line]


def output(platform, bucket: str, key: str) -> bytes:
    return platform.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()


def errors(platform, job: str) -> list[dict]:
    return [json.loads(line) for line in output(platform, job, f"out/{job}.errors.jsonl").splitlines()]


def test_objects_larger_than_memory(platform, container, marked, tmp_path, deep):
    repeats = (2 << 30 if deep else 256 * MIB) // len(LINE)
    transform.put(platform, "large", {})
    sums = {}
    for number in range(2):
        source, summed = tmp_path / "large", hashlib.sha256()
        with open(source, "wb") as out:
            for line in [b"echo %d\n" % number] + [LINE] * repeats:
                out.write(line)
                summed.update(line)
        platform.client("s3").upload_file(str(source), "large", f"in/{number}")
        sums[number] = (source.stat().st_size, summed.hexdigest())
        source.unlink()
    with Peak(platform.process.pid) as server:
        transform.create(platform, "large", "chunks", "s3://large/in/", MaxPayloadInMB=0,
                         MaxConcurrentTransforms=2, ContentType="text/plain", Accept="text/own")
        (host,) = wait_until(marked.hosts, 60)
        with Peak(host) as hosts:
            transform.wait(platform, "large", timeout=600)
    assert server.bytes < MOST and hosts.bytes < MOST, (server.bytes >> 20, hosts.bytes >> 20)
    for number, (size, digest) in sums.items():
        got = platform.client("s3").get_object(Bucket="large", Key=f"out/{number}.out")
        assert (got["ContentLength"], got["ContentType"]) == (size, "text/own")
        summed = hashlib.sha256()
        for piece in got["Body"].iter_chunks(MIB):
            summed.update(piece)
        assert summed.hexdigest() == digest
    began = [line["began"] for line in container.lines() if "began" in line]
    assert len(began) == 2
    for headers in began:
        assert headers["Transfer-Encoding"] == "chunked" and "Content-Length" not in headers
        assert (headers["content-type"], headers["accept"]) == ("text/plain", "text/own")
    assert sorted(ended(container)) == sorted(size for size, _ in sums.values())


def test_answers_of_any_length_and_lines(platform):
    whole = b"sum\n" + LINE * 40
    transform.put(platform, "kinds", {
        "in/long": b"long\n", "in/sum": whole, "in/empty": b"", "in/one": b"x"})
    transform.run(platform, "kinds", "chunks", "s3://kinds/in/", MaxPayloadInMB=0,
                  AssembleWith="Line", MaxConcurrentTransforms=3)
    got = transform.outputs(platform, "kinds")
    assert got == {"long.out": b"long\n" + b"x" * (64 * MIB) + b"\n",
                   "sum.out": hashlib.sha256(whole).hexdigest().encode() + b"\n",
                   "empty.out": b"", "one.out": b"x\n"}


def test_packed_objects_are_unpacked_on_their_way(platform):
    whole = b"echo\n" + LINE * 200
    transform.put(platform, "packed", {"in/f.gz": gzip.compress(whole)})
    transform.run(platform, "packed", "chunks", "s3://packed/in/", MaxPayloadInMB=0,
                  CompressionType="Gzip")
    assert output(platform, "packed", "out/f.gz.out") == whole


def test_a_request_that_broke_off_is_read_again(platform, container):
    whole = b"die once\n" + LINE * 200
    transform.put(platform, "again", {"in/f": whole})
    transform.run(platform, "again", "chunks", "s3://again/in/", MaxPayloadInMB=0)
    assert output(platform, "again", "out/f.out") == whole
    assert sum("began" in line for line in container.lines()) == 2
    assert ended(container) == [len(whole)]
    (job,) = json.loads(platform.cli("transforms", "again", "--json").stdout)
    progress = job["Progress"]
    assert (progress["BytesDone"], progress["RecordsDone"]) == (len(whole), 1)


def test_a_refusal_is_the_objects_and_ends_its_reading(platform):
    transform.put(platform, "refused", {"in/bad": b"refuse\n" + LINE * 1000, "in/good": b"good"})
    transform.run(platform, "refused", "chunks", "s3://refused/in/", status="Failed",
                  MaxPayloadInMB=0)
    assert output(platform, "refused", "out/good.out") == b"good"
    (error,) = errors(platform, "refused")
    assert (error["object"], error["status"]) == ("s3://refused/in/bad", 400)
    assert error["answer"] == "not such an object"


def test_a_kill_in_its_midst_begins_the_object_again(platform, container):
    whole = b"slow\n" + LINE * 200
    transform.put(platform, "killed", {"in/f": whole})
    transform.create(platform, "killed", "chunks", "s3://killed/in/", MaxPayloadInMB=0)
    wait_until(lambda: any("began" in line for line in container.lines()), 60)
    threading.Event().wait(0.5)
    platform.kill()
    platform.start()
    transform.wait(platform, "killed")
    assert output(platform, "killed", "out/f.out") == whole


def test_a_job_stops_in_the_midst_of_an_object(platform, container):
    transform.put(platform, "stopped", {"in/f": b"slow\n" + LINE * 2000})
    transform.create(platform, "stopped", "chunks", "s3://stopped/in/", MaxPayloadInMB=0)
    wait_until(lambda: any("began" in line for line in container.lines()), 60)
    platform.client("sagemaker").stop_transform_job(TransformJobName="stopped")
    transform.wait(platform, "stopped", "Stopped", timeout=20)
    assert not transform.outputs(platform, "stopped") and not ended(container)


def test_gyres_own_runtimes_take_whole_bodies_and_say_so(platform):
    platform.put_model("echo", models.echo())
    transform.put(platform, "bound", {"in/large": bytes(101 * MIB), "in/small": b"small"})
    job = transform.run(platform, "bound", "echo", "s3://bound/in/", status="Failed",
                        MaxPayloadInMB=0)
    assert "100 MB" in job["FailureReason"] and "any length" in job["FailureReason"]
    assert output(platform, "bound", "out/small.out") == b"small"
