"""What the front door itself costs: a route that does nothing, and connections that say nothing."""

import contextlib
import re
import resource
import socket
import ssl
import subprocess

import psutil

from harness.gyre_server import GyreServer
from harness.load_generator import Target, load, require_right
from harness.machine import BIN
from harness.rounds import at, interleave, median, spread

TITLE = "HTTP: a route that does nothing, and idle connections"
CLIENTS = 32
BODY = "sixteen bytes ok"
IDLE = 10_000
PING = b"GET /ping HTTP/1.1\r\nHost: gyre\r\n\r\n"


def beast_echo():
    process = subprocess.Popen([BIN / "beast_echo"], stdout=subprocess.PIPE, text=True)
    return process, Target(process.stdout.readline().split()[1], "/", process.pid)


def wrk(url: str, seconds: float) -> dict:
    """Requests a second of one thread with CLIENTS connections: a generator that speaks TLS."""
    done = subprocess.run(["wrk", "-t1", f"-c{CLIENTS}", f"-d{int(max(2, seconds))}s", url],
                          text=True, capture_output=True, check=True, timeout=120)
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise RuntimeError(f"{url} did not answer as it should:\n{done.stdout}")
    return {"per_s": float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)[1])}


def idle_memory(platform, count: int, secure: bool) -> float:
    """MiB that the platform grows by with so many connections, each after one answered request."""
    host, port = platform.url.removeprefix("http://").split(":")
    context = ssl.create_default_context(cafile=platform.authority)
    process = psutil.Process(platform.process.pid)
    before = process.memory_info().rss
    with contextlib.ExitStack() as open_ones:
        for _ in range(count):
            connection = socket.create_connection((host, int(port)), 20)
            if secure:
                connection = context.wrap_socket(connection, server_hostname="localhost")
            open_ones.enter_context(connection)
            connection.sendall(PING)
            if not connection.recv(4096).startswith(b"HTTP/1.1 200"):
                raise RuntimeError("/ping did not answer as it should")
        return (process.memory_info().rss - before) / (1 << 20)


def run(bench) -> None:
    report = bench.report
    idle = 2_000 if bench.quick else IDLE
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 2 * IDLE), hard))
    report.settings |= {"clients": CLIENTS, "body": f"{len(BODY)} bytes", "idle connections": idle}
    process, beast = beast_echo()
    try:
        with GyreServer(bench.new_folder("gyre")) as gyre:
            platform = gyre.platform
            address = platform.url.removeprefix("http://")
            noop = Target(address=address, path="/ping", pid=platform.process.pid)

            def measure(target, prefix):
                return lambda: require_right(load(
                    target, text=BODY, clients=CLIENTS, seconds=bench.seconds, warm_up=1,
                    check="first", expect_prefix=prefix), target.path)

            rounds = interleave({"bare Beast echo": measure(beast, BODY),
                                 "Gyre, no-op route": measure(noop, '{"status":"Healthy"}')},
                                bench.rounds, bench.say)
            wire = interleave(
                {name: (lambda url=url: wrk(url, bench.seconds)) for name, url in {
                    "bare Beast echo": f"http://{beast.address}/",
                    "Gyre, http": f"http://{address}/ping",
                    "Gyre, https": f"https://{address}/ping"}.items()},
                max(2, bench.rounds - 2), bench.say, "per_s")
        with GyreServer(bench.new_folder("idle")) as gyre:
            plain = idle_memory(gyre.platform, idle, secure=False)
        with GyreServer(bench.new_folder("idle-tls")) as gyre:
            secure = idle_memory(gyre.platform, idle, secure=True)
    finally:
        process.kill()
        process.wait()

    rate = {name: median(reports, "right_per_s") for name, reports in rounds.items()}
    share = rate["Gyre, no-op route"] / rate["bare Beast echo"]
    report.claim("no-op route, rate against a bare Beast echo", share * 100, 80, "%")
    report.claim(f"{idle:,} idle connections, memory more", plain, 200 * idle / IDLE, " MiB",
                 at_most=True)
    report.table(f"{CLIENTS} clients, gyre-load",
                 ["", "requests/s", "of the rounds", "p50 ms", "p99 ms"],
                 [[name, rate[name], spread(reports, "right_per_s"),
                   median(reports, "latency_ms/p50"), median(reports, "latency_ms/p99")]
                  for name, reports in rounds.items()])
    report.table(f"{CLIENTS} clients, wrk: the same route over TLS, for information",
                 ["", "requests/s", "of the rounds"],
                 [[name, median(reports, "per_s"), spread(reports, "per_s")]
                  for name, reports in wire.items()])
    report.table(f"{idle:,} connections, idle after one request each",
                 ["", "memory more, MiB", "KiB a connection"],
                 [["http", plain, plain * 1024 / idle], ["https", secure, secure * 1024 / idle]])
    report.text("Memory is the growth of the platform's resident set. A TLS connection keeps "
                "OpenSSL's state and keys; its buffers are given back while it is idle.")
    report.figure("rates", rate)
    report.figure("wrk", {name: median(reports, "per_s") for name, reports in wire.items()})
    report.figure("idle_mib", {"http": plain, "https": secure})
    report.figure("rounds", {name: [at(r, "right_per_s") for r in reports]
                             for name, reports in rounds.items()})
