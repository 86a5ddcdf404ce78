"""openCypher's TCK against a server of its own: `python -m conformance.opencypher FOLDER [WORD…]`.

FOLDER is the folder `tck` of a copy of openCypher's repository; with words, only scenarios whose name or file has
one. Prints a line for each scenario that fails."""

import collections
import json
import pathlib
import re
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from conformance import tally  # noqa: E402
from conformance.features import scenarios  # noqa: E402
from support.platform import Platform  # noqa: E402

# What TCK's README defines side effects by.
EFFECTS = {
    "nodes": "MATCH (n) RETURN id(n) AS x",
    "relationships": "MATCH ()-[r]->() RETURN id(r) AS x",
    "properties": "MATCH (n) UNWIND keys(n) AS key WITH properties(n) AS p, key, n "
                  "RETURN ['n', id(n), key, p[key]] AS x UNION ALL "
                  "MATCH ()-[r]->() UNWIND keys(r) AS key WITH properties(r) AS p, key, r "
                  "RETURN ['r', id(r), key, p[key]] AS x",
    "labels": "MATCH (n) UNWIND labels(n) AS label RETURN DISTINCT label AS x",
}


class Wrong(Exception):
    pass


class Failed(Exception):
    pass


class Text:
    """Reads values as the TCK writes them, into what `canonical` makes of answers."""

    def __init__(self, text, bag):
        self.text, self.at, self.bag = text.strip(), 0, bag

    def whole(self):
        value = self.value()
        assert self.at == len(self.text), f"cannot read {self.text!r} at {self.at}"
        return value

    def peek(self, size=1):
        return self.text[self.at:self.at + size]

    def space(self):
        while self.peek() == " ":
            self.at += 1

    def take(self, sign):
        self.space()
        if self.peek(len(sign)) != sign:
            return False
        self.at += len(sign)
        self.space()
        return True

    def need(self, sign):
        assert self.take(sign), f"no {sign} in {self.text!r} at {self.at}"

    def match(self, pattern):
        found = re.compile(pattern).match(self.text, self.at)
        if found:
            self.at = found.end()
        return found

    def value(self):
        self.space()
        if self.peek() == "'":
            return self.quoted()
        if self.peek() == "<":
            return self.path()
        if self.peek() == "(":
            return self.node()
        if self.peek(2) == "[:":
            return self.edge()
        if self.take("["):
            values = []
            while not self.take("]"):
                values.append(self.value())
                self.take(",")
            return ("list", tuple(sorted(values, key=repr)) if self.bag else tuple(values))
        if self.peek() == "{":
            return ("map", self.map())
        for word, value in (("true", True), ("false", False), ("null", None)):
            if self.match(word + r"\b"):
                return value
        if found := self.match(r"-?\d+(?![\d.eE])"):
            return int(found.group())
        if found := self.match(r"[-+]?(\d+\.?\d*([eE][-+]?\d+)?|\.\d+([eE][-+]?\d+)?)"):
            return real(float(found.group()))
        if found := self.match(r"-?Inf|NaN"):
            return ("float", found.group())
        raise AssertionError(f"cannot read {self.text!r} at {self.at}")

    def quoted(self):
        self.at += 1
        text = ""
        while self.peek() != "'":
            if self.peek() == "\\":
                self.at += 1
                text += {"n": "\n", "t": "\t"}.get(self.peek(), self.peek())
            else:
                text += self.peek()
            self.at += 1
        self.at += 1
        return text

    def map(self):
        self.need("{")
        values = {}
        while not self.take("}"):
            key = self.match(r"`[^`]*`|\w+").group().strip("`")
            self.need(":")
            values[key] = self.value()
            self.take(",")
        return tuple(sorted(values.items()))

    def node(self):
        self.need("(")
        self.match(r"\w+")
        labels = []
        while self.take(":"):
            labels.append(self.match(r"`[^`]*`|\w+").group().strip("`"))
        self.space()
        properties = self.map() if self.peek() == "{" else ()
        self.need(")")
        return ("node", tuple(sorted(labels)), properties)

    def edge(self):
        self.need("[")
        self.need(":")
        kind = self.match(r"`[^`]*`|\w+").group().strip("`")
        self.space()
        properties = self.map() if self.peek() == "{" else ()
        self.need("]")
        return ("edge", kind, properties)

    def path(self):
        self.need("<")
        parts = [self.node()]
        while not self.take(">"):
            back = self.take("<-")
            if not back:
                self.need("-")
            edge = self.edge()
            assert self.take("-" if back else "->")
            parts += [(edge, back), self.node()]
        return ("path", tuple(parts))


