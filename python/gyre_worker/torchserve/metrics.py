"""`context.metrics`: what handlers count. Each value is a line of the model's log in TorchServe's
form, `[METRICS]Name.Unit:value|#Dimension:value,…|#hostname:host,epoch`, and goes to the server."""

import logging
import socket
import time

logger = logging.getLogger(__name__)

_HOST = socket.gethostname()
_UNITS = {"ms": "Milliseconds", "s": "Seconds", "B": "Bytes", "kB": "Kilobytes", "MB": "Megabytes",
          "GB": "Gigabytes", "count": "Count", "percent": "Percent", "": "Count", None: "Count"}


class MetricsCacheKeyError(KeyError):
    """There is no metric of that name and type."""


class Metrics:
    """One model's. Thread-safe as far as lines of the log are. `declared`: name, type, unit and names of
    the dimensions of each that metrics.yaml lists."""

    def __init__(self, model_name: str, exposition=None, declared=()):
        self.model_name = model_name
        self._exposition = exposition  # for /metrics; None where the log is all
        self._metrics = {}  # by type and name
        self.request_ids = None
        for name, kind, unit, dimension_names in declared:
            self.add_metric_to_cache(name, unit, dimension_names, kind)

    def add_metric_to_cache(self, metric_name, unit="", dimension_names=(), metric_type=None):
        kind = _kind(metric_type, "counter")
        metric = _Metric(self, metric_name, unit, list(dimension_names or ()), kind)
        self._metrics[kind, metric_name] = metric
        return metric

    add_metric_to = add_metric_to_cache

    def get_metric(self, metric_name, metric_type=None):
        kind = _kind(metric_type, "counter")
        try:
            return self._metrics[kind, metric_name]
        except KeyError:
            raise MetricsCacheKeyError(
                f"Metric of type '{kind}' and name '{metric_name}' doesn't exist") from None

    def predicted(self, milliseconds):
        """A batch went through the handler. /metrics alone has it: as a line of the log it would cost
        more than a small batch."""
        if self._exposition:
            self._exposition.add("PredictionTime", round(milliseconds, 2),
                                 {"ModelName": self.model_name, "Level": "Model"})

    def add_counter(self, name, value, idx=None, dimensions=None):
        self._add(name, value, "count", idx, dimensions, "counter")

    def add_time(self, name, value, idx=None, unit="ms", dimensions=None, metric_type=None):
        if unit not in ("ms", "s"):
            raise ValueError(f"the unit of a time is ms or s, not {unit!r}")
        self._add(name, value, unit, idx, dimensions, _kind(metric_type))

    def add_size(self, name, value, idx=None, unit="MB", dimensions=None, metric_type=None):
        if unit not in ("MB", "kB", "GB", "B"):
            raise ValueError(f"the unit of a size is B, kB, MB or GB, not {unit!r}")
        self._add(name, value, unit, idx, dimensions, _kind(metric_type))

    def add_percent(self, name, value, idx=None, dimensions=None, metric_type=None):
        self._add(name, value, "percent", idx, dimensions, _kind(metric_type))

    def add_error(self, name, value, dimensions=None):
        self._emit(name, value, "", self._known(dimensions), "")

    def add_metric(self, name, value, unit="", idx=None, dimensions=None, metric_type=None):
        self._add(name, value, unit, idx, dimensions, _kind(metric_type, "counter"))

    def _add(self, name, value, unit, idx, dimensions, kind):
        """A value of the metric that is there, or else of a new one, with the usual dimensions."""
        known = self._known(dimensions)
        metric = self._metrics.get((kind, name)) or self.add_metric_to_cache(
            name, unit, known, kind)
        request_id = ""
        if idx is not None and self.request_ids:
            request_id = self.request_ids.get(idx, "")
        self._emit(name, value, metric.unit, known, kind, request_id)

    def _known(self, dimensions) -> dict:
        known = {"ModelName": self.model_name, "Level": "Model"}
        for dimension in dimensions or ():
            known[dimension.name] = str(dimension.value)
        return known

    def _emit(self, name, value, unit, dimensions: dict, kind, request_id=""):
        if self._exposition and kind:  # an error's value is a text
            self._exposition.add(name, value, dimensions, kind)
        text = ",".join(f"{key}:{word}" for key, word in dimensions.items())
        tail = f"|#hostname:{_HOST},{int(time.time())}" + (f",{request_id}" if request_id else "")
        print(f"[METRICS]{name}.{_UNITS.get(unit, unit)}:{value}|#{text}{tail}", flush=True)


def _kind(metric_type, usual: str = "gauge") -> str:
    """Of a MetricTypes of ours, or a text."""
    return str(getattr(metric_type, "value", metric_type) or usual).lower()


class _Metric:
    """One metric with dimensions of its own, as add_metric_to_cache gives it."""

    def __init__(self, owner, name, unit, dimension_names, kind):
        self._owner, self._kind = owner, kind
        self.metric_name, self.unit, self.dimension_names = name, unit, dimension_names

    def add_or_update(self, value, dimension_values=(), request_id=""):
        """What does not fit is a line of the log, as TorchServe has it, and no exception."""
        wrong = ""
        if len(dimension_values or ()) != len(self.dimension_names):
            wrong = (f"Dimension values: {dimension_values} should correspond to Dimension names: "
                     f"{self.dimension_names}")
        elif self._kind == "counter" and value < 0:
            wrong = "Counter metric update value cannot be negative"
        if wrong:
            logger.error("[METRICS]Failed to update metric with name:%s with value: %s: %s",
                         self.metric_name, value, wrong)
            return
        dimensions = dict(zip(self.dimension_names, map(str, dimension_values)))
        self._owner._emit(self.metric_name, value, self.unit, dimensions, self._kind, request_id)

    def update(self, value, request_id="", dimensions=()):
        """Its old form: with the dimensions themselves, which are the metric's from then on."""
        self.dimension_names = [dimension.name for dimension in dimensions]
        self.add_or_update(value, [dimension.value for dimension in dimensions], request_id)
