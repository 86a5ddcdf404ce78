"""Why a model failed to load, the most telling first: readers of an endpoint see the beginning."""

import os
import traceback

LONGEST_MESSAGE = 500  # characters of an exception's own text
MOST_FRAMES = 6  # of the model's code, and of libraries

_OURS = os.path.dirname(os.path.abspath(__file__)) + os.sep


def describe(error: BaseException, model_dir: str) -> str:
    """`Type: message`, then the frames of the model's code, the innermost first, then what caused
    it, then the frames of libraries. The worker's own frames say nothing to a user."""
    lines, libraries = [], []
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        lines.append(("caused by " if lines else "") + _name(error))
        own, others = _frames(error, os.path.realpath(model_dir) + os.sep)
        lines += own[:MOST_FRAMES]
        if not libraries:
            libraries = others[:MOST_FRAMES]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n".join(lines + libraries)


def _name(error):
    kind = type(error)
    name = kind.__qualname__
    if kind.__module__.partition(".")[0] not in ("builtins", "__main__", "gyre_worker"):
        name = f"{kind.__module__}.{name}"
    try:
        text = str(error).strip()
    except Exception:
        text = "(its message cannot be had)"
    if len(text) > LONGEST_MESSAGE:
        text = text[:LONGEST_MESSAGE] + "..."
    return f"{name}: {text}" if text else name


def _frames(error, model_dir):
    own, others = [], []
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename.startswith("<"):  # the import machinery, or code without a file
            continue
        path = os.path.realpath(frame.filename)
        if path.startswith(model_dir):
            line = f": {frame.line}" if frame.line else ""
            own.append(f"  at {path[len(model_dir):]}:{frame.lineno} in {frame.name}{line}")
        elif not path.startswith(_OURS):
            name = path.rpartition("-packages" + os.sep)[2]
            others.append(f"  within {name}:{frame.lineno} in {frame.name}")
    return own, others
