"""The bulk loader by boto3: openCypher's CSV, modes that go on from an earlier load, and stops in the middle."""

import botocore.exceptions
import pytest
from support.graphs import await_load, cypher, graph_url, gremlin, load
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
    assert done["overallStatus"]["totalRecords"] == 4
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
    assert done["overallStatus"]["totalRecords"] == 5 * count
    assert gremlin(url, "g.V().hasLabel('big').count()") == [count]
    assert gremlin(url, "g.E().hasLabel('to').count()") == [4 * count]
    assert status_of(await_load(client, queued)) == "LOAD_COMPLETED"
    assert sorted(client.list_loader_jobs()["payload"]["loadIds"]) == sorted([load_id, queued])
    assert platform.stop() == 0, platform.log()[-4000:]


def test_a_load_goes_on_after_a_stop(tmp_path_factory):
    big(tmp_path_factory, "stopped", lambda platform: platform.stop())


def test_a_load_goes_on_after_a_kill(tmp_path_factory):
    big(tmp_path_factory, "killed", lambda platform: platform.kill())
