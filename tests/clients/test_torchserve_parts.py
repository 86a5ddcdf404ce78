"""Answers in parts: handlers that send what they have so far, over chunked HTTP and gRPC."""

import socket
import time

import pytest
import requests

from support.torchserve import TorchServe, archive

PARTS = '''
import os
import threading
import time
from ts.handler_utils.utils import send_intermediate_predict_response

def handle(data, context):
    if data is None:
        return
    if any(row.get("body") == b"late" for row in data):
        threading.Timer(0.2, lambda: send_intermediate_predict_response(
            ["late"] * len(data), context.request_ids, "", 200, context)).start()
        return ["whole"] * len(data)
    context.set_response_content_type(0, "text/parts")
    seen = bytes(data[0]["body"])
    for number in range(3):
        send_intermediate_predict_response(
            [f"part {number}, "] * len(data), context.request_ids, "Intermediate", 200, context)
        if b"/" in seen:
            while not os.path.exists(seen + b"%d" % number):
                time.sleep(0.01)
        else:
            time.sleep(0.3)
        if any(row.get("body") == b"raise" for row in data):
            raise RuntimeError("in the middle")
    return ["end"] * len(data)
'''


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with TorchServe(tmp_path_factory.mktemp("parts")) as server:
        archive(server.store, "parts", PARTS)
        assert server.register("parts.mar").status_code == 200
        yield server


def test_parts_come_as_they_are_sent(served, tmp_path):
    """Each is made only once the one before it was seen here."""
    with requests.post(f"{served.inference}/predictions/parts", data=f"{tmp_path}/", stream=True,
                       timeout=60) as answer:
        assert answer.status_code == 200 and answer.headers["Transfer-Encoding"] == "chunked"
        assert answer.headers["Content-Type"] == "text/parts" and answer.headers["x-request-id"]
        pieces = answer.iter_content(None)
        for number in range(3):
            assert next(pieces) == b"part %d, " % number
            (tmp_path / str(number)).touch()
        assert b"".join(pieces) == b"end"


def test_an_answer_that_fails_midway_is_seen_to_be_broken(served):
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        served.predict("parts", b"raise")
    assert served.predict("parts", b"x").text == "part 0, part 1, part 2, end"


def test_a_part_after_the_answer_goes_nowhere(served):
    assert served.predict("parts", b"late").text == "whole"
    time.sleep(0.4)
    assert served.predict("parts", b"x").text == "part 0, part 1, part 2, end"


def test_a_client_that_goes_midway_harms_nobody(served):
    host, port = served.inference.removeprefix("http://").split(":")
    for _ in range(5):
        with socket.create_connection((host, int(port)), timeout=30) as client:
            client.sendall(b"POST /predictions/parts HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx")
            assert b"200" in client.recv(4096)
    assert served.predict("parts", b"x").text == "part 0, part 1, part 2, end"
