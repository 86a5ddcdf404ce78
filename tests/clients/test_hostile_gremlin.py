"""Clients of /gremlin that do not keep to the rules: they get an error or are closed, and harm no other."""

import base64
import json
import os
import pathlib
import re
import socket
import struct
import urllib.error
import urllib.request

import pytest

from support.graphs import graph_url
from support.platform import Platform
from support.processes import wait_until

MIME = b"\x21application/vnd.gremlin-v3.0+json"


class RawSocket:
    """A WebSocket client that sends what a test wants sent."""

    def __init__(self, url: str):
        host, port = url.removeprefix("http://").split(":")
        self.line = socket.create_connection((host, int(port)), timeout=60)
        key = base64.b64encode(os.urandom(16)).decode()
        self.line.sendall(f"GET /gremlin HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\n"
                          f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
                          "Sec-WebSocket-Version: 13\r\n\r\n".encode())
        self.bytes = b""
        while b"\r\n\r\n" not in self.bytes:
            self.bytes += self.line.recv(4096)
        head, self.bytes = self.bytes.split(b"\r\n\r\n", 1)
        assert head.startswith(b"HTTP/1.1 101"), head

    def send(self, payload: bytes, opcode: int = 2) -> None:
        mask = os.urandom(4)
        size = len(payload)
        length = (bytes([0x80 | size]) if size < 126 else
                  b"\xfe" + struct.pack(">H", size) if size < 65536 else b"\xff" + struct.pack(">Q", size))
        body = bytes(b ^ mask[i % 4] for i, b in enumerate(payload))
        self.line.sendall(bytes([0x80 | opcode]) + length + mask + body)

    def read(self, count: int) -> bytes:
        while len(self.bytes) < count:
            got = self.line.recv(65536)
            if not got:
                raise EOFError
            self.bytes += got
        taken, self.bytes = self.bytes[:count], self.bytes[count:]
        return taken

    def frame(self) -> tuple[int, bytes]:
        first, size = self.read(2)
        if size == 126:
            (size,) = struct.unpack(">H", self.read(2))
        elif size == 127:
            (size,) = struct.unpack(">Q", self.read(8))
        return first & 15, self.read(size)

    def answer(self) -> dict:
        return json.loads(self.frame()[1])


def request(script: str, **args) -> bytes:
    return MIME + json.dumps({"requestId": "41d2e28a-20a4-4ab0-b379-d810dede3786", "op": "eval",
                              "processor": "", "args": {"gremlin": script, **args}}).encode()


@pytest.fixture
def line(gyre):
    raw = RawSocket(gyre.url)
    yield raw
    raw.line.close()


def works(gyre) -> bool:
    raw = RawSocket(gyre.url)
    raw.send(request("g.inject(1)"))
    code = raw.answer()["status"]["code"]
    raw.line.close()
    return code == 200


@pytest.mark.parametrize("payload", [b"", b"\x21short", b"\x05hello{}", b"\xff" + b"x" * 10])
def test_messages_without_a_known_type_are_closed(gyre, line, payload):
    line.send(payload)
    opcode, body = line.frame()
    assert opcode == 8 and struct.unpack(">H", body[:2])[0] in (1002, 1003)
    assert works(gyre)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"requestId":"x"}', '{"op":"eval","args":[]}',
                                  '{"requestId":{"@type":"g:UUID","@value":1},"op":"eval"}',
                                  '{"op":"drop","args":{}}', '{"op":"eval","args":{}}', "[" * 10_000])
def test_requests_that_are_none_get_an_error_and_the_connection_goes_on(line, text):
    line.send(MIME + text.encode())
    assert line.answer()["status"]["code"] in (498, 499)
    line.send(request("g.inject(7)"))
    assert line.answer()["status"]["code"] == 200


@pytest.mark.parametrize("script", [
    "g.V()" + ".out()" * 5000, "g.V().where(" * 5000, "(" * 100_000, "g.inject(" + "[" * 50_000,
    "g.inject('" + "x" * 1_000_000, "g.V().has('a', regex('(a'))", "g.inject(1).math('((((((((')",
    "g.inject(1).math('" + "(" * 5000 + "')", "\x00", "g.inject(1e999999999)", "g.inject(99999999999999999999L)",
    "g.V().repeat(repeat(repeat(both())))", "g.inject([1]).unfold().repeat(identity()).until(constant(1).is(2)).emit()"])
def test_scripts_meant_to_hurt_end_with_an_answer(gyre, line, script):
    line.send(request(script, evaluationTimeout=500))
    while True:
        status = line.answer()["status"]
        if status["code"] != 206:
            break
    assert status["code"] in (200, 204, 500, 597, 598)
    assert works(gyre)


def test_a_query_that_gathers_too_much_is_stopped(new_platform):
    platform = new_platform("[graph]\nmax_held = 10000\n").start()
    raw = RawSocket(platform.url)
    raw.send(request("g.inject(0..9999).unfold().as('a').map(constant(0..9999)).unfold().fold()"))
    error = json.loads(raw.answer()["status"]["message"])
    assert error["code"] == "MemoryLimitExceededException"
    raw.send(request("g.inject(1)"))
    assert raw.answer()["status"]["code"] == 200


