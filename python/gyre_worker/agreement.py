"""Whether two outputs of a model say the same, but for what arithmetic in another order changes."""

import math
import sys

RELATIVE = 1e-4  # of the largest value, for 32 and 64 bits
RELATIVE_HALF = 2e-2  # for 16 bits


def agree(one, other, relative: float = RELATIVE) -> bool:
    """Same types and shapes; integers, truth values and texts equal, floats nearly. `relative` is the
    limit of 32 and 64 bits."""
    kind = type(one)
    if kind is not type(other):
        return False
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(one, torch.Tensor):
        return _tensors(torch, one, other, relative)
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(one, (numpy.ndarray, numpy.generic)):
        return _arrays(numpy, one, other, relative)
    if kind is float:
        return (math.isnan(one) and math.isnan(other)) or math.isclose(
            one, other, rel_tol=relative, abs_tol=relative * 1e-2
        )
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(agree(one[k], other[k], relative) for k in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(agree(a, b, relative) for a, b in zip(one, other))
    try:
        return bool(one == other)
    except Exception:
        return False


def _tensors(torch, one, other, relative) -> bool:
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    if not (one.is_floating_point() or one.is_complex()):
        return bool(torch.equal(one, other))
    with torch.no_grad():
        limit = RELATIVE_HALF if one.element_size() <= 2 else relative
        wide = torch.complex128 if one.is_complex() else torch.float64
        one, other = one.to(wide), other.to(wide)
        finite = one[torch.isfinite(one)].abs()
        scale = float(finite.max()) if finite.numel() else 0.0
        return bool(torch.allclose(one, other, rtol=0, atol=limit * scale, equal_nan=True))


def _arrays(numpy, one, other, relative) -> bool:
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    if one.dtype.kind not in "fc":
        return bool(numpy.array_equal(one, other))
    limit = RELATIVE_HALF if one.dtype.itemsize <= 2 else relative
    finite = numpy.abs(one[numpy.isfinite(one)].astype("float64" if one.dtype.kind == "f" else one.dtype))
    scale = float(finite.max()) if finite.size else 0.0
    return bool(numpy.allclose(one, other, rtol=0, atol=limit * scale, equal_nan=True))
