"""Which handlers run many requests in one predict_fn, and that answers stay what they were."""

import json

import numpy
import pytest
import torch

from gyre_worker.frames import NO_CALL, Failure, call_bits

from conftest import array, ask, npy

ENOUGH = 4  # batches, of which the last is compared with nothing
ANY_TRIALS = 13  # the same where single answers may be equal

HEAD = """
import numpy, torch
calls = []
torch.manual_seed(0)
net = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3)).eval()
def model_fn(d): return net
"""


def predicting(body):
    return HEAD + "def predict_fn(x, model):\n" + "".join(f"    {l}\n" for l in body.splitlines())


NOTED = "calls.append(len(x))\nwith torch.no_grad(): return model(x)"


def rows(count, width=4, seed=0):
    return numpy.random.default_rng(seed).standard_normal((count, width)).astype("float32")


def singles(handler, code, inputs):
    """What the code answers when asked one by one."""
    alone = handler(code, mode="single")
    return [alone.run(one)[0] for one in inputs]


def check_same(answers, expected):
    for one, other in zip(answers, expected, strict=True):
        assert type(one) is type(other)
        if isinstance(one, Failure):
            assert (one.message, one.status) == (other.message, other.status)
        else:
            assert numpy.allclose(array(one), array(other), atol=1e-5)


def test_a_plain_model_is_joined_from_the_first_batch_on(handler):
    code = predicting(NOTED)
    one = handler(code)
    inputs = [rows(1, seed=i) for i in range(32)]
    # Two are run alone beside that, in three batches.
    for calls in [[32, 1, 1]] * 3 + [[32]] * 2:
        one.calls.clear()
        check_same(one.run(*inputs), singles(handler, code, inputs))
        assert one.calls == calls and one.batch.state == "on" and one.batch.calls is None


def test_the_two_that_are_compared_are_far_apart(handler):
    code = predicting("calls.append(x[:, 0].tolist())\nreturn x")
    one = handler(code)
    inputs = [rows(1) for _ in range(8)]
    for i, value in enumerate([1, 2, 9, 3, 2, 1, 1, 1]):
        inputs[i][0, 0] = value
    for _ in range(3):
        one.run(*inputs)
    assert one.calls[1::3] == [[1], [2], [9]] and one.calls[2::3] == [[9], [9], [1]]


def test_items_of_many_rows_get_their_own(handler):
    code = predicting(NOTED)
    one = handler(code)
    inputs = [rows(2 + i % 3, seed=i) for i in range(24)]
    for _ in range(ENOUGH):
        check_same(one.run(*inputs), singles(handler, code, inputs))
    assert one.calls[-1] == sum(2 + i % 3 for i in range(24))


def test_shapes_are_grouped_and_the_order_stays(handler):
    code = HEAD + """
def predict_fn(x, model):
    calls.append(len(x))
    return x.sum(dim=tuple(range(1, x.ndim)), keepdim=True)
"""
    one = handler(code)
    inputs = [rows(1, width=3 + i % 2, seed=i) for i in range(32)]
    for _ in range(ENOUGH):
        one.calls.clear()
        check_same(one.run(*inputs), singles(handler, code, inputs))
    assert one.calls == [16, 16]
    # Every second request, and the first of the other shape begins what left for its shape.
    assert one.batch.calls == [call_bits(0, False), call_bits(1, True)] * 16


def test_a_single_request_is_never_tried(handler):
    one = handler(predicting(NOTED))
    for i in range(5):
        one.run(rows(1, seed=i))
    assert one.calls == [1] * 5 and one.batch.state == "untried"


@pytest.mark.parametrize("body", [
    "return torch.softmax(x, dim=0)",                       # mixes rows
    "return x - x.mean(dim=0, keepdim=True)",               # zeros for one row, not for many
    "return torch.rand(len(x), 2)",                         # no answer twice the same
    "return model(x)[0]",                                   # the first row for all
    "return (x.mean(dim=0, keepdim=True) > 0).expand(len(x), 4)",
])
def test_what_a_neighbour_changes_is_never_joined(handler, body):
    code = predicting("calls.append(len(x))\n" + body)
    one = handler(code)
    inputs = [rows(1, seed=i) for i in range(16)]
    answers = one.run(*inputs)
    if "rand" not in body:
        check_same(answers, singles(handler, code, inputs))
    assert one.batch.state == "off"
    one.calls.clear()
    one.run(*inputs)
    assert one.calls == [1] * 16


