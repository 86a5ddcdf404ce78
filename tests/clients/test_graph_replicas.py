"""Read replicas: servers whose graph follows another's change stream."""

import threading
import time

import botocore.exceptions
import gremlin_python.driver.client
import neo4j
import pytest
from support.graphs import cypher, graph_url, gremlin, send, sparql, update, wait_for
from support.platform import Platform


def replica_config(original: str, more: str = "") -> str:
    return f'[graph]\n{more}\n[graph.graphs.g]\nreplica_of = "{original}"\n'


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    platform = Platform(tmp_path_factory.mktemp("original"), "[graph]\nstreams = true\nrest_after = 500\n").start()
    url = graph_url(platform)
    cypher(url, "CREATE (:Old {name: 'before'})-[:R {w: 1.5}]->(:Old {name: 'copy'}), ()")
    update(url, "INSERT DATA { <http://e/old> <http://e/p> [ <http://e/q> \"b\"@en ] }")
    yield platform
    assert platform.stop() == 0, platform.log()[-4000:]


@pytest.fixture(scope="module")
def replicas(original, tmp_path_factory):
    made = [Platform(tmp_path_factory.mktemp(f"replica{i}"), replica_config(graph_url(original))).start()
            for i in range(2)]
    yield made
    for platform in made:
        assert platform.stop() == 0, platform.log()[-4000:]


def state(url: str) -> dict:
    return send(url, "GET", "/status")[1]["replicas"]["g"]


def caught_up(original: Platform, url: str) -> dict:
    """Once it has all that the original has now."""
    last = original_commit(original)
    return wait_for(lambda: (now := state(url))["state"] == "FOLLOWING" and now["commit"] >= last and now)


def original_commit(original: Platform) -> int:
    _, answer = send(graph_url(original), "GET", "/propertygraph/stream?iteratorType=LATEST")
    _, rdf = send(graph_url(original), "GET", "/sparql/stream?iteratorType=LATEST")
    return max(one.get("lastEventId", {}).get("commitNum", 0) for one in (answer, rdf))


def everything(url: str) -> list:
    elements = gremlin(url, "g.V().order().by(id).elementMap()") + gremlin(url, "g.E().order().by(id).elementMap()")
    labels = cypher(url, "MATCH (n) RETURN id(n) AS i, labels(n) AS l ORDER BY i")
    quads = sparql(url, "SELECT ?g ?s ?p ?o { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g ?s ?p ?o")
    return [elements, labels, quads]


def test_replicas_are_as_their_original(original, replicas):
    url = graph_url(original)
    for round_ in range(3):
        cypher(url, f"CREATE (a:New {{round: {round_}}})-[:R {{at: datetime('2020-01-02T03:04:05Z')}}]->(b:New:Two) "
                    "SET b.list = 'x' REMOVE b:Two")
        gremlin(url, f"g.addV('given').property(id, 'id{round_}').property('p', 1).property('p', 2)")
        update(url, f"INSERT DATA {{ <http://e/{round_}> <http://e/p> [], \"line\\nbreak\", {round_} }}")
        if round_ == 1:
            cypher(url, "MATCH (n:New {round: 0}) DETACH DELETE n")
            gremlin(url, "g.V('id0').drop()")
            update(url, "DELETE WHERE { <http://e/0> ?p ?o }")
        for replica in replicas:
            caught_up(original, graph_url(replica))
            assert everything(graph_url(replica)) == everything(url)
    status = send(graph_url(replicas[0]), "GET", "/status")[1]
    assert status["role"] == "reader" and send(url, "GET", "/status")[1]["role"] == "writer"
    wait_for(lambda: 0 <= state(graph_url(replicas[0]))["lagMilliseconds"] < 5_000)


