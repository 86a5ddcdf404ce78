"""A worker as a process: what handlers may do to it, and what the host hears."""

import os
import re
import signal
import socket

import pytest

from gyre_worker import frames

from conftest import ask

ECHO = """
import os, sys, threading
def model_fn(d):
    print("loading")
    return None
def input_fn(body, kind): return body
def predict_fn(x, model):
    exec(bytes(x).split(b"#")[0].decode(), globals())
    return x
def output_fn(p, accept): return result if "result" in globals() else p
"""


def test_answers_and_lines_come_whole(worker):
    one = worker(ECHO)
    assert one.kind == frames.LOADED
    assert one.run("print('a', 'b', 3)", "os.write(1, bytes(range(256)) + b'\\n')")[0][3] \
        == b"print('a', 'b', 3)"
    assert one.run("sys.stderr.write('half '); sys.stderr.write('line\\n')")[0][0] == 200
    assert one.run("print('\\udcff')")[0][0] == 200
    out, err, code = one.end()
    assert code == 0
    assert out.startswith(b"loading\na b 3\n" + bytes(range(256)) + b"\n")
    assert out.endswith(b"\n\\udcff\n")
    assert b"half line\n" in err


def test_a_bad_item_is_answered_and_its_traceback_logged(worker):
    one = worker(ECHO)
    good, bad = one.run("pass", "raise ValueError('no')")
    assert good[0] == 200 and bad[0] == -500
    assert (bad[1], bad[3]) == ("ValueError", b"no")
    assert b"Traceback" in one.end()[1]


def test_answers_say_which_call_gave_them_where_these_were_several(worker):
    one = worker(ECHO.replace("return body", "return body if body[:1] != b'!' else 1 / 0"))
    answers = one.run("pass", "raise ValueError('no')", "!", "pass")
    assert [answer[0] for answer in answers] == [200, -500, -500, 200]
    assert one.calls == [frames.call_bits(0, False), frames.call_bits(1, False), frames.NO_CALL,
                         frames.call_bits(2, False)]
    one.run("pass")
    assert one.calls == [0]


def test_load_failures_begin_with_the_exception_and_the_models_own_frames(worker):
    one = worker("def model_fn(d):\n    raise RuntimeError('weights are missing')\n")
    assert one.kind == frames.FAILED
    assert one.details()["message"] == (
        "RuntimeError: weights are missing\n"
        "  at code/inference.py:2 in model_fn: raise RuntimeError('weights are missing')")
    assert b"gyre_worker" in one.end()[1]  # the log has all frames
    two = worker("import sys\nsys.exit(3)\n")
    assert two.kind == frames.FAILED and "SystemExit: 3" in two.details()["message"]
    three = worker(ECHO, {"SAGEMAKER_TS_BATCH_MODE": "sometimes"})
    assert three.kind == frames.FAILED and "SAGEMAKER_TS_BATCH_MODE" in three.details()["message"]


def test_a_load_failure_deep_in_a_library_is_told_from_the_models_side(worker):
    one = worker("import os, torch\n"
                 "def weights(d):\n    return torch.load(os.path.join(d, 'missing.pth'))\n"
                 "def model_fn(d):\n    return weights(d)\n")
    lines = one.details()["message"].splitlines()
    assert lines[0].startswith("FileNotFoundError: [Errno 2] No such file or directory: ")
    assert lines[0].endswith("/missing.pth'")
    assert lines[1].startswith("  at code/inference.py:3 in weights: return torch.load(")
    assert lines[2].startswith("  at code/inference.py:5 in model_fn")
    assert lines[3].startswith("  within torch/serialization.py:")
    assert "gyre_worker" not in one.details()["message"]


@pytest.mark.parametrize("code,lines", [
    ("def model_fn(d):\n"
     "    try:\n        {}['size']\n"
     "    except KeyError as error:\n        raise ValueError('x' * 900) from error\n",
     ["ValueError: " + "x" * 500 + "...", "  at code/inference.py:5 in model_fn",
      "caused by KeyError: 'size'", "  at code/inference.py:3 in model_fn"]),
    ("def model_fn(d) return 1\n", ["SyntaxError: expected ':' (inference.py, line 1)"]),
    ("import no_such_module\n", ["ModuleNotFoundError: No module named 'no_such_module'",
                                 "  at code/inference.py:1 in <module>"]),
    ("class Odd(Exception):\n    def __str__(self): raise RuntimeError\n"
     "def model_fn(d):\n    raise Odd\n",
     ["inference.Odd: (its message cannot be had)", "  at code/inference.py:4 in model_fn"]),
])
def test_load_failures_of_every_kind_are_told(worker, code, lines):
    told = worker(code).details()["message"].splitlines()
    assert len(told) == len(lines)
    assert all(one.startswith(other) for one, other in zip(told, lines))


@pytest.mark.parametrize("end,code", [
    ("os._exit(7)", 7), ("os.kill(os.getpid(), 9)", -9),
    ("import ctypes; ctypes.string_at(0)", -signal.SIGSEGV)])
def test_an_end_is_an_end(worker, end, code):
    one = worker(ECHO)
    with pytest.raises((EOFError, ConnectionResetError)):
        one.run(end)
    _, err, status = one.end()
    assert status == code
    if code == -signal.SIGSEGV:
        assert b"Fatal Python error: Segmentation fault" in err and b"predict_fn" in err


