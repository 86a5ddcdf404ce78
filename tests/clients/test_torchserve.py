"""TorchServe's archives, unmodified, behind its own program's name, flags and APIs."""

import concurrent.futures
import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile

import pytest
import requests

from support.processes import wait_until
from support.torchserve import TorchServe, archive

# What came, so that a test can look at it; and failures on order.
WITNESS = '''
import json
import os
from ts.utils.util import PredictionException

class Witness:
    def initialize(self, context):
        self.directory = context.system_properties["model_dir"]
        self.calls = 0

    def handle(self, data, context):
        self.calls += 1
        answers = []
        for index, row in enumerate(data):
            order = row.get("body")
            if isinstance(order, dict) and "raise" in order:
                raise PredictionException(order["raise"], order["code"])
            if isinstance(order, dict) and "crash" in order:
                raise RuntimeError("crash")
            if isinstance(order, dict) and "exit" in order:
                os._exit(3)
            if isinstance(order, dict) and "status" in order:
                context.set_response_status(order["status"], "as told", index)
                context.set_response_content_type(index, "text/told")
                context.set_response_header(index, "x-told", "yes")
                answers.append("told")
                continue
            seen = {name: value.decode("latin-1") if isinstance(value, (bytes, bytearray)) else value
                    for name, value in row.items()}
            answers.append({
                "data": seen, "types": {name: type(value).__name__ for name, value in row.items()},
                "batch": len(data), "size": context.system_properties["batch_size"],
                "header": context.get_request_header(index, "x-mood"),
                "accept": context.get_request_header(index, "Accept"),
                "authorization": context.get_request_header(index, "Authorization"),
                "path": context.get_request_header(index, "url_path"),
                "explain": context.get_request_header(index, "explain"),
                "version": context.manifest["model"]["modelVersion"],
                "setting": context.model_yaml_config.get("setting"),
                "files": sorted(os.listdir(self.directory))})
        if data[0].get("body") == "short":
            return answers[1:]
        if data[0].get("body") == "scalar":
            return "scalar"
        context.metrics.add_counter("Witnessed", 1)
        return answers
'''
FUNCTION = '''
def start(data, context):
    if data is None:
        return None
    return [b"raw " + bytes(row["body"]) for row in data]
'''
SLOW = '''
import time

def handle(data, context):
    if data is None:
        return
    time.sleep(0.05)
    return [str(len(data))] * len(data)
'''
# A coroutine, whose loop is the same for all requests; and what is said of such a handler.
ASYNCHRONOUS = '''
import asyncio
from ts.utils.util import PredictionException

class Asynchronous:
    def initialize(self, context):
        self.loop, self.asked = None, 0

    async def handle(self, data, context):
        loop = asyncio.get_running_loop()
        assert self.loop in (None, loop)
        self.loop = loop
        if context.get_request_header(0, "describe") == "True":
            return [{"loop": True}]
        if bytes(data[0]["body"]) == b"memory":
            raise PredictionException("no room", 413)
        await asyncio.sleep(0.001)
        self.asked += 1
        return [str(self.asked)]
'''
ENVIRONMENT = '''
import os

def handle(data, context):
    return [dict(os.environ)] * len(data or [])
'''


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("torchserve")
    store = folder / "store"
    store.mkdir()
    archive(store, "witness", WITNESS, {"extra.txt": "x", "model.yaml": "setting: from the yaml\n"},
            extra_files="extra.txt", config_file="model.yaml")
    with TorchServe(folder, "", "--models", "witness=witness.mar") as server:
        yield server


def error(answer: requests.Response, code: int, kind: str, part: str = "") -> str:
    assert answer.status_code == code, answer.text
    said = answer.json()
    assert (said["code"], said["type"]) == (code, kind), said
    assert part in said["message"], said
    return said["message"]


def test_ping_and_answers_headers(served):
    answer = requests.get(served.inference + "/ping", timeout=30)
    assert answer.json() == {"status": "Healthy"}
    assert answer.headers["x-request-id"] and answer.headers["Pragma"] == "no-cache"


