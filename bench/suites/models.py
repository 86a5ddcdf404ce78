"""Pictures a second through InvokeEndpoint, beside the bare engine and TorchServe."""

import io
import json
import pathlib

import numpy

from harness import networks, torchserve_peer
from harness.gyre_server import GyreServer
from harness.load_generator import load, require_right
from harness.machine import CACHE
from harness.rounds import interleave, median, ratio, spread

TITLE = "EfficientNet-Lite0 and ResNet-50 through InvokeEndpoint"
CLIENTS = 32
# What the claims are made for, and what a processor has that cannot.
PRECISION = "bf16" if "avx512_bf16" in pathlib.Path("/proc/cpuinfo").read_text() else "fp32"
AGAINST_TORCHSERVE = {"resnet50": 2.5, "efficientnet-lite0": 6}
# Rows of a batch, and batches that compute at once: the bare loop, and for information two of them.
ONE_LOOP = ((8, 1), (16, 1), (32, 1))
TWO_LOOPS = ((4, 2), (8, 2))
TORCHSERVE_SETTINGS = [{"batch_size": 8, "delay_ms": 20, "workers": 1},
                       {"batch_size": 32, "delay_ms": 50, "workers": 1},
                       {"batch_size": 8, "delay_ms": 20, "workers": 2, "threads": 1}]
# Relative error (L2) of the scores to PyTorch's own in fp32 above which something is wrong; what bf16
# itself costs is reported.
AGREES_WITHIN = 0.15
SAMPLES = 48


def bare_loop(bench, folder, way: tuple[int, int]) -> dict:
    rows, at_once = way
    out = bench.program("engine_bare_loop", "--model", folder, "--rows", rows, "--at-once", at_once,
                        "--seconds", bench.seconds, "--precision", PRECISION, "--cache",
                        CACHE / "engine")
    return json.loads(out.splitlines()[-1])


def model_folder(bench, name: str):
    """The model as it is uploaded, with samples that int8 is calibrated and judged on."""
    folder = bench.new_folder(name)
    (folder / "model.pt").write_bytes(networks.torchscript(name, CACHE).read_bytes())
    (folder / "gyre.json").write_text(json.dumps(networks.GYRE_JSON))
    (folder / "samples").mkdir()
    for body in networks.bodies(CACHE, SAMPLES, half=1):
        (folder / "samples" / body.name).write_bytes(body.read_bytes())
    return folder


def uploaded(folder) -> dict:
    """The folder's files by name, for a model.tar.gz."""
    return {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}


def agreement(gyre: GyreServer, endpoint: str, name: str, bodies) -> tuple[float, int]:
    """How the endpoint's scores compare with PyTorch's in fp32: the largest relative error (L2), and
    for how many pictures the first class is the same."""
    import torch

    reference = torch.jit.load(str(networks.torchscript(name, CACHE))).eval()
    worst, same = 0.0, 0
    for body in bodies:
        answer = gyre.platform.invoke(endpoint, body.read_bytes(), ContentType="application/x-npy",
                                      Accept="application/x-npy")["Body"].read()
        scores = numpy.load(io.BytesIO(answer))
        with torch.inference_mode():
            expected = reference(networks.scaled(numpy.load(body))).numpy()
        error = numpy.linalg.norm(scores - expected) / numpy.linalg.norm(expected)
        worst = max(worst, float(error))
        same += int(scores.argmax() == expected.argmax())
    return worst, same


def run(bench) -> None:
    bench.rounds = 2 * bench.rounds - 1  # two figures stand near their bounds
    bench.report.settings |= {"rounds": bench.rounds, "clients": CLIENTS, "precision": PRECISION,
                              "a request": "one uint8 picture [1, 224, 224, 3] as npy, 150 KB"}
    bodies = networks.bodies(CACHE)
    for name in networks.NAMES:
        measure_network(bench, name, bodies)
    bench.report.text(
        "The bare loop runs the same engine and precision, loaded the same way, on one batch that "
        "stays in place: no server, no bodies, no client. It is measured with "
        f"{', '.join(str(rows) for rows, _ in ONE_LOOP)}; the best stands here. Two loops at once, each on a "
        "thread of its own, show what the engine can give to batches that compute side by side. The load "
        "generator and the server share the machine's cores; the bare loops have them for themselves. "
        "Ratios are medians of the rounds' own. ResNet-50 has random weights.")


