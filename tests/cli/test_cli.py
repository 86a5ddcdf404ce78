"""The command line against a real platform."""

import json
import os
import pathlib
import pty
import subprocess

import pytest

from support import models
from support.platform import BIN, Platform


def run(platform: Platform, *arguments, **options) -> subprocess.CompletedProcess:
    """`gyre ARGUMENTS` as in the platform's own folder: no AWS variables, --data by GYRE_DATA."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "GYRE_"))}
    return subprocess.run([BIN / "gyre", *map(str, arguments)], text=True, capture_output=True,
                          env={**clean, "GYRE_DATA": str(platform.data)}, timeout=300, **options)


def ok(platform: Platform, *arguments, **options) -> str:
    done = run(platform, *arguments, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def echo_file(tmp_path):
    path = tmp_path / "model.tar.gz"
    path.write_bytes(models.echo())
    return path


def test_env_points_a_stock_client_here(gyre):
    script = f'eval "$({BIN}/gyre env --data {gyre.data})"; env'
    printed = subprocess.run(["bash", "-c", script], text=True, capture_output=True, check=True,
                             env={"PATH": os.environ["PATH"], "AWS_SESSION_TOKEN": "stale"})
    variables = dict(line.split("=", 1) for line in printed.stdout.splitlines() if "=" in line)
    assert variables["AWS_ENDPOINT_URL"] == gyre.url
    assert variables["AWS_SECRET_ACCESS_KEY"] == gyre.keys()["aws_secret_access_key"]
    assert "AWS_SESSION_TOKEN" not in variables
    assert variables["HTTPS_PROXY"] == gyre.url
    assert variables["AWS_CA_BUNDLE"] == variables["REQUESTS_CA_BUNDLE"] == gyre.authority
    assert json.loads(ok(gyre, "env", "--json"))["AWS_ENDPOINT_URL"] == gyre.url


def test_env_of_a_platform_elsewhere_fetches_its_authority(gyre, tmp_path):
    keys = {name.upper(): value for name, value in gyre.keys().items()}
    printed = subprocess.run([BIN / "gyre", "env", "--json", "--url", gyre.url], text=True,
                             capture_output=True, check=True, cwd=tmp_path,
                             env={**keys, "HOME": str(tmp_path), "https_proxy": "http://stale:1"})
    variables = json.loads(printed.stdout)
    assert variables["HTTPS_PROXY"] == gyre.url
    kept = pathlib.Path(variables["AWS_CA_BUNDLE"])
    assert tmp_path / ".cache" in kept.parents
    assert kept.read_text() == pathlib.Path(gyre.authority).read_text()
    assert variables["REQUESTS_CA_BUNDLE"] == str(kept)


def test_status_says_where_and_who(gyre):
    status = json.loads(ok(gyre, "status", "--json"))
    assert status["url"] == gyre.url
    assert status["account"] == "000000000000"
    assert gyre.url in ok(gyre, "status")


def test_a_model_from_file_to_answer_to_nothing(gyre, echo_file):
    printed = ok(gyre, "deploy", "cli-life", echo_file, "--env", "COLOUR=blue", "--count", "2")
    assert "gyre invoke cli-life" in printed

    endpoint, = json.loads(ok(gyre, "endpoints", "cli-life", "--json"))
    assert endpoint["EndpointStatus"] == "InService"
    assert endpoint["ProductionVariants"][0]["CurrentInstanceCount"] == 2
    model = next(m for m in json.loads(ok(gyre, "models", "--json"))
                 if m["ModelName"].startswith("cli-life-"))
    assert model["PrimaryContainer"]["Environment"] == {"COLOUR": "blue"}
    name, status, *_ = next(line.split("\t") for line in ok(gyre, "endpoints").splitlines()
                            if line.startswith("cli-life\t"))
    assert (name, status) == ("cli-life", "InService")

    assert ok(gyre, "invoke", "cli-life", "--body", '{"a": [1, 2]}') == '{"a": [1, 2]}'
    assert ok(gyre, "invoke", "cli-life", input="[3]") == "[3]"

    ok(gyre, "deploy", "cli-life", echo_file)  # now an update
    again, = json.loads(ok(gyre, "endpoints", "cli-life", "--json"))
    assert again["EndpointConfigName"] != endpoint["EndpointConfigName"]
    assert again["ProductionVariants"][0]["CurrentInstanceCount"] == 1

    deleted = json.loads(ok(gyre, "delete", "cli-life", "--json"))
    assert deleted["endpoint"] and len(deleted["models"]) == 2 and len(deleted["configs"]) == 2
    assert "cli-life" not in ok(gyre, "endpoints") + ok(gyre, "models")
    bucket, key = deleted["data"][0].removeprefix("s3://").split("/", 1)
    listed = gyre.client("s3").list_objects_v2(Bucket=bucket, Prefix="cli-life/")
    assert listed["KeyCount"] == 0, key
    assert run(gyre, "delete", "cli-life").returncode == 1


def test_delete_leaves_what_another_client_made(gyre, echo_file):
    gyre.put_model("cli-foreign", models.echo())
    gyre.put_config("cli-foreign", {"model": "cli-foreign"})
    gyre.client("sagemaker").create_endpoint(EndpointName="cli-foreign",
                                             EndpointConfigName="cli-foreign")
    gyre.wait("cli-foreign")
    ok(gyre, "delete", "cli-foreign")
    assert "cli-foreign" not in ok(gyre, "endpoints")
    assert "cli-foreign" in ok(gyre, "models")


def test_a_large_model_goes_up_in_parts(gyre, tmp_path):
    large = os.urandom(40 << 20)
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "gyre.json").write_text(models.ECHO["gyre.json"])
    (tmp_path / "m" / "weights.bin").write_bytes(large)
    ok(gyre, "deploy", "cli-large", tmp_path / "m")
    endpoint, = json.loads(ok(gyre, "endpoints", "cli-large", "--json"))
    model = gyre.client("sagemaker").describe_model(ModelName=endpoint["EndpointConfigName"])
    bucket, key = model["PrimaryContainer"]["ModelDataUrl"].removeprefix("s3://").split("/", 1)
    head = gyre.client("s3").head_object(Bucket=bucket, Key=key)
    assert head["ETag"].strip('"').endswith("-3")
    assert ok(gyre, "invoke", "cli-large", "--body", "[1]") == "[1]"
    ok(gyre, "delete", "cli-large")


def test_a_model_that_fails_is_said_with_its_reason(gyre, tmp_path):
    path = tmp_path / "model.tar.gz"
    path.write_bytes(models.inference("def model_fn(directory):\n"
                                      "    print('looking for weights')\n"
                                      "    raise RuntimeError('no weights here')\n"))
    failed = run(gyre, "deploy", "cli-failing", path)
    assert failed.returncode == 1
    assert failed.stdout == ""
    assert "no weights here" in failed.stderr.splitlines()[-1]
    assert "looking for weights" in ok(gyre, "logs", "cli-failing")
    lines = [json.loads(line) for line in ok(gyre, "logs", "--json").splitlines()]
    assert any(line["endpoint"] == "cli-failing" and "no weights here" in line["message"]
               for line in lines)
    ok(gyre, "delete", "cli-failing")


def test_an_update_that_fails_leaves_what_served(gyre, echo_file, tmp_path):
    ok(gyre, "deploy", "cli-update", echo_file)
    broken = tmp_path / "broken.tar.gz"
    broken.write_bytes(b"no archive")
    failed = run(gyre, "deploy", "cli-update", broken)
    assert failed.returncode == 1
    assert "goes on serving" in failed.stderr
    assert ok(gyre, "invoke", "cli-update", "--body", "[1]") == "[1]"
    ok(gyre, "delete", "cli-update")


def test_logs_follow_what_comes(gyre, tmp_path):
    path = tmp_path / "model.tar.gz"
    path.write_bytes(models.inference(
        "def model_fn(directory): return None\n"
        "def transform_fn(model, body, content_type, accept):\n"
        "    print('saw', body if isinstance(body, str) else body.decode(), flush=True)\n"
        "    return body, 'application/json'\n"))
    ok(gyre, "deploy", "cli-logs", path)
    follower = subprocess.Popen([BIN / "gyre", "logs", "-f", "cli-logs", "--data", gyre.data],
                                stdout=subprocess.PIPE, text=True)
    try:
        ok(gyre, "invoke", "cli-logs", "--body", "[42]")
        assert any("saw [42]" in line for line in follower.stdout)
    finally:
        follower.kill()
        follower.wait()
        follower.stdout.close()
    ok(gyre, "delete", "cli-logs")


@pytest.mark.parametrize("arguments, code, expected", [
    (["deploy", "x", "/nowhere/model.onnx"], 1, "there is no /nowhere/model.onnx"),
    (["deploy", "a_b", "/nowhere"], 1, "cannot be an endpoint's name"),
    (["deploy", "x", "m.onnx", "--env", "NOVALUE"], 1, "NAME=VALUE"),
    (["invoke", "cli-absent", "--body", "{}"], 1, "no endpoint cli-absent"),
    (["logs", "cli-absent"], 1, "no endpoint cli-absent"),
    (["endpoints", "cli-absent"], 1, "`gyre endpoints` lists them"),
    (["status", "--url", "http://127.0.0.1:1"], 1, "gyre serve"),
    (["status", "--data", "/nowhere"], 1, "gyre serve"),
    (["deploy"], 2, "gyre deploy --help"),
    (["endpoint"], 2, "did you mean endpoints?"),
])
def test_an_error_is_one_line_that_says_what_to_do(gyre, arguments, code, expected):
    done = run(gyre, *arguments)
    assert done.returncode == code
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stderr.startswith("gyre: ") and expected in done.stderr


def on_terminal(platform: Platform, *arguments, **variables) -> str:
    """What a terminal gets of `gyre ARGUMENTS`."""
    master, slave = pty.openpty()
    with subprocess.Popen([BIN / "gyre", *arguments], stdout=slave, stderr=slave,
                          env={"GYRE_DATA": str(platform.data), "TERM": "xterm", **variables}):
        os.close(slave)
        printed = b""
        while True:
            try:
                piece = os.read(master, 4096)
            except OSError:  # how Linux tells the other side's end
                piece = b""
            if not piece:
                break
            printed += piece
    os.close(master)
    return printed.decode().replace("\r\n", "\n")


def test_tables_and_colour_are_for_terminals(gyre, echo_file):
    ok(gyre, "deploy", "cli-terminal", echo_file)
    table = on_terminal(gyre, "endpoints", "cli-terminal")
    assert table.startswith("\033[1mNAME\033[0m ") and "\033[32mInService\033[0m" in table
    plain = on_terminal(gyre, "endpoints", "cli-terminal", NO_COLOR="1")
    assert plain.startswith("NAME ") and "\033" not in plain
    assert ok(gyre, "endpoints", "cli-terminal").startswith("cli-terminal\tInService\tmain 1\t")
    refused = on_terminal(gyre, "invoke", "cli-terminal", "--body", "x",
                          "--content-type", "application/x-npy", "--accept", "application/x-npy")
    assert "--output FILE" in refused
    ok(gyre, "delete", "cli-terminal")


def test_what_cannot_be_printed_is_an_error(gyre):
    with open("/dev/full", "w") as full:
        done = subprocess.run([BIN / "gyre", "status", "--data", gyre.data], stdout=full,
                              stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 1 and "standard output" in done.stderr


def test_wrong_keys_are_named(gyre):
    done = subprocess.run([BIN / "gyre", "status", "--url", gyre.url], text=True,
                          capture_output=True, timeout=60,
                          env={"AWS_ACCESS_KEY_ID": "AKIDOFANOTHER", "AWS_SECRET_ACCESS_KEY": "x"})
    assert done.returncode == 1
    assert "AKIDOFANOTHER" in done.stderr and "AWS_ACCESS_KEY_ID in the environment" in done.stderr
    assert "gyre env" in done.stderr


def test_graph_load(gyre, tmp_path):
    nodes, edges = tmp_path / "n.csv", tmp_path / "e.csv"
    nodes.write_text("~id,~label,n:Int\ncli1,cli,1\ncli2,cli,2\n")
    edges.write_text("~from,~to,~label\ncli1,cli2,next\n")
    done = run(gyre, "graph", "load", edges, nodes)
    assert done.returncode == 0, done.stderr
    assert "5 records are loaded" in done.stderr  # two labels, two numbers, an edge
    nodes.write_text("~id,n:Int\ncli3,x\n")
    done = run(gyre, "graph", "load", nodes)
    assert done.returncode == 1
    assert "record 2: column n: 'x' is no Int" in done.stderr


def test_graph_fixtures(gyre, tmp_path):
    def vertex(number, out=""):
        return ('{"id":{"@type":"g:Int32","@value":%d},"label":"person","properties":{"name":[{"id":'
                '{"@type":"g:Int64","@value":%d},"value":"n%d"}]}%s}\n' % (number, number, number, out))
    edge = (',"outE":{"knows":[{"id":{"@type":"g:Int32","@value":7},"inV":{"@type":"g:Int32","@value":2},'
            '"properties":{"weight":{"@type":"g:Double","@value":0.5}}}]}')
    folder = tmp_path / "toys"
    folder.mkdir()
    (folder / "tinkerpop-modern-v3.json").write_text(vertex(1, edge) + vertex(2))
    (folder / "other.json").write_text("{}")
    made = ok(gyre, "graph", "fixtures", folder, "--json")
    assert [(one["name"], one["vertices"], one["edges"]) for one in json.loads(made)["graphs"]] == [
        ("gmodern", 2, 1), ("ggraph", 0, 0), ("gtx", 0, 0)]
    again = run(gyre, "graph", "fixtures", folder / "tinkerpop-modern-v3.json")
    assert again.returncode == 0 and "gmodern is there already" in again.stderr
    ok(gyre, "graph", "fixtures", folder / "tinkerpop-modern-v3.json", "--replace")
    client = gyre.client("neptunedata")
    answer = client.execute_gremlin_query(gremlinQuery="gmodern.V(1).out('knows').values('name')",
                                          serializer="application/vnd.gremlin-v3.0+json;types=false")
    assert answer["result"]["data"] == ["n2"]
    client.execute_gremlin_query(gremlinQuery="ggraph.io('data/tinkerpop-modern.json').read().iterate()")
    answer = client.execute_gremlin_query(gremlinQuery="ggraph.V().count()",
                                          serializer="application/vnd.gremlin-v3.0+json;types=false")
    assert answer["result"]["data"] == [2]
    wrong = run(gyre, "graph", "fixtures", folder / "other.json")
    assert wrong.returncode == 1 and "tinkerpop-modern-v3.json" in wrong.stderr
