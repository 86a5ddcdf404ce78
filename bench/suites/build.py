"""How long a clean release build takes, and a one-line change until the room's test has passed.
Manual: `./dev bench build`. It builds in a folder of its own; the compiler cache is written, never
read."""

import os
import shutil
import subprocess
import time

from harness.machine import ROOT

TITLE = "Build times (manual: about a quarter of an hour)"
MANUAL = True
# One leaf, one room in the middle, one that much depends on.
CHANGES = {"core": "src/core/digest.cpp", "access": "src/access/sigv4.cpp",
           "serving": "src/serving/routing.cpp"}


def timed(*command, environment=None) -> float:
    begin = time.monotonic()
    done = subprocess.run(list(map(str, command)), text=True, capture_output=True,
                          env=environment or os.environ)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout[-4000:]}{done.stderr[-2000:]}")
    return time.monotonic() - begin


def run(bench) -> None:
    report = bench.report
    bench.report.settings = {"cores": os.cpu_count(), "compiler cache": "written, not read"}
    tree = bench.new_folder("tree")
    # A copy: one line of it is changed.
    for path in subprocess.run(["git", "-C", ROOT, "ls-files", "-z"], text=True, check=True,
                               capture_output=True).stdout.rstrip("\0").split("\0"):
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, tree / path)
    (tree / ".deps").symlink_to(ROOT / ".deps")
    environment = {**os.environ, "CCACHE_RECACHE": "1", "CCACHE_BASEDIR": str(tree)}
    build = tree / "build" / "release"
    configure = timed("cmake", "-S", tree, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
                      environment=environment)
    bench.say(f"configured in {configure:.0f} s")
    clean = timed("ninja", "-C", build, environment=environment)
    bench.say(f"built in {clean:.0f} s")
    report.claim("a clean release build", (configure + clean) / 60, 15, " min", at_most=True)
    rows = [["clean release build, all programs and tests", configure + clean]]
    for room, source in CHANGES.items():
        path = tree / source
        path.write_text(path.read_text() + "\n// A line more.\nstatic_assert(sizeof(int) == 4);\n")
        took = timed("ninja", "-C", build, f"{room}_test", environment=environment)
        took += timed(build / "bin" / f"{room}_test", environment=environment)
        report.claim(f"one line of {source} to a passing {room}_test", took, 15, " s", at_most=True)
        rows.append([f"{source} changed, {room}_test built and passed", took])
    report.table("Seconds", ["", "s"], rows)
