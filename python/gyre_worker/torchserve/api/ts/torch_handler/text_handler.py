"""What handlers of texts share: a vocabulary, and how a text is made plain."""

import abc
import functools
import os
import re
import string
import unicodedata

import torch

from ts.handler_utils.text_utils import get_tokenizer

from .base_handler import BaseHandler

_MARKUP = re.compile("<.*?>|&([a-z0-9]+|#[0-9]{1,6}|#x[0-9a-f]{1,6});")
_ENDINGS = {  # ending: (what it stands for, the words that have it)
    "n't": (" not", "are could did does had has have is may might must need ought should was were "
                    "would do"),
    "'d": (" would", "he i it she that there they we you"),
    "'ll": (" will", "he how i it she they we what who you"),
    "'s": (" is", "he how it she that there what when where who why"),
    "'re": (" are", "they we what you"),
    "'ve": (" have", "could i might must should so they to we what when where who why will would "
                     "you")}
_CONTRACTIONS = {word + ending: word + meaning for ending, (meaning, words) in _ENDINGS.items()
                 for word in words.split()}
_CONTRACTIONS |= {
    "ain't": "is not", "can't": "cannot", "shan't": "shall not", "sha'n't": "shall not",
    "won't": "will not", "'cause": "because", "how'd": "how did", "where'd": "where did",
    "i'm": "i am", "let's": "let us", "so's": "so as", "ma'am": "madam", "o'clock": "of the clock",
    "y'all": "you all"}
_CONTRACTION = re.compile("|".join(map(re.escape, _CONTRACTIONS)), re.IGNORECASE)


class TextHandler(BaseHandler, abc.ABC):
    def __init__(self):
        super().__init__()
        self.source_vocab = None
        self.tokenizer = get_tokenizer("basic_english")

    def initialize(self, context):
        """The model, and source_vocab.pt beside it: what gives a token's number for vocab[token]."""
        super().initialize(context)
        self.initialized = False
        named = self.manifest["model"].get("sourceVocab")
        path = (os.path.join(context.system_properties["model_dir"], named) if named
                else self.get_source_vocab_path(context))
        self.source_vocab = torch.load(path, weights_only=False)  # code of the archive's, as the rest
        self.initialized = True

    @functools.cached_property
    def lig(self):
        """The model is an eager one, whose embedding is its member of that name."""
        from captum.attr import LayerIntegratedGradients  # a package of the user's own

        return LayerIntegratedGradients(self.model, self.model.embedding)

    def summarize_attributions(self, attributions):
        attributions = torch.softmax(attributions, dim=1)
        return attributions / torch.norm(attributions.sum(dim=-1))

    def get_source_vocab_path(self, ctx):
        path = os.path.join(ctx.system_properties.get("model_dir"), "source_vocab.pt")
        if not os.path.isfile(path):
            raise RuntimeError("Missing the source_vocab file: put source_vocab.pt into the archive")
        return path

    def _expand_contractions(self, text):
        def expand(found):
            return found[0][0] + _CONTRACTIONS[found[0].lower()][1:]

        return _CONTRACTION.sub(expand, text).replace("'", "")

    def _remove_accented_characters(self, text):
        return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()

    def _remove_html_tags(self, text):
        return _MARKUP.sub("", text)

    def _remove_punctuation(self, text):
        return text.translate(str.maketrans("", "", string.punctuation))

    _remove_puncutation = _remove_punctuation  # its old name, which handlers of users call

    def _tokenize(self, text):
        return self.tokenizer(text)

    def get_word_token(self, input_tokens):
        return [token.replace("Ġ", "") for token in input_tokens]
