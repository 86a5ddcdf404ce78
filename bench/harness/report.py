"""What a suite found: tables for people, the same figures as JSON, both in bench/results."""

import json
import pathlib
import sys

from .machine import ROOT
from .rounds import number

RESULTS = ROOT / "bench" / "results"


class Report:
    def __init__(self, name: str, title: str, facts: dict, settings: dict):
        self.name = name
        self.title = title
        self.facts = facts
        self.settings = settings
        self._lines: list[str] = []
        self._figures: dict = {}
        self._claims: list[dict] = []

    def say(self, text: str) -> None:
        """Progress; not kept."""
        print(f"  {text}", file=sys.stderr, flush=True)

    def text(self, paragraph: str) -> None:
        self._lines += [paragraph, ""]

    def table(self, heading: str, columns: list[str], rows: list[list]) -> None:
        shown = [[cell if isinstance(cell, str) else number(cell) for cell in row] for row in rows]
        self._lines += [f"## {heading}", "", "| " + " | ".join(columns) + " |",
                        "|---" * len(columns) + "|",
                        *("| " + " | ".join(row) + " |" for row in shown), ""]

    def figure(self, name: str, value) -> None:
        """Kept in the JSON alone."""
        self._figures[name] = value

    def claim(self, what: str, value: float, bound: float, unit: str = "", at_most: bool = False) -> None:
        """A figure that the product promises. It is compared and shown, and never fails a run."""
        self._claims.append({"what": what, "value": value, "bound": bound, "unit": unit,
                             "at_most": at_most,
                             "holds": value <= bound if at_most else value >= bound})

    def write(self, folder: pathlib.Path = RESULTS) -> str:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.name}.json").write_text(json.dumps(
            {"name": self.name, **self.facts, "settings": self.settings, "claims": self._claims,
             "figures": self._figures}, indent=1, ensure_ascii=False) + "\n")
        text = self.markdown()
        (folder / f"{self.name}.md").write_text(text)
        return text

    def markdown(self) -> str:
        facts = self.facts
        lines = [f"# {self.title}", "",
                 f"{facts['date']}, commit {facts['commit']}, {facts['cpu']}, load before "
                 f"{facts['load_before']}. " + ", ".join(f"{k}: {v}" for k, v in self.settings.items()),
                 ""]
        if self._claims:
            lines += ["| promised | measured | bound | |", "|---|---|---|---|"]
            for claim in self._claims:
                sign = "≤" if claim["at_most"] else "≥"
                lines.append(f"| {claim['what']} | {number(claim['value'])}{claim['unit']} | {sign} "
                             f"{number(claim['bound'])}{claim['unit']} | "
                             f"{'holds' if claim['holds'] else '**does not hold**'} |")
            lines.append("")
        return "\n".join(lines + self._lines).rstrip() + "\n"