def test_a_forked_child_answers_nothing_and_holds_nothing_open(worker):
    one = worker(ECHO)
    assert one.run("os.fork()")[0][0] == 200  # both come back from the handler: one answers
    assert one.run("pass")[0][3] == b"pass"
    child = "pid = os.fork()\nif pid == 0: import time; time.sleep(60)\nglobals()['result'] = str(pid)"
    pid = int(one.run(child)[0][3])
    with pytest.raises((EOFError, ConnectionResetError)):
        one.run("os._exit(1)")
    os.kill(pid, signal.SIGKILL)


def test_a_handler_may_close_what_is_not_its_own(worker):
    one = worker(ECHO)
    assert one.run("sys.stderr.close(); raise ValueError('mute')")[0][:2] == (-500, "ValueError")
    assert one.run("os.close(1); print('lost')")[0][0] in (200, -500)
    with pytest.raises((EOFError, ConnectionResetError)):
        one.run("os.closerange(3, 64)")
    assert one.end()[2] != 0


def test_large_bodies_and_answers_pass(worker):
    one = worker(ECHO)
    body = b"pass#" + os.urandom(3 << 20)
    answers = one.run(ask(body, "a/b"), ask(b"pass#", "a/b"), ask(body[: 1 << 20], "a/b"))
    assert [a[3] for a in answers] == [body, b"pass#", body[: 1 << 20]]
    assert one.run("result = b'x' * (64 << 20)")[0][3] == b"x" * (64 << 20)


def test_too_large_an_answer_is_named(monkeypatch):
    monkeypatch.setattr(frames, "LARGEST_ANSWERS", 100)
    ours, theirs = socket.socketpair()
    frames.Channel(theirs).send_answers([frames.Reply(bytes(101)), frames.Reply(b"1")])
    sent = ours.recv(4096)
    assert b"the answer has 101 bytes; a batch's may have 100" in sent and sent.endswith(b"1")


def test_threads_of_a_handler_do_not_disturb(worker):
    one = worker(ECHO)
    one.run("threading.Thread(target=lambda: [print('t' * 50) for _ in range(200)]).start()")
    for _ in range(20):
        assert one.run(*["pass"] * 8)[7][3] == b"pass"
    out = one.end()[0]
    # print writes a line and its end apart, so another thread may come in between.
    assert out.count(b"t" * 50) == 200 and out.count(b"\n") >= 200


def test_memory_does_not_grow(worker):
    one = worker(ECHO)

    def resident():
        with open(f"/proc/{one.process.pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    batch = [ask(b"pass#" + bytes(20_000), "a/b", headers={"x": str(i)}) for i in range(16)]
    for _ in range(50):
        one.run(*batch)
    before = resident()
    for _ in range(300):
        one.run(*batch, "raise ValueError()")
    assert resident() - before < 4 << 20


def test_headers_and_texts_beyond_ascii(worker):
    one = worker("""
def model_fn(d): return None
def input_fn(body, kind, context): return context.get_request_header(0, "x-mark") + kind
def predict_fn(x, model): return x
def output_fn(p, accept, context):
    context.set_response_header(0, "X-Mark", p)
    return accept, "text/plain; charset=utf-8"
""")
    answers = one.run(ask(b"", "a/é", "c/ü", {"x-mark": "ö"}), ask(b"", "a/b", "c/d", {"x-mark": "o"}))
    assert [a[3].decode() for a in answers] == ["c/ü", "c/d"]
    assert answers[0][2] == "X-Mark\0öa/é\0"
    assert answers[1][1] == "text/plain; charset=utf-8"


CONTEXT = """
from ts.metrics.dimension import Dimension
def model_fn(d, context):
    context.metrics.add_metric_to_cache("Loads", "count", ["Where"]).add_or_update(1, ["here"])
    return context.system_properties["batch_size"]
def input_fn(body, kind, context): return body
def predict_fn(x, model, context):
    context.metrics.add_time("Thought", 12.5, 0, "ms", [Dimension("Kind", "deep")])
    return x
def output_fn(p, accept, context):
    properties = context.system_properties
    return repr((properties["batch_size"], properties["limit_max_image_pixels"],
                 context.model_yaml_config, context.stopping_criteria, context.cl_socket,
                 context.get_sequence_id(0), context.header_key_sequence_start))
"""


@pytest.mark.parametrize("environment,size", [({}, 1), ({"SAGEMAKER_TS_BATCH_SIZE": "8"}, 8)])
def test_a_context_has_what_torchserves_has(worker, environment, size):
    one = worker(CONTEXT, environment)
    answer, = one.run(ask(b"x", "a/b", headers={"ts_request_sequence_id": "s7"}))
    assert answer[3].decode() == repr(
        (size, True, {}, None, None, "s7", "ts_request_sequence_start")), answer
    printed = one.end()[0].decode()
    assert re.search(r"^\[METRICS\]Loads.Count:1\|#Where:here\|", printed, re.M)
    assert re.search(r"^\[METRICS\]Thought.Milliseconds:12.5\|#ModelName:model,Level:Model,Kind:deep"
                     r"\|#hostname:\S+,\d+,id$", printed, re.M)


def test_what_batching_became_is_told_once(worker):
    one = worker("import torch\ndef model_fn(d): return torch.nn.Identity()\n")
    assert one.details()["batching"] == "untried"
    batch = [ask(f"[[{i}, 1]]") for i in range(8)]
    one.run(*batch)
    one.run(*batch)
    assert [n["batching"] for n in one.notes] == ["on"]
    assert "float32[rows, 2]" in one.notes[0]["batching_why"]
    assert re.search(rb"gyre: batching on: joint and single answers agree", one.end()[0])
