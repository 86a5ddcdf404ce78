"""The graph tour's own functions, over a few packages: three languages answer the same."""

import sys

import pytest
from support.platform import ROOT, Platform

sys.path.insert(0, str(ROOT / "examples" / "graph_tour"))
import packages  # noqa: E402
import questions  # noqa: E402
import tour  # noqa: E402

LISTED = """Package: tool
Version: 1.0
Installed-Size: 12
Maintainer: "Cy \\\\ Co" <cy@example>
Section: utils
Tag: role::program, use::{editing}
Description: a tool
 of two lines
Depends: app (>= 1)

Package: app
Maintainer: Ann <ann@example>
Section: utils
Pre-Depends: lib-a:any
Depends: lib-b | nothing
Suggests: tool

Package: lib-a
Maintainer: Bob <bob@example>
Section: libs
Depends: base

Package: lib-b
Maintainer: Bob <bob@example>
Section: libs
Depends: lib-c
Provides: nothing (= 1)

Package: lib-c
Maintainer: Ann <ann@example>
Section: libs
Depends: base

Package: base
Maintainer: Bob <bob@example>
Section: libs
Depends: lib-c
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    platform = Platform(tmp_path_factory.mktemp("tour")).start()
    yield platform
    assert platform.stop() == 0, platform.log()[-4000:]


class Session:
    """boto3's, with the platform's keys."""

    def __init__(self, platform):
        self.platform = platform

    def client(self, service, endpoint_url):
        assert endpoint_url == self.platform.url
        return self.platform.client(service)


def test_three_languages_answer_the_same(server, capsys):
    files = packages.build(LISTED)
    assert files["csv/nodes.csv.gz"].rows == 6 + 1 + 2 + 3 + 1  # packages, virtual, sections, maintainers, tag
    tour.load(Session(server), server.url, files)
    languages = [questions.Gremlin(server.url), questions.OpenCypher(server.url), questions.Sparql(server.url)]
    assert languages[0].has("tool") and languages[2].has("tool") and not languages[2].has("none")
    expected = [
        {"package": 6, "virtual": 1, "section": 2, "maintainer": 3, "tag": 1},
        2,
        5,
        [("base", 2), ("lib-c", 2), ("app", 1), ("lib-a", 1), ("lib-b", 1)],
        [("Ann", 1), ("Bob", 1)],
        ["tool", "app", "lib-a", "base"],
    ]
    assert tour.tour(languages, "base", "tool", "base", 1) == [[answer] * 3 for answer in expected]
    printed = capsys.readouterr().out
    assert "Gremlin" in printed and "OpenCypher" in printed and "Sparql" in printed
    for language in languages:
        language.close()