def test_what_a_handler_sees(served):
    seen = served.predict("witness", b'{"a": [1]}', headers={
        "Content-Type": "application/json", "X-Mood": "fine", "Accept": "text/csv",
        "Authorization": "Basic abc"}).json()
    assert (seen["accept"], seen["authorization"]) == ("text/csv", "Basic abc")
    assert seen["data"] == {"body": {"a": [1]}}  # JSON is decoded
    assert seen["header"] == "fine" and seen["version"] == "1.0"
    assert seen["setting"] == "from the yaml" and seen["size"] == 1
    assert {"extra.txt", "witness_handler.py", "MAR-INF"} <= set(seen["files"])
    text = served.predict("witness", "hällo".encode(), headers={"Content-Type": "text/plain"})
    assert text.json()["data"] == {"body": "hällo"}
    charset = served.predict("witness", b"[1]", headers={
        "Content-Type": "application/json; charset=utf-8"}).json()
    assert charset["data"] == {"body": [1]}
    assert (charset["path"], charset["explain"]) == ("", "False")  # always there
    raw = served.predict("witness", b"\xff\x00", headers={"Content-Type": "image/jpeg"})
    assert raw.json()["data"] == {"body": "\xff\x00"}
    put = requests.put(served.inference + "/predictions/witness/1.0/deeper/still", data=b"x",
                       timeout=30)  # curl -T
    assert put.json()["path"] == "deeper/still"


def test_forms_become_fields(served):
    seen = requests.post(served.inference + "/predictions/witness", timeout=30, files={
        "data": ("kitten.jpg", b"\x01\r\n\x02", "image/jpeg"), "note": (None, "a cat")}).json()
    assert seen["data"] == {"data": "\x01\r\n\x02", "note": "a cat"}
    assert set(seen["types"].values()) == {"bytes"}  # whatever they hold
    form = requests.post(served.inference + "/predictions/witness", timeout=30,
                         data={"x": "1 2", "y": ""}).json()
    assert form["data"] == {"x": "1 2", "y": ""} and set(form["types"].values()) == {"bytes"}


def test_other_ways_to_the_same_model(served):
    for path in ("/invocations", "/models/witness/invoke", "/witness/predict",
                 "/witness/1.0/predict", "/v1/models/witness:predict", "/v2/models/witness/infer"):
        answer = requests.post(served.inference + path, b"x", timeout=30)
        assert answer.status_code == 200, (path, answer.text)
    query = requests.post(served.inference + "/invocations?model_name=witness&k=v", b"x", timeout=30)
    assert query.json()["data"] == {"model_name": "witness", "k": "v", "body": "x"}
    assert query.json()["types"]["k"] == "bytes"
    explained = requests.post(served.inference + "/explanations/witness", b"x", timeout=30).json()
    assert explained["explain"] == "True"
    assert requests.get(served.inference + "/v1/models/witness", timeout=30).json() == {
        "name": "witness", "ready": True}


def test_errors_as_clients_check_them(served):
    error(served.predict("nobody"), 404, "ModelNotFoundException", "Model not found: nobody")
    error(served.predict("witness/7.0"), 404, "ModelVersionNotFoundException",
          "Model version: 7.0 does not exist for model: witness")
    error(requests.get(served.inference + "/nowhere", timeout=30), 404,
          "ResourceNotFoundException",
          "Requested resource is not found, please refer to API document.")
    error(requests.put(served.management + "/models", timeout=30), 405,
          "MethodNotAllowedException",
          "Requested method is not allowed, please refer to API document.")
    order = {"Content-Type": "application/json"}
    assert error(served.predict("witness", b'{"raise": "too many legs", "code": 422}', headers=order),
                 422, "InternalServerException") == "too many legs"
    assert error(served.predict("witness", b'{"crash": 1}', headers=order), 503,
                 "InternalServerException") == "Prediction failed"
    text = {"Content-Type": "text/plain"}
    assert error(served.predict("witness", b"short", headers=text), 503,
                 "InternalServerException") == "number of batch response mismatched"
    assert error(served.predict("witness", b"scalar", headers=text), 503,
                 "InternalServerException") == "Invalid model predict output"
    told = served.predict("witness", b'{"status": 299}', headers=order)
    assert (told.status_code, told.text) == (299, "told")
    assert told.headers["Content-Type"] == "text/told" and told.headers["x-told"] == "yes"


