"""TorchServe's handlers on the `ts` API of ours, in this process."""

import io
import json
import sys

import numpy
import pytest
import torch
from conftest import ask
from PIL import Image

from gyre_worker.frames import Failure
from gyre_worker.torchserve import parameters
from gyre_worker.torchserve.archive import LoadFailure


def scripted(module) -> bytes:
    out = io.BytesIO()
    torch.jit.save(torch.jit.script(module.eval()), out)
    return out.getvalue()


class MeanColour(torch.nn.Module):
    def forward(self, x):
        return x.mean(dim=[2, 3])


def png(colour, size=(300, 280)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


def test_image_classifier(load):
    batch = load("image_classifier", {
        "model.pt": scripted(MeanColour()),
        "index_to_name.json": b'{"0": "red", "1": ["n1", "green"], "2": "blue"}'},
        serializedFile="model.pt")
    sys.modules["ts.torch_handler.image_classifier"].ImageClassifier.topk = 2
    answers = batch.run([ask(png("red"), "image/png"), ask(png((0, 0, 255)), "image/png")])
    first, second = (json.loads(answer.body) for answer in answers)
    assert list(first) == ["red", "blue"] and list(second) == ["blue", "green"]
    # torchvision's steps for a red picture, by hand: 1 and 0 after ToTensor, then Normalize.
    means, deviations = numpy.array([0.485, 0.456, 0.406]), numpy.array([0.229, 0.224, 0.225])
    expected = numpy.exp((numpy.array([1, 0, 0]) - means) / deviations)
    assert first["red"] == pytest.approx(expected[0] / expected.sum(), rel=1e-5)


def explained(batch, body, content_type="application/json"):
    return json.loads(batch.run([ask(body, content_type, headers={"explain": "True"})])[0].body)


def test_a_picture_is_explained(load):
    """Integrated gradients: what all parts add makes the difference to an empty picture."""
    code = (b"import torch\nclass Net(torch.nn.Module):\n"
            b"    def forward(self, x):\n        return x.mean(dim=[2, 3]) ** 2\n")
    batch = load("image_classifier", {"net.py": code}, modelFile="net.py")
    parts = numpy.array(explained(batch, png("red"), "image/png"))
    assert parts.shape == (3, 224, 224)
    assert parts[0].sum() == pytest.approx(((1 - 0.485) / 0.229) ** 2, rel=1e-3)
    assert not parts[1:].any(), "the first class has nothing of the other colours"


def test_a_text_is_explained(load):
    code = (b"import torch\nclass Net(torch.nn.Module):\n    def __init__(self):\n"
            b"        super().__init__()\n"
            b"        self.embedding = torch.nn.EmbeddingBag(10, 3)\n"
            b"        self.last = torch.nn.Linear(3, 2)\n"
            b"    def forward(self, numbers, offsets):\n"
            b"        return self.last(self.embedding(numbers, offsets))\n")
    torch.manual_seed(5)
    bag, last = torch.nn.EmbeddingBag(10, 3), torch.nn.Linear(3, 2)
    weights, vocabulary = io.BytesIO(), io.BytesIO()
    torch.save({"embedding.weight": bag.weight, "last.weight": last.weight, "last.bias": last.bias},
               weights)
    torch.save({"good": 1, "day": 2, "good day": 3}, vocabulary)
    batch = load("text_classifier", {"net.py": code, "net.pth": weights.getvalue(),
                                     "source_vocab.pt": vocabulary.getvalue()},
                 modelFile="net.py", serializedFile="net.pth")
    answer = explained(batch, "Good day!", "text/plain")
    assert answer["words"] == ["good", "day"]
    # Of a linear model the gradients are the same all along the way.
    way = bag.weight[1:4].mean(dim=0) - bag.weight[0]
    expected = torch.softmax(way * last.weight[0], dim=0)
    assert answer["importances"][0] == pytest.approx(expected.tolist(), rel=1e-4)


def test_picture_steps_keep_torchvisions_geometry(load):
    load("base_handler", {"model.pt": scripted(MeanColour())}, serializedFile="model.pt")
    from ts.torch_handler import image_steps

    wide = Image.fromarray(numpy.arange(300 * 701, dtype="uint32").astype("uint8").reshape(300, 701))
    assert image_steps.Resize(256)(wide).size == (int(256 * 701 / 300), 256)
    assert image_steps.Resize(256)(wide.transpose(Image.Transpose.ROTATE_90)).size[0] == 256
    cropped = numpy.array(image_steps.CenterCrop(224)(wide))
    assert numpy.array_equal(cropped, numpy.array(wide)[38:262, 238:462])  # round half to even
    padded = numpy.array(image_steps.CenterCrop(320)(wide))
    assert padded.shape == (320, 320) and not padded[:10].any() and padded[10:310].any()
    assert image_steps.ToTensor()(wide).shape == (1, 300, 701)


def test_json_envelope_joins_and_splits_a_batch(load):
    class Largest(torch.nn.Module):
        def forward(self, x):
            return x.argmax(dim=1)

    batch = load("base_handler", {"model.pt": scripted(Largest())}, serializedFile="model.pt",
                 environment={"TS_SERVICE_ENVELOPE": "json"})
    answers = batch.run([ask(b'{"instances": [[1.0, 2.0]]}'),
                         ask(b'{"instances": [[4.0, 3.0], [5.0, 6.0]]}')])
    assert [json.loads(answer.body) for answer in answers] == [
        {"predictions": [1]}, {"predictions": [0, 1]}]


def test_kservev2_envelope(load):
    class Twice(torch.nn.Module):
        def forward(self, x):
            return 2 * x

    code = ("import torch\nfrom ts.torch_handler.base_handler import BaseHandler\n"
            "class H(BaseHandler):\n"
            "    def preprocess(self, data):\n"
            "        return torch.tensor([row['data'] for row in data])\n")
    batch = load(code, {"model.pt": scripted(Twice())}, serializedFile="model.pt", batch_size=1,
                 environment={"TS_SERVICE_ENVELOPE": "kservev2"})
    question = {"id": "q", "inputs": [{"name": "x", "shape": [2], "datatype": "FP32", "data": [1, 2]}]}
    answer = json.loads(batch.run([ask(json.dumps(question))])[0].body)
    assert answer["id"] == "q" and answer["model_name"] == "m"
    assert answer["outputs"] == [{"name": "x", "datatype": "INT64", "data": [2, 4], "shape": [2]}]


def test_an_eager_model_with_weights(load):
    module = torch.nn.Linear(2, 1)
    weights = io.BytesIO()
    torch.save({"inner." + name: value for name, value in module.state_dict().items()}, weights)
    code = (b"import torch\nclass Net(torch.nn.Module):\n    def __init__(self):\n"
            b"        super().__init__()\n        self.inner = torch.nn.Linear(2, 1)\n"
            b"    def forward(self, x):\n        return self.inner(x)\n")
    handler = ("import torch\nfrom ts.torch_handler.base_handler import BaseHandler\n"
               "class H(BaseHandler):\n"
               "    def preprocess(self, data):\n"
               "        return torch.tensor([row['body'] for row in data])\n")
    batch = load(handler, {"net.py": code, "net.pth": weights.getvalue()}, modelFile="net.py",
                 serializedFile="net.pth")
    answer = json.loads(batch.run([ask(b"[1.0, 2.0]")])[0].body)
    assert answer == pytest.approx(module(torch.tensor([1.0, 2.0])).tolist())


class Normalised(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4))

    def forward(self, x):
        return self.layers(x).mean(dim=[2, 3])