def real(value):
    if value != value:
        return ("float", "NaN")
    if value in (float("inf"), float("-inf")):
        return ("float", "Inf" if value > 0 else "-Inf")
    return ("float", repr(value))


def canonical(value, bag):
    if isinstance(value, float):
        return real(value)
    if isinstance(value, list):
        if value and all(isinstance(v, dict) and "~entityType" in v for v in value) and \
                value[0]["~entityType"] == "node" and (len(value) == 1 or value[1]["~entityType"] == "relationship"):
            parts = [canonical(value[0], bag)]
            for edge, node in zip(value[1::2], value[2::2]):
                before = value[value.index(edge) - 1]
                parts += [(canonical(edge, bag), edge["~start"] != before["~id"]), canonical(node, bag)]
            return ("path?", tuple(parts), ("list", tuple(canonical(v, bag) for v in value)))
        values = [canonical(v, bag) for v in value]
        return ("list", tuple(sorted(values, key=repr)) if bag else tuple(values))
    if isinstance(value, dict):
        if "~entityType" not in value:
            return ("map", tuple(sorted((k, canonical(v, bag)) for k, v in value.items())))
        properties = tuple(sorted((k, canonical(v, bag)) for k, v in value["~properties"].items()))
        if value["~entityType"] == "node":
            return ("node", tuple(sorted(value["~labels"])), properties)
        return ("edge", value["~type"], properties)
    return value


def same(want, have):
    """HTTP shows paths as lists: they are either."""
    if isinstance(have, tuple) and have and have[0] == "path?":
        return want == ("path", have[1]) or same(want, have[2])
    if isinstance(want, float) or isinstance(have, float):
        return want == have
    if isinstance(want, tuple) and isinstance(have, tuple) and len(want) == len(have):
        return all(same(a, b) for a, b in zip(want, have))
    if type(want) is not type(have):
        # Floats that JSON cannot hold are texts there.
        return isinstance(want, tuple) and want[:1] == ("float",) and \
            have in {"NaN": ("NaN",), "Inf": ("Infinity", "Inf"), "-Inf": ("-Infinity", "-Inf")}.get(want[1], ())
    return want == have


