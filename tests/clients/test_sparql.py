"""Stock SPARQLWrapper, rdflib's SPARQLUpdateStore and boto3 against the RDF beside a property graph."""

import contextlib
import http.client
import json
import re
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest
import rdflib
from rdflib.plugins.stores.sparqlstore import SPARQLUpdateStore
from SPARQLWrapper import CSV, JSON, N3, POST, RDFXML, TURTLE, XML, SPARQLWrapper
from support.platform import Platform

PREFIXES = "PREFIX : <http://e/> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>\n"
PEOPLE = """INSERT DATA {
  :ann a :Person ; :name "Ann" ; :age 34 ; :knows :bob , :cid .
  :bob a :Person ; :name "Bob"@en ; :age 29.5 ; :knows :cid .
  :cid a :Person ; :name "Cid" . GRAPH :g { :cid :knows :ann } }"""
CONFIG = """
[graph.graphs.apart]
default_graph = "exclusive"
"""
E = rdflib.Namespace("http://e/")
XSD = "http://www.w3.org/2001/XMLSchema#"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    platform = Platform(tmp_path_factory.mktemp("sparql"), CONFIG).start()
    yield platform
    assert platform.stop() == 0, platform.log()[-4000:]


@pytest.fixture
def people(server):
    update(server, "CLEAR ALL")
    update(server, PEOPLE)
    return server


def port(server):
    """The graph's own: on the platform's, what is not plainly the graph's is S3's."""
    return "http://" + re.findall(r" graph address=(\S+)", server.log())[-1]


def send(server, path, body=None, headers=None):
    """The answer's status, type and text."""
    request = urllib.request.Request(port(server) + path, body.encode() if body else None, headers or {})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers["Content-Type"], error.read().decode()


def update(server, text, path="/sparql"):
    status, _, body = send(server, path, PREFIXES + text, {"Content-Type": "application/sparql-update"})
    assert status == 200, body
    return json.loads(body)


def select(server, text, path="/sparql", accept="application/sparql-results+json"):
    status, _, body = send(server, path, PREFIXES + text,
                           {"Content-Type": "application/sparql-query", "Accept": accept})
    assert status == 200, body
    return [{name: one["value"] for name, one in row.items()}
            for row in json.loads(body)["results"]["bindings"]]


def wrapper(server, query, form=JSON, method=None):
    client = SPARQLWrapper(server.url + "/sparql")
    client.setQuery(PREFIXES + query)
    client.setReturnFormat(form)
    if method:
        client.setMethod(method)
    return client.query().convert()


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_sparqlwrapper_reads_each_format(people, method):
    query = "SELECT ?n ?a { ?x :name ?n OPTIONAL { ?x :age ?a } } ORDER BY ?n"
    rows = wrapper(people, query, JSON, method)["results"]["bindings"]
    assert [row["n"] for row in rows] == [
        {"type": "literal", "value": "Ann"}, {"type": "literal", "value": "Cid"},
        {"type": "literal", "value": "Bob", "xml:lang": "en"}]
    assert rows[0]["a"] == {"type": "literal", "value": "34", "datatype": XSD + "integer"}
    assert "a" not in rows[1]
    assert wrapper(people, query, XML, method).getElementsByTagName("result").length == 3
    assert wrapper(people, query, CSV, method).decode().split("\r\n")[:2] == ["n,a", "Ann,34"]
    construct = "CONSTRUCT { ?y :knownBy ?x } { ?x :knows ?y }"
    for form in TURTLE, RDFXML, N3:
        graph = wrapper(people, construct, form, method)
        if not isinstance(graph, rdflib.Graph):
            graph = rdflib.Graph().parse(data=graph, format="turtle")
        assert set(graph) == {(E.bob, E.knownBy, E.ann), (E.cid, E.knownBy, E.ann), (E.cid, E.knownBy, E.bob),
                              (E.ann, E.knownBy, E.cid)}
    assert wrapper(people, "ASK { :ann :knows :bob }", JSON, method)["boolean"] is True