MEBIBYTE = "WITH reduce(s = 'x', i IN range(1, 20) | s + s) AS s "
HUNGRY = {
    "gremlin": [
        "g.inject('xxxxxxxxxx').repeat(concat(identity())).times(40)",
        "g.inject('xxxxxxxxxx').repeat(replace('x', 'xxxxxxxxxx')).times(40)",
        "g.inject([1, 2]).repeat(combine(identity())).times(40)",
        "g.inject('x').repeat(concat(identity())).times(20).repeat(union(identity(), identity())).times(20).fold()",
        "g.inject(1).repeat(union(identity(), identity()).barrier()).times(50).aggregate('x').cap('x').unfold()"],
    "cypher": [
        MEBIBYTE + "RETURN size(replace(s, 'x', s))",
        MEBIBYTE + "RETURN size(join([i IN range(1, 1000000) | i], s))",
        MEBIBYTE + "UNWIND range(1, 1000000) AS i RETURN size(collect(s + toString(i)))",
        MEBIBYTE + "RETURN [i IN range(1, 1000000) | s]",
        MEBIBYTE + "RETURN [" + ", ".join(["s"] * 10_000) + "]",
        MEBIBYTE + "RETURN " + ", ".join(f"s AS s{i}" for i in range(10_000)),
        "RETURN size([i IN range(1, 10000000) | range(1, 10000000)])",
        "UNWIND range(1, 10000) AS i RETURN size(collect(range(i, 10000000)))"],
    "sparql": [
        "SELECT * { BIND('0123456789' AS ?t0) " + " ".join(
            f"BIND(CONCAT({', '.join([f'?t{i}'] * 10)}) AS ?t{i + 1})" for i in range(12)) + " }",
        "SELECT * { BIND('0123456789' AS ?t0) " + " ".join(
            f"BIND(REPLACE(?t{i}, '.', '0123456789') AS ?t{i + 1})" for i in range(12)) + " }",
        "SELECT (GROUP_CONCAT(?t) AS ?all) { BIND(REPLACE('" + "x" * 1000 + "', 'x', '" + "x" * 1000 + "') AS ?t) " +
        " ".join(f"VALUES ?v{i} {{ 0 1 2 3 4 5 6 7 8 9 }}" for i in range(6)) + " }"],
}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    platform = Platform(tmp_path_factory.mktemp("small"), "[graph]\nquery_memory_mb = 256\n").start()
    yield platform
    assert platform.stop() == 0, platform.log()[-4000:]


@pytest.mark.parametrize(("language", "query"), [(language, query) for language, queries in HUNGRY.items()
                                                 for query in queries])
def test_short_queries_that_would_take_all_memory_are_stopped(small, language, query):
    path, body, kind = {"gremlin": ("/gremlin", json.dumps({"gremlin": query}), "application/json"),
                        "cypher": ("/openCypher", json.dumps({"query": query}), "application/json"),
                        "sparql": ("/sparql", query, "application/sparql-query")}[language]
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(urllib.request.Request(graph_url(small) + path, body.encode(),
                                                      {"Content-Type": kind}), timeout=300)
    assert json.loads(refused.value.read())["code"] == "MemoryLimitExceededException"
    with urllib.request.urlopen(graph_url(small) + "/gremlin/status", timeout=60) as status:
        assert json.load(status)["acceptedQueryCount"] == 0
    most = re.search(r"VmHWM:\s+(\d+) kB", pathlib.Path(f"/proc/{small.process.pid}/status").read_text())
    assert int(most[1]) < 4 << 20
    assert works(small)


def test_one_result_written_many_times_keeps_to_the_limits(gyre, line, new_platform):
    script = "g.inject(1).repeat(union(identity(), identity()).barrier()).times(50)"
    line.send(request(script, evaluationTimeout=300, batchSize=100_000))
    while True:
        status = line.answer()["status"]
        if status["code"] != 206:
            break
    assert status["code"] == 598 and json.loads(status["message"])["code"] == "TimeLimitExceededException"
    small = new_platform("[graph]\nmax_held = 10000\n").start()
    posted = urllib.request.Request(small.url + "/gremlin", json.dumps({"gremlin": script}).encode(),
                                    {"Content-Type": "application/json"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(posted, timeout=60)
    assert json.loads(refused.value.read())["code"] == "MemoryLimitExceededException"
    assert works(gyre)


def test_a_client_that_goes_stops_its_query(gyre):
    raw = RawSocket(gyre.url)
    raw.send(request("g.inject(1).repeat(identity()).until(constant(1).is(2))", evaluationTimeout=600_000))

    def running() -> int:
        with urllib.request.urlopen(urllib.request.Request(
                gyre.url + "/gremlin", json.dumps({"gremlin": "g.inject(1)"}).encode(),
                {"Content-Type": "application/json"}), timeout=60):
            pass
        return gyre.client("neptunedata").list_gremlin_queries()["runningQueryCount"]

    wait_until(lambda: running() == 1, 30)
    raw.line.close()
    wait_until(lambda: running() == 0, 60, lambda: "the query still runs")


def test_many_requests_at_once_are_answered_in_their_order(line):
    for number in range(500):
        line.send(request(f"g.inject({number})"))
    for number in range(500):
        assert line.answer()["result"]["data"]["@value"] == [{"@type": "g:Int32", "@value": number}]


def test_a_slow_reader_waits_alone(gyre, line):
    line.send(request("g.inject(0..99999).unfold()", batchSize=1000))
    assert works(gyre)
    seen = 0
    while True:
        answer = line.answer()
        seen += len(answer["result"]["data"]["@value"]) if answer["result"]["data"] else 0
        if answer["status"]["code"] != 206:
            break
    assert seen == 99_999 + 1
