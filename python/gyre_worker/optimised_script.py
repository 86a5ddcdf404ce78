"""TorchScript modules whose forward computes on a frozen, optimised copy (batch normalisation folded
into convolutions, oneDNN's layouts), in the same precision. The module itself stays as it was loaded:
its weights, attributes, methods and code are the handler's, and so is every call that the copy might
answer otherwise. What differs or raises puts the original back for good."""

import gc
import sys
import warnings

from gyre_worker.agreement import agree

RELATIVE = 1e-5  # of an answer's largest value: what sums in another order change of 32 bits
MOST_KINDS = 64  # kinds of input that are compared and known; what is beyond goes to the original


def optimise_loaded() -> int:
    """Optimises every module of TorchScript that is loaded and part of no other; how many were."""
    torch = sys.modules.get("torch")
    if torch is None:
        return 0
    modules = [one for one in gc.get_objects() if issubclass(type(one), torch.jit.ScriptModule)]
    parts = {id(part) for module in modules for part in module.children()}
    return sum(_optimise(torch, module) for module in modules if id(module) not in parts)


def _optimise(torch, module) -> bool:
    try:
        if module.training or torch.is_autocast_enabled("cpu"):
            return False
        if any(one.device.type != "cpu" for one in _weights(module)):
            return False
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            frozen = torch.jit.freeze(module)
            # What is still read from the module is what its forward changes: it is the handler's too.
            if next(frozen.graph.inputs()).uses():
                return False
            copy = torch.jit.optimize_for_inference(frozen)
        # Its class finds `forward` by a descriptor, before which the instance's own goes.
        module.__dict__["forward"] = _Forward(torch, module, copy)
    except Exception as error:
        _say(f"cannot be optimised: {_first_line(error)}")
        return False
    _say("optimised; each kind of input is computed twice once, and compared")
    return True


class _Forward:
    """In place of a module's `forward`, the ScriptMethod, whose attributes it has."""

    def __init__(self, torch, module, copy):
        self._torch = torch
        self._module = module
        self._original = module.forward
        self._copy = copy
        self._known = set()  # kinds of input for which both gave the same
        self._weights = [(one, _state(one)) for one in _weights(module)]

    def __getattr__(self, name):
        return getattr(self._original, name)

    def __call__(self, *args, **kwargs):
        kind = self._kind_of((args, kwargs)) if self._copy is not None and self._may() else None
        if kind is None or (kind not in self._known and len(self._known) >= MOST_KINDS):
            return self._original(*args, **kwargs)
        if kind not in self._known:
            return self._compare(kind, args, kwargs)
        copy = self._copy
        try:
            return copy(*args, **kwargs)
        except Exception as error:
            answer = self._original(*args, **kwargs)  # raises too where the input is to blame
            self._give_up(f"the optimised one raised {_first_line(error)}")
            return answer

    def _may(self) -> bool:
        """Whether the copy stands for the module here: no gradients are wanted, nothing watches, and
        the weights are those that were frozen."""
        torch = self._torch
        if torch.is_grad_enabled() or self._module.training or torch.jit.is_tracing():
            return False
        if torch.is_autocast_enabled("cpu"):
            return False
        if all(_state(one) == state for one, state in self._weights):
            return True
        self._give_up("its weights were changed")
        return False

    def _kind_of(self, value):
        """A hashable for inputs that take the same way through kernels; None for what is left alone."""
        kind = type(value)
        if kind is self._torch.Tensor:
            return value.dtype, value.dim(), value.device, value.layout
        if kind in (bool, int, float, str, type(None)):
            return kind
        if kind in (tuple, list):
            parts = (kind, *map(self._kind_of, value))
        elif kind is dict:
            parts = (*value, *map(self._kind_of, value.values()))
        else:
            return None
        return None if None in parts else parts

    def _compare(self, kind, args, kwargs):
        """The original's answer; the copy gets copies, since a forward may write to its input."""
        inputs = _copied((args, kwargs))
        answer = self._original(*args, **kwargs)
        try:
            other = self._copy(*inputs[0], **inputs[1])
            same = agree(answer, other, RELATIVE) and agree((args, kwargs), inputs, RELATIVE)
        except Exception as error:
            self._give_up(f"the optimised one raised {_first_line(error)}")
            return answer
        if same:
            self._known.add(kind)
        else:
            self._give_up("the optimised one answered otherwise")
        return answer

    def _give_up(self, why: str):
        self._copy = None
        _say(f"goes on as it was loaded: {why}")


def _weights(module) -> list:
    return [*module.parameters(), *module.buffers()]


def _state(weight):
    """Changes with every write to the weight that torch counts."""
    return weight.data_ptr(), None if weight.is_inference() else weight._version, weight.dtype


def _copied(value):
    kind = type(value)
    if kind in (tuple, list):
        return kind(map(_copied, value))
    if kind is dict:
        return {name: _copied(part) for name, part in value.items()}
    return value.clone() if hasattr(value, "clone") else value


def _first_line(error) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def _say(what: str):
    print(f"gyre: TorchScript {what}", flush=True)
