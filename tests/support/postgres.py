"""A PostgreSQL of a test's own: in a temporary folder, on a Unix socket there, ended by its process id."""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

# PostgreSQL refuses to run as root, and a change of user forgets whose end is the program's own.
AS_NOBODY = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--pdeathsig=KILL"]


def programs() -> pathlib.Path:
    """Where Debian has those of the newest version."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"),
                   key=lambda path: int(path.parent.parent.name))
    assert found, "PostgreSQL is not installed: see tools/apt-packages-test.txt"
    return found[-1].parent


class Postgres:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gyre-pg-"))
        self.process = None
        self._before = AS_NOBODY if os.geteuid() == 0 else []
        if self._before:
            shutil.chown(self.folder, "nobody", "nogroup")
        self._run("initdb", "-D", self.folder / "data", "-U", "gyre", "-A", "trust", "-E", "UTF8",
                  "--locale=C.UTF-8", "--no-sync")

    def _run(self, program: str, *arguments) -> None:
        subprocess.run([*self._before, programs() / program, *arguments], check=True,
                       cwd=self.folder, stdout=subprocess.DEVNULL, timeout=120)

    def start(self) -> "Postgres":
        with open(self.folder.parent / (self.folder.name + ".log"), "ab") as log:
            self.process = subprocess.Popen(
                [*self._before, programs() / "postgres", "-D", self.folder / "data",
                 "-k", self.folder, "-c", "listen_addresses=", "-c", "fsync=off"],
                cwd=self.folder, stdout=log, stderr=log)
        self._wait()
        return self

    def _wait(self) -> None:
        for _ in range(600):
            ready = subprocess.run([programs() / "pg_isready", "-h", self.folder, "-q"])
            if ready.returncode == 0:
                return
            assert self.process.poll() is None, "PostgreSQL ended"
            time.sleep(0.1)
        raise TimeoutError("PostgreSQL does not answer")

    @property
    def where(self) -> str:
        """What `catalog.database` takes."""
        return f"postgresql:///postgres?host={self.folder}&user=gyre"

    def ask(self, sql: str) -> str:
        return subprocess.run([programs() / "psql", "-h", self.folder, "-U", "gyre", "-d", "postgres",
                               "-Atc", sql], check=True, capture_output=True, text=True,
                              timeout=60).stdout.strip()

    def stop(self) -> None:
        """At once: open connections are cut."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(60)
            self.process = None

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder)
        (self.folder.parent / (self.folder.name + ".log")).unlink(missing_ok=True)
