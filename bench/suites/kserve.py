"""KServe V2 with binary tensors, over HTTP and gRPC: pictures a second beside the bare engine."""

import json
import re

import numpy
import requests

from harness import networks
from harness.gyre_server import GyreServer
from harness.h2_load import h2_load
from harness.load_generator import Target, load, require_right
from harness.machine import CACHE
from harness.rounds import interleave, median, spread
from suites.models import PRECISION, bare_loop, uploaded

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


def varint(value: int) -> bytes:
    low = b""
    while value >= 0x80:
        low += bytes([value & 0x7F | 0x80])
        value >>= 7
    return low + bytes([value])


def field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def infer_request(model: str, name: str, shape: list[int], values: bytes) -> bytes:
    """A ModelInferRequest of one raw input (src/grpc/proto/kserve.proto)."""
    tensor = (field(1, name.encode()) + field(2, b"FP32")
              + field(3, b"".join(varint(size) for size in shape)))
    return field(1, model.encode()) + field(5, tensor) + field(7, values)


def run(bench) -> None:
    folder = bench.new_folder(NETWORK)
    (folder / "model.pt").write_bytes(networks.torchscript(NETWORK, CACHE).read_bytes())
    # Clients send the network's own values, not pictures.
    side = networks.SIZE
    (folder / "gyre.json").write_text(json.dumps(
        {"inputs": [{"name": "x", "type": "FP32", "shape": [-1, 3, side, side]}]}))
    with GyreServer(bench.new_folder("gyre")) as gyre:
        gyre.deploy("v2", uploaded(folder), {"GYRE_PRECISION": PRECISION})
        metadata = requests.get(gyre.platform.url + "/v2/models/v2", timeout=10).json()
        only = metadata["inputs"][0]
        shape = [1, *only["shape"][1:]]
        files, length = v2_bodies(bench, NETWORK, shape, only["name"])
        target = Target(gyre.platform.url.removeprefix("http://"), "/v2/models/v2/infer",
                        gyre.platform.process.pid,
                        headers=(f"Inference-Header-Content-Length: {length}",))
        ways = {f"bare loop, {rows} rows, {at_once} at once":
                (lambda way=(rows, at_once): bare_loop(bench, folder, way)) for rows, at_once in BARE}
        grpc = re.findall(r"gRPC of=kserve address=(\S+)", gyre.platform.log())[-1]
        message = infer_request("v2", only["name"], shape, files[0].read_bytes()[length:])
        calls = bench.new_folder("calls")
        bare = {name: run()["rows_per_s"] for name, run in ways.items()}
        fastest = max(bare, key=bare.get)
        # A second answers some fifty: of a short round the last batch would be a few per cent.
        seconds = 3 * bench.seconds
        rounds = interleave({
            "bare": lambda: {"right_per_s": ways[fastest]()["rows_per_s"]},
            "HTTP": lambda: require_right(
                load(target, bodies=files, clients=CLIENTS, seconds=seconds, warm_up=2),
                target.path),
            "gRPC": lambda: h2_load(grpc, "/inference.GRPCInferenceService/ModelInfer", message, calls,
                                    pid=target.pid, clients=CLIENTS, seconds=seconds,
                                    warm_up=2)}, bench.rounds, bench.say)
    bare[fastest] = best = median(rounds.pop("bare"), "right_per_s")
    rates = {f"KServe V2, {face}": median(rounds[face], "right_per_s") for face in rounds}
    for name, rate in rates.items():
        bench.report.claim(f"ResNet-50 over {name} against the engine's bare loop", rate / best,
                           AT_LEAST, "x")
    bench.report.table(f"ResNet-50, one FP32 picture a request, {CLIENTS} clients", ["", "pictures/s"],
                       [[name, rate] for name, rate in {**rates, **bare}.items()])
    for face, reports in rounds.items():
        bench.report.text(f"{face}, of the rounds: {spread(reports, 'right_per_s')}; p99 "
                          f"{median(reports, 'latency_ms/p99'):.1f} ms.")
    bench.report.figure("rates", {**rates, **bare})
