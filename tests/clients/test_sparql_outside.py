"""SPARQL's LOAD and SERVICE: what a query may read beyond its own store, and what it may not."""

import gzip
import http.server
import json
import re
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import botocore.exceptions
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from support.platform import REGION, Platform

CONFIG = """
[graph]
remote_hosts = ["127.0.0.1:*", "localhost:*"]
remote_authorities = "AUTHORITY"
remote_max_mb = 1
[graph.graphs.there]
default_graph = "exclusive"
"""
PREFIX = "PREFIX : <http://e/>\n"
TURTLE = "@prefix : <http://e/> . :a :p 1 , 2 ; :q <rel> ."


class Web(http.server.BaseHTTPRequestHandler):
    """Documents, redirects and what is slow or wrong."""

    release = threading.Event()
    seen = []

    def do_GET(self):
        Web.seen.append((self.command, self.path, dict(self.headers)))
        kind, body, status, more = "text/turtle", TURTLE, 200, {}
        if self.path == "/moved":
            status, more = 302, {"Location": "/doc"}
        elif self.path == "/away":
            status, more = 302, {"Location": f"http://127.0.0.2:{self.server.server_address[1]}/doc"}
        elif self.path == "/round":
            status, more = 302, {"Location": "/round"}
        elif self.path == "/gone.ttl":
            status = 404
        elif self.path == "/what":
            kind = "text/html"
        elif self.path == "/broken":
            body = TURTLE + "\n:a :p ."
        elif self.path == "/big.nt":
            body = '<http://e/b> <http://e/p> "x" .\n' * 60_000
        elif self.path == "/packed.ttl.gz":
            kind, body = "application/gzip", gzip.compress(TURTLE.encode())
        elif self.path == "/bomb.nt.gz":
            kind, body = "application/gzip", gzip.compress(b"# \n" * 1_000_000)
        elif self.path == "/slow":
            Web.release.wait(60)
        body = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **more}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def web():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Web)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    Web.release.set()
    server.shutdown()


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    folder = tmp_path_factory.mktemp("outside")
    authority = str(folder / "data" / "tls" / "ca.pem")
    platform = Platform(folder, CONFIG.replace("AUTHORITY", authority)).start()
    assert platform.authority == authority
    yield platform
    assert platform.stop() == 0


@pytest.fixture
def server(platform):
    for path in ("/sparql", "/sparql/there"):
        send(platform, "update", "CLEAR ALL", path)
    return platform


def send(server, kind, text, path="/sparql", headers=None, **more):
    form = urllib.parse.urlencode({kind: PREFIX + text, **more}).encode()
    request = urllib.request.Request(server.url + path, form, headers or {})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return 200, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def done(server, text, path="/sparql"):
    status, body = send(server, "update", text, path)
    assert status == 200, body


def refused(server, kind, text, **more):
    status, body = send(server, kind, text, **more)
    assert status != 200, body
    return json.loads(body)["code"], json.loads(body)["detailedMessage"]


def rows(server, text, path="/sparql"):
    status, body = send(server, "query", text, path)
    assert status == 200, body
    return [{name: one["value"] for name, one in row.items()} for row in json.loads(body)["results"]["bindings"]]


def count(server, graph):
    return int(rows(server, f"SELECT (COUNT(*) AS ?n) {{ GRAPH {graph} {{ ?s ?p ?o }} }}")[0]["n"])


def test_load_reads_the_web(server, web):
    done(server, f"LOAD <{web}/doc> INTO GRAPH :g")
    assert rows(server, "SELECT ?o { GRAPH :g { :a :q ?o } }") == [{"o": web + "/rel"}]
    done(server, f"LOAD <{web}/moved> INTO GRAPH :h ; LOAD <{web}/packed.ttl.gz> INTO GRAPH :h")
    assert count(server, ":h") == 3
    assert not any("Authorization" in headers for _, _, headers in Web.seen)


