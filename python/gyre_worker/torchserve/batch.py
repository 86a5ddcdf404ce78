"""A batch of requests through an archive's handler; each gets its own answer."""

import asyncio
import inspect
import os
import sys
import threading
import time
import traceback

from gyre_worker.batch import _encode
from gyre_worker.frames import Failure, Reply
from gyre_worker.optimised_script import optimise_loaded
from gyre_worker.torchserve import exposition, parameters
from gyre_worker.torchserve.metrics import Metrics

QUERY = "x-gyre-ts-query"  # the request's query, where it becomes parameters
OPTIMISE = "GYRE_OPTIMIZE_TORCHSCRIPT"  # goes before the YAML file's optimizeTorchScript
OUT_OF_MEMORY = "Out of resources"
OUT_OF_MEMORY_STATUS = 507  # TorchServe's handlers say 413


class _Call:
    """A request on its way through the handler."""

    __slots__ = ("row", "id", "values", "headers", "failure", "goes_on")

    def __init__(self, row, id):
        self.row = row  # of the batch, as the host knows it
        self.id = id
        self.values, self.headers = {}, {}
        self.failure = None  # of one that cannot be read
        self.goes_on = False


class HandlerBatch:
    """Runs batches of one archive. Not thread-safe."""

    def __init__(self, archive, batch_size: int, environment=os.environ, send_part=None):
        self._send_part = send_part  # of the channel to the host
        self._parts = 0  # that were sent of the batch's answers
        self._loop = None  # of handlers that are coroutines: always the same, for what they keep in it
        self._lock = threading.Lock()  # a handler's own threads may send parts too
        self._decode = environment.get("TS_DECODE_INPUT_REQUEST", "true") != "false"
        self._handle, initialize = archive.entry_point(environment.get("TS_SERVICE_ENVELOPE", ""))
        from ts.context import Context  # of api/, once entry_point has put it on the path

        declared = exposition.declared(environment)
        metrics = Metrics(archive.name, exposition.of_environment(environment, declared), declared)
        self._context = Context(
            archive.name, archive.directory, archive.manifest, batch_size, None,
            "0.12.0", environment.get("TS_LIMIT_MAX_IMAGE_PIXELS", "true") != "false", metrics,
            archive.config)
        self.state = "on" if batch_size > 1 else "off"
        self._note = (self.state, f"the batch size is {batch_size}")
        initialize(self._context)
        wanted = environment.get(OPTIMISE) or str(archive.config.get("optimizeTorchScript", True))
        if wanted.lower() != "false":
            optimise_loaded()

    def notes(self) -> list:
        note, self._note = self._note, None
        return [note] if note else []

    def run(self, requests: list) -> list:
        """A Reply or Failure for each."""
        return self._answered([self._read(row, request) for row, request in enumerate(requests)],
                              lambda calls: self._together_or_apart(calls, requests))

    @staticmethod
    def _answered(calls, answer) -> list:
        """Answers to all, those that can be read by `answer`."""
        readable = [call for call in calls if not call.failure]
        answers = iter(answer(readable) if readable else ())
        return [call.failure or next(answers) for call in calls]

    def _together_or_apart(self, calls, requests):
        answers = self._together(calls)
        if len(calls) > 1 and not self._parts and all(
                type(answer) is Failure for answer in answers):
            # One bad request fails the handler's whole call: the others need not suffer for it.
            answers = [self._together([self._read(call.row, requests[call.row])])[0]
                       for call in calls]
        return answers

    def _together(self, calls):
        self._context.stopping_criteria = None
        results, processors = self._handled(calls)
        if type(results) is Failure:
            return [results] * len(calls)
        return [self._answer(result, processor) for result, processor in zip(results, processors)]

    def _read(self, row, request):
        """The request as the handler gets it."""
        call = _Call(row, request.id)
        headers = dict(request.headers)
        try:
            call.values, types = parameters.read(
                request.body, request.content_type, headers.pop(QUERY, ""), self._decode)
        except ValueError as error:
            call.failure = Failure(str(error), "BadRequestException", 400)
            return call
        call.headers = {name: {"content-type": kind} for name, kind in types.items()}
        if request.content_type:
            call.headers["content-type"] = request.content_type
        if request.accept:
            call.headers["accept"] = request.accept
        call.headers.update(headers)
        call.headers.setdefault("url_path", "")
        call.headers.setdefault("explain", "False")
        return call

    def _handled(self, calls):
        """The handler's results and the processors of their answers; a Failure of all, and None."""
        from ts.context import RequestProcessor
        from ts.utils.util import PredictionException

        context = self._context
        processors = [RequestProcessor(call.headers) for call in calls]
        context.request_ids = {index: call.id for index, call in enumerate(calls)}
        context.request_processor = processors
        context.metrics.request_ids = context.request_ids

        def all_failed(message, kind, status):
            return Failure(message, kind, status), None

        def send_part(index, result):
            with self._lock:
                if context.send_part is not send_part:
                    raise RuntimeError("the request is answered: it takes no more parts")
                self._send_part(calls[index].row, self._reply(result, processors[index]))
                self._parts += 1

        self._parts = 0
        context.send_part = send_part if self._send_part else None
        began = time.perf_counter()
        try:
            results = self._handle([call.values for call in calls], context)
            if inspect.isawaitable(results):  # of asyncCommunication
                results = self._awaited(results)
        except MemoryError as error:
            _print(error)
            return all_failed(OUT_OF_MEMORY, "OutOfMemory", OUT_OF_MEMORY_STATUS)
        except PredictionException as error:
            _print(error)
            status = _status(error.error_code)
            return all_failed(str(error.message), "PredictionException",
                              OUT_OF_MEMORY_STATUS if status == 413 else status)
        except Exception as error:
            _print(error)
            return all_failed("Prediction failed", "InternalServerException", 503)
        finally:
            with self._lock:
                context.send_part = None
        if not isinstance(results, list):
            return all_failed("Invalid model predict output", "InternalServerException", 503)
        if len(results) != len(calls):
            return all_failed("number of batch response mismatched", "InternalServerException", 503)
        context.metrics.predicted((time.perf_counter() - began) * 1000)
        return results, processors

    def _awaited(self, results):
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        return self._loop.run_until_complete(results)

    @classmethod
    def _answer(cls, result, processor):
        try:
            return cls._reply(result, processor)
        except TypeError as error:
            _print(error)
            return Failure("Unsupported model output data type.", "InternalServerException", 503)

    @staticmethod
    def _reply(result, processor):
        body = _encode(result)
        headers = {str(name): str(value) for name, value in processor.get_response_headers().items()}
        content_type = next((headers.pop(name) for name in list(headers)
                             if name.lower() == "content-type"), "")
        if not content_type and isinstance(result, (dict, list, tuple, int, float, type(None))):
            content_type = "application/json"  # as whoever else it is encoded
        return Reply(body, content_type, _status(processor.get_response_status_code()), headers)


def _status(code) -> int:
    return code if isinstance(code, int) and 100 <= code <= 599 else 500


def _print(error):
    traceback.print_exception(error, file=sys.stderr)
    sys.stderr.flush()
