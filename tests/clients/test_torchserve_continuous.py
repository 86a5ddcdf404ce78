"""Continuous batching: sequences join and leave a batch at each step of the handler."""

import concurrent.futures
import contextlib
import json
import os
import signal
import socket
import time

import pytest
import requests

from support.processes import wait_until
from support.torchserve import TorchServe, archive

# A small text generator of the shape of TorchServe's own example (test_data/streaming): state by request id,
# prefill and decode, criteria that end a sequence. Its "model" is a word for each number of words so far.
GENERATOR = '''
import json
import os
import time

from ts.torch_handler.base_handler import BaseHandler


def criterion(cache, request_id):
    def stops(result):
        state = cache[request_id]
        state["words"] -= 1
        if state["words"] > 0 and not state.get("over"):
            return False
        del cache[request_id]
        return None if state.get("over") else True

    return stops


class Generator(BaseHandler):
    def initialize(self, context):
        self.context = context
        context.cache = {}

    def preprocess(self, data):
        ids = list(self.context.request_ids.values())
        for gone in [one for one in self.context.cache if one not in ids]:
            del self.context.cache[gone]
        prefill, decode = [], []
        for request_id, row in zip(ids, data):
            if request_id in self.context.cache:
                assert row == {}, "it has the text already"
                decode.append(request_id)
            else:
                asked = json.loads(bytes(row["body"]))
                self.context.cache[request_id] = {
                    **asked, "so_far": 0, "stop": criterion(self.context.cache, request_id)}
                prefill.append(request_id)
        return prefill, decode

    def inference(self, batch):
        prefill, decode = batch
        time.sleep(self.context.model_yaml_config["handler"]["step"])
        answers = []
        for index, request_id in enumerate(self.context.request_ids.values()):
            state = self.context.cache[request_id]
            state["so_far"] += 1
            self.context.set_response_content_type(index, "text/words")
            end = state.get("end") if state["so_far"] == state.get("at", 2) else None
            if end == "raise":
                raise RuntimeError("in the middle of one")
            if end == "exit":
                os._exit(3)
            if end == "fail":
                state["over"] = True
                self.context.set_response_status(code=422, idx=index)
                answers.append("no more words")
                continue
            if end == "odd":
                answers.append(object())
                continue
            answers.append(f"{state['prompt']}{state['so_far']}/{len(prefill) + len(decode)} ")
        return answers

    def postprocess(self, answers):
        self.context.stopping_criteria = [
            self.context.cache[one]["stop"] for one in self.context.request_ids.values()]
        return answers

    def describe_handle(self):
        return {"held": len(self.context.cache), "pid": os.getpid()}
'''
# Answers at once, in the middle of which it says how many others there are: no criteria, or None of them.
MIXED = '''
def handle(data, context):
    if data is None:
        return
    def criterion(index):
        wanted = context.get_request_header(index, "x-stop")
        return (lambda result: None) if wanted is None else (lambda result: json_bool(wanted))
    def json_bool(text):
        if text == "raise":
            raise ValueError("of the criterion")
        return text == "true"
    context.stopping_criteria = {i: criterion(i) for i in range(len(data))}
    return [str(row) for row in data]
'''


def generator(store, name: str = "generator", step: float = 0.02, more: str = ""):
    return archive(store, name, GENERATOR,
                   {"model.yaml": f"continuousBatching: true\n{more}handler:\n  step: {step}\n"},
                   config_file="model.yaml")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with TorchServe(tmp_path_factory.mktemp("continuous")) as server:
        generator(server.store)
        assert server.register("generator.mar", batch_size=4).status_code == 200
        yield server


def ask(server, prompt: str, words: int, model: str = "generator", **more) -> requests.Response:
    return requests.post(f"{server.inference}/predictions/{model}", timeout=60, stream=True,
                         data=json.dumps({"prompt": prompt, "words": words, **more}))


def words(answer: requests.Response) -> list[str]:
    """The numbers of the words, without how large their steps were."""
    assert answer.status_code == 200, answer.text
    return [word.partition("/")[0] for word in answer.text.split()]


def of_handler(server, key: str, model: str = "generator") -> int:
    """What its describe_handle says: how many sequences it holds ("held"), and its process ("pid")."""
    answer = requests.get(f"{server.management}/models/{model}?customized=true", timeout=60)
    return answer.json()[0]["customizedMetadata"][key]


def test_a_sequence_is_streamed_word_by_word(served):
    assert served.describe("generator")[0]["continuousBatching"] is True
    with ask(served, "a", 5) as answer:
        assert answer.status_code == 200 and answer.headers["Transfer-Encoding"] == "chunked"
        assert answer.headers["Content-Type"] == "text/words"
        assert answer.headers["ts_stream_next"] == "true"
        pieces = list(answer.iter_content(None))
    assert pieces == [b"a1/1 ", b"a2/1 ", b"a3/1 ", b"a4/1 ", b"a5/1 "]
    whole = ask(served, "b", 1)
    assert whole.text == "b1/1 " and "Transfer-Encoding" not in whole.headers