def measure_network(bench, name: str, bodies) -> None:
    report = bench.report
    request = {"bodies": bodies, "check": "length"}
    script = networks.torchscript(name, CACHE)
    folder = model_folder(bench, name)
    peer, setting = torchserve_peer.best(bench, script, TORCHSERVE_SETTINGS, CLIENTS, request)
    report.settings[f"TorchServe for {name}"] = setting
    one_loop, two_loops = (max(ways, key=lambda way: bare_loop(bench, folder, way)["rows_per_s"])
                           for ways in (ONE_LOOP, TWO_LOOPS))
    with GyreServer(bench.new_folder("gyre")) as gyre, peer:
        ours = gyre.deploy(name, uploaded(folder), {"GYRE_PRECISION": PRECISION})
        int8 = gyre.deploy(f"{name}-int8", uploaded(folder), {"GYRE_PRECISION": "int8"})
        error, same = agreement(gyre, name, name, bodies)
        if error > AGREES_WITHIN:
            raise RuntimeError(f"{name}: answers differ from PyTorch's by {error:.3f} (L2, relative)")
        int8_error, int8_same = agreement(gyre, f"{name}-int8", name, bodies)
        load(torchserve_peer.target(peer), clients=CLIENTS, warm_up=6, seconds=1, **request)

        def measure(target, clients=CLIENTS):
            return lambda: require_right(
                load(target, clients=clients, seconds=bench.seconds, warm_up=2, **request), name)

        def bare(way):
            return lambda: {"right_per_s": (loop := bare_loop(bench, folder, way))["rows_per_s"],
                            "latency_ms": {"p50": loop["ms_per_batch"]}}

        many = interleave({"bare": bare(one_loop), "two bare": bare(two_loops),
                           "gyre": measure(ours), "int8": measure(int8), "torchserve": measure(torchserve_peer.target(peer))},
                          bench.rounds, bench.say)
        one = interleave({"bare": bare((1, 1)), "gyre": measure(ours, 1)}, 2, bench.say)

    rate = {who: median(reports, "right_per_s") for who, reports in many.items()}
    p99 = {who: median(many[who], "latency_ms/p99") for who in ("gyre", "int8", "torchserve")}
    times = {peer: ratio(many["gyre"], many[peer], "right_per_s") for peer in ("bare", "torchserve")}
    report.claim(f"{name}, of the bare loop's rate", 100 * times["bare"], 95, " %")
    report.claim(f"{name}, rate against TorchServe", times["torchserve"], AGAINST_TORCHSERVE[name],
                 "x")
    report.claim(f"{name}, p99 against TorchServe", p99["gyre"] / p99["torchserve"], 1, "x",
                 at_most=True)
    labels = {"bare": f"bare loop, {PRECISION}, batches of {one_loop[0]}",
              "two bare": f"two bare loops at once, {PRECISION}, batches of {two_loops[0]}",
              "gyre": f"Gyre, {PRECISION}", "int8": "Gyre, int8",
              "torchserve": f"TorchServe ({setting})"}
    report.table(f"{name}, {CLIENTS} clients",
                 ["", "pictures/s", "of the rounds", "p50 ms", "p99 ms", "against TorchServe",
                  "cores in use"],
                 [[labels[who], rate[who], spread(reports, "right_per_s"),
                   "" if "bare" in who else median(reports, "latency_ms/p50"),
                   p99.get(who, ""),
                   f"{ratio(reports, many['torchserve'], 'right_per_s'):.2f}x", cores(reports)]
                  for who, reports in many.items()])
    alone = {who: median(reports, "latency_ms/p50") for who, reports in one.items()}
    report.table(f"{name}, one client", ["", "p50 ms"],
                 [["bare engine, one picture", alone["bare"]], ["Gyre", alone["gyre"]],
                  ["added", alone["gyre"] - alone["bare"]]])
    report.text(
        f"Scores beside PyTorch's in fp32: in {PRECISION} off by at most {error:.1%} (relative, L2) with "
        f"the same first class for {same} of {len(bodies)} pictures; in int8, calibrated on {SAMPLES} "
        f"other pictures, by {int8_error:.1%} with the same first class for {int8_same}.")
    report.figure(name, {"rate": rate, "error": {PRECISION: error, "int8": int8_error},
                         "same_first_class": {PRECISION: same, "int8": int8_same}, "p99_ms": p99, "one_client_p50_ms": alone,
                         "cpu": {who: [r.get("cpu_share") for r in reports]
                                 for who, reports in many.items()},
                         "generator_cpu": median(many["gyre"], "generator_cpu_share"),
                         "rounds": {who: [r["right_per_s"] for r in reports]
                                    for who, reports in many.items()}})


def cores(reports: list[dict]) -> str:
    """By program, of the median round."""
    shares = sorted((r["cpu_share"] for r in reports if "cpu_share" in r),
                    key=lambda share: sum(share.values()))
    return ", ".join(f"{program} {share:.2f}" for program, share in
                     (shares[len(shares) // 2].items() if shares else ()) if share >= 0.005)
