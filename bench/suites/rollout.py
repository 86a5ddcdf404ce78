"""A rollout under full load: what an endpoint's clients see while another model takes its place."""

import itertools
import threading
import time

from harness import networks
from harness.gyre_server import GyreServer, models
from harness.load_generator import load, require_right
from harness.machine import CACHE
from harness.rounds import at, median, number

from suites.models import PRECISION, model_folder, uploaded

TITLE = "Rollouts under full load"
CLIENTS = 32
NETWORK = "efficientnet-lite0"
BEFORE = 1.5  # seconds of load before the update is asked for
WAYS = {"at once": None,
        "canary": {"Type": "CANARY", "WaitIntervalInSeconds": 2,
                   "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 25}}}


class Rollout(threading.Thread):
    """Asks for the endpoint's other configuration and waits until it serves alone."""

    def __init__(self, platform, endpoint: str, config: str, routing: dict | None):
        super().__init__()
        self.platform, self.endpoint = platform, endpoint
        self.order = {"EndpointName": endpoint, "EndpointConfigName": config}
        if routing:
            self.order["DeploymentConfig"] = {"BlueGreenUpdatePolicy": {
                "TrafficRoutingConfiguration": routing, "TerminationWaitInSeconds": 0}}
        self.took = 0.0

    def run(self) -> None:
        time.sleep(BEFORE + 1)  # the generator's warm-up comes first
        began = time.monotonic()
        self.platform.client("sagemaker").update_endpoint(**self.order)
        self.platform.wait(self.endpoint)
        self.took = time.monotonic() - began


def run(bench) -> None:
    report = bench.report
    bench.rounds = 3
    report.settings |= {"rounds": bench.rounds, "clients": CLIENTS, "precision": PRECISION}
    with GyreServer(bench.new_folder("gyre")) as gyre:
        platform = gyre.platform
        cases = {"a model that does nothing": (models.ECHO, {}, {"text": "sixteen bytes ok"}),
                 NETWORK: (uploaded(model_folder(bench, NETWORK)), {"GYRE_PRECISION": PRECISION},
                           {"bodies": networks.bodies(CACHE), "check": "length"})}
        rows = []
        for case, (files, environment, request) in cases.items():
            endpoint = f"rolled-{len(rows)}"
            target = gyre.deploy(endpoint, files, environment)
            for name in ("blue", "green"):
                platform.put_config(f"{endpoint}-{name}", {"model": endpoint})
            configs = itertools.cycle([f"{endpoint}-green", f"{endpoint}-blue"])

            def measure(seconds: float) -> dict:
                return require_right(load(target, clients=CLIENTS, seconds=seconds, warm_up=1,
                                          **request), case)

            for way, routing in WAYS.items():
                first = Rollout(platform, endpoint, next(configs), routing)  # how long one takes
                first.start()
                measure(bench.seconds)
                first.join()
                seconds = BEFORE + 1.5 * first.took + 2
                quiet, rolling, took = [], [], []
                for turn in range(bench.rounds):
                    quiet.append(measure(seconds))
                    rollout = Rollout(platform, endpoint, next(configs), routing)
                    rollout.start()
                    rolling.append(measure(seconds))
                    rollout.join()
                    took.append(rollout.took)
                    bench.say(f"round {turn + 1}/{bench.rounds} {case}, {way}: "
                              f"{at(quiet[-1], 'latency_ms/p99'):.3g} ms, then "
                              f"{at(rolling[-1], 'latency_ms/p99'):.3g} ms")
                p99 = [median(reports, "latency_ms/p99") for reports in (quiet, rolling)]
                report.claim(f"{case}, {way}: p99 with a rollout, of that before", p99[1] / p99[0],
                             1.5, "x", at_most=True)
                rows.append([f"{case}, {way}", median(quiet, "right_per_s"),
                             median(rolling, "right_per_s"), *p99, max(took),
                             number(sum(r["right_per_s"] for r in rolling) * seconds), 0])
            platform.client("sagemaker").delete_endpoint(EndpointName=endpoint)
    report.table("Before, and with a rollout",
                 ["", "requests/s", "with a rollout", "p99 ms", "with a rollout", "a rollout, s",
                  "requests meanwhile", "failed"], rows)
    report.text("A request that fails ends the benchmark: a round stands here only when none did. A round "
                "is as long as a rollout and half of one more, with the load all the while.")
