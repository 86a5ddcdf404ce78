"""What the stock PyTorch serving toolkit does with inference.py, done here too."""

import json
import pathlib
import sys

import pytest

from gyre_worker import defaults
from gyre_worker.frames import Failure
from gyre_worker.user_code import LoadFailure

from conftest import PYTHON, ask

BYTES = "def model_fn(d): return 7\ndef predict_fn(x, model): return x\n"


def bodies(answers):
    return [bytes(a.body) if not isinstance(a, Failure) else a for a in answers]


def test_csv_is_what_savetxt_makes_of_an_output():
    assert defaults.encode([1.5, 2.0], defaults.CSV) == b"1.5\n2.0\n"
    assert defaults.encode([[1.5, 2.0]], defaults.CSV) == b"1.5,2.0\n"


def test_each_request_has_its_own_content_type_accept_and_context(handler):
    one = handler("""
def model_fn(model_dir, context): return context.system_properties["model_dir"]
def input_fn(body, content_type, context):
    context.set_response_header(0, "X-Was", context.get_request_header(0, "X-Id") or "none")
    return f"{type(body).__name__} {content_type}"
def predict_fn(x, model): return x
def output_fn(prediction, accept, context):
    if accept == "text/odd": context.set_response_status(418, "", 0)
    return f"{prediction} {accept}"
""")
    answers = one.run(ask("{}", "application/json", "", {"x-id": "1"}), ask("a", "text/csv", "text/odd"),
                      ask("a", "image/png", "*/*", {"x-id": "3"}))
    assert bodies(answers) == [b"str application/json application/json", b"str text/csv text/odd",
                               b"bytearray image/png application/json"]
    assert [a.status for a in answers] == [200, 418, 200]
    assert [a.headers["X-Was"] for a in answers] == ["1", "none", "3"]
    assert [a.content_type for a in answers] == ["application/json", "text/odd", "application/json"]
    assert one.code.model == str(one.folder)