def test_sparqlwrapper_writes(people):
    client = SPARQLWrapper(people.url + "/sparql")
    client.setMethod(POST)
    client.setQuery(PREFIXES + "DELETE { ?x :age ?a } INSERT { ?x :age ?b } WHERE { ?x :age ?a BIND(?a + 1 AS ?b) }")
    client.query()
    assert select(people, "SELECT ?a { ?x :age ?a } ORDER BY ?a") == [{"a": "30.5"}, {"a": "35"}]


def test_rdflib_store(people):
    store = SPARQLUpdateStore(people.url + "/sparql", people.url + "/sparql")
    graph = rdflib.Graph(store, identifier=E.books)
    graph.add((E.book, E.title, rdflib.Literal("A \"title\"\nof two lines", lang="en")))
    graph.add((E.book, E.pages, rdflib.Literal(12)))
    assert set(graph.triples((E.book, None, None))) == {
        (E.book, E.title, rdflib.Literal("A \"title\"\nof two lines", lang="en")),
        (E.book, E.pages, rdflib.Literal(12))}
    assert len(graph) == 2
    graph.remove((E.book, E.pages, None))
    assert list(graph.predicates(E.book)) == [E.title]
    names = graph.query("SELECT ?n { ?x <http://e/title> ?n }")
    assert [str(row.n) for row in names] == ["A \"title\"\nof two lines"]


def test_the_default_graph_is_the_union_of_all(people):
    assert len(select(people, "SELECT * { ?x :knows ?y }")) == 4
    assert select(people, "SELECT ?g { GRAPH ?g { :cid :knows ?y } }") == [{"g": "http://e/g"}]
    only = urllib.parse.urlencode({"default-graph-uri": "http://e/g"})
    assert select(people, "SELECT * { ?x :knows ?y }", "/sparql?" + only) == [
        {"x": "http://e/cid", "y": "http://e/ann"}]
    update(people, "DELETE DATA { :cid :knows :ann }")
    assert len(select(people, "SELECT * { ?x :knows ?y }")) == 3


def test_another_graph_with_a_default_graph_of_its_own(people):
    update(people, "INSERT DATA { :a :p 1 . GRAPH :g { :a :p 2 } }", "/sparql/apart")
    assert select(people, "SELECT ?o { ?s ?p ?o }", "/sparql/apart") == [{"o": "1"}]
    assert select(people, "SELECT ?g { GRAPH ?g { ?s ?p ?o } }", "/sparql/apart") == [{"g": "http://e/g"}]
    assert select(people, "SELECT * { :a ?p ?o }") == []
    assert send(people, "/sparql/none?query=ASK%7B%7D")[0] == 400


@pytest.mark.parametrize("accept,answered", [
    ("", "application/sparql-results+json"),
    ("*/*", "application/sparql-results+json"),
    ("application/sparql-results+xml;q=0.5, text/csv;q=0.9", "text/csv; charset=utf-8"),
    ("text/*;q=0.2, application/json", "application/json"),
    ("text/tab-separated-values", "text/tab-separated-values; charset=utf-8"),
])
def test_what_accept_likes_best(people, accept, answered):
    _, kind, _ = send(people, "/sparql?query=" + urllib.parse.quote("SELECT * { ?s ?p ?o } LIMIT 1"),
                      headers={"Accept": accept} if accept else {})
    assert kind == answered


