"""A graph under writers, killed: what was acknowledged is there, whole, and its counts are right."""

import concurrent.futures
import json
import threading
import time
import urllib.error
import urllib.request

import pytest

WRITERS = 6


def ask(url: str, gremlin: str) -> list:
    request = urllib.request.Request(
        url + "/gremlin", json.dumps({"gremlin": gremlin}).encode(),
        {"Content-Type": "application/json", "Accept": "application/vnd.gremlin-v3.0+json;types=false"})
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.loads(response.read())["result"]["data"]


def write(url: str, writer: int, run: int, acknowledged: list, stop: threading.Event) -> None:
    for number in range(100_000):
        if stop.is_set():
            return
        name = f"r{run}w{writer}n{number}"
        try:  # a vertex, its property and an edge to the hub: all or nothing
            ask(url, f"g.addV('n').property(id, '{name}').property('p', {number})"
                     f".addE('to').to(V('hub')).property('w', 1.5)")
        except (urllib.error.URLError, ConnectionError, TimeoutError, json.JSONDecodeError, OSError):
            return
        acknowledged.append(name)


def check(url: str, acknowledged: list) -> int:
    there = ask(url, "g.V().hasLabel('n').id()")
    assert set(acknowledged) <= set(there)
    assert len(set(there)) == len(there)
    # counts that the store keeps, and what a walk meets
    assert ask(url, "g.V().hasLabel('n').count()") == [len(there)]
    assert ask(url, "g.V('hub').in('to').count()") == [len(there)]
    assert ask(url, "g.V('hub').in('to').dedup().fold().count(local)") == [len(there)]
    assert ask(url, "g.E().hasLabel('to').count()") == [len(there)]
    assert ask(url, "g.V().hasLabel('n').filter(outE('to').has('w', 1.5)).has('p').fold().count(local)") == [
        len(there)]
    return len(there)


@pytest.mark.parametrize("rest_after", [250_000, 20])  # 20: it comes to rest again and again
def test_no_acknowledged_write_is_lost(new_platform, deep, rest_after):
    platform = new_platform(f"[graph]\nrest_after = {rest_after}\n")
    platform.start()
    ask(platform.url, "g.addV('hub').property(id, 'hub')")
    acknowledged: list = []
    for run in range(8 if deep else 3):
        stop = threading.Event()
        with concurrent.futures.ThreadPoolExecutor(WRITERS) as pool:
            for writer in range(WRITERS):
                pool.submit(write, platform.url, writer, run, acknowledged, stop)
            before = len(acknowledged)
            deadline = time.monotonic() + 300
            while len(acknowledged) < before + 150 and time.monotonic() < deadline:
                time.sleep(0.01)
            platform.kill()
            stop.set()
        platform.start()
        assert check(platform.url, acknowledged) >= before + 150
