from .base import BaseEnvelope


class BodyEnvelope(BaseEnvelope):
    """The bodies themselves, in a list."""

    def parse_input(self, data):
        return [row.get("data") or row.get("body") for row in data]

    def format_output(self, data):
        return data
