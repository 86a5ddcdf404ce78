"""A request's body as the parameters that a handler gets: {"body": …}, or a field for each."""

import json
import logging
from urllib.parse import unquote_to_bytes

from gyre_worker.defaults import media_type

logger = logging.getLogger(__name__)


def read(body, content_type: str, query: str, decode: bool):
    """(values by name, content type by name). Only a body and a form's files have a type: other fields
    and the query's parameters are bytes, as TorchServe has them."""
    kind = media_type(content_type)
    fields = _pairs(query.encode()) if query else []
    if kind == "multipart/form-data":
        fields += _multipart(body, content_type)
    elif kind == "application/x-www-form-urlencoded":
        fields += _pairs(bytes(body))
    else:
        fields.append(("body", content_type, body))
    values, types = {}, {}
    for name, field_type, value in fields:
        values[name] = _decoded(value, field_type, decode)
        types[name] = field_type
    return values, types


def _pairs(text: bytes) -> list:
    """(name, no content type, bytes) of each pair of a query."""
    pairs = (pair.replace(b"+", b" ").partition(b"=") for pair in text.split(b"&"))
    return [(unquote_to_bytes(name).decode("utf-8", "replace"), "", unquote_to_bytes(value))
            for name, _, value in pairs if name]


def _decoded(value, content_type: str, decode: bool):
    """JSON and text as the handler expects them; what cannot be read goes as it came."""
    if not decode:
        return value
    try:
        if content_type.partition(";")[0].rstrip() == "application/json":
            return json.loads(bytes(value))
        if content_type.startswith("text"):
            return bytes(value).decode("utf-8")
    except ValueError:
        logger.warning("a body of %s cannot be decoded; it goes to the handler as it is",
                       content_type)
    return value


def _multipart(body, content_type: str):
    """(name, content type, bytes) of each field of a multipart/form-data body (RFC 7578)."""
    boundary = _parameter(content_type, "boundary")
    if not boundary:
        raise ValueError("multipart/form-data without a boundary")
    delimiter = b"--" + boundary.encode()
    fields = []
    for part in bytes(body).split(delimiter)[1:]:
        if part.startswith(b"--"):
            break
        head, _, value = part.partition(b"\r\n\r\n")
        headers = {}
        for line in head.decode("utf-8", "replace").split("\r\n"):
            name, _, text = line.partition(":")
            headers[name.strip().lower()] = text.strip()
        name = _parameter(headers.get("content-disposition", ""), "name")
        if name:
            value = value[:-2] if value.endswith(b"\r\n") else value
            fields.append((name, _type_of_file(headers), value))
    return fields


def _type_of_file(headers: dict) -> str:
    """"" of a field that is no file."""
    if _parameter(headers["content-disposition"], "filename") is None:
        return ""
    return headers.get("content-type") or "application/octet-stream"


def _parameter(header: str, name: str):
    for part in header.split(";")[1:]:
        key, _, value = part.strip().partition("=")
        if key.lower() == name:
            return value.strip('"')
    return None
