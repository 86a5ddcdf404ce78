"""SageMaker's own Python SDK in a process of its own, as a user's script runs it."""

import pathlib
import subprocess
import sys

from .platform import OFFLINE

# The SDK looks at endpoints every 30 s, which no setting changes; all else is as it comes.
PRELUDE = """
import sagemaker.session
assert sagemaker.session.Session.wait_for_endpoint.__defaults__ == (30, False)
sagemaker.session.Session.wait_for_endpoint.__defaults__ = (0.5, False)
"""


def run(platform, script: str, folder: pathlib.Path) -> str:
    """What the script printed; its telemetry is answered by the platform too. AssertionError with all that it said when it fails."""
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PRELUDE + script], cwd=folder, text=True,
        capture_output=True, timeout=300,
        env={**platform.environ(), "HOME": str(folder), "PYTHONPATH": OFFLINE})
    assert ended.returncode == 0, ended.stdout + ended.stderr + platform.log()[-4000:]
    return ended.stdout
