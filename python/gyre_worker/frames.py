"""The frames between gyre-host and this worker; docs/formats/worker_protocol.md describes them."""

import itertools
import socket
import struct

LOAD, LOADED, FAILED, BATCH, ANSWERS, NOTE, PART, LEAVE = 1, 2, 3, 4, 5, 6, 7, 8

HEADER = struct.Struct("<IIQ")  # kind, items, bytes that follow
ITEM = struct.Struct("<IIIIQ")
# Which of a batch's calls answered a request, in the bits above the first of its row: its number,
# and whether it was the first of another shape than the calls before.
ANOTHER_SHAPE = 2
NO_CALL = ((1 << 30) - 1) << 2
GOES_ON = 2  # of a continuous batch, in the same place: a part; the request is still under way


def call_bits(number: int, another_shape: bool) -> int:
    return number << 2 | (ANOTHER_SHAPE if another_shape else 0)


# Frames up to this size are read into one buffer that is used again; the bodies of larger ones are
# received straight into the bytearray that the handler gets.
SMALL = 256 * 1024
LARGEST_ANSWERS = 1 << 30  # bytes of all bodies of a batch


def places(payload: bytes) -> list[int]:
    """Of LEAVE: which of the requests that are under way, ascending."""
    return list(memoryview(payload).cast("I"))


class Request:
    __slots__ = ("id", "content_type", "accept", "body", "_packed", "_headers")

    def __init__(self, id="", content_type="", accept="", body=b"", packed=""):
        self.id = id
        self.content_type = content_type
        self.accept = accept
        self.body = body
        self._packed = packed
        self._headers = None

    @property
    def headers(self) -> dict:
        """By lower-case names; unpacked when first asked for, since few handlers do."""
        if self._headers is None:
            parts = self._packed.split("\0")
            self._headers = dict(zip(parts[0::2], parts[1::2]))
        return self._headers


class Reply:
    __slots__ = ("body", "content_type", "status", "headers")

    def __init__(self, body=b"", content_type="", status=200, headers=None):
        self.body = body  # bytes-like
        self.content_type = content_type
        self.status = status
        self.headers = headers


class Failure:
    """One request's error: `status` as HTTP has it, `type` the Python exception's name."""

    __slots__ = ("message", "type", "status")

    def __init__(self, message, type, status=500):
        self.message = message
        self.type = type
        self.status = status


class Channel:
    """One end of the connection. Strictly in turn: the host sends a frame, the worker answers."""

    def __init__(self, connection: socket.socket):
        self._connection = connection
        self._buffer = bytearray(SMALL + HEADER.size)
        self._view = memoryview(self._buffer)

    def close(self):
        self._connection.close()

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

    def send_answers(self, answers: list, calls=None):
        """`calls`: of each the bits of its call, or None where one call answered all."""
        table, texts, bodies = [], [], []
        size = 0
        for answer, call in zip(answers, calls or itertools.repeat(0)):
            if type(answer) is Reply and size + len(answer.body) > LARGEST_ANSWERS:
                body = answer.body
                answer = Failure(
                    f"the answer has {len(body)} bytes; a batch's may have {LARGEST_ANSWERS}",
                    "ValueError",
                )
            if type(answer) is Failure:
                kind = answer.type.encode("utf-8", "replace")
                body = answer.message.encode("utf-8", "replace")
                table.append(ITEM.pack(call | 1, answer.status, len(kind), 0, len(body)))
                texts.append(kind)
            else:
                body = answer.body
                content_type = answer.content_type.encode("utf-8", "replace")
                headers = _pack_headers(answer.headers) if answer.headers else b""
                table.append(
                    ITEM.pack(call, answer.status, len(content_type), len(headers), len(body))
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

    def send_part(self, row: int, part: Reply):
        """A part of the answer to the batch's row: what its request gets before the answer itself."""
        content_type = part.content_type.encode("utf-8", "replace")
        headers = _pack_headers(part.headers) if part.headers else b""
        head = ITEM.pack(0, part.status, len(content_type), len(headers), len(part.body))
        payload = b"".join((head, content_type, headers, part.body))
        self._connection.sendall(HEADER.pack(PART, row, len(payload)) + payload)

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
        requests = _heads(take(sum(a + b + c + d for a, b, c, d, _ in table)), table)
        for request, row in zip(requests, table):
            request.body = take(row[4])
        return requests


def _requests(payload: memoryview, items: int):
    table = list(ITEM.iter_unpack(payload[: ITEM.size * items]))
    at = ITEM.size * items + sum([a + b + c + d for a, b, c, d, _ in table])
    requests = _heads(bytes(payload[ITEM.size * items : at]), table)
    for request, row in zip(requests, table):
        end = at + row[4]
        request.body = bytearray(payload[at:end])
        at = end
    return requests


def _heads(texts: bytes, table: list):
    if texts.isascii():  # then a byte is a character, and one decoding does for all
        texts = str(texts, "ascii")
        text = texts.__getitem__
    else:

        def text(part):
            return str(texts[part], "utf-8", "surrogateescape")

    requests = []
    at = 0
    for a, b, c, d, _ in table:
        kind, accept, headers = at + a, at + a + b, at + a + b + c
        end = headers + d
        requests.append(
            Request(
                text(slice(at, kind)),
                text(slice(kind, accept)),
                text(slice(accept, headers)),
                None,
                text(slice(headers, end)),
            )
        )
        at = end
    return requests


def _pack_headers(headers: dict) -> bytes:
    return "".join(f"{name}\0{value}\0" for name, value in headers.items()).encode(
        "utf-8", "surrogateescape"
    )
