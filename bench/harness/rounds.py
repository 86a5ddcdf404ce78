"""Contestants measured in turn, so that what disturbs the machine disturbs all of them."""

import statistics
from collections.abc import Callable


def interleave(contestants: dict[str, Callable[[], dict]], rounds: int,
               say: Callable[[str], None], figure: str = "right_per_s") -> dict[str, list[dict]]:
    """A B A B …: `rounds` reports of each."""
    reports: dict[str, list[dict]] = {name: [] for name in contestants}
    for number in range(rounds):
        for name, measure in contestants.items():
            report = measure()
            reports[name].append(report)
            say(f"round {number + 1}/{rounds} {name}: {at(report, figure):.4g}")
    return reports


def at(report: dict, path: str) -> float:
    """at(report, "latency_ms/p99")"""
    for step in path.split("/"):
        report = report[step]
    return float(report)


def median(reports: list[dict], path: str) -> float:
    return statistics.median(at(report, path) for report in reports)


def ratio(ours: list[dict], theirs: list[dict], path: str) -> float:
    """Median of the rounds' own ratios: the machine's speed, which changes from minute to minute, is
    nearly the same within one."""
    return statistics.median(at(one, path) / at(other, path)
                             for one, other in zip(ours, theirs, strict=True))


def spread(reports: list[dict], path: str) -> str:
    """"lowest–highest" of the rounds."""
    values = [at(report, path) for report in reports]
    return f"{number(min(values))}–{number(max(values))}"


def number(value: float) -> str:
    """For people: three or four digits that mean something."""
    if value == 0:
        return "0"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    if abs(value) >= 100:
        return f"{value:.0f}"
    if abs(value) >= 1:
        return f"{value:.3g}"
    return f"{value:.2g}"
