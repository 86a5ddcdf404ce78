"""A text's class, by a model over its words and pairs of words (an EmbeddingBag: numbers, offsets)."""

import torch

from ts.handler_utils.text_utils import ngrams_iterator
from ts.handler_utils.timer import timed
from ts.utils.util import map_class_to_label

from .text_handler import TextHandler


class TextClassifier(TextHandler):
    ngrams = 2

    @timed
    def preprocess(self, data):
        """The numbers of all texts of the batch, one text behind the other, and their words."""
        numbers, words, self._offsets = [], [], []
        for row in data:
            text = row.get("data") or row.get("body")
            if isinstance(text, (bytes, bytearray)):
                text = text.decode("utf-8")
            text = self._expand_contractions(self._remove_html_tags(text).lower())
            text = self._remove_punctuation(self._remove_accented_characters(text))
            words.append(self._tokenize(text))
            self._offsets.append(len(numbers))
            numbers += [self.source_vocab[token]
                        for token in ngrams_iterator(words[-1], self.ngrams)]
        tensor = torch.as_tensor(numbers, dtype=torch.long, device=self.device)
        return tensor, words[0] if len(words) == 1 else words

    @timed
    def inference(self, data, *args, **kwargs):
        numbers, _ = data
        return super().inference(numbers, torch.as_tensor(self._offsets, device=self.device))

    @timed
    def postprocess(self, data):
        return map_class_to_label(torch.softmax(data, dim=1).tolist(), self.mapping)

    def get_insights(self, tensor_data, _, target=0):
        """What each part of the embedding adds to the class `target`, and the words, as TorchServe
        tells it."""
        numbers, words = tensor_data
        parts = self.summarize_attributions(self.lig.attribute(
            numbers, torch.zeros_like(numbers), target=target,
            additional_forward_args=torch.as_tensor(self._offsets, device=self.device)))
        return [{"importances": parts.tolist(), "words": self.get_word_token(words)}]
