"""The bulk loader by boto3: openCypher's CSV, modes that go on from an earlier load, and stops in the middle."""

import bz2
import gzip

import botocore.exceptions
import neo4j
import pytest
from support.graphs import await_load, cypher, graph_url, gremlin, load, send, wait_for
from support.platform import Platform


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    platform = Platform(tmp_path_factory.mktemp("loads")).start()
    platform.client("s3").create_bucket(Bucket="loads")
    yield platform
    assert platform.stop() == 0, platform.log()[-4000:]


def put(server, key: str, text: str) -> str:
    server.client("s3").put_object(Bucket="loads", Key=key, Body=text.encode())
    return f"s3://loads/{key}"


def status_of(outcome: dict) -> str:
    return outcome["overallStatus"]["status"]


def test_opencypher_csv(server):
    put(server, "cypher/a.csv", "movieId:ID(m),:LABEL,title,year:Int,tags:String[]\n"
                                "1,Movie;Classic,Alien,1979,space;fear\n2,Movie,\"Up, up\",2009,\n")
    put(server, "cypher/b.csv", ":ID(p),:LABEL,name\n1,Person,Ripley\n")
    put(server, "cypher/c.csv", ":ID,:START_ID(p),:END_ID(m),:TYPE,since:DateTime\n"
                                "r1,1,1,IN,2020-01-02T03:04:05Z\n")
    done = load(server.client("neptunedata"), "s3://loads/cypher/", "opencypher")
    assert status_of(done) == "LOAD_COMPLETED", done
    assert done["overallStatus"]["totalRecords"] == 7 + 4 + 2 + 2  # labels, relationships, values
    url = graph_url(server)
    [row] = cypher(url, "MATCH (p:Person)-[r:IN]->(m:Classic) "
                        "RETURN p.name AS n, m.title AS t, m.year AS y, m.movieId AS i, id(r) AS r, "
                        "r.since AS s, id(m) AS m")
    assert row == {"n": "Ripley", "t": "Alien", "y": 1979, "i": "1", "r": "r1", "m": "m:1",
                   "s": "2020-01-02T03:04:05Z"}
    assert sorted(gremlin(url, "g.V('m:1').values('tags')")) == ["fear", "space"]
    put(server, "noids/r.csv", ":START_ID(p),:END_ID(m),:TYPE\n1,2,IN\n")
    bad = load(server.client("neptunedata"), "s3://loads/noids/", "opencypher")
    assert status_of(bad) == "LOAD_CANCELLED_DUE_TO_ERRORS"
    assert "userProvidedEdgeIds" in bad["errors"]["errorLogs"][0]["errorMessage"]
    good = load(server.client("neptunedata"), "s3://loads/noids/", "opencypher", mode="NEW",
                userProvidedEdgeIds=False)
    assert status_of(good) == "LOAD_COMPLETED"
    assert cypher(url, "MATCH (:Person)-[r:IN]->() RETURN count(r) AS n") == [{"n": 2}]


