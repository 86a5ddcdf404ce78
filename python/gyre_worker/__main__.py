"""One worker: loads a model's Python code, then answers batches on a socket until it closes."""

import json
import os
import socket
import sys
import traceback

from gyre_worker import frames


def main():
    channel = frames.Channel(socket.socket(fileno=int(os.environ.pop("GYRE_WORKER_FD"))))
    received = channel.receive()
    if received is None:
        return
    options = json.loads(received[1])
    try:
        batch, details = _load(options)
    except BaseException as error:  # SystemExit too: a model that exits has failed to load
        traceback.print_exc()
        sys.stderr.flush()
        last = "".join(traceback.format_exception(error)[-6:])
        channel.send(frames.FAILED, json.dumps({"message": last.strip()}).encode())
        return
    channel.send(frames.LOADED, json.dumps(details).encode())
    while (received := channel.receive()) is not None:
        channel.send_answers(batch.run(received[1]))


def _load(options):
    from gyre_worker.batch import Batch
    from gyre_worker.user_code import UserCode

    code = UserCode(options["directory"], options.get("batch_size", 1))
    code.load()
    return Batch(code), {"functions": sorted(code.given)}


main()
