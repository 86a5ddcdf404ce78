"""Stock gremlinpython against a graph of TinkerGraph's rules, its toy graph "modern", and one of Neptune's."""

import asyncio
import concurrent.futures
import gzip
import json
import time
import urllib.error
import urllib.request
import uuid

import aiohttp
import pytest
from gremlin_python.driver import serializer
from gremlin_python.driver.client import Client
from gremlin_python.driver.driver_remote_connection import DriverRemoteConnection
from gremlin_python.driver.protocol import GremlinServerError
from gremlin_python.process.anonymous_traversal import traversal
from gremlin_python.process.graph_traversal import __
from gremlin_python.process.traversal import (Cardinality, Direction, Merge, Operator, Order, P, Pop, Scope, T,
                                              TextP, WithOptions)
from gremlin_python.statics import BigDecimal
from gremlin_python.structure.graph import Edge, Path, Vertex, VertexProperty
from support.platform import Platform

MODERN = """
g.addV('person').property(id, 1).property('name', 'marko').property('age', 29)
g.addV('person').property(id, 2).property('name', 'vadas').property('age', 27)
g.addV('software').property(id, 3).property('name', 'lop').property('lang', 'java')
g.addV('person').property(id, 4).property('name', 'josh').property('age', 32)
g.addV('software').property(id, 5).property('name', 'ripple').property('lang', 'java')
g.addV('person').property(id, 6).property('name', 'peter').property('age', 35)
g.addE('knows').from(__.V(1)).to(__.V(2)).property(id, 7).property('weight', 0.5d)
g.addE('knows').from(__.V(1)).to(__.V(4)).property(id, 8).property('weight', 1.0d)
g.addE('created').from(__.V(1)).to(__.V(3)).property(id, 9).property('weight', 0.4d)
g.addE('created').from(__.V(4)).to(__.V(5)).property(id, 10).property('weight', 1.0d)
g.addE('created').from(__.V(4)).to(__.V(3)).property(id, 11).property('weight', 0.4d)
g.addE('created').from(__.V(6)).to(__.V(3)).property(id, 12).property('weight', 0.2d)
"""
CONFIG = """
[graph.graphs.gmodern]
mode = "tinkergraph"
[graph.graphs.gempty]
mode = "tinkergraph"
"""
SERIALIZERS = {"graphbinary": serializer.GraphBinarySerializersV1, "graphson3": serializer.GraphSONSerializersV3d0,
               "graphson2": serializer.GraphSONSerializersV2d0}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    platform = Platform(tmp_path_factory.mktemp("graph"), CONFIG).start()
    client = Client(socket_url(platform), "gmodern")
    client.submit(MODERN).all().result()
    client.close()
    yield platform
    assert platform.stop() == 0, platform.log()[-4000:]


def socket_url(server):
    return server.url.replace("http", "ws") + "/gremlin"


@pytest.fixture(scope="module", params=SERIALIZERS)
def g(server, request):
    connection = DriverRemoteConnection(socket_url(server), "gmodern",
                                        message_serializer=SERIALIZERS[request.param]())
    yield traversal().with_(connection)
    connection.close()


@pytest.fixture
def neptune(server):
    connection = DriverRemoteConnection(socket_url(server), "g")
    source = traversal().with_(connection)
    source.V().drop().iterate()
    yield source
    connection.close()


@pytest.fixture(params=SERIALIZERS)
def client(server, request):
    client = Client(socket_url(server), "gmodern", message_serializer=SERIALIZERS[request.param]())
    yield client
    client.close()


def names(t):
    return sorted(t.values("name").to_list())


