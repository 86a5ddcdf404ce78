"""Random graphs and random queries, each asked in Gremlin and in openCypher and computed in Python: all three agree.

A failure names its seed; GYRE_SEED=N repeats it, and GYRE_ROUNDS=N asks more."""

import collections
import json
import os
import random
import urllib.error
import urllib.request

import networkx
import pytest
from support.platform import Platform

LABELS = ("person", "place", "thing")
TYPES = ("knows", "near", "has")
ROUNDS = int(os.environ.get("GYRE_ROUNDS", "12"))
SEED = int(os.environ.get("GYRE_SEED") or random.SystemRandom().randrange(10**9))
QUERIES = 25  # of each graph
CONFIG = """
[graph]
rest_after = 15

[graph.graphs.t]
mode = "tinkergraph"
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    platform = Platform(tmp_path_factory.mktemp("differential"), CONFIG).start()
    yield platform
    assert platform.stop() == 0, platform.log()[-4000:]


def ask(server, path: str, body: dict):
    request = urllib.request.Request(
        server.url + path, json.dumps(body).encode(),
        {"Content-Type": "application/json", "Accept": "application/vnd.gremlin-v3.0+json;types=false"})
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{error.read()} of {body}") from error


def gremlin(server, script: str, source: str = "g"):
    return ask(server, "/gremlin", {"gremlin": script, "aliases": {"g": source}})["result"]["data"]


def cypher(server, query: str) -> list[dict]:
    return ask(server, "/openCypher", {"query": query})["results"]


class Model:
    """The graph as Python has it: {id: (label, {key: value})} and {id: (type, from, to)}."""

    def __init__(self, rng: random.Random, most: int = 14):
        self.vertices = {}
        self.edges = {}
        for n in range(rng.randint(max(1, most // 2), most)):
            properties = {"n": rng.randint(-3, 5)} if rng.random() < 0.8 else {}
            if rng.random() < 0.6:
                properties["name"] = rng.choice(("ada", "bob", "cyd", "ödön", "it's"))
            self.vertices[f"v{n}"] = (rng.choice(LABELS), properties)
        for n in range(rng.randint(0, 30)):
            self.edges[f"e{n}"] = (rng.choice(TYPES), rng.choice(list(self.vertices)), rng.choice(list(self.vertices)))

    def hop(self, vertex: str, side: str, kind: str | None) -> list[str]:
        found = []
        for label, source, target in self.edges.values():
            if kind not in (None, label):
                continue
            found += [target] if side in ("out", "both") and source == vertex else []
            found += [source] if side in ("in", "both") and target == vertex else []
        return found

    def write_gremlin(self, server, source: str) -> None:
        script = ["g.V().drop().iterate()"]
        for key, (label, properties) in self.vertices.items():
            sets = "".join(f".property(single, '{k}', {literal(v)})" for k, v in properties.items())
            script.append(f"g.addV('{label}').property(id, '{key}'){sets}")
        for key, (label, begin, end) in self.edges.items():
            script.append(f"g.addE('{label}').from(__.V('{begin}')).to(__.V('{end}')).property(id, '{key}')")
        gremlin(server, "\n".join(script), source)

    def write_cypher(self, server) -> None:
        cypher(server, "MATCH (n) DETACH DELETE n")
        nodes = [f"(:{label} {{`~id`: '{key}'" + "".join(f", {k}: {literal(v)}" for k, v in properties.items()) + "})"
                 for key, (label, properties) in self.vertices.items()]
        cypher(server, "CREATE " + ", ".join(nodes))
        for key, (label, begin, end) in self.edges.items():
            cypher(server, f"MATCH (a {{`~id`: '{begin}'}}), (b {{`~id`: '{end}'}}) "
                           f"CREATE (a)-[:{label} {{`~id`: '{key}'}}]->(b)")


def literal(value) -> str:
    return "'" + value.replace("'", "\\'") + "'" if isinstance(value, str) else str(value)


class Query:
    """One query in three forms, a step at a time; what it is at is a bag of vertices."""

    COMPARE = {"gt": (">", lambda a, b: a > b), "lte": ("<=", lambda a, b: a <= b),
               "eq": ("=", lambda a, b: a == b)}

    def __init__(self, rng: random.Random, model: Model):
        self.rng, self.model, self.names = rng, model, 0
        self.gremlin, self.cypher, self.bag = "g.V()", "MATCH (n0)", list(model.vertices)
        for _ in range(rng.randint(0, 4)):
            rng.choice((self.walk, self.walk, self.keep_label, self.keep_value, self.keep_linked, self.distinct,
                        self.perhaps, self.both_ways))()

    def now(self) -> str:
        return f"n{self.names}"

    def next(self) -> str:
        self.names += 1
        return self.now()

    def pattern(self, begin: str, side: str, kind: str | None, end: str) -> str:
        edge = f"[:{kind}]" if kind else "[]"
        left, right = ("<-" if side == "in" else "-"), ("->" if side == "out" else "-")
        return f"({begin}){left}{edge}{right}({end})"

    def a_hop(self) -> tuple[str, str | None, str]:
        side, kind = self.rng.choice(("out", "in", "both")), self.rng.choice((None, *TYPES))
        return side, kind, f"{side}({literal(kind) if kind else ''})"

    def hop(self, vertex: str, side: str, kind: str | None) -> list[str]:
        """As both languages walk, but for a loop walked both ways, which openCypher meets once."""
        return self.model.hop(vertex, side, kind)

    def walk(self) -> None:
        side, kind, step = self.a_hop()
        if side == "both" and any(a == b for _, a, b in self.model.edges.values()):
            side, step = "out", step.replace("both", "out")
        before = self.now()
        self.gremlin += f".{step}"
        self.cypher += f" MATCH {self.pattern(before, side, kind, self.next())}"
        self.bag = [v for u in self.bag for v in self.hop(u, side, kind)]

    def keep_label(self) -> None:
        label = self.rng.choice(LABELS)
        self.gremlin += f".hasLabel('{label}')"
        self.cypher += f" WITH {self.now()} WHERE {self.now()}:{label}"
        self.bag = [v for v in self.bag if self.model.vertices[v][0] == label]

    def keep_value(self) -> None:
        key = self.rng.choice(("n", "name"))
        name, bound = self.rng.choice(list(self.COMPARE)), (self.rng.randint(-3, 5) if key == "n" else "bob")
        sign, test = self.COMPARE[name]
        self.gremlin += f".has('{key}', P.{name}({literal(bound)}))"
        self.cypher += f" WITH {self.now()} WHERE {self.now()}.{key} {sign} {literal(bound)}"
        self.bag = [v for v in self.bag if key in self.model.vertices[v][1] and test(self.model.vertices[v][1][key], bound)]

    def keep_linked(self) -> None:
        side, kind, step = self.a_hop()
        wanted = self.rng.random() < 0.7
        self.gremlin += f".where(__.{step})" if wanted else f".not(__.{step})"
        self.cypher += (f" WITH {self.now()} WHERE {'' if wanted else 'NOT '}"
                        f"{self.pattern(self.now(), side, kind, '')}")
        self.bag = [v for v in self.bag if bool(self.hop(v, side, kind)) == wanted]

    def distinct(self) -> None:
        self.gremlin += ".dedup()"
        self.cypher += f" WITH DISTINCT {self.now()}"
        self.bag = list(dict.fromkeys(self.bag))

    def perhaps(self) -> None:
        _, kind, _ = self.a_hop()
        before, found = self.now(), self.next()
        self.gremlin += f".optional(__.out({literal(kind) if kind else ''}))"
        self.cypher += (f" OPTIONAL MATCH {self.pattern(before, 'out', kind, 'm')}"
                        f" WITH coalesce(m, {before}) AS {found}")
        self.bag = [v for u in self.bag for v in self.hop(u, "out", kind) or [u]]

    def both_ways(self) -> None:
        one, other = self.rng.choice(TYPES), self.rng.choice(TYPES)
        before, found = self.now(), self.next()
        self.gremlin += f".union(__.out('{one}'), __.in('{other}'))"
        self.cypher += (f" CALL {{ WITH {before} MATCH {self.pattern(before, 'out', one, 'm')} RETURN m AS {found}"
                        f" UNION ALL WITH {before} MATCH {self.pattern(before, 'in', other, 'm')}"
                        f" RETURN m AS {found} }}")
        self.bag = [v for u in self.bag for v in self.hop(u, "out", one) + self.hop(u, "in", other)]

    def values(self) -> list:
        return [self.model.vertices[v][1]["n"] for v in self.bag if "n" in self.model.vertices[v][1]]

    def ends(self):
        """(what is asked, Gremlin, openCypher, how each answer is to be read, the answer)"""
        bare = lambda rows: rows[0] if rows else None  # noqa: E731
        column = lambda rows: rows[0]["x"] if rows else None  # noqa: E731
        n, numbers = self.now(), self.values()
        yield "ids", ".id()", f"RETURN id({n}) AS x", sorted, lambda r: sorted(x["x"] for x in r), sorted(self.bag)
        yield "count", ".count()", f"RETURN count({n}) AS x", bare, column, len(self.bag)
        yield ("sum", ".values('n').fold().coalesce(__.unfold().sum(), __.constant(0))", f"RETURN sum({n}.n) AS x",
               bare, column, sum(numbers))
        yield "max", ".values('n').max()", f"RETURN max({n}.n) AS x", bare, column, max(numbers, default=None)
        yield ("labels", ".groupCount().by(label)", f"RETURN labels({n})[0] AS k, count(*) AS x", lambda r: r[0],
               lambda r: {x["k"]: x["x"] for x in r},
               dict(collections.Counter(self.model.vertices[v][0] for v in self.bag)))
        yield ("least", ".dedup().values('n').order().limit(3)",
               f"WITH DISTINCT {n} WHERE {n}.n IS NOT NULL RETURN {n}.n AS x ORDER BY x LIMIT 3", list,
               lambda r: [x["x"] for x in r],
               sorted(self.model.vertices[v][1]["n"] for v in set(self.bag) if "n" in self.model.vertices[v][1])[:3])


@pytest.mark.parametrize("number", range(ROUNDS))
def test_languages_agree(server, number):
    seed = SEED + number
    rng = random.Random(seed)
    model = Model(rng)
    if rng.random() < 0.5:
        model.write_gremlin(server, "g")
    else:
        model.write_cypher(server)
    model.write_gremlin(server, "t")
    for _ in range(QUERIES):
        query = Query(rng, model)
        for what, steps, clause, of_gremlin, of_cypher, answer in query.ends():
            note = f"GYRE_SEED={seed} {what}\n{query.gremlin}{steps}\n{query.cypher} {clause}\n{model.__dict__}"
            assert of_gremlin(gremlin(server, query.gremlin + steps)) == answer, note
            assert of_gremlin(gremlin(server, query.gremlin + steps, "t")) == answer, note
            assert of_cypher(cypher(server, f"{query.cypher} {clause}")) == answer, note


@pytest.mark.parametrize("number", range(ROUNDS))
def test_paths_and_components_are_networkx(server, number):
    seed = SEED + 1000 + number
    model = Model(random.Random(seed))
    model.write_gremlin(server, "g")
    model.write_gremlin(server, "t")
    graph = networkx.MultiDiGraph()
    graph.add_nodes_from(model.vertices)
    graph.add_edges_from((a, b) for _, a, b in model.edges.values())
    plain = graph.to_undirected()
    note = f"GYRE_SEED={seed} {model.__dict__}"

    components = gremlin(server, "g.withComputer().V().connectedComponent().project('v', 'c').by(id)"
                                 ".by('gremlin.connectedComponentVertexProgram.component')", "t")
    assert {row["v"]: row["c"] for row in components} == {
        v: min(part) for part in networkx.connected_components(plain) for v in part}, note

    lengths = dict(networkx.all_pairs_shortest_path_length(plain))
    paths = gremlin(server, "g.withComputer().V().shortestPath().project('a', 'b', 'n').by(__.unfold().limit(1).id())"
                            ".by(__.unfold().tail().id()).by(__.count(local))", "t")
    assert {(row["a"], row["b"]): row["n"] - 1 for row in paths} == {
        (a, b): n for a, of_one in lengths.items() for b, n in of_one.items()}, note

    directed = dict(networkx.all_pairs_shortest_path_length(graph))
    rows = cypher(server, "MATCH (a), (b) WHERE id(a) <> id(b) MATCH p = shortestPath((a)-[*..30]->(b)) "
                          "RETURN id(a) AS a, id(b) AS b, length(p) AS n")
    assert {(row["a"], row["b"]): row["n"] for row in rows} == {
        (a, b): n for a, of_one in directed.items() for b, n in of_one.items() if a != b}, note

    ranks = gremlin(server, "g.withComputer().V().pageRank().with('~tinkerpop.pageRank.times', 100).project('v', 'r')"
                            ".by(id).by('gremlin.pageRankVertexProgram.pageRank')", "t")
    expected = networkx.pagerank(graph, alpha=0.85, tol=1e-9, max_iter=1000)
    for row in ranks:
        assert row["r"] == pytest.approx(expected[row["v"]], abs=1e-3), note


def change(rng: random.Random, model: Model) -> list[str]:
    """Statements that change the graph as the model is changed."""
    script = []
    for key in rng.sample(sorted(model.vertices), 6):
        label, properties = model.vertices[key]
        what = rng.randrange(4)
        if what == 0:
            properties["n"] = rng.randint(-3, 5)
            script.append(f"g.V('{key}').property(single, 'n', {properties['n']})")
        elif what == 1:
            properties.pop("name", None)
            script.append(f"g.V('{key}').properties('name').drop()")
        elif what == 2:
            model.vertices.pop(key)
            model.edges = {e: edge for e, edge in model.edges.items() if key not in edge[1:]}
            script.append(f"g.V('{key}').drop()")
        elif "w" + key not in model.vertices:
            model.vertices["w" + key] = (label, {"n": 4})
            script.append(f"g.addV('{label}').property(id, 'w{key}').property(single, 'n', 4)")
    return script


def scans(rng: random.Random, model: Model):
    """(Gremlin, openCypher, how each answer is to be read, the answer): questions about all vertices of a label."""
    label, low = rng.choice(LABELS), rng.randint(-3, 4)
    of_label = {v: p for v, (kind, p) in model.vertices.items() if kind == label}
    some = {v: p for v, p in of_label.items() if p.get("n", -9) > low}
    numbers = [p["n"] for p in some.values()]
    names = dict(collections.Counter(p["name"] for p in of_label.values() if "name" in p))
    source, match = f"g.V().hasLabel('{label}')", f"MATCH (v:{label})"
    over, where = f"{source}.has('n', gt({low}))", f"{match} WHERE v.n > {low}"
    first = lambda rows: rows[0] if rows else None  # noqa: E731
    column = lambda rows: rows[0]["x"] if rows else None  # noqa: E731
    columns = lambda rows: [row["x"] for row in rows]  # noqa: E731
    yield f"{over}.id()", f"{where} RETURN id(v) AS x", sorted, lambda r: sorted(columns(r)), sorted(some)
    yield f"{over}.count()", f"{where} RETURN count(*) AS x", first, column, len(some)
    yield f"{over}.values('n').max()", f"{where} RETURN max(v.n) AS x", first, column, max(numbers, default=None)
    mean = sum(numbers) / len(numbers) if numbers else None
    yield f"{over}.values('n').mean()", f"{where} RETURN avg(v.n) AS x", first, column, mean
    yield (f"{source}.has('name').groupCount().by('name')",
           f"{match} WHERE v.name IS NOT NULL RETURN v.name AS k, count(*) AS x",
           first, lambda r: {x["k"]: x["x"] for x in r}, names)
    top = sorted((p["n"] for p in of_label.values() if "n" in p), reverse=True)[:4]
    yield (f"{source}.order().by('n', desc).limit(4).values('n')",
           f"{match} WHERE v.n IS NOT NULL RETURN v.n AS x ORDER BY x DESC LIMIT 4", list, columns, top)
    anyone = {v: p for v, (_, p) in model.vertices.items() if p.get("n", -9) > low}
    of_all, where_all = f"g.V().has('n', gt({low}))", f"MATCH (v) WHERE v.n > {low}"
    yield f"{of_all}.id()", f"{where_all} RETURN id(v) AS x", sorted, lambda r: sorted(columns(r)), sorted(anyone)
    yield f"{of_all}.count()", f"{where_all} RETURN count(*) AS x", first, column, len(anyone)
    yield (f"{of_all}.values('n').sum()", f"{where_all} WITH v.n AS n RETURN CASE count(n) WHEN 0 THEN null ELSE sum(n) END AS x",
           first, column, sum(p["n"] for p in anyone.values()) if anyone else None)
    yield ("g.V().has('name', 'bob').id()", "MATCH (v) WHERE v.name = 'bob' RETURN id(v) AS x", sorted,
           lambda r: sorted(columns(r)), sorted(v for v, (_, p) in model.vertices.items() if p.get("name") == "bob"))
    pairs = collections.Counter((p.get("n"), p.get("name")) for p in of_label.values())
    yield (f"{source}.group().by(__.project('n', 'm').by(__.coalesce(__.values('n'), __.constant(99)))"
           ".by(__.coalesce(__.values('name'), __.constant('')))).by(__.count()).unfold().select(values)",
           f"{match} RETURN v.n AS n, v.name AS m, count(*) AS x", sorted,
           lambda r: sorted(row["x"] for row in r if pairs[row["n"], row["m"]] == row["x"]), sorted(pairs.values()))
    kind = rng.choice(TYPES)
    edges = sorted(e for e, (of, _, _) in model.edges.items() if of == kind)
    yield (f"g.E().hasLabel('{kind}').id()", f"MATCH ()-[e:{kind}]->() RETURN id(e) AS x",
           sorted, lambda r: sorted(columns(r)), edges)
    yield (f"g.E().hasLabel('{kind}').count()", f"MATCH ()-[e:{kind}]->() RETURN count(e) AS x", first, column,
           len(edges))


@pytest.mark.parametrize("number", range(ROUNDS))
def test_columns_agree_over_changes_and_restarts(server, number):
    """The graph rests by itself after a few changes: then columns tell, but of what changes after that."""
    seed = SEED + 2000 + number
    rng = random.Random(seed)
    model = Model(rng, 160)
    for source in ("g", "t"):
        model.write_gremlin(server, source)
    for turn in range(6):
        for _ in range(4):
            for script, query, of_gremlin, of_cypher, answer in scans(rng, model):
                note = f"GYRE_SEED={seed} turn {turn}\n{script}\n{query}\n{model.__dict__}"
                assert of_gremlin(gremlin(server, script)) == answer, note
                assert of_gremlin(gremlin(server, script, "t")) == answer, note
                assert of_cypher(cypher(server, query)) == answer, note
        statements = change(rng, model)
        for source in ("g", "t"):
            gremlin(server, "\n".join(statements), source)
        if turn == 3:
            assert server.stop() == 0
            server.start()


WEIGHTS = {"gt": (">", lambda a, b: a > b), "lt": ("<", lambda a, b: a < b), "eq": ("=", lambda a, b: a == b)}
EDGES = 2600  # more than are gone through before an index of them is made


def of_edges(rng: random.Random, edges: dict):
    """(Gremlin, openCypher, the answer): questions about edges by what they have, in ids."""
    kind, (name, (sign, test)) = rng.choice((None, *TYPES)), rng.choice(list(WEIGHTS.items()))
    bound = rng.choice((rng.randint(0, 20), rng.randint(470, 500), rng.randint(0, 500), 499.5, "many"))
    if bound == "many":
        name, sign, test = "eq", "=", WEIGHTS["eq"][1]
    found = [e for e, (of, _, _, w) in edges.items()
             if kind in (None, of) and w is not None and isinstance(w, str) == isinstance(bound, str) and test(w, bound)]
    label = f".hasLabel('{kind}')" if kind else ""
    source, relation = f"g.E(){label}.has('w', {name}({literal(bound)}))", f"r:{kind}" if kind else "r"
    where = f"MATCH (a)-[{relation}]->(b) WHERE r.w {sign} {literal(bound)}"
    yield f"{source}.id()", f"{where} RETURN id(r) AS x", sorted(found)
    yield f"{source}.inV().id()", f"{where} RETURN id(b) AS x", sorted(edges[e][2] for e in found)
    some = [(e, f) for e in found for f in found if edges[e][2] == edges[f][1] and e != f] if len(found) < 300 else None
    if some is not None:
        yield (f"{source}.as('e').inV().outE({literal(kind) if kind else ''}).has('w', {name}({literal(bound)}))"
               ".where(neq('e')).id()",
               f"{where} MATCH (b)-[s{':' + kind if kind else ''}]->(c) WHERE s.w {sign} {literal(bound)} "
               "AND id(s) <> id(r) RETURN id(s) AS x", sorted(f for _, f in some))
    if name == "eq":
        yield (f"{source}.id()", f"MATCH (a)-[{relation} {{w: {literal(bound)}}}]->(b) RETURN id(r) AS x", sorted(found))
    low = rng.randint(0, 480)
    yield (f"g.E().has('w', between({low}, {low + 12})).id()",
           f"MATCH ()<-[r]-() WHERE r.w >= {low} AND {low + 12} > r.w RETURN id(r) AS x",
           sorted(e for e, (_, _, _, w) in edges.items() if isinstance(w, int) and low <= w < low + 12))


def change_edges(rng: random.Random, edges: dict, number: int) -> list[str]:
    script = []
    for key in rng.sample(sorted(edges), 12):
        kind, begin, end, _ = edges[key]
        what = rng.randrange(4)
        if what == 0:
            edges.pop(key)
            script.append(f"g.E('{key}').drop()")
        elif what == 1:
            edges[key] = (kind, begin, end, None)
            script.append(f"g.E('{key}').properties('w').drop()")
        elif what == 2:
            weight = rng.choice((rng.randint(0, 500), "many"))
            edges[key] = (kind, begin, end, weight)
            script.append(f"g.E('{key}').property('w', {literal(weight)})")
        else:
            new, weight = f"{key}n{number}", rng.randint(0, 500)
            edges[new] = (kind, end, begin, weight)
            script.append(f"g.addE('{kind}').from(__.V('{end}')).to(__.V('{begin}'))"
                          f".property(id, '{new}').property('w', {weight})")
    low = rng.randint(0, 490)  # what goes through an index changes what is in it
    script.append(f"g.E().has('w', between({low}, {low + 6})).property('w', {low + 4})")
    for key, (kind, begin, end, weight) in edges.items():
        if isinstance(weight, int) and low <= weight < low + 6:
            edges[key] = (kind, begin, end, low + 4)
    return script


@pytest.mark.parametrize("number", range(max(1, ROUNDS // 6)))
def test_indexes_of_edges_agree_over_changes_and_restarts(server, number):
    """An index appears while it is asked; it is kept up by writes, and there after a kill."""
    seed = SEED + 3000 + number
    rng = random.Random(seed)
    vertices = [f"v{n}" for n in range(90)]
    edges = {f"e{n}": (rng.choice(TYPES), rng.choice(vertices), rng.choice(vertices),
                       rng.choice((None, "many", *(rng.randint(0, 500) for _ in range(30))))) for n in range(EDGES)}
    for source in ("g", "t"):
        gremlin(server, "g.V().drop().iterate()", source)
        gremlin(server, "\n".join(f"g.addV('thing').property(id, '{v}')" for v in vertices), source)
        statements = [f"g.addE('{kind}').from(__.V('{a}')).to(__.V('{b}')).property(id, '{e}')"
                      + (f".property('w', {literal(w)})" if w is not None else "") for e, (kind, a, b, w) in edges.items()]
        for begin in range(0, len(statements), 500):
            gremlin(server, "\n".join(statements[begin:begin + 500]), source)
    for turn in range(5):
        for _ in range(6):
            for script, query, answer in of_edges(rng, edges):
                note = f"GYRE_SEED={seed} turn {turn}\n{script}\n{query}"
                assert sorted(gremlin(server, script)) == answer, note
                assert sorted(gremlin(server, script, "t")) == answer, note
                assert sorted(row["x"] for row in cypher(server, query)) == answer, note
        statements = change_edges(rng, edges, turn)
        for source in ("g", "t"):
            gremlin(server, "\n".join(statements), source)
        if turn == 2:
            server.kill()
            server.start()
