"""What stock gremlinpython asks beyond walks: lambdas, profiles, programs, services; explain pages and the fixtures."""

import json
import urllib.request

import pytest
from gremlin_python.driver import serializer
from gremlin_python.driver.client import Client
from gremlin_python.driver.driver_remote_connection import DriverRemoteConnection
from gremlin_python.driver.protocol import GremlinServerError
from gremlin_python.process.anonymous_traversal import traversal
from gremlin_python.process.graph_traversal import __
from support.platform import Platform


def vertex(number: int, label: str, edges: dict, **properties) -> str:
    """A line of GraphSON 3, as TinkerPop publishes its toy graphs."""
    whole = lambda n: {"@type": "g:Int32", "@value": n}  # noqa: E731
    return json.dumps({
        "id": whole(number), "label": label,
        "outE": {kind: [{"id": whole(e), "inV": whole(to)} for e, to in ends] for kind, ends in edges.items()},
        "properties": {key: [{"id": {"@type": "g:Int64", "@value": number * 10 + i}, "value": value}]
                       for i, (key, value) in enumerate(properties.items())}})


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fixtures")
    lines = [vertex(1, "person", {"knows": [(7, 2)]}, name="marko"), vertex(2, "person", {}, name="vadas")]
    for name in ("tinkerpop-modern-v3", "tinkerpop-classic", "tinkerpop-crew-v3", "tinkerpop-sink", "grateful-dead"):
        (folder / f"{name}.json").write_text("\n".join(lines))
    platform = Platform(tmp_path_factory.mktemp("programs"), f'[graph]\nfixtures = "{folder}"\n').start()
    yield platform
    assert platform.stop() == 0, platform.log()[-4000:]


def socket_url(server):
    return server.url.replace("http", "ws") + "/gremlin"


@pytest.fixture(params=["graphbinary", "graphson3"])
def g(server, request):
    kind = {"graphbinary": serializer.GraphBinarySerializersV1, "graphson3": serializer.GraphSONSerializersV3d0}
    connection = DriverRemoteConnection(socket_url(server), "gmodern", message_serializer=kind[request.param]())
    yield traversal().with_(connection)
    connection.close()


def test_the_seven_sources_are_there(server):
    for source, count in (("gmodern", 2), ("gclassic", 2), ("gcrew", 2), ("gsink", 2), ("ggrateful", 2),
                          ("ggraph", 0), ("gtx", 0)):
        client = Client(socket_url(server), source)
        assert client.submit("g.V().count()").all().result() == [count], source
        client.close()


def test_lambdas(g):
    text = "it.outVertex().value('name') + '-' + it.label() + '->' + it.inVertex().value('name')"
    assert list(g.E().group().by(lambda: (text, "gremlin-groovy")).by(__.count()).next()) == ["marko-knows->vadas"]
    assert g.V().filter_(lambda: ("it.get().value('name').startsWith('v')", "gremlin-groovy")).count().next() == 1
    with pytest.raises(GremlinServerError, match="No such property"):
        g.V().filter_(lambda: ("System.exit(1)", "gremlin-groovy")).to_list()
    assert g.V().count().next() == 2


def test_profile(g):
    profile = g.V().out("knows").values("name").profile().next()
    steps = profile["metrics"]
    assert [step["name"].split("(")[0] for step in steps] == ["GraphStep", "VertexStep", "PropertiesStep"]
    assert steps[1]["counts"]["traverserCount"] == 1 and profile["dur"] > 0


def test_programs_and_services(g):
    ranks = g.with_computer().V().page_rank().values("gremlin.pageRankVertexProgram.pageRank").to_list()
    assert len(ranks) == 2 and sum(ranks) == pytest.approx(1, abs=1e-3)
    [path] = g.with_computer().V(1).shortest_path().with_("~tinkerpop.shortestPath.target",
                                                          __.has("name", "vadas")).to_list()
    assert [v.id for v in path] == [1, 2]
    assert g.call("tinker.search", {"search": "mar"}).element().id_().to_list() == [1]


def test_errors_of_tinkergraph_are_plain_words(server):
    client = Client(socket_url(server), "gmodern")
    with pytest.raises(GremlinServerError) as raised:
        client.submit("g.inject(null).combine(__.inject(1))").all().result()
    assert raised.value.status_message == "Incoming traverser for combine step can't be null"
    client.close()
    client = Client(socket_url(server), "g")  # a script may name its source itself
    with pytest.raises(GremlinServerError) as raised:
        client.submit("gmodern.inject(null).combine(__.inject(1))").all().result()
    assert raised.value.status_message == "Incoming traverser for combine step can't be null"
    client.close()


def post(server, path: str, body: dict, accept: str = "*/*") -> str:
    request = urllib.request.Request(server.url + path, json.dumps(body).encode(),
                                     {"Content-Type": "application/json", "Accept": accept})
    with urllib.request.urlopen(request, timeout=30) as response:
        return response.read().decode()


def test_explain_pages(server):
    graph = server.client("neptunedata")
    explained = graph.execute_gremlin_explain_query(gremlinQuery="g.V().hasLabel('x').out('a')")["output"].read()
    assert b"Neptune Gremlin Explain" in explained and b"VertexStep(OUT,[a],vertex)" in explained
    profiled = graph.execute_gremlin_profile_query(gremlinQuery="g.inject(1, 2)", results=True)["output"].read()
    assert b"Count: 2" in profiled and b"InjectStep" in profiled
    table = graph.execute_open_cypher_explain_query(openCypherQuery="UNWIND [1, 2] AS x RETURN x",
                                                    explainMode="dynamic")["results"].read()
    assert b"Unwind" in table and b"Units Out" in table
    with pytest.raises(graph.exceptions.MalformedQueryException):
        graph.execute_gremlin_explain_query(gremlinQuery="g.V().nothing()")
