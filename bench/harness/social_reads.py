"""The social network in Gyre and in Kuzu: both load the same files, and are asked the same."""

import decimal
import json
import pathlib
import statistics
import subprocess
import time

import kuzu

from . import machine, social_network
from .social_network import Network
from .social_questions import CONSTANT, QUESTIONS, parameters, translate

MEMORY = 1 << 30  # what a load may gather
KUZU_TYPES = {"String": "STRING", "Long": "INT64", "Int": "INT32"}
ROUNDS = 3  # the best one counts, for both


def ours(bench, network: Network) -> dict:
    """As graph_questions prints it."""
    nodes = [table for table in network.tables if not table.ends]
    edges = [table for table in network.tables if table.ends]
    work = {"files": [str(table.path) for table in nodes + edges],
            "questions": [{"text": translate(question, True), "rounds": ROUNDS,
                           "parameters": parameters(question, network)} for question in QUESTIONS]}
    done = subprocess.run([machine.BIN / "graph_questions", bench.new_folder("social"), str(MEMORY)],
                          input=json.dumps(work), capture_output=True, text=True, timeout=1800)
    if done.returncode != 0:
        raise RuntimeError(f"graph_questions failed: {done.stderr.strip()[-2000:]}")
    return json.loads(done.stdout)


def _rss_kb(key: str) -> int:
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key):
            return int(line.split()[1])
    return 0


def kuzus(bench, network: Network) -> dict:
    """The same shape. A question's time is what Kuzu itself says of carrying it out: the query is
    prepared before, and what the rows cost in Python is left out."""
    folder = bench.new_folder("kuzu-social")
    before = _rss_kb("RssAnon")
    connection = kuzu.Connection(kuzu.Database(str(folder / "db")))
    kinds: dict[str, list] = {}
    for table in network.tables:
        if table.ends:
            kinds.setdefault(table.name.split("-")[0], []).append(table)
            continue
        columns = "".join(f", {name} {KUZU_TYPES[kind]}" for name, kind in table.columns)
        connection.execute(f"CREATE NODE TABLE {table.name}(id STRING, label STRING{columns}, PRIMARY KEY(id))")
    for kind, tables in kinds.items():
        ends = ", ".join(f"FROM {a} TO {b}" for a, b in (table.ends for table in tables))
        columns = "".join(f", {name} INT64" for name, _ in tables[0].columns)
        connection.execute(f"CREATE REL TABLE {kind}({ends}, label STRING{columns})")
    began = time.monotonic()
    for table in network.tables:
        if table.ends:
            kind = table.name.split("-")[0]
            ends = f", from='{table.ends[0]}', to='{table.ends[1]}'" if len(kinds[kind]) > 1 else ""
            connection.execute(f"COPY {kind} FROM '{table.path}' (header=true{ends})")
        else:
            connection.execute(f"COPY {table.name} FROM '{table.path}' (header=true)")
    load = {"load_s": time.monotonic() - began}
    connection.execute("CHECKPOINT")
    load["bytes"] = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    found = []
    for question in QUESTIONS:
        prepared = connection.prepare(translate(question, False))
        took, answers = [], []
        for values in parameters(question, network):
            times = []
            for _ in range(ROUNDS):
                if sum(times) > 1e6:
                    break  # microseconds: one round tells
                result = connection.execute(prepared, values)
                times.append(result.get_execution_time() * 1e3)
                rows = [[int(value) if isinstance(value, decimal.Decimal) else value for value in row]
                        for row in result.get_all()]  # it sums whole numbers to 128 bits
                result.close()
            took.append(min(times))
            answers.append(rows)
        found.append({"us": took, "answers": answers})
    return {"load": load, "questions": found, "own_kb": _rss_kb("RssAnon") - before}


def check(network: Network, one: dict, other: dict) -> None:
    """Every answer, row by row."""
    for question, a, b in zip(QUESTIONS, one["questions"], other["questions"]):
        for values, x, y in zip(parameters(question, network), a["answers"], b["answers"]):
            if x != y:
                raise RuntimeError(f"{question.name} of {values}: Gyre answers {x[:3]}… ({len(x)} rows), "
                                   f"Kuzu {y[:3]}… ({len(y)})")


def run(bench, sizes: tuple[int, ...]) -> None:
    """`sizes`: edges, about."""
    report = bench.report
    measured = []
    for edges in sizes:
        folder = bench.new_folder("social-network")
        network = social_network.make(folder, edges)
        bench.say(f"{network.people} people, {network.edges} edges")
        mine, peer = ours(bench, network), kuzus(bench, network)
        check(network, mine, peer)
        for table in network.tables:
            table.path.unlink()
        measured.append((network, mine, peer))
    report.table("A social network of LDBC's shape: bulk load of 30 files",
                 ["edges", "Gyre s", "Kuzu s", "Gyre bytes an edge", "Kuzu", "Gyre's own memory while it loads, MB",
                  "after the questions", "Kuzu's"],
                 [[network.edges, mine["load"]["load_s"], peer["load"]["load_s"],
                   mine["load"]["bytes"] / network.edges, peer["load"]["bytes"] / network.edges,
                   mine["load"]["peak_kb"] / 1024, mine["own_kb"] / 1024, peer["own_kb"] / 1024]
                  for network, mine, peer in measured])
    report.claim("its slowest load beside Kuzu's",
                 min(peer["load"]["load_s"] / mine["load"]["load_s"] for _, mine, peer in measured), 1)

    def mean(side: dict, i: int) -> float:
        return statistics.fmean(side["questions"][i]["us"])

    rows: list[list] = []
    ratios: dict[bool, list[float]] = {True: [], False: []}  # of those that are promised, and of others
    for i, question in enumerate(QUESTIONS):
        row: list = [question.name]
        for _, mine, peer in measured:
            ratio = mean(peer, i) / mean(mine, i)
            ratios[question.promised].append(ratio)
            row += [mean(mine, i), mean(peer, i), ratio]
        rows.append(row)
    heads = [head for network, _, _ in measured for head in (f"Gyre, {network.edges:,} edges", "Kuzu", "times faster")]
    report.table("The same, asked (µs, mean over parameters; all answers were alike. Gyre parses and plans each time; "
                 "Kuzu is prepared, and by its own clock)", ["", *heads], rows)
    report.claim("reads of the social network: times faster than Kuzu, geometric mean",
                 statistics.geometric_mean(ratios[True]), 2)
    report.claim("and the slowest beside Kuzu's", min(ratios[True]), 1)
    report.table("Of those, scans and sums over all elements, which nothing is promised of", ["", "times faster"],
                 [["geometric mean", statistics.geometric_mean(ratios[False])], ["slowest", min(ratios[False])]])
    grown = max(mean(measured[-1][1], i) / mean(measured[0][1], i)
                for i, question in enumerate(QUESTIONS) if question.name in CONSTANT)
    if len(sizes) > 1:
        report.claim(f"cost of reads whose answer does not grow, at {sizes[-1] // sizes[0]} times the edges",
                     grown, 2, " times", at_most=True)
    report.claim("a load's own memory beside its bound", max(mine["load"]["peak_kb"] * 1024 for _, mine, _ in measured)
                 / MEMORY, 1.5, at_most=True)

    def times(side: dict) -> dict:
        return {"load": side["load"], "us": [question["us"] for question in side["questions"]]}

    report.figure("social", [{"edges": network.edges, "gyre": times(mine), "kuzu": times(peer)}
                             for network, mine, peer in measured])
