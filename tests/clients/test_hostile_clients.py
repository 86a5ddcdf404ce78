"""Clients that are slow, half, many, too large or not who they say: they are refused by name and
harm nobody else."""

import contextlib
import datetime
import http.client
import json
import re
import resource
import socket
import time
import urllib.parse

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
import requests

from support import models
from support.platform import Platform
from support.processes import wait_until

IDLE = 1000
HASTY = "[http]\nhead_timeout_s = 1\nidle_timeout_s = 10\nbody_timeout_s = 1\n"


@pytest.fixture(scope="module")
def hasty(tmp_path_factory):
    """A platform whose patience is short."""
    platform = Platform(tmp_path_factory.mktemp("hasty"), HASTY).start()
    platform.client("s3").create_bucket(Bucket="slow")
    yield platform
    assert platform.stop() == 0


def connect(platform) -> socket.socket:
    at = urllib.parse.urlparse(platform.url)
    return socket.create_connection((at.hostname, at.port), timeout=30)


def read_to_end(connection: socket.socket) -> bytes:
    """All that comes until the server closes; TimeoutError when it does not within 30 s."""
    data = b""
    while piece := connection.recv(1 << 16):
        data += piece
    return data


def status_of(data: bytes) -> int:
    return int(data.split(b" ", 2)[1]) if data else 0


def signed(platform, service: str, method: str, path: str, body: bytes = b"", headers=None,
           secret: str | None = None, key: str | None = None, at: float = 0, sent: bytes = b""):
    """A request, signed as its clients do; `at`: seconds by which the clock is wrong; `sent`: goes
    in the place of the body that was signed."""
    keys = platform.keys()
    request = botocore.awsrequest.AWSRequest(method, platform.url + path, dict(headers or {}), body)
    credentials = botocore.credentials.Credentials(
        key or keys["aws_access_key_id"], secret or keys["aws_secret_access_key"])
    kind = botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth
    moment = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=at)

    class Clock(kind):
        def _modify_request_before_signing(self, request):
            request.context["timestamp"] = moment.strftime("%Y%m%dT%H%M%SZ")
            super()._modify_request_before_signing(request)
            if "X-Amz-Date" in request.headers:
                request.headers.replace_header("X-Amz-Date", request.context["timestamp"])

    Clock(credentials, service, "us-east-1").add_auth(request)
    return requests.request(method, request.url, headers=dict(request.headers),
                            data=sent or body, timeout=60)


SAGEMAKER = {"X-Amz-Target": "SageMaker.ListModels", "Content-Type": "application/x-amz-json-1.1"}


def works(platform) -> bool:
    return signed(platform, "sagemaker", "POST", "/", b"{}", SAGEMAKER).status_code == 200


@pytest.mark.parametrize("sent", [
    b"P", b"PUT /bucket/key HT", b"PUT /bucket/key HTTP/1.1\r\nHost: here\r\nContent-"])
def test_a_head_that_does_not_end_is_given_up(hasty, sent):
    with connect(hasty) as connection:
        connection.sendall(sent)
        assert works(hasty)
        assert status_of(read_to_end(connection)) in (0, 408)


def test_a_head_that_trickles_in_is_given_up(hasty):
    """A byte now and then is progress, but no head."""
    head = b"PUT /bucket/key HTTP/1.1\r\nHost: here\r\nX-Long: " + b"x" * 1000
    with connect(hasty) as connection:
        connection.settimeout(0.2)
        began, data = time.monotonic(), None
        for byte in head:
            try:
                connection.sendall(bytes([byte]))
                data = connection.recv(1000)
                break
            except TimeoutError:
                pass
            except ConnectionError:
                data = b""
                break
        assert data is not None, f"still listening after {time.monotonic() - began:.0f} s"


def test_a_body_that_stops_is_given_up(hasty):
    url = hasty.client("s3", signature_version="s3v4").generate_presigned_url(
        "put_object", {"Bucket": "slow", "Key": "half"})
    path = url.removeprefix(hasty.url)
    with connect(hasty) as connection:
        connection.sendall(f"PUT {path} HTTP/1.1\r\nHost: {hasty.url.removeprefix('http://')}\r\n"
                           "Content-Length: 1000\r\n\r\nonly this".encode())
        assert works(hasty)
        assert status_of(read_to_end(connection)) in (0, 400, 408)
    assert hasty.client("s3").list_objects_v2(Bucket="slow")["KeyCount"] == 0


