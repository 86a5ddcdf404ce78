"""Asking a platform's graph without a client of a language."""

import json
import re
import time
import urllib.error
import urllib.request

ROLE = "arn:aws:iam::000000000000:role/service-role/loader"


def graph_url(platform) -> str:
    """The graph's own port, where unsigned requests of this machine are plain."""
    return "http://" + re.findall(r" graph address=(\S+)", platform.log())[-1]


def send(url: str, method: str, path: str, body=None, headers=None):
    """The status and the answer: JSON, or its text."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url + path, data, headers or {"Content-Type": "application/json"},
                                     method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            status, text = answer.status, answer.read()
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read()
    try:
        return status, json.loads(text)
    except ValueError:
        return status, text


def cypher(url: str, query: str, **parameters) -> list:
    status, answer = send(url, "POST", "/openCypher", {"query": query, "parameters": json.dumps(parameters)})
    assert status == 200, answer
    return answer["results"]


def gremlin(url: str, script: str, source: str = "g"):
    status, answer = send(url, "POST", "/gremlin", {"gremlin": script, "aliases": {"g": source}},
                          {"Content-Type": "application/json",
                           "Accept": "application/vnd.gremlin-v3.0+json;types=false"})
    assert status == 200, answer
    return answer["result"]["data"]


def sparql(url: str, query: str, path: str = "/sparql") -> list:
    status, answer = send(url, "POST", path, query.encode(),
                          {"Content-Type": "application/sparql-query",
                           "Accept": "application/sparql-results+json"})
    assert status == 200, answer
    return [{name: one["value"] for name, one in row.items()} for row in answer["results"]["bindings"]]


def update(url: str, text: str):
    status, answer = send(url, "POST", "/sparql", text.encode(),
                          {"Content-Type": "application/sparql-update"})
    assert status == 200, answer


def wait_for(ready, seconds: float = 60, between: float = 0.05):
    """What `ready` gives once it is true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = ready()
        if found:
            return found
        time.sleep(between)
    raise TimeoutError


def await_job(url: str, path: str) -> dict:
    def over():
        job = send(url, "GET", path)[1]["payload"]
        return job if not job["status"].endswith(("_QUEUE", "_PROGRESS")) else None
    return wait_for(over, 120)


def await_load(client, load_id: str) -> dict:
    def over():
        status = client.get_loader_job_status(loadId=load_id, details=True, errors=True)["payload"]
        return status if status["overallStatus"]["status"] not in (
            "LOAD_IN_QUEUE", "LOAD_IN_PROGRESS", "LOAD_NOT_STARTED") else None
    return wait_for(over, 300)


def load(client, source: str, form: str = "csv", **members) -> dict:
    started = client.start_loader_job(source=source, format=form, s3BucketRegion="us-east-1",
                                      iamRoleArn=ROLE, **members)
    return {"id": started["payload"]["loadId"], **await_load(client, started["payload"]["loadId"])}