def test_others_join_while_one_is_under_way(served):
    with ask(served, "long", 100) as answer:
        long = answer.iter_content(None)
        next(long)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            short = list(pool.map(lambda i: ask(served, f"s{i}-", 3).text, range(8)))
        rest = b"".join(long).decode()
    assert [text.count(f"s{i}-") for i, text in enumerate(short)] == [3] * 8
    assert rest.split()[-1] == "long100/1", "the others left as they ended"
    sizes = {int(word.partition("/")[2]) for text in [rest, *short] for word in text.split()}
    assert max(sizes) == 4, "the batch size is its places"
    assert of_handler(served, "held") == 0


def test_many_sequences_at_once(served):
    asked = {f"q{i}-": 1 + i % 13 for i in range(120)}
    with concurrent.futures.ThreadPoolExecutor(60) as pool:
        texts = list(pool.map(lambda one: words(ask(served, *one)), asked.items()))
    assert texts == [[f"{prompt}{n}" for n in range(1, count + 1)] for prompt, count in asked.items()]
    assert of_handler(served, "held") == 0


def test_clients_that_go_leave_their_places(served):
    """Four of them, for sequences without an end in sight, would fill the batch for good."""
    host, port = served.inference.removeprefix("http://").split(":")
    body = json.dumps({"prompt": "x", "words": 10_000_000}).encode()
    for _ in range(6):
        with socket.create_connection((host, int(port)), timeout=30) as client:
            client.sendall(b"POST /predictions/generator HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
                           % len(body) + body)
            assert b" 200 " in client.recv(4096)
    assert words(ask(served, "after", 3)) == ["after1", "after2", "after3"]
    wait_until(lambda: words(ask(served, "x", 1)) == ["x1"] and of_handler(served, "held") == 0, 60)


def test_a_slow_client_holds_nobody_up(served):
    with ask(served, "slow", 400) as slow:
        quick = ask(served, "quick", 5)
        assert words(quick)[-1] == "quick5"
        assert quick.text.startswith("quick1/2 "), "the slow one is in the same step"
        assert words(slow)[-1] == "slow400"


def test_one_that_fails_leaves_the_others_alone(served):
    with ask(served, "good", 40) as good:
        stream = good.iter_content(None)
        next(stream)
        refused = ask(served, "bad", 5, end="fail", at=1)
        assert refused.status_code == 422 and refused.text == "no more words"
        late = ask(served, "late", 5, end="fail", at=3)
        assert late.status_code == 200 and late.text.endswith("no more words")
        assert words(late)[:2] == ["late1", "late2"]
        odd = ask(served, "odd", 5, end="odd", at=1)
        assert odd.status_code == 503
        assert odd.json()["message"] == "Unsupported model output data type."
        assert b"".join(stream).decode().split()[-1].startswith("good40/")


def both_break_off(served, end: str) -> None:
    """One that is under way, and one beside it that ends so."""
    with ask(served, "other", 1000) as other:
        stream = other.iter_content(None)
        next(stream)
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            ask(served, "bad", 5, end=end).content
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            b"".join(stream)


def test_an_exception_is_of_all_in_the_step(served):
    """As TorchServe has it: what the handler keeps of the others may be half done."""
    both_break_off(served, "raise")
    failed = ask(served, "bad", 5, end="raise", at=1)
    assert failed.status_code == 503 and failed.json()["message"] == "Prediction failed"
    assert words(ask(served, "after", 2)) == ["after1", "after2"]


def test_a_worker_that_dies_in_the_middle(served):
    both_break_off(served, "exit")
    assert words(ask(served, "after", 2)) == ["after1", "after2"]


def test_a_worker_that_is_killed_in_the_middle(served):
    """All that are under way break off; those that wait for a place get the next worker."""
    pid = of_handler(served, "pid")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        under_way = [ask(served, f"x{i}-", 1_000_000) for i in range(4)]
        waiting = [pool.submit(ask, served, f"w{i}-", 2) for i in range(4)]
        time.sleep(0.3)
        assert not any(one.done() for one in waiting)
        os.kill(pid, signal.SIGKILL)
        for answer in under_way:
            with pytest.raises(requests.exceptions.ChunkedEncodingError):
                answer.content
        assert [words(one.result()) for one in waiting] == [
            [f"w{i}-1", f"w{i}-2"] for i in range(4)]
    assert of_handler(served, "pid") != pid


def test_a_handler_without_criteria_and_one_that_raises_in_them(served):
    archive(served.store, "mixed", MIXED, {"model.yaml": "continuousBatching: yes\nbatchSize: 8\n"},
            config_file="model.yaml")
    assert served.register("mixed.mar").status_code == 200
    plain = served.predict("mixed", b"x")
    assert plain.status_code == 200 and "ts_stream_next" not in plain.headers
    last = served.predict("mixed", b"x", headers={"x-stop": "true"})
    assert last.status_code == 200 and last.headers["ts_stream_next"] == "false"
    raised = served.predict("mixed", b"x", headers={"x-stop": "raise"})
    assert raised.status_code == 503 and raised.json()["message"] == "Prediction failed"
    unread = served.predict("mixed", b"x", headers={"Content-Type": "multipart/form-data"})
    assert unread.status_code == 400 and "boundary" in unread.json()["message"]


