"""Cucumber's feature files, as far as the conformance suites of graph databases use them."""

import dataclasses
import pathlib
import re


@dataclasses.dataclass
class Step:
    text: str
    line: int
    doc: str = ""
    table: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Scenario:
    feature: str
    name: str
    tags: set
    steps: list


WORDS = ("Given ", "When ", "Then ", "And ", "But ", "* ")


def cells(line):
    """Of a table's line: \\| is a bar, \\\\ a backslash and \\n a new line."""
    parts, now, at = [], "", 1
    line = line.strip()
    while at < len(line):
        if line[at] == "\\" and at + 1 < len(line) and line[at + 1] in "|\\n":
            now += "\n" if line[at + 1] == "n" else line[at + 1]
            at += 2
        elif line[at] == "|":
            parts.append(now.strip())
            now = ""
            at += 1
        else:
            now += line[at]
            at += 1
    return parts


def filled(step, values):
    def put(text):
        for name, value in values.items():
            text = text.replace(f"<{name}>", value)
        return text
    return Step(put(step.text), step.line, put(step.doc), [[put(c) for c in row] for row in step.table])


def scenarios(path: pathlib.Path):
    """Of one file; an outline gives one for each of its examples."""
    lines = path.read_text().split("\n")
    feature, feature_tags, tags, background, found = path.stem, set(), set(), [], []
    steps, outline, examples, name, mode = [], False, None, "", None
    scenario_tags = set()

    def close():
        if mode != "scenario":
            return
        if not outline:
            found.append(Scenario(feature, name, scenario_tags, background + steps))
            return
        for number, row in enumerate(examples[1:] if examples else [], 1):
            values = dict(zip(examples[0], row))
            found.append(Scenario(feature, f"{name} #{number}", scenario_tags,
                                  background + [filled(step, values) for step in steps]))

    at = 0
    while at < len(lines):
        line = lines[at].strip()
        at += 1
        if not line or line.startswith("#"):
            continue
        if line.startswith("@"):
            tags |= {word[1:] for word in line.split()}
        elif line.startswith("Feature:"):
            feature, feature_tags, tags = line[8:].strip(), tags, set()
        elif line.startswith("Background:"):
            close()
            mode, steps = "background", background
        elif match := re.match(r"(Scenario Outline|Scenario|Example):(.*)", line):
            close()
            mode, steps, name = "scenario", [], match.group(2).strip()
            outline, examples = match.group(1) == "Scenario Outline", None
            scenario_tags, tags = feature_tags | tags, set()
        elif line.startswith("Examples:"):
            examples = examples or []
            first = not examples
            while at < len(lines) and (not lines[at].strip() or lines[at].strip().startswith(("|", "#"))):
                if lines[at].strip().startswith("|"):
                    row = cells(lines[at])
                    if first or examples and row != examples[0]:
                        examples.append(row)
                    first = False
                at += 1
        elif line.startswith('"""'):
            indent = len(lines[at - 1]) - len(lines[at - 1].lstrip())
            doc = []
            while not lines[at].strip().startswith('"""'):
                doc.append(lines[at][indent:] if not lines[at][:indent].strip() else lines[at])
                at += 1
            at += 1
            steps[-1].doc = "\n".join(doc).replace('\\"\\"\\"', '"""')
        elif line.startswith("|"):
            steps[-1].table.append(cells(line))
        elif line.startswith(WORDS):
            steps.append(Step(line.split(" ", 1)[1].strip(), at))
    close()
    return found
