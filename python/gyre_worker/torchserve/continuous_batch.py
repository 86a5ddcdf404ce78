"""Continuous batching: requests join and leave a batch while others of it are under way.

At each step handle() gets all of them: those that join with their parameters, the others with their
id and headers alone, for what they need the handler keeps by their ids. A request stays as long as
context.stopping_criteria says, a list of functions, one for each row: of the row's result it says
whether that was the last part (True) or not (False), or that it is no part but the answer (None)."""

from gyre_worker.frames import GOES_ON, Failure
from gyre_worker.torchserve.batch import HandlerBatch, _print

STREAM_NEXT = "ts_stream_next"


class ContinuousBatch(HandlerBatch):
    """One batch of one archive. Not thread-safe."""

    def __init__(self, *arguments, **more):
        self._under_way = []
        self.calls = None
        super().__init__(*arguments, **more)
        self._criteria = self._context.stopping_criteria  # of initialize(), for every step

    def leave(self, places: list):
        """Those of the requests that are under way go, without an answer."""
        for place in reversed(places):
            del self._under_way[place]

    def run(self, joining: list) -> list:
        """One step. A Reply or Failure for each that is under way, in the order in which they came;
        `calls` then says which of them go on."""
        batch = self._under_way
        for row, call in enumerate(batch):
            call.row, call.values, call.goes_on = row, {}, False
        batch += [self._read(row, request) for row, request in enumerate(joining, len(batch))]
        answers = self._answered(batch, self._stepped)
        self.calls = [GOES_ON if call.goes_on else 0 for call in batch]
        self._under_way = [call for call in batch if call.goes_on]
        return answers

    def _stepped(self, calls):
        self._context.stopping_criteria = self._criteria  # not those of the last step's rows
        results, processors = self._handled(calls)
        if type(results) is Failure:
            return [results] * len(calls)
        return [self._outcome(index, call, results[index], processors[index])
                for index, call in enumerate(calls)]

    def _outcome(self, index, call, result, processor):
        stop = None
        if self._context.stopping_criteria:
            try:
                stop = self._context.stopping_criteria[index](result)
            except Exception as error:
                _print(error)
                return Failure("Prediction failed", "InternalServerException", 503)
            if stop is not None:
                processor.add_response_property(STREAM_NEXT, "false" if stop else "true")
        answer = self._answer(result, processor)
        call.goes_on = stop is not None and not stop and type(answer) is not Failure
        return answer
