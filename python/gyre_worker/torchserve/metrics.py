"""`context.metrics`: what handlers count. Each value is a line of the model's log in TorchServe's
form, `[METRICS]Name.Unit:value|#Dimension:value,…|#hostname:host,epoch`, and goes to the server."""

import socket
import time

_HOST = socket.gethostname()
_UNITS = {"ms": "Milliseconds", "s": "Seconds", "B": "Bytes", "kB": "Kilobytes", "MB": "Megabytes",
          "GB": "Gigabytes", "count": "Count", "percent": "Percent", "": "Count", None: "Count"}


class Metrics:
    """One model's. Thread-safe as far as lines of the log are."""

    def __init__(self, model_name: str, exposition=None):
        self.model_name = model_name
        self._exposition = exposition  # for /metrics; None where the log is all
        self.request_ids = None

    def add_metric_to_cache(self, metric_name, unit="", dimension_names=(), metric_type=None):
        return _Metric(self, metric_name, unit, list(dimension_names), _kind(metric_type, "counter"))

    add_metric_to = add_metric_to_cache

    def get_metric(self, metric_name, metric_type=None):
        return _Metric(self, metric_name, "", [], _kind(metric_type, "counter"))

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
        self._add(name, value, "", None, dimensions, "")

    def add_metric(self, name, value, unit="", idx=None, dimensions=None, metric_type=None):
        self._add(name, value, unit, idx, dimensions, _kind(metric_type, "counter"))

    def _add(self, name, value, unit, idx, dimensions, kind):
        known = {"ModelName": self.model_name, "Level": "Model"}
        for dimension in dimensions or ():
            known[dimension.name] = str(dimension.value)
        if self._exposition and kind:  # an error's value is a text
            self._exposition.add(name, value, known, kind)
        text = ",".join(f"{key}:{word}" for key, word in known.items())
        tail = f"|#hostname:{_HOST},{int(time.time())}"
        if idx is not None and self.request_ids:
            tail += "," + str(self.request_ids.get(idx, ""))
        print(f"[METRICS]{name}.{_UNITS.get(unit, unit)}:{value}|#{text}{tail}", flush=True)


def _kind(metric_type, usual: str = "gauge") -> str:
    """Of a MetricTypes of ours, or a text."""
    return str(getattr(metric_type, "value", metric_type) or usual).lower()


class _Metric:
    """One metric with dimensions of its own, as add_metric_to_cache gives it."""

    def __init__(self, owner, name, unit, dimension_names, kind):
        self._owner, self._name, self._unit, self._kind = owner, name, unit, kind
        self._dimension_names = dimension_names

    def add_or_update(self, value, dimension_values=(), request_id=""):
        from ts.metrics.dimension import Dimension

        dimensions = [Dimension(name, word)
                      for name, word in zip(self._dimension_names, dimension_values)]
        self._owner._add(self._name, value, self._unit, None, dimensions, self._kind)

    update = add_or_update
