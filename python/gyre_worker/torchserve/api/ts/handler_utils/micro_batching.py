"""A handler's three steps side by side: a batch goes through them in parts, each step on threads of
its own, so that one part is prepared while another computes."""

import os
import queue
import threading
import time
from dataclasses import dataclass

HANDLER_METHODS = ["preprocess", "inference", "postprocess"]


@dataclass
class WorkerThread:
    event: threading.Event  # set: it is to end
    thread: threading.Thread


class MicroBatching:
    """Stands in the place of a handler's `handle`."""

    def __init__(self, parent_handler, micro_batch_size: int = 1, parallelism: dict | None = None):
        self.handler = parent_handler
        self.micro_batch_size = micro_batch_size
        self.thread_groups = {name: [] for name in HANDLER_METHODS}
        self.thread_local_data = threading.local()
        self._queues = [queue.SimpleQueue() for _ in range(len(HANDLER_METHODS) + 1)]
        self._parallelism = {}
        self.parallelism = parallelism or {}

    @property
    def parallelism(self) -> dict:
        """How many threads each step has; one where it is not said."""
        return dict(self._parallelism)

    @parallelism.setter
    def parallelism(self, parallelism: dict):
        unknown = set(parallelism) - set(HANDLER_METHODS)
        if unknown or not all(isinstance(count, int) and count >= 0 for count in parallelism.values()):
            raise AssertionError(f"parallelism has numbers of threads for {HANDLER_METHODS}, "
                                 f"not {parallelism}")
        self._parallelism.update(parallelism)
        for index, name in enumerate(HANDLER_METHODS):
            self._set_threads(index, name, self._parallelism.get(name, 1))

    def shutdown(self):
        for index, name in enumerate(HANDLER_METHODS):
            self._set_threads(index, name, 0)

    def get_micro_batch_idx(self):
        """Of the part that this thread is at."""
        return getattr(self.thread_local_data, "micro_batch_idx", None)

    def handle(self, data):
        parts = [data[at:at + self.micro_batch_size]
                 for at in range(0, len(data), self.micro_batch_size)]
        for index, part in enumerate(parts):
            self._queues[0].put((index, part, None))
        done = sorted((self._queues[-1].get() for _ in parts), key=lambda one: one[0])
        for _, _, error in done:
            if error is not None:
                raise error
        return [row for _, rows, _ in done for row in rows]

    def __call__(self, data, context):
        began = time.perf_counter()
        handler = self.handler
        handler.context = context
        if os.environ.get("ENABLE_TORCH_PROFILER"):
            output, _ = handler._infer_with_profiler(data=data)
        elif handler._is_describe():
            output = [handler.describe_handle()]
        elif handler._is_explain():
            output = handler.explain_handle(handler.preprocess(data), data)
        else:
            output = self.handle(data)
        elapsed = round((time.perf_counter() - began) * 1000, 2)
        context.metrics.add_time("HandlerTime", elapsed, None, "ms")
        return output

    def _set_threads(self, index, name, count):
        group = self.thread_groups[name]
        while len(group) < count:
            event = threading.Event()
            thread = threading.Thread(target=self._run, args=(index, name, event), daemon=True)
            group.append(WorkerThread(event, thread))
            thread.start()
        while len(group) > count:
            leaving = group.pop()
            leaving.event.set()
            while leaving.thread.is_alive():
                self._queues[index].put(None)  # whoever is idle looks whether it is to end
                leaving.thread.join(0.01)

    def _run(self, index, name, event):
        while not event.is_set():
            part = self._queues[index].get()
            if part is None:
                continue
            number, value, error = part
            self.thread_local_data.micro_batch_idx = number
            if error is None:
                try:
                    value = getattr(self.handler, name)(value)
                except BaseException as raised:  # of a part, for whoever waits for the batch
                    error = raised
            self._queues[index + 1].put((number, value, error))
