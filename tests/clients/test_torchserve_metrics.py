"""TorchServe's metrics: the names that its dashboards read, and those that handlers count."""

import re
import time

import requests

from support.processes import wait_until
from support.torchserve import TorchServe, archive

COUNTS = '''
import os
from ts.metrics.dimension import Dimension
from ts.metrics.metric_type_enum import MetricTypes
from ts.torch_handler.base_handler import BaseHandler

class Counts(BaseHandler):
    def initialize(self, context):
        self.bytes = context.metrics.add_metric_to_cache(
            metric_name="BodyBytes", unit="bytes", dimension_names=["ModelName", "Mood"],
            metric_type=MetricTypes.HISTOGRAM)

    def preprocess(self, data):
        metrics = self.context.metrics
        metrics.add_counter("Asked", len(data), dimensions=[Dimension("Mood", 'so "so"')])
        metrics.add_time("Thinking", 12.5)
        metrics.add_error("Oops", "a text")
        metrics.add_metric("Wordy", "no number")
        self.bytes.add_or_update(len(bytes(data[0]["body"])), ["counts", "calm"])
        if bytes(data[0]["body"]) == b"exit":
            os._exit(3)
        return data

    def inference(self, data):
        return data

    def postprocess(self, data):
        return ["done"] * len(data)
'''
CONFIG = """
dimensions:
  - &model_name "ModelName"
  - &level "Level"
ts_metrics:
  counter:
    - name: Requests2XX
      unit: Count
      dimensions: [*level]
model_metrics:
  counter:
    - name: Asked
      unit: count
      dimensions: ["Mood", *model_name, *level]
  histogram:
    - name: BodyBytes
      unit: bytes
      dimensions: [*model_name, "Mood"]
"""
MACHINE = ("CPUUtilization", "MemoryUsed", "MemoryAvailable", "MemoryUtilization", "DiskUsage",
           "DiskUtilization", "DiskAvailable")


def read(server: TorchServe, query: str = "") -> dict[str, list[tuple[str, float]]]:
    """(labels, value) by name; each sample once, each family's type before it."""
    text = requests.get(server.metrics + "/metrics" + query, timeout=30).text
    found, types = {}, set()
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            assert line.split()[2] not in types, line
            types.add(line.split()[2])
        if not line or line.startswith("#"):
            continue
        name, labels, value = re.fullmatch(r"([\w:]+)(\{.*\})? (\S+)", line).groups()
        assert labels not in [other for other, _ in found.get(name, [])], line
        found.setdefault(name, []).append((labels or "", float(value)))
    return found


def value(found: dict, name: str, *parts: str) -> float:
    return sum(value for labels, value in found[name] if all(part in labels for part in parts))


def test_names_of_the_dashboards(tmp_path):
    archive(tmp_path / "store", "counts", COUNTS)
    with TorchServe(tmp_path, "") as server:
        assert server.register("counts.mar", initial_workers=2).status_code == 200
        assert server.predict("counts", b"x").text == "done"
        assert server.predict("nobody", b"x").status_code == 404
        found = read(server)
        for name in ("ts_inference_requests_total", "ts_inference_latency_microseconds",
                     "ts_queue_latency_microseconds"):
            labels = found[name][0][0]
            assert labels.startswith('{model_name="counts",model_version="default",hostname="')
            assert labels.endswith('",}')
        assert value(found, "Requests2XX", 'Level="Host"', "Hostname=") >= 1
        # The lines that TorchServe's own tests and their Postman collections look for.
        text = requests.get(server.metrics + "/metrics", timeout=30).text
        assert re.search(r'^Requests2XX\{Level="Host",Hostname=".+",\} \d+\.\d+$', text, re.MULTILINE)
        assert re.search(r'^WorkerLoadTime\{WorkerName=".+",Level="Host",Hostname=".+",\} \d+\.\d+$',
                         text, re.MULTILINE)
        assert value(found, "Requests4XX") >= 1 and value(found, "Requests5XX") == 0
        assert value(found, "QueueTime") >= 0 and value(found, "WorkerThreadTime") >= 0
        loads = dict(found["WorkerLoadTime"])
        assert len(loads) == 2 and all(took > 0 for took in loads.values())
        assert any('WorkerName="W-9000-counts_1.0"' in labels for labels in loads)
        for name in MACHINE:
            assert len(found[name]) == 1 and found[name][0][1] >= 0, name
        assert 0 < value(found, "MemoryUtilization") < 100
        assert "Asked" not in found and "HandlerTime" not in found  # in the log alone
        some = read(server, "?name[]=Requests2XX&name[]=CPUUtilization")
        assert set(some) == {"Requests2XX", "CPUUtilization"}
    with TorchServe(tmp_path, "disable_system_metrics=true\n") as server:
        assert not set(MACHINE) & set(read(server))