def test_modes_go_on_from_an_earlier_load(server):
    client, url = server.client("neptunedata"), graph_url(server)
    source = "s3://loads/modes/"
    put(server, "modes/a.csv", "~id,~label\nm1,mode\nm2,mode\n")
    put(server, "modes/b.csv", "~from,~to,~label\nm1,m2,to\nm1,m3,to\nm2,m1,to\n")
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        client.start_loader_job(source=source, format="csv", s3BucketRegion="us-east-1",
                                iamRoleArn="arn:aws:iam::000000000000:role/load", mode="RESUME")
    assert "no earlier load" in str(refused.value)
    first = load(client, source)
    assert status_of(first) == "LOAD_CANCELLED_DUE_TO_ERRORS"
    assert first["feedCount"] == [{"LOAD_COMPLETED": 1}, {"LOAD_FAILED": 1}]
    # What was missing comes by another load; then the same one goes on where it stopped.
    put(server, "more.csv", "~id,~label\nm3,mode\n")
    assert status_of(load(client, "s3://loads/more.csv")) == "LOAD_COMPLETED"
    again = load(client, source, mode="RESUME")
    assert again["id"] == first["id"] and status_of(again) == "LOAD_COMPLETED", again
    assert again["overallStatus"]["runNumber"] == 2 and again["overallStatus"]["totalRecords"] == 5
    # Edges without ids are there once.
    assert gremlin(url, "g.V().hasLabel('mode').outE('to').count()") == [3]
    # What is loaded is not loaded again, even when it was dropped; NEW does.
    gremlin(url, "g.V().hasLabel('mode').drop()")
    auto = load(client, source)
    assert auto["id"] == first["id"] and status_of(auto) == "LOAD_COMPLETED"
    assert gremlin(url, "g.V().hasLabel('mode').count()") == [0]
    new = load(client, source, mode="NEW", failOnError=False)
    assert new["id"] != first["id"] and status_of(new) == "LOAD_FAILED"
    assert gremlin(url, "g.V().hasLabel('mode').count()") == [2]
    with pytest.raises(botocore.exceptions.ClientError):
        client.start_loader_job(source=source, format="csv", s3BucketRegion="us-east-1",
                                iamRoleArn="arn:aws:iam::000000000000:role/load", mode="AGAIN")


def test_files_that_cannot_be_read_are_named_and_the_others_loaded(server):
    client, url, s3 = server.client("neptunedata"), graph_url(server), server.client("s3")
    put(server, "torn/a.csv.gz", "this is no gzip file")
    put(server, "torn/b.csv", "~id,~label\nt1,torn\n\"t2,torn\n")
    s3.put_object(Bucket="loads", Key="torn/c.csv.bz2", Body=bz2.compress(b"~id,~label\nt3,torn\nt4,torn\n"))
    s3.put_object(Bucket="loads", Key="torn/d.csv.gz",
                  Body=gzip.compress(b"~from,~to\nt1,t3\n") + gzip.compress(b"t3,t4\n"))
    put(server, "torn/e.csv", "~id,~label,n:Int\nt5,torn,x\nt6,torn,1\n")
    done = load(client, "s3://loads/torn/", failOnError=False)
    assert status_of(done) == "LOAD_FAILED"
    assert done["feedCount"] == [{"LOAD_COMPLETED": 2}, {"LOAD_FAILED": 3}]
    assert sorted(gremlin(url, "g.V().hasLabel('torn').id()")) == ["t1", "t3", "t4", "t6"]
    assert gremlin(url, "g.V('t1').out('edge').out('edge').id()") == ["t4"]
    told = [(one["fileName"], one["errorCode"], one["recordNum"]) for one in done["errors"]["errorLogs"]]
    expected = [("s3://loads/torn/a.csv.gz", "PARSING_ERROR", 1), ("s3://loads/torn/b.csv", "PARSING_ERROR", 3),
                ("s3://loads/torn/e.csv", "DATATYPE_MISMATCH_ERROR", 2)]
    assert told == expected
    feeds = {feed["fullUri"]: feed for feed in done["failedFeeds"]}
    assert sorted(feeds) == [name for name, _, _ in expected]
    assert all(feed["startTime"] > 0 and feed["totalTimeSpent"] >= 0 for feed in feeds.values())
    assert feeds["s3://loads/torn/b.csv"]["parsingErrors"] == 1
    pages = [client.get_loader_job_status(loadId=done["id"], errors=True, page=page, errorsPerPage=2)
             ["payload"]["errors"] for page in (1, 2, 3)]
    assert [(one["startIndex"], one["endIndex"], len(one["errorLogs"])) for one in pages] == [
        (1, 2, 2), (3, 3, 1), (3, 3, 0)]
    stopped = load(client, "s3://loads/torn/b.csv", mode="NEW")
    assert status_of(stopped) == "LOAD_CANCELLED_DUE_TO_ERRORS"


