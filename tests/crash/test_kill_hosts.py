"""SIGKILL of model hosts and Python workers at random moments under load: their requests get an
error at once, the others go on, and what was killed comes back by itself."""

import random
import signal
import time

import pytest

from support import models
from support.load import Load
from support.processes import kill, wait_until

DEEP_SECONDS = 120
HANDLER = models.inference(
    "import sys\nprint('this worker began', file=sys.stderr)\n"
    "def model_fn(model_dir):\n    return None\n"
    "def input_fn(body, content_type):\n    return body\n"
    "def predict_fn(data, model):\n    return data\n"
    "def output_fn(data, accept):\n    return data, 'text/plain'\n")


@pytest.fixture
def platform(new_platform, marked):
    platform = new_platform(environment=marked.environment).start()
    yield platform
    assert platform.stop() == 0
    marked.wait_until_gone()


def rounds(deep: bool, count: int):
    """Numbers of rounds: `count`, or as many as fit into the long run."""
    began, number = time.monotonic(), 0
    while (time.monotonic() - began < DEEP_SECONDS) if deep else (number < count):
        yield number
        number += 1


def status(platform, endpoint: str) -> str:
    return platform.client("sagemaker").describe_endpoint(EndpointName=endpoint)["EndpointStatus"]


def test_hosts(platform, marked, deep):
    """Two hosts: the one that is left serves while the other comes back."""
    platform.deploy("pair", models.echo(), count=2)
    for _ in rounds(deep, 4):
        with Load(platform, "pair") as load:
            load.wait_for_more(random.randrange(1, 30))
            victim = random.choice(marked.hosts())
            kill(victim, signal.SIGKILL)
            load.wait_for_more(50)
            wait_until(lambda: victim not in marked.hosts() and len(marked.hosts()) == 2, 60)
            load.wait_for_more(20)
        load.check()
        # Each thread may have had one request in the host that died.
        assert len(load.failed) <= 4, load.failed
        assert all("ModelError" in text and "ended before it answered" in text
                   for text in load.failed), load.failed
        assert status(platform, "pair") == "InService"


def test_the_only_host(platform, marked, deep):
    """Requests that come while it is away wait for it, or are told to come again."""
    platform.deploy("alone", models.echo())
    for _ in rounds(deep, 4):
        with Load(platform, "alone") as load:
            load.wait_for_more(random.randrange(1, 30))
            (victim,) = marked.hosts()
            kill(victim, signal.SIGKILL)
            load.wait_for_more(50)
        load.check()
        assert all("ModelError" in text or "ServiceUnavailable" in text
                   for text in load.failed), load.failed
        assert status(platform, "alone") == "InService"


def test_a_stopped_host_is_given_up_and_replaced(platform, marked, deep):
    """SIGSTOP: it neither answers nor ends. Its requests must not wait for ever."""
    if not deep:
        pytest.skip("half a minute of silence, for --deep")
    platform.deploy("frozen", models.echo())
    (victim,) = marked.hosts()
    kill(victim, signal.SIGSTOP)
    try:
        with Load(platform, "frozen", threads=2) as load:
            load.wait_for_more(20)
        load.check()
        assert marked.hosts() != [victim]
    finally:
        kill(victim, signal.SIGKILL)


def test_workers(platform, marked, deep):
    platform.deploy("people", HANDLER, {"SAGEMAKER_MODEL_SERVER_WORKERS": "2"})
    assert len(marked.workers()) == 2
    for _ in rounds(deep, 4):
        with Load(platform, "people") as load:
            load.wait_for_more(random.randrange(1, 30))
            victim = random.choice(marked.workers())
            kill(victim, signal.SIGKILL)
            load.wait_for_more(30)
            wait_until(lambda: victim not in marked.workers() and len(marked.workers()) == 2, 60)
            load.wait_for_more(10)
        load.check()
        assert len(load.failed) <= 4, load.failed
        assert all("ModelError" in text and "killed by signal 9" in text
                   for text in load.failed), load.failed
        assert len(marked.hosts()) == 1  # it was not the host that paid
        assert status(platform, "people") == "InService"


def test_hosts_of_a_server_that_is_killed_end_with_their_workers(platform, marked):
    platform.deploy("orphans", HANDLER, {"SAGEMAKER_MODEL_SERVER_WORKERS": "2"})
    assert len(marked.hosts()) == 1 and len(marked.workers()) == 2
    platform.kill()
    marked.wait_until_gone()
    platform.start()
    platform.wait("orphans")
    assert platform.invoke("orphans", b"back")["Body"].read() == b"back"
