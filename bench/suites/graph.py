"""The graph beside Kuzu: a social network made here, loaded by both, and asked the same."""

import csv
import json
import os
import random
import statistics
import subprocess
import threading
import time

import kuzu
from gremlin_python.driver.client import Client

from harness import machine, social_reads
from harness.gyre_server import GyreServer

TITLE = "The graph database"
PEOPLE = 50_000
FRIENDS = 20  # edges a person, on average
CONNECTIONS = (1, 4, 8)
CLAIMED = 4  # as many as it takes for the rate that is promised, for latency has to hold at it too


def make_network(folder, people: int, friends: int):
    """People with names and ages, who know others: the first ones are known by very many."""
    chance = random.Random(11)
    nodes, edges = folder / "nodes.csv", folder / "edges.csv"
    with open(nodes, "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["~id", "~label", "name:String(single)", "age:Int(single)"])
        out.writerows([f"p{i}", "person", f"n{i}", 18 + i % 60] for i in range(people))
    with open(edges, "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["~from", "~to", "~label"])
        out.writerows([f"p{chance.randrange(people)}", f"p{int(people * chance.random() ** 3)}", "knows"]
                      for _ in range(people * friends))
    return nodes, edges


def ours(bench, nodes, edges) -> tuple[dict, dict, float]:
    """What the load took, microseconds by query inside the process, and durable transactions a second."""
    done = subprocess.run(
        [machine.BIN / "graph_benchmark", "--benchmark_format=json"], capture_output=True, text=True, check=True,
        timeout=1800, env={**os.environ, "GYRE_GRAPH_FOLDER": str(bench.new_folder("graph")),
                           "GYRE_GRAPH_NODES": str(nodes), "GYRE_GRAPH_EDGES": str(edges)})
    loaded = next(json.loads(line) for line in done.stderr.splitlines() if line.startswith("{"))
    scale = {"ns": 1e-3, "us": 1, "ms": 1e3}
    cases = {case["name"]: case for case in json.loads(done.stdout)["benchmarks"]}
    return (loaded, {name: case["real_time"] * scale[case["time_unit"]] for name, case in cases.items()},
            cases["DurableWrite/real_time/threads:16"]["items_per_second"])


def kuzus(bench, nodes, edges, people: int) -> tuple[dict, dict]:
    folder = bench.new_folder("kuzu")
    connection = kuzu.Connection(kuzu.Database(str(folder / "db")))
    connection.execute("CREATE NODE TABLE person(id STRING, label STRING, name STRING, age INT32, PRIMARY KEY(id))")
    connection.execute("CREATE REL TABLE knows(FROM person TO person, label STRING)")
    began = time.monotonic()
    connection.execute(f"COPY person FROM '{nodes}' (header=true)")
    connection.execute(f"COPY knows FROM '{edges}' (header=true)")
    loaded = {"load_s": time.monotonic() - began}
    connection.execute("CHECKPOINT")
    loaded["bytes"] = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    chance = random.Random(5)

    def median_us(query: str, times: int) -> float:
        prepared = connection.prepare(query)
        took = []
        for _ in range(times):
            values = {"x": f"p{chance.randrange(people)}"} if "$x" in query else {}
            began = time.perf_counter()
            connection.execute(prepared, values).get_all()
            took.append((time.perf_counter() - began) * 1e6)
        return statistics.median(took)

    hop = "-[:knows]->(:person)"
    return loaded, {
        "point": median_us("MATCH (a:person {id: $x}) RETURN a.name", 300),
        "one_hop": median_us("MATCH (a:person {id: $x})-[:knows]->(b:person) RETURN b.name", 300),
        "one_hop_count": median_us(f"MATCH (a:person {{id: $x}}){hop} RETURN count(*)", 300),
        "two_hop_count": median_us(f"MATCH (a:person {{id: $x}}){hop}{hop} RETURN count(*)", 100),
        "three_hop_count": median_us(f"MATCH (a:person {{id: $x}}){hop}{hop}{hop} RETURN count(*)", 30),
        "supernode_count": median_us("MATCH (a:person {id: 'p0'})<-[:knows]-(:person) RETURN count(*)", 30),
        "all_two_hop_paths": median_us(f"MATCH (a:person){hop}{hop} RETURN count(*)", 3),
        "by_property": median_us("MATCH (a:person {name: 'n77'}) RETURN count(*)", 30)}


def over_websocket(bench, seconds: float) -> dict:
    """Point reads by stock clients, each on a connection of its own. Python is the slower end."""
    with GyreServer(bench.new_folder("server")) as gyre:
        url = gyre.platform.url.replace("http", "ws") + "/gremlin"
        setup = Client(url, "g", pool_size=1)
        setup.submit("g.inject(0..999).unfold().as('n').addV('p').property(id, select('n').asString())"
                     ".property('name', 'x')").all().result()
        setup.close()
        took: list[float] = []

        def read() -> None:
            client = Client(url, "g", pool_size=1)
            chance = random.Random()
            end = time.monotonic() + seconds
            mine = []
            while time.monotonic() < end:
                began = time.perf_counter()
                client.submit("g.V(x).values('name')", {"x": str(chance.randrange(1000))}).all().result()
                mine.append((time.perf_counter() - began) * 1e6)
            took.extend(mine)
            client.close()

        threads = [threading.Thread(target=read) for _ in range(2)]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        clients = {"reads_per_s": len(took) / (time.monotonic() - began),
                   "p50_us": statistics.median(took)}
        host, port = gyre.platform.url.removeprefix("http://").split(":")

        def load(connections: int) -> dict:
            return json.loads(bench.program("gremlin_load", host, port, connections, 1000, seconds))

        found = {"gremlinpython": clients}
        for connections in CONNECTIONS:
            rounds = [load(connections) for _ in range(bench.rounds)]
            found[connections] = {key: statistics.median(row[key] for row in rounds) for key in rounds[0]}
        return found


def run(bench) -> None:
    report = bench.report
    people = PEOPLE // 5 if bench.quick else PEOPLE
    folder = bench.new_folder("network")
    nodes, edges = make_network(folder, people, FRIENDS)
    bench.say(f"{people} people, {people * FRIENDS} edges")
    loaded, took, writes = ours(bench, nodes, edges)
    peer_loaded, peer = kuzus(bench, nodes, edges, people)
    count = people * FRIENDS
    queries = {name.removeprefix("Query/").split("/")[0]: value for name, value in took.items()
               if name.startswith("Query/")}
    report.table("Bulk load", ["", "Gyre", "Kuzu"],
                 [["seconds", loaded["load_s"], peer_loaded["load_s"]],
                  ["edges a second", count / loaded["load_s"], count / peer_loaded["load_s"]],
                  ["bytes an edge", loaded["bytes"] / count, peer_loaded["bytes"] / count]])
    report.table("Queries, inside the process (µs: Gyre mean, script parsed and planned each time; Kuzu median, "
                 "prepared, from Python)", ["", "Gyre", "Kuzu", "times faster"],
                 [[name, value, peer[name], peer[name] / value] for name, value in queries.items()])
    report.table("Gyre alone (µs)", ["", "µs"],
                 [[name, value] for name, value in took.items() if not name.startswith("Query/")])
    social_reads.run(bench, (100_000,) if bench.quick else (100_000, 1_000_000, 10_000_000))
    wire = over_websocket(bench, bench.seconds)
    report.table("Point reads over WebSocket", ["", "reads/s", "p50 µs", "p99 µs"],
                 [*([f"gremlin_load, connections: {count}", *wire[count].values()] for count in CONNECTIONS),
                  ["two gremlinpython clients, which are the slower end",
                   *wire["gremlinpython"].values(), ""]])
    report.claim(f"point reads a second over WebSocket, {CLAIMED} connections",
                 wire[CLAIMED]["reads_per_s"], 20_000)
    report.claim("and their p50", wire[CLAIMED]["p50_us"], 200, " µs", at_most=True)
    report.claim("a point read inside the server", queries["point"], 50, " µs", at_most=True)
    report.claim("one hop inside the server", queries["one_hop"], 50, " µs", at_most=True)
    report.claim("a supernode's edges counted", queries["supernode_count"], 50, " µs", at_most=True)
    ratios = [peer[name] / value for name, value in queries.items()]
    report.claim("times faster than Kuzu, geometric mean", statistics.geometric_mean(ratios), 2)
    report.claim("load beside Kuzu's", peer_loaded["load_s"] / loaded["load_s"], 1)
    report.claim("bytes an edge beside Kuzu's", loaded["bytes"] / peer_loaded["bytes"], 1, at_most=True)
    report.claim("durable transactions a second, 16 writers", writes, 5000)
    report.figure("gyre", {"load": loaded, "us": took, "websocket": wire})
    report.figure("kuzu", {"load": peer_loaded, "us": peer})