def test_a_source_that_is_not_there(server):
    client = server.client("neptunedata")
    for source in ("s3://loads/nothing/", "s3://no-such-bucket/x.csv"):
        done = load(client, source)
        assert status_of(done) == "LOAD_FAILED_INVALID_REQUEST", done
        assert done["errors"]["errorLogs"][0]["fileName"] == source


def test_lists_are_limited(server):
    url = graph_url(server)
    for limit in ("0", "101", "many"):
        assert send(url, "GET", f"/loader?limit={limit}")[1]["code"] == "InvalidParameterException"
    assert len(send(url, "GET", "/loader?limit=1")[1]["payload"]["loadIds"]) == 1
    some = server.client("neptunedata").list_loader_jobs(limit=1)["payload"]["loadIds"][0]
    assert send(url, "GET", f"/loader/{some}?errors=TRUE&page=0")[1]["code"] == "InvalidParameterException"


def begin(client, source: str, **members) -> str:
    return client.start_loader_job(source=source, format="csv", s3BucketRegion="us-east-1", mode="NEW",
                                   iamRoleArn="arn:aws:iam::000000000000:role/load", **members)["payload"]["loadId"]


def test_loads_wait_are_refused_and_cancelled(tmp_path):
    platform = Platform(tmp_path).start()
    platform.client("s3").create_bucket(Bucket="loads")
    client = platform.client("neptunedata")
    source = put(platform, "one.csv", "~id,~label\nw1,wait\n")
    driver = neo4j.GraphDatabase.driver(platform.url.replace("http", "bolt"))
    # Who writes holds up the first load, and that one all others.
    with driver.session() as session, session.begin_transaction() as writing:
        writing.run("CREATE (:Held)").consume()
        first = begin(client, source)
        wait_for(lambda: status_of(client.get_loader_job_status(loadId=first)["payload"]) == "LOAD_IN_PROGRESS")
        with pytest.raises(client.exceptions.BadRequestException, match="Max concurrent load limit breached"):
            begin(client, source)
        needs, later, dropped = (begin(client, source, queueRequest=True, **more) for more in (
            {"dependencies": [first]}, {}, {}))
        client.cancel_loader_job(loadId=dropped)
        assert status_of(client.get_loader_job_status(loadId=dropped)["payload"]) == "LOAD_CANCELLED_BY_USER"
        assert status_of(client.get_loader_job_status(loadId=later)["payload"]) == "LOAD_IN_QUEUE"
        assert client.list_loader_jobs()["payload"]["loadIds"] == [dropped, later, needs, first]
        assert client.list_loader_jobs(includeQueuedLoads=False, limit=2)["payload"]["loadIds"] == [dropped, first]
        for _ in range(62):
            begin(client, source, queueRequest=True)
        with pytest.raises(client.exceptions.BadRequestException, match="Max load task queue size limit breached"):
            begin(client, source, queueRequest=True)
        client.cancel_loader_job(loadId=first)
    driver.close()
    assert status_of(await_load(client, first)) == "LOAD_CANCELLED_BY_USER"
    assert status_of(await_load(client, needs)) == "LOAD_FAILED_BECAUSE_DEPENDENCY_NOT_SATISFIED"
    assert status_of(await_load(client, later)) == "LOAD_COMPLETED"
    assert platform.stop() == 0, platform.log()[-4000:]


def test_a_cancel_outlives_a_kill(tmp_path):
    platform = Platform(tmp_path).start()
    platform.client("s3").create_bucket(Bucket="loads")
    client = platform.client("neptunedata")
    kept, dropped = (put(platform, f"{name}.csv", f"~id,~label\n{name},kill\n") for name in ("kept", "dropped"))
    driver = neo4j.GraphDatabase.driver(platform.url.replace("http", "bolt"))
    session = driver.session()
    writing = session.begin_transaction()
    writing.run("CREATE (:Held)").consume()
    running, queued = begin(client, kept), begin(client, kept, queueRequest=True)
    gone = [begin(client, dropped, queueRequest=True)]
    client.cancel_loader_job(loadId=gone[0])
    platform.kill()
    driver.close()
    platform.start()
    client = platform.client("neptunedata")
    for load_id in (running, queued):
        assert status_of(await_load(client, load_id)) == "LOAD_COMPLETED"
    assert status_of(await_load(client, gone[0])) == "LOAD_CANCELLED_BY_USER"
    assert gremlin(graph_url(platform), "g.V().hasLabel('kill').id()") == ["kept"]
    assert platform.stop() == 0, platform.log()[-4000:]


