"""TorchServe with the settings that suit it best here: tried in turn, the fastest stays."""

from collections.abc import Callable

from peers.torchserve import TorchServe

from .load_generator import Target, load, require_right


def target(peer: TorchServe) -> Target:
    return Target(peer.address, peer.path, peer.pid)


def best(bench, torchscript, settings: list[dict], clients: int, request: dict,
         start: Callable = TorchServe) -> tuple[TorchServe, str]:
    """A TorchServe, not yet started, with the one of `settings` (TorchServe's arguments) that
    answered most, and how to call it in a report. `request`: arguments of load."""
    rates = []
    for setting in settings[:1] if bench.quick else settings:
        with start(bench.new_folder("torchserve-try") / "peer", torchscript, **setting) as peer:
            report = load(target(peer), clients=clients, warm_up=5, seconds=4, **request)
        rates.append(require_right(report, "TorchServe")["right_per_s"])
        bench.say(f"TorchServe, {described(setting)}: {rates[-1]:.0f}/s")
    chosen = settings[rates.index(max(rates))]
    return start(bench.new_folder("torchserve") / "peer", torchscript, **chosen), described(chosen)


def described(setting: dict) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in setting.items())
