"""SIGKILL of `gyre serve` at random moments under load: what was acknowledged is there after the
restart, no endpoint is stuck, no process is left, and no client waits for ever."""

import random
import time

from crash.ledger import BUCKET, CONFIGS, Writers
from support import models
from support.load import Load
from support.platform import ON_ITS_WAY
from support.processes import Marked, wait_until

KILLS = 8
DEEP_SECONDS = 300


def settle(platform) -> dict[str, str]:
    """Statuses by endpoint, once none is on its way."""
    sagemaker = platform.client("sagemaker")

    def statuses():
        listed = [endpoint for page in sagemaker.get_paginator("list_endpoints").paginate()
                  for endpoint in page["Endpoints"]]
        found = {endpoint["EndpointName"]: endpoint["EndpointStatus"] for endpoint in listed}
        return None if ON_ITS_WAY & set(found.values()) else found

    return wait_until(statuses, 120, lambda: f"still on their way: "
                      f"{sagemaker.list_endpoints()['Endpoints']}\n{platform.log()[-4000:]}")


def test_nothing_acknowledged_is_lost_and_nothing_is_stuck(new_platform, deep):
    seed = random.randrange(1 << 30)
    print("seed", seed)  # pytest shows it when the test fails
    moments = random.Random(seed)
    marked = Marked()
    platform = new_platform(environment=marked.environment).start()
    platform.put_model("ledger", models.echo())
    platform.client("s3").create_bucket(Bucket=BUCKET)
    for config in CONFIGS:
        platform.put_config(config, {"model": "ledger"})
    platform.deploy("asked", models.echo())
    writers = Writers(3, seed)
    began, kills = time.monotonic(), 0
    while (time.monotonic() - began < DEEP_SECONDS) if deep else (kills < KILLS):
        with Load(platform, "asked", threads=2) as load, writers.at_work(platform):
            enough = writers.acknowledged() + moments.randrange(5, 60)
            wait_until(lambda: writers.acknowledged() >= enough or writers.surprises(), 120)
            time.sleep(moments.random() / 10)  # not always just after an answer
            platform.kill()
        kills += 1
        assert writers.surprises() == []
        load.check()
        marked.wait_until_gone()
        platform.start()
        statuses = settle(platform)
        assert set(statuses.values()) == {"InService"}, statuses
        writers.check(platform)
        for endpoint in statuses:
            assert platform.invoke(endpoint, b"hello")["Body"].read() == b"hello"
    wait_until(lambda: len(marked.hosts()) == len(statuses), 120,
               lambda: f"{statuses}, but there run {marked.alive()}")
    assert platform.stop() == 0
    marked.wait_until_gone()