def test_two_workers_share_what_comes(served):
    generator(served.store, "pair", step=0.05)
    assert served.register("pair.mar", batch_size=2, initial_workers=2).status_code == 200
    with contextlib.ExitStack() as under_way:
        answers = [under_way.enter_context(ask(served, f"p{i}-", 1_000_000, "pair")) for i in range(4)]
        # None of them ends, and yet each has begun: they have four places.
        assert [next(answer.iter_content(None)).partition(b"/")[0] for answer in answers] == [
            b"p%d-1" % i for i in range(4)]
    assert words(ask(served, "after", 3, "pair")) == ["after1", "after2", "after3"]


def test_scaling_and_the_end_of_the_model_let_sequences_go_on(served):
    generator(served.store, "scaled", step=0.05)
    assert served.register("scaled.mar", batch_size=2).status_code == 200
    with ask(served, "a", 40, "scaled") as answer:
        stream = answer.iter_content(None)
        next(stream)
        scaled = requests.put(served.management + "/models/scaled", timeout=60,
                              params={"min_worker": 2, "synchronous": "true"})
        assert scaled.status_code == 200
        assert requests.delete(served.management + "/models/scaled", timeout=60).status_code == 200
        assert b"".join(stream).decode().split()[-1].startswith("a40/")


def test_the_time_of_a_client_and_of_a_step(served):
    generator(served.store, "timed", step=0.05, more="clientTimeoutInMills: 5000\n")
    assert served.register("timed.mar").status_code == 200
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        ask(served, "endless", 1000, "timed").content
    assert words(ask(served, "short", 3, "timed")) == ["short1", "short2", "short3"]
    # A sequence may take longer than responseTimeout, which is for a step.
    generator(served.store, "patient", step=0.2, more="responseTimeout: 4\n")
    assert served.register("patient.mar").status_code == 200
    assert words(ask(served, "long", 25, "patient"))[-1] == "long25"
    generator(served.store, "hung", step=3, more="responseTimeout: 1\n")
    assert served.register("hung.mar").status_code == 200
    assert ask(served, "x", 2, "hung").status_code == 500


SUMS = '''
import time

from ts.torch_handler.base_handler import BaseHandler


class Sums(BaseHandler):
    """As TorchServe's example of stateful continuous batching: the answer to an odd number is streamed until a
    -1 of the same sequence, which joins beside it, cancels it."""

    def initialize(self, context):
        self.context = context
        context.sums, context.streams, context.cancelled = {}, {}, set()

    def handle(self, data, context):
        time.sleep(0.02)
        answers, criteria = [], []
        for index, row in enumerate(data):
            request, sequence = context.request_ids[index], context.get_sequence_id(index)
            context.set_response_header(index, context.header_key_sequence_id, sequence)
            if row:
                number = int(bytes(row["body"]))
                if number == -1:
                    context.cancelled.add(sequence)
                else:
                    context.sums[sequence] = context.sums.get(sequence, 0) + number
                    if number % 2:
                        context.streams[request] = sequence
            answers.append(f"{context.sums[sequence]} ")
            criteria.append(lambda result, request=request: self.stops(request))
        context.stopping_criteria = criteria
        return answers

    def stops(self, request):
        if request not in self.context.streams:
            return None
        return self.context.streams[request] in self.context.cancelled
'''


def test_a_request_of_a_sequence_joins_beside_the_one_that_it_cancels(served):
    archive(served.store, "sums", SUMS, {"model.yaml": """
batchSize: 1
continuousBatching: true
sequenceBatching: true
sequenceMaxIdleMSec: 30000
maxNumSequence: 2
"""}, config_file="model.yaml")
    assert served.register("sums.mar").status_code == 200

    def add(number: int, **more) -> requests.Response:
        return served.predict("sums", str(number), headers={"ts_request_sequence_id": "s"}, **more)

    assert add(2).text == "2 "
    with add(3, stream=True) as streamed:
        parts = streamed.iter_content(None)
        assert [next(parts) for _ in range(3)] == [b"5 "] * 3
        assert add(-1).text == "5 "
        assert set(b"".join(parts).split()) <= {b"5"}
    assert add(4).text == "9 "


def test_behind_sagemakers_api_the_parts_come_joined(gyre, tmp_path):
    mar = generator(tmp_path, more="batchSize: 4\n", step=0.01)
    gyre.deploy("generator", mar.read_bytes(), key="generator/generator.mar")

    def invoke(i: int) -> str:
        return gyre.invoke("generator", json.dumps({"prompt": f"w{i}-", "words": 6}).encode())[
            "Body"].read().decode()

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        texts = list(pool.map(invoke, range(8)))
    assert [text.split()[-1].partition("/")[0] for text in texts] == [f"w{i}-6" for i in range(8)]
    assert [len(text.split()) for text in texts] == [6] * 8