def test_a_model_of_batch_one_goes_on_one_by_one(handler):
    code = predicting("calls.append(len(x))\nassert len(x) == 1, 'one at a time'\nreturn model(x)")
    one = handler(code)
    inputs = [rows(1, seed=i) for i in range(8)]
    check_same(one.run(*inputs), singles(handler, code, inputs))
    assert one.batch.state == "off"
    assert "one at a time" in one.batch.notes()[-1][1]


def test_the_label_of_the_first_row_is_not_everyones(handler):
    code = HEAD + """
def predict_fn(x, model):
    calls.append(len(x))
    return {"scores": model(x).detach(), "label": "cat" if x[0, 0] > -9 else "dog"}
def output_fn(p, accept): return p["label"]
"""
    one = handler(code)
    one.run(*[rows(1, seed=i) for i in range(16)])
    assert one.batch.state == "off"
    low = rows(1)
    low[0, 0] = -10
    assert [a.body for a in one.run(rows(1), low, rows(1))] == [b"cat", b"dog", b"cat"]


def test_equal_requests_alone_do_not_earn_trust(handler):
    # On equal rows the mean is each row, so only different ones show what is wrong.
    code = predicting("calls.append(len(x))\nreturn x.mean(dim=0, keepdim=True).expand(len(x), 4)")
    one = handler(code)
    same = rows(1)
    for _ in range(20):
        check_same(one.run(*[same] * 8), singles(handler, code, [same] * 8))
    assert one.calls[-1] == 8  # equal ones were joined
    inputs = [rows(1, seed=i) for i in range(8)]
    check_same(one.run(*inputs), singles(handler, code, inputs))
    assert one.batch.state == "off"


def test_one_dimensional_inputs_are_stacked(handler):
    code = HEAD + """
def predict_fn(x, model):
    calls.append(tuple(x.shape))
    with torch.no_grad(): return model(x)
"""
    one = handler(code)
    inputs = [rows(1, seed=i)[0] for i in range(16)]
    for _ in range(ENOUGH):
        check_same(one.run(*inputs), singles(handler, code, inputs))
    assert one.calls[-1] == (16, 4)


@pytest.mark.parametrize("answer", [
    "model(x).argmax(dim=1)",
    "model(x).argmax(dim=1).tolist()",
    "(model(x).detach().numpy(), model(x).argmax(1).tolist())",
    "{'a': model(x).detach(), 'b': [{'top': t} for t in model(x).argmax(1).tolist()], 'c': None}",
    "[model(x).detach(), x]",
    "model(x).squeeze()",
])
def test_outputs_of_every_structure_are_split(handler, answer):
    code = HEAD + f"""
import json
def predict_fn(x, model):
    calls.append(len(x))
    return {answer}
def output_fn(p, accept):
    return json.dumps(p, default=lambda t: (type(t).__name__, numpy.round(t.tolist(), 3).tolist()))
"""
    one = handler(code)
    inputs = [rows(1, seed=i) for i in range(24)]
    for _ in range(ANY_TRIALS):
        answers = [a.body for a in one.run(*inputs)]
        assert answers == [a.body for a in singles(handler, code, inputs)]
    assert one.calls[-1] == 24


@pytest.mark.parametrize("loads,calls", [
    ("{'ids': torch.tensor(d['ids']), 'mask': torch.ones(len(d['ids']), 3)}", "len(x['ids'])"),
    ("(torch.tensor(d['ids']), numpy.ones((len(d['ids']), 2)))", "len(x[0])"),
    ("{'rows': d['ids']}", "len(x['rows'])"),
    ("d['ids']", "len(x)"),
])
def test_inputs_of_every_structure_are_joined(handler, loads, calls):
    code = HEAD + f"""
import json
def input_fn(body, kind):
    d = json.loads(body)
    return {loads}
def predict_fn(x, model):
    calls.append({calls})
    first = x if isinstance(x, list) else x[0] if isinstance(x, tuple) else list(x.values())[0]
    return torch.as_tensor(first).sum(dim=1)
"""
    one = handler(code)
    inputs = [ask(json.dumps({"ids": [[i, 2, 3], [4, i, 6]]})) for i in range(16)]
    for _ in range(ENOUGH):
        answers = one.run(*inputs)
        assert [json.loads(a.body) for a in answers] == [[i + 5, i + 10] for i in range(16)]
    assert one.calls[-1] == 32


