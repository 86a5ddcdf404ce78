"""Servers side by side: one catalog in PostgreSQL, and another Gyre's store as the S3 of all."""

import threading

from .postgres import Postgres

LEASE = 3  # seconds


def config(postgres: Postgres, behind) -> str:
    """Of each server; `behind` is the Gyre that keeps the objects."""
    keys = behind.keys()
    return f"""
[catalog]
database = "{postgres.where}"
lease_s = {LEASE}
[objects]
url = "{behind.url}"
access_key_id = "{keys['aws_access_key_id']}"
secret_access_key = "{keys['aws_secret_access_key']}"
"""


class Asking:
    """Invokes an endpoint through one server, over and over, until it is left."""

    def __init__(self, server, endpoint: str, body: bytes, answer: bytes):
        self.server, self.endpoint, self.body, self.answer = server, endpoint, body, answer
        self.answers, self.errors = 0, []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        runtime = self.server.client("sagemaker-runtime")
        while not self._over.is_set():
            try:
                said = runtime.invoke_endpoint(EndpointName=self.endpoint, Body=self.body)["Body"]
                assert said.read() == self.answer
                self.answers += 1
            except Exception as error:  # noqa: BLE001  (each counts)
                self.errors.append(repr(error))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()
