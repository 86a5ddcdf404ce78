"""Models made on the spot, as the archives that users upload."""

import io
import pathlib
import tarfile

ECHO = {"gyre.json": '{"runtime": "echo"}'}


def tarball(files: dict[str, str | bytes | pathlib.Path]) -> bytes:
    """A model.tar.gz of files by name."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as archive:
        for name, content in files.items():
            if isinstance(content, pathlib.Path):
                content = content.read_bytes()
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(name)
            info.size = len(data)
            info.mode = 0o644
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def inference(code: str, requirements: str = "", **more) -> bytes:
    """A model.tar.gz with code/inference.py."""
    files = {"code/inference.py": code, **more}
    if requirements:
        files["code/requirements.txt"] = requirements
    return tarball(files)


def echo() -> bytes:
    return tarball(ECHO)


def torchscript(module, example) -> bytes:
    """The bytes of the traced module."""
    import torch

    out = io.BytesIO()
    with torch.no_grad():
        torch.jit.save(torch.jit.trace(module.eval(), example), out)
    return out.getvalue()


def _field(number: int, value: int | bytes | str) -> bytes:
    """A field of a protocol buffer."""
    def varint(n: int) -> bytes:
        return bytes([n]) if n < 128 else bytes([n & 127 | 128]) + varint(n >> 7)

    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def onnx_linear(weight, bias) -> bytes:
    """An ONNX file: y = x · weightᵀ + bias for x [N, in]; weight [out, in], bias [out]."""
    import numpy

    def tensor(name: str, values) -> bytes:  # TensorProto
        array = numpy.ascontiguousarray(values, dtype="<f4")
        return (b"".join(_field(1, size) for size in array.shape) + _field(2, 1)
                + _field(8, name) + _field(9, array.tobytes()))

    def value(name: str, size: int) -> bytes:  # ValueInfoProto of FLOAT [N, size]
        shape = _field(1, _field(2, "N")) + _field(1, _field(1, size))
        return _field(1, name) + _field(2, _field(1, _field(1, 1) + _field(2, shape)))

    transposed = _field(1, "transB") + _field(3, 1) + _field(20, 2)  # AttributeProto, INT
    node = (b"".join(_field(1, name) for name in ("x", "weight", "bias")) + _field(2, "y")
            + _field(4, "Gemm") + _field(5, transposed))
    outputs, inputs = numpy.shape(weight)
    graph = (_field(1, node) + _field(2, "linear") + _field(5, tensor("weight", weight))
             + _field(5, tensor("bias", bias)) + _field(11, value("x", inputs))
             + _field(12, value("y", outputs)))
    return _field(1, 8) + _field(7, graph) + _field(8, _field(2, 13))


def wheel(name: str, code: str) -> bytes:
    """A wheel of one module, for a requirements.txt that needs no index."""
    import zipfile

    info = f"{name}-1.dist-info"
    files = {f"{name}.py": code,
             f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n",
             f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
        archive.writestr(f"{info}/RECORD", "".join(f"{path},,\n" for path in files))
    return out.getvalue()
