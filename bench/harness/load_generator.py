"""gyre-load, as a function."""

import dataclasses
import json
import os
import pathlib
import subprocess

from .machine import BIN, tree_cpu_seconds


@dataclasses.dataclass
class Target:
    """What can be put under load."""

    address: str  # "127.0.0.1:8080"
    path: str
    pid: int | None = None  # whose CPU time, with that of its children, belongs to the figure
    keys: dict[str, str] | None = None  # signs with these
    service: str = "sagemaker"  # that it signs for
    method: str = "POST"
    headers: tuple[str, ...] = ()
    content_type: str = "application/octet-stream"


def load(target: Target, *, bodies: list[pathlib.Path] = (), text: str = "", clients: int = 1,
         rate: float = 0, seconds: float = 5, warm_up: float = 1, check: str = "none",
         expect_prefix: str = "", good_within_ms: float = 0, max_connections: int = 1024,
         seed: int = 1, drain: float = 3) -> dict:
    """gyre-load's report (docs/benchmarks.md), with `cpu_share` by program: cores in use."""
    command = [BIN / "gyre-load", "--target", target.address, "--path", target.path,
               "--method", target.method, "--content-type", target.content_type, "--clients", clients, "--rate", rate,
               "--seconds", seconds, "--warm-up", warm_up, "--check", check,
               "--good-within-ms", good_within_ms, "--max-connections", max_connections,
               "--seed", seed, "--drain", drain]
    if expect_prefix:
        command += ["--expect-prefix", expect_prefix]
    for header in target.headers:
        command += ["--header", header]
    if bodies:
        command += ["--body", *bodies]
    else:
        command += ["--text", text]
    environment = dict(os.environ)
    if target.keys:
        command += ["--sign", target.service]
        environment |= {"AWS_ACCESS_KEY_ID": target.keys["aws_access_key_id"],
                        "AWS_SECRET_ACCESS_KEY": target.keys["aws_secret_access_key"]}
    before = tree_cpu_seconds(target.pid) if target.pid else {}
    done = subprocess.run(list(map(str, command)), text=True, capture_output=True, env=environment,
                          timeout=warm_up + seconds + drain + 60)
    if done.returncode != 0:
        raise RuntimeError("gyre-load: " + done.stderr.strip())
    report = json.loads(done.stdout)
    if target.pid:
        after = tree_cpu_seconds(target.pid)
        report["cpu_share"] = {name: round((after[name] - before.get(name, 0)) / (warm_up + seconds), 3)
                               for name in after}
    return report


def require_right(report: dict, what: str) -> dict:
    """The report, or an exception that quotes what the server said instead of an answer."""
    failed = {k: report[k] for k in ("wrong", "broken_connections", "unanswered") if report[k]}
    failed |= {k: v for k, v in report["by_status"].items() if k != "200"}
    if failed or not report["right_per_s"]:
        raise RuntimeError(f"{what} did not answer as it should: {failed} "
                           f"{report.get('first_error', '')} {report.get('first_refusal', '')}")
    return report