def test_replicas_only_read(original, replicas):
    replica = replicas[0]
    url = graph_url(replica)
    caught_up(original, url)
    before = everything(url)

    def refused(status_and_answer):
        status, answer = status_and_answer
        assert status == 400 and answer["code"] == "ReadOnlyViolationException", answer

    refused(send(url, "POST", "/openCypher", {"query": "CREATE (:No)"}))
    refused(send(url, "POST", "/gremlin", {"gremlin": "g.addV('no')"}))
    refused(send(url, "POST", "/sparql", b"INSERT DATA { <http://e/n> <http://e/n> 1 }",
                 {"Content-Type": "application/sparql-update"}))
    refused(send(url, "PUT", "/sparql/gsp/?default", b"", {"Content-Type": "text/turtle"}))
    token = send(url, "POST", "/system", {"action": "initiateDatabaseReset"})[1]["payload"]["token"]
    refused(send(url, "POST", "/system", {"action": "performDatabaseReset", "token": token}))
    with pytest.raises(botocore.exceptions.ClientError, match="ReadOnlyViolation"):
        replica.client("neptunedata").start_loader_job(
            source="s3://none/x", format="csv", s3BucketRegion="us-east-1",
            iamRoleArn="arn:aws:iam::000000000000:role/load")
    client = gremlin_python.driver.client.Client(url.replace("http", "ws") + "/gremlin", "g")
    with pytest.raises(Exception, match="ReadOnlyViolation"):
        client.submit("g.addV('no')").all().result()
    assert client.submit("g.V().hasLabel('Old').count()").all().result() == [2]
    client.close()
    with neo4j.GraphDatabase.driver(url.replace("http", "bolt"), auth=None) as driver:
        with driver.session() as session, pytest.raises(neo4j.exceptions.Neo4jError, match="read replica"):
            session.run("CREATE (:No)").consume()
    assert everything(url) == before


def test_a_replica_that_was_away_goes_on(original, replicas):
    replica = replicas[1]
    caught_up(original, graph_url(replica))
    copies = replica.log().count("state=COPYING")
    replica.kill()
    url = graph_url(original)
    for number in range(20):
        cypher(url, "CREATE (:While {n: $n})-[:R]->(:While)", n=number)
    replica.start()
    caught_up(original, graph_url(replica))
    assert everything(graph_url(replica)) == everything(url)
    assert replica.log().count("state=COPYING") == copies > 0


def test_under_load_and_a_reset(original, replicas):
    url, replica = graph_url(original), graph_url(replicas[0])
    stop = threading.Event()

    def write(writer: int):
        number = 0
        while not stop.is_set():
            cypher(url, f"CREATE (:Load {{w: {writer}, n: {number}}})-[:R]->(:Load)")
            number += 1

    writers = [threading.Thread(target=write, args=(i,)) for i in range(3)]
    for writer in writers:
        writer.start()
    until = time.monotonic() + 3
    while time.monotonic() < until:
        # A prefix of the original's commits: never half of one.
        [row] = cypher(replica, "MATCH (n:Load) OPTIONAL MATCH (n)-[r]->() RETURN count(n) AS n, count(r) AS r")
        assert row["n"] == 2 * row["r"]
    stop.set()
    for writer in writers:
        writer.join()
    caught_up(original, replica)
    assert cypher(replica, "MATCH (n:Load) RETURN count(n) AS n") == cypher(url, "MATCH (n:Load) RETURN count(n) AS n")
    token = send(url, "POST", "/system", {"action": "initiateDatabaseReset"})[1]["payload"]["token"]
    assert send(url, "POST", "/system", {"action": "performDatabaseReset", "token": token})[0] == 200
    cypher(url, "CREATE (:Fresh)")
    caught_up(original, replica)
    assert everything(replica) == everything(url)
    assert cypher(replica, "MATCH (n) RETURN labels(n) AS l") == [{"l": ["Fresh"]}]


def test_a_copy_from_a_backup_goes_on_from_there(original, tmp_path):
    url = graph_url(original)
    original.client("s3").create_bucket(Bucket="seeds")
    cypher(url, "CREATE (:Seed)")
    original.cli("graph", "backup", "s3://seeds/one")
    cypher(url, "CREATE (:AfterSeed)")
    restored = Platform(tmp_path / "seeded", replica_config(url)).start()
    try:
        source, target = original.client("s3"), restored.client("s3")
        target.create_bucket(Bucket="seeds")
        for one in source.list_objects_v2(Bucket="seeds")["Contents"]:
            target.put_object(Bucket="seeds", Key=one["Key"],
                              Body=source.get_object(Bucket="seeds", Key=one["Key"])["Body"].read())
        restored.cli("graph", "restore", "s3://seeds/one")
        cypher(url, "CREATE (:AfterRestore)")
        caught_up(original, graph_url(restored))
        assert everything(graph_url(restored)) == everything(url)
    finally:
        assert restored.stop() == 0, restored.log()[-4000:]


