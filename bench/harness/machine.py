"""Where and on what a figure was measured."""

import datetime
import os
import pathlib
import subprocess

import psutil

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BIN = pathlib.Path(os.environ.get("GYRE_BIN", ROOT / "build" / "release" / "bin"))
CACHE = ROOT / "bench" / ".cache"


def _git(*arguments: str) -> str:
    return subprocess.run(["git", "-C", ROOT, *arguments], text=True, capture_output=True).stdout.strip()


def facts() -> dict:
    cpu = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo")
                if line.startswith("model name")), "unknown")
    changed = " with changes" if _git("status", "--porcelain", "--", "src", "bench", "python") else ""
    return {"commit": (_git("rev-parse", "--short=12", "HEAD") or "unknown") + changed,
            "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
            "cpu": f"{os.cpu_count()} x {cpu}", "load_before": round(os.getloadavg()[0], 2)}


def tree_cpu_seconds(pid: int) -> dict[str, float]:
    """CPU seconds so far of a process and all below it, by program."""
    seconds: dict[str, float] = {}
    try:
        root = psutil.Process(pid)
        for process in [root, *root.children(recursive=True)]:
            times = process.cpu_times()
            name = process.name()
            seconds[name] = seconds.get(name, 0) + times.user + times.system
    except psutil.NoSuchProcess:
        pass
    return seconds
