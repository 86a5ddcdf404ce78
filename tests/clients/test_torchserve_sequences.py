"""TorchServe's stateful inference: requests of a sequence, by its headers, one worker and in order."""

import concurrent.futures
import os
import time

import pytest
import requests

from support.processes import wait_until
from support.torchserve import TorchServe, archive

# Adds up each sequence's numbers, as the example of TorchServe's own does with a cache.
SUMS = '''
import os
import pathlib
import time

class Sums:
    def initialize(self, context):
        self.sums = {}

    def handle(self, data, context):
        answers, ids = [], []
        for index, row in enumerate(data):
            body = row.get("body", row.get("data"))
            number, _, wakes = bytes(body).decode().partition(" ")
            number = float(number)
            ids.append(context.get_sequence_id(index))
            time.sleep(0.01)
            order = self.sums.setdefault(ids[-1], [])
            order.append(number)
            if number == -1:
                context.set_response_header(index, context.header_key_sequence_end, ids[-1])
            if wakes:
                pathlib.Path(wakes + ".begun").touch()
                while not os.path.exists(wakes):
                    time.sleep(0.01)
            answers.append({"sum": sum(order), "seen": len(order), "pid": os.getpid(),
                            "batch": len(data), "id": ids[-1], "start": context.get_request_header(
                                index, context.header_key_sequence_start)})
        assert len(ids) == len(set(ids)), ids
        return answers
'''
YAML = """minWorkers: 2
maxWorkers: 2
batchSize: 4
maxBatchDelay: 20
sequenceBatching: true
sequenceMaxIdleMSec: 60000
maxNumSequence: 4
maxSequenceJobQueueSize: 3
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sequences")
    (folder / "store").mkdir()
    archive(folder / "store", "sums", SUMS, {"model.yaml": YAML}, config_file="model.yaml")
    archive(folder / "store", "narrow", SUMS, {"model.yaml": YAML.replace("60000", "2000") +
                                               "sequenceTimeoutMSec: 6000\n"},
            config_file="model.yaml")
    with TorchServe(folder, "", "--models", "sums=sums.mar", "narrow=narrow.mar") as server:
        yield server


def ask(server, sequence: str, number: float, model: str = "sums", wakes: str = "",
        **headers) -> requests.Response:
    """Its worker is busy until the file `wakes` is made."""
    named = {"ts_request_sequence_id": sequence} if sequence else {}
    return server.predict(model, f"{number} {wakes}".encode(), headers={
        "Content-Type": "application/octet-stream", **named, **headers})


def test_a_sequence_has_one_worker_and_its_order(served):
    described = served.describe("sums")[0]
    assert described["stateful"] and described["maxNumSequence"] == 4
    assert described["sequenceMaxIdleMSec"] == 60_000 and described["maxSequenceJobQueueSize"] == 3
    assert len({worker["pid"] for worker in described["workers"]}) == 2
    names = [f"order-{i}" for i in range(4)]

    def play(name):
        return [ask(served, name, i) for i in range(12)]

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        played = list(pool.map(play, names))
    pids = set()
    for name, answers in zip(names, played):
        assert [answer.status_code for answer in answers] == [200] * 12, answers[-1].text
        said = [answer.json() for answer in answers]
        assert [one["sum"] for one in said] == [sum(range(i + 1)) for i in range(12)]
        assert len({one["pid"] for one in said}) == 1
        assert answers[0].headers["ts_request_sequence_id"] == name
        pids.add(said[0]["pid"])
    assert len(pids) == 2  # shared out
    for name in names:
        assert ask(served, name, 0, ts_request_sequence_end="true").status_code == 200


def test_only_so_many_wait_and_only_so_many_are_open(served, tmp_path):
    wakes = tmp_path / "wakes"
    with concurrent.futures.ThreadPoolExecutor(7) as pool:
        first = pool.submit(ask, served, "busy", 1, wakes=str(wakes))
        try:
            wait_until((tmp_path / "wakes.begun").exists, 60)
            asked = [pool.submit(ask, served, "busy", i) for i in range(6)]
            wait_until(lambda: sum(one.done() for one in asked) == 3, 60)
            assert [one.result().status_code for one in asked if one.done()] == [503] * 3
        finally:
            wakes.touch()
        assert first.result().status_code == 200
        assert sorted(one.result().status_code for one in asked) == [200] * 3 + [503] * 3
    others = [ask(served, f"more-{i}", 1) for i in range(4)]
    assert [answer.status_code for answer in others] == [200, 200, 200, 503]
    assert others[-1].json() == {
        "code": 503, "type": "ServiceUnavailableException",
        "message": 'Model "sums" has no worker to serve inference request. Please use scale workers '
                   "API to add workers. If this is a sequence inference, please check if it is "
                   "closed, or expired; or exceeds maxSequenceJobQueueSize"}
    assert ask(served, "", 5).status_code == 503  # that would begin one, too
    assert ask(served, "busy", 0, ts_request_sequence_end="true").status_code == 200
    assert ask(served, "more-3", 1).status_code == 200  # there is room again
    assert ask(served, "more-0", -1).status_code == 200  # the handler ends it
    assert ask(served, "more-4", 1).status_code == 200
    for name in ("more-1", "more-2", "more-3", "more-4"):
        ask(served, name, 0, ts_request_sequence_end="true")


@pytest.mark.parametrize("headers", [{}, {"ts_request_sequence_start": "true"}])
def test_a_request_without_a_name_begins_a_sequence_and_gets_one(served, headers):
    begun = ask(served, "", 1, **headers)
    name = begun.headers["ts_request_sequence_id"]
    assert name.startswith("ts-seq-") and begun.json()["id"] == name
    assert begun.json()["start"] == "true"
    assert ask(served, name, 2, ts_request_sequence_end="true").json()["sum"] == 3


def test_idle_and_old_ones_end(served):
    def full() -> bool:  # at once, that is, or the first has ended by then
        for i in range(4):
            ask(served, f"old-{i}", 1, "narrow")
        return ask(served, "new", 1, "narrow").status_code == 503

    wait_until(full, 60)
    wait_until(lambda: ask(served, "new", 1, "narrow").status_code == 200, 60)
    began = time.monotonic()  # never idle, and yet over
    closed = 0
    while time.monotonic() < began + 60 and not closed:
        for i in range(4):
            closed += ask(served, f"others-{i}", 1, "narrow").status_code == 200 and i == 3
        ask(served, "new", 1, "narrow")
        time.sleep(0.05)
    assert closed


def test_scaling_keeps_the_order_and_begins_anew(served):
    assert ask(served, "scaled", 1).json()["sum"] == 1
    more = requests.put(served.management + "/models/sums",
                        params={"min_worker": 3, "synchronous": "true"}, timeout=120)
    assert more.status_code == 200, more.text
    assert len({worker["pid"] for worker in served.describe("sums")[0]["workers"]}) == 3
    again = ask(served, "scaled", 1, ts_request_sequence_end="true").json()
    assert again["seen"] == 1  # in a worker that is new


def test_a_yaml_that_says_sequences_and_not_how_long_is_refused(served):
    archive(served.store, "bad", SUMS, {"model.yaml": "sequenceBatching: true\n"},
            config_file="model.yaml")
    answer = served.register("bad.mar")
    assert answer.status_code == 400, answer.text
    assert "sequenceMaxIdleMSec to be 1 or more" in answer.json()["message"]


def test_headers_of_the_users_own(tmp_path):
    archive(tmp_path / "store", "sums", SUMS, {"model.yaml": YAML}, config_file="model.yaml")
    with TorchServe(tmp_path, "ts_header_key_sequence_id=X-Talk\n",
                    "--models", "sums=sums.mar") as server:
        for total in (1, 3):
            answer = server.predict("sums", str(total if total == 1 else 2).encode(),
                                    headers={"X-Talk": "mine",
                                             "Content-Type": "application/octet-stream"})
            assert answer.json()["sum"] == total and answer.json()["id"] == "mine"
