"""Neptune's pages beside the query languages, by boto3: statistics, the summary, the reset."""

import json
import threading
import urllib.error
import urllib.parse
import urllib.request

import botocore.exceptions
import neo4j
import pytest
from support.graphs import graph_url, gremlin, send, update
from support.platform import Platform
from support.processes import wait_until


@pytest.fixture(scope="module")
def graph(tmp_path_factory):
    platform = Platform(tmp_path_factory.mktemp("pages"), "[graph]\nstreams = true\n").start()
    yield platform.client("neptunedata")
    assert platform.stop() == 0, platform.log()[-4000:]


def fill(graph):
    graph.execute_open_cypher_query(openCypherQuery="MATCH (n) DETACH DELETE n")
    graph.execute_open_cypher_query(
        openCypherQuery="CREATE (:P {name: 'a', age: 1})-[:R {w: 1}]->(:P {name: 'b'}), (:Q)")


def test_statistics_and_summary(graph):
    fill(graph)
    assert graph.manage_propertygraph_statistics(mode="refresh")["payload"]["statisticsId"]
    payload = graph.get_propertygraph_statistics()["payload"]
    assert payload["active"] and payload["signatureInfo"]["instanceCount"] == 3
    summary = graph.get_propertygraph_summary(mode="detailed")["payload"]["graphSummary"]
    assert summary["numNodes"] == 3 and summary["numEdges"] == 1
    assert summary["nodeLabels"] == ["P", "Q"] and summary["edgeLabels"] == ["R"]
    assert {"name": 2} in summary["nodeProperties"] and summary["edgeProperties"] == [{"w": 1}]
    assert summary["totalNodePropertyValues"] == 3
    assert {"count": 1, "nodeProperties": ["age", "name"],
            "distinctOutgoingEdgeLabels": ["R"]} in summary["nodeStructures"]
    assert graph.delete_propertygraph_statistics()["payload"]["active"] is False


def test_an_id_that_is_taken_has_openCypher_s_own_error(graph):
    fill(graph)
    graph.execute_open_cypher_query(openCypherQuery="CREATE (:P {`~id`: 'one'})-[:R {`~id`: 'way'}]->(:P)")
    for query in ("CREATE ({`~id`: 'one'})", "MATCH (a:Q) CREATE (a)-[:R {`~id`: 'way'}]->(a)"):
        with pytest.raises(botocore.exceptions.ClientError) as taken:
            graph.execute_open_cypher_query(openCypherQuery=query)
        assert taken.value.response["Error"]["Code"] == "DuplicateDataException"


def test_reset_takes_its_token(graph):
    fill(graph)
    with pytest.raises(botocore.exceptions.ClientError):
        graph.execute_fast_reset(action="performDatabaseReset", token="no")
    token = graph.execute_fast_reset(action="initiateDatabaseReset")["payload"]["token"]
    assert graph.execute_fast_reset(action="performDatabaseReset", token=token)["status"] == "200 OK"
    counted = graph.execute_open_cypher_query(openCypherQuery="MATCH (n) RETURN count(n) AS n")["results"]
    assert counted == [{"n": 0}]
    fill(graph)
    with pytest.raises(botocore.exceptions.ClientError):
        graph.execute_fast_reset(action="performDatabaseReset", token=token)
    assert graph.list_open_cypher_queries()["runningQueryCount"] == 0


