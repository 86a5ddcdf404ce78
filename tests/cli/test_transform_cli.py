"""`gyre transform` from a folder to a folder, and `gyre transforms`."""

import json
import re
import subprocess

import pytest

from support import models
from support.platform import BIN
from support.processes import wait_until


def run(gyre, *arguments) -> subprocess.CompletedProcess:
    return subprocess.run([BIN / "gyre", *map(str, arguments), "--data", gyre.data], text=True,
                          capture_output=True, timeout=300)


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.tar.gz"
    path.write_bytes(models.inference(
        "def model_fn(model_dir):\n    return None\n"
        "def input_fn(body, content_type):\n    return body\n"
        "def predict_fn(data, model):\n"
        "    if 'bad' in data:\n        raise ValueError('no bad rows')\n"
        "    return data\n"
        "def output_fn(data, accept):\n    return str(len(data.split(','))), 'text/csv'\n"))
    return path


def test_a_folder_to_a_folder(gyre, tmp_path, model):
    source = tmp_path / "in"
    (source / "deep er").mkdir(parents=True)
    (source / "a.csv").write_text("id-1,1,2\nid-2,3\n")
    (source / "deep er" / "b+ü.csv").write_text("id-3,1,2,3\n")
    target = tmp_path / "out"
    done = run(gyre, "transform", model, source, target, "--split", "Line", "--strategy",
               "SingleRecord", "--lines", "--join", "--input-filter", "$[1:]", "--output-filter",
               "$[0,-1]", "--name", "cli-transform", "--json")
    assert done.returncode == 0, done.stderr
    assert (target / "a.csv.out").read_text() == "id-1,2\nid-2,1\n"
    assert (target / "deep er" / "b+ü.csv.out").read_text() == "id-3,3\n"
    progress = json.loads(done.stdout)["Progress"]
    assert progress["ObjectsDone"] == 2 and progress["RecordsDone"] == 3
    assert "2 of 2 objects" in done.stderr
    # What it made for itself is gone.
    listed = gyre.client("s3").list_objects_v2(Bucket="gyre-transform", Prefix="cli-transform/")
    assert listed["KeyCount"] == 0
    assert run(gyre, "models").stdout.find("cli-transform") < 0
    listed = run(gyre, "transforms", "cli-transform")
    assert listed.stdout.startswith("cli-transform\tCompleted\t2 of 2 objects")


def test_a_bad_record(gyre, tmp_path, model):
    source = tmp_path / "in"
    source.mkdir()
    (source / "good").write_text("1\n")
    (source / "spoiled").write_text("1\nbad\n")
    target = tmp_path / "out"
    done = run(gyre, "transform", model, source, target, "--split", "Line", "--strategy",
               "SingleRecord", "--name", "cli-spoiled", "--content-type", "text/csv")
    assert done.returncode == 1
    assert "1 of 2 objects failed" in done.stderr
    assert (target / "good.out").exists() and not (target / "spoiled.out").exists()
    report = json.loads((target / "cli-spoiled.errors.jsonl").read_text())
    assert report["record"] == 1


def test_what_is_not_there(gyre, tmp_path):
    done = run(gyre, "transform", "no-such-model", tmp_path, tmp_path / "out")
    assert done.returncode == 1 and "has no files" in done.stderr
    (tmp_path / "a").write_text("x")
    done = run(gyre, "transform", "no-such-model", tmp_path, tmp_path / "out")
    assert done.returncode == 1 and "gyre models" in done.stderr
    assert "there is no transform job" in run(gyre, "transforms", "nowhere").stderr
    assert run(gyre, "transform", "m", "i", "o", "--split", "Words").returncode == 2


def test_output_that_is_no_folder(gyre, tmp_path, model):
    (tmp_path / "in.csv").write_text("1\n")
    (tmp_path / "out.csv").write_text("mine")
    done = run(gyre, "transform", model, tmp_path / "in.csv", tmp_path / "out.csv", "--name",
               "cli-no-folder")
    assert done.returncode == 1 and "out.csv" in done.stderr
    assert "there is no transform job" in run(gyre, "transforms", "cli-no-folder").stderr


def test_results_that_cannot_be_fetched_are_kept(gyre, tmp_path, model):
    (tmp_path / "in.csv").write_text("1\n")
    target = tmp_path / "out"
    (target / "in.csv.out").mkdir(parents=True)
    done = run(gyre, "transform", model, tmp_path / "in.csv", target, "--name", "cli-kept")
    assert done.returncode == 1
    bucket, prefix = re.search(r"kept at s3://([^/]+)/(\S+)", done.stderr).groups()
    s3 = gyre.client("s3")
    assert s3.get_object(Bucket=bucket, Key=prefix + "in.csv.out")["Body"].read() == b"1"
    listed = s3.list_objects_v2(Bucket=bucket, Prefix="cli-kept/")
    assert listed["KeyCount"] == 1  # the input and the model are gone
    assert run(gyre, "models").stdout.find("cli-kept") < 0


def test_the_name_of_a_job_at_work(gyre, tmp_path):
    """The second fails and leaves the first's files alone."""
    gate = tmp_path / "gate"
    model = tmp_path / "model.tar.gz"
    model.write_bytes(models.inference(
        "import os, time\n"
        "def model_fn(model_dir):\n    return None\n"
        "def input_fn(body, content_type):\n    return body\n"
        "def predict_fn(data, model):\n"
        f"    while not os.path.exists({str(gate)!r}):\n        time.sleep(0.01)\n"
        "    return data\n"
        "def output_fn(data, accept):\n    return data, 'text/csv'\n"))
    gyre.put_model("cli-gated", model.read_bytes())
    for name in ("one.csv", "two.csv"):
        (tmp_path / name).write_text(name)

    def command(name: str) -> list[str]:
        return ["transform", "cli-gated", tmp_path / name, tmp_path / "out", "--name", "cli-twice"]

    with subprocess.Popen([BIN / "gyre", *map(str, command("one.csv")), "--data", gyre.data],
                          text=True, stderr=subprocess.PIPE) as first:
        try:
            wait_until(lambda: run(gyre, "transforms", "cli-twice").returncode == 0, 60)
            second = run(gyre, *command("two.csv"))
            assert second.returncode == 1 and "cli-twice" in second.stderr
        finally:
            gate.touch()
        assert first.wait(120) == 0, first.stderr.read()
    assert (tmp_path / "out" / "one.csv.out").read_text() == "one.csv"
    assert not (tmp_path / "out" / "two.csv.out").exists()
    listed = gyre.client("s3").list_objects_v2(Bucket="gyre-transform", Prefix="cli-twice/")
    assert listed["KeyCount"] == 0
