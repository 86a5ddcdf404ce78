"""`./dev run`: starts the platform in ./data, runs the tour in examples/tour against it, and leaves
it up until Ctrl-C."""

import argparse
import json
import os
import pathlib
import signal
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = ROOT / "build" / "release" / "bin"
TOURS = {"tour": "tour", "graph": "graph_tour"}  # folders of examples/


def start(data: pathlib.Path, listen: str) -> tuple[subprocess.Popen, str]:
    """The running server and its URL; its log goes to DATA/gyre.log."""
    data.mkdir(parents=True, exist_ok=True)
    with open(data / "gyre.log", "ab") as log:
        server = subprocess.Popen(
            [BIN / "gyre", "serve", "--data", data, "--listen", listen],
            stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True,
            env={**os.environ, "GYRE_PYTHON": sys.executable})
    ready = server.stdout.readline()
    if not ready.startswith("gyre ready "):
        server.wait()
        last = (data / "gyre.log").read_text(errors="replace").splitlines()[-1:]
        sys.exit(f"the platform did not start: {''.join(last)}\n(its log is {data / 'gyre.log'})")
    return server, ready.split()[2]


def main():
    parser = argparse.ArgumentParser(prog="./dev run")
    parser.add_argument("tour", nargs="?", default="tour", choices=TOURS, help="which tour")
    parser.add_argument("--listen", default="127.0.0.1:8080")
    parser.add_argument("--data", type=pathlib.Path, default=ROOT / "data")
    parser.add_argument("--no-tour", action="store_true", help="only start the platform")
    parser.add_argument("--exit", action="store_true", help="end the platform when the tour is over")
    options = parser.parse_args()

    server, url = start(options.data, options.listen)
    print(f"Gyre answers on {url}; its data and log are in {options.data}", flush=True)
    code = 0
    try:
        if not options.no_tour:
            clean = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
            exports = subprocess.run([BIN / "gyre", "env", "--json", "--data", options.data],
                                     check=True, capture_output=True, text=True, env=clean).stdout
            arguments = ([] if options.tour == "graph" else
                         ["--work", options.data / "tour", "--bare-loop", BIN / "engine_bare_loop"])
            code = subprocess.run(
                [sys.executable, ROOT / "examples" / TOURS[options.tour] / "tour.py", *arguments],
                env={**clean, **json.loads(exports)}).returncode
        if not options.exit and code == 0:
            print(f"\nThe platform stays up on {url}. In another terminal:\n"
                  f"    eval \"$({BIN.relative_to(ROOT) / 'gyre'} env)\"\n"
                  f"    {BIN.relative_to(ROOT) / 'gyre'} endpoints\n"
                  "Ctrl-C ends it.", flush=True)
            server.wait()
    except KeyboardInterrupt:
        print("\nstopping", flush=True)
    finally:
        if server.poll() is None:
            server.send_signal(signal.SIGTERM)
            server.wait()
    sys.exit(code)


if __name__ == "__main__":
    main()