def test_a_worker_that_dies_comes_back(served):
    died = served.predict("witness", b'{"exit": 1}', headers={"Content-Type": "application/json"})
    error(died, 500, "InternalServerException", "Worker died.")
    assert served.predict("witness", b"x").status_code == 200


def test_registering_scaling_and_unregistering(served):
    archive(served.store, "function", FUNCTION, format="tgz")
    registered = served.register("function.tar.gz", handler="function_handler:start")
    assert registered.status_code == 200, registered.text
    assert registered.json()["status"] == (
        'Model "function" Version: 1.0 registered with 1 initial workers')
    assert served.predict("function", b"bytes").content == b"raw bytes"
    error(served.register("function.tar.gz"), 409, "ConflictStatusException",
          "Model version 1.0 is already registered for model function")
    scaled = requests.put(served.management + "/models/function",
                          params={"min_worker": 2, "synchronous": "true"}, timeout=60)
    assert scaled.json()["status"] == "Workers scaled to 2 for model: function"
    described = served.describe("function")[0]
    assert described["minWorkers"] == 2 and len(described["workers"]) == 2
    assert described["workers"][0]["status"] == "READY" and described["workers"][0]["pid"] > 0
    assert described["jobQueueStatus"] == {"remainingCapacity": 100, "pendingRequests": 0}
    down = requests.put(served.management + "/models/function?min_worker=0", timeout=60)
    assert (down.status_code, down.json()["status"]) == (202, "Processing worker updates...")
    wait_until(lambda: not served.describe("function")[0]["workers"]
               and served.predict("function").status_code != 200, 60)
    error(served.predict("function"), 503, "ServiceUnavailableException",
          'Model "function" has no worker to serve inference request.')
    error(requests.put(served.management + "/models/function?min_worker=2&max_worker=1", timeout=30),
          400, "BadRequestException", "max_worker cannot be less than min_worker.")
    gone = requests.delete(served.management + "/models/function", timeout=60)
    assert gone.json()["status"] == 'Model "function" unregistered'
    error(served.predict("function"), 404, "ModelNotFoundException")
    error(requests.delete(served.management + "/models/function", timeout=60), 404,
          "ModelNotFoundException")


def test_versions_and_their_default(served):
    for version in ("1.0", "2.0"):
        archive(served.store, "twice", WITNESS, version=version)
        os.rename(served.store / "twice.mar", served.store / f"twice-{version}.mar")
        assert served.register(f"twice-{version}.mar").status_code == 200

    def version_of(path: str) -> str:
        return served.predict(path, b"x").json()["version"]

    assert version_of("twice") == "1.0" and version_of("twice/2.0") == "2.0"
    error(requests.delete(served.management + "/models/twice/1.0", timeout=30), 403,
          "InvalidModelVersionException", "Cannot remove default version for model twice")
    default = requests.put(served.management + "/models/twice/2.0/set-default", timeout=30)
    assert default.status_code == 200 and default.json() == {
        "status": 'Default version successfully updated for model "twice" to "2.0"'}
    error(requests.put(served.management + "/models/twice/9/set-default", timeout=30), 404,
          "ModelVersionNotFoundException", "Model version 9 does not exist for model twice")
    assert version_of("twice") == "2.0"
    every = served.describe("twice/all")
    assert [one["modelVersion"] for one in every] == ["1.0", "2.0"]
    assert requests.delete(served.management + "/models/twice/1.0", timeout=30).status_code == 200
    assert [one["modelVersion"] for one in served.describe("twice/all")] == ["2.0"]
    listed = requests.get(served.management + "/models?limit=1", timeout=30).json()
    assert listed["nextPageToken"] == "1" and len(listed["models"]) == 1


