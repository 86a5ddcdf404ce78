"""Graphs of TinkerPop 3.8's Gremlin or with null properties beside 3.7's, and graphs in files: gremlinpython."""

import datetime

import pytest
from gremlin_python.driver import serializer
from gremlin_python.driver.driver_remote_connection import DriverRemoteConnection
from gremlin_python.driver.protocol import GremlinServerError
from gremlin_python.process.anonymous_traversal import traversal
from gremlin_python.process.graph_traversal import __
from gremlin_python.process.traversal import DT, Merge, Scope
from support.graphs import graph_url, send
from support.platform import Platform

CONFIG = """[graph]
[graph.graphs.early]
mode = "tinkergraph"
[graph.graphs.late]
mode = "tinkergraph"
gremlin = "3.8"
[graph.graphs.nulls]
mode = "tinkergraph"
null_properties = true
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    platform = Platform(tmp_path_factory.mktemp("versions"), CONFIG).start()
    yield platform
    assert platform.stop() == 0, platform.log()[-4000:]


@pytest.fixture(params=["graphbinary", "graphson3"])
def source(server, request):
    kind = {"graphbinary": serializer.GraphBinarySerializersV1, "graphson3": serializer.GraphSONSerializersV3d0}
    connections = []

    def of(name):
        connections.append(DriverRemoteConnection(server.url.replace("http", "ws") + "/gremlin", name,
                                                  message_serializer=kind[request.param]()))
        return traversal().with_(connections[-1])
    yield of
    for connection in connections:
        connection.close()


def test_a_graph_speaks_the_version_that_it_was_given(source):
    early, late = source("early"), source("late")
    assert early.inject([1, 2]).limit(Scope.local, 1).next() == 1
    assert late.inject([1, 2]).limit(Scope.local, 1).next() == [1]
    noon = datetime.datetime(2023, 8, 8, 12, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))
    [tomorrow] = late.inject(noon).date_add(DT.day, 1).to_list()
    assert tomorrow == noon + datetime.timedelta(days=1) and tomorrow.utcoffset() == datetime.timedelta(hours=2)
    assert early.inject(noon).date_add(DT.day, 1).next() == datetime.datetime(2023, 8, 9, 10)
    assert late.inject(noon).date_diff(__.constant(noon - datetime.timedelta(seconds=3))).next() == 3000
    assert early.inject(noon).date_diff(__.constant(noon - datetime.timedelta(seconds=3))).next() == 3


def test_properties_may_be_null_where_the_graph_has_such(source):
    for name, count in (("nulls", 1), ("early", 0)):
        g = source(name)
        g.V().drop().iterate()
        g.add_v("person").property("name", "josh").property("age", None).iterate()
        assert g.V().has("person", "age", None).count().next() == count
        g.merge_v({"name": "josh"}).option(Merge.on_match, {"name": None}).iterate()
        assert g.V().properties("name").count().next() == count


def test_graphs_are_made_in_a_version_and_stay_so(tmp_path):
    platform = Platform(tmp_path / "made", '[graph]\ngremlin = "3.8"\n').start()
    try:
        def put(name, members):
            return send(graph_url(platform), "PUT", f"/graphs/{name}?{members}")[0]
        assert put("a", "mode=tinkergraph") == 200
        assert put("b", "mode=tinkergraph&gremlin=3.7&null_properties=true") == 200
        assert put("c", "gremlin=4.0") == 400 and put("c", "null_properties=true") == 400
        assert platform.stop() == 0
        platform.start()
        graphs = send(graph_url(platform), "GET", "/graphs")[1]["graphs"]
        shown = {one["name"]: (one["gremlin"], one["nullProperties"]) for one in graphs}
        assert shown == {"g": ("3.8", False), "a": ("3.8", False), "b": ("3.7", True)}
    finally:
        platform.stop()


def test_a_graph_goes_into_a_file_and_comes_out_of_it(source):
    early, late = source("early"), source("late")
    for name in ("graph.json", "graph.xml"):
        early.V().drop().iterate()
        late.V().drop().iterate()
        early.add_v("a").property("name", "ä<&").as_("x").add_e("self").from_("x").to("x").property("w", 0.5).iterate()
        early.io("data/" + name).write().iterate()
        late.io("data/" + name).read().iterate()
        assert late.V().values("name").to_list() == ["ä<&"] and late.E().values("w").to_list() == [0.5]
    with pytest.raises(GremlinServerError, match="is not in it"):
        early.io("../graph.json").write().iterate()
    with pytest.raises(GremlinServerError, match="none.json"):
        early.io("none.json").read().iterate()
