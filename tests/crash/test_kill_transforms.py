"""SIGKILL of the platform, and of its hosts, at random moments of a transform job: it goes on where
it was, does no finished object again, and its outputs are those of a job that nobody disturbed."""

import random
import signal
import sys
import time

import pytest

from support import transform
from support.processes import kill, wait_until

DEEP_ROUNDS = 25
OBJECTS = 60


@pytest.fixture
def platform(new_platform, marked, container):
    platform = new_platform(container.config(sys.executable), marked.environment).start()
    yield platform
    assert platform.stop() == 0
    marked.wait_until_gone()


def status(platform, name: str) -> str:
    return platform.client("sagemaker").describe_transform_job(
        TransformJobName=name)["TransformJobStatus"]


def test_finished_objects_are_not_done_again(platform, container, deep):
    container.put_model(platform, "upper", SLOW="0.02")
    for number in range(DEEP_ROUNDS if deep else 2):
        bucket = f"kill-{number}"
        inputs = {f"in/{i:03}": f"{number}-{i:03}".encode() for i in range(OBJECTS)}
        transform.put(platform, bucket, inputs)
        transform.create(platform, bucket, "upper", f"s3://{bucket}/in/",
                         MaxConcurrentTransforms=3)
        asked: dict[str, int] = {}  # of objects seen finished: how often by then
        for _ in range(3):
            time.sleep(random.uniform(0, 1.5))
            if status(platform, bucket) != "InProgress":
                break
            finished = transform.outputs(platform, bucket)
            bodies = container.bodies()
            for key in finished:
                asked[key] = bodies.count(f"{number}-{key.removesuffix('.out')}")
            platform.kill()
            platform.start()
        transform.wait(platform, bucket)
        assert transform.outputs(platform, bucket) == {
            f"{i:03}.out": f"{number}-{i:03}".encode().upper() for i in range(OBJECTS)}
        bodies = container.bodies()
        again = [key for key, times in asked.items()
                 if bodies.count(f"{number}-{key.removesuffix('.out')}") != times]
        assert not again, again


def test_a_large_object_goes_on_in_its_middle(platform, container, deep):
    """Its output is beyond what is kept in memory, so how far it came is written down each second:
    the model is slow enough for several of them."""
    container.put_model(platform, "large", SLOW="0.01")
    rows = [f"{i:07}" + "x" * 12_000 for i in range(3_000)]
    transform.put(platform, "large", {"in/f": "\n".join(rows).encode()})
    transform.create(platform, "large", "large", "s3://large/in/", SplitType="Line",
                     AssembleWith="Line", BatchStrategy="SingleRecord", MaxPayloadInMB=1,
                     MaxConcurrentTransforms=4)
    journal = platform.data / "transform" / "large" / "journal"
    wait_until(lambda: journal.exists() and '"part"' in journal.read_text(), 120)
    platform.kill()
    first = len(container.bodies())
    platform.start()
    transform.wait(platform, "large", timeout=240)
    assert transform.outputs(platform, "large")["f.out"].decode() == \
        "".join(row.upper() + "\n" for row in rows)
    second = [body[:7] for body in container.bodies()[first:]]
    assert second[0] != "0000000", "it began at the beginning"
    assert len(second) < len(rows)
    wait_until(lambda: not journal.parent.exists(), 60)


def test_hosts_that_die(platform, container, marked, deep):
    container.put_model(platform, "mortal", SLOW="0.01")
    transform.put(platform, "mortal", {f"in/{i:03}": f"m-{i:03}".encode() for i in range(200)})
    transform.create(platform, "mortal", "mortal", "s3://mortal/in/", InstanceCount=2)
    for _ in range(20 if deep else 3):
        # Of those that have answered: one that dies three times before it is ready is given up, rightly.
        def at_work():
            answered = {line["host"] for line in container.lines() if "body" in line}
            return sorted(answered & set(marked.hosts()))
        wait_until(lambda: at_work() or status(platform, "mortal") != "InProgress", 60)
        time.sleep(random.uniform(0, 0.5))
        if hosts := at_work():
            kill(random.choice(hosts), signal.SIGKILL)
    transform.wait(platform, "mortal", timeout=240)
    assert transform.outputs(platform, "mortal") == {
        f"{i:03}.out": f"M-{i:03}".encode() for i in range(200)}


def test_a_stop_is_not_forgotten(platform, container):
    container.put_model(platform, "slow", SLOW="60")
    transform.put(platform, "slow", {"in/a": b"a"})
    transform.create(platform, "slow", "slow", "s3://slow/in/")
    wait_until(container.bodies, 60)
    platform.client("sagemaker").stop_transform_job(TransformJobName="slow")
    platform.kill()
    platform.start()
    transform.wait(platform, "slow", "Stopped")
    assert transform.outputs(platform, "slow") == {}