def test_only_the_store_is_a_source(served, tmp_path):
    for url in ("../witness.mar", "https://example.com/m.mar", "file:///etc/passwd", "/etc/passwd",
                str(tmp_path / "x.mar")):
        error(served.register(url), 404, "ModelNotFoundException")
    error(served.register("missing.mar"), 404, "ModelNotFoundException",
          "Model not found at: missing.mar")
    error(requests.post(served.management + "/models", timeout=30), 400, "BadRequestException",
          "Parameter url is required.")
    (served.store / "broken.mar").write_bytes(b"PK\x03\x04 but no more")
    assert served.register("broken.mar").status_code == 400
    error(served.register(""), 404, "ModelNotFoundException", "empty url")
    error(requests.post(served.management + "/models", timeout=30, json={
        "url": "witness.mar", "batch_size": "many"}), 400, "BadRequestException")


def test_a_handler_that_does_not_load(served):
    archive(served.store, "broken_code", "raise RuntimeError('no such weights')\n\n")
    answer = served.register("broken_code.mar")
    error(answer, 500, "InternalServerException", "no such weights")
    error(served.predict("broken_code"), 404, "ModelNotFoundException")


def test_numbers_that_make_no_sense_as_torchserves_own_tests_have_them(served):
    """test/postman/management_data.json."""
    def described(**query) -> dict:
        assert served.register("witness.mar", model_name="loose", **query).status_code == 200
        one = served.describe("loose")[0]
        assert requests.delete(served.management + "/models/loose/?synchronous=nan",
                               timeout=60).status_code == 200
        return one

    usual = described(batch_size="dd", max_batch_delay="junk", response_timeout=-1)
    assert (usual["batchSize"], usual["maxBatchDelay"], usual["responseTimeout"]) == (1, 100, 120)
    assert described(initial_workers=-1, synchronous="-1")["minWorkers"] == 0
    assert described(initial_workers=0, startup_timeout=0)["startupTimeout"] == 0
    error(served.register("witness.mar", model_name="loose", initial_workers=3, startup_timeout=0),
          500, "InternalServerException", "Failed to start workers for model loose version: 1.0")
    error(served.predict("loose"), 404, "ModelNotFoundException")
    error(requests.put(served.management + "/models/witness?min_worker=-1", timeout=30), 500,
          "InternalServerException")
    error(requests.put(served.management + "/models/witness?max_worker=-1", timeout=30), 400,
          "BadRequestException", "max_worker cannot be less than min_worker.")
    every = requests.get(served.management + "/models", timeout=30).json()["models"]
    full = requests.get(served.management + f"/models?limit={len(every)}", timeout=30).json()
    assert full == {"nextPageToken": str(len(every)), "models": every}
    assert requests.get(served.management + "/models?next_page_token=100", timeout=30).json() == {
        "models": []}


def test_batches(served):
    archive(served.store, "slow", SLOW)
    assert served.register("slow.mar", batch_size=8, max_batch_delay=200).status_code == 200
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        sizes = [int(answer.text) for answer in
                 pool.map(lambda _: served.predict("slow", b"x"), range(64))]
    assert max(sizes) > 1 and max(sizes) <= 8


def test_one_bad_request_of_a_batch_fails_alone(served):
    assert served.register("witness.mar", model_name="shared", batch_size=8,
                           max_batch_delay=300).status_code == 200
    bodies = [b'{"crash": 1}' if i == 3 else b'{"n": %d}' % i for i in range(8)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda body: served.predict(
            "shared", body, headers={"Content-Type": "application/json"}).status_code, bodies))
    assert codes == [503 if i == 3 else 200 for i in range(8)]


