"""h2load of nghttp2 as a function: unary gRPC calls in a closed loop."""

import pathlib
import re
import subprocess

from .machine import tree_cpu_seconds


def h2_load(address: str, method: str, message: bytes, folder: pathlib.Path, *, pid: int,
            clients: int, seconds: float, warm_up: float = 1) -> dict:
    """Calls a second and their latencies, in load_generator.load's words; `method` is
    "/package.Service/Method". Each of `clients` has a connection and one call at a time."""
    body = folder / "message.grpc"
    body.write_bytes(b"\0" + len(message).to_bytes(4, "big") + message)
    log = folder / "h2load.log"
    log.unlink(missing_ok=True)
    before = tree_cpu_seconds(pid)
    done = subprocess.run(
        ["h2load", "--clients", str(clients), "--max-concurrent-streams", "1",
         "--duration", str(seconds), "--warm-up-time", str(warm_up), "--data", str(body),
         "--header", "content-type: application/grpc", "--header", "te: trailers",
         "--log-file", str(log), f"http://{address}{method}"],
        text=True, capture_output=True, check=True, timeout=seconds + warm_up + 60)
    failed = re.search(r"requests:.* (\d+) failed, (\d+) errored, (\d+) timeout", done.stdout)
    if failed is None or any(map(int, failed.groups())):
        raise RuntimeError("h2load: " + done.stdout)
    after = tree_cpu_seconds(pid)
    rows = [line.split("\t") for line in log.read_text().splitlines()]  # start, status, µs
    if any(row[1] != "200" for row in rows):
        raise RuntimeError("h2load: not every call was answered")
    times = sorted(int(row[2]) / 1000 for row in rows)
    return {"right_per_s": float(re.search(r"([\d.]+) req/s", done.stdout)[1]),
            "latency_ms": {"p50": times[len(times) // 2], "p99": times[len(times) * 99 // 100]},
            "cpu_share": {name: round((after[name] - before.get(name, 0)) / (warm_up + seconds), 3)
                          for name in after}}
