"""The examples of docs/clients/ run as they stand there."""

import os
import pathlib
import subprocess
import sys

from support import sdk
from support.pages import example


def run(gyre, tmp_path, *command: str) -> str:
    tools = pathlib.Path(sys.executable).parent  # where `aws` is
    ended = subprocess.run(command, cwd=tmp_path, text=True, capture_output=True, timeout=300,
                           env={**gyre.environ(), "PATH": f"{tools}:{os.environ['PATH']}"})
    assert ended.returncode == 0, ended.stdout + ended.stderr + gyre.log()[-4000:]
    return ended.stdout


def test_boto3(gyre, tmp_path):
    said = run(gyre, tmp_path, sys.executable, "-c", example("clients/boto3.md", "python"))
    assert "['stripes', 'no idea']" in said


def test_aws_cli(gyre, tmp_path):
    said = run(gyre, tmp_path, "bash", "-euo", "pipefail", "-c",
               example("clients/aws-cli.md", "bash"))
    assert "HELLO THERE" in said


def test_sagemaker_sdk(gyre, tmp_path):
    said = sdk.run(gyre, example("clients/sagemaker-sdk.md", "python"), tmp_path)
    assert said.count("[0.") == 3
    events = gyre.client("logs").filter_log_events(
        logGroupName="/aws/sagemaker/Endpoints/trial", filterPattern="rows")["events"]
    assert "rows: 3" in [event["message"] for event in events]