@pytest.mark.parametrize("config, environment, optimised", [
    (b"{}", {}, True), (b"optimizeTorchScript: false", {}, False),
    (b"optimizeTorchScript: false", {"GYRE_OPTIMIZE_TORCHSCRIPT": "true"}, True),
    (b"{}", {"GYRE_OPTIMIZE_TORCHSCRIPT": "false"}, False)])
def test_torchscript_is_optimised_where_it_may_be(load, capfd, config, environment, optimised):
    batch = load("image_classifier", {"model.pt": scripted(Normalised()), "model.yaml": config},
                 serializedFile="model.pt", configFile="model.yaml", environment=environment)
    sys.modules["ts.torch_handler.image_classifier"].ImageClassifier.topk = 2
    assert ("gyre: TorchScript optimised" in capfd.readouterr().out) is optimised
    model = batch._handle.__self__.model
    assert ("forward" in model.__dict__) is optimised
    first, second = (batch.run([ask(png("red"), "image/png")])[0] for _ in range(2))
    assert json.loads(first.body) == pytest.approx(json.loads(second.body), rel=1e-5)
    assert "goes on as it was loaded" not in capfd.readouterr().out


def test_a_handler_that_is_not_there(load):
    with pytest.raises(LoadFailure, match="neither in the archive"):
        load("nobody_knows_it")
    with pytest.raises(LoadFailure, match="Expected only one class"):
        load("class A:\n    pass\nclass B:\n    pass\n")


