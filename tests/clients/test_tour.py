"""The tour's deployment: it begins anew over what an earlier run has left."""

import pathlib
import subprocess
import sys

from support import models
from support.processes import wait_until

TOUR = pathlib.Path(__file__).resolve().parents[2] / "examples" / "tour"
# The deployment alone, without the network and its pictures.
DEPLOY = """
import pathlib, sys, types
sys.modules["classifier"] = types.ModuleType("classifier")
import tour
tour.deploy(pathlib.Path(sys.argv[1]))
"""


def test_a_tour_after_one_that_was_cut(gyre, tmp_path):
    began = tmp_path / "began"
    gyre.put_model("tour", models.inference(
        f"import pathlib, time\npathlib.Path({str(began)!r}).touch()\ntime.sleep(1000)\n"))
    gyre.put_config("tour", {"model": "tour"})
    gyre.client("sagemaker").create_endpoint(EndpointName="tour", EndpointConfigName="tour")
    wait_until(began.exists, 60)
    archive = tmp_path / "model.tar.gz"
    archive.write_bytes(models.echo())
    for said in ("InService", "of an earlier tour is in service"):
        ran = subprocess.run([sys.executable, "-c", DEPLOY, str(archive)], text=True, timeout=300,
                             env={**gyre.environ(), "PYTHONPATH": str(TOUR)},
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert ran.returncode == 0, ran.stdout
        assert said in ran.stdout
    assert gyre.invoke("tour", b"hello")["Body"].read() == b"hello"
