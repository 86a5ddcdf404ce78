"""What looking for a metric can raise."""

from gyre_worker.torchserve.metrics import MetricsCacheKeyError  # noqa: F401