def test_metrics(served):
    served.predict("witness", b"x")
    text = requests.get(served.metrics + "/metrics", timeout=30).text
    line = next(line for line in text.splitlines()
                if line.startswith("ts_inference_requests_total") and 'model_name="witness"' in line)
    assert float(line.split()[-1]) >= 1
    assert "Requests2XX" in text and "gyre_batch_size" in text


def test_envelopes_and_built_in_handlers(tmp_path):
    import torch

    class Doubler(torch.nn.Module):
        def forward(self, x):
            return 2 * x

    weights = io.BytesIO()
    torch.jit.save(torch.jit.script(Doubler()), weights)
    store = tmp_path / "store"
    store.mkdir()
    archive(store, "doubler", "base_handler", {"doubler.pt": weights.getvalue()},
            serialized_file="doubler.pt")
    with TorchServe(tmp_path, "service_envelope=json\n", "--models", "all") as server:
        answer = server.predict("doubler", b'{"instances": [[1, 2], [3, 4]]}',
                                headers={"Content-Type": "application/json"})
        assert answer.json() == {"predictions": [[2, 4], [6, 8]]}


def test_descriptions_and_web_pages(tmp_path):
    archive(tmp_path / "store", "witness", ENVIRONMENT)
    config = ("cors_allowed_origin=https://a.example\ncors_allowed_methods=GET, POST\n"
              "enable_metrics_api=false\nblacklist_env_vars=.*SECRET.*\n")
    with TorchServe(tmp_path, config, environment={"A_SECRET_KEY": "x", "OPEN": "y"}) as server:
        assert server.register("witness.mar").status_code == 200
        described = requests.options(server.inference + "/", timeout=10)
        assert described.json()["openapi"] == "3.0.1"
        assert "/predictions/{model_name}" in described.json()["paths"]
        assert "/models" in requests.options(server.management, timeout=10).json()["paths"]
        model = requests.options(server.inference + "/predictions/witness", timeout=10)
        assert list(model.json()["paths"]) == ["/predictions/witness"]
        error(requests.options(server.inference + "/predictions/nobody", timeout=10), 404,
              "ModelNotFoundException")
        for answer in (described, requests.get(server.inference + "/ping", timeout=10)):
            assert answer.headers["Access-Control-Allow-Origin"] == "https://a.example"
            assert answer.headers["Access-Control-Allow-Methods"] == "GET, POST"
        assert server.metrics == "-"
        environment = json.loads(server.predict("witness").text)
        assert environment["OPEN"] == "y" and "A_SECRET_KEY" not in environment


def test_folders_without_a_manifest_as_inference_containers_start_them(tmp_path):
    """With a handler of the configuration; one that the operator names may lie anywhere."""
    for folder in (tmp_path / "opt" / "model", tmp_path / "store" / "plain", tmp_path / "store" / "deep" / "root"):
        folder.mkdir(parents=True)
        (folder / "model.pth").write_bytes(b"weights")
        (folder / "service.py").write_text("import os\n\ndef handle(data, context):\n"
                                           "    return [[context.model_name, sorted(os.listdir("
                                           "context.system_properties['model_dir']))]]\n")
    elsewhere = tmp_path / "opt" / "model"
    with TorchServe(tmp_path, "default_service_handler=service.py:handle\n",
                    "--models", f"model={elsewhere}", "near=opt/model", "plain") as server:
        for name in ("model", "near", "plain"):
            assert server.predict(name, b"x").json() == [name, ["model.pth", "service.py"]]
        assert requests.post(server.inference + "/invocations", b"x", timeout=30).status_code == 400
        error(server.register(str(elsewhere), model_name="again"), 404, "ModelNotFoundException")
    with TorchServe(tmp_path, "default_service_handler=service.py:handle\n",
                    "--models", "all") as server:
        for name in ("plain", "deep"):
            assert server.predict(name, b"x").json() == [name, ["model.pth", "service.py"]]
    with TorchServe(tmp_path) as server:
        error(server.register("plain"), 400, "InvalidModelException", "default_service_handler")