def test_streams_tell_what_commits_changed(graph):
    fill(graph)
    last = graph.get_propertygraph_stream(iteratorType="LATEST")["lastEventId"]
    graph.execute_open_cypher_query(openCypherQuery="MATCH (p:P {name: 'a'}) SET p.age = 2 REMOVE p.name")
    after = graph.get_propertygraph_stream(iteratorType="AFTER_SEQUENCE_NUMBER", limit=100, **last)
    told = [(one["op"], one["data"]["type"], one["data"]["key"], one["data"]["value"]["value"])
            for one in after["records"]]
    assert sorted(told) == [("ADD", "vp", "age", 2), ("REMOVE", "vp", "age", 1), ("REMOVE", "vp", "name", "a")]
    assert [one["isLastOp"] for one in after["records"]] == [False, False, True]
    graph.execute_open_cypher_query(openCypherQuery="MATCH (p:P)-[r]->() DELETE r")
    [weight, gone] = graph.get_propertygraph_stream(iteratorType="AFTER_SEQUENCE_NUMBER", limit=100,
                                                    **after["lastEventId"])["records"]
    assert weight["data"]["type"] == "ep" and gone["data"]["type"] == "e" and gone["op"] == "REMOVE"
    assert gone["data"]["from"] and gone["data"]["to"]
    everything = graph.get_propertygraph_stream(iteratorType="TRIM_HORIZON", limit=100_000)
    assert everything["totalRecords"] == len(everything["records"]) > 10
    with pytest.raises(graph.exceptions.StreamRecordsNotFoundException):
        graph.get_propertygraph_stream(iteratorType="AFTER_SEQUENCE_NUMBER", **everything["lastEventId"])


def test_storage_is_told_and_made_anew(graph):
    fill(graph)
    graph.execute_open_cypher_query(openCypherQuery="MATCH (q:Q) DELETE q")
    info = graph.get_storage_info()
    assert info["totalStorageBytesUsed"] > 0 and info["streams"]["count"] > 0
    assert info["quads"]["PG"]["SPOG"]["count"] == 3 and info["quads"]["RDF"]["SPOG"]["count"] == 0
    assert info["dictionaries"]["total"]["count"] >= 6
    assert info["undoLogs"] == {"sizeInBytes": 0, "listSize": 0}
    begun = graph.start_index_rebuild(concurrency=64, writeBufferSize="HIGH", clientToken="once")
    assert begun["scope"] == "ALL" and begun["concurrency"] == 1 and begun["writeBufferSize"] == "HIGH"
    assert graph.start_index_rebuild(clientToken="once")["rebuildId"] == begun["rebuildId"]
    while (told := graph.get_index_rebuild_status(rebuildId=begun["rebuildId"]))["status"] != "COMPLETED":
        assert told["status"] in ("PREPARING", "REBUILDING")
    assert told["progressPercentage"] == 100 and told["endTime"] >= told["startTime"]
    assert graph.list_index_rebuilds()["rebuildIds"] == [begun["rebuildId"]]
    counted = graph.execute_open_cypher_query(openCypherQuery="MATCH (p:P)-[r:R]->() RETURN p.age AS a, r.w AS w")
    assert counted["results"] == [{"a": 1, "w": 1}]
    for call in (graph.get_index_rebuild_status, graph.cancel_index_rebuild):
        with pytest.raises(graph.exceptions.InvalidParameterException):
            call(rebuildId="none")
    with pytest.raises(graph.exceptions.InvalidParameterException):  # it is over
        graph.cancel_index_rebuild(rebuildId=begun["rebuildId"])
    with pytest.raises(graph.exceptions.InvalidParameterException):
        graph.start_index_rebuild(scope="SOME")


def test_a_rebuild_waits_for_its_turn_and_can_be_cancelled(tmp_path):
    platform = Platform(tmp_path).start()
    graph = platform.client("neptunedata")
    driver = neo4j.GraphDatabase.driver(platform.url.replace("http", "bolt"))
    with driver.session() as session, session.begin_transaction() as writing:
        writing.run("CREATE (:Held)").consume()
        begun = graph.start_index_rebuild()["rebuildId"]
        with pytest.raises(graph.exceptions.ConstraintViolationException):
            graph.start_index_rebuild()
        assert graph.cancel_index_rebuild(rebuildId=begun)["status"] == "CANCELLING"
        while (told := graph.get_index_rebuild_status(rebuildId=begun))["status"] != "CANCELLED":
            assert told["status"] == "CANCELLING"
    driver.close()
    assert platform.stop() == 0, platform.log()[-4000:]


