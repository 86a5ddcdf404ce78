"""Runs the benchmarks of bench/suites, writes bench/results, and prints what they found.

Each suite measures Gyre and its peers in one run, in turn, and reports medians and ratios. Figures
are compared with what the product promises; they never fail a run."""

import argparse
import importlib
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from harness import machine  # noqa: E402  (found by the line above)
from harness.bench import Bench  # noqa: E402

SUITES = pathlib.Path(__file__).resolve().parent / "suites"


def known() -> dict[str, object]:
    names = sorted(path.stem for path in SUITES.glob("*.py") if path.stem != "__init__")
    return {name: importlib.import_module(f"suites.{name}") for name in names}


def build() -> None:
    """The programs that only benchmarks need; `./dev bench` has built the rest."""
    folder = machine.BIN.parent
    # A folder configured before bench/ was there does not know of it.
    subprocess.run(["cmake", folder], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "-C", folder, "bench"], check=True, stdout=subprocess.DEVNULL)


def main() -> int:
    suites = known()
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="suites:\n" + "\n".join(f"  {n:14} {s.TITLE}" for n, s in suites.items()))
    parser.add_argument("names", nargs="*", metavar="NAME", help="default: all but the manual ones")
    parser.add_argument("--quick", action="store_true", help="fewer, shorter rounds: a smoke test")
    parser.add_argument("--no-build", action="store_true", help="take the programs as they are")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in suites]
    if unknown:
        parser.error(f"no suite {', '.join(unknown)}; there are {', '.join(suites)}")
    names = arguments.names or [name for name, suite in suites.items()
                                if not getattr(suite, "MANUAL", False)]
    if not arguments.no_build:
        build()
    if os.getloadavg()[0] > 1.5:
        print(f"the machine is busy (load {os.getloadavg()[0]:.1f}): figures will be low and noisy",
              file=sys.stderr)
    failed = []
    for name in names:
        print(f"[{time.strftime('%H:%M:%S')}] {name}: {suites[name].TITLE}", file=sys.stderr)
        with tempfile.TemporaryDirectory(prefix="gyre-bench-") as folder:
            bench = Bench(name, suites[name].TITLE, arguments.quick, pathlib.Path(folder))
            try:
                suites[name].run(bench)
            except Exception:  # the other suites still have something to say
                traceback.print_exc()
                failed.append(name)
                continue
        print(bench.report.write() if not arguments.quick else bench.report.markdown(), flush=True)
    if failed:
        print("did not run to the end: " + ", ".join(failed), file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
