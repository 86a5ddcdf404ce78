"""Predictions from a few threads, each answer looked at: a bounded load, not a benchmark."""

import collections
import threading
import time
import uuid

import botocore.exceptions

PATIENCE = 60  # seconds after which an answer counts as never coming


class Load:
    """`with Load(platform, endpoint) as load:` asks all the while; `answer` makes the body that is
    expected from the one that was sent. Members: `answered` (by variant), `order` (the variants, as
    they answered), `failed` (texts), `wrong` and `hung` (never allowed)."""

    def __init__(self, platform, endpoint: str, threads: int = 4, answer=lambda body: body,
                 pause: float = 0.005):
        self.platform = platform
        self.endpoint = endpoint
        self.answer = answer
        self.pause = pause
        self.answered = collections.Counter()
        self.order: list[str] = []
        self.failed: list[str] = []
        self.wrong: list[str] = []
        self.hung: list[str] = []
        self.slowest = 0.0
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run, args=(i,)) for i in range(threads)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(2 * PATIENCE)
            assert not thread.is_alive(), "a request has no end"

    def total(self) -> int:
        with self._lock:
            return sum(self.answered.values())

    def wait_for_more(self, count: int, seconds: float = 120) -> None:
        """Until so many more were answered."""
        wanted, deadline = self.total() + count, time.monotonic() + seconds
        while self.total() < wanted:
            assert time.monotonic() < deadline, (
                f"no answers any more; the last failures: {self.failed[-3:]}")
            time.sleep(0.01)

    def check(self) -> None:
        """What holds whatever is killed."""
        assert not self.wrong, self.wrong[:3]
        assert not self.hung, self.hung[:3]

    def _run(self, number: int) -> None:
        client = self.platform.client("sagemaker-runtime", read_timeout=PATIENCE)
        count = 0
        # No body comes twice: one over which two workers were killed is refused from then on.
        ours = uuid.uuid4().hex[:8]
        while not self._stop.is_set():
            count += 1
            body = f"{ours}/{number}/{count}".encode()
            began = time.monotonic()
            try:
                reply = client.invoke_endpoint(EndpointName=self.endpoint, Body=body,
                                               ContentType="application/octet-stream")
                got = reply["Body"].read()
                with self._lock:
                    if got != self.answer(body):
                        self.wrong.append(f"{body!r} was answered with {got!r}")
                    self.answered[reply["InvokedProductionVariant"]] += 1
                    self.order.append(reply["InvokedProductionVariant"])
            except botocore.exceptions.ReadTimeoutError as error:
                self.hung.append(f"{body!r}: {error}")
            except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
                self.failed.append(f"{type(error).__name__}: {error}")
            self.slowest = max(self.slowest, time.monotonic() - began)
            self._stop.wait(self.pause)
