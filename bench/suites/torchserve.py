"""The same .mar, unmodified, behind TorchServe and behind gyre under its name."""

import os
import subprocess
import sys

from harness import networks, torchserve_peer
from harness.load_generator import Target, load, require_right
from harness.machine import BIN, CACHE
from harness.rounds import interleave, median, spread
from peers.torchserve import TorchServe

TITLE = "TorchServe's archives"
CLIENTS = 32
AT_LEAST = 1.3
SETTINGS = {"resnet50": [{"batch_size": 8, "delay_ms": 20, "workers": 1},
                         {"batch_size": 8, "delay_ms": 20, "workers": 2, "threads": 1}],
            "a handler that does nothing": [{"batch_size": 32, "delay_ms": 1, "workers": 1}]}


class GyreTorchServe:
    """gyre with the archive and the settings of a peer that is not started."""

    def __init__(self, peer: TorchServe):
        self.folder = peer.folder / "gyre"
        self.folder.mkdir()
        lines = (peer.folder / "config.properties").read_text().splitlines()
        kept = [line for line in lines if "address" not in line and "port" not in line]
        addresses = [f"{face}_address=http://127.0.0.1:0"
                     for face in ("inference", "management", "metrics")]
        (self.folder / "config.properties").write_text("\n".join(addresses + kept) + "\n")

    def __enter__(self) -> Target:
        self.log = open(self.folder / "log", "wb")
        self.process = subprocess.Popen(
            [BIN / "gyre", "torchserve", "--foreground", "--ts-config", "config.properties"],
            cwd=self.folder, stdout=subprocess.PIPE, stderr=self.log, text=True,
            env={**os.environ, "GYRE_PYTHON": sys.executable})
        line = self.process.stdout.readline().split()
        if line[:2] != ["torchserve", "ready"]:
            raise RuntimeError((self.folder / "log").read_text()[-2000:])
        return Target(line[2].removeprefix("http://"), "/predictions/m", self.process.pid)

    def __exit__(self, *_) -> None:
        self.process.terminate()
        self.process.wait(60)
        self.log.close()


def run(bench) -> None:
    bench.report.settings |= {"clients": CLIENTS}
    for name in SETTINGS:
        measure(bench, name)
    bench.report.text("The archive is made once by torch-model-archiver and served by both, with the "
                      "batch size, delay and workers at which TorchServe itself was fastest.")


def measure(bench, name: str) -> None:
    if name == "resnet50":
        torchscript = networks.torchscript(name, CACHE)
        request = {"bodies": networks.bodies(CACHE)}
    else:
        torchscript, request = None, {"text": "sixteen bytes ok"}
    peer, setting = torchserve_peer.best(bench, torchscript, SETTINGS[name], CLIENTS, request)
    with peer, GyreTorchServe(peer) as target:
        targets = {"TorchServe": torchserve_peer.target(peer), "gyre torchserve": target}

        # Some ten pictures a second: a short round would count a batch or two.
        seconds = bench.seconds * (5 if torchscript else 1)

        # What the other still computes of its round slows the first answers, which are to end while
        # it warms up: else they are one in a hundred of the counted ones.
        def once(target: Target):
            return lambda: require_right(load(target, clients=CLIENTS, seconds=seconds,
                                              warm_up=5, **request), target.address)

        rounds = interleave({label: once(target) for label, target in targets.items()},
                            bench.rounds, bench.say)
    rate = {label: median(reports, "right_per_s") for label, reports in rounds.items()}
    p99 = {label: median(reports, "latency_ms/p99") for label, reports in rounds.items()}
    bench.report.claim(f"{name}: rate of the same archive against TorchServe",
                       rate["gyre torchserve"] / rate["TorchServe"], AT_LEAST, "x")
    bench.report.claim(f"{name}: p99 against TorchServe's", p99["gyre torchserve"] / p99["TorchServe"],
                       1, "x", at_most=True)
    bench.report.table(f"{name}, {CLIENTS} clients ({setting})",
                       ["", "requests/s", "of the rounds", "p50 ms", "p99 ms"],
                       [[label, rate[label], spread(reports, "right_per_s"),
                         median(reports, "latency_ms/p50"), p99[label]]
                        for label, reports in rounds.items()])
    bench.report.figure(f"rates_{name}", rate)
