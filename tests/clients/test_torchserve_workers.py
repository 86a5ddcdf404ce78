"""Workers that die: started again for as long as maxRetryTimeoutInSec of the model's YAML says."""

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from support.processes import wait_until
from support.torchserve import TorchServe, archive

# Comes up only while the file that the YAML names is there.
MORTAL = '''
import os

def handle(data, context):
    if data is None:
        assert os.path.exists(context.model_yaml_config["life"]), "no life left"
        return
    if any(row.get("body") == b"die" for row in data):
        os._exit(9)
    return [str(os.getpid())] * len(data)
'''
NO_WORKER = 'has no worker to serve inference request. Please use scale workers API'


@pytest.fixture
def served(tmp_path):
    with TorchServe(tmp_path) as server:
        yield server


def register(served, name: str, retry: object, **query) -> "os.PathLike":
    """A model of that name; the file without which it does not come up."""
    life = served.folder / f"{name}.life"
    life.touch()
    archive(served.store, name, MORTAL,
            {"model.yaml": f"life: {life}\nmaxRetryTimeoutInSec: {retry}\n"}, config_file="model.yaml")
    registered = served.register(f"{name}.mar", **query)
    assert registered.status_code == 200, registered.text
    return life


def ping(served) -> tuple[int, str]:
    answer = requests.get(served.inference + "/ping", timeout=30)
    return answer.status_code, answer.json()["status"]


def states(served, model: str) -> list[str]:
    return [worker["status"] for worker in served.describe(model)[0]["workers"]]


def test_a_worker_that_does_not_come_up_in_time_is_given_up(served):
    life = register(served, "mortal", 2)
    assert served.describe("mortal")[0]["maxRetryTimeoutInSec"] == 2
    life.unlink()
    began = time.monotonic()
    assert served.predict("mortal", b"die").status_code == 500
    wait_until(lambda: ping(served) == (500, "Unhealthy"), 60)
    assert time.monotonic() - began >= 2, "it is started again for two seconds"
    assert states(served, "mortal") == ["UNLOADING"]
    refused = served.predict("mortal", b"x")
    assert refused.status_code == 503 and refused.json()["type"] == "ServiceUnavailableException"
    assert NO_WORKER in refused.json()["message"] and "given up" in refused.json()["message"]
    life.touch()
    time.sleep(1)
    assert served.predict("mortal", b"x").status_code == 503, "nobody asked for it again"
    # The same number of workers is enough to have them started anew.
    scaled = requests.put(served.management + "/models/mortal", timeout=60,
                          params={"min_worker": 1, "synchronous": "true"})
    assert scaled.status_code == 200, scaled.text
    assert served.predict("mortal", b"x").status_code == 200
    wait_until(lambda: ping(served) == (200, "Healthy"), 60)
    assert states(served, "mortal") == ["READY"]


def test_one_that_comes_up_in_time_goes_on(served):
    life = register(served, "mortal", 60)
    life.unlink()
    assert served.predict("mortal", b"die").status_code == 500
    time.sleep(1.5)
    life.touch()
    assert served.predict("mortal", b"x").status_code == 200
    assert ping(served) == (200, "Healthy")


def test_of_two_workers_one_is_given_up(served):
    register(served, "pair", 0, initial_workers=2)
    assert ping(served) == (200, "Healthy")
    assert served.predict("pair", b"die").status_code == 500
    wait_until(lambda: ping(served) == (500, "Unhealthy"), 60)
    assert sorted(states(served, "pair")) == ["READY", "UNLOADING"]
    assert len({served.predict("pair", b"x").text for _ in range(8)}) == 1


def test_a_host_that_does_not_come_up_again_is_given_up_too(served):
    life = register(served, "mortal", 1)
    host = served.describe("mortal")[0]["workers"][0]["pid"]
    life.unlink()
    os.kill(host, signal.SIGKILL)
    wait_until(lambda: ping(served) == (500, "Unhealthy"), 60)
    life.touch()
    time.sleep(1)
    assert served.predict("mortal", b"x").status_code == 503
    scaled = requests.put(served.management + "/models/mortal", timeout=60,
                          params={"min_worker": 1, "synchronous": "true"})
    assert scaled.status_code == 200 and served.predict("mortal", b"x").status_code == 200


def test_answers_go_on_while_hosts_come_and_go(served):
    """What ends a host waits for the thread that answers pings, which must not wait for it in turn."""
    register(served, "mortal", 60)
    over = threading.Event()

    def ask() -> None:
        session = requests.Session()
        while not over.is_set():
            session.get(served.inference + "/ping", timeout=60)

    with ThreadPoolExecutor(4) as askers:
        asking = [askers.submit(ask) for _ in range(4)]
        try:
            for _ in range(5):
                os.kill(served.describe("mortal")[0]["workers"][0]["pid"], signal.SIGKILL)
                wait_until(lambda: served.predict("mortal", b"x").status_code == 200, 120)
                wait_until(lambda: states(served, "mortal") == ["READY"], 120)
        finally:
            over.set()
        for one in asking:
            one.result()