def test_the_default_accept_is_the_environments(handler):
    one = handler(BYTES + "def input_fn(b, t): return 0\ndef output_fn(p, accept): return accept",
                  environment={"SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "text/csv"})
    assert bodies(one.run(ask("1"), ask("1", accept="*/*"), ask("1", accept="a/b"))) == [
        b"text/csv", b"text/csv", b"a/b"]


@pytest.mark.parametrize("value,expected", [
    ("b'\\x00\\xff'", b"\x00\xff"), ("'zwölf'", "zwölf".encode()), ("bytearray(b'x')", b"x"),
    ("memoryview(b'abc')[::2]", b"ac"), ("{'a': 1}", b'{\n  "a": 1\n}'), ("None", b"null"),
    ("(b'x', 'image/png')", b"x"), ("'\\udcff'", b"\xff")])
def test_answers_of_every_type(handler, value, expected):
    one = handler(BYTES + f"def input_fn(b, t): return 0\ndef output_fn(p, a): return {value}")
    assert bodies(one.run(ask("1"))) == [expected]


def test_an_answer_that_is_none_says_what_it_should_be(handler):
    one = handler(BYTES + "def input_fn(b, t): return 0\ndef output_fn(p, a): return object()")
    answer = one.run(ask("1"))[0]
    assert answer.type == "TypeError" and "answered with object" in answer.message


def test_errors_carry_their_status(handler):
    one = handler(BYTES + """
class Odd(Exception): status_code = 422
class Silent(Exception):
    def __str__(self): raise ValueError
def input_fn(body, t):
    raise {"odd": Odd("no"), "exit": SystemExit(3), "silent": Silent()}[body.decode()]
""")
    odd, left, silent, key = one.run("odd", "exit", "silent", "else")
    assert (odd.type, odd.status, odd.message) == ("Odd", 422, "no")
    assert (left.type, left.status) == ("SystemExit", 500)
    assert silent.type == "Silent" and key.type == "KeyError"


def test_an_unknown_format_is_415(handler):
    one = handler("def model_fn(d): return lambda x: x\n")
    wrong, fine = one.run(ask("x", "image/png"), ask("[[1]]"))
    assert (wrong.type, wrong.status) == ("UnsupportedFormat", 415)
    assert json.loads(fine.body) == [[1.0]]
    assert one.run(ask("[[1]]", accept="image/png"))[0].status == 415


def test_transform_fn_excludes_the_three(handler):
    with pytest.raises(LoadFailure, match="Cannot use transform_fn"):
        handler("def model_fn(d): pass\ndef transform_fn(a, b, c, d): pass\ndef input_fn(a, b): pass")


def test_the_hooks_run_in_order(handler):
    one = handler("""
order = []
def pre_model_fn(model_dir): order.append("pre")
def model_fn(model_dir): order.append("model"); return 5
def model_warmup_fn(model_dir, model): order.append(("warm", model))
""")
    assert one.code.module.order == ["pre", "model", ("warm", 5)]


def test_a_model_with_default_predict_fn_is_put_into_eval(handler):
    one = handler("import torch\ndef model_fn(d): return torch.nn.Dropout(0.9)\n")
    assert not one.code.model.training
    assert json.loads(one.run(ask("[[1, 2]]"))[0].body) == [[1.0, 2.0]]


def test_model_fn_of_ones_own_or_exactly_one_file(handler, tmp_path):
    with pytest.raises(ValueError, match="Exactly one .pth or .pt"):
        handler("", files={"a.pt": b"", "b.pth": b""})
    with pytest.raises(RuntimeError, match="saved using torchscript"):
        handler("", files={"a.pt": b"nonsense"})


def test_another_program_and_its_neighbours(handler):
    one = handler("x = 1", files={"code/entry.py": b"import near\n" + BYTES.encode(),
                                  "code/near.py": b"", "model.bin": b""},
                  environment={"SAGEMAKER_PROGRAM": "entry.py"})
    assert one.code.model == 7
    with pytest.raises(LoadFailure, match="no missing.py"):
        handler("", environment={"SAGEMAKER_PROGRAM": "missing.py"})


def test_the_toolkits_package_has_a_stand_in(handler, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path, str(PYTHON / "gyre_worker" / "compatible")])
    one = handler(BYTES + """
from sagemaker_inference import content_types, decoder, encoder, errors
def input_fn(body, kind): return decoder.decode(body, kind)
def output_fn(p, accept):
    if accept == "a/b": raise errors.UnsupportedFormatError(accept)
    return encoder.encode(p, accept)
""")
    fine, wrong = one.run(ask("[[1, 2]]"), ask("[1]", accept="a/b"))
    assert fine.body == b"[[1, 2]]" and wrong.status == 415
    for name in [n for n in sys.modules if n.startswith("sagemaker_inference")]:
        del sys.modules[name]


def test_a_context_may_not_break_headers(handler):
    one = handler(BYTES + """
def input_fn(b, t): return 0
def output_fn(p, a, context):
    context.set_response_header(0, "x", "a\\r\\nb: c")
    return b""
""")
    assert one.run(ask("1"))[0].type == "ValueError"


def test_the_stock_containers_way_to_headers(handler):
    one = handler("""
def model_fn(d): return 1
def transform_fn(model, body, kind, accept, context):
    request = context.request_processor[0].get_request_properties()
    return request["content-type"] + request["accept"] + context.get_request_header(0, "Content-Type")
""")
    assert bodies(one.run(ask("1", "a/b", "c/d"))) == [b"a/bc/da/b"]


def test_numpy_answers_in_each_format():
    import numpy

    value = numpy.array([[1.5, 2], [3, 4]])
    assert defaults.output_fn(value, "text/csv")[0] == b"1.5,2.0\n3.0,4.0\n"
    assert defaults.output_fn(value, "application/json, text/csv")[0] == b"[[1.5, 2.0], [3.0, 4.0]]"
    assert bytes(defaults.output_fn(value, "application/x-npy")[0]).startswith(b"\x93NUMPY")


def test_samples_prove_batching_at_load(worker, tmp_path):
    import numpy
    from conftest import npy

    folder = tmp_path / "worker0" / "code" / "samples"
    folder.mkdir(parents=True)
    for i in range(4):
        (folder / f"{i}.npy").write_bytes(npy(numpy.random.default_rng(i).random((1, 4), "float32")))
    code = "import torch\ndef model_fn(d):\n    return torch.nn.Linear(4, 2)\n"
    assert worker(code).details()["batching"] == "on"


def test_a_sample_that_fails_fails_the_load(worker, tmp_path):
    folder = tmp_path / "worker0" / "code" / "samples"
    folder.mkdir(parents=True)
    (folder / "a.txt").write_text("x")
    one = worker(BYTES + "def input_fn(b, t): raise ValueError('odd ' + t)")
    assert "code/samples/a.txt was answered with ValueError: odd text/plain" in one.details()["message"]
