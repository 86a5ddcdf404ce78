"""The wire tables' generator, on the pinned botocore; and the committed coverage page is current."""

import pathlib

import pytest

import wire_generate

ROOT = pathlib.Path(__file__).resolve().parent.parent
OPERATIONS = ROOT / "src" / "wire" / "operations.txt"


def write(tmp_path, text: str) -> pathlib.Path:
    path = tmp_path / "operations.txt"
    path.write_text(text)
    return path


def test_the_list_is_read_in_order(tmp_path):
    path = write(tmp_path, "# a comment\nsts GetCallerIdentity\n\niam GetRole # why\niam GetUser\n")
    assert wire_generate.read_operations(path) == {
        "sts": ["GetCallerIdentity"], "iam": ["GetRole", "GetUser"]}


@pytest.mark.parametrize("text, said", [
    ("sts\n", "'service Operation' is wanted"),
    ("sts GetCallerIdentity\nsts GetCallerIdentity\n", "stands twice"),
])
def test_a_broken_list_is_refused(tmp_path, text, said):
    with pytest.raises(SystemExit, match=said):
        wire_generate.read_operations(write(tmp_path, text))


def test_an_operation_that_botocore_does_not_know_is_refused(tmp_path):
    with pytest.raises(SystemExit, match="has no sts Fly"):
        wire_generate.load(wire_generate.read_operations(write(tmp_path, "sts Fly\n")))


def test_tables_hold_served_operations_with_shapes_and_the_rest_by_name(tmp_path):
    services = wire_generate.load({"sts": ["GetCallerIdentity"]})
    tables = wire_generate.tables(services)
    assert '.name = "GetCallerIdentity"' in tables and ".result_wrapper" in tables
    other = next(line for line in tables.splitlines() if '"AssumeRoleWithSAML"' in line)
    assert ".input" not in other


@pytest.mark.parametrize("pattern, wanted", [
    (r"^[a-z]+$", r"[a-z]+"),
    (r"(?!x)[a-z]", r"[a-z]"),
    (r"(?=[^-])(?!.*(a|b))x", r"x"),
    (r"\S[\p{Print}]*", r"\S[[:print:]]*"),
    (r"\p{ASCII}*", r"[[:ascii:]]*"),
    (r"arn:[\p{Alnum}\-\p{Print}]+\p{Alnum}", r"arn:[[:alnum:]\-[:print:]]+[[:alnum:]]"),
    ("[a-z]{0,1023}x{1,3}", "[a-z]{0,1000}[a-z]{0,23}x{1,3}"),
    ("[\\u0009\\u00FF]", r"[\x{0009}\x{00FF}]"),
])
def test_patterns_become_re2s(pattern, wanted):
    assert wire_generate.re2_pattern(pattern) == wanted


def test_the_coverage_page_is_current():
    services = wire_generate.load(wire_generate.read_operations(OPERATIONS))
    page = (ROOT / "docs" / "api" / "coverage.md").read_text()
    assert page == wire_generate.coverage(services), \
        "run tools/wire_generate.py --coverage docs/api/coverage.md"
