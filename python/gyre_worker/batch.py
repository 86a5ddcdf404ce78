"""A batch of requests through a model's functions; each gets its own answer."""

import sys
import traceback

from gyre_worker.context import Context
from gyre_worker.defaults import TEXT_TYPES, media_type
from gyre_worker.frames import Failure, Reply


class Batch:
    """Runs batches of one UserCode. Not thread-safe."""

    def __init__(self, code):
        self._code = code

    def run(self, requests: list) -> list:
        return [self._one(request) for request in requests]

    def _one(self, request):
        code = self._code
        context = self._context(request)
        try:
            if code.transforms:
                body, content_type, accept = self._arguments(request)
                result = code.call("transform_fn", context, code.model, body, content_type, accept)
                return self._reply(result, accept, context)
            return self._output(request, context, self._predict(self._input(request, context), context))
        except Exception as error:
            return failure(error)

    def _context(self, request):
        if not self._code.uses_context:
            return None
        return Context(self._code.model_dir, self._code.batch_size, (request,))

    def _arguments(self, request):
        content_type = request.content_type or "application/json"
        body = request.body
        if media_type(content_type) in TEXT_TYPES:
            body = body.decode("utf-8")
        accept = request.accept
        return body, content_type, self._code.default_accept if accept in ("", "*/*") else accept

    def _input(self, request, context):
        body, content_type, _ = self._arguments(request)
        if "input_fn" in self._code.with_context:
            return self._code.input_fn(body, content_type, context)
        return self._code.input_fn(body, content_type)

    def _predict(self, data, context):
        code = self._code
        if "predict_fn" in code.with_context:
            return code.predict_fn(data, code.model, context)
        return code.predict_fn(data, code.model)

    def _output(self, request, context, prediction):
        accept = request.accept
        if accept in ("", "*/*"):
            accept = self._code.default_accept
        if "output_fn" in self._code.with_context:
            result = self._code.output_fn(prediction, accept, context)
        else:
            result = self._code.output_fn(prediction, accept)
        return self._reply(result, accept, context)

    @staticmethod
    def _reply(result, accept, context):
        reply = Reply()
        reply.content_type = media_type(accept.partition(",")[0])
        if isinstance(result, tuple) and len(result) == 2:
            result, reply.content_type = result
        if isinstance(result, str):
            result = result.encode("utf-8")
        elif not isinstance(result, (bytes, bytearray)):
            try:
                result = memoryview(result).cast("B")
            except TypeError:
                raise TypeError(
                    "the handler must answer with bytes or str, or a pair of those and a "
                    f"content type; it answered with {type(result).__name__}"
                ) from None
        reply.body = result
        if context is not None:
            response = context._responses[0]
            reply.status = response.status
            reply.content_type = response.content_type or reply.content_type
            reply.headers = response.headers
        return reply


def failure(error: BaseException) -> Failure:
    """The answer for a request that raised; its traceback goes to the log."""
    traceback.print_exception(error, file=sys.stderr)
    sys.stderr.flush()
    status = getattr(error, "status_code", 500)
    if not (isinstance(status, int) and 400 <= status <= 599):
        status = 500
    return Failure(str(error), type(error).__name__, status)
