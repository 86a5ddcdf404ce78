"""check_layers.py must refuse what it is there to refuse, shown on a made-up house."""

import importlib.util
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent


def run_check(house: pathlib.Path, rooms: str, monkeypatch, capsys) -> tuple[int, str]:
    spec = importlib.util.spec_from_file_location("check_layers", HERE / "check_layers.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (house / "build").mkdir()
    (house / "build" / "rooms.txt").write_text(rooms)
    monkeypatch.setattr(module, "ROOT", house)
    monkeypatch.setattr(sys, "argv", ["check_layers.py", "--build", str(house / "build")])
    return module.main(), capsys.readouterr().out


def write(house: pathlib.Path, name: str, text: str) -> None:
    (house / name).parent.mkdir(parents=True, exist_ok=True)
    (house / name).write_text(text)


ROOMS = "core|0|\nnet|1|core\nserving|5|core\n"


def test_a_clean_house_passes(tmp_path, monkeypatch, capsys):
    write(tmp_path, "src/net/a.cpp", '#include "core/result.h"\n#include "net/detail/b.h"\n')
    code, out = run_check(tmp_path, ROOMS, monkeypatch, capsys)
    assert code == 0 and "1 files in 3 rooms, 0 refused" in out


def test_an_undeclared_room_is_refused(tmp_path, monkeypatch, capsys):
    write(tmp_path, "src/serving/a.h", '#include "net/exchange.h"\n')
    code, out = run_check(tmp_path, ROOMS, monkeypatch, capsys)
    assert code == 1 and "room serving does not declare net" in out


def test_private_headers_and_owned_libraries_are_refused(tmp_path, monkeypatch, capsys):
    write(tmp_path, "src/net/a.cpp", '#include "core/detail/x.h"\n#include <sqlite3.h>\n')
    code, out = run_check(tmp_path, ROOMS, monkeypatch, capsys)
    assert code == 1 and "is private to core" in out and "<sqlite3.h> belongs to src/db" in out


def test_a_dependency_upwards_is_refused(tmp_path, monkeypatch, capsys):
    code, out = run_check(tmp_path, "core|0|net\nnet|1|core\n", monkeypatch, capsys)
    assert code == 1 and "room core (layer 0) declares net (layer 1)" in out


def test_a_long_file_is_refused(tmp_path, monkeypatch, capsys):
    write(tmp_path, "src/core/a.cpp", "\n" * 801)
    code, out = run_check(tmp_path, ROOMS, monkeypatch, capsys)
    assert code == 1 and "801 lines" in out
