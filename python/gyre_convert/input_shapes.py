"""What a TorchScript module takes, where nobody says it: read off the first layer with weights.

A saved module keeps no shapes of its inputs. But the input of a convolution has as many channels as
the kernel, that of a linear layer as many columns as the matrix, and an embedding takes integers. Only
operations that leave the shape alone are followed on the way there."""

import torch

ANY = -1
_PASS = {
    "aten::add", "aten::sub", "aten::mul", "aten::div", "aten::to", "aten::float", "aten::contiguous",
    "aten::detach", "aten::clone", "aten::constant_pad_nd", "aten::pad", "aten::dropout", "aten::relu",
    "aten::add_", "aten::sub_", "aten::mul_", "aten::div_", "aten::type_as",
}
_CONVOLUTIONS = {"aten::conv1d", "aten::conv2d", "aten::conv3d", "aten::_convolution",
                 "aten::_convolution_mode", "aten::convolution"}


def find_inputs(module) -> list[dict] | None:
    """[{"name", "type", "shape"}] of every tensor that forward takes; None where one is not found."""
    frozen = torch.jit.freeze(module.eval())
    graph = frozen.inlined_graph
    inputs = list(graph.inputs())[1:]  # the first is the module
    found = [_spec_of(value) for value in inputs]
    if not found or any(spec is None for spec in found):
        return None
    return [{"name": value.debugName().split(".")[0], "type": kind, "shape": shape}
            for value, (kind, shape) in zip(inputs, found)]


def _spec_of(value):
    if not isinstance(value.type(), torch.TensorType):
        return None
    waiting, seen = [value], set()
    while waiting:
        current = waiting.pop(0)
        if current.debugName() in seen:
            continue
        seen.add(current.debugName())
        for use in current.uses():
            node, place = use.user, use.offset
            kind = node.kind()
            if kind in _CONVOLUTIONS and place == 0:
                return _of_convolution(node)
            if kind == "aten::linear" and place == 0:
                return _of_matrix(node, place=1, axis=1)
            if kind == "aten::addmm" and place == 1:
                return _of_matrix(node, place=2, axis=0)
            if kind in ("aten::matmul", "aten::mm") and place == 0:
                return _of_matrix(node, place=1, axis=0)
            if kind == "aten::embedding" and place == 1:
                return "INT64", [ANY, ANY]
            if kind in _PASS and place == 0:
                waiting.extend(node.outputs())
    return None


def _of_convolution(node):
    arguments = list(node.inputs())
    weight = arguments[1].toIValue()
    groups = arguments[8 if node.kind() in ("aten::_convolution", "aten::convolution") else 6].toIValue()
    if weight is None or groups is None:
        return None
    return _name(weight.dtype), [ANY, weight.shape[1] * groups] + [ANY] * (weight.dim() - 2)


def _of_matrix(node, place, axis):
    weight = list(node.inputs())[place].toIValue()
    if weight is None or weight.dim() != 2:
        return None
    return _name(weight.dtype), [ANY, weight.shape[axis]]


def _name(dtype):
    return {torch.float16: "FP16", torch.bfloat16: "BF16", torch.float64: "FP64"}.get(dtype, "FP32")
