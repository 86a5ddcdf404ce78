"""The examples of docs/clients/ run as they stand there, each by its own client's environment."""

import os
import pathlib
import subprocess
import sys

from support import sdk
from support.pages import example
from support.platform import OFFLINE, ROOT
from support.processes import wait_until

DEPS = ROOT / ".deps"
S3FS = DEPS / "venv-s3fs" / "bin"
SAGEMAKER3 = DEPS / "venv-sagemaker3" / "bin"
AIRFLOW = DEPS / "venv-airflow" / "bin"


def run(gyre, folder: pathlib.Path, *command, tools=pathlib.Path(sys.executable).parent,
        timeout: float = 300, **more: str) -> str:
    """What the command printed, in that folder and with what `gyre env` exports."""
    ended = subprocess.run(
        [str(word) for word in command], cwd=folder, text=True, capture_output=True,
        timeout=timeout,
        env={**gyre.environ(), "PATH": f"{tools}:{os.environ['PATH']}", "HOME": str(folder),
             "PYTHONPATH": OFFLINE, **more})
    assert ended.returncode == 0, ended.stdout + ended.stderr + gyre.log()[-4000:]
    return ended.stdout


def bash(gyre, folder, page: str, **more) -> str:
    return run(gyre, folder, "bash", "-euo", "pipefail", "-c", example(page, "bash"), **more)


def test_gremlinpython(gyre, tmp_path):
    assert run(gyre, tmp_path, sys.executable, "-c", example("clients/gremlin.md", "python")) == "['bob']\n"


def test_boto3(gyre, tmp_path):
    said = run(gyre, tmp_path, sys.executable, "-c", example("clients/boto3.md", "python"))
    assert "['stripes', 'no idea']" in said


def test_transform(gyre, tmp_path):
    said = run(gyre, tmp_path, sys.executable, "-c", example("clients/transform.md", "python"))
    assert r"out/monday.csv.out b'ann,3\nbob,7\n'" in said
    assert r"out/tuesday.csv.out b'ann,11\n'" in said


def test_aws_cli(gyre, tmp_path):
    said = bash(gyre, tmp_path, "clients/aws-cli.md")
    assert "HELLO THERE" in said
    assert "pictures/old/quagga.txt" in said and "delete: s3://loud/pictures/zebra.txt" in said
    assert "s3:GetObject\tallowed" in said and "s3:PutObject\timplicitDeny" in said


def test_sagemaker_sdk(gyre, tmp_path):
    said = sdk.run(gyre, example("clients/sagemaker-sdk.md", "python"), tmp_path)
    assert said.count("[0.") == 3
    logs = gyre.client("logs")
    wait_until(lambda: "rows: 3" in [event["message"] for event in logs.filter_log_events(
        logGroupName="/aws/sagemaker/Endpoints/trial", filterPattern="rows")["events"]], 60)


def test_sagemaker_sdk_v3(gyre, tmp_path):
    said = run(gyre, tmp_path, SAGEMAKER3 / "python", "-W", "ignore", "-c",
               example("clients/sagemaker-sdk-v3.md", "python"))
    assert "[2, 4]" in said
    assert "legs-v3 InService" in said


def test_javascript(gyre, tmp_path):
    (tmp_path / "node_modules").symlink_to(DEPS / "node" / "node_modules")
    (tmp_path / "example.mjs").write_text(example("clients/javascript.md", "js"))
    said = run(gyre, tmp_path, "node", "example.mjs")
    assert "GOOD MORNING" in said
    assert f"big {12 << 20}" in said and f"presigned: {12 << 20}" in said


def test_minio_py(gyre, tmp_path):
    said = run(gyre, tmp_path, S3FS / "python", "-c", example("clients/minio-py.md", "python"))
    assert "sunny" in said and "b'hello'" in said
    assert f"folder/copy {12 << 20}" in said


def test_s3cmd(gyre, tmp_path):
    said = bash(gyre, tmp_path, "clients/s3cmd.md", tools=S3FS)
    assert "s3://by-s3cmd/pictures/old/quagga.txt" in said
    assert "delete: 's3://by-s3cmd/pictures/zebra.txt'" in said
    assert "20000000" in said


def test_rclone(gyre, tmp_path):
    said = bash(gyre, tmp_path, "clients/rclone.md")
    assert "pictures/old/quagga.txt" in said and said.endswith("quagga\n")


def test_pandas(gyre, tmp_path):
    said = run(gyre, tmp_path, S3FS / "python", "-c", example("clients/pandas.md", "python"))
    assert "tables/animals.parquet" in said and "1000" in said.splitlines()


def test_airflow(gyre, tmp_path):
    dags = tmp_path / "airflow" / "dags"
    dags.mkdir(parents=True)
    (dags / "deploy.py").write_text(example("clients/airflow.md", "python"))
    more = {"AIRFLOW_HOME": str(tmp_path / "airflow"), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    run(gyre, tmp_path, AIRFLOW / "airflow", "db", "migrate", tools=AIRFLOW, **more)
    said = run(gyre, tmp_path, AIRFLOW / "python", dags / "deploy.py", tools=AIRFLOW, **more)
    assert "the model says GOOD MORNING" in said
