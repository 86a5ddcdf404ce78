"""How many requests a second the platform can carry when the model costs nothing."""

import json
import subprocess

from harness import torchserve_peer
from harness.gyre_server import GyreServer, models
from harness.load_generator import Target, load, require_right
from harness.machine import BIN
from harness.rounds import at, interleave, median, spread

TITLE = "A model that does nothing"
CLIENTS = 32
BODY = "sixteen bytes ok"
# What TorchServe's handler of this benchmark does: one call for a batch, an answer for each.
PYTHON_HANDLER = '''
def model_fn(model_dir):
    return None

def transform_fn(model, body, content_type, accept):
    return "ok", "text/plain"
'''
TORCHSERVE_SETTINGS = [{"batch_size": 32, "delay_ms": 1, "workers": 1},
                       {"batch_size": 16, "delay_ms": 1, "workers": 1},
                       {"batch_size": 32, "delay_ms": 1, "workers": 2}]


def beast_echo():
    process = subprocess.Popen([BIN / "beast_echo"], stdout=subprocess.PIPE, text=True)
    return process, Target(process.stdout.readline().split()[1], "/", process.pid)


def signature_cost_us(bench) -> dict[str, float]:
    """access_benchmark's own figures, by case."""
    out = json.loads(bench.program(
        "access_benchmark", "--benchmark_format=json", "--benchmark_filter=Authorise|SignatureOnly|"
        "PoliciesOnly", "--benchmark_repetitions=3", "--benchmark_report_aggregates_only=true"))
    return {case["run_name"]: case["cpu_time"] for case in out["benchmarks"]
            if case["aggregate_name"] == "median"}


def run(bench) -> None:
    report = bench.report
    peer, setting = torchserve_peer.best(bench, None, TORCHSERVE_SETTINGS, CLIENTS,
                                         {"text": BODY, "expect_prefix": "ok"})
    report.settings |= {"clients": CLIENTS, "body": f"{len(BODY)} bytes", "TorchServe": setting}
    process, beast = beast_echo()
    try:
        with peer, GyreServer(bench.new_folder("gyre")) as gyre:
            native = gyre.deploy("noop", models.ECHO)
            handler = gyre.deploy("noop-python", {"code/inference.py": PYTHON_HANDLER},
                                  {"SAGEMAKER_TS_BATCH_SIZE": "32",
                                   "SAGEMAKER_TS_MAX_BATCH_DELAY": "0"})
            targets = {"bare Beast echo": (beast, BODY), "Gyre, native": (native, BODY),
                       "Gyre, Python handler": (handler, "ok"),
                       "TorchServe, Python handler": (torchserve_peer.target(peer), "ok")}

            def measure(target, prefix, clients):
                return lambda: require_right(load(
                    target, text=BODY, clients=clients, seconds=bench.seconds, warm_up=1.5,
                    check="first", expect_prefix=prefix), target.path)

            many = interleave({name: measure(*target, CLIENTS) for name, target in targets.items()},
                              bench.rounds, bench.say)
            one = interleave({name: measure(*target, 1) for name, target in targets.items()},
                             max(2, bench.rounds - 2), bench.say, "latency_ms/p50")
    finally:
        process.kill()
        process.wait()
    cost = signature_cost_us(bench)

    rate = {name: median(reports, "right_per_s") for name, reports in many.items()}
    peer_rate = rate["TorchServe, Python handler"]
    p50 = {name: median(reports, "latency_ms/p50") for name, reports in one.items()}
    report.claim("native model, rate against TorchServe", rate["Gyre, native"] / peer_rate, 5, "x")
    report.claim("Python handler, rate against TorchServe",
                 rate["Gyre, Python handler"] / peer_rate, 1.5, "x")
    report.claim("one client: p50 added by front door and batcher (the model's own call is below "
                 "1 µs)", p50["Gyre, native"] * 1000, 150, " µs", at_most=True)
    report.table(f"{CLIENTS} clients",
                 ["", "requests/s", "of the rounds", "p50 ms", "p99 ms", "against TorchServe",
                  "cores in use", "of them the generator"],
                 [[name, rate[name], spread(reports, "right_per_s"),
                   median(reports, "latency_ms/p50"), median(reports, "latency_ms/p99"),
                   f"{rate[name] / peer_rate:.2f}x", cores(reports),
                   median(reports, "generator_cpu_share")] for name, reports in many.items()])
    report.table("One client",
                 ["", "p50 µs", "p99 µs", "p50 over the bare Beast echo, µs"],
                 [[name, p50[name] * 1000, median(reports, "latency_ms/p99") * 1000,
                   (p50[name] - p50["bare Beast echo"]) * 1000] for name, reports in one.items()])
    report.table("The signature check, apart (CPU µs a request, access_benchmark)", ["", "µs"],
                 [[name, value] for name, value in cost.items()])
    report.text("Every request to Gyre is signed and checked; TorchServe and the Beast echo check "
                "nothing. AuthoriseInvokeEndpoint/N is the whole check of a request with a body of N "
                "bytes: claim, key, time, body hash, signature, policies.")
    report.figure("rates", rate)
    report.figure("p50_us_one_client", {name: value * 1000 for name, value in p50.items()})
    report.figure("signature_us", cost)
    report.figure("rounds", {name: [at(r, "right_per_s") for r in reports]
                             for name, reports in many.items()})


def cores(reports: list[dict]) -> float:
    """Median of the cores that the server's processes used."""
    totals = sorted(sum(report.get("cpu_share", {}).values()) for report in reports)
    return totals[len(totals) // 2]
