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
