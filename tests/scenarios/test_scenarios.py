"""Plays every *.test of this folder; README.md describes them."""

import pathlib

import pytest

from scenarios.scenario import Play, parse

FILES = sorted(pathlib.Path(__file__).parent.glob("*.test"))


@pytest.mark.parametrize("restart_each", [False, True], ids=["plain", "restarts"])
@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_scenario(path, restart_each, new_platform):
    play = Play(new_platform().start(), restart_each)
    for step in parse(path):
        try:
            play.run(step)
        except Exception as error:
            raise AssertionError(f"{path.name}:{step.line}: {' '.join(step.words)}: {error}\n"
                                 + play.platform.log()[-2000:]) from error
    play.end()
