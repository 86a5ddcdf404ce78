"""TorchServe's handler of texts on the `ts` API of ours."""

import importlib.util
import io
import json
import pathlib
import re
import sys

import pytest
import torch
from conftest import ask
from test_torchserve_handlers import scripted

THEIRS = next(pathlib.Path(sys.prefix).glob("lib/python*/site-packages/ts/torch_handler/contractions.py"))


class Bag(torch.nn.Module):
    """How often words 1 and 2 come, of each text."""

    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.EmbeddingBag.from_pretrained(
            torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]), mode="sum")

    def forward(self, text, offsets):
        return self.embedding(text, offsets)



def vocabulary(words: dict) -> bytes:
    out = io.BytesIO()
    torch.save(words, out)
    return out.getvalue()


def test_each_text_of_a_batch_has_its_own_classes(load):  # noqa: F811
    words = dict.fromkeys(("it", "is", "so", "it is", "is so", "so good", "good", "so bad", "bad",
                           "is good", "not", "is not", "not bad", "cafe", "good cafe"), 0)
    words |= {"good": 1, "bad": 2, "not bad": 1}
    batch = load("text_classifier", {
        "model.pt": scripted(Bag()), "source_vocab.pt": vocabulary(words),
        "index_to_name.json": b'{"0": "praise", "1": "blame"}'}, serializedFile="model.pt")
    answers = batch.run([ask(text.encode(), "text/plain") for text in (
        "<b>It's</b> good!", "It IS so bad.", "it isn't bad", "good caf\u00e9")])
    classes = [json.loads(answer.body) for answer in answers]
    share = torch.softmax(torch.tensor([1.0, 0.0]), 0)[0].item()
    assert classes[0]["praise"] == pytest.approx(share) and classes[1]["blame"] == pytest.approx(share)
    assert classes[2]["praise"] == pytest.approx(0.5) and classes[3]["praise"] == pytest.approx(share)


def test_texts_become_as_plain_as_in_torchserve(load):  # noqa: F811
    load("text_classifier", {"model.pt": scripted(Bag()), "source_vocab.pt": vocabulary({})},
         serializedFile="model.pt")
    from ts.handler_utils.text_utils import get_tokenizer, ngrams_iterator
    from ts.torch_handler.text_classifier import TextClassifier

    spec = importlib.util.spec_from_file_location("contractions", THEIRS)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    theirs = module.CONTRACTION_MAP
    pattern = re.compile("({})".format("|".join(theirs)), re.IGNORECASE | re.DOTALL)

    def expanded(text):
        return pattern.sub(lambda found: found[0][0] + (
            theirs.get(found[0]) or theirs[found[0].lower()])[1:], text).replace("'", "")

    texts = [f"and {key.lower()} too, {key.lower()}" for key in theirs]
    texts += ["rock'n'roll isn't dead, y'all'd've thought", "the dogs' o'clock; he'd've gone"]
    for text in texts:
        assert TextClassifier()._expand_contractions(text) == expanded(text)
    assert list(ngrams_iterator(["here", "we", "are"], 2)) == ["here", "we", "are", "here we", "we are"]
    assert get_tokenizer("basic_english")("You can (now)<br />install:it; ok?") == [
        "you", "can", "(", "now", ")", "install", "it", "ok", "?"]


def test_an_archive_without_a_vocabulary_says_so(load):  # noqa: F811
    with pytest.raises(RuntimeError, match="source_vocab.pt"):
        load("text_classifier", {"model.pt": scripted(Bag())}, serializedFile="model.pt")
