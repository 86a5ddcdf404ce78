"""Requests that a model brings along, in code/samples: its batching is tried on them at load."""

import os

from gyre_worker.frames import Failure, Request

TYPES = {
    ".json": "application/json",
    ".csv": "text/csv",
    ".npy": "application/x-npy",
    ".npz": "application/x-npz",
    ".txt": "text/plain",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
}
MOST = 16
ROUNDS = 3  # enough for a trial to end either way


class SampleFailure(Exception):
    """The model cannot answer its own sample."""


def find(model_dir: str, environment) -> list:
    """A Request for each sample, in the order of their names."""
    folder = os.path.join(model_dir, "code", "samples")
    if not os.path.isdir(folder):
        return []
    requests = []
    for name in sorted(os.listdir(folder))[:MOST]:
        content_type = TYPES.get(os.path.splitext(name)[1].lower(), "application/octet-stream")
        with open(os.path.join(folder, name), "rb") as file:
            requests.append(Request(name, content_type, "", bytearray(file.read())))
    return requests


def run(batch, requests: list):
    """Raises SampleFailure for a sample that gets an error."""
    requests = requests * 2 if len(requests) == 1 else requests
    for _ in range(ROUNDS):
        for request, answer in zip(requests, batch.run(requests)):
            if type(answer) is Failure:
                raise SampleFailure(
                    f"code/samples/{request.id} was answered with {answer.type}: {answer.message}"
                )
