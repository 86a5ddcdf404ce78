"""`gyre transform` from a folder to a folder, and `gyre transforms`."""

import json
import subprocess

import pytest

from support import models
from support.platform import BIN


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
