"""W3C's SPARQL test suites against a server of its own: `python -m conformance.w3c_sparql FOLDER [WORD…]`.

FOLDER is the folder `sparql` of a copy of W3C's rdf-tests; with words, only tests whose name or manifest has one.
Prints a line for each test that fails and a count for each manifest. Exit code 1 where one fails."""

import collections
import functools
import http.client
import http.server
import json
import pathlib
import re
import sys
import tempfile
import threading
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree

import rdflib
import rdflib.compare

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from conformance import tally  # noqa: E402
from support.platform import Platform  # noqa: E402

rdflib.NORMALIZE_LITERALS = False
MF = rdflib.Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
QT = rdflib.Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-query#")
UT = rdflib.Namespace("http://www.w3.org/2009/sparql/tests/test-update#")
HT, CNT = rdflib.Namespace("http://www.w3.org/2011/http#"), rdflib.Namespace("http://www.w3.org/2011/content#")
RS = rdflib.Namespace("http://www.w3.org/2001/sw/DataAccess/tests/result-set#")
RDF, RDFS = rdflib.RDF, rdflib.RDFS
SRX = "{http://www.w3.org/2005/sparql-results#}"
CONFIG = """
[graph]
remote_hosts = ["127.0.0.1:*"]
[graph.graphs.w]
default_graph = "exclusive"
[graph.graphs.s1]
default_graph = "exclusive"
[graph.graphs.s2]
default_graph = "exclusive"
"""
UPDATE = {"Content-Type": "application/sparql-update"}
XSD = "http://www.w3.org/2001/XMLSchema#"


class Wrong(Exception):
    pass


