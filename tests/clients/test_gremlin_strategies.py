"""Strategies with their options, as stock gremlinpython sends them."""

import pytest
from gremlin_python.driver import serializer
from gremlin_python.driver.client import Client
from gremlin_python.driver.driver_remote_connection import DriverRemoteConnection
from gremlin_python.driver.protocol import GremlinServerError
from gremlin_python.process.anonymous_traversal import traversal
from gremlin_python.process.graph_traversal import __
from gremlin_python.process.strategies import (
    HaltedTraverserStrategy, ReadOnlyStrategy, ReferenceElementStrategy, SeedStrategy, SubgraphStrategy,
    VertexProgramStrategy)
from support.platform import Platform

CONFIG = '[graph]\n[graph.graphs.tinker]\nmode = "tinkergraph"\n'
DETACHED = "org.apache.tinkerpop.gremlin.structure.util.detached.DetachedFactory"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    platform = Platform(tmp_path_factory.mktemp("strategies"), CONFIG).start()
    client = Client(platform.url.replace("http", "ws") + "/gremlin", "tinker")
    client.submit("g.addV('person').property('name', 'ada').as('a').addV('person').property('name', 'bob').as('b')"
                  ".addV('thing').property('name', 'cup').as('c')"
                  ".addE('knows').from('a').to('b').property('since', 1).addE('has').from('a').to('c')"
                  ".addE('has').from('b').to('c').iterate()").all().result()
    client.close()
    yield platform
    assert platform.stop() == 0, platform.log()[-4000:]


@pytest.fixture(params=["graphbinary", "graphson3", "graphson2"])
def g(server, request):
    kind = {"graphbinary": serializer.GraphBinarySerializersV1, "graphson3": serializer.GraphSONSerializersV3d0,
            "graphson2": serializer.GraphSONSerializersV2d0}
    connection = DriverRemoteConnection(server.url.replace("http", "ws") + "/gremlin", "tinker",
                                        message_serializer=kind[request.param]())
    yield traversal().with_(connection)
    connection.close()


def names(found):
    return sorted(found.values("name").to_list())


def test_a_computer_sees_what_its_filters_let_through(g):
    persons = g.with_computer(vertices=__.has_label("person"))
    assert names(persons.V()) == ["ada", "bob"]
    assert names(persons.V().has("name", "ada").out()) == ["bob"]
    assert persons.V().out_e("has").count().next() == 2
    assert names(g.with_computer(edges=__.both_e("knows")).V().both()) == ["ada", "bob"]
    assert names(g.with_computer(edges=__.out_e("has")).V().both()) == ["cup", "cup"]
    both = VertexProgramStrategy(vertices=__.has_label("person"), edges=__.out_e(), workers=2, persist="NOTHING",
                                 result="ORIGINAL")
    assert names(g.with_strategies(both).V().both()) == ["bob"]
    found = persons.V().connected_component().values("gremlin.connectedComponentVertexProgram.component").to_list()
    assert len(found) == 2 and len(set(found)) == 1


@pytest.mark.parametrize("strategy, error", [
    (VertexProgramStrategy(persist="EDGES"), "not implemented"),
    (VertexProgramStrategy(configuration={"speed": 1}), "no option speed"),
    (VertexProgramStrategy(vertices=__.out()), "accesses incident edges"),
    (HaltedTraverserStrategy("some.Factory"), "factory is unknown"),
])
def test_what_is_not_done_is_refused(g, strategy, error):
    with pytest.raises(GremlinServerError, match=error):
        g.with_strategies(strategy).V().to_list()


def test_elements_as_references(g):
    def parts(source):
        vertex = source.V().has("name", "ada").next()
        edge = source.E().has_label("knows").next()
        nested = source.V().has("name", "ada").fold().project("all").by().next()["all"][0]
        [step] = source.V().has("name", "ada").path().next()
        assert vertex.label == "person" and edge.label == "knows" and edge.outV.id == vertex.id
        return [bool(element.properties) for element in (vertex, edge, nested, step)]

    assert parts(g) == [True] * 4
    assert parts(g.with_strategies(ReferenceElementStrategy())) == [False] * 4
    assert parts(g.with_strategies(ReferenceElementStrategy()).without_strategies(ReferenceElementStrategy)) == [True] * 4
    # What a graph computer finds leaves it as a reference, where nothing else is said.
    assert parts(g.with_computer()) == [False] * 4
    assert parts(g.with_computer().with_strategies(HaltedTraverserStrategy(DETACHED))) == [True] * 4
    property_ = g.with_strategies(ReferenceElementStrategy()).V().has("name", "ada").properties("name").next()
    assert (property_.key, property_.value) == ("name", "ada")


def test_a_strategy_takes_anothers_place_and_is_taken_off(g):
    things = g.with_strategies(SubgraphStrategy(vertices=__.has_label("thing")))
    assert names(things.V()) == ["cup"]
    assert names(things.with_strategies(SubgraphStrategy(vertices=__.has("name", "ada"))).V()) == ["ada"]
    assert things.without_strategies(SubgraphStrategy).V().count().next() == 3
    with pytest.raises(GremlinServerError, match="not read only"):
        g.with_strategies(ReadOnlyStrategy()).V().has("name", "nobody").drop().iterate()
    g.with_strategies(ReadOnlyStrategy()).without_strategies(ReadOnlyStrategy).V().has("name", "nobody").drop().iterate()
    seeded = g.with_strategies(SeedStrategy(7))
    assert seeded.inject(1, 2, 3, 4).coin(0.5).to_list() == [3]
