"""One worker: loads a model's Python code, then answers batches on a socket until it closes."""

import faulthandler
import gc
import json
import os
import socket
import sys
import traceback

from gyre_worker import frames, load_failure


def main():
    _prepare_streams()
    channel = frames.Channel(socket.socket(fileno=int(os.environ.pop("GYRE_WORKER_FD"))))
    # A handler's forked child must not answer, nor keep the connection open when the worker dies.
    os.register_at_fork(after_in_child=channel.close)
    received = channel.receive()
    if received is None:
        return
    options = json.loads(received[1])
    try:
        batch, details = _load(options, channel)
    except BaseException as error:  # SystemExit too: a model that exits has failed to load
        traceback.print_exc()
        sys.stderr.flush()
        message = load_failure.describe(error, options["directory"])
        channel.send(frames.FAILED, json.dumps({"message": message}).encode())
        return
    gc.collect()
    gc.freeze()  # what the load made stays: no collection need look at it again
    channel.send(frames.LOADED, json.dumps(details).encode())
    pid = os.getpid()
    while (received := channel.receive()) is not None:
        kind, payload = received
        if kind == frames.LEAVE:
            batch.leave(frames.places(payload))
            channel.send(frames.LEAVE)
            continue
        answers = batch.run(payload)
        if os.getpid() != pid:
            os._exit(0)  # the child of a handler's fork has come back from the handler
        for state, why in _say(batch.notes()):
            note = {"batching": state, "batching_why": why}
            channel.send(frames.NOTE, json.dumps(note).encode())
        channel.send_answers(answers, getattr(batch, "calls", None))


def _prepare_streams():
    faulthandler.enable()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True, errors="backslashreplace")


def _load(options, channel):
    from gyre_worker.torchserve import archive

    if archive.is_archive(options["directory"]):
        return _load_archive(archive.Archive(options["directory"]), channel)
    return _load_inference_py(options)


def _load_archive(archive, channel):
    """TorchServe's: its handler gets batches of the size that was set, and none is tried."""
    from gyre_worker.torchserve.batch import HandlerBatch
    from gyre_worker.torchserve.continuous_batch import ContinuousBatch

    archive.model["handler"] = os.environ.get("GYRE_TS_HANDLER") or archive.model.get("handler")
    size = int(os.environ.get("SAGEMAKER_TS_BATCH_SIZE") or archive.config.get("batchSize", 1))
    kind = ContinuousBatch if archive.continuous else HandlerBatch
    batch = kind(archive, size, send_part=channel.send_part)
    # TorchServe's own number: room for a request of each sequence beside the one under way.
    rows = 2 * size if archive.config.get("sequenceBatching") is True else size
    why = _say(batch.notes())[-1][1]
    return batch, {"functions": ["handle"], "handler": archive.model["handler"],
                   "batching": batch.state, "batching_why": why,
                   "continuous_rows": rows if archive.continuous else 0}


def _load_inference_py(options):
    from gyre_worker import samples
    from gyre_worker.batch import Batch
    from gyre_worker.predictor import AUTO, SINGLE, STACKED
    from gyre_worker.user_code import LoadFailure, UserCode

    mode = os.environ.get("SAGEMAKER_TS_BATCH_MODE", "") or AUTO
    if mode not in (AUTO, STACKED, SINGLE):
        raise LoadFailure(f"SAGEMAKER_TS_BATCH_MODE is {mode!r}; known are auto, stack and single")
    size = int(os.environ.get("SAGEMAKER_TS_BATCH_SIZE") or 1)
    code = UserCode(options["directory"], size)
    code.load()
    batch = Batch(code, mode)
    found = samples.find(options["directory"], os.environ)
    if found:
        samples.run(batch, found)
    details = {"functions": sorted(code.given), "batch_mode": mode, "samples": len(found)}
    notes = _say(batch.notes())
    why = notes[-1][1] if notes else "no batch of several requests came yet"
    return batch, {**details, "batching": batch.state, "batching_why": why}


def _say(notes):
    for state, why in notes:
        print(f"gyre: batching {state}: {why}", flush=True)
    return notes


main()
