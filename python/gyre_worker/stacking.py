"""Many inputs of one shape as one input, and one output as many: what has rows along dimension 0.

Rows are what a tensor, an array or a list holds along its first dimension. Values may also be
tuples and dicts (and lists of tensors) of these, alike in structure. torch and numpy are never
imported here: a value can be of their types only where somebody else did.
"""

import copy
import math
import sys

ROWS, STACK = "rows", "stack"  # how inputs are joined: along dimension 0, or along a new one

SLICE, INDEX, NOTHING = "slice", "index", "nothing"  # how an item's part is got; else a container

_SCALARS = (str, bool, int, float)
_TEXTS = frozenset((bytes, bytearray, str, type(None)))  # a quick no to what is common


class Unstackable(Exception):
    """Values that cannot be joined, or an output that cannot be told apart."""


def _tensor_type():
    torch = sys.modules.get("torch")
    return getattr(torch, "Tensor", None)


def _array_type():
    numpy = sys.modules.get("numpy")
    return getattr(numpy, "ndarray", None)


def signature(value):
    """A hashable that is equal for values that may be joined, or None for what never is."""
    kind = type(value)
    if kind in _TEXTS:
        return None
    if kind is _tensor_type():
        if value.ndim == 0 or value.shape[0] == 0 or value.is_sparse or value.is_quantized:
            return None
        if value.layout is not sys.modules["torch"].strided:
            return None
        return ("tensor", value.dtype, value.device, value.shape[0] == 1, tuple(value.shape[1:]))
    if kind is _array_type():
        if value.ndim == 0 or value.shape[0] == 0 or value.dtype.kind not in "biufc":
            return None
        return ("array", value.dtype.str, value.shape[0] == 1, value.shape[1:])
    if kind is list and value and (type(value[0]) in _SCALARS or type(value[0]) is list):
        first = value[0]
        width = len(first) if type(first) is list else 0
        return ("list", type(first), len(value) == 1, width)
    if kind is tuple or kind is list:
        return _all(kind.__name__, value) if value else None
    if kind is dict:
        names = tuple(value)
        parts = _all(names, value.values()) if names else None
        return parts
    return None


def _all(tag, values):
    parts = tuple(map(signature, values))
    return None if None in parts else (tag, *parts)


def rows(value) -> int:
    """How many rows a value with a signature has. Raises Unstackable where its parts differ."""
    kind = type(value)
    if kind is _tensor_type() or kind is _array_type():
        return value.shape[0]
    if kind is list and (type(value[0]) in _SCALARS or type(value[0]) is list):
        return len(value)
    counts = {rows(part) for part in (value.values() if kind is dict else value)}
    if len(counts) != 1:
        raise Unstackable("the parts of an input have different numbers of rows")
    return counts.pop()


def join(values: list, how: str):
    """One value of all, which have one signature."""
    first = values[0]
    kind = type(first)
    if kind is _tensor_type():
        torch = sys.modules["torch"]
        return torch.cat(values) if how == ROWS else torch.stack(values)
    if kind is _array_type():
        numpy = sys.modules["numpy"]
        return numpy.concatenate(values) if how == ROWS else numpy.stack(values)
    if kind is dict:
        return {name: join([value[name] for value in values], how) for name in first}
    if kind is list and (type(first[0]) in _SCALARS or type(first[0]) is list):
        return [row for value in values for row in value] if how == ROWS else list(values)
    return kind(join([value[i] for value in values], how) for i in range(len(first)))


def own(joined):
    """The same, sharing nothing with the values that it was made of: rows of lists are theirs."""
    kind = type(joined)
    if kind is dict:
        return {name: own(part) for name, part in joined.items()}
    if kind is list and joined and (type(joined[0]) in _SCALARS or type(joined[0]) is list):
        return copy.deepcopy(joined)
    if kind is list or kind is tuple:
        return kind(map(own, joined))
    return joined


def is_flat(value) -> bool:
    """Whether what it has along its first dimension are numbers: features rather than rows."""
    kind = type(value)
    if kind is _tensor_type() or kind is _array_type():
        return value.ndim == 1
    if kind is list and (type(value[0]) in _SCALARS or type(value[0]) is list):
        return type(value[0]) is not list
    return kind in (tuple, list, dict) and all(
        map(is_flat, value.values() if kind is dict else value)
    )


def distance(one, other) -> float:
    """How far two values of one signature are apart, by their first rows."""
    kind = type(one)
    try:
        if kind is _tensor_type() or kind is _array_type():
            if one.shape != other.shape:
                one, other = one[:1], other[:1]
            apart = float(abs(one * 1.0 - other * 1.0).max())  # 1.0: booleans have no minus
            return math.inf if math.isnan(apart) else apart
        if kind is dict:
            return sum(distance(one[name], other[name]) for name in one)
        if kind is tuple or (kind is list and type(one[0]) not in _SCALARS + (list,)):
            return sum(map(distance, one, other))
        return float(one != other)
    except Exception:
        return 0.0


