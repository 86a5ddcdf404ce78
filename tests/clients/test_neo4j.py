"""The stock neo4j driver over Bolt, on the graph's own port and on the platform's."""

import concurrent.futures
import datetime
import socket
import threading
import time

import neo4j
import pytest
from neo4j.exceptions import ClientError, ConstraintError, CypherSyntaxError
from neo4j.graph import Node, Path, Relationship
from neo4j.time import Date, DateTime, Duration, Time
from support.graphs import graph_url, send
from support.platform import Platform
from support.processes import wait_until


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    platform = Platform(tmp_path_factory.mktemp("bolt")).start()
    yield platform
    assert platform.stop() == 0, platform.log()[-4000:]


def address(server):
    return server.url.split("//")[1]


@pytest.fixture
def driver(server):
    with neo4j.GraphDatabase.driver(f"bolt://{address(server)}", auth=None) as driver:
        driver.execute_query("MATCH (n) DETACH DELETE n")
        yield driver


def ask(driver, query, **parameters):
    return [list(record.values()) for record in driver.execute_query(query, parameters).records]


def test_values_go_and_come(driver):
    values = [None, True, 1, -(2 ** 63), 1.5, "ä", [1, [2]], {"a": {"b": 1}}, float("inf")]
    for value in values:
        assert ask(driver, "RETURN $x", x=value) == [[value]]
    zone = datetime.timezone(datetime.timedelta(hours=2))
    for value in (Date(2020, 2, 29), Time(12, 30, 1, 5), DateTime(2020, 1, 1, 12, 0, 0, 7),
                  DateTime(2020, 6, 1, 12, 0, tzinfo=zone), Duration(months=1, days=2, seconds=3, nanoseconds=4)):
        assert ask(driver, "RETURN $x", x=value) == [[value]]
    [[stockholm]] = ask(driver, "RETURN datetime('2020-06-01T12:00[Europe/Stockholm]')")
    assert stockholm.iso_format() == "2020-06-01T12:00:00.000000000+02:00"


def test_elements_are_the_driver_s_own(driver):
    [[a, r, b, path]] = ask(driver, "CREATE p = (a:P:Q {name: 'A'})-[r:KNOWS {since: 1}]->(b) RETURN a, r, b, p")
    assert isinstance(a, Node) and a.labels == {"P", "Q"} and dict(a) == {"name": "A"} and b.labels == frozenset()
    assert isinstance(r, Relationship) and r.type == "KNOWS" and r["since"] == 1
    assert r.start_node == a and r.end_node == b
    assert isinstance(path, Path) and path.start_node == a and path.end_node == b and len(path) == 1
    [[back]] = ask(driver, "MATCH p = ()<-[]-() RETURN p")
    assert back.start_node.element_id == b.element_id
    assert back.relationships[0].start_node.element_id == a.element_id
    assert ask(driver, "MATCH (n) WHERE id(n) = $id RETURN n.name", id=a.element_id) == [["A"]]


def test_summaries_count_what_was_done(driver):
    counters = driver.execute_query("CREATE (:A {x: 1})-[:R]->(:B)").summary.counters
    assert (counters.nodes_created, counters.relationships_created, counters.properties_set,
            counters.labels_added) == (2, 1, 1, 2)
    counters = driver.execute_query("MATCH (n) DETACH DELETE n").summary.counters
    assert (counters.nodes_deleted, counters.relationships_deleted) == (2, 1)


def test_transactions(driver):
    with driver.session() as session:
        with session.begin_transaction() as transaction:
            transaction.run("CREATE (:T)")
            assert transaction.run("MATCH (n:T) RETURN count(n)").single().value() == 1
            transaction.rollback()
        assert session.run("MATCH (n:T) RETURN count(n)").single().value() == 0
        assert session.execute_write(lambda t: t.run("CREATE (n:T) RETURN 1").single().value()) == 1
        assert session.execute_read(lambda t: t.run("MATCH (n:T) RETURN count(n)").single().value()) == 1


def test_many_rows_are_fetched_by_parts(driver):
    with driver.session(fetch_size=100) as session:
        assert [record[0] for record in session.run("UNWIND range(1, 1050) AS x RETURN x")] == list(range(1, 1051))
        result = session.run("UNWIND range(1, 100000) AS x RETURN x")
        assert next(iter(result))[0] == 1  # and the rest is discarded
        result.consume()


def test_errors_are_the_driver_s_own(driver):
    with pytest.raises(CypherSyntaxError, match="UndefinedVariable"):
        driver.execute_query("RETURN x")
    with pytest.raises(ClientError, match="InvalidArgumentValue") as caught:
        driver.execute_query("RETURN toInteger([1])")
    assert caught.value.code == "Neo.ClientError.Statement.TypeError"
    driver.execute_query("CREATE (:A)-[:R]->(:B)")
    with pytest.raises(ConstraintError):
        driver.execute_query("MATCH (a:A) DELETE a")
    with pytest.raises(ClientError, match="MissingParameter"):
        driver.execute_query("RETURN $nothing")
    assert ask(driver, "RETURN 1") == [[1]]  # the connection goes on