def test_bad_items_get_their_own_errors_and_the_rest_succeeds(handler):
    code = HEAD + """
def input_fn(body, kind):
    x = numpy.load(__import__("io").BytesIO(body))
    if x[0, 0] == 100: raise ValueError("bad input")
    return torch.from_numpy(x)
def predict_fn(x, model):
    calls.append(len(x))
    if (x[:, 0] == 200).any(): raise RuntimeError("bad row")
    return model(x)
def output_fn(p, accept):
    if p.shape[1] != 3: raise KeyError("bad output")
    return b"fine"
"""
    one = handler(code)
    for _ in range(ENOUGH):
        one.run(*[rows(1, seed=i) for i in range(16)])
    assert one.batch.state == "on"
    inputs = [rows(1, seed=i) for i in range(16)]
    inputs[3][0, 0] = 100
    inputs[9][0, 0] = 200
    one.calls.clear()
    answers = one.run(*inputs)
    assert [i for i, a in enumerate(answers) if isinstance(a, Failure)] == [3, 9]
    calls = one.batch.calls
    assert calls[3] == NO_CALL and calls.count(calls[9]) == 1 and calls.count(calls[0]) == 7
    assert (answers[3].type, answers[3].message) == ("ValueError", "bad input")
    assert (answers[9].type, answers[9].message) == ("RuntimeError", "bad row")
    assert len(one.calls) <= 10  # 15, then halves around the bad one
    assert one.batch.state == "on"


def test_too_large_a_call_is_halved_and_stays_halved(handler):
    code = predicting("calls.append(len(x))\nif len(x) > 8: raise MemoryError('too many')\nreturn model(x)")
    one = handler(code)
    inputs = [rows(1, seed=i) for i in range(32)]
    one.run(*inputs)
    for _ in range(ENOUGH):
        check_same(one.run(*inputs), singles(handler, code, inputs))
        assert one.batch.state == "on"
    one.calls.clear()
    check_same(one.run(*inputs), singles(handler, code, inputs))
    assert one.calls == [8] * 4


def test_predict_fn_may_change_its_input(handler):
    code = predicting("calls.append(len(x))\nx.mul_(2)\nreturn x + 1")
    one = handler(code)
    inputs = [rows(1, seed=i) for i in range(16)]
    for _ in range(ENOUGH):
        for answer, given in zip(one.run(*inputs), inputs):
            assert numpy.allclose(array(answer), given * 2 + 1)
    assert one.calls[-1] == 16


def test_no_answer_carries_anothers_memory(handler):
    code = HEAD + """
import io
def predict_fn(x, model): return x
def output_fn(p, accept):
    out = io.BytesIO()
    torch.save(p, out)
    return out.getvalue()
"""
    one = handler(code)
    inputs = [numpy.full((1, 1000), i, "float32") for i in range(16)]
    one.run(*inputs)
    assert one.batch.state == "on"
    assert all(len(a.body) < 8000 for a in one.run(*inputs))


def test_modes_of_the_environment(handler):
    code = predicting(NOTED)
    inputs = [rows(1, seed=i) for i in range(8)]
    alone = handler(code, mode="single")
    alone.run(*inputs)
    assert alone.calls == [1] * 8 and alone.batch.state == "off"
    # "stack" asks for the structure only: what a neighbour changes is the user's wish.
    code = predicting("calls.append(len(x))\nreturn torch.rand(len(x), 2)")
    stacked = handler(code, mode="stack")
    assert [array(a).shape for a in stacked.run(*inputs)] == [(1, 2)] * 8
    assert stacked.batch.state == "on"
    stacked.run(*inputs)
    assert stacked.calls == [8] * 2


@pytest.mark.parametrize("answer,each", [
    ("model(x)", "[[0]]"),
    ("(model(x), [7 for _ in x], None)", "[[[0]], [7], null]"),
    ("{'a': model(x), 'b': [{'top': 1} for _ in x]}", '{"a": [[0]], "b": [{"top": 1}]}'),
    ("[model(x), model(x)]", "[[[0]], [[0]]]"),
])
def test_a_forced_mode_compares_nothing(handler, answer, each):
    one = handler(f"""
import json, numpy, torch
calls = []
def model_fn(d): return lambda x: x[:, :1] * 0
def predict_fn(x, model):
    calls.append(len(x))
    return {answer}
def output_fn(p, accept):
    return json.dumps(p, default=lambda t: [[0]] if t.shape == (1, 1) else t.shape)
""", mode="stack")
    assert [a.body.decode() for a in one.run(rows(1), rows(1, seed=1))] == [each] * 2
    assert one.calls == [2]


def test_a_forced_mode_goes_by_rows_or_by_items(handler):
    code = HEAD + """
def predict_fn(x, model):
    calls.append(tuple(x.shape))
    return model(x).detach()
"""
    for inputs, joint in ([[rows(2, seed=i) for i in range(8)], (16, 4)],
                          [[rows(1, seed=i)[0] for i in range(8)], (8, 4)]):
        one = handler(code, mode="stack")
        check_same(one.run(*inputs), singles(handler, code, inputs))
        assert one.calls == [joint]