def test_a_client_that_goes_away_leaves_nothing(hasty):
    hasty.deploy("left", models.echo())
    for sent in (0, 10, 500_000):
        with connect(hasty) as connection:
            with contextlib.suppress(ConnectionError):  # it is refused before all is sent
                connection.sendall(b"PUT /left/key HTTP/1.1\r\nHost: here\r\n"
                                   b"Content-Length: 1000000\r\n\r\n" + b"x" * sent)
    assert hasty.invoke("left", b"hello")["Body"].read() == b"hello"


def test_a_thousand_idle_connections_disturb_nobody(hasty):
    usual, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(usual, min(most, 2 * IDLE)), most))
    idle = [connect(hasty) for _ in range(IDLE)]
    try:
        for connection in idle[::2]:
            connection.sendall(b"GET /ping HTTP/1.1\r\nHost: here\r\n\r\n")
        for connection in idle[::2]:
            assert status_of(connection.recv(4096)) == 200
        assert works(hasty)
        # Kept alive, and closed at last: no connection is for ever.
        for connection in idle:
            read_to_end(connection)
    finally:
        for connection in idle:
            connection.close()


def test_connections_beyond_the_most_are_refused_and_the_others_live(new_platform):
    platform = new_platform("[http]\nmax_connections = 20\n").start()
    held = [connect(platform) for _ in range(20)]
    for connection in held:
        connection.sendall(b"GET /ping HTTP/1.1\r\nHost: here\r\n\r\n")
        assert status_of(connection.recv(4096)) == 200
    with connect(platform) as one_more:
        one_more.settimeout(30)
        try:
            one_more.sendall(b"GET /ping HTTP/1.1\r\nHost: here\r\n\r\n")
            assert status_of(read_to_end(one_more)) in (0, 503)
        except ConnectionError:
            pass  # refused before it said a word
    held.pop().close()
    wait_until(lambda: _pings(platform), 30)
    for connection in held:
        connection.close()


def _pings(platform) -> bool:
    try:
        return requests.get(platform.url + "/ping", timeout=10).status_code == 200
    except requests.ConnectionError:
        return False


@pytest.mark.parametrize("sent, status", [
    (b"\x16 this begins as TLS does, and is none\r\n\r\n", 0),  # closed without a word
    (b"HELLO\r\n\r\n", 400),
    (b"GET /ping HTTP/1.1\r\nHost: a\r\nX-Long: " + b"x" * 100_000 + b"\r\n\r\n", 431),
    (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400),
    (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n"
     b"0\r\n\r\n", 400),
    (b"GET /ping HTTP/1.1\r\nHost: a\r\nBad Name: x\r\n\r\n", 400),
])
def test_what_is_no_http_is_refused_and_the_connection_closed(gyre, sent, status):
    with connect(gyre) as connection:
        connection.sendall(sent)
        assert status_of(read_to_end(connection)) == status


def test_a_chunk_that_is_none(hasty):
    path = hasty.client("s3", signature_version="s3v4").generate_presigned_url(
        "put_object", {"Bucket": "slow", "Key": "chunks"}).removeprefix(hasty.url)
    with connect(hasty) as connection:
        connection.sendall(f"PUT {path} HTTP/1.1\r\nHost: {hasty.url.removeprefix('http://')}\r\n"
                           "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n".encode())
        assert status_of(read_to_end(connection)) in (0, 400)


def test_an_object_of_no_length_is_none(hasty):
    s3 = hasty.client("s3", signature_version="s3v4")
    path = s3.generate_presigned_url("put_object", {"Bucket": "slow", "Key": "bare"})
    with connect(hasty) as connection:
        connection.sendall(f"PUT {path.removeprefix(hasty.url)} HTTP/1.1\r\n"
                           f"Host: {hasty.url.removeprefix('http://')}\r\n"
                           "Connection: close\r\n\r\n".encode())
        answer = read_to_end(connection)
    assert status_of(answer) == 411 and b"MissingContentLength" in answer
    assert "Contents" not in s3.list_objects_v2(Bucket="slow", Prefix="bare")