class Suite:
    def __init__(self, folder, base):
        self.folder, self.base = folder, base
        self.passed, self.failed = collections.Counter(), collections.Counter()

    def send(self, path, body, method="POST"):
        request = urllib.request.Request(self.base + path, body and json.dumps(body).encode(),
                                         {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            raise Failed(error.read().decode()) from None

    def ask(self, query, parameters=None):
        return self.send("/openCypher", {"query": query, "parameters": parameters or {}})["results"]

    def effects(self):
        return {name: collections.Counter(json.dumps(row["x"]) for row in self.ask(query))
                for name, query in EFFECTS.items()}

    def one(self, path, scenario):
        place = str(path.relative_to(self.folder / "features").parent)
        try:
            self.carry(scenario)
            self.passed[place] += 1
        except Exception as error:
            self.failed[place] += 1
            query = next((s.doc for s in scenario.steps if s.text == "executing query:"), "")
            print(f"FAIL {place}/{path.stem}: {scenario.name}\n   {' '.join(query.split())}\n"
                  f"   {type(error).__name__}: {str(error)[:700]}")

    def carry(self, scenario):
        self.ask("MATCH (n) DETACH DELETE n")
        parameters, rows, failure, before, after = {}, None, None, None, None
        procedures = []
        try:
            for step in scenario.steps:
                if step.text in ("an empty graph", "any graph"):
                    continue
                if match := re.match(r"the (binary-tree-\d) graph", step.text):
                    name = match.group(1)
                    self.ask((self.folder / "graphs" / name / (name + ".cypher")).read_text())
                elif step.text == "having executed:":
                    self.ask(step.doc)
                elif step.text == "parameters are:":
                    parameters = {name: plain(Text(value, False).whole()) for name, value in step.table}
                elif step.text.startswith("there exists a procedure "):
                    signature = step.text[len("there exists a procedure "):].rstrip(": ").strip()
                    if signature.endswith("::"):
                        signature += " ()"
                    table = [[plain(Text(c, False).whole()) for c in row] for row in step.table[1:]]
                    self.send("/openCypher/procedures", {"signature": signature, "rows": table})
                    procedures.append(signature.split("(")[0])
                elif step.text in ("executing query:", "executing control query:"):
                    before = self.effects()
                    try:
                        rows, failure = self.ask(step.doc, parameters), None
                    except Failed as error:
                        rows, failure = None, str(error)
                    after = self.effects()
                else:
                    self.judge(step, rows, failure, before, after)
        finally:
            for name in procedures:
                self.send("/openCypher/procedures/" + name, None, "DELETE")

    def judge(self, step, rows, failure, before, after):
        text = step.text
        if match := re.match(r"an? (\w+) should be raised at (compile time|runtime|any time): (\S+)", text):
            if failure is None:
                raise Wrong(f"no {match.group(1)}, but {rows}")
            detail = match.group(3)
            if detail != "*" and not (match.group(1) in failure and detail in failure):
                raise Wrong(f"no {match.group(1)}: {detail}, but {failure}")
            return
        if failure is not None:
            raise Wrong(failure)
        if text in ("no side effects", "the side effects should be:"):
            want = {name: int(count) for name, count in step.table}
            have = {}
            for name in EFFECTS:
                for sign, count in (("+", (after[name] - before[name]).total()),
                                    ("-", (before[name] - after[name]).total())):
                    if count:
                        have[sign + name] = count
            if have != want:
                raise Wrong(f"side effects are {have} and not {want}")
        elif text == "the result should be empty":
            if rows:
                raise Wrong(f"rows: {rows}")
        elif text.startswith("the result should be"):
            self.compare(step, rows, "in order" in text, "ignoring element order" in text)
        else:
            raise Wrong("no such step: " + text)

    @staticmethod
    def compare(step, rows, ordered, bag):
        names = step.table[0]
        want = [tuple(Text(cell, bag).whole() for cell in row) for row in step.table[1:]]
        have = [tuple(canonical(row.get(name), bag) for name in names) for row in rows]
        if rows and set(rows[0]) != set(names):
            raise Wrong(f"columns are {list(rows[0])} and not {names}")
        left = list(have)
        good = len(want) == len(have)
        for i, row in enumerate(want):
            if not good:
                break
            if ordered:
                good = same(row, have[i])
                continue
            match = next((k for k, one in enumerate(left) if same(row, one)), None)
            good = match is not None
            if good:
                left.pop(match)
        if not good:
            raise Wrong(f"expected {want}\n   got {have}")


def plain(value):
    if isinstance(value, tuple):
        if value[0] == "list":
            return [plain(v) for v in value[1]]
        if value[0] == "map":
            return {k: plain(v) for k, v in value[1]}
        if value[0] == "float":
            return float(value[1])
    return value


def main(folder, *words):
    folder = pathlib.Path(folder).resolve()
    with tempfile.TemporaryDirectory() as scratch:
        platform = Platform(pathlib.Path(scratch)).start()
        try:
            suite = Suite(folder, platform.url)
            for path in sorted((folder / "features").rglob("*.feature")):
                for scenario in scenarios(path):
                    if not words or any(w in scenario.name or w in str(path) for w in words):
                        suite.one(path, scenario)
        finally:
            platform.stop()
    return tally.tell(suite.passed, suite.failed)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