def test_what_load_refuses(server, web):
    code, why = refused(server, "update", "LOAD <http://example.org/doc.ttl>")
    assert code == "AccessDeniedException" and "graph.remote_hosts" in why
    code, why = refused(server, "update", f"LOAD <{web}/away>")
    assert code == "AccessDeniedException" and "127.0.0.2" in why
    for path, why in (("/round", "sent on too often"), ("/gone.ttl", "404"), ("/what", "text/html"),
                      ("/broken", "line 2"), ("/big.nt", "graph.remote_max_mb"),
                      ("/bomb.nt.gz", "graph.remote_max_mb")):
        assert why in refused(server, "update", f"LOAD <{web}{path}>")[1]
    for iri in ("file:///etc/passwd", "ftp://127.0.0.1/x", "http://me@127.0.0.1/x.ttl", "unix:/tmp/x"):
        assert refused(server, "update", f"LOAD <{iri}>")[0] == "BadRequestException"
    assert rows(server, "SELECT * { ?s ?p ?o }") == []
    done(server, f"LOAD SILENT <{web}/broken> ; LOAD SILENT <http://example.org/> ; INSERT DATA {{ :a :b :c }}")
    assert len(rows(server, "SELECT * { ?s ?p ?o }")) == 1


def test_load_reads_s3(server):
    s3 = server.client("s3")
    s3.create_bucket(Bucket="outside")
    s3.put_object(Bucket="outside", Key="a/doc.ttl", Body=TURTLE.encode())
    s3.put_object(Bucket="outside", Key="typed", Body=b"<http://e/a> <http://e/p> 1 .", ContentType="text/turtle")
    s3.put_object(Bucket="outside", Key="untyped", Body=b"")
    done(server, "LOAD <s3://outside/a/doc.ttl> INTO GRAPH :g ; LOAD <s3://outside/typed> INTO GRAPH :h")
    assert (count(server, ":g"), count(server, ":h")) == (3, 1)
    done(server, "LOAD <https://outside.s3.us-east-1.amazonaws.com/a/doc.ttl> INTO GRAPH :i")
    assert count(server, ":i") == 3
    assert refused(server, "update", "LOAD <s3://outside/none.ttl>")[0] == "ResourceNotFoundException"
    assert "content type" in refused(server, "update", "LOAD <s3://outside/untyped>")[1]
    assert "names no object" in refused(server, "update", "LOAD <s3://outside>")[1]


def test_service_asks_another_graph(server):
    done(server, 'INSERT DATA { :ann :name "Ann" . :bob :name "Bob" . :cid :name "Cid" }')
    done(server, "INSERT DATA { :ann :age 34 . :bob :age 29 . :dan :age 1 }", "/sparql/there")
    there = f"<{server.url}/sparql/there>"
    assert rows(server, f"SELECT ?n ?a {{ ?x :name ?n SERVICE {there} {{ ?x :age ?a }} }} ORDER BY ?n") == [
        {"n": "Ann", "a": "34"}, {"n": "Bob", "a": "29"}]
    assert rows(server, f"SELECT ?n ?a {{ ?x :name ?n OPTIONAL {{ SERVICE {there} {{ ?x :age ?a }} }} }} "
                        "ORDER BY ?n")[2] == {"n": "Cid"}
    assert rows(server, f"SELECT ?x {{ VALUES ?e {{ {there} }} SERVICE ?e {{ ?x :age 1 }} }}") == [
        {"x": "http://e/dan"}]
    done(server, f"INSERT {{ GRAPH :copy {{ ?s ?p ?o }} }} WHERE {{ SERVICE {there} {{ ?s ?p ?o }} }}")
    assert count(server, ":copy") == 3
    secure = there.replace("http://127.0.0.1", "https://localhost")
    assert len(rows(server, f"SELECT ?x {{ SERVICE {secure} {{ ?x :age ?a }} }}")) == 3
    explained = send(server, "query", f"SELECT ?n {{ ?x :name ?n SERVICE {there} {{ ?x :age ?a }} }}",
                     explain="dynamic")[1]
    assert "Service" in explained


def test_what_service_refuses(server, web):
    code, why = refused(server, "query", "ASK { SERVICE <http://example.org/sparql> { ?s ?p ?o } }")
    assert code == "AccessDeniedException" and "graph.remote_hosts" in why
    assert "text/turtle" in refused(server, "query", f"ASK {{ SERVICE <{web}/doc> {{ ?s ?p ?o }} }}")[1]
    assert "404" in refused(server, "query", f"ASK {{ SERVICE <{web}/gone.ttl> {{ ?s ?p ?o }} }}")[1]
    assert rows(server, "SELECT * { SERVICE SILENT <http://example.org/sparql> { ?s ?p ?o } }") == [{}]