def test_refusals(people):
    def refused(path, body=None, kind=None, accept="*/*"):
        headers = {"Accept": accept, **({"Content-Type": kind} if kind else {})}
        status, _, text = send(people, path, body, headers)
        return status, json.loads(text)["code"]

    status, _, text = send(people, "/sparql", "SELECT * {\n ?s ?p }", {"Content-Type": "application/sparql-query"})
    assert status == 400
    assert json.loads(text)["code"] == "MalformedQueryException"
    assert "line 2, column 8" in json.loads(text)["detailedMessage"]
    assert refused("/sparql") == (400, "MissingParameterException")
    status, kind, text = send(people, "/sparql", headers={"Accept": "text/turtle"})  # of itself it tells in RDF
    described = rdflib.Graph().parse(data=text, format="turtle")
    assert status == 200 and kind == "text/turtle"
    assert (None, rdflib.URIRef("http://www.w3.org/ns/sparql-service-description#endpoint"),
            rdflib.URIRef(port(people) + "/sparql")) in described
    assert refused("/sparql?update=CLEAR%20ALL") == (400, "BadRequestException")
    assert refused("/sparql", "ASK {}", "text/plain") == (415, "BadRequestException")
    line = http.client.HTTPConnection(port(people).removeprefix("http://"))
    line.request("POST", "/sparql", "query=ASK%20%7B%7D")  # without a type
    assert line.getresponse().status == 415
    line.close()
    assert refused("/sparql?query=ASK%7B%7D", accept="image/png") == (406, "BadRequestException")
    service = urllib.parse.quote("SELECT * { SERVICE <http://other/> { ?s ?p ?o } }")
    assert refused("/sparql?query=" + service) == (403, "AccessDeniedException")
    load = "update=" + urllib.parse.quote("LOAD <http://other/file.ttl>")
    assert refused("/sparql", load, "application/x-www-form-urlencoded") == (403, "AccessDeniedException")


def test_explain_tells_the_plan(people):
    query = "query=" + urllib.parse.quote(PREFIXES + "SELECT ?n WHERE { :ann :knows ?x . ?x :name ?n } LIMIT 5")
    status, kind, static = send(people, "/sparql?explain=static&" + query)
    assert status == 200 and kind.startswith("text/plain")
    assert "Scan" in static and "Slice" in static and "Units Out" not in static
    for mode in ("dynamic", "details"):
        table = send(people, f"/sparql?explain={mode}&" + query)[2]
        assert "Units Out" in table and "<http://e/knows>" in table
    assert send(people, "/sparql?explain=loud&" + query)[0] == 400
    status, _, body = send(people, "/sparql?explain=dynamic", "update=CLEAR+ALL",
                           {"Content-Type": "application/x-www-form-urlencoded"})
    assert status == 200 and "Clear" in body  # and nothing is gone
    assert select(people, "SELECT (COUNT(*) AS ?c) WHERE { :ann :knows ?x }") == [{"c": "2"}]


ENDLESS = PREFIXES + "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l FILTER(?c != ?f) }"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def begin_endless(server, answers):
    """A thread that gets the answer to a query named "mine", which runs."""
    update(server, "INSERT DATA { " + " ".join(f":n{i} :p {i} ." for i in range(300)) + " }")
    form = urllib.parse.urlencode({"query": ENDLESS, "queryId": "mine"})

    def ask():
        with contextlib.suppress(OSError, http.client.HTTPException):  # where the server ends
            answers.append(send(server, "/sparql", form, FORM))

    asking = threading.Thread(target=ask)
    asking.start()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        status, _, text = send(server, "/sparql/status?queryId=mine")
        if status == 200 and "COUNT" in json.loads(text)["queryString"]:
            break
        time.sleep(0.02)
    return asking


def test_time_limit_status_and_cancel(people):
    answers = []
    asking = begin_endless(people, answers)
    assert send(people, "/sparql/status?cancelQuery&queryId=mine")[0] == 200
    asking.join(60)
    assert json.loads(answers[0][2])["code"] == "CancelledByUserException"
    form = urllib.parse.urlencode({"query": ENDLESS, "timeout": "300"})
    status, _, text = send(people, "/sparql", form, FORM)
    assert (status, json.loads(text)["code"]) == (500, "TimeLimitExceededException")


def test_a_stop_waits_for_no_query(tmp_path):
    server = Platform(tmp_path).start()
    asking = begin_endless(server, [])
    assert server.stop() == 0, "and before the query's time was up"
    asking.join(60)


def test_status_names_the_language(server):
    assert json.loads(send(server, "/status")[2])["sparql"] == {"version": "sparql-1.1"}


