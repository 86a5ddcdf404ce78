"""TensorFlow Serving's rows: {"instances": […]} in, {"predictions": […]} out."""

import itertools
import json
from base64 import b64decode

from .base import BaseEnvelope


class JSONEnvelope(BaseEnvelope):
    def parse_input(self, data):
        batches = [self._from_json(row) for row in data]
        self._lengths = [len(batch) for batch in batches]
        return list(itertools.chain.from_iterable(batches))

    def format_output(self, data):
        rows = iter(data)
        return [json.dumps({"predictions": list(itertools.islice(rows, length))})
                for length in self._lengths]

    @staticmethod
    def _from_json(row):
        body = row.get("data") or row.get("body") or row
        if isinstance(body, (bytes, bytearray)):
            body = json.loads(body)
        return [_decoded(instance) for instance in body["instances"]]


def _decoded(value):
    """{"b64": text} is bytes, at the top of an instance and in its columns."""
    if not isinstance(value, dict):
        return value
    if list(value) == ["b64"]:
        return b64decode(value["b64"])
    return {name: b64decode(column["b64"])
            if isinstance(column, dict) and list(column) == ["b64"] else column
            for name, column in value.items()}