def test_elements(g):
    marko = g.V(1).next()
    assert isinstance(marko, Vertex) and marko.id == 1 and marko.label == "person"
    assert {p.key: p.value for p in marko.properties} == {"name": "marko", "age": 29} or not marko.properties
    edge = g.E(7).next()
    assert isinstance(edge, Edge) and edge.label == "knows" and edge.outV.id == 1 and edge.inV.id == 2
    name = g.V(1).properties("name").next()
    assert isinstance(name, VertexProperty) and name.value == "marko" and name.label == "name"
    assert g.V(marko).out("knows").count().next() == 2
    element = g.V(1).element_map().next()  # keys of GraphSON 2 are texts
    assert element in ({T.id: 1, T.label: "person", "name": "marko", "age": 29},
                       {"id": 1, "label": "person", "name": "marko", "age": 29})
    assert "person" in g.V(1).value_map().with_(WithOptions.tokens).next().values()


def test_elements_sent_as_values(g):
    marko, ripple, knows = g.V(1).next(), g.V(5).next(), g.E(8).next()
    assert g.V(marko).repeat(__.out()).until(__.is_(ripple)).path().by(T.id).next().objects == [1, 4, 5]
    assert names(g.V().is_(P.within([marko, ripple]))) == ["marko", "ripple"]
    assert names(g.V(1).both().is_(P.neq(ripple)).both().is_(P.eq(marko)).dedup()) == ["marko"]
    assert g.E().is_(knows).in_v().id_().to_list() == [4]
    assert g.inject({"x": marko}).select("x").out("knows").count().next() == 2
    assert g.V(1).choose(__.identity()).option(marko, __.constant("it")).to_list() == ["it"]


def test_decimals_keep_their_exponent(server):
    client = Client(socket_url(server), "gmodern", message_serializer=SERIALIZERS["graphbinary"]())
    for number in (BigDecimal(-20, 1), BigDecimal(30, -125), BigDecimal(1, 125)):
        assert client.submit("g.inject(x)", {"x": number}).all().result() == [number]
    assert client.submit("g.inject(1e20m)").all().result() == [BigDecimal(-20, 1)]
    client.close()


def test_walks_and_filters(g):
    assert names(g.V(1).out()) == ["josh", "lop", "vadas"]
    assert names(g.V().has("age", P.gt(30))) == ["josh", "peter"]
    assert names(g.V().has("age", P.between(27, 30).or_(P.eq(35)))) == ["marko", "peter", "vadas"]
    assert names(g.V().has("name", TextP.starting_with("m"))) == ["marko"]
    assert names(g.V().has("name", P.within("josh", "lop"))) == ["josh", "lop"]
    assert names(g.V().where(__.out("created").count().is_(P.gt(1)))) == ["josh"]
    assert names(g.V().not_(__.out())) == ["lop", "ripple", "vadas"]
    assert names(g.V(1).as_("a").out("created").in_("created").where(P.neq("a"))) == ["josh", "peter"]
    assert names(g.V(1).repeat(__.out()).times(2)) == ["lop", "ripple"]
    assert names(g.V(1).repeat(__.out()).until(__.has("lang"))) == ["lop", "lop", "ripple"]
    assert names(g.V().union(__.out("knows"), __.out("created")).dedup()) == ["josh", "lop", "ripple", "vadas"]


