"""Requests that come when they like: how many can be asked a second before 1 in 100 is late, and
what is left of the capacity when twice of it is asked."""

import dataclasses
import statistics

from harness import networks, torchserve_peer
from harness.gyre_server import GyreServer
from harness.load_generator import load
from harness.machine import CACHE
from harness.rounds import interleave, median, spread
from suites.models import PRECISION, TORCHSERVE_SETTINGS, model_folder, uploaded

TITLE = "Poisson arrivals: the highest rate with p99 under 30 ms, and twice the capacity"
NETWORK = "efficientnet-lite0"
LATE_MS = 30
STEPS = 5
TRIES = 2  # a rate is kept when one of them keeps it: the machine has hiccups of its own
CLIENTS = 32
# What a caller that is in a hurry says, and the time within which an answer is of use to it.
DEADLINE_MS = 100


def in_time(target, rate: float, seconds: float, bodies, seed: int) -> dict:
    """gyre-load's report; `good_share` is the part answered right within LATE_MS."""
    return load(target, bodies=bodies, rate=rate, seconds=seconds, warm_up=1, check="length",
                good_within_ms=LATE_MS, max_connections=256, seed=seed, drain=2)


def highest_rate(bench, name: str, target, bodies, most: float) -> float:
    """By halving between 0 and `most`; a rate is kept when 99 of 100 answers came in time."""
    low, high = 0.0, most
    for step in range(3 if bench.quick else STEPS):
        rate = (low + high) / 2
        kept = any(keeps(bench, name, target, rate, bodies, seed=10 * step + attempt)
                   for attempt in range(TRIES))
        low, high = (rate, high) if kept else (low, rate)
    return low


def keeps(bench, name: str, target, rate: float, bodies, seed: int) -> bool:
    report = in_time(target, rate, bench.seconds, bodies, seed)
    bench.say(f"{name} at {rate:.0f}/s: {report['good_share']:.1%} in time, "
              f"p99 {report['latency_ms']['p99']:.1f} ms")
    return report["good_share"] >= 0.99


def run(bench) -> None:
    report = bench.report
    bench.rounds = max(2, bench.rounds - 2)
    bodies = networks.bodies(CACHE)
    script = networks.torchscript(NETWORK, CACHE)
    folder = model_folder(bench, NETWORK)
    files = uploaded(folder)
    # Small batches and short waits: TorchServe's best for a bound of 30 ms.
    settings = [{"batch_size": 1, "delay_ms": 0, "workers": 2, "threads": 1},
                {"batch_size": 2, "delay_ms": 2, "workers": 1}]
    report.settings |= {"rounds": bench.rounds, "network": NETWORK, "precision": PRECISION,
                        "a request": "one picture, 150 KB", "late": f"over {LATE_MS} ms"}
    with GyreServer(bench.new_folder("gyre")) as gyre:
        plain = gyre.deploy("plain", files, {"GYRE_PRECISION": PRECISION})
        fast = gyre.deploy("fast", files, {"GYRE_PRECISION": PRECISION,
                                           "GYRE_TARGET_P99_MS": str(LATE_MS)})
        # Not of `fast`: clients that ask again at once when they are refused measure refusals.
        closed = load(plain, bodies=bodies, clients=CLIENTS, seconds=bench.seconds, warm_up=3)
        ours = highest_rate(bench, "Gyre", fast, bodies, closed["right_per_s"])
        theirs, setting = highest_of_torchserve(bench, script, settings, bodies)
        report.table("The highest rate with p99 under 30 ms", ["", "requests/s"],
                     [["Gyre (GYRE_TARGET_P99_MS=30)", ours], [f"TorchServe ({setting})", theirs]])
        report.figure("highest_rate", {"gyre": ours, "torchserve": theirs})
        if theirs:
            report.text(f"Gyre carries {ours / theirs:.1f} times TorchServe's rate.")
        overload(bench, plain, script, bodies)


def highest_of_torchserve(bench, script, settings, bodies) -> tuple[float, str]:
    best, described = 0.0, torchserve_peer.described(settings[0])
    for setting in settings[:1] if bench.quick else settings:
        with torchserve_peer.TorchServe(bench.new_folder("torchserve") / "peer", script,
                                        **setting) as peer:
            target = torchserve_peer.target(peer)
            closed = load(target, bodies=bodies, clients=4, seconds=bench.seconds, warm_up=5)
            rate = highest_rate(bench, "TorchServe", target, bodies, closed["right_per_s"])
        if rate > best:
            best, described = rate, torchserve_peer.described(setting)
    return best, described


def overload(bench, ours, script, bodies) -> None:
    """Capacity and twice of it in turn; one server after the other, since TorchServe goes on computing
    what nobody waits for any more."""
    report = bench.report
    rounds: dict[str, list[dict]] = {}

    def measure(who, target):
        capacity: list[dict] = []

        def at_capacity():
            capacity.append(load(target, bodies=bodies, clients=CLIENTS, seconds=bench.seconds,
                                 warm_up=1.5, check="length"))
            return capacity[-1]

        def at_twice():
            hurried = dataclasses.replace(
                target, headers=(*target.headers, f"X-Gyre-Deadline-Ms: {DEADLINE_MS}"))
            return load(hurried, bodies=bodies, rate=2 * capacity[-1]["right_per_s"],
                        seconds=bench.seconds, warm_up=1.5, check="length",
                        good_within_ms=DEADLINE_MS, max_connections=256, drain=2)

        rounds.update(interleave({who: at_capacity, f"{who} twice": at_twice}, bench.rounds,
                                 bench.say))

    measure("gyre", ours)
    with torchserve_peer.TorchServe(bench.new_folder("torchserve") / "peer", script,
                                    **TORCHSERVE_SETTINGS[0]) as peer:
        theirs = torchserve_peer.target(peer)
        load(theirs, bodies=bodies, clients=CLIENTS, seconds=1, warm_up=6)
        measure("torchserve", theirs)
    rows = []
    for who, label in (("gyre", "Gyre"), ("torchserve", "TorchServe")):
        twice = rounds[f"{who} twice"]
        at_once = median(rounds[who], "right_per_s")
        # Round by round, since twice is twice that round's capacity.
        share = statistics.median(100 * after["good_per_s"] / before["right_per_s"]
                                  for before, after in zip(rounds[who], twice))
        rows.append([label, at_once, median(twice, "asked_per_s"),
                     median(twice, "good_per_s"), spread(twice, "good_per_s"), f"{share:.0f} %",
                     median(twice, "latency_ms/p99"), median(twice, "refused_ms/p50"),
                     median(twice, "with_retry_after") / twice[0]["seconds"]])
        if who == "gyre":
            report.claim("at twice the capacity, goodput of the capacity", share, 90, " %")
            report.claim("a refusal, p50 as its client sees it",
                         median(twice, "refused_ms/p50"), 1, " ms", at_most=True)
    report.table(f"Twice the capacity; an answer counts within {DEADLINE_MS} ms",
                 ["", "capacity/s (32 clients)", "asked/s", "good/s", "of the rounds",
                  "of capacity", "p99 of answers ms", "p50 of refusals ms", "with Retry-After/s"],
                 rows)
    report.text(f"Every request says X-Gyre-Deadline-Ms: {DEADLINE_MS}; TorchServe has nothing of "
                "the kind and ignores it. Latency counts from when a request was meant to be sent.")
    report.figure("overload", {who: [{k: r[k] for k in ("right_per_s", "good_per_s", "asked_per_s",
                                                       "by_status", "unanswered")}
                                     | {"cpu": r.get("cpu_share")} for r in reports]
                               for who, reports in rounds.items()})
