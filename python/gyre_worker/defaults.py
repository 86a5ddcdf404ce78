"""What stands in for functions that inference.py leaves out, as the stock PyTorch container has it.

torch and numpy are imported only when used: a handler that needs neither starts in a moment.
"""

import io
import json
import os

JSON, CSV, NPY, NPZ = "application/json", "text/csv", "application/x-npy", "application/x-npz"
TEXT_TYPES = (JSON, CSV)  # handed to input_fn as str


class UnsupportedFormat(Exception):
    status_code = 415

    def __init__(self, content_type):
        super().__init__(f"Content type {content_type} is not supported by this framework.")


def media_type(content_type: str) -> str:
    """The type without its parameters, lower-case."""
    return content_type.partition(";")[0].strip().lower()


def model_fn(model_dir):
    import torch

    path = os.path.join(model_dir, "model.pth")
    if not os.path.exists(path):
        found = [name for name in os.listdir(model_dir) if name.endswith((".pt", ".pth"))]
        if len(found) != 1:
            raise ValueError(
                f"Exactly one .pth or .pt file is required for PyTorch models: {sorted(found)}"
            )
        path = os.path.join(model_dir, found[0])
    try:
        return torch.jit.load(path, map_location="cpu").eval()
    except RuntimeError as error:
        if "torch.jit.load()" not in str(error) and "PytorchStreamReader" not in str(error):
            raise
        raise RuntimeError(
            f"Failed to load {path}. Please ensure model is saved using torchscript."
        ) from error


def decode(body, content_type):
    """A numpy array."""
    import numpy

    kind = media_type(content_type)
    if kind == NPY:
        return numpy.load(io.BytesIO(body), allow_pickle=False)
    if kind == NPZ:
        archive = numpy.load(io.BytesIO(body), allow_pickle=False)
        return archive[archive.files[0]]
    if kind == JSON:
        return numpy.array(json.loads(body))
    if kind == CSV:
        text = body if isinstance(body, str) else bytes(body).decode("utf-8")
        return numpy.genfromtxt(io.StringIO(text), delimiter=",")
    raise UnsupportedFormat(content_type)


def input_fn(body, content_type):
    import torch

    array = decode(body, content_type)
    if media_type(content_type) in TEXT_TYPES:
        return torch.FloatTensor(array)
    return torch.from_numpy(array)


def predict_fn(data, model):
    import torch

    with torch.no_grad():
        return model(data)


def encode(prediction, content_type):
    import numpy

    if content_type == NPY:
        out = io.BytesIO()
        numpy.save(out, numpy.asarray(prediction), allow_pickle=False)
        return out.getbuffer()
    if content_type == JSON:
        return json.dumps(prediction, default=_jsonable).encode()
    out = io.StringIO()
    numpy.savetxt(out, prediction, delimiter=",", fmt="%s")
    return out.getvalue().encode()


def _jsonable(value):
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is not JSON serializable")


def output_fn(prediction, accept):
    """(bytes, content type) in the first form of `accept` that is known."""
    kind = _chosen.get(accept) or _choose(accept)
    if hasattr(prediction, "detach"):
        prediction = prediction.detach().cpu().numpy()
    return encode(prediction, kind), kind


_chosen = {}  # by Accept value


def _choose(accept):
    for choice in accept.split(","):
        kind = media_type(choice)
        if kind in ("*/*", "application/*", ""):
            kind = JSON
        if kind in (JSON, CSV, NPY):
            if len(_chosen) < 512:
                _chosen[accept] = kind
            return kind
    raise UnsupportedFormat(accept)
