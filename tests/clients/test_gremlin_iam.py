"""Who may ask the graph, where everybody must sign: policies of neptune-db, over HTTP and WebSocket."""

import json
import urllib.error
import urllib.request

import botocore.exceptions
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from gremlin_python.driver.client import Client
from gremlin_python.driver.protocol import GremlinServerError
from support.platform import REGION, Platform


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    platform = Platform(tmp_path_factory.mktemp("iam"), '[graph]\niam_auth = "on"\n').start()
    yield platform
    assert platform.stop() == 0


@pytest.fixture(scope="module")
def reader(server) -> dict:
    """Keys of a user who may read by queries and nothing else."""
    iam = server.client("iam")
    iam.create_user(UserName="reader")
    iam.put_user_policy(UserName="reader", PolicyName="read", PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "neptune-db:ReadDataViaQuery",
                                                 "Resource": "arn:aws:neptune-db:*:*:cluster-gyre/*"}]}))
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}


def test_unsigned_requests_are_refused(server):
    request = urllib.request.Request(server.url + "/gremlin", b'{"gremlin": "g.inject(1)"}',
                                     {"Content-Type": "application/json"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=30)
    assert refused.value.code == 403


def test_policies_tell_reading_from_writing(server, reader):
    graph = server.client("neptunedata", keys=reader)
    graph.execute_gremlin_query(gremlinQuery="g.V().count()")
    for query, action in (("g.addV('x')", "WriteDataViaQuery"), ("g.V().drop()", "DeleteDataViaQuery")):
        with pytest.raises(botocore.exceptions.ClientError, match=action):
            graph.execute_gremlin_query(gremlinQuery=query)
    with pytest.raises(botocore.exceptions.ClientError, match="GetEngineStatus"):
        graph.get_engine_status()
    server.client("neptunedata").execute_gremlin_query(gremlinQuery="g.addV('x')")  # root may


def signed(server, keys: dict) -> dict:
    url = server.url + "/gremlin"
    request = AWSRequest("GET", url, headers={"Host": url.split("/")[2]})
    SigV4Auth(Credentials(keys["aws_access_key_id"], keys["aws_secret_access_key"]), "neptune-db",
              REGION).add_auth(request)
    return dict(request.headers)


def test_a_signed_handshake_opens_a_socket(server, reader):
    url = server.url.replace("http", "ws") + "/gremlin"
    client = Client(url, "g", headers=signed(server, reader))
    assert client.submit("g.inject(7)").all().result() == [7]
    with pytest.raises(GremlinServerError, match="WriteDataViaQuery"):
        client.submit("g.addV('x')").all().result()
    client.close()
    wrong = {**reader, "aws_secret_access_key": "wrong"}
    with pytest.raises(Exception, match="403|Invalid response status"):
        Client(url, "g", headers=signed(server, wrong)).submit("g.inject(7)").all().result()


def test_sasl_opens_a_socket_that_is_not_signed(tmp_path, reader):
    platform = Platform(tmp_path, '[graph]\niam_auth = "on"\npasswords = true\n').start()
    keys = platform.keys()
    url = platform.url.replace("http", "ws") + "/gremlin"
    client = Client(url, "g", username=keys["aws_access_key_id"], password=keys["aws_secret_access_key"])
    assert client.submit("g.inject(7)").all().result() == [7]
    assert client.submit("g.addV('x').label()").all().result() == ["x"]
    client.close()
    wrong = Client(url, "g", username=keys["aws_access_key_id"], password="wrong")
    with pytest.raises(GremlinServerError, match="401.*incorrect"):
        wrong.submit("g.inject(7)").all().result()
    wrong.close()
    assert platform.stop() == 0


def test_conditions_hold_for_queries(server):
    """The facts of a request and the language that it asks in."""
    iam = server.client("iam")
    iam.create_user(UserName="bound")

    def bind(effect: str, condition: dict) -> None:
        allow = {"Effect": "Allow", "Action": "neptune-db:*", "Resource": "*"}
        bound = {"Effect": effect, "Action": "neptune-db:*", "Resource": "*", "Condition": condition}
        iam.put_user_policy(UserName="bound", PolicyName="p", PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [allow, bound] if effect == "Deny" else [bound]}))

    key = iam.create_access_key(UserName="bound")["AccessKey"]
    graph = server.client("neptunedata", keys={"aws_access_key_id": key["AccessKeyId"],
                                               "aws_secret_access_key": key["SecretAccessKey"]})

    def may(language: str) -> bool:
        try:
            if language == "Gremlin":
                graph.execute_gremlin_query(gremlinQuery="g.inject(1)")
            else:
                graph.execute_open_cypher_query(openCypherQuery="RETURN 1")
        except botocore.exceptions.ClientError as refused:
            assert refused.response["Error"]["Code"] == "AccessDeniedException"
            return False
        return True

    bind("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    assert not may("Gremlin")
    bind("Deny", {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}})
    assert not may("Gremlin")
    bind("Deny", {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})
    assert may("Gremlin")
    bind("Allow", {"StringEquals": {"neptune-db:QueryLanguage": "Gremlin"}})
    assert may("Gremlin") and not may("OpenCypher")
    bind("Allow", {"StringEquals": {"neptune-db:QueryLanguage": "OpenCypher"}})
    assert not may("Gremlin") and may("OpenCypher")
