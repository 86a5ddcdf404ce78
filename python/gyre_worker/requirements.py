"""Installs what a model's file of requirements asks for into an environment of its own, once for all
its workers.

python -m gyre_worker.requirements MODEL_DIR FILE CACHE_DIR; FILE is below MODEL_DIR. pip's output goes to stdout; the last line is
`gyre python PATH`: the interpreter that has what the model asks for, and all that this one has.
"""

import contextlib
import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import site
import subprocess
import sys
import venv

# These belong to the platform: another build of them would be another engine.
KEPT = ("torch", "openvino")


def lines_of(text: str) -> list:
    """The lines that ask for something."""
    joined = text.replace("\\\n", " ")
    return [line for raw in joined.splitlines() if (line := raw.split(" #")[0].strip())
            and not line.startswith("#")]


def without_kept(lines: list) -> tuple:
    """(what is to be installed, what is skipped because the platform has its own)."""
    install, skipped = [], []
    for line in lines:
        name = re.match(r"[A-Za-z0-9._-]+", line)
        kept = name and re.sub(r"[-_.]+", "-", name.group()).lower() in KEPT
        (skipped if kept else install).append(line)
    return install, skipped


def digest(code: pathlib.Path, lines: list, environment) -> str:
    """Of all that decides what is installed."""
    total = hashlib.sha256()
    total.update("\n".join([sys.version, sys.prefix, *lines]).encode())
    for name in sorted(environment):
        if name.startswith("PIP_"):
            total.update(f"\0{name}={environment[name]}".encode())
    for package, version in sorted(installed().items()):
        total.update(f"\0{package}=={version}".encode())
    # A line may name files of the model: options, paths.
    if any(line.startswith(("-", ".", "/")) or "file:" in line or "/" in line for line in lines):
        for path in sorted(p for p in code.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
            total.update(f"\0{path.relative_to(code)}\0".encode())
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()[:32]


def installed() -> dict:
    import importlib.metadata

    found = {}
    for name in KEPT:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found


def install(code: pathlib.Path, lines: list, folder: pathlib.Path) -> None:
    """Fills `folder` with a virtual environment. Raises CalledProcessError when pip fails."""
    in_venv = sys.prefix != sys.base_prefix
    venv.EnvBuilder(system_site_packages=not in_venv, symlinks=True).create(folder)
    python = folder / "bin" / "python"
    packages = next((folder / "lib").glob("python3*")) / "site-packages"
    if in_venv:  # this one's packages come after the new one's own
        parents = "".join(f"import site; site.addsitedir({p!r})\n" for p in site.getsitepackages())
        (packages / "zz_gyre_parent.pth").write_text(parents)
    listed, limits = folder / "requirements.txt", folder / "constraints.txt"
    listed.write_text("\n".join(lines) + "\n")
    limits.write_text("".join(f"{n}=={v}\n" for n, v in installed().items()))
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-input",
         "--disable-pip-version-check", "--progress-bar", "off", "-c", str(limits), "-r", str(listed)],
        cwd=code, check=True, stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONPATH": "", "PIP_ROOT_USER_ACTION": "ignore"})


def prepare(model: pathlib.Path, file: str, cache: pathlib.Path, environment) -> str:
    """The interpreter for this model."""
    code = (model / file).parent
    wanted = lines_of((model / file).read_text("utf-8-sig"))
    lines, skipped = without_kept(wanted)
    for line in skipped:
        has = ", ".join(f"{n} {v}" for n, v in installed().items())
        print(f"gyre: {file}: '{line}' is skipped, for models here run on {has}")
    if not lines:
        return sys.executable
    cache.mkdir(parents=True, exist_ok=True)
    key = digest(code, lines, environment)
    folder, done = cache / key, cache / f"{key}.done"
    with open(cache / f"{key}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another host may be installing the same
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            print(f"gyre: installing {file}", flush=True)
            install(code, lines, folder)
            done.touch()
    return str(folder / "bin" / "python")


def main(model: str, file: str, cache: str) -> int:
    try:
        python = prepare(pathlib.Path(model), file, pathlib.Path(cache), os.environ)
    except subprocess.CalledProcessError as error:
        return error.returncode or 1
    print(f"gyre python {python}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
