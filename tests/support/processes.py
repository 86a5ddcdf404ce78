"""The processes below a platform, found by a mark in their environment."""

import contextlib
import os
import pathlib
import threading
import time
import uuid

MARK = "GYRE_TEST_MARK"


class Marked:
    """`environment` goes to Platform: all that it starts, at whatever depth, inherits the mark."""

    def __init__(self):
        self.environment = {MARK: uuid.uuid4().hex}
        self._mark = f"{MARK}={self.environment[MARK]}".encode()

    def alive(self) -> dict[int, str]:
        """Command lines by process id; without those that have ended and wait to be reaped."""
        found = {}
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if self._mark in (folder / "environ").read_bytes().split(b"\0"):
                    words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
                    if words[0]:
                        found[int(folder.name)] = " ".join(words).strip()
        return found

    def hosts(self) -> list[int]:
        return [pid for pid, words in self.alive().items() if "gyre-host " in words]

    def workers(self) -> list[int]:
        return [pid for pid, words in self.alive().items() if words.endswith("-m gyre_worker")]

    def wait_until_gone(self, seconds: float = 60) -> None:
        """Raises when one of them outlives the platform."""
        wait_until(lambda: not self.alive(), seconds, lambda: f"still there: {self.alive()}")


class Peak:
    """The most resident memory of a process while it is watched."""

    def __init__(self, pid: int):
        self._status = pathlib.Path(f"/proc/{pid}/status")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.bytes = 0

    def _watch(self) -> None:
        while not self._stop.wait(0.05):
            with contextlib.suppress(OSError):  # it has ended
                for line in self._status.read_text().splitlines():
                    if line.startswith("VmRSS:"):
                        self.bytes = max(self.bytes, int(line.split()[1]) << 10)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()


def kill(pid: int, signal: int) -> bool:
    """False when it has ended already."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal)
        return True
    return False


def wait_until(condition, seconds: float, what=lambda: "it did not come to pass"):
    """What the condition gives once it is true."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(what())
        time.sleep(0.02)
    return result