def plan_of(whole, total: int, how: str):
    """How `whole`, the output for inputs joined as `how` says, falls into the items' parts when
    there is nothing to compare with; raises Unstackable where some part is not made of rows."""
    if whole is None:
        return NOTHING
    kind = type(whole)
    rowwise = SLICE if how == ROWS else INDEX
    if isinstance(whole, dict):
        return {name: plan_of(part, total, how) for name, part in whole.items()}
    if kind is not tuple and _row_count(whole) == total:
        columns = kind is list and all(_is_column(part, total) for part in whole)
        if not columns:
            return rowwise
    if isinstance(whole, (tuple, list)):
        return [plan_of(part, total, how) for part in whole]
    raise Unstackable("the output of a batch has no row for each of its input")


def _is_column(value, total) -> bool:
    kind = type(value)
    return (kind is _tensor_type() or kind is _array_type()) and _row_count(value) == total


def find_plan(whole, singles: list, spans: list, total: int, agree):
    """How `whole` falls into parts that agree with `singles`; raises Unstackable when it does not.

    `spans` has each item's (first row, end), `total` is the number of all rows. A part that is not
    made of rows is never taken for common to all, equal as it may be now: it could be the first
    item's. The items may be some of all.
    """
    kind = type(whole)
    if all(single is None for single in singles) and whole is None:
        return NOTHING
    if _row_count(whole) == total:
        if all(agree(single, whole[a:b]) for single, (a, b) in zip(singles, spans)):
            return SLICE
        if all(b - a == 1 for a, b in spans) and all(
            agree(single, whole[a]) for single, (a, _) in zip(singles, spans)
        ):
            return INDEX
    if any(type(single) is not kind for single in singles):
        raise Unstackable("the output of a batch is of another type than a single one")
    if isinstance(whole, dict):
        if any(single.keys() != whole.keys() for single in singles):
            raise Unstackable("the output of a batch has other keys than a single one")
        plans = [
            (name, find_plan(part, [single[name] for single in singles], spans, total, agree))
            for name, part in whole.items()
        ]
        return dict(plans)
    if isinstance(whole, (tuple, list)) and all(len(s) == len(whole) for s in singles):
        return [
            find_plan(part, [single[i] for single in singles], spans, total, agree)
            for i, part in enumerate(whole)
        ]
    raise Unstackable("the outputs of a batch are not those of its items")


def _row_count(value):
    kind = type(value)
    if kind is _tensor_type() or kind is _array_type():
        return value.shape[0] if value.ndim else None
    if kind is list or kind is tuple:
        return len(value)
    return None


def split(plan, whole, spans: list, total: int) -> list:
    """Each item's part, which shares no memory with another's: output_fn may pickle a storage."""
    if plan is NOTHING:
        if whole is not None:
            raise Unstackable("the output of a batch is of another type than before")
        return [None] * len(spans)
    if plan is SLICE or plan is INDEX:
        if _row_count(whole) != total:
            raise Unstackable("the output of a batch has another number of rows than its input")
        if plan is SLICE:
            parts = [whole[a:b] for a, b in spans]
        else:
            if len(spans) != total:
                raise Unstackable("the output of a batch cannot be told apart")
            parts = [whole[a] for a, _ in spans]
        kind = type(whole)
        if kind is _tensor_type():
            return [part.clone() for part in parts]
        if kind is _array_type():
            return [part.copy() for part in parts]
        return parts
    kind = type(whole)
    if type(plan) is dict:
        if not isinstance(whole, dict) or whole.keys() != plan.keys():
            raise Unstackable("the output of a batch has other keys than before")
        columns = [split(part, whole[name], spans, total) for name, part in plan.items()]
        return [_remake(kind, dict(zip(plan, parts))) for parts in zip(*columns)]
    if not isinstance(whole, (tuple, list)) or len(whole) != len(plan):
        raise Unstackable("the output of a batch has another structure than before")
    columns = [split(part, whole[i], spans, total) for i, part in enumerate(plan)]
    return [_remake(kind, parts) for parts in zip(*columns)]


def _remake(kind, parts):
    if kind is dict or kind is tuple:
        return parts
    if kind is list:
        return list(parts)
    if isinstance(parts, dict):
        return kind(**parts)  # transformers' ModelOutput and its like
    return kind(*parts) if hasattr(kind, "_fields") else kind(parts)  # a named tuple