FILES = {
    "nt": ("ntriples", '<http://e/a> <http://e/p> "nt" .\n'),
    "nq": ("nquads", '<http://e/a> <http://e/p> "nq" <http://e/quads> .\n'),
    "ttl": ("turtle", '@prefix : <http://e/> . :a :p "ttl" ; :q [ :r 1 ] .'),
    "rdf": ("rdfxml", '<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://e/">'
                      '<r:Description r:about="http://e/a"><p>rdf</p></r:Description></r:RDF>'),
}


def load(server, client, source, form, **more):
    started = client.start_loader_job(source=source, format=form, s3BucketRegion="us-east-1",
                                      iamRoleArn="arn:aws:iam::000000000000:role/loader", **more)
    while True:
        status = client.get_loader_job_status(loadId=started["payload"]["loadId"], details=True, errors=True)
        if status["payload"]["overallStatus"]["status"] not in ("LOAD_IN_QUEUE", "LOAD_IN_PROGRESS"):
            return status["payload"]
        time.sleep(0.05)


@pytest.mark.parametrize("ending", FILES)
def test_the_loader_takes_rdf(people, ending):
    form, text = FILES[ending]
    s3 = people.client("s3")
    s3.create_bucket(Bucket="rdf-" + ending)
    s3.put_object(Bucket="rdf-" + ending, Key="a." + ending, Body=text.encode())
    payload = load(people, people.client("neptunedata"), f"s3://rdf-{ending}/", form)
    assert payload["overallStatus"]["status"] == "LOAD_COMPLETED"
    assert payload["overallStatus"]["totalRecords"] == text.count("http://e/p") + 2 * text.count(":r 1") or 1
    assert select(people, f'SELECT ?x {{ ?x :p "{ending}" }}') == [{"x": "http://e/a"}]
    if ending == "nq":
        assert select(people, 'SELECT ?g { GRAPH ?g { :a :p "nq" } }') == [{"g": "http://e/quads"}]


def test_a_file_that_is_wrong_is_named_with_its_line(people):
    s3 = people.client("s3")
    s3.create_bucket(Bucket="rdf-wrong")
    good = '<http://e/w> <http://e/p> "{}" .\n'
    s3.put_object(Bucket="rdf-wrong", Key="w.nt", Body=(good.format(1) + "what\n" + good.format(2)).encode())
    client = people.client("neptunedata")
    payload = load(people, client, "s3://rdf-wrong/w.nt", "ntriples", failOnError=False)
    assert payload["overallStatus"]["status"] == "LOAD_FAILED"
    assert payload["overallStatus"]["parsingErrors"] == 1
    assert payload["errors"]["errorLogs"][0]["recordNum"] == 2
    assert len(select(people, "SELECT ?o { :w :p ?o }")) == 2
    payload = load(people, client, "s3://rdf-wrong/w.nt", "ntriples", failOnError=True,
                   parserConfiguration={"namedGraphUri": "http://e/named"})
    assert payload["overallStatus"]["status"] == "LOAD_CANCELLED_DUE_TO_ERRORS"
    assert select(people, "SELECT ?o { GRAPH :named { :w :p ?o } }") == [{"o": "1"}]


def test_gyre_graph_load_takes_rdf_by_its_name(people, tmp_path):
    file = tmp_path / "people.ttl"
    file.write_text('@prefix : <http://e/> . :from :file "yes" .')
    people.cli("graph", "load", str(file))
    assert select(people, "SELECT ?o { :from :file ?o }") == [{"o": "yes"}]


def test_a_reset_takes_the_rdf_too_and_a_restart_does_not(people):
    people.stop()
    people.start()
    assert len(select(people, "SELECT * { ?x a :Person }")) == 3
    client = people.client("neptunedata")
    token = client.execute_fast_reset(action="initiateDatabaseReset")["payload"]["token"]
    client.execute_fast_reset(action="performDatabaseReset", token=token)
    assert select(people, "SELECT * { ?s ?p ?o }") == []


