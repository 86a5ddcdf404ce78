"""What a suite gets: how long it may take, a folder of its own, and the report it fills."""

import pathlib
import subprocess

from . import machine
from .report import Report


class Bench:
    def __init__(self, name: str, title: str, quick: bool, folder: pathlib.Path):
        self.quick = quick
        self.folder = folder
        self.rounds = 2 if quick else 5
        self.seconds = 2.5 if quick else 4
        self.report = Report(name, title, machine.facts(),
                             {"rounds": self.rounds, "seconds a round": self.seconds})
        self._folders = 0

    def new_folder(self, name: str) -> pathlib.Path:
        self._folders += 1
        folder = self.folder / f"{self._folders}-{name}"
        folder.mkdir(parents=True)
        return folder

    def say(self, text: str) -> None:
        self.report.say(text)

    def program(self, name: str, *arguments, timeout: float = 300) -> str:
        """Standard output of one of our own programs."""
        done = subprocess.run([machine.BIN / name, *map(str, arguments)], text=True,
                              capture_output=True, timeout=timeout)
        if done.returncode != 0:
            raise RuntimeError(f"{name} failed: {done.stderr.strip()[-2000:]}")
        return done.stdout