def test_an_original_that_was_restored_is_copied_anew(original, replicas):
    url, replica = graph_url(original), graph_url(replicas[0])
    original.cli("graph", "backup", "s3://seeds/two")
    cypher(url, "CREATE (:Gone), (:Gone)")
    caught_up(original, replica)
    original.cli("graph", "restore", "s3://seeds/two")
    cypher(url, "CREATE (:Instead)")
    wait_for(lambda: cypher(replica, "MATCH (n:Instead) RETURN count(n) AS n") == [{"n": 1}])
    caught_up(original, replica)
    assert everything(replica) == everything(url)


def test_a_bound_on_the_lag(original, tmp_path):
    bounded = Platform(tmp_path / "bounded", replica_config(graph_url(original), "max_lag_ms = 1500")).start()
    lone = Platform(tmp_path / "lone", replica_config("http://127.0.0.1:1")).start()
    try:
        url = graph_url(bounded)
        caught_up(original, url)
        wait_for(lambda: send(url, "POST", "/openCypher", {"query": "RETURN 1"})[0] == 200)
        status, answer = send(graph_url(lone), "POST", "/openCypher", {"query": "RETURN 1"})
        assert status == 503 and "not caught up" in answer["detailedMessage"]
        assert wait_for(lambda: state(graph_url(lone))["state"] == "DISCONNECTED")
    finally:
        assert lone.stop() == 0, lone.log()[-4000:]
    away = Platform(tmp_path / "away", "[graph]\nstreams = true\n").start()
    away_url = graph_url(away)
    bounded.stop()
    bounded.config_path.write_text(replica_config(away_url, "max_lag_ms = 1500"))
    bounded.start()
    try:
        url = graph_url(bounded)
        wait_for(lambda: state(url)["state"] == "FOLLOWING")
        wait_for(lambda: send(url, "POST", "/openCypher", {"query": "RETURN 1"})[0] == 200)
        away.kill()
        wait_for(lambda: send(url, "POST", "/openCypher", {"query": "RETURN 1"})[0] == 503)
        assert "max_lag_ms" in send(url, "POST", "/gremlin", {"gremlin": "g.V()"})[1]["detailedMessage"]
        assert state(url)["lagMilliseconds"] > 1500
    finally:
        away.stop()
        assert bounded.stop() == 0, bounded.log()[-4000:]


def test_a_graph_in_tinkergraphs_mode_travels_whole(tmp_path):
    config = '[graph.graphs.t]\nmode = "tinkergraph"\nnull_properties = true\n'
    original = Platform(tmp_path / "t", config + "streams = true\n").start()
    url = graph_url(original)
    gremlin(url, "t.addV('a').property(id, 1).property('name', 'one', 'since', 2020)")
    copy = Platform(tmp_path / "copy", f'{config}replica_of = "{url}/graphs/t"\n').start()
    try:
        gremlin(url, """
            t.V(1).property(list, 'name', 'two', 'by', 'x').property(list, 'name', 'two').property('gone', null)
            t.V(1).properties('name').has('since', 2020).property('since', 2021)
            t.addV('made').property('n', 1)
            t.addV('uuid').property(id, UUID('6100808b-62f9-42b7-957e-ed66c30f40d1'))
            t.V().hasLabel('made').as('m').addE('e').from('m').to(__.V(1)).property('w', 0.5f)
            t.addE('e').from(__.V(1)).to(__.V(1)).property(id, 'mine').property('w', null)""")
        gremlin(url, "t.addV('made').property('n', 2)")
        gremlin(url, "t.V().has('made', 'n', 1).property('n', 3)")
        asked = ["t.V().order().by(label()).by(properties().count()).id()", "t.E().order().by(label()).id()",
                 "t.V().order().by(label()).properties().union(id(), key(), value(), properties().order().by(value()))",
                 "t.E().order().by(values('w').count()).union(id(), properties(), outV().id(), inV().id())"]
        wait_for(lambda: send(graph_url(copy), "GET", "/status")[1]["replicas"]["t"]["state"] == "FOLLOWING"
                 and gremlin(graph_url(copy), "t.V().has('n', 3).count()") == [1])
        for query in asked:
            assert gremlin(graph_url(copy), query) == gremlin(url, query), query
        gremlin(url, "t.V().hasLabel('uuid').drop()")
        wait_for(lambda: gremlin(graph_url(copy), "t.V().count()") == gremlin(url, "t.V().count()"))
    finally:
        assert copy.stop() == 0, copy.log()[-4000:]
        assert original.stop() == 0, original.log()[-4000:]
