"""Backups of a graph and its RDF while others write, and graphs out of them."""

import threading
import time

import pytest
from support.graphs import await_job, cypher, graph_url, gremlin, load, send, sparql, update
from support.platform import Platform


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    platform = Platform(tmp_path_factory.mktemp("backup"), "[graph]\nrest_after = 200\n").start()
    platform.client("s3").create_bucket(Bucket="backups")
    yield platform
    assert platform.stop() == 0, platform.log()[-4000:]


def back_up(url: str, place: str, graph: str = "g") -> dict:
    status, answer = send(url, "POST", "/backup", {"destination": place, "graph": graph})
    assert status == 200, answer
    return await_job(url, "/backup/" + answer["payload"]["backupId"])


def restore(url: str, place: str, graph: str = "g") -> dict:
    status, answer = send(url, "POST", "/restore", {"source": place, "graph": graph})
    assert status == 200, answer
    return await_job(url, "/restore/" + answer["payload"]["restoreId"])


class Writers:
    """Each commit makes two vertices and an edge; another thread makes pairs of quads."""

    def __init__(self, url: str):
        self.url, self.stop, self.count = url, threading.Event(), 0
        self.threads = [threading.Thread(target=self.elements), threading.Thread(target=self.quads)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def elements(self):
        while not self.stop.is_set():
            gremlin(self.url, f"g.addV('w').property('n', {self.count}).addE('to').to(addV('w'))")
            self.count += 1

    def quads(self):
        number = 0
        while not self.stop.is_set():
            update(self.url, f'INSERT DATA {{ <http://e/{number}> <http://e/p> "a", [] }}')
            number += 1


def whole(url: str, source: str) -> tuple[int, int]:
    """What each commit has made is there whole: two vertices an edge, two quads a subject."""
    vertices = gremlin(url, f"{source}.V().hasLabel('w').count()")[0]
    edges = gremlin(url, f"{source}.E().hasLabel('to').count()")[0]
    assert vertices == 2 * edges
    assert gremlin(url, f"{source}.V().hasLabel('w').out('to').dedup().count()")[0] == edges
    path = "/sparql" if source == "g" else "/sparql/" + source
    [row] = sparql(url, "SELECT (COUNT(?s) AS ?q) (COUNT(DISTINCT ?s) AS ?n) { ?s <http://e/p> ?o }", path)
    assert int(row["q"]) == 2 * int(row["n"])
    return edges, int(row["n"])


def test_a_backup_under_writers_is_one_moment(server):
    url = graph_url(server)
    with Writers(url) as writers:
        for number in range(3):
            while writers.count < 100 * (number + 1):
                time.sleep(0.01)
            done = back_up(url, f"s3://backups/moving/{number}")
            assert done["status"] == "BACKUP_COMPLETED" and done["bytes"] == done["totalBytes"] > 0, done
    last = whole(url, "g")
    before = (0, 0)
    for number in range(3):
        done = restore(url, f"s3://backups/moving/{number}", f"copy{number}")
        assert done["status"] == "RESTORE_COMPLETED", done
        now = whole(url, f"copy{number}")
        assert before < now <= last and now[0] >= 100 * (number + 1)
        before = now
    # A copy is a graph like others, and stays.
    gremlin(url, "copy1.addV('own')")
    assert server.stop() == 0
    server.start()
    url = graph_url(server)
    assert whole(url, "copy2") == before
    assert gremlin(url, "copy1.V().hasLabel('own').count()") == [1]
    names = [one["name"] for one in send(url, "GET", "/graphs")[1]["graphs"]]
    assert names == ["copy0", "copy1", "copy2", "g"]
    assert send(url, "DELETE", "/graphs/copy1")[0] == 200
    assert send(url, "DELETE", "/graphs/g")[0] == 400
    assert [one["name"] for one in send(url, "GET", "/graphs")[1]["graphs"]] == ["copy0", "copy2", "g"]


def test_restoring_g_itself(server):
    url = graph_url(server)
    cypher(url, "MATCH (n) DETACH DELETE n")
    cypher(url, "CREATE (:Kept {name: 'a'})-[:R]->(:Kept {name: 'b'})")
    update(url, "CLEAR ALL; INSERT DATA { GRAPH <http://e/g> { <http://e/kept> <http://e/is> 1 } }")
    assert back_up(url, "s3://backups/kept/")["status"] == "BACKUP_COMPLETED"
    again = back_up(url, "s3://backups/kept/")
    assert again["status"] == "BACKUP_FAILED" and "already" in again["failureReason"]
    for _ in range(2):
        cypher(url, "MATCH (n) DETACH DELETE n")
        cypher(url, "CREATE (:Later)")
        update(url, "CLEAR ALL")
        assert restore(url, "s3://backups/kept")["status"] == "RESTORE_COMPLETED"
        assert cypher(url, "MATCH (a)-[:R]->(b) RETURN a.name AS a, b.name AS b") == [{"a": "a", "b": "b"}]
        assert cypher(url, "MATCH (n:Later) RETURN count(n) AS n") == [{"n": 0}]
        assert sparql(url, "SELECT ?s { GRAPH <http://e/g> { ?s ?p 1 } }") == [{"s": "http://e/kept"}]
        cypher(url, "CREATE (:After)")
        assert server.stop() == 0
        server.start()
        url = graph_url(server)
        assert cypher(url, "MATCH (n) RETURN count(n) AS n") == [{"n": 3}]


def test_what_cannot_be_done_says_why(server):
    url, s3 = graph_url(server), server.client("s3")
    assert send(url, "POST", "/backup", {"graph": "g"})[0] == 400
    assert send(url, "POST", "/backup", {"destination": "s3://backups/x", "graph": "none"})[0] == 404
    assert send(url, "GET", "/backup/none")[0] == 404
    failed = restore(url, "s3://backups/nothing")
    assert failed["status"] == "RESTORE_FAILED" and "no whole backup" in failed["failureReason"]
    assert back_up(url, "s3://nobucket/x")["status"] == "BACKUP_FAILED"
    assert back_up(url, "s3://backups/hurt")["status"] == "BACKUP_COMPLETED"
    [key] = [one["Key"] for one in s3.list_objects_v2(Bucket="backups", Prefix="hurt/")["Contents"]
             if one["Key"].rsplit("/", 1)[1].startswith("MANIFEST-")]
    s3.put_object(Bucket="backups", Key=key, Body=b"other")
    hurt = restore(url, "s3://backups/hurt", "hurt")
    assert hurt["status"] == "RESTORE_FAILED" and "MANIFEST" in hurt["failureReason"]
    assert "hurt" not in [one["name"] for one in send(url, "GET", "/graphs")[1]["graphs"]]


def test_the_command_line(server):
    url = graph_url(server)
    cypher(url, "MATCH (n) DETACH DELETE n")
    cypher(url, "CREATE (:Cli)")
    done = server.cli("graph", "backup", "s3://cli-backups/one")
    assert "backed up" in done.stderr
    refused = server.cli("graph", "backup", "s3://cli-backups/one", check=False)
    assert refused.returncode == 1 and "already" in refused.stderr
    assert "restored" in server.cli("graph", "restore", "s3://cli-backups/one", "--graph", "cli").stderr
    assert gremlin(url, "cli.V().label()") == ["Cli"]


def test_a_restored_graph_is_loaded_anew(server):
    url, client, s3 = graph_url(server), server.client("neptunedata"), server.client("s3")
    assert back_up(url, "s3://backups/before")["status"] == "BACKUP_COMPLETED"
    s3.put_object(Bucket="backups", Key="loads/a.csv", Body=b"~id,~label\nl1,loaded\n")
    first = load(client, "s3://backups/loads/")
    assert gremlin(url, "g.V('l1').count()") == [1]
    assert restore(url, "s3://backups/before")["status"] == "RESTORE_COMPLETED"
    assert gremlin(url, "g.V('l1').count()") == [0]
    again = load(client, "s3://backups/loads/")  # AUTO
    assert again["id"] != first["id"] and again["overallStatus"]["status"] == "LOAD_COMPLETED"
    assert gremlin(url, "g.V('l1').count()") == [1]
