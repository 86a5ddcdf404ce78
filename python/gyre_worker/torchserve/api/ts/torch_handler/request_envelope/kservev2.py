"""KServe V2 in JSON: the inputs' values in, outputs named as the inputs out; one request of a batch,
as TorchServe does."""

import json

import numpy

from .base import BaseEnvelope

_DATATYPES = {"bool": "BOOL", "uint8": "UINT8", "uint16": "UINT16", "uint32": "UINT32",
              "uint64": "UINT64", "int8": "INT8", "int16": "INT16", "int32": "INT32",
              "int64": "INT64", "float16": "FP16", "float32": "FP32", "float64": "FP64"}


class KServev2Envelope(BaseEnvelope):
    def parse_input(self, data):
        body = data[0].get("data") or data[0].get("body")
        if isinstance(body, (bytes, bytearray)):
            body = json.loads(body)
        self._id = (body.get("id") or "").strip() or self.context.get_request_id(0)
        self._names = [each["name"] for each in body["inputs"]]
        for each in body["inputs"]:
            if each["datatype"] == "BYTES":
                each["data"] = each["data"][0]
            else:
                each["data"] = numpy.array(each["data"]).reshape(each["shape"]).tolist()
        return body["inputs"]

    def format_output(self, data):
        model = self.context.manifest["model"]
        return [{"id": self._id, "model_name": model.get("modelName"),
                 "model_version": model.get("modelVersion"),
                 "outputs": [_output(name, item) for name, item in zip(self._names, data)]}]


def _output(name, item):
    values = numpy.array(item).flatten()
    return {"name": name, "datatype": _DATATYPES.get(str(values.dtype), "BYTES"),
            "data": values.tolist(), "shape": list(values.shape)}