def test_the_latest_change_is_the_last_of_its_commit_and_of_its_kind(graph):
    fill(graph)
    graph.execute_open_cypher_query(openCypherQuery="UNWIND range(1, 60000) AS i CREATE (:Many {n: i})")
    for i in range(20):
        send(graph.meta.endpoint_url, "POST", "/sparql", f"INSERT DATA {{ <http://n/{i}> <http://p> {i} }}".encode(),
             {"Content-Type": "application/sparql-update"})
    latest = graph.get_propertygraph_stream(iteratorType="LATEST")
    [record] = latest["records"]
    assert record["eventId"]["opNum"] == 120_000 and record["isLastOp"] and latest["lastEventId"] == record["eventId"]
    assert record["data"]["value"]["value"] == 60_000
    [quad] = graph.get_sparql_stream(iteratorType="LATEST")["records"]
    assert quad["data"]["stmt"].startswith("<http://n/19>")


def test_a_reset_takes_its_stream_with_it(graph):
    fill(graph)
    before = graph.get_propertygraph_stream(iteratorType="LATEST")["lastEventId"]
    token = graph.execute_fast_reset(action="initiateDatabaseReset")["payload"]["token"]
    graph.execute_fast_reset(action="performDatabaseReset", token=token)
    for iterator in ("TRIM_HORIZON", "LATEST"):
        with pytest.raises(graph.exceptions.StreamRecordsNotFoundException):
            graph.get_propertygraph_stream(iteratorType=iterator)
    graph.execute_open_cypher_query(openCypherQuery="CREATE (:P {name: 'new'})")
    told = graph.get_propertygraph_stream(iteratorType="TRIM_HORIZON", limit=100)
    assert [one["data"]["key"] for one in told["records"]] == ["label", "name"]
    assert told["records"][0]["eventId"]["commitNum"] > before["commitNum"]
    assert graph.get_propertygraph_stream(iteratorType="LATEST")["records"] == told["records"][1:]


ENDLESS = {"/gremlin": {"gremlin": "g.inject(1).repeat(identity()).until(constant(1).is(2))"},
           "/openCypher": {"query": "UNWIND range(1, 1000000) AS a UNWIND range(1, 1000000) AS b WITH a WHERE a < 0 "
                                    "RETURN a"},
           "/sparql": {"query": """PREFIX hint: <http://aws.amazon.com/neptune/vocab/v01/QueryHints#>
               SELECT (COUNT(*) AS ?n) { hint:Query hint:queryId "hinted" .
                 ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l FILTER(?c != ?f) }"""}}


@pytest.fixture
def asked(tmp_path):
    """Begins queries on a platform of one thread; each answer is there when its thread has ended."""
    platform = Platform(tmp_path, "[graph]\nthreads = 1\n").start()
    url, threads = graph_url(platform), []

    def ask(path, **members):
        answers, form = [], path == "/sparql"
        body = (urllib.parse.urlencode(members).encode() if form else members)
        kind = "application/x-www-form-urlencoded" if form else "application/json"
        threads.append(threading.Thread(
            target=lambda: answers.append(send(url, "POST", path, body, {"Content-Type": kind})[1])))
        threads[-1].start()
        return threads[-1], answers

    yield url, ask
    assert platform.stop() == 0, platform.log()[-4000:]
    for thread in threads:
        thread.join(60)


def queries(url, path, waiting=False):
    _, page = send(url, "GET", path + "/status" + ("?includeWaiting=true" if waiting else ""))
    return page, [one["queryId"] for one in page["queries"]]