def test_a_reset_forgets_loads(tmp_path):
    platform = Platform(tmp_path).start()
    platform.client("s3").create_bucket(Bucket="loads")
    client, url = platform.client("neptunedata"), graph_url(platform)
    put(platform, "r/a.csv", "~id,~label\nr1,reset\nr2,reset\n")
    put(platform, "r/b.csv", "~from,~to\nr1,r2\nr1,r3\n")
    first = load(client, "s3://loads/r/")
    assert status_of(first) == "LOAD_CANCELLED_DUE_TO_ERRORS"
    token = client.execute_fast_reset(action="initiateDatabaseReset")["payload"]["token"]
    client.execute_fast_reset(action="performDatabaseReset", token=token)
    assert client.list_loader_jobs()["payload"]["loadIds"] == []
    again = load(client, "s3://loads/r/")
    assert again["id"] != first["id"] and status_of(again) == "LOAD_CANCELLED_DUE_TO_ERRORS"
    assert gremlin(url, "g.V('r1').out().id()") == ["r2"]
    assert platform.stop() == 0
    platform.start()
    assert platform.client("neptunedata").list_loader_jobs()["payload"]["loadIds"] == [again["id"]]
    assert platform.stop() == 0, platform.log()[-4000:]


def big(tmp_path_factory, name: str, stop) -> None:
    """A load that `stop` cuts in the middle is whole after the next start, each edge once."""
    platform = Platform(tmp_path_factory.mktemp(name)).start()
    s3 = platform.client("s3")
    s3.create_bucket(Bucket="loads")
    count = 60_000
    s3.put_object(Bucket="loads", Key="big/v.csv",
                  Body="~id,~label,n:Int\n" + "".join(f"v{i},big,{i}\n" for i in range(count)))
    for part in range(4):
        s3.put_object(Bucket="loads", Key=f"big/e{part}.csv",
                      Body="~from,~to,~label\n" + "".join(
                          f"v{i},v{(i * 7 + part) % count},to\n" for i in range(count)))
    client = platform.client("neptunedata")
    load_id = client.start_loader_job(source="s3://loads/big/", format="csv", s3BucketRegion="us-east-1",
                                      iamRoleArn="arn:aws:iam::000000000000:role/load",
                                      )["payload"]["loadId"]
    queued = client.start_loader_job(source="s3://loads/big/v.csv", format="csv", queueRequest=True,
                                     s3BucketRegion="us-east-1", dependencies=[load_id],
                                     iamRoleArn="arn:aws:iam::000000000000:role/load")["payload"]["loadId"]
    stop(platform)
    platform.start()
    client, url = platform.client("neptunedata"), graph_url(platform)
    done = await_load(client, load_id)
    assert status_of(done) == "LOAD_COMPLETED", done
    assert done["overallStatus"]["totalRecords"] == 2 * count + 4 * count
    assert gremlin(url, "g.V().hasLabel('big').count()") == [count]
    assert gremlin(url, "g.E().hasLabel('to').count()") == [4 * count]
    assert status_of(await_load(client, queued)) == "LOAD_COMPLETED"
    assert client.list_loader_jobs()["payload"]["loadIds"] == [queued, load_id]
    assert platform.stop() == 0, platform.log()[-4000:]


def test_a_load_goes_on_after_a_stop(tmp_path_factory):
    big(tmp_path_factory, "stopped", lambda platform: platform.stop())


def test_a_load_goes_on_after_a_kill(tmp_path_factory):
    big(tmp_path_factory, "killed", lambda platform: platform.kill())