def test_a_forced_mode_answers_what_cannot_be_joined_alone(handler):
    for body, why in (("return {'label': 'cat'}", "no row"),
                      ("assert len(x) == 1, 'only one'\nreturn {}", "only one")):
        one = handler(predicting("calls.append(len(x))\n" + body), mode="stack")
        one.run(*[rows(1, seed=i) for i in range(4)])
        assert one.batch.state == "off" and why in one.batch.notes()[-1][1]
        one.calls.clear()
        one.run(*[rows(1, seed=i) for i in range(4)])
        assert one.calls == [1] * 4


CONTEXT = """
import torch
calls = []
def model_fn(d): return None
def predict_fn(x, model, context):
    calls.append((len(x), context.get_request_header(0, "x-gain")))
    BODY
    return x * float(context.get_request_header(0, "x-gain"))
"""


def gained(gain, seed, id="a"):
    body = npy(rows(1, seed=seed))
    request = ask(body, "application/x-npy", "application/x-npy", {"x-gain": gain})
    request.id = id
    return request


def test_a_predict_fn_with_context_joins_requests_of_the_same_headers(handler):
    one = handler(CONTEXT.replace("BODY", "pass"))
    requests = [gained("2" if i % 2 else "3", i, str(i)) for i in range(8)]
    for _ in range(ENOUGH):
        one.calls.clear()
        for i, answer in enumerate(one.run(*requests)):
            assert numpy.allclose(array(answer), rows(1, seed=i) * (2 if i % 2 else 3))
    assert one.calls == [(4, "3"), (4, "2")]
    assert one.batch.calls == [call_bits(0, False), call_bits(1, False)] * 4  # of one shape


@pytest.mark.parametrize("body", [
    "x = x + float(context.get_request_id(0))",
    "context.set_response_header(0, 'x-sum', str(x.sum().item()))",
])
def test_a_predict_fn_that_uses_its_context_for_one_request_is_not_joined(handler, body):
    code = CONTEXT.replace("BODY", body)
    one, alone = handler(code), handler(code, mode="single")
    requests = [gained("2", i, str(i)) for i in range(8)]
    answers = one.run(*requests)
    assert one.batch.state == "off"
    expected = [alone.run(request)[0] for request in requests]
    check_same(answers, expected)
    assert [a.headers for a in answers] == [a.headers for a in expected]


def test_each_answer_knows_its_call(handler):
    one = handler("def model_fn(d): return 1\ndef transform_fn(m, b, c, a): return b\n")
    one.run("a")
    assert one.batch.calls is None
    one.run("a", "b")
    assert one.batch.calls == [call_bits(0, False), call_bits(1, False)]
    one = handler(predicting("return x") + "def input_fn(b, c): raise ValueError('none')\n")
    one.run("a", "b")
    assert one.batch.calls == [NO_CALL, NO_CALL]


def test_a_transform_fn_runs_per_request(handler):
    one = handler("""
calls = []
def model_fn(d): return 1
def transform_fn(model, body, kind, accept):
    calls.append(1)
    if body == b"bad": raise ValueError("bad")
    return bytes(body).upper(), "text/x"
""")
    answers = one.run("a", "bad", "c")
    assert [getattr(a, "body", a.status) for a in answers] == [b"A", 500, b"C"]
    assert one.calls == [1] * 3 and one.batch.state == "off"
    assert answers[0].content_type == "text/x"


def test_torchscript_with_no_functions_at_all(handler):
    net = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Dropout(0.5)).eval()
    import io

    out = io.BytesIO()
    torch.jit.save(torch.jit.trace(net, torch.zeros(1, 4)), out)
    one = handler("# all defaults\n", files={"model.pth": out.getvalue()})
    inputs = [rows(1 + i % 2, seed=i) for i in range(24)]
    with torch.no_grad():
        expected = [net(torch.from_numpy(x)).numpy() for x in inputs]
    for _ in range(ENOUGH):
        for answer, want in zip(one.run(*inputs), expected):
            assert numpy.allclose(array(answer), want, atol=1e-5)
    assert one.batch.state == "on"
    mixed = [ask(json.dumps(inputs[0].tolist())), ask("1,2,3,4\n5,6,7,8\n", "text/csv", "text/csv"),
             ask(npy(inputs[0]), "application/x-npy", "image/png, application/json")]
    answers = one.run(*mixed)
    assert [a.content_type for a in answers] == ["application/json", "text/csv", "application/json"]
    assert numpy.allclose(json.loads(answers[2].body), expected[0], atol=1e-5)