def test_bodies_over_the_limit_are_refused_by_the_apis_own_error(gyre):
    large = b"x" * ((25 << 20) + 1)
    answer = signed(gyre, "sagemaker", "POST", "/endpoints/any/invocations", large)
    assert answer.status_code == 413
    assert answer.headers["x-amzn-ErrorType"].startswith("RequestEntityTooLarge")
    assert str(25 << 20) in answer.text
    answer = signed(gyre, "sagemaker", "POST", "/", b" " * (10 << 20) + b"{}", SAGEMAKER)
    assert answer.status_code == 413
    # Announced, and never sent: the refusal does not wait for it.
    at = urllib.parse.urlparse(gyre.url)
    connection = http.client.HTTPConnection(at.hostname, at.port, timeout=30)
    connection.putrequest("POST", "/endpoints/any/invocations")
    connection.putheader("Content-Length", str(1 << 40))
    connection.putheader("Expect", "100-continue")
    connection.endheaders()
    assert 400 <= connection.getresponse().status < 500
    connection.close()


def test_wrong_signatures(gyre):
    answer = signed(gyre, "s3", "GET", "/", secret="guessed")
    assert answer.status_code == 403
    assert "<Code>SignatureDoesNotMatch</Code>" in answer.text
    to_sign = re.search("<StringToSign>(.*?)</StringToSign>", answer.text, re.S)[1]
    assert to_sign.startswith("AWS4-HMAC-SHA256\n")
    assert "/us-east-1/s3/aws4_request" in to_sign
    assert "<CanonicalRequest>" in answer.text
    assert gyre.keys()["aws_secret_access_key"] not in answer.text
    answer = signed(gyre, "s3", "GET", "/", key="AKIANOBODY")
    assert (answer.status_code, "<Code>InvalidAccessKeyId</Code>" in answer.text) == (403, True)

    answer = signed(gyre, "sagemaker", "POST", "/", b"{}", SAGEMAKER, secret="guessed")
    assert answer.status_code in (400, 403)
    assert json.loads(answer.text)["__type"].endswith("InvalidSignatureException")
    answer = signed(gyre, "sagemaker", "POST", "/endpoints/any/invocations", b"x", secret="guessed")
    assert answer.status_code == 403
    assert answer.headers["x-amzn-ErrorType"].startswith("InvalidSignatureException")
    answer = signed(gyre, "sagemaker", "POST", "/", b"{}", SAGEMAKER, key="AKIANOBODY")
    assert json.loads(answer.text)["__type"].endswith("UnrecognizedClientException")
    answer = requests.post(gyre.url + "/", data=b"{}", headers=SAGEMAKER, timeout=30)
    assert json.loads(answer.text)["__type"].endswith("MissingAuthenticationTokenException")


def test_a_body_that_is_not_the_signed_one(gyre):
    gyre.client("s3").create_bucket(Bucket="hashes")
    answer = signed(gyre, "s3", "PUT", "/hashes/key", b"body", sent=b"BODY")
    assert answer.status_code == 400
    assert "<Code>XAmzContentSHA256Mismatch</Code>" in answer.text
    assert gyre.client("s3").list_objects_v2(Bucket="hashes")["KeyCount"] == 0
    answer = signed(gyre, "sagemaker", "POST", "/", b"{}", SAGEMAKER, sent=b'{"MaxResults": 1}')
    assert json.loads(answer.text)["__type"].endswith("InvalidSignatureException")


@pytest.mark.parametrize("seconds", [-1200, 1200])
def test_clocks_that_are_wrong(gyre, seconds):
    answer = signed(gyre, "s3", "GET", "/", at=seconds)
    assert answer.status_code == 403
    assert "<Code>RequestTimeTooSkewed</Code>" in answer.text
    answer = signed(gyre, "sagemaker", "POST", "/", b"{}", SAGEMAKER, at=seconds)
    assert json.loads(answer.text)["__type"].endswith("InvalidSignatureException")
    assert signed(gyre, "sagemaker", "POST", "/", b"{}", SAGEMAKER, at=seconds / 10).ok
