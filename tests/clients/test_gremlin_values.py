"""Values that few clients send: bytes and whole numbers of any size, through every format that gremlinpython has."""

import base64

import pytest
from gremlin_python.driver import serializer
from gremlin_python.driver.driver_remote_connection import DriverRemoteConnection
from gremlin_python.driver.protocol import GremlinServerError
from gremlin_python.process.anonymous_traversal import traversal
from gremlin_python.statics import bigint
from support.platform import Platform

KINDS = {"graphbinary": serializer.GraphBinarySerializersV1, "graphson3": serializer.GraphSONSerializersV3d0,
         "graphson2": serializer.GraphSONSerializersV2d0}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    platform = Platform(tmp_path_factory.mktemp("values"), '[graph]\n[graph.graphs.tinker]\nmode = "tinkergraph"\n')
    yield platform.start()
    assert platform.stop() == 0, platform.log()[-4000:]


@pytest.fixture
def connect(server):
    connections = []

    def to(kind, source="tinker"):
        connections.append(DriverRemoteConnection(server.url.replace("http", "ws") + "/gremlin", source,
                                                  message_serializer=KINDS[kind]()))
        return traversal().with_(connections[-1])
    yield to
    for connection in connections:
        connection.close()


def sent(kind, raw):
    """In GraphSON gremlinpython hands through what should be Base64."""
    return raw if kind == "graphbinary" else base64.b64encode(raw)


@pytest.mark.parametrize("kind", KINDS)
def test_bytes_come_back_as_they_were_kept(connect, kind):
    g = connect(kind)
    for raw in (b"", b"\x00\xff\x80\n", bytes(range(256)) * 40):
        value = sent(kind, raw)
        assert g.inject(value).next() == value
        number = g.add_v("file").property("raw", value).id_().next()
        assert g.V(number).values("raw").next() == value
        assert g.V(number).has("raw", value).count().next() == 1
        # What one format brings another takes away.
        assert connect("graphbinary").V(number).values("raw").next() == raw


def test_what_is_no_base64_is_refused(connect):
    with pytest.raises(Exception, match="Base64"):
        connect("graphson3").inject(b"\x01\x02?").next()


def test_neptunes_graphs_keep_no_bytes(connect):
    g = connect("graphbinary", "g")
    with pytest.raises(GremlinServerError, match="of type ByteBuffer, which is not supported"):
        g.add_v("file").property("raw", b"\x01").iterate()
    assert g.inject(b"\x01").next() == b"\x01"


@pytest.mark.parametrize("kind", KINDS)
def test_whole_numbers_have_as_many_digits_as_they_need(connect, kind):
    g = connect(kind)
    for number in (bigint(2 ** 127), bigint(-2 ** 127 - 1), bigint(10 ** 300), bigint(-(7 ** 400))):
        assert g.inject(number).next() == number
        assert g.inject(number, 1).sum_().next() == number + 1
        assert g.with_sack(number).inject(1).sack().next() == number
        vertex = g.add_v("n").property("big", number).id_().next()
        assert g.V(vertex).values("big").next() == number
        assert g.V(vertex).has("big", number).count().next() == 1
    assert g.inject(bigint(10 ** 50 + 1), bigint(10 ** 50), 5).order().to_list() == [5, 10 ** 50, 10 ** 50 + 1]
    assert g.inject(bigint(2 ** 200), bigint(2 ** 201)).max_().next() == 2 ** 201