def test_the_query_s_time_ends_the_wait(server, web):
    for silent in ("", "SILENT "):
        begun = time.monotonic()
        assert refused(server, "query", f"ASK {{ SERVICE {silent}<{web}/slow> {{ ?s ?p ?o }} }}",
                       timeout="500")[0] == "TimeLimitExceededException"
        assert refused(server, "update", f"LOAD {silent}<{web}/slow>", timeout="500")[0] == \
            "TimeLimitExceededException"
        assert time.monotonic() - begun < 30


def test_a_wait_can_be_cancelled_and_holds_up_no_writer(server, web):
    answers = []
    asking = threading.Thread(
        target=lambda: answers.append(refused(server, "update", f"LOAD <{web}/slow>", queryId="slow")))
    asking.start()
    while not any(path == "/slow" and command == "GET" for command, path, _ in Web.seen):
        time.sleep(0.01)
    done(server, "INSERT DATA { :meanwhile :p 1 }")
    own = "http://" + re.findall(r" graph address=(\S+)", server.log())[-1]
    with urllib.request.urlopen(own + "/sparql/status?cancelQuery&queryId=slow", timeout=60) as answer:
        assert answer.status == 200
    asking.join(30)
    assert answers[0][0] == "CancelledByUserException"


def test_explain_of_updates(server):
    text = "DELETE { ?x :p ?o } INSERT { ?x :q ?o } WHERE { ?x :p ?o } ; CLEAR GRAPH :g"
    done(server, "INSERT DATA { :a :p 1 , 2 }")
    static = send(server, "update", text, explain="static")[1]
    for word in ("Scan", "Delete", "Insert", "Clear"):
        assert word in static
    assert "Units Out" in send(server, "update", text, explain="dynamic")[1]
    assert len(rows(server, "SELECT * { ?x :p ?o }")) == 2


def test_without_a_list_no_host_is_asked(tmp_path):
    server = Platform(tmp_path / "closed").start()
    assert "graph.remote_hosts" in refused(server, "update", f"LOAD <{server.url}/x.ttl>")[1]
    assert "graph.remote_hosts" in refused(server, "query", f"ASK {{ SERVICE <{server.url}/sparql> {{}} }}")[1]
    assert server.stop() == 0


def signed_update(server, keys, text):
    body = urllib.parse.urlencode({"update": text}).encode()
    headers = {"Host": server.url.split("/")[2], "Content-Type": "application/x-www-form-urlencoded"}
    request = AWSRequest("POST", server.url + "/sparql", headers=headers, data=body)
    SigV4Auth(Credentials(keys["aws_access_key_id"], keys["aws_secret_access_key"]), "neptune-db",
              REGION).add_auth(request)
    try:
        with urllib.request.urlopen(urllib.request.Request(request.url, body, dict(request.headers)), timeout=60):
            return ""
    except urllib.error.HTTPError as error:
        return json.loads(error.read())["detailedMessage"]


def test_load_reads_s3_as_its_caller_may(tmp_path):
    server = Platform(tmp_path / "iam", '[graph]\niam_auth = "on"\n').start()
    s3, iam = server.client("s3"), server.client("iam")
    for bucket in ("open", "closed"):
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="d.nt", Body=b'<http://e/a> <http://e/p> "x" .\n')
    iam.create_user(UserName="writer")
    iam.put_user_policy(UserName="writer", PolicyName="w", PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "neptune-db:*", "Resource": "*"},
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::open/*"}]}))
    key = iam.create_access_key(UserName="writer")["AccessKey"]
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    assert signed_update(server, keys, "LOAD <s3://open/d.nt>") == ""
    assert "s3:GetObject" in signed_update(server, keys, "LOAD <s3://closed/d.nt>")
    assert signed_update(server, server.keys(), "LOAD <s3://closed/d.nt>") == ""  # root may
    with pytest.raises(botocore.exceptions.ClientError):
        server.client("s3", keys=keys).get_object(Bucket="closed", Key="d.nt")
    assert server.stop() == 0