def test_a_models_own_requirements(tmp_path):
    # A wheel made by hand, so that no network is needed.
    info = "gyre_mar_word-1.0.dist-info"
    wheel = tmp_path / "wheels" / "gyre_mar_word-1.0-py3-none-any.whl"
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr("gyre_mar_word.py", "WORD = 'found'")
        file.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: gyre-mar-word\nVersion: 1.0\n")
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", "")
    handler = """
try:
    from gyre_mar_word import WORD
except ImportError:
    WORD = "missing"

def handle(data, context):
    return [WORD] * len(data or [])
"""
    asked = f"--no-index\n--find-links {wheel.parent}\ngyre-mar-word==1.0\n"
    archive(tmp_path / "store", "wordy", handler, {"needs.txt": asked}, requirements_file="needs.txt")
    for setting, word in (("true", "found"), ("false", "missing")):
        with TorchServe(tmp_path, f"install_py_dep_per_model={setting}\n") as server:
            assert server.register("wordy.mar").status_code == 200
            assert server.predict("wordy").text == word


def test_tokens_and_the_model_api_lock(tmp_path):
    archive(tmp_path, "witness", WITNESS)
    config = "disable_token_authorization=false\nenable_model_api=false\n"
    with TorchServe(tmp_path, config) as server:
        (tmp_path / "witness.mar").rename(server.store / "witness.mar")
        keys = json.loads((tmp_path / "key_file.json").read_text())
        assert (tmp_path / "key_file.json").stat().st_mode & 0o077 == 0
        error(server.predict("witness"), 400, "InvalidKeyException", "Token Authorization failed")
        managed = {"Authorization": "Bearer " + keys["management"]["key"]}
        assert requests.get(server.management + "/models", headers=managed,
                            timeout=30).json() == {"models": []}
        error(requests.post(server.management + "/models?url=witness.mar", headers=managed,
                            timeout=30), 405, "MethodNotAllowedException")
        inference = {"Authorization": "Bearer " + keys["inference"]["key"]}
        error(server.predict("witness", headers=inference), 404, "ModelNotFoundException")
        renewed = requests.get(server.management + "/token?type=inference", timeout=30,
                               headers={"Authorization": "Bearer " + keys["API"]["key"]})
        assert renewed.status_code == 200
        for query, key in (("type=inference", "inference"), ("type=both", "API"), ("", "API")):
            error(requests.get(f"{server.management}/token?{query}", timeout=30, headers={
                "Authorization": "Bearer " + keys[key]["key"]}), 400, "InvalidKeyException",
                "Token Authentication failed.")
        error(server.predict("witness", headers=inference), 400, "InvalidKeyException")
        assert requests.get(server.inference + "/ping", timeout=30).status_code == 200


def test_the_short_flag_that_asks_for_no_tokens(tmp_path):
    with TorchServe(tmp_path, "disable_token_authorization=false\n", "--dt") as server:
        assert requests.get(server.management + "/models", timeout=30).status_code == 200


