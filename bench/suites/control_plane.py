"""What the control plane costs when nothing happens, how soon it is there, and what a request's
authorisation takes."""

import statistics
import time

import psutil

from harness.gyre_server import GyreServer, Platform, models
from suites.noop import signature_cost_us

TITLE = "The control plane at rest"
BODY_BYTES = 1024


def start_seconds(folder) -> float:
    platform = Platform(folder)
    begin = time.monotonic()
    platform.start()
    took = time.monotonic() - begin
    platform.stop()
    return took


def resident_mb(pid: int) -> float:
    return psutil.Process(pid).memory_info().rss / 1e6


def run(bench) -> None:
    report = bench.report
    first, again = [], []
    for _ in range(bench.rounds):
        folder = bench.new_folder("start")
        first.append(start_seconds(folder))
        again.append(start_seconds(folder))
    with GyreServer(bench.new_folder("idle")) as gyre:
        pid = gyre.platform.process.pid
        time.sleep(2)
        idle = resident_mb(pid)
        gyre.deploy("noop", models.ECHO)
        for _ in range(20):
            gyre.platform.invoke("noop", b"x" * 100_000)
        served = resident_mb(pid)
        before = psutil.Process(pid).cpu_times()
        time.sleep(5)
        after = psutil.Process(pid).cpu_times()
        idle_cpu = (after.user + after.system - before.user - before.system) / 5
    cost = signature_cost_us(bench)
    authorising = cost[f"AuthoriseInvokeEndpoint/{BODY_BYTES}"]
    report.claim("resident memory, idle", idle, 100, " MB", at_most=True)
    report.claim("ready after a first start", statistics.median(first), 1, " s", at_most=True)
    report.claim("ready after a start with data", statistics.median(again), 1, " s", at_most=True)
    report.claim(f"authorising a signed request of {BODY_BYTES} bytes", authorising, 50, " µs",
                 at_most=True)
    report.table("At rest", ["", ""],
                 [["resident memory, no endpoint, MB", idle],
                  ["resident memory, one endpoint, after some predictions, MB", served],
                  ["cores in use with one idle endpoint", f"{idle_cpu:.3f}"],
                  ["first start to ready, s", statistics.median(first)],
                  ["start with data to ready, s", statistics.median(again)]])
    report.table("Authorising one InvokeEndpoint (CPU µs, access_benchmark)", ["", "µs"],
                 [[name, value] for name, value in cost.items()])
    report.figure("start_s", {"first": first, "again": again})
    report.figure("resident_mb", {"idle": idle, "served": served})
    report.figure("signature_us", cost)
