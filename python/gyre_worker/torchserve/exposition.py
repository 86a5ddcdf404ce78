"""What handlers count, for the server's /metrics (metrics_mode=prometheus): this worker's values in
Prometheus' text, in a file of a folder that the server reads."""

import os
import re
import socket
import threading

FOLDER = "GYRE_TS_METRICS"  # of the environment; where it is not set, nothing is written
CONFIG = "GYRE_TS_METRICS_CONFIG"  # metrics.yaml; without one, TorchServe's own two
AUTO_DETECT = "GYRE_TS_METRICS_AUTO_DETECT"  # "true": what it does not name counts too

TYPES = ("counter", "gauge", "histogram")
USUAL = [(name, "gauge", "ms", ["ModelName", "Level"]) for name in ("HandlerTime", "PredictionTime")]
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
PAUSE = 0.1  # seconds between two writes


def declared(environment=os.environ) -> list:
    """(name, type, unit, names of the dimensions) of each metric that metrics.yaml lists, or of
    TorchServe's own two. ValueError for a metrics.yaml that is none."""
    return read_config(environment[CONFIG]) if environment.get(CONFIG) else USUAL


def of_environment(environment, metrics: list):
    """An Exposition of those `metrics` that declared() gives, or None where none is wanted."""
    folder = environment.get(FOLDER)
    if not folder:
        return None
    types = {name: kind for name, kind, *_ in metrics}
    return Exposition(folder, types, environment.get(AUTO_DETECT) == "true")


def read_config(path: str) -> list:
    """What declared() gives of a metrics.yaml: its model_metrics."""
    import yaml

    with open(path, encoding="utf-8") as file:
        config = yaml.safe_load(file)
    metrics = config.get("model_metrics") if isinstance(config, dict) else None
    if metrics is not None and not isinstance(metrics, dict):
        raise ValueError(f"metrics_config {path}: model_metrics should have counter, gauge or histogram")
    found = []
    for kind, listed in (metrics or {}).items():
        if kind not in TYPES or not all(
                isinstance(one, dict) and isinstance(one.get("name"), str) for one in listed or ()):
            raise ValueError(f"metrics_config {path}: model_metrics.{kind} should be a list of metrics "
                             "with a name, under counter, gauge or histogram")
        found += [(one["name"], kind, one.get("unit", ""), one.get("dimensions") or [])
                  for one in listed or ()]
    return found


class Exposition:
    """This worker's values. Thread-safe. The file is at most PAUSE and some behind."""

    def __init__(self, folder: str, types: dict, auto_detect: bool = False):
        self._path = os.path.join(folder, f"{os.getpid()}.prom")
        self._types = dict(types)
        self._auto_detect = auto_detect
        self._host = socket.gethostname()
        self._values = {}  # of counters and gauges, by name and labels
        self._histograms = {}  # [a count for each bucket and above, sum], likewise
        self._lock = threading.Lock()
        self._changed = threading.Event()
        self._writer = None

    def add(self, name: str, value, dimensions: dict, kind: str = "gauge"):
        """`kind`: what it is where the configuration does not say."""
        if name not in self._types and not self._auto_detect:
            return
        try:
            value = float(value)
        except (TypeError, ValueError):
            return  # a text is for the log
        labels = tuple(dimensions.items()) + (("Hostname", self._host),)
        with self._lock:
            key = name, labels
            kind = self._types.setdefault(name, kind if kind in TYPES else "gauge")
            if kind == "histogram":
                counts = self._histograms.setdefault(key, [[0] * (len(BUCKETS) + 1), 0.0])
                counts[0][sum(value > bound for bound in BUCKETS)] += 1
                counts[1] += value
            elif kind == "counter":
                self._values[key] = self._values.get(key, 0.0) + value
            else:
                self._values[key] = value
            if self._writer is None:
                self._writer = threading.Thread(target=self._write_always, daemon=True)
                self._writer.start()
        self._changed.set()

    def text(self) -> str:
        lines, seen = [], set()
        with self._lock:
            for (name, labels), value in sorted(self._values.items()):
                self._head(name, seen, lines)
                lines.append(f"{_named(name)}{_braces(labels)} {value!r}")
            for (name, labels), (counts, total) in sorted(self._histograms.items()):
                self._head(name, seen, lines)
                below = 0
                for bound, count in zip((*map(str, BUCKETS), "+Inf"), counts):
                    below += count
                    lines.append(f"{_named(name)}_bucket{_braces((*labels, ('le', bound)))} {below}")
                lines.append(f"{_named(name)}_sum{_braces(labels)} {total!r}")
                lines.append(f"{_named(name)}_count{_braces(labels)} {below}")
        return "".join(line + "\n" for line in lines)

    def write(self):
        beside = self._path + ".new"
        with open(beside, "w", encoding="utf-8") as file:
            file.write(self.text())
        os.replace(beside, self._path)

    def _head(self, name, seen, lines):
        if name not in seen:
            seen.add(name)
            lines.append(f"# TYPE {_named(name)} {self._types[name]}")

    def _write_always(self):
        pause = threading.Event()
        while True:
            self._changed.wait()
            self._changed.clear()
            try:
                self.write()
            except OSError:
                return  # the server is gone, and the folder with it
            pause.wait(PAUSE)


def _named(name: str) -> str:
    name = re.sub(r"[^a-zA-Z0-9_:]", "_", name)
    return "_" + name if name[:1].isdigit() else name


def _braces(labels) -> str:
    def quoted(value) -> str:
        return str(value).replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')

    return "{" + ",".join(f'{_named(name)}="{quoted(value)}"' for name, value in labels) + "}"