def test_failures_are_of_one_request(load):
    batch = load("def handle(data, context):\n    if data is None:\n        return\n"
                 "    return [1 / row['body'] for row in data]\n")
    answers = batch.run([ask(b"1"), ask(b"0"), ask(b"2")])
    assert [type(answer) is Failure for answer in answers] == [False, True, False]
    assert (answers[1].message, answers[1].status) == ("Prediction failed", 503)


def test_bodies_that_cannot_be_decoded_go_as_they_came():
    assert parameters.read(b"{", "application/json", "", True)[0] == {"body": b"{"}
    assert parameters.read(b"[1]", "application/json", "", False)[0] == {"body": b"[1]"}
    assert parameters.read(b"\xff", "text/plain", "", True)[0] == {"body": b"\xff"}


def test_a_handler_gets_accept_and_content_type_as_other_headers(load):
    batch = load("def handle(data, context):\n    if data is not None:\n"
                 "        return [[context.get_request_header(0, name) for name in\n"
                 "                 ('Accept', 'Content-Type', 'x-mood', 'none')]]\n")
    answer = batch.run([ask(b"[1]", "application/json", "text/csv", {"x-mood": "fine"})])[0]
    assert json.loads(answer.body) == ["text/csv", "application/json", "fine", None]


MICRO = """
from ts.handler_utils.micro_batching import MicroBatching
from ts.torch_handler.base_handler import BaseHandler

class MicroBatchingHandler(BaseHandler):
    def __init__(self):
        self.handle = MicroBatching(self)
        self.sizes = []

    def initialize(self, context):
        super().initialize(context)
        options = context.model_yaml_config["micro_batching"]
        self.handle.parallelism = options["parallelism"]
        self.handle.micro_batch_size = options["micro_batch_size"]

    def preprocess(self, data):
        self.sizes.append(len(data))
        assert self.handle.get_micro_batch_idx() is not None
        return super().preprocess([row["body"] for row in data])

    def postprocess(self, data):
        return [{"sums": row.tolist(), "sizes": sorted(self.sizes)} for row in data]
"""


def test_micro_batching_as_torchserves_example_has_it(load):
    yaml = b"micro_batching:\n  micro_batch_size: 4\n  parallelism: {preprocess: 2, postprocess: 2}\n"
    batch = load(MICRO, {"model.pt": scripted(torch.nn.Identity()), "model.yaml": yaml}, batch_size=32,
                 serializedFile="model.pt", configFile="model.yaml")
    for turn in range(1, 3):
        answers = batch.run([ask(json.dumps([i])) for i in range(10)])
        said = [json.loads(answer.body) for answer in answers]
        assert [one["sums"] for one in said] == [[i] for i in range(10)]
    failed = batch.run([ask("[1]"), ask('"no number"'), ask("[2]")])  # and the threads live on
    assert [type(answer) is Failure for answer in failed] == [False, True, False]
    micro = sys.modules["ts.handler_utils.micro_batching"]
    assert batch._handle.parallelism == {"preprocess": 2, "postprocess": 2}
    threads = [one.thread for group in batch._handle.thread_groups.values() for one in group]
    assert len(threads) == 5
    batch._handle.parallelism = {"preprocess": 1}
    assert len(batch._handle.thread_groups["preprocess"]) == 1
    with pytest.raises(AssertionError):
        micro.MicroBatching(None).parallelism = {"other": 1}
    batch._handle.shutdown()
    assert not any(thread.is_alive() for thread in threads)