def eventually(server: TorchServe, name: str, wanted: float, *parts: str) -> dict:
    """They are a moment behind."""
    deadline = time.monotonic() + 60
    while True:
        found = read(server)
        if name in found and value(found, name, *parts) == wanted:
            return found
        assert time.monotonic() < deadline, found.get(name)
        time.sleep(0.05)


def test_what_handlers_count(tmp_path):
    archive(tmp_path / "store", "counts", COUNTS)
    with TorchServe(tmp_path, "metrics_mode=prometheus\n") as server:
        assert server.register("counts.mar").status_code == 200
        assert server.predict("counts", b"x").text == "done"
        deadline = time.monotonic() + 60
        while not {"HandlerTime", "PredictionTime"} <= set(found := read(server)):
            assert time.monotonic() < deadline, set(found)
            time.sleep(0.05)
        assert value(found, "HandlerTime", 'ModelName="counts"', 'Level="Model"', "Hostname=") >= 0
        assert value(found, "PredictionTime", 'ModelName="counts"') >= 0
        assert "Asked" not in found  # it stands in no metrics_config
    (tmp_path / "metrics.yaml").write_text(CONFIG)
    config = f"metrics_mode=prometheus\nmetrics_config={tmp_path}/metrics.yaml\n"
    with TorchServe(tmp_path, config) as server:
        assert server.register("counts.mar", initial_workers=2).status_code == 200
        for _ in range(7):
            assert server.predict("counts", b"xx").text == "done"
        found = eventually(server, "Asked", 7, 'Mood="so \\"so\\""')  # of both workers
        found = eventually(server, "BodyBytes_count", 7, 'Mood="calm"')
        assert value(found, "BodyBytes_sum") == 14
        assert value(found, "BodyBytes_bucket", 'le="1"') == 0
        assert value(found, "BodyBytes_bucket", 'le="2.5"') == 7
        assert "Thinking" not in found and "HandlerTime" not in found
        assert requests.delete(server.management + "/models/counts", timeout=60).ok
        eventually(server, "Asked", 7)  # the workers are gone, what they counted is not
    with TorchServe(tmp_path, config + "model_metrics_auto_detect=true\n") as server:
        assert server.register("counts.mar").status_code == 200
        assert server.predict("counts", b"x").text == "done"
        found = eventually(server, "Thinking", 12.5)
        assert "Oops" not in found and "Wordy" not in found


FINDS = """
class Finds:
    def initialize(self, context):
        self.asked = context.metrics.get_metric("Asked")

    def handle(self, data, context):
        self.asked.add_or_update(len(data), ["calm", context.model_name, "Model"])
        return ["done"] * len(data)
"""


def test_what_is_declared_handlers_find_where_the_log_is_all_too(tmp_path):
    archive(tmp_path / "store", "finds", FINDS)
    (tmp_path / "metrics.yaml").write_text(CONFIG)
    with TorchServe(tmp_path, f"metrics_config={tmp_path}/metrics.yaml\n") as server:
        answer = server.register("finds.mar", model_name="renamed")
        assert answer.status_code == 200, answer.text
        assert server.predict("renamed", b"x").text == "done"
        wait_until(lambda: "[METRICS]Asked.Count:1|#Mood:calm,ModelName:renamed,Level:Model|#" in
                   (tmp_path / "log").read_text(), 60)


def test_a_metrics_config_that_cannot_be_read_is_named(tmp_path):
    archive(tmp_path / "store", "counts", COUNTS)
    (tmp_path / "metrics.yaml").write_text("model_metrics: [a]\n")
    config = f"metrics_mode=prometheus\nmetrics_config={tmp_path}/metrics.yaml\n"
    with TorchServe(tmp_path, config) as server:
        answer = server.register("counts.mar")
        assert answer.status_code == 500 and "metrics_config" in answer.json()["message"]
