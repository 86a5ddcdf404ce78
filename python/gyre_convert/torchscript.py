"""TorchScript to OpenVINO's IR, believed only where both give the same numbers."""

import pathlib

import numpy
import openvino
import torch

from gyre_convert.input_shapes import find_inputs

# Largest relative error (L2, over all values of an output) between torch and OpenVINO, both in fp32.
TOLERANCE = 1e-3
# Sides to try where a dimension is free: the first that the module takes is the sample's.
FREE_SIZES = (224, 64, 32, 16, 8, 299, 512)
TORCH_TYPES = {
    "BOOL": torch.bool, "UINT8": torch.uint8, "INT8": torch.int8, "INT16": torch.int16,
    "INT32": torch.int32, "INT64": torch.int64, "FP16": torch.float16, "BF16": torch.bfloat16,
    "FP32": torch.float32, "FP64": torch.float64,
}


def convert(job: dict, output: pathlib.Path) -> dict:
    try:
        module = torch.jit.load(job["model"], map_location="cpu").eval()
    except Exception as error:
        return {"outcome": "damaged", "reason": _load_reason(error)}
    inputs = job["inputs"] or find_inputs(module)
    if inputs is None:
        return {"outcome": "unconvertible",
                "reason": "the shapes of its inputs are not known; name them in gyre.json"}
    try:
        samples, inputs = _samples(module, inputs)
        model = openvino.convert_model(module, input=[_declared(spec) for spec in inputs],
                                       example_input=tuple(samples[0]))
        _rename(model, inputs)
        error = max(_compare(module, model, sample) for sample in samples)
    except Exception as reason:
        return {"outcome": "unconvertible", "reason": _short(reason), "inputs": inputs}
    if not error <= TOLERANCE:
        return {"outcome": "unconvertible", "inputs": inputs,
                "reason": f"OpenVINO's answers differ from torch's by {error:.2g}"}
    openvino.save_model(model, output / "model.xml", compress_to_fp16=False)
    return {"outcome": "converted", "inputs": inputs, "error": error,
            "versions": {"openvino": openvino.__version__, "torch": torch.__version__}}


def _samples(module, inputs):
    """Inputs that the module takes, of one row and, where rows are free, of three; and `inputs` with
    the one size that it takes where it takes no other."""
    sizes, failure = [], None
    free = any(-1 in spec["shape"][1:] for spec in inputs)
    for size in FREE_SIZES if free else FREE_SIZES[:1]:
        reason = _refusal(module, [_random(spec, 1, size) for spec in inputs])
        failure = failure or reason
        if reason is None:
            sizes.append(size)
        if len(sizes) == 2:
            break
    if not sizes:
        raise ValueError(f"torch refuses inputs of these shapes: {_short(failure)}")
    if free and len(sizes) == 1:
        inputs = [{**spec, "shape": spec["shape"][:1] + [sizes[0] if length < 0 else length
                                                         for length in spec["shape"][1:]]}
                  for spec in inputs]
    samples = [[_random(spec, 1, sizes[0]) for spec in inputs]]
    if all(spec["shape"] and spec["shape"][0] == -1 for spec in inputs):
        three = [_random(spec, 3, sizes[0]) for spec in inputs]
        if _refusal(module, three) is None:  # else it is for one row; the host finds out by itself
            samples.append(three)
    return samples, inputs


def _refusal(module, sample):
    try:
        with torch.no_grad():
            module(*sample)
    except Exception as error:
        return error
    return None


def _random(spec, rows, size) -> torch.Tensor:
    generator = torch.Generator().manual_seed(rows)
    shape = [rows if axis == 0 and length < 0 else size if length < 0 else length
             for axis, length in enumerate(spec["shape"])]
    dtype = TORCH_TYPES[spec["type"]]
    if dtype.is_floating_point:
        return torch.randn(shape, generator=generator).to(dtype)
    return torch.randint(0, 2, shape, generator=generator).to(dtype)


def _declared(spec):
    shape = openvino.PartialShape([length if length >= 0 else openvino.Dimension()
                                   for length in spec["shape"]])
    name = {"BOOL": "boolean", "FP16": "f16", "BF16": "bf16", "FP32": "f32", "FP64": "f64"}.get(
        spec["type"]) or spec["type"].lower().replace("uint", "u").replace("int", "i")
    return shape, getattr(openvino.Type, name)


def _rename(model, inputs):
    for port, spec in zip(model.inputs, inputs):
        if spec.get("name"):
            port.get_tensor().set_names({spec["name"]})


def _compare(module, model, sample) -> float:
    with torch.no_grad():
        expected = _flat(module(*sample))
    compiled = openvino.Core().compile_model(
        model, "CPU", {"INFERENCE_PRECISION_HINT": "f32", "ENABLE_MMAP": False})
    answers = compiled([tensor.numpy() for tensor in sample])
    given = [answers[port] for port in compiled.outputs]
    if len(given) != len(expected):
        raise ValueError(f"{len(expected)} outputs became {len(given)}")
    return max(_relative_error(a, b) for a, b in zip(expected, given))


def _flat(value) -> list[numpy.ndarray]:
    if isinstance(value, torch.Tensor):
        return [value.detach().float().numpy() if value.is_floating_point() else value.numpy()]
    if isinstance(value, (list, tuple)):
        return [array for item in value for array in _flat(item)]
    if isinstance(value, dict):
        return [array for item in value.values() for array in _flat(item)]
    raise ValueError(f"outputs of the type {type(value).__name__} are not served")


def _relative_error(expected, given) -> float:
    if expected.shape != given.shape:
        raise ValueError(f"an output of {list(expected.shape)} became {list(given.shape)}")
    expected = expected.astype(numpy.float64)
    given = given.astype(numpy.float64)
    if not numpy.array_equal(numpy.isfinite(expected), numpy.isfinite(given)):
        return float("inf")
    finite = numpy.isfinite(expected)
    distance = numpy.linalg.norm((expected - given)[finite])
    size = numpy.linalg.norm(expected[finite])
    return float(distance / size) if size > 0 else float(distance)


def _short(error) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    text = " ".join(lines[-3:]) if lines else type(error).__name__
    return text[-400:]


def _load_reason(error) -> str:
    text = str(error)
    if "constants.pkl" in text or "Legacy model format" in text:
        return ("it holds no TorchScript (torch.jit.save); weights alone need code/inference.py with a "
                "model_fn that builds the network")
    return _short(error)