def test_each_language_has_a_status_page_of_its_own(asked):
    url, ask = asked
    update(url, "INSERT DATA { " + " ".join(f"<http://n/{i}> <http://p> {i} ." for i in range(300)) + " }")
    for path, members in ENDLESS.items():
        thread, answers = ask(path, **members)
        wait_until(lambda path=path: queries(url, path)[1] == ["hinted"] or
                   (path != "/sparql" and queries(url, path)[1]), 30)
        [one] = queries(url, path)[0]["queries"]
        assert one["queryString"] == members.get("gremlin", members.get("query"))
        for other in ENDLESS:
            if other != path:
                assert queries(url, other, waiting=True) == (
                    {"acceptedQueryCount": 0, "runningQueryCount": 0, "queries": []}, [])
                assert send(url, "DELETE", f"{other}/status/{one['queryId']}")[0] == 400
        assert send(url, "GET", f"{path}/status/{one['queryId']}")[1]["queryId"] == one["queryId"]
        assert send(url, "DELETE", f"{path}/status/{one['queryId']}")[0] == 200
        thread.join(60)
        assert answers[0]["code"] == "CancelledByUserException"


def test_queries_wait_from_when_they_are_accepted(asked):
    url, ask = asked
    first, first_answer = ask("/gremlin", queryId="runs", **ENDLESS["/gremlin"])
    wait_until(lambda: queries(url, "/gremlin")[1] == ["runs"], 30)
    waiting, its_answer = ask("/gremlin", queryId="waits", gremlin="g.addV('never')")
    others = [ask("/sparql", queryId="same", query="ASK {}") for _ in range(2)]
    wait_until(lambda: queries(url, "/gremlin", waiting=True)[1] == ["runs", "waits"], 30)
    wait_until(lambda: queries(url, "/sparql", waiting=True)[1] == ["same", "same"], 30)
    page, running = queries(url, "/gremlin")
    assert running == ["runs"] and (page["acceptedQueryCount"], page["runningQueryCount"]) == (2, 1)
    one = send(url, "GET", "/gremlin/status/waits")[1]
    assert one["queryString"] == "g.addV('never')" and one["queryEvalStats"]["elapsed"] == 0
    for path, cancelled in (("/sparql", "same"), ("/gremlin", "waits"), ("/gremlin", "runs")):
        assert send(url, "DELETE", f"{path}/status/{cancelled}")[0] == 200
    for thread, answers in [(first, first_answer), (waiting, its_answer), *others]:
        thread.join(60)
        assert answers[0]["code"] == "CancelledByUserException"
    assert gremlin(url, "g.V().count()") == [0]


def test_tables_are_declared_and_called(tmp_path):
    platform = Platform(tmp_path).start()

    def send(method, path, body=None):
        request = urllib.request.Request(platform.url + path, json.dumps(body).encode() if body else None,
                                         {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def ask(query):
        return send("POST", "/openCypher", {"query": query})["results"]

    table = {"signature": "geo.city(country :: STRING?) :: (city :: STRING?, share :: FLOAT?)",
             "rows": [["SE", "Malmö", 0.25], ["SE", "Lund", 1.0], ["DE", "Ulm", None]]}
    assert send("POST", "/openCypher/procedures", table)["signature"] == table["signature"]
    for broken in ({"signature": "geo.city("}, {**table, "rows": [[1]]}, {**table, "rows": [[1, "x", 0.5]]}):
        with pytest.raises(urllib.error.HTTPError):
            send("POST", "/openCypher/procedures", broken)
    assert ask("CALL geo.city('SE')") == [{"city": "Malmö", "share": 0.25}, {"city": "Lund", "share": 1.0}]
    assert platform.stop() == 0
    platform.start()
    assert send("GET", "/openCypher/procedures") == {"procedures": [table]}
    assert ask("CALL geo.city('DE') YIELD city, share WHERE share IS NULL RETURN city") == [{"city": "Ulm"}]
    send("DELETE", "/openCypher/procedures/geo.city")
    with pytest.raises(urllib.error.HTTPError):
        ask("CALL geo.city('DE')")
    assert platform.stop() == 0, platform.log()[-4000:]