def test_values_of_all_kinds(g):
    assert g.V().count().next() == 6
    assert g.V().has_label("person").values("age").sum_().next() == 123
    assert g.V().values("age").mean().next() == 30.75
    assert g.V().group().by(T.label).by("name").next() == {"person": ["marko", "vadas", "josh", "peter"],
                                                           "software": ["lop", "ripple"]}
    assert g.V().group_count().by(T.label).next() == {"person": 4, "software": 2}
    assert g.V().values("name").order().to_list() == ["josh", "lop", "marko", "peter", "ripple", "vadas"]
    assert g.V().has_label("person").order().by("age", Order.desc).values("name").to_list() == [
        "peter", "josh", "marko", "vadas"]
    path = g.V(1).out("created").path().by("name").next()
    assert isinstance(path, Path) and path.objects == ["marko", "lop"]
    assert g.V(1).as_("a").out("knows").as_("b").select("a", "b").by("name").to_list() == [
        {"a": "marko", "b": "vadas"}, {"a": "marko", "b": "josh"}]
    assert g.V(1).project("n", "c").by("name").by(__.out().count()).next() == {"n": "marko", "c": 3}
    assert g.V().has_label("person").values("age").fold().next() == [29, 27, 32, 35]
    assert g.V().values("age").fold(0, Operator.sum_).next() == 123
    assert g.V(1).as_("a").out().as_("a").select(Pop.first, "a").dedup().next().id == 1
    assert g.inject([1, 2, 3]).count(Scope.local).next() == 3
    assert g.V().values("name").aggregate("x").cap("x").next().count("marko") == 1
    assert g.V().both().both().count().next() == 30
    assert g.V().out().limit(2).count().next() == 2
    assert g.V(1).properties("age").value().next() == 29
    assert g.inject(None).next() is None


def test_batches_come_in_order(client):
    many = client.submit("g.inject(0..999).unfold()").all().result()
    assert many == list(range(1000))


def test_scripts(client):
    assert client.submit("g.V(x).values('name')", {"x": 1}).all().result() == ["marko"]
    assert client.submit("g.V().count(); g.E().count()").all().result() == [6]
    assert client.submit("g.V(99)").all().result() == []
    assert client.submit("g.V().values('name').order().next(2)").all().result() == ["josh", "lop"]


def test_errors_say_where_and_what(client):
    with pytest.raises(GremlinServerError) as error:
        client.submit("g.V().out(").all().result()
    assert error.value.status_code == 597
    assert "line 1, column 11: expected an argument" in str(error.value)
    with pytest.raises(GremlinServerError, match="pageRank"):
        client.submit("g.V().pageRank()").all().result()
    with pytest.raises(GremlinServerError) as error:
        client.submit("g.V().repeat(both()).until(constant(1).is(2)).emit()",
                      request_options={"evaluationTimeout": 300}).all().result()
    assert error.value.status_code == 598
    assert client.submit("g.V().count()").all().result() == [6]  # the connection goes on


def test_writes_in_neptunes_rules(neptune):
    g = neptune
    marko = g.add_v("person::author").property(T.id, "marko").property("name", "marko").next()
    assert marko.id == "marko" and marko.label == "person::author"
    g.V("marko").property("name", "mark").iterate()
    assert sorted(g.V("marko").values("name").to_list()) == ["mark", "marko"]
    g.V("marko").property(Cardinality.single, "name", "m").iterate()
    assert g.V("marko").values("name").to_list() == ["m"]
    made = g.add_v("person").next()
    uuid.UUID(made.id)
    edge = g.add_e("knows").from_(marko).to(made).property("since", 2020).next()
    assert g.V("marko").out("knows").next().id == made.id
    assert g.E(edge.id).values("since").next() == 2020
    assert g.V().has_label("author").count().next() == 1
    found = g.merge_v({T.label: "person", "name": "zoe"}).option(Merge.on_create, {"age": 3}).next()
    assert g.merge_v({T.label: "person", "name": "zoe"}).next().id == found.id
    g.merge_e({T.label: "likes", Direction.OUT: "marko", Direction.IN: found.id}).iterate()
    assert g.V("marko").out("likes").values("age").next() == 3
    g.V("marko").drop().iterate()
    assert g.V().count().next() == 2 and g.E().count().next() == 0
    with pytest.raises(GremlinServerError, match="Invalid id type"):
        g.add_v("x").property(T.id, 5).iterate()


