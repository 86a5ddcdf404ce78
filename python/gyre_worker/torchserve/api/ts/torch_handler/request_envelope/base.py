"""An envelope turns an orchestrator's format into what handlers take, and their answers back."""

import abc


class BaseEnvelope(abc.ABC):
    def __init__(self, handle_fn):
        self._handle_fn = handle_fn
        self.context = None

    def handle(self, data, context):
        self.context = context
        if data:
            data = self.parse_input(data)
        results = self._handle_fn(data, context)
        return self.format_output(results) if results else results

    @abc.abstractmethod
    def parse_input(self, data):
        """What the handler gets for a batch of requests."""

    @abc.abstractmethod
    def format_output(self, data):
        """An answer for each request of what the handler gave."""
