"""What python/gyre_convert finds out about TorchScript, and what it believes."""

import json
import pathlib
import subprocess
import sys

import pytest
import torch

PYTHON = pathlib.Path(__file__).resolve().parents[2] / "python"
sys.path.insert(0, str(PYTHON))

from gyre_convert.input_shapes import find_inputs  # noqa: E402
from gyre_convert.torchscript import convert  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of torch.jit


def saved(module, path, *example):
    script = torch.jit.trace(module.eval(), example) if example else torch.jit.script(module.eval())
    script.save(str(path))
    return {"action": "torchscript", "model": str(path), "inputs": [], "output": str(path.parent)}


@pytest.mark.parametrize("layer, example, kind, shape", [
    (torch.nn.Conv2d(6, 4, 3, groups=2), torch.zeros(1, 6, 8, 8), "FP32", [-1, 6, -1, -1]),
    (torch.nn.Conv1d(5, 4, 3), torch.zeros(1, 5, 8), "FP32", [-1, 5, -1]),
    (torch.nn.Linear(7, 2), torch.zeros(1, 7), "FP32", [-1, 7]),
    (torch.nn.Linear(7, 2).double(), torch.zeros(1, 7).double(), "FP64", [-1, 7]),
    (torch.nn.Embedding(9, 2), torch.zeros(1, 3, dtype=torch.int64), "INT64", [-1, -1]),
    (torch.nn.Sequential(torch.nn.ZeroPad2d(1), torch.nn.Conv2d(3, 4, 3)),
     torch.zeros(1, 3, 8, 8), "FP32", [-1, 3, -1, -1]),
])
def test_inputs_are_read_off_the_first_layer(layer, example, kind, shape):
    found, = find_inputs(torch.jit.trace(layer.eval(), example))
    assert (found["type"], found["shape"]) == (kind, shape)


def test_inputs_that_meet_no_weights_are_not_guessed():
    class Sum(torch.nn.Module):
        def forward(self, x, y):
            return x + y

    assert find_inputs(torch.jit.script(Sum())) is None


def test_a_size_that_is_the_only_one_is_fixed(tmp_path):
    net = torch.nn.Sequential(torch.nn.Conv2d(3, 2, 3), torch.nn.Flatten(),
                              torch.nn.Linear(2 * 30 * 30, 4))
    report = convert(saved(net, tmp_path / "m.pt", torch.zeros(1, 3, 32, 32)), tmp_path)
    assert report["outcome"] == "converted", report
    assert report["inputs"][0]["shape"] == [-1, 3, 32, 32]


def test_answers_that_differ_are_not_believed(tmp_path):
    class Random(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(3, 3)

        def forward(self, x):
            return self.layer(x) + torch.rand(3)

    report = convert(saved(Random(), tmp_path / "m.pt"), tmp_path)
    assert report["outcome"] == "unconvertible"
    assert not (tmp_path / "model.xml").exists()


def test_weights_alone_are_refused_with_the_way_out(tmp_path):
    torch.save(torch.nn.Linear(2, 2).state_dict(), tmp_path / "m.pth")
    job = {"action": "torchscript", "model": str(tmp_path / "m.pth"), "inputs": [],
           "output": str(tmp_path)}
    (tmp_path / "job.json").write_text(json.dumps(job))
    subprocess.run([sys.executable, "-m", "gyre_convert", str(tmp_path / "job.json")], check=True,
                   env={"PYTHONPATH": str(PYTHON)})
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["outcome"] == "damaged"
    assert "inference.py" in report["reason"]
