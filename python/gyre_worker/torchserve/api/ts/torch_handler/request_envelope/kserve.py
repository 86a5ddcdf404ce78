"""KServe V1: {"instances": […]} in, {"predictions": …} or {"explanations": …} out; one request of a
batch, as TorchServe does."""

import json

from .base import BaseEnvelope


class KServeEnvelope(BaseEnvelope):
    def parse_input(self, data):
        self._data_list = [row.get("data") or row.get("body") for row in data]
        body = self._data_list[0]
        if isinstance(body, (bytes, bytearray)):
            body = json.loads(body)
        self._inputs = body.get("instances")
        return self._inputs

    def format_output(self, data):
        return [{"explanations" if self._is_explain() else "predictions": data}]

    def _is_explain(self):
        return bool(self.context) and self.context.get_request_header(0, "explain") == "True"