def post(server, body, accept=None, path="/gremlin"):
    headers = {"Content-Type": "application/json", **({"Accept": accept} if accept else {})}
    request = urllib.request.Request(server.url + path, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.loads(response.read())


def test_http(server):
    whole = post(server, {"gremlin": "g.V(1).values('name')", "aliases": {"g": "gmodern"}})
    assert whole["status"]["code"] == 200
    assert whole["result"]["data"] == {"@type": "g:List", "@value": ["marko"]}
    plain = post(server, {"gremlin": "g.V(x).valueMap()", "bindings": {"x": 1}, "aliases": {"g": "gmodern"}},
                 "application/vnd.gremlin-v3.0+json;types=false")
    assert plain["result"]["data"] == [{"name": ["marko"], "age": [29]}]
    with pytest.raises(urllib.error.HTTPError) as refused:
        post(server, {"gremlin": "g.V().nothing()"})
    assert refused.value.code == 400
    error = json.loads(refused.value.read())
    assert error["code"] == "MalformedQueryException" and error["requestId"]
    assert "line 1, column 7" in error["detailedMessage"]
    with pytest.raises(urllib.error.HTTPError) as refused:
        post(server, {"gremlinn": "g"})
    assert json.loads(refused.value.read())["code"] == "MissingParameterException"


def test_boto3(server):
    graph = server.client("neptunedata")
    graph.execute_gremlin_query(gremlinQuery="g.addV('a').property(id, 'boto')")
    answer = graph.execute_gremlin_query(gremlinQuery="g.V('boto').label()",
                                         serializer="application/vnd.gremlin-v3.0+json;types=false")
    assert answer["result"]["data"] == ["a"]
    assert graph.get_engine_status()["status"] == "healthy"
    assert graph.list_gremlin_queries()["runningQueryCount"] == 0
    with pytest.raises(graph.exceptions.MalformedQueryException):
        graph.execute_gremlin_query(gremlinQuery="g.V(")
    with pytest.raises(graph.exceptions.InvalidParameterException):
        graph.cancel_gremlin_query(queryId="none")


def test_bulk_load(server):
    s3, graph = server.client("s3"), server.client("neptunedata")
    s3.create_bucket(Bucket="loads")
    s3.put_object(Bucket="loads", Key="g/a-edges.csv", Body=b"~id,~from,~to,~label\nl1,la,lb,near\n")
    s3.put_object(Bucket="loads", Key="g/b-nodes.csv.gz", Body=gzip.compress(b"~id,~label,n:Int\nla,x,1\nlb,x,2\n"))

    def load(source, **members):
        answer = graph.start_loader_job(source=source, format="csv", s3BucketRegion="us-east-1",
                                        iamRoleArn="arn:aws:iam::000000000000:role/load", **members)
        while True:
            status = graph.get_loader_job_status(loadId=answer["payload"]["loadId"], details=True,
                                                 errors=True)["payload"]
            if status["overallStatus"]["status"] not in ("LOAD_IN_QUEUE", "LOAD_IN_PROGRESS"):
                return status
            time.sleep(0.05)

    status = load("s3://loads/g/")
    assert status["overallStatus"]["status"] == "LOAD_COMPLETED", status
    assert status["overallStatus"]["totalRecords"] == 5
    assert status["feedCount"] == [{"LOAD_COMPLETED": 2}]
    answer = graph.execute_gremlin_query(gremlinQuery="g.V('la').out('near').values('n')",
                                         serializer="application/vnd.gremlin-v3.0+json;types=false")
    assert answer["result"]["data"] == [2]
    s3.put_object(Bucket="loads", Key="bad.csv", Body=b"~id,n:Int\nq,x\n")
    status = load("s3://loads/bad.csv")
    assert status["overallStatus"]["status"] == "LOAD_CANCELLED_DUE_TO_ERRORS"
    assert status["errors"]["errorLogs"][0]["recordNum"] == 2
    assert load("s3://loads/none")["overallStatus"]["status"] == "LOAD_FAILED_INVALID_REQUEST"
    assert len(graph.list_loader_jobs()["payload"]["loadIds"]) == 3
    with pytest.raises(graph.exceptions.BulkLoadIdNotFoundException):
        graph.get_loader_job_status(loadId="none")


def test_transactions(server, neptune):
    connection = DriverRemoteConnection(socket_url(server), "g")
    source = traversal().with_(connection)
    transaction = source.tx()
    within = transaction.begin()
    within.add_v("t").property(T.id, "t1").iterate()
    within.add_v("t").property(T.id, "t2").iterate()
    assert within.V().has_label("t").count().next() == 2
    assert neptune.V().has_label("t").count().next() == 0  # readers wait for nobody
    transaction.commit()
    assert neptune.V().has_label("t").count().next() == 2
    transaction = source.tx()
    within = transaction.begin()
    within.V("t1").drop().iterate()
    transaction.rollback()
    assert neptune.V().has_label("t").count().next() == 2
    transaction = source.tx()
    within = transaction.begin()
    within.add_v("t").property(T.id, "t3").iterate()
    with pytest.raises(GremlinServerError, match="already exists"):
        within.add_v("t").property(T.id, "t1").iterate()
    assert neptune.add_v("t").property(T.id, "t4").next().id == "t4"  # the error has ended it
    assert neptune.V("t3").count().next() == 0
    connection.close()


def test_more_transactions_than_threads(server, neptune):
    """Each has a connection of its own, and all want the one turn to write."""
    def add(number):
        connection = DriverRemoteConnection(socket_url(server), "g")
        for i in range(3):
            transaction = traversal().with_(connection).tx()
            within = transaction.begin()
            within.add_v("m").property("n", number).iterate()
            assert within.V().has_label("m").has("n", number).count().next() == i + 1
            transaction.commit()
        connection.close()

    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        for done in [pool.submit(add, number) for number in range(20)]:
            done.result(timeout=60)  # and not after the time limit of a query
    assert neptune.V().has_label("m").count().next() == 60


def test_opencypher(server):
    graph = server.client("neptunedata")
    graph.execute_open_cypher_query(openCypherQuery="CREATE (:city {`~id`: 'oc1', name: 'Ulm'})-[:road {km: 9}]->(:city {`~id`: 'oc2', name: $other})",
                                    parameters=json.dumps({"other": "Bonn"}))
    (row,) = graph.execute_open_cypher_query(
        openCypherQuery="MATCH (a:city {name: 'Ulm'})-[r:road]->(b) RETURN a, r, b.name AS name, r.km + 1 AS km")["results"]
    assert row["a"] == {"~id": "oc1", "~entityType": "node", "~labels": ["city"], "~properties": {"name": "Ulm"}}
    assert row["r"]["~start"] == "oc1" and row["r"]["~end"] == "oc2" and row["r"]["~type"] == "road"
    assert (row["name"], row["km"]) == ("Bonn", 10)
    assert post(server, {"query": "MATCH (n:city) RETURN count(n) AS n"}, path="/openCypher") == {"results": [{"n": 2}]}
    with pytest.raises(graph.exceptions.MalformedQueryException):
        graph.execute_open_cypher_query(openCypherQuery="MATCH (n RETURN n")


def test_messages_are_packed_where_a_client_offers_it(server):
    async def ask():
        async with aiohttp.ClientSession() as session:
            async with session.ws_connect(socket_url(server), compress=15) as line:
                assert line.compress == 15
                # Larger than what goes as it is, both ways.
                script = "g.inject(" + ",".join(["'packed'"] * 300) + ").fold()"
                await line.send_str(json.dumps({
                    "requestId": "7c3a4b44-3f4c-4a7e-9d0e-5b6e1a4f5c11", "op": "eval", "processor": "",
                    "args": {"gremlin": script, "language": "gremlin-groovy"}}))
                return json.loads((await line.receive()).data)

    answer = asyncio.run(ask())
    assert answer["status"]["code"] == 200
    assert str(answer["result"]["data"]).count("packed") == 300
