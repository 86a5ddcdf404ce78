"""Gyre under measurement: a platform of the benchmark's own, with endpoints to put under load."""

import pathlib
import sys

from .load_generator import Target
from .machine import ROOT

sys.path.insert(0, str(ROOT / "tests"))

from support import models  # noqa: E402  (found by the line above)
from support.platform import Platform  # noqa: E402


class GyreServer:
    """`with GyreServer(folder) as gyre: gyre.deploy("noop", models.echo())`"""

    def __init__(self, folder: pathlib.Path, config: str = ""):
        self.platform = Platform(folder, config)

    def __enter__(self) -> "GyreServer":
        self.platform.start()
        return self

    def __exit__(self, *_) -> None:
        self.platform.stop()

    def deploy(self, name: str, files: dict, environment: dict[str, str] | None = None) -> Target:
        """Deploys a model.tar.gz of these files and waits until it serves."""
        self.platform.deploy(name, models.tarball(files), environment)
        return self.target(name)

    def target(self, endpoint: str, content_type: str = "application/x-npy") -> Target:
        return Target(address=self.platform.url.removeprefix("http://"),
                      path=f"/endpoints/{endpoint}/invocations", pid=self.platform.process.pid,
                      keys=self.platform.keys(), content_type=content_type,
                      headers=("Accept: application/x-npy",))
