"""TorchServe's built-in handlers and envelopes that tests of others do not meet, and its examples in
shape, on the `ts` API of ours, in this process."""

import io
import json

import numpy
import pytest
from conftest import ask
from PIL import Image

from gyre_worker.frames import Failure
from gyre_worker.torchserve.batch import HandlerBatch


def with_net(load, handler: str, net: str, files: dict | None = None, **more) -> HandlerBatch:
    code = "import torch\nclass Net(torch.nn.Module):\n" + net
    return load(handler, {"the_net.py": code.encode(), **(files or {})}, modelFile="the_net.py", **more)


def picture(colour, size=(224, 224), mode="RGB") -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, colour).save(out, "PNG")
    return out.getvalue()


def said(answers) -> list:
    assert not any(type(answer) is Failure for answer in answers), [
        answer.message for answer in answers if type(answer) is Failure]
    return [json.loads(answer.body) for answer in answers]


def test_image_segmenter(load):
    """The class of each pixel is the strongest colour there."""
    batch = with_net(load, "image_segmenter", "    def forward(self, x):\n        return {'out': 9 * x}\n")
    red, blue = map(numpy.array, said(batch.run([
        ask(picture("red"), "image/png"), ask(picture("blue"), "image/png")])))
    assert red.shape == (224, 224, 2)  # class and probability
    assert (red[..., 0] == 0).all() and (blue[..., 0] == 2).all()
    assert (red[..., 1] > 0.99).all() and (red[..., 1] <= 1).all()


def test_object_detector(load):
    """As torchvision's detectors answer: a dict for each picture, whose size does not change."""
    batch = with_net(load, "object_detector", (
        "    def forward(self, pictures):\n"
        "        size = [float(pictures.shape[3]), float(pictures.shape[2])]\n"
        "        return [{'boxes': torch.tensor([[0., 0.] + size, [1., 1., 2., 2.], [5., 5., 6., 6.]]),\n"
        "                 'labels': torch.tensor([1, 2, 1]),\n"
        "                 'scores': torch.tensor([0.9, 0.5, 0.4])} for _ in pictures]\n"),
        {"index_to_name.json": b'{"object_type_names": ["nothing", "cat", "dog"]}'})
    answers = said(batch.run([ask(picture("red", (30, 20)), "image/png")] * 2))
    assert answers == [[{"cat": [0, 0, 30, 20], "score": pytest.approx(0.9)},
                        {"dog": [1, 1, 2, 2], "score": 0.5}]] * 2


DOUBLE = "    def forward(self, x):\n        return 2 * x\n"


def test_envelope_body(load):
    """Handlers get the bodies themselves."""
    batch = with_net(load, "base_handler", DOUBLE, environment={"TS_SERVICE_ENVELOPE": "body"})
    assert said(batch.run([ask("[1, 2]"), ask("[3, 4]")])) == [[2, 4], [6, 8]]


def test_envelope_kserve(load):
    batch = with_net(load, "base_handler", DOUBLE, environment={"TS_SERVICE_ENVELOPE": "kserve"}, batch_size=1)
    assert said(batch.run([ask('{"instances": [[1, 2], [3, 4]]}')])) == [
        {"predictions": [[2, 4], [6, 8]]}]
    raw = batch.run([ask('{"instances": [[5]]}', "application/octet-stream")])
    assert said(raw) == [{"predictions": [[10]]}]


# examples/image_classifier/mnist, with our steps in the place of torchvision's.
MNIST = """
from torch.profiler import ProfilerActivity
from ts.torch_handler import image_steps as transforms
from ts.torch_handler.image_classifier import ImageClassifier


class MNISTDigitClassifier(ImageClassifier):
    image_processing = transforms.Compose([
        transforms.ToTensor(),
        transforms.Normalize((0.1307,), (0.3081,))
    ])

    def __init__(self):
        super(MNISTDigitClassifier, self).__init__()
        self.profiler_args = {
            "activities" : [ProfilerActivity.CPU],
            "record_shapes": True,
        }

    def postprocess(self, data):
        return data.argmax(1).tolist()
"""
DIGIT = """    def forward(self, x):
        assert x.shape[1:] == (1, 28, 28)
        brightness = (x.mean(dim=[1, 2, 3]) * 0.3081 + 0.1307) * 9
        return torch.nn.functional.one_hot(brightness.round().long(), 10)
"""


def test_the_example_mnist(load):
    batch = with_net(load, MNIST, DIGIT)
    digits = [ask(picture(round(255 * digit / 9), (28, 28), "L"), "image/png") for digit in (0, 3, 9)]
    assert said(batch.run(digits)) == [0, 3, 9]