def test_started_and_stopped_in_the_background(tmp_path):
    server = TorchServe(tmp_path)
    environment = {**os.environ, "TMPDIR": str(tmp_path), "GYRE_PYTHON": sys.executable}
    command = [server.program, "--start", "--ncs", "--model-store", server.store, "--ts-config",
               server.config]
    started = subprocess.run(command, cwd=tmp_path, env=environment, text=True, timeout=60,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        assert started.returncode == 0 and "torchserve ready" in started.stdout
        inference = started.stdout.split()[2]
        assert requests.get(inference + "/ping", timeout=30).json() == {"status": "Healthy"}
    finally:
        stopped = subprocess.run([server.program, "--stop"], env=environment, text=True,
                                 capture_output=True, timeout=60)
    assert "TorchServe has stopped." in stopped.stdout
    with pytest.raises(requests.ConnectionError):
        requests.get(inference + "/ping", timeout=5)


HANGS = """
import time

def handle(data, context):
    time.sleep(600)
"""


def test_it_stops_while_workers_hang_at_their_start(tmp_path):
    """Nobody waits for their startup_timeout: who had asked is told that they are on their way."""
    with TorchServe(tmp_path) as server, concurrent.futures.ThreadPoolExecutor(32) as others:
        archive(server.store, "hangs", HANGS)
        asked = others.submit(server.register, "hangs.mar", synchronous="true")
        wait_until(lambda: "hangs" in requests.get(server.management + "/models", timeout=30).text, 30)
        more = [others.submit(requests.put, server.management + "/models/hangs", timeout=120,
                              params={"min_worker": 1, "synchronous": "true"}) for _ in range(20)]
        # As many wait as the API has threads for; what is only asked is answered beside them.
        time.sleep(2)
        assert requests.get(server.management + "/models/hangs", timeout=30).status_code == 200
        assert requests.get(server.metrics + "/metrics", timeout=30).status_code == 200
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(45) == 0
        assert {one.result(timeout=10).status_code for one in [asked, *more]} == {206}
    server = TorchServe(tmp_path / "again")
    archive(server.store, "hangs", HANGS)
    with open(tmp_path / "log", "wb") as log, subprocess.Popen(
            [server.program, "--start", "--foreground", "--ncs", "--model-store", server.store,
             "--ts-config", server.config, "--models", "hangs.mar"], stdout=subprocess.PIPE, stderr=log,
            env={**os.environ, "GYRE_PYTHON": sys.executable}) as process:
        try:
            wait_until(lambda: b"management API" in (tmp_path / "log").read_bytes(), 30)
            process.send_signal(signal.SIGTERM)
            assert process.wait(45) == 0
            assert process.stdout.read() == b"", "it was never ready"
        finally:
            process.kill()


LAUNCHER = """
import contextlib, io, re, sys
import requests
from ts import launcher

said = io.StringIO()
with contextlib.redirect_stdout(said):
    launcher.start(model_store=sys.argv[1], snapshot_file=sys.argv[2], no_config_snapshots=True,
                   models="missing.mar")
inference = re.search(r"torchserve ready (\\S+)", said.getvalue()).group(1)
print(said.getvalue(), requests.get(inference + "/ping", timeout=30).json(), flush=True)
launcher.stop()
"""


def test_torchserves_own_launcher_starts_and_stops_it(tmp_path):
    server = TorchServe(tmp_path)
    environment = {**os.environ, "TMPDIR": str(tmp_path), "GYRE_PYTHON": sys.executable,
                   "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    ran = subprocess.run([sys.executable, "-c", LAUNCHER, server.store, server.config],
                         cwd=tmp_path, env=environment, text=True, capture_output=True, timeout=120)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "{'status': 'Healthy'}" in ran.stdout
    assert "Model not found at: missing.mar" in ran.stdout  # a warning: the others would serve


def test_what_handlers_print_is_in_the_log(tmp_path):
    archive(tmp_path / "store", "witness", WITNESS)
    archive(tmp_path / "store", "broken", "raise RuntimeError('no such weights')\n\n")
    with TorchServe(tmp_path, "", "--models", "all") as server:  # one of them without workers
        error(server.predict("witness", json.dumps({"crash": 1}), headers={
            "Content-Type": "application/json"}), 503, "InternalServerException")
        error(server.predict("broken", b"x"), 503, "ServiceUnavailableException")
        log = tmp_path / "log"
        wait_until(lambda: "RuntimeError: crash" in log.read_text(), 60)
        assert "Traceback (most recent call last):" in log.read_text()
        assert "no such weights" in log.read_text()


def test_the_archives_yaml_and_the_requests_words(tmp_path):
    archive(tmp_path / "store", "bounds", SLOW, {"model.yaml": "minWorkers: 1\nmaxWorkers: 3\n"
                                                 "batchSize: 4\n"}, config_file="model.yaml")
    archive(tmp_path / "store", "later", ASYNCHRONOUS,
            {"model.yaml": "asyncCommunication: true\n"}, config_file="model.yaml")
    config = 'models={"bounds": {"1.0": {"batchSize": 2, "maxBatchDelay": 5}}}\n'
    with TorchServe(tmp_path, config) as server:
        answer = requests.post(server.management + "/models", timeout=60, json={
            "url": "bounds.mar", "initial_workers": 2, "runtime": "python3", "synchronous": True})
        assert answer.json() == {
            "status": 'Model "bounds" Version: 1.0 registered with 1 initial workers'}
        described = server.describe("bounds")[0]
        assert (described["minWorkers"], described["maxWorkers"]) == (1, 3)
        assert (described["batchSize"], described["maxBatchDelay"]) == (4, 5)
        assert described["runtime"] == "python3"
        error(server.register("later.mar", runtime="lua"), 400, "BadRequestException",
              "Invalid RuntimeType value: lua")
        assert server.register("later.mar").status_code == 200
        assert [server.predict("later", b"x").text for _ in range(3)] == ["1", "2", "3"]
        error(server.predict("later", b"memory"), 507, "InternalServerException", "no room")
        customized = requests.get(server.management + "/models/later?customized=true",
                                  timeout=30).json()
        assert customized[0]["modelName"] == "later" and len(customized[0]["workers"]) == 1
        assert customized[0]["customizedMetadata"] == {"loop": True}
        assert server.register("later.mar", model_name="idle", initial_workers=0).status_code == 200
        error(requests.get(server.management + "/models/idle?customized=true", timeout=30), 503,
              "ServiceUnavailableException", 'Model "idle" has no worker to serve describe request.')


def test_what_of_a_yaml_makes_no_sense_is_ignored_with_a_warning(tmp_path):
    yaml = """
    # all of it is indented
    minWorkers: 1
    batchSize: {batch}
    maxBatchDelay: 0.5
    responseTimeout: 0
    jobQueueSize: 0
    maxRetryTimeoutInSec: soon
    continuousBatching: perhaps
    torchrun:
        nproc-per-node: 2
    """
    store = tmp_path / "store"
    archive(store, "odd", SLOW, {"model.yaml": yaml.format(batch=0)}, config_file="model.yaml")
    archive(store, "indented", SLOW, {"model.yaml": yaml.format(batch=2)}, config_file="model.yaml")
    archive(store, "flow", SLOW, {"model.yaml": "{minWorkers: 1, batchSize: 3, responseTimeout: 2147483647}"},
            config_file="model.yaml")
    archive(store, "broken", SLOW, {"model.yaml": "batchSize: [1"}, config_file="model.yaml")
    with TorchServe(tmp_path) as server:
        for name, size in (("odd", 1), ("indented", 2), ("flow", 3)):
            assert server.register(name + ".mar").status_code == 200
            described = server.describe(name)[0]
            assert (described["minWorkers"], described["batchSize"]) == (1, size)
            assert described["maxBatchDelay"] == 100 and not described["continuousBatching"]
            assert described["responseTimeout"] == (86400 if name == "flow" else 120)
            assert described["jobQueueStatus"]["remainingCapacity"] == 100
            assert described["maxRetryTimeoutInSec"] == 300
            assert server.predict(name).status_code == 200
        error(server.register("broken.mar"), 400, "InvalidModelException", "YAML cannot be read")
        log = (tmp_path / "log").read_text()
        for key in ("batchSize", "responseTimeout", "maxRetryTimeoutInSec", "torchrun"):
            assert f"key={key}" in log


def test_an_archive_as_a_sagemaker_model(gyre, tmp_path):
    mar = archive(tmp_path, "witness", WITNESS)
    gyre.deploy("from-mar", mar.read_bytes(), key="from-mar/witness.mar")
    answer = gyre.invoke("from-mar", b'{"a": 1}', ContentType="application/json", Accept="text/csv")
    seen = json.loads(answer["Body"].read())
    assert seen["data"] == {"body": {"a": 1}}
    assert (seen["accept"], seen["authorization"]) == ("text/csv", None)