class Server:
    def __init__(self, platform):
        self.base = "http://" + re.findall(r" graph address=(\S+)", platform.log())[-1]

    def send(self, body, headers, path="/sparql/w"):
        request = urllib.request.Request(self.base + path, body.encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read().decode(), answer.headers["Content-Type"]
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(), ""

    def update(self, text, path="/sparql/w"):
        status, body, _ = self.send(text, UPDATE, path)
        if status != 200:
            raise Wrong(f"{status} {body[:300]}")

    def query(self, text, accept, path="/sparql/w"):
        headers = {"Content-Type": "application/sparql-query", "Accept": accept}
        status, body, kind = self.send(text, headers, path)
        if status != 200:
            raise Wrong(f"{status} {body[:300]}")
        return body, kind


# Terms are (kind, text, datatype, language), so that two of them compare as they are written.
def term(node):
    if isinstance(node, rdflib.BNode):
        return ("bnode", str(node), "", "")
    if isinstance(node, rdflib.URIRef):
        return ("uri", str(node), "", "")
    kind = "" if node.language or str(node.datatype or "") == XSD + "string" else str(node.datatype or "")
    return ("literal", str(node), kind, (node.language or "").lower())


def json_term(one):
    if one["type"] in ("uri", "bnode"):
        return (one["type"], one["value"], "", "")
    kind = one.get("datatype", "")
    return ("literal", one["value"], "" if kind == XSD + "string" else kind, one.get("xml:lang", "").lower())


def json_results(text):
    data = json.loads(text)
    if "boolean" in data:
        return data["boolean"]
    return data["head"]["vars"], [{n: json_term(t) for n, t in row.items()} for row in data["results"]["bindings"]]


def xml_results(text):
    root = xml.etree.ElementTree.fromstring(text)
    if root.find(SRX + "boolean") is not None:
        return root.find(SRX + "boolean").text.strip() == "true"
    rows = []
    for result in root.iter(SRX + "result"):
        row = {}
        for binding in result.iter(SRX + "binding"):
            one = binding[0]
            kind = one.tag[len(SRX):]
            datatype = one.get("datatype", "")
            language = one.get("{http://www.w3.org/XML/1998/namespace}lang", "")
            row[binding.get("name")] = (kind, one.text or "", "" if datatype == XSD + "string" else datatype,
                                        language.lower())
        rows.append(row)
    return [v.get("name") for v in root.iter(SRX + "variable")], rows


def graph_results(graph):
    """A result set as RDF."""
    root = graph.value(None, RDF.type, RS.ResultSet)
    if root is None:
        return None
    answer = graph.value(root, RS.boolean)
    if answer is not None:
        return str(answer) == "true"
    rows = []
    for solution in graph.objects(root, RS.solution):
        row = {str(graph.value(b, RS.variable)): term(graph.value(b, RS.value))
               for b in graph.objects(solution, RS.binding)}
        index = graph.value(solution, RS.index)
        rows.append((int(index) if index is not None else 0, row))
    return ([str(v) for v in graph.objects(root, RS.resultVariable)],
            [row for _, row in sorted(rows, key=lambda one: one[0])])


def tsv_results(text):
    lines = text.rstrip("\n").split("\n")
    names = [name.lstrip("?") for name in lines[0].split("\t")]
    rows = []
    for line in lines[1:]:
        cells = line.split("\t")
        graph = rdflib.Graph()
        row = {}
        for name, cell in zip(names, cells):
            if cell == "":
                continue
            graph = rdflib.Graph().parse(data=f"<x:s> <x:p> {cell} .", format="turtle")
            row[name] = term(next(graph.objects()))
        rows.append(row)
    return names, rows


def number(one):
    if one[0] == "literal" and one[2].startswith(XSD):
        try:
            return (float(one[1]), one[2])
        except ValueError:
            pass
    return one


def alike(expected, got, names):
    """Whether two lists of rows are the same, blank nodes' names apart."""
    if len(expected) != len(got):
        return False

    def match(rest, left, there, back):
        if not rest:
            return True
        row, tried = rest[0], set()
        for i, other in enumerate(left):
            if row.keys() != other.keys():
                continue
            key = tuple(sorted(other.items()))
            if key in tried:
                continue
            tried.add(key)
            forward, backward, good = dict(there), dict(back), True
            for name, want in row.items():
                have = other[name]
                if want[0] == have[0] == "bnode":
                    good = forward.setdefault(want[1], have[1]) == have[1] and \
                        backward.setdefault(have[1], want[1]) == want[1]
                else:
                    good = number(want) == number(have)
                if not good:
                    break
            if good and match(rest[1:], left[:i] + left[i + 1:], forward, backward):
                return True
        return False

    def plain(row):
        return tuple(sorted((n, number(t)) for n, t in row.items()))

    has_blank = any(t[0] == "bnode" for row in expected + got for t in row.values())
    if not has_blank:
        return collections.Counter(map(plain, expected)) == collections.Counter(map(plain, got))
    return match(expected, got, {}, {})


@functools.cache
def parsed(path, base):
    graph = rdflib.Graph()
    name = str(path)
    form = "xml" if name.endswith(".rdf") else "nt" if name.endswith(".nt") else "turtle"
    graph.parse(str(path), format=form, publicID=base)
    return graph


class Suite:
    def __init__(self, folder, server, words):
        self.folder, self.server, self.words = folder, server, words
        handler = functools.partial(Quiet, directory=str(folder))
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        self.root = f"http://127.0.0.1:{self.http.server_address[1]}/"
        self.passed, self.failed = collections.Counter(), collections.Counter()

    def path(self, node):
        return self.folder / urllib.parse.unquote(str(node)[len(self.root):])

    def text(self, node):
        return self.path(node).read_text()

    def run(self, manifest):
        base = self.root + str(manifest.relative_to(self.folder))
        graph = rdflib.Graph().parse(str(manifest), format="turtle", publicID=base)
        for include in graph.objects(None, MF.include):
            for one in rdflib.collection.Collection(graph, include):
                self.run(self.path(one))
        for entries in graph.objects(None, MF.entries):
            for one in rdflib.collection.Collection(graph, entries):
                self.one(graph, one, str(manifest.parent.relative_to(self.folder)))

    def one(self, graph, test, manifest):
        name = str(graph.value(test, MF.name))
        if self.words and not any(word in manifest + " " + name + " " + str(test) for word in self.words):
            return
        kinds = {str(kind).split("#")[1] for kind in graph.objects(test, RDF.type)}
        work = next((getattr(self, kind) for kind in sorted(kinds) if hasattr(self, kind)), None)
        if work is None:
            return
        try:
            work(graph, graph.value(test, MF.action), graph.value(test, MF.result))
            self.passed[manifest] += 1
        except Exception as error:
            self.failed[manifest] += 1
            print(f"FAIL {manifest}: {name} ({str(test).split('#')[-1]}): {type(error).__name__} {str(error)[:700]}")

    def load(self, graph, action, data, graph_data, labels=False):
        self.server.update("CLEAR ALL")
        for one in graph.objects(action, data):
            self.server.update(f"LOAD <{one}>")
        for one in graph.objects(action, graph_data):
            label = graph.value(one, RDFS.label)
            where = graph.value(one, UT.graph) or graph.value(one, UT.data) or one
            self.server.update(f"LOAD <{where}> INTO GRAPH <{label or one}>")

    def query_text(self, node):
        text = self.text(node)
        return f"BASE <{node}>\n{text}"

    def QueryEvaluationTest(self, graph, action, result):
        query = graph.value(action, QT.query)
        self.load(graph, action, QT.data, QT.graphData)
        text, endpoints = self.query_text(query), {}
        for i, service in enumerate(sorted(graph.objects(action, QT.serviceData),
                                           key=lambda one: graph.value(one, QT.endpoint))):
            place = f"/sparql/s{i + 1}"
            self.server.update("CLEAR ALL", place)
            for one in graph.objects(service, QT.data):
                self.server.update(f"LOAD <{one}>", place)
            endpoint = str(graph.value(service, QT.endpoint))
            endpoints[self.server.base + place] = endpoint
            text = text.replace(f"<{endpoint}>", f"<{self.server.base}{place}>")
            self.server.update(f"DELETE {{ ?s ?p ?o }} INSERT {{ ?a ?b ?c }} WHERE {{ ?s ?p ?o "
                               f"BIND(IF(?s = <{endpoint}>, <{self.server.base}{place}>, ?s) AS ?a) BIND(?p AS ?b)"
                               f"BIND(IF(?o = <{endpoint}>, <{self.server.base}{place}>, ?o) AS ?c) }}")
        plain = re.sub(r"#[^\n<>]*\n|<[^>]*>|\"[^\"]*\"", " ", text)
        # A query's own data set: the files are there under their names.
        for one in re.findall(r"FROM\s+(?:NAMED\s+)?<([^>]*)>", text, re.I):
            where = urllib.parse.urljoin(str(query), one)
            if where.startswith(self.root):
                self.server.update(f"LOAD <{where}> INTO GRAPH <{where}>")
        form = re.search(r"\b(SELECT|ASK|CONSTRUCT|DESCRIBE)\b", plain, re.I).group(1).upper()
        file = self.path(result) if result is not None else None
        if form in ("CONSTRUCT", "DESCRIBE"):
            body, _ = self.server.query(text, "application/n-triples")
            got = rdflib.Graph().parse(data=body, format="nt")
            if file is not None and not rdflib.compare.isomorphic(got, parsed(file, str(result))):
                raise Wrong("got\n" + body)
            return
        accept = "application/sparql-results+json"
        if file.suffix == ".tsv":
            accept = "text/tab-separated-values"
        body, _ = self.server.query(text, accept)
        got = tsv_results(body) if file.suffix == ".tsv" else json_results(body)
        if endpoints:
            rows = [{n: (t[0], endpoints.get(t[1], t[1]), *t[2:]) for n, t in row.items()} for row in got[1]]
            got = (got[0], rows)
        if file.suffix == ".srx":
            expected = xml_results(file.read_text())
            if xml_results(self.server.query(text, "application/sparql-results+xml")[0]) is None:
                raise Wrong("no XML")
        elif file.suffix == ".srj":
            expected = json_results(file.read_text())
        elif file.suffix == ".tsv":
            expected = tsv_results(file.read_text())
        else:
            expected = graph_results(parsed(file, str(result)))
        if isinstance(expected, bool) or isinstance(got, bool):
            if expected != got:
                raise Wrong(f"expected {expected}, got {got}")
            return
        if "REDUCED" in plain.upper():
            unique = [dict(one) for one in {tuple(sorted(row.items())) for row in got[1]}]
            if alike([dict(o) for o in {tuple(sorted(r.items())) for r in expected[1]}], unique, []):
                return
        if set(expected[0]) != set(got[0]) and file.suffix in (".srx", ".srj", ".tsv"):
            raise Wrong(f"variables {expected[0]}, got {got[0]}")
        if not alike(expected[1], got[1], expected[0]):
            raise Wrong(f"expected {expected[1]}, got {got[1]}")

    def CSVResultFormatTest(self, graph, action, result):
        self.load(graph, action, QT.data, QT.graphData)
        body, kind = self.server.query(self.query_text(graph.value(action, QT.query)), "text/csv")
        expected = self.text(result).replace("\r\n", "\n").rstrip("\n").split("\n")
        got = body.replace("\r\n", "\n").rstrip("\n").split("\n")

        def plain(lines):
            return sorted(re.sub(r"_:\w+", "_:b", line) for line in lines)
        if plain(expected) != plain(got):
            raise Wrong(f"expected {expected}, got {got}")

    def syntax(self, action, query, good):
        kind = "application/sparql-query" if query else "application/sparql-update"
        status, body, _ = self.server.send(self.query_text(action), {"Content-Type": kind},
                                           "/sparql/w?explain=static")
        if (status == 200) != good:
            raise Wrong(f"{status} {body[:200]}")
        if not good and "MalformedQueryException" not in body:
            raise Wrong(f"{status} {body[:200]}")

    def PositiveSyntaxTest(self, graph, action, result):
        self.syntax(action, True, True)

    def NegativeSyntaxTest(self, graph, action, result):
        self.syntax(action, True, False)

    PositiveSyntaxTest11, NegativeSyntaxTest11 = PositiveSyntaxTest, NegativeSyntaxTest

    def PositiveUpdateSyntaxTest11(self, graph, action, result):
        self.syntax(action, False, True)

    def NegativeUpdateSyntaxTest11(self, graph, action, result):
        self.syntax(action, False, False)

    PositiveUpdateSyntaxTest, NegativeUpdateSyntaxTest = PositiveUpdateSyntaxTest11, NegativeUpdateSyntaxTest11

    def UpdateEvaluationTest(self, graph, action, result):
        self.load(graph, action, UT.data, UT.graphData)
        self.server.update(self.query_text(graph.value(action, UT.request)))
        expected = collections.defaultdict(rdflib.Graph)
        for one in graph.objects(result, UT.data):
            expected[""] += parsed(self.path(one), str(one))
        for one in graph.objects(result, UT.graphData):
            where = graph.value(one, UT.graph) or graph.value(one, UT.data) or one
            expected[str(graph.value(one, RDFS.label) or one)] += parsed(self.path(where), str(where))
        rows = json_results(self.server.query("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }",
                                              "application/sparql-results+json")[0])[1]
        names = {""} | {row["g"][1] for row in rows} | {name for name, one in expected.items() if len(one)}
        for name in names:
            where = f"GRAPH <{name}> {{ ?s ?p ?o }}" if name else "?s ?p ?o"
            body, _ = self.server.query(f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ {where} }}", "application/n-triples")
            got = rdflib.Graph().parse(data=body, format="nt")
            if not rdflib.compare.isomorphic(got, expected[name]):
                raise Wrong(f"graph <{name}> is\n{body}\nand not\n{expected[name].serialize(format='nt')}")


    def requests(self, graph, action):
        for connection in graph.objects(action, HT.requests):
            yield from rdflib.collection.Collection(graph, connection)

    def exchange(self, graph, one, path):
        fields = {str(graph.value(f, HT.fieldName)).title(): str(graph.value(f, HT.fieldValue))
                  for f in self.listed(graph, one)}
        body = graph.value(graph.value(one, HT.body), CNT.chars) if graph.value(one, HT.body) else None
        encoding = "utf-16" if "utf-16" in fields.get("Content-Type", "").lower() else "utf-8"
        # Not urllib.request: it adds a Content-Type where none is given.
        line = http.client.HTTPConnection(self.server.base.removeprefix("http://"), timeout=60)
        line.request(str(graph.value(one, HT.methodName)), path, body and str(body).encode(encoding), fields)
        answer = line.getresponse()
        status, text = answer.status, answer.read().decode()
        line.close()
        return status, text, answer.headers

    @staticmethod
    def listed(graph, node):
        fields = graph.value(node, HT.headers)
        return rdflib.collection.Collection(graph, fields) if fields is not None else []

    def expect_status(self, graph, answer, status, body):
        names = {"OK": "200", "Created": "201", "NoContent": "204", "BadRequest": "400", "NotFound": "404",
                 "UnsupportedMediaType": "415"}
        wanted = [str(s).split("#")[1] for s in graph.objects(answer, MF.expectedStatus)]
        wanted = [names.get(w, w.removeprefix("StatusCode")) for w in wanted]
        if not any(re.fullmatch(w.replace("x", "."), str(status)) for w in wanted):
            raise Wrong(f"{status} and not {wanted}: {body[:300]}")

    def ProtocolTest(self, graph, action, result):
        test = next(graph.subjects(MF.action, action))
        self.load(graph, test, UT.data, UT.graphData)
        for one in self.requests(graph, action):
            path = str(graph.value(one, HT.absolutePath)).replace("/sparql/", "/sparql/w", 1)
            status, body, headers = self.exchange(graph, one, path)
            answer = graph.value(one, HT.resp)
            self.expect_status(graph, answer, status, body)
            boolean = graph.value(answer, MF.expectedBoolean)
            if boolean is not None and json.loads(body)["boolean"] != (str(boolean) == "true"):
                raise Wrong(body[:300])

    def GraphStoreProtocolTest(self, graph, action, result):
        self.server.update("CLEAR ALL", "/sparql")
        location = ""
        for one in self.requests(graph, action):
            path = str(graph.value(one, HT.absolutePath)).replace("$LOCATION$", urllib.parse.quote(location))
            if path.startswith("http"):
                path = path[len(self.server.base):]
            else:
                path = path.replace("/gsp", "/sparql/gsp", 1)
            status, body, headers = self.exchange(graph, one, path)
            answer = graph.value(one, HT.resp)
            self.expect_status(graph, answer, status, body)
            location = headers["Location"] or location
            for field in self.listed(graph, answer):
                name, want = str(graph.value(field, HT.fieldName)), str(graph.value(field, HT.fieldValue))
                if (headers[name] or "").replace(" ", "") != want.replace(" ", ""):
                    raise Wrong(f"{name} is {headers[name]} and not {want}")
            content = graph.value(answer, HT.body)
            if content is not None:
                want = rdflib.Graph().parse(data=str(graph.value(content, CNT.chars)), format="turtle")
                if not rdflib.compare.isomorphic(rdflib.Graph().parse(data=body, format="turtle"), want):
                    raise Wrong("got\n" + body)


class Quiet(http.server.SimpleHTTPRequestHandler):
    extensions_map = {".ttl": "text/turtle", ".nt": "application/n-triples", ".rdf": "application/rdf+xml",
                      ".trig": "application/trig", ".nq": "application/n-quads", "": "application/octet-stream"}

    def log_message(self, *_):
        pass


def main(folder, *words):
    with tempfile.TemporaryDirectory() as scratch:
        platform = Platform(pathlib.Path(scratch), CONFIG).start()
        try:
            suite = Suite(pathlib.Path(folder).resolve(), Server(platform), words)
            for manifest in ("sparql10/manifest.ttl", "sparql11/manifest-all.ttl"):
                suite.run(suite.folder / manifest)
        finally:
            platform.stop()
    return tally.tell(suite.passed, suite.failed)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
