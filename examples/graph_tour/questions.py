"""The tour's questions in three languages, each by its stock client. What they answer is the same."""

import urllib.parse

import neo4j
from gremlin_python.driver.driver_remote_connection import DriverRemoteConnection
from gremlin_python.process.anonymous_traversal import traversal
from gremlin_python.process.graph_traversal import __
from gremlin_python.process.traversal import Column, Order, P, Scope, T
from SPARQLWrapper import JSON, SPARQLWrapper

import packages


class Gremlin:
    """By gremlinpython, over a WebSocket."""

    def __init__(self, address: str):
        self.connection = DriverRemoteConnection(address.replace("http", "ws", 1) + "/gremlin", "g")
        self.g = traversal().with_(self.connection)

    def close(self) -> None:
        self.connection.close()

    def has(self, package: str) -> bool:
        return self.g.V(f"package:{package}").has_next()

    def kinds(self) -> dict:
        return self.g.V().group_count().by(T.label).next()

    def dependents(self, package: str) -> int:
        return self.g.V(f"package:{package}").in_("depends").count().next()

    def breaks(self, package: str) -> int:
        return (self.g.V(f"package:{package}").repeat(__.in_("depends").dedup()).emit().dedup()
                .where(__.not_(__.has_id(f"package:{package}"))).count().next())

    def most_depended_on(self, count: int) -> list:
        found = (self.g.V().has_label("package").order().by(__.in_("depends").count(), Order.desc).by("name")
                 .limit(count).project("package", "dependents").by("name").by(__.in_("depends").count()).to_list())
        return [(one["package"], one["dependents"]) for one in found]

    def maintainers(self, dependents: int, count: int) -> list:
        found = (self.g.V().has_label("package").where(__.in_("depends").count().is_(P.gt(dependents)))
                 .out("maintained_by").group_count().by("name").order(Scope.local)
                 .by(Column.values, Order.desc).by(Column.keys).limit(Scope.local, count).next())
        return list(found.items())

    def chain(self, start: str, end: str) -> list:
        path = (self.g.V(f"package:{start}").repeat(__.out("depends").simple_path())
                .until(__.has_id(f"package:{end}")).limit(1).path().by("name").next())
        return path.objects


class OpenCypher:
    """By the neo4j driver, over Bolt."""

    def __init__(self, address: str):
        scheme = "bolt+ssc" if address.startswith("https") else "bolt"
        self.driver = neo4j.GraphDatabase.driver(f"{scheme}://{urllib.parse.urlsplit(address).netloc}")

    def close(self) -> None:
        self.driver.close()

    def ask(self, query: str, **parameters) -> list:
        return [tuple(record.values()) for record in self.driver.execute_query(query, parameters).records]

    def kinds(self) -> dict:
        return dict(self.ask("MATCH (n) RETURN labels(n)[0] AS kind, count(*) AS number"))

    def dependents(self, package: str) -> int:
        [(number,)] = self.ask("MATCH (:package {name: $name})<-[:depends]-(other) RETURN count(other)", name=package)
        return number

    def breaks(self, package: str) -> int:
        [(number,)] = self.ask("MATCH (:package {name: $name})<-[:depends*]-(other) WHERE other.name <> $name "
                               "RETURN count(DISTINCT other)", name=package)
        return number

    def most_depended_on(self, count: int) -> list:
        return self.ask("MATCH (p:package)<-[:depends]-(other) RETURN p.name AS name, count(other) AS number "
                        "ORDER BY number DESC, name LIMIT $count", count=count)

    def maintainers(self, dependents: int, count: int) -> list:
        return self.ask("MATCH (p:package)<-[:depends]-(other) WITH p, count(other) AS dependents "
                        "WHERE dependents > $dependents MATCH (p)-[:maintained_by]->(m) "
                        "RETURN m.name AS name, count(*) AS number ORDER BY number DESC, name LIMIT $count",
                        dependents=dependents, count=count)

    def chain(self, start: str, end: str) -> list:
        [(names,)] = self.ask("MATCH (a:package {name: $start}), (b:package {name: $end}), "
                              "p = shortestPath((a)-[:depends*]->(b)) RETURN [n IN nodes(p) | n.name]",
                              start=start, end=end)
        return names


class Sparql:
    """By SPARQLWrapper, over the same packages as RDF."""

    PREFIXES = f"PREFIX : <{packages.TERMS}> "

    def __init__(self, address: str):
        self.endpoint = SPARQLWrapper(address + "/sparql")
        self.endpoint.setReturnFormat(JSON)

    def close(self) -> None:
        pass

    def ask(self, query: str) -> list:
        self.endpoint.setQuery(self.PREFIXES + query)
        answer = self.endpoint.queryAndConvert()
        variables = answer["head"]["vars"]
        return [tuple(row[name]["value"] for name in variables) for row in answer["results"]["bindings"]]

    def has(self, package: str) -> bool:
        return bool(self.ask(f"SELECT ?kind {{ {packages.iri('package:' + package)} a ?kind }}"))

    def kinds(self) -> dict:
        found = self.ask("SELECT ?kind (COUNT(*) AS ?number) { ?x a ?kind } GROUP BY ?kind")
        return {kind.removeprefix(packages.TERMS): int(number) for kind, number in found}

    def dependents(self, package: str) -> int:
        thing = packages.iri("package:" + package)
        return int(self.ask(f"SELECT (COUNT(*) AS ?number) {{ ?other :depends {thing} }}")[0][0])

    def breaks(self, package: str) -> int:
        thing = packages.iri("package:" + package)
        return int(self.ask(f"SELECT (COUNT(*) AS ?number) {{ ?other :depends+ {thing} FILTER(?other != {thing}) }}")
                   [0][0])

    def most_depended_on(self, count: int) -> list:
        found = self.ask("SELECT ?name ?number { { SELECT ?package (COUNT(*) AS ?number) "
                         "{ ?other :depends ?package . ?package a :package } GROUP BY ?package } "
                         f"?package :name ?name }} ORDER BY DESC(?number) ?name LIMIT {count}")
        return [(name, int(number)) for name, number in found]

    def maintainers(self, dependents: int, count: int) -> list:
        found = self.ask("SELECT ?name (COUNT(*) AS ?number) { { SELECT ?package "
                         "{ ?other :depends ?package . ?package a :package } "
                         f"GROUP BY ?package HAVING (COUNT(*) > {dependents}) }} "
                         "?package :maintained_by/:name ?name } "
                         f"GROUP BY ?name ORDER BY DESC(?number) ?name LIMIT {count}")
        return [(name, int(number)) for name, number in found]

    def chain(self, start: str, end: str) -> list:
        """SPARQL's paths do not tell their steps: chains of one step are sought, then of two, and so on."""
        for steps in range(1, 20):
            nodes = [packages.iri("package:" + start), *(f"?n{i}" for i in range(1, steps)),
                     packages.iri("package:" + end)]
            hops = " . ".join(f"{one} :depends {other}" for one, other in zip(nodes, nodes[1:]))
            names = " . ".join(f"?n{i} :name ?name{i}" for i in range(1, steps))
            wanted = " ".join(f"?name{i}" for i in range(1, steps)) or "(1 AS ?there)"
            if found := self.ask(f"SELECT {wanted} {{ {hops} . {names} }} LIMIT 1"):
                return [start, *(found[0] if steps > 1 else ()), end]
        return []