def test_the_profiler_writes_a_trace(load, tmp_path, monkeypatch):
    monkeypatch.setenv("ENABLE_TORCH_PROFILER", "1")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    batch = load("from ts.torch_handler.base_handler import BaseHandler\n"
                 "class Plain(BaseHandler):\n    def preprocess(self, data):\n"
                 "        return super().preprocess([row['body'] for row in data])\n",
                 {"model.pt": scripted(torch.nn.Identity())}, serializedFile="model.pt")
    assert json.loads(batch.run([ask("[1.0]")])[0].body) == [1.0]
    assert list((tmp_path / "temporary" / "pytorch_profiler" / "m").iterdir())


def test_what_explains_is_made_once_and_may_be_replaced(load, monkeypatch):
    """captum stands in for itself here: what of it is called is what counts."""
    import types

    captum = types.ModuleType("captum.attr")
    captum.IntegratedGradients = lambda model: ("ig", model)
    captum.LayerIntegratedGradients = lambda model, layer: ("lig", model, layer)
    monkeypatch.setitem(sys.modules, "captum", types.ModuleType("captum"))
    monkeypatch.setitem(sys.modules, "captum.attr", captum)
    load("base_handler", {"model.pt": scripted(MeanColour())}, serializedFile="model.pt")
    from ts.torch_handler.text_handler import TextHandler
    from ts.torch_handler.vision_handler import VisionHandler

    vision, text = VisionHandler(), TextHandler()
    vision.model, text.model = "net", types.SimpleNamespace(embedding="bag")
    assert vision.ig == ("ig", "net") and vision.ig is vision.ig
    assert text.lig == ("lig", text.model, "bag")
    text.lig = "mine"
    assert text.lig == "mine"
    summed = text.summarize_attributions(torch.tensor([[1.0, 2.0]]))
    assert summed.sum().item() == pytest.approx(1)


def test_only_what_is_encoded_as_json_is_said_to_be(load):
    batch = load("import torch\ndef handle(data, context):\n    if data is not None:\n"
                 "        return [{'a': 1}, 'text', b'raw', torch.ones(2), 3]\n", batch_size=8)
    answers = batch.run([ask(b"1") for _ in range(5)])
    assert [answer.content_type for answer in answers] == [
        "application/json", "", "", "", "application/json"]
    assert torch.load(io.BytesIO(answers[3].body)).tolist() == [1, 1]


def test_a_model_file_is_a_module_of_its_name(load):
    code = (b"import sys\nimport torch\nclass Net(torch.nn.Module):\n    def forward(self, x):\n"
            b"        return sys.modules[type(self).__module__].twice(x)\n"
            b"def twice(x):\n    return 2 * x\n")
    batch = load("from ts.torch_handler.base_handler import BaseHandler\n"
                 "class Plain(BaseHandler):\n    def preprocess(self, data):\n"
                 "        return super().preprocess([row['body'] for row in data])\n",
                 {"net_of_a_file.py": code}, modelFile="net_of_a_file.py")
    assert json.loads(batch.run([ask("[3]")])[0].body) == [6]
    del sys.modules["net_of_a_file"]


def test_fields_and_parameters_are_bytes_and_files_have_types():
    values, types = parameters.read(b"x", "text/plain", "a=b+c&d=&%C3%A9=%ff&=none", True)
    assert values == {"a": b"b c", "d": b"", "\xe9": b"\xff", "body": "x"}
    assert types == {"a": "", "d": "", "\xe9": "", "body": "text/plain"}
    values, _ = parameters.read(b"data=hello&raw=%FF%00&flag", "application/x-www-form-urlencoded", "",
                                True)
    assert values == {"data": b"hello", "raw": b"\xff\x00", "flag": b""}
    form = b"".join(b"--x\r\nContent-Disposition: form-data; " + head + b"\r\n\r\n" + value + b"\r\n"
                    for head, value in (
                        (b'name="a"', b"1"),
                        (b'name="b"\r\nContent-Type: application/json', b"[1]"),
                        (b'name="c"; filename="c.json"\r\nContent-Type: application/json', b"[1]"),
                        (b'name="d"; filename="d.txt"\r\nContent-Type: text/plain', b"text"),
                        (b'name="e"; filename=""', b"\xff"))) + b"--x--\r\n"
    values, types = parameters.read(form, "multipart/form-data; boundary=x", "", True)
    assert values == {"a": b"1", "b": b"[1]", "c": [1], "d": "text", "e": b"\xff"}
    assert types == {"a": "", "b": "", "c": "application/json", "d": "text/plain",
                     "e": "application/octet-stream"}
