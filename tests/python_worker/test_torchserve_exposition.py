"""What handlers count, as a file in Prometheus' text."""

import threading
import time
from collections import namedtuple

import pytest

from gyre_worker.torchserve import exposition
from gyre_worker.torchserve.exposition import Exposition
from gyre_worker.torchserve.metrics import Metrics, MetricsCacheKeyError


def test_only_what_is_named_counts(tmp_path):
    some = Exposition(str(tmp_path), {"Asked": "counter", "Time": "gauge", "Size": "histogram"})
    for value in (1, 2):
        some.add("Asked", value, {"Mood": 'a "b"\n'})
        some.add("Time", value, {})
        some.add("Size", value, {})
    some.add("Other", 1, {})
    some.add("Time", "no number", {})
    lines = [line.replace(some._host, "h") for line in some.text().splitlines()]
    assert 'Asked{Mood="a \\"b\\"\\n",Hostname="h"} 3.0' in lines
    assert 'Time{Hostname="h"} 2.0' in lines
    assert 'Size_bucket{Hostname="h",le="1"} 1' in lines
    assert 'Size_bucket{Hostname="h",le="+Inf"} 2' in lines
    assert 'Size_sum{Hostname="h"} 3.0' in lines and 'Size_count{Hostname="h"} 2' in lines
    assert not any("Other" in line for line in lines)
    assert [line for line in lines if line.startswith("#")] == [
        "# TYPE Asked counter", "# TYPE Time gauge", "# TYPE Size histogram"]


def test_what_is_detected_keeps_its_first_kind_and_gets_a_name(tmp_path):
    every = Exposition(str(tmp_path), {}, auto_detect=True)
    every.add("9 lives", 1, {}, "counter")
    every.add("9 lives", 1, {}, "gauge")
    assert "# TYPE _9_lives counter" in every.text() and " 2.0" in every.text()


def test_the_file_follows(tmp_path):
    some = Exposition(str(tmp_path), {"Asked": "counter"})
    threads = [threading.Thread(target=lambda: [some.add("Asked", 1, {}) for _ in range(100)])
               for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        files = [path for path in tmp_path.iterdir() if path.suffix == ".prom"]
        if files and " 400.0" in files[0].read_text():
            break
        time.sleep(0.02)
    else:
        pytest.fail("the file never had all of it")


def test_of_the_environment(tmp_path):
    def of(environment):
        return exposition.of_environment(environment, exposition.declared(environment))

    assert of({}) is None
    usual = of({exposition.FOLDER: str(tmp_path)})
    usual.add("HandlerTime", 3, {"ModelName": "m"})
    usual.add("Mine", 3, {})
    assert "HandlerTime" in usual.text() and "Mine" not in usual.text()
    config = tmp_path / "metrics.yaml"
    config.write_text("model_metrics:\n  counter:\n    - {name: Mine, unit: count}\n  gauge:\n")
    own = of({exposition.FOLDER: str(tmp_path), exposition.CONFIG: str(config)})
    own.add("Mine", 3, {})
    assert "# TYPE Mine counter" in own.text()
    for wrong in ("model_metrics: [a]", "model_metrics: {count: [{name: a}]}",
                  "model_metrics: {counter: [a]}"):
        config.write_text(wrong)
        with pytest.raises(ValueError, match="metrics_config"):
            exposition.read_config(str(config))


Dimension = namedtuple("Dimension", "name value")
# TorchServe's examples/custom_metrics, in shape.
CUSTOM = """
model_metrics:
  counter:
    - {name: InferenceRequestCount, unit: count, dimensions: []}
    - {name: PostprocessCallCount, unit: CallCount, dimensions: [ModelName, Level]}
  gauge:
    - {name: RequestBatchSize, unit: kB, dimensions: [ModelName]}
"""


def test_metrics_that_are_declared_or_made_are_found_again(tmp_path, capsys, caplog):
    config = tmp_path / "metrics.yaml"
    config.write_text(CUSTOM)
    environment = {exposition.FOLDER: str(tmp_path), exposition.CONFIG: str(config)}
    declared = exposition.declared(environment)
    prometheus = exposition.of_environment(environment, declared)
    metrics = Metrics("m", prometheus, declared)

    def said() -> str:
        return capsys.readouterr().out.rpartition("|#hostname")[0]

    metrics.get_metric("InferenceRequestCount").add_or_update(1, [])
    assert said() == "[METRICS]InferenceRequestCount.Count:1|#"
    metrics.get_metric(metric_name="RequestBatchSize", metric_type="gauge").add_or_update(
        value=3, dimension_values=["m"])
    assert said() == "[METRICS]RequestBatchSize.Kilobytes:3|#ModelName:m"
    metrics.add_counter("PostprocessCallCount", 1)
    assert said() == "[METRICS]PostprocessCallCount.CallCount:1|#ModelName:m,Level:Model"
    made = metrics.add_metric_to_cache("Moods", "count", ["Mood"])
    assert metrics.get_metric("Moods") is made
    metrics.get_metric("Moods").add_or_update(2, ["fine"], "id-1")
    assert said() == "[METRICS]Moods.Count:2|#Mood:fine"
    metrics.add_time("Slept", 5)  # one that a value made is found, too
    metrics.get_metric("Slept", "gauge").add_or_update(6, ["m", "Model"])
    assert "Slept.Milliseconds:6|#ModelName:m,Level:Model" in said()
    for name, kind in (("Moods", "gauge"), ("Nobody", "counter")):
        with pytest.raises(MetricsCacheKeyError, match="doesn't exist"):
            metrics.get_metric(name, kind)

    made.add_or_update(1)  # what does not fit is a line of the log
    made.add_or_update(-1, ["bad"])
    assert not capsys.readouterr().out
    assert "should correspond to Dimension names" in caplog.text
    assert "cannot be negative" in caplog.text
    made.update(4, dimensions=[Dimension("Colour", "red")])
    assert said() == "[METRICS]Moods.Count:4|#Colour:red"
    text = prometheus.text()
    assert "InferenceRequestCount{Hostname=" in text and 'RequestBatchSize{ModelName="m",Host' in text
    assert "Moods" not in text, "it is not declared"