# examples/custom_metrics: metrics that are made, found, and come with their first value.
CUSTOM = MNIST.replace("from ts.torch_handler import", """import time
from ts.metrics.dimension import Dimension
from ts.metrics.metric_type_enum import MetricTypes
from ts.torch_handler import""", 1) + """
    def initialize(self, context):
        super().initialize(context)
        metrics = context.metrics
        self.inf_request_count = metrics.add_metric_to_cache(
            metric_name="InferenceRequestCount", unit="count", dimension_names=[],
            metric_type=MetricTypes.COUNTER)
        metrics.add_metric_to_cache(
            metric_name="PreprocessCallCount", unit="count", dimension_names=["ModelName"],
            metric_type=MetricTypes.COUNTER)
        metrics.add_metric(
            name="InitializeCallCount", value=1, unit="count", metric_type=MetricTypes.COUNTER)

    def preprocess(self, data):
        metrics = self.context.metrics
        self.inf_request_count.add_or_update(value=1, dimension_values=[])
        metrics.get_metric(
            metric_name="PreprocessCallCount", metric_type=MetricTypes.COUNTER
        ).add_or_update(value=1, dimension_values=[self.context.model_name])
        metrics.get_metric(
            metric_name="RequestBatchSize", metric_type=MetricTypes.GAUGE
        ).add_or_update(value=len(data), dimension_values=[self.context.model_name])
        metrics.add_size(name="SizeOfImage", value=len(data[0].get("body")) / 1024, idx=None, unit="kB")
        metrics.add_time(
            name="HandlerMethodTime", value=1.5, idx=None, unit="ms",
            dimensions=[Dimension(name="MethodName", value="preprocess")],
            metric_type=MetricTypes.GAUGE)
        return super().preprocess(data)

    def postprocess(self, data):
        self.context.metrics.add_counter(
            name="PostprocessCallCount", value=1, idx=None, dimensions=[])
        self.context.metrics.add_percent(
            name="ExamplePercentMetric", value=50, idx=None, dimensions=[],
            metric_type=MetricTypes.HISTOGRAM)
        return data.argmax(1).flatten().tolist()
"""
METRICS_YAML = """
dimensions:
  - &model_name "ModelName"
  - &level "Level"
model_metrics:
  counter:
    - name: InferenceRequestCount
      unit: count
      dimensions: []
    - name: PostprocessCallCount
      unit: CallCount
      dimensions: [*model_name, *level]
  gauge:
    - name: RequestBatchSize
      unit: count
      dimensions: ["ModelName"]
"""


def test_the_example_custom_metrics(load, tmp_path, capsys):
    config = tmp_path / "metrics.yaml"
    config.write_text(METRICS_YAML)
    batch = with_net(load, CUSTOM, DIGIT, environment={"GYRE_TS_METRICS_CONFIG": str(config)})
    assert said(batch.run([ask(picture(255, (28, 28), "L"), "image/png")])) == [9]
    lines = [line.partition("|#hostname")[0].removeprefix("[METRICS]")
             for line in capsys.readouterr().out.splitlines() if line.startswith("[METRICS]")]
    assert {"InitializeCallCount.Count:1|#ModelName:m,Level:Model", "InferenceRequestCount.Count:1|#",
            "PreprocessCallCount.Count:1|#ModelName:m", "RequestBatchSize.Count:1|#ModelName:m",
            "HandlerMethodTime.Milliseconds:1.5|#ModelName:m,Level:Model,MethodName:preprocess",
            "PostprocessCallCount.CallCount:1|#ModelName:m,Level:Model",
            "ExamplePercentMetric.Percent:50|#ModelName:m,Level:Model"} <= set(lines), lines
    assert any(line.startswith("SizeOfImage.Kilobytes:0.") for line in lines)


# examples/stateful/sequence_batching, with a dict in the place of the package lru.
STATEFUL = """
import logging
from abc import ABC
from typing import Dict

from ts.context import Context
from ts.torch_handler.base_handler import BaseHandler

logger = logging.getLogger(__name__)


class StatefulHandler(BaseHandler, ABC):
    DEFAULT_CAPACITY = 10

    def __init__(self):
        super().__init__()
        self.cache: Dict = None
        self.context = None

    def initialize(self, ctx: Context):
        super().initialize(ctx)
        self.context = ctx
        if self.context.model_yaml_config["handler"] is not None:
            assert int(self.context.model_yaml_config["handler"]["cache"]["capacity"]) == 4
            self.cache = {}
        self.initialized = True

    def preprocess(self, data):
        results = []
        for idx, row in enumerate(data):
            sequence_id = self.context.get_sequence_id(idx)
            prev = int(self.cache.get(sequence_id, 0))
            request = row.get("data") or row.get("body")
            if isinstance(request, (bytes, bytearray)):
                request = request.decode("utf-8")
            val = prev + int(request)
            self.cache[sequence_id] = val
            results.append(val)
        return results

    def inference(self, data, *args, **kwargs):
        return data

    def postprocess(self, data):
        return data
"""


def test_the_example_stateful(load):
    batch = with_net(load, STATEFUL, DOUBLE, {"model.yaml": (
        b"sequenceBatching: true\nsequenceMaxIdleMSec: 10\nhandler:\n  cache:\n    capacity: 4\n")},
        configFile="model.yaml")

    def add(*numbers):
        return said(batch.run([ask(str(number), "application/octet-stream", headers={
            "ts_request_sequence_id": name}) for name, number in numbers]))

    assert add(("a", 1), ("b", 10)) == [1, 10]
    form = ask("data=4", "application/x-www-form-urlencoded", headers={"ts_request_sequence_id": "a"})
    assert said(batch.run([form])) == [5]
    assert add(("b", 5), ("c", 2)) == [15, 2]
