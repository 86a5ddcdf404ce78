"""A batch of requests through a model's functions; each gets its own answer."""

import json
import sys
import traceback

from gyre_worker.context import Context
from gyre_worker.defaults import TEXT_TYPES, media_type
from gyre_worker.frames import NO_CALL, Failure, Reply, call_bits
from gyre_worker.predictor import AUTO, SINGLE, STACKED, Predictor, Raised
from gyre_worker.stacking import Unstackable

_EACH = [call_bits(number, False) for number in range(1024)]  # a call for each request
MOST_KNOWN = 512  # content types and Accept values that are remembered


class Batch:
    """Runs batches of one UserCode. Not thread-safe."""

    def __init__(self, code, mode: str = AUTO):
        self._code = code
        self._contexts = None  # of the batch that runs, where a function wants them
        self._requests = ()
        self.calls = None  # after run, where one call did not answer all: the bits of each one's
        self._content_types = {}
        self._accepts = {}
        self._input_takes_context = "input_fn" in code.with_context
        self._predict_takes_context = "predict_fn" in code.with_context
        self._output_takes_context = "output_fn" in code.with_context
        why = ""
        if code.transforms:
            mode, why = SINGLE, "transform_fn is called per request"
        elif mode == SINGLE:
            why = "the environment says so"
        self._one_context = mode == AUTO  # for a joint call: all its requests have one's headers
        self._predictor = Predictor(self._predict, mode, why)

    @property
    def state(self) -> str:
        return self._predictor.state

    def notes(self) -> list:
        return self._predictor.notes()

    def run(self, requests: list) -> list:
        """A Reply or Failure for each."""
        self._requests = requests
        self.calls = None
        if self._code.uses_context:
            self._contexts = [self._code.context((request,)) for request in requests]
        try:
            if self._code.transforms:
                if len(requests) > 1:
                    self.calls = _each(len(requests))
                return [self._transform(i) for i in range(len(requests))]
            return self._four_functions(requests)
        finally:
            self._requests = ()
            self._contexts = None

    def _four_functions(self, requests):
        answers = [None] * len(requests)
        values = []
        for index in range(len(requests)):
            try:
                values.append((index, self._input(index)))
            except (Exception, SystemExit) as error:
                answers[index] = failure(error)
        if not values:
            self.calls = [NO_CALL] * len(requests)
            return answers
        kinds = self._kinds() if self._predict_takes_context and self._one_context else None
        outputs = self._predictor.run(values, self._same, kinds)
        self._note_calls(values)
        for (index, _), output in zip(values, outputs):
            if type(output) is Raised:
                answers[index] = failure(output.error)
                continue
            try:
                answers[index] = self._output(index, output)
            except (Exception, SystemExit) as error:
                answers[index] = failure(error)
        return answers

    def _note_calls(self, values):
        calls, requests = self._predictor.calls, len(self._requests)
        if calls is None and len(values) == requests:
            return
        self.calls = [NO_CALL] * requests
        for index, _ in values:
            self.calls[index] = call_bits(*calls[index]) if calls else 0

    def _kinds(self) -> list:
        """Of each request all that a predict_fn could read of it, but for its id."""
        return [(r.content_type, r.accept, r._packed) for r in self._requests]

    def _same(self, i, j):
        if i == j:
            return True
        one, other = self._requests[i], self._requests[j]
        return one.body == other.body and one.content_type == other.content_type

    def _input(self, index):
        request = self._requests[index]
        content_type = request.content_type or "application/json"
        body = request.body
        if self._is_text(content_type):
            body = body.decode("utf-8")
        if self._input_takes_context:
            return self._code.input_fn(body, content_type, self._contexts[index])
        return self._code.input_fn(body, content_type)

    def _predict(self, data, indexes):
        code = self._code
        if not self._predict_takes_context:
            return code.predict_fn(data, code.model)
        if len(indexes) == 1:
            return code.predict_fn(data, code.model, self._contexts[indexes[0]])
        if not self._one_context:
            context = Context.of_batch([self._contexts[index] for index in indexes])
            return code.predict_fn(data, code.model, context)
        context = code.context((self._requests[indexes[0]],))
        output = code.predict_fn(data, code.model, context)
        if context.responds:
            raise Unstackable("predict_fn says by its context how to answer one request")
        return output

    def _output(self, index, prediction):
        accept, content_type = self._accept(self._requests[index].accept)
        if self._output_takes_context:
            result = self._code.output_fn(prediction, accept, self._contexts[index])
        else:
            result = self._code.output_fn(prediction, accept)
        return self._reply(result, content_type, index)

    def _transform(self, index):
        code = self._code
        request = self._requests[index]
        try:
            content_type = request.content_type or "application/json"
            body = request.body
            if self._is_text(content_type):
                body = body.decode("utf-8")
            accept, reply_type = self._accept(request.accept)
            context = self._contexts[index] if self._contexts else None
            result = code.call("transform_fn", context, code.model, body, content_type, accept)
            return self._reply(result, reply_type, index)
        except (Exception, SystemExit) as error:
            return failure(error)

    def _is_text(self, content_type) -> bool:
        known = self._content_types.get(content_type)
        if known is None:
            known = media_type(content_type) in TEXT_TYPES
            if len(self._content_types) < MOST_KNOWN:
                self._content_types[content_type] = known
        return known

    def _accept(self, accept):
        """What the functions get, and the content type of an answer that does not name its own."""
        known = self._accepts.get(accept)
        if known is None:
            resolved = self._code.default_accept if accept in ("", "*/*") else accept
            known = resolved, media_type(resolved.partition(",")[0])
            if len(self._accepts) < MOST_KNOWN:
                self._accepts[accept] = known
        return known

    def _reply(self, result, content_type, index):
        if type(result) is tuple and len(result) == 2:
            result, content_type = result
            if content_type is not None and type(content_type) is not str:
                content_type = str(content_type)
        kind = type(result)
        if kind is not bytes and kind is not bytearray:
            result = _encode(result)
        if self._contexts is None:
            return Reply(result, content_type or "")
        response = self._contexts[index]._responses[0]
        content_type = response.content_type or content_type or ""
        return Reply(result, content_type, response.status, response.headers)


def _each(count) -> list:
    return _EACH[:count] if count <= len(_EACH) else [call_bits(i, False) for i in range(count)]


def _encode(result):
    """As TorchServe encodes what a handler returns: text, a saved tensor, or else JSON."""
    if isinstance(result, str):
        return result.encode("utf-8", "surrogateescape")
    if isinstance(result, (bytes, bytearray)):
        return bytes(result)
    if isinstance(result, memoryview):
        return result.cast("B") if result.contiguous else result.tobytes()
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(result, torch.Tensor):
        import io

        out = io.BytesIO()
        torch.save(result.clone(), out)
        return out.getvalue()
    try:
        return json.dumps(result, indent=2).encode()
    except (TypeError, ValueError) as error:
        raise TypeError(
            "the handler must answer with bytes, str or what JSON can hold, or a pair of those "
            f"and a content type; it answered with {type(result).__name__}: {error}"
        ) from None


def failure(error: BaseException) -> Failure:
    """The answer for a request that raised; its traceback goes to the log."""
    try:
        traceback.print_exception(error, file=sys.stderr)
        sys.stderr.flush()
    except Exception:
        pass  # the handler may have closed stderr
    status = getattr(error, "status_code", 500)
    if not (isinstance(status, int) and 400 <= status <= 599):
        status = 500
    try:
        message = str(error)
    except Exception:
        message = "(its message cannot be had)"
    return Failure(message, type(error).__name__, status)