def test_routing_and_the_graph_s_own_port(server):
    with neo4j.GraphDatabase.driver(f"neo4j://{address(server)}", auth=("a", "b")) as driver:
        driver.verify_connectivity()
        assert ask(driver, "RETURN 1") == [[1]]


def test_many_at_once(driver):
    driver.execute_query("CREATE (:Counter {n: 0})")

    def add():
        with driver.session() as session:
            for _ in range(10):
                session.run("MATCH (c:Counter) SET c.n = c.n + 1").consume()

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ask(driver, "MATCH (c:Counter) RETURN c.n") == [[40]]


def test_more_writers_than_threads(driver):
    """Each transaction reads, writes and commits in messages of their own, and all want the one turn to write."""
    driver.execute_query("CREATE (:Counter {n: 0})")

    def add_one(transaction):
        transaction.run("MATCH (c:Counter) SET c.n = c.n + 1").consume()
        transaction.run("MATCH (c:Counter) RETURN c.n").consume()

    def add():
        with driver.session() as session:
            for _ in range(5):
                session.execute_write(add_one)

    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        for done in [pool.submit(add) for _ in range(40)]:
            done.result(timeout=60)  # and not after the time limit of a query
    assert ask(driver, "MATCH (c:Counter) RETURN c.n") == [[200]]


def test_reads_go_on_while_writers_wait_for_their_turn(server, driver):
    """More of them than there are threads."""
    def running():
        return send(graph_url(server), "GET", "/openCypher/status")[1]["runningQueryCount"]

    with driver.session() as session, concurrent.futures.ThreadPoolExecutor(12) as pool:
        transaction = session.begin_transaction()
        transaction.run("CREATE (:Held)").consume()
        writers = [pool.submit(driver.execute_query, "CREATE (:Held)") for _ in range(12)]
        wait_until(lambda: running() == 12, 60)
        assert ask(driver, "MATCH (n:Held) RETURN count(n)") == [[0]]
        assert not any(writer.done() for writer in writers)
        transaction.commit()
        for writer in writers:
            writer.result(timeout=60)
    assert ask(driver, "MATCH (n:Held) RETURN count(n)") == [[13]]


def test_a_transaction_has_the_time_that_it_asked_for(driver):
    endless = "UNWIND range(1, 1000000) AS a UNWIND range(1, 1000000) AS b WITH a WHERE a < 0 RETURN a"
    with driver.session() as session:
        transaction = session.begin_transaction(timeout=0.2)
        with pytest.raises(ClientError) as over:
            transaction.run(endless).consume()
        assert over.value.code == "Neo.ClientError.Transaction.TransactionTimedOut"
        transaction.close()
        transaction = session.begin_transaction(timeout=0.05)
        transaction.run("CREATE (:TooLate)").consume()
        time.sleep(0.1)
        with pytest.raises(ClientError):
            transaction.commit()
    assert ask(driver, "MATCH (n:TooLate) RETURN count(n)") == [[0]]


GREETING = b"\x60\x60\xb0\x17"


def test_hostile_bytes_harm_nobody(server, driver):
    host, port = address(server).split(":")

    def talk(*pieces: bytes, hangs_up: bool = True) -> bytes:
        """What comes back until the server ends the connection."""
        got = b""
        with socket.create_connection((host, int(port)), timeout=10) as line:
            try:
                for piece in pieces:
                    line.sendall(piece)
                if hangs_up:
                    line.shutdown(socket.SHUT_WR)
                while more := line.recv(65536):
                    got += more
            except ConnectionError:
                pass  # it has heard enough
        return got

    versions = bytes([0, 0, 4, 5]) + bytes(12)
    assert talk(GREETING + bytes([0, 0, 0, 3]) + bytes(12)) == bytes(4)
    assert talk(GREETING, versions[:3], versions[3:]) == bytes([0, 0, 4, 5])
    run = b"\xb3\x10\x88RETURN 1\xa0\xa0"
    for message in (b"\xff", b"\xb1\x01", run, b"\xb1\x10\xd2\xff\xff\xff\xff", b"\xb1\x01" + b"\x91" * 5000):
        got = talk(GREETING + versions, len(message).to_bytes(2, "big") + message + b"\0\0", hangs_up=False)
        assert got.startswith(bytes([0, 0, 4, 5])) and b"\x7f" in got
    talk(GREETING + versions, b"\0\0" * 1000)  # chunks that say nothing
    talk(GREETING + versions, b"\xff\xff" + b"x" * 65535)  # and it ends in the midst of a message
    talk(GREETING + versions, (b"\xff\xff" + b"x" * 65535) * 200)  # a message without end
    talk(b"\x60")
    talk(b"\x60GET / HTTP/1.1\r\n\r\n")
    assert ask(driver, "RETURN 1") == [[1]]
