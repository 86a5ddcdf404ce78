"""The frames between gyre-host and this worker; docs/formats/worker_protocol.md describes them."""

import socket
import struct
from dataclasses import dataclass, field

LOAD, LOADED, FAILED, BATCH, ANSWERS = 1, 2, 3, 4, 5

HEADER = struct.Struct("<IIQ")  # kind, items, bytes that follow
ITEM = struct.Struct("<IIIIQ")
# Frames up to this size are read into one buffer that is used again; the bodies of larger ones are
# received straight into the bytearray that the handler gets.
SMALL = 256 * 1024


@dataclass(slots=True)
class Request:
    id: str
    content_type: str
    accept: str
    headers: dict
    body: bytearray


@dataclass(slots=True)
class Reply:
    body: object = b""  # bytes-like
    content_type: str = ""
    status: int = 200
    headers: dict = field(default_factory=dict)


@dataclass(slots=True)
class Failure:
    """One request's error: `status` as HTTP has it, `type` the Python exception's name."""

    message: str
    type: str
    status: int = 500


class Channel:
    """One end of the connection. Strictly in turn: the host sends a frame, the worker answers."""

    def __init__(self, connection: socket.socket):
        self._connection = connection
        self._buffer = bytearray(SMALL + HEADER.size)
        self._view = memoryview(self._buffer)

    def receive(self):
        """(kind, payload) where payload is bytes, or a list of Request for BATCH; None at the end."""
        have = 0
        while have < HEADER.size:
            count = self._connection.recv_into(self._view[have:])
            if count == 0:
                return None
            have += count
        kind, items, size = HEADER.unpack_from(self._buffer)
        if size <= SMALL:
            total = HEADER.size + size
            if have < total:
                self._fill(self._view[have:total])
            payload = self._view[HEADER.size : total]
            return kind, (_requests(payload, items) if kind == BATCH else bytes(payload))
        early = bytes(self._view[HEADER.size : have])
        if kind == BATCH:
            return kind, self._large_batch(items, early)
        payload = bytearray(size)
        payload[: len(early)] = early
        self._fill(memoryview(payload)[len(early) :])
        return kind, bytes(payload)

    def send(self, kind: int, payload: bytes = b""):
        self._connection.sendall(HEADER.pack(kind, 0, len(payload)) + payload)

    def send_answers(self, answers: list):
        table, texts, bodies = [], [], []
        size = 0
        for answer in answers:
            if type(answer) is Failure:
                kind = answer.type.encode("utf-8", "replace")
                body = answer.message.encode("utf-8", "replace")
                table.append(ITEM.pack(1, answer.status, len(kind), 0, len(body)))
                texts.append(kind)
            else:
                content_type = answer.content_type.encode("utf-8", "replace")
                headers = _pack_headers(answer.headers) if answer.headers else b""
                body = answer.body
                table.append(
                    ITEM.pack(0, answer.status, len(content_type), len(headers), len(body))
                )
                texts.append(content_type)
                if headers:
                    texts.append(headers)
            size += len(body)
            bodies.append(body)
        head = b"".join(table) + b"".join(texts)
        header = HEADER.pack(ANSWERS, len(answers), len(head) + size)
        if size <= SMALL:
            self._connection.sendall(b"".join((header, head, *bodies)))
            return
        self._connection.sendall(header + head)
        for body in bodies:
            self._connection.sendall(body)

    def _fill(self, view: memoryview):
        while view:
            count = self._connection.recv_into(view)
            if count == 0:
                raise EOFError("the host closed the connection within a frame")
            view = view[count:]

    def _large_batch(self, items: int, early: bytes):
        early = memoryview(early)

        def take(size):
            nonlocal early
            part = bytearray(size)
            from_early = min(size, len(early))
            part[:from_early] = early[:from_early]
            early = early[from_early:]
            self._fill(memoryview(part)[from_early:])
            return part

        table = list(ITEM.iter_unpack(take(ITEM.size * items)))
        texts = take(sum(a + b + c + d for a, b, c, d, _ in table))
        heads = _heads(memoryview(texts), table)
        return [Request(*head, take(row[4])) for head, row in zip(heads, table)]


def _requests(payload: memoryview, items: int):
    bodies = ITEM.size * items
    table = list(ITEM.iter_unpack(payload[:bodies]))
    texts = payload[bodies:]
    heads = _heads(texts, table)
    at = sum(a + b + c + d for a, b, c, d, _ in table)
    requests = []
    for head, row in zip(heads, table):
        requests.append(Request(*head, bytearray(texts[at : at + row[4]])))
        at += row[4]
    return requests


def _heads(texts: memoryview, table: list):
    at = 0
    heads = []
    for lengths in table:
        parts = []
        for length in lengths[:4]:
            parts.append(str(texts[at : at + length], "utf-8", "surrogateescape") if length else "")
            at += length
        heads.append((parts[0], parts[1], parts[2], _unpack_headers(parts[3])))
    return heads


def _unpack_headers(text: str) -> dict:
    if not text:
        return {}
    parts = text.split("\0")
    return dict(zip(parts[0::2], parts[1::2]))


def _pack_headers(headers: dict) -> bytes:
    return "".join(f"{name}\0{value}\0" for name, value in headers.items()).encode(
        "utf-8", "surrogateescape"
    )
