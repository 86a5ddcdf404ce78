"""Words of a text, as torchtext's basic_english has them."""

import re

_CHANGES = [(re.compile(pattern), new) for pattern, new in (
    ("'", " '  "), ('"', ""), (r"\.", " . "), (r"<br \/>", " "), (",", " , "), (r"\(", " ( "),
    (r"\)", " ) "), ("!", " ! "), (r"\?", " ? "), (";", " "), (":", " "))]


def basic_english(line: str) -> list[str]:
    line = line.lower()
    for pattern, new in _CHANGES:
        line = pattern.sub(new, line)
    return line.split()


def get_tokenizer(tokenizer, language="en"):
    if callable(tokenizer):
        return tokenizer
    if tokenizer is None:
        return str.split
    if tokenizer == "basic_english" and language == "en":
        return basic_english
    raise ValueError(f"no tokenizer {tokenizer!r} for {language!r}: give a function of your own")


def ngrams_iterator(token_list, ngrams):
    """The tokens, then each two that follow each other, joined by a space, then each three…"""
    yield from token_list
    for count in range(2, ngrams + 1):
        for start in range(len(token_list) - count + 1):
            yield " ".join(token_list[start:start + count])