def test_statistics_and_summary(people):
    client = people.client("neptunedata")
    assert client.manage_sparql_statistics(mode="refresh")["payload"]["statisticsId"]
    summary = client.get_rdf_graph_summary(mode="detailed")["payload"]["graphSummary"]
    assert summary["numQuads"] == 12
    assert summary["numDistinctSubjects"] == 3
    assert summary["classes"] == ["http://e/Person"]
    assert {"http://e/knows": 4} in summary["predicates"]
    assert sum(one["count"] for one in summary["subjectStructures"]) == 3
    assert client.get_sparql_statistics()["payload"]["signatureInfo"]["instanceCount"] == 12


def test_whole_graphs(people):
    def graph(method, which, body=None, **headers):
        request = urllib.request.Request(port(people) + "/sparql/gsp/?" + which, body.encode() if body else None,
                                         headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    which = "graph=" + urllib.parse.quote("http://e/whole")
    turtle = {"Content-type": "text/turtle"}
    assert graph("GET", which)[0] == 404
    assert graph("PUT", which, "<http://e/a> <http://e/p> 1 .", **turtle)[0] == 201
    assert graph("POST", which, "<http://e/a> <http://e/p> 2 .", **turtle)[0] == 204
    status, text = graph("GET", which, Accept="application/n-triples")
    assert (status, len(text.splitlines())) == (200, 2)
    assert graph("PUT", which, "<http://e/a> <http://e/p> 3 .", **turtle)[0] == 204
    assert select(people, "SELECT ?o { GRAPH :whole { ?s ?p ?o } }") == [{"o": "3"}]
    status, text = graph("POST", which, "<http://e/a> <http://e/p>", **turtle)
    assert status == 400 and "line 1" in json.loads(text)["detailedMessage"]
    form = ('--x\r\nContent-Disposition: form-data; name="a"\r\nContent-Type: text/turtle\r\n\r\n'
            '<http://e/a> <http://e/p> 4 .\r\n--x--\r\n')
    assert graph("POST", which, form, **{"Content-type": "multipart/form-data; boundary=x"})[0] == 204
    # A body's own graphs are written, too, and what is posted to the store is a new graph.
    quads = {"Content-type": "application/n-quads"}
    assert graph("POST", which, "<http://e/a> <http://e/p> <http://e/b> <http://e/aside> .", **quads)[0] == 204
    assert len(select(people, "SELECT ?o { GRAPH :whole { ?s ?p ?o } }")) == 2
    assert len(select(people, "SELECT ?o { GRAPH :aside { ?s ?p ?o } }")) == 1
    assert graph("DELETE", "graph=" + urllib.parse.quote("http://e/aside"))[0] == 204
    request = urllib.request.Request(port(people) + "/sparql/gsp/", b"<http://e/a> <http://e/p> 5 .", turtle)
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.status == 201
        made = answer.headers["Location"]
    assert graph("GET", "graph=" + urllib.parse.quote(made))[0] == 200
    with urllib.request.urlopen(made, timeout=60) as answer:  # a graph is also there under its own name
        assert b"<http://e/a>" in answer.read()
    assert graph("DELETE", "graph=" + urllib.parse.quote(made))[0] == 204
    assert graph("DELETE", which)[0] == 204
    assert graph("DELETE", which)[0] == 404
    assert len(graph("GET", "default", Accept="application/n-triples")[1].splitlines()) == 12


def test_the_stream_tells_of_quads(tmp_path):
    platform = Platform(tmp_path / "stream", "[graph]\nstreams = true\n").start()
    update(platform, 'INSERT DATA { :a :p "x" }')
    update(platform, 'DELETE DATA { :a :p "x" }')
    stream = platform.client("neptunedata").get_sparql_stream(limit=10, iteratorType="TRIM_HORIZON")
    assert stream["format"] == "NQUADS"
    line = '<http://e/a> <http://e/p> "x" <http://aws.amazon.com/neptune/vocab/v01/DefaultNamedGraph> .\n'
    assert [(one["op"], one["data"]["stmt"]) for one in stream["records"]] == [("ADD", line), ("REMOVE", line)]
    assert platform.stop() == 0
