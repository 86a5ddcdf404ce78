"""Refuses what would blur the rooms of src/: an include of an undeclared room or of another room's
detail/, a cycle, a library's header outside the room that owns it, and files over 800 lines.

Reads the rooms that CMake wrote (rooms.txt: room|layer|dependencies). Exit code 1 when anything is
refused; files over 500 lines are only warned of."""

import argparse
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^\s*#\s*include\s*["<]([^">]+)[">]', re.MULTILINE)
# A header prefix and the folders (below src/, or algo/) that may include it.
OWNED_HEADERS = {
    "torch/": ("src/engine/torch", "algo"),
    "ATen/": ("src/engine/torch", "algo"),
    "openvino/": ("src/engine/openvino",),
    "boost/asio": ("src/net", "bench/peers"),
    "boost/beast": ("src/net", "bench/peers"),
    "google/protobuf/": ("src/grpc",),
    "nghttp2/": ("src/net",),
    "sqlite3.h": ("src/db",),
    "libpq-fe.h": ("src/db",),
    "spdlog/": ("src/core",),
    "rocksdb/": ("src/graph/storage", "bench/peers"),
}
WARN_LINES, MAX_LINES = 500, 800
SOURCE_FOLDERS = ("src", "algo", "bench", "tests", "tools", "python", "web/src")
SUFFIXES = {".h", ".cpp", ".py", ".js", ".ts", ".css"}


def read_rooms(build: pathlib.Path) -> dict[str, tuple[int, set[str]]]:
    rooms = {}
    for line in (build / "rooms.txt").read_text().splitlines():
        name, layer, deps = line.split("|")
        rooms[name] = (int(layer), {d for d in deps.split(";") if d})
    return rooms


def check_includes(path: pathlib.Path, rooms, refuse) -> None:
    relative = path.relative_to(ROOT).as_posix()
    room = relative.split("/")[1] if relative.startswith("src/") else None
    for include in INCLUDE.findall(path.read_text(errors="replace")):
        for prefix, owners in OWNED_HEADERS.items():
            if include.startswith(prefix) and not relative.startswith(owners):
                refuse(f"{relative}: <{include}> belongs to {' and '.join(owners)}")
        target = include.split("/")[0]
        if room not in rooms or target not in rooms or target == room:
            continue
        if target not in rooms[room][1]:
            refuse(f"{relative}: room {room} does not declare {target} ({include})")
        if include.startswith(f"{target}/detail/"):
            refuse(f"{relative}: {include} is private to {target}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, required=True, help="a configured build folder")
    rooms = read_rooms(parser.parse_args().build)
    refused: list[str] = []
    for name, (layer, deps) in rooms.items():
        for dep in deps:
            if rooms[dep][0] >= layer:  # layers that only fall cannot make a cycle
                refused.append(f"room {name} (layer {layer}) declares {dep} (layer {rooms[dep][0]})")
    files = 0
    for folder in SOURCE_FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix not in SUFFIXES or "node_modules" in path.parts:
                continue
            files += 1
            lines = len(path.read_text(errors="replace").splitlines())
            if lines > MAX_LINES:
                refused.append(f"{path.relative_to(ROOT)}: {lines} lines, the limit is {MAX_LINES}")
            elif lines > WARN_LINES:
                print(f"warning: {path.relative_to(ROOT)} has {lines} lines")
            if path.suffix in {".h", ".cpp"}:
                check_includes(path, rooms, refused.append)
    for complaint in refused:
        print(complaint)
    print(f"{files} files in {len(rooms)} rooms, {len(refused)} refused")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
