"""Killed in the middle of a backup or a restore: neither leaves anything half."""

import time

from support.graphs import await_job, cypher, graph_url, gremlin, send


def begin(url: str, path: str, **request) -> str:
    status, answer = send(url, "POST", path, request)
    assert status == 200, answer
    return path + "/" + next(iter(answer["payload"].values()))


def folders(platform) -> list[str]:
    return sorted(one.name for one in (platform.data / "graph").iterdir() if one.is_dir())


def test_kills(new_platform, deep):
    platform = new_platform("[graph]\nrest_after = 3000\n").start()
    platform.client("s3").create_bucket(Bucket="backups")
    url = graph_url(platform)
    text = "x" * 300
    for part in range(10):
        gremlin(url, f"g.inject({part}).repeat(addV('n').property('t', '{text}{part}')).times(1).iterate()")
        cypher(url, f"UNWIND range(1, 2000) AS i CREATE (:N {{n: i, part: {part}, text: '{text}' + toString(i * 7919)}})")
    count = cypher(url, "MATCH (n) RETURN count(n) AS n")
    assert await_job(url, begin(url, "/backup", destination="s3://backups/whole"))["status"] == "BACKUP_COMPLETED"
    completed = 0
    for run in range(12 if deep else 4):
        job = begin(url, "/backup", destination=f"s3://backups/{run}")
        time.sleep(0.02 * run)
        platform.kill()
        platform.start()
        url = graph_url(platform)
        # A backup is there when its manifest is.
        restored = await_job(url, begin(url, "/restore", source=f"s3://backups/{run}", graph=f"r{run}"))
        if restored["status"] == "RESTORE_COMPLETED":
            completed += 1
            assert gremlin(url, f"r{run}.V().count()") == [count[0]["n"]]
        else:
            assert "no whole backup" in restored["failureReason"]
        assert send(url, "GET", job)[0] == 404
    for run in range(12 if deep else 4):
        cypher(url, f"CREATE (:Later {{run: {run}}})")
        begin(url, "/restore", source="s3://backups/whole")
        time.sleep(0.03 * run)
        platform.kill()
        platform.start()
        url = graph_url(platform)
        later = cypher(url, "MATCH (n:Later) RETURN count(n) AS n")[0]["n"]
        rest = cypher(url, "MATCH (n) WHERE NOT n:Later RETURN count(n) AS n")
        assert rest == count and later <= run + 1
        named = {one["name"] for one in send(url, "GET", "/graphs")[1]["graphs"]}
        kept = [name for name in folders(platform) if not name.endswith(".d")]
        assert sorted(name.split(".")[0] for name in kept) == sorted(named), kept
    assert platform.stop() == 0
