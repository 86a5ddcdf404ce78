"""KServe V2 with binary tensors: pictures a second beside the bare engine and InvokeEndpoint."""

import json

import numpy
import requests

from harness import networks
from harness.gyre_server import GyreServer
from harness.load_generator import Target, load, require_right
from harness.machine import CACHE
from harness.rounds import interleave, median, spread
from suites.models import bare_loop, uploaded

TITLE = "KServe V2, binary tensors"
CLIENTS = 32
NETWORK = "resnet50"
BARE = ((8, 1), (16, 1), (4, 2), (8, 2))
AT_LEAST = 0.95


def v2_bodies(bench, name: str, shape: list[int], input_name: str):
    """The pictures of the other suites as V2 requests, and how long their JSON is."""
    folder = bench.new_folder("v2-bodies")
    size = int(numpy.prod(shape)) * 4
    question = json.dumps({
        "inputs": [{"name": input_name, "datatype": "FP32", "shape": shape,
                    "parameters": {"binary_data_size": size}}],
        "parameters": {"binary_data_output": True}})
    question += " " * (-len(question) % 64)  # tensors begin where the engine can use them in place
    files = []
    for index, body in enumerate(networks.bodies(CACHE)):
        values = networks.scaled(numpy.load(body)).numpy()
        file = folder / f"{index}.v2"
        file.write_bytes(question.encode() + numpy.ascontiguousarray(values, "<f4").tobytes())
        files.append(file)
    return files, len(question)


def run(bench) -> None:
    folder = bench.new_folder(NETWORK)
    (folder / "model.pt").write_bytes(networks.torchscript(NETWORK, CACHE).read_bytes())
    # Clients send the network's own values, not pictures.
    side = networks.SIZE
    (folder / "gyre.json").write_text(json.dumps(
        {"inputs": [{"name": "x", "type": "FP32", "shape": [-1, 3, side, side]}]}))
    with GyreServer(bench.new_folder("gyre")) as gyre:
        gyre.deploy("v2", uploaded(folder), {"GYRE_PRECISION": "bf16"})
        metadata = requests.get(gyre.platform.url + "/v2/models/v2", timeout=10).json()
        only = metadata["inputs"][0]
        shape = [1, *only["shape"][1:]]
        files, length = v2_bodies(bench, NETWORK, shape, only["name"])
        target = Target(gyre.platform.url.removeprefix("http://"), "/v2/models/v2/infer",
                        gyre.platform.process.pid,
                        headers=(f"Inference-Header-Content-Length: {length}",))
        ways = {f"bare loop, {rows} rows, {at_once} at once":
                (lambda way=(rows, at_once): bare_loop(bench, folder, way)) for rows, at_once in BARE}
        rounds = interleave({"KServe V2": lambda: require_right(
            load(target, bodies=files, clients=CLIENTS, seconds=bench.seconds, warm_up=2),
            target.path)}, bench.rounds, bench.say)
        bare = {name: max(run()["rows_per_s"] for _ in range(2)) for name, run in ways.items()}
    rate = median(rounds["KServe V2"], "right_per_s")
    best = max(bare.values())
    bench.report.claim("ResNet-50 over KServe V2 against the engine's bare loop", rate / best,
                       AT_LEAST, "x")
    bench.report.table(f"ResNet-50, one FP32 picture a request, {CLIENTS} clients", ["", "pictures/s"],
                       [["KServe V2", rate], *([name, value] for name, value in bare.items())])
    bench.report.text(f"Of the rounds: {spread(rounds['KServe V2'], 'right_per_s')}; p99 "
                      f"{median(rounds['KServe V2'], 'latency_ms/p99'):.1f} ms.")
    bench.report.figure("rates", {"KServe V2": rate, **bare})
