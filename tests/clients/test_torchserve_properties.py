"""Keys of TorchServe's config.properties that change what its clients see."""

import contextlib
import functools
import http.server
import json
import pathlib
import threading
import time

import pytest
import requests

from support.processes import wait_until
from support.torchserve import TorchServe, archive

SIZES = '''
def handle(data, context):
    return [b"x" * int(bytes(row["body"])) for row in data or []]
'''
# Busy until the file that the request names is there.
SLEEPER = '''
import os
import time

def handle(data, context):
    if data is not None:
        while not os.path.exists(bytes(data[0]["body"])):
            time.sleep(0.02)
        return ["done"] * len(data)
'''


def error(answer: requests.Response, code: int, kind: str) -> str:
    said = answer.json()
    assert (answer.status_code, said["code"], said["type"]) == (code, code, kind), answer.text
    return said["message"]


@contextlib.contextmanager
def web(folder, redirect: str = ""):
    """A web server for the files of a folder; with `redirect`, one that sends everybody there."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def do_GET(self):
            if not redirect:
                return super().do_GET()
            self.send_response(302)
            self.send_header("Location", redirect)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(Handler, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_an_answer_that_is_too_large_is_refused_and_its_worker_lives(tmp_path):
    archive(tmp_path / "store", "sizes", SIZES)
    with TorchServe(tmp_path, "max_response_size=1000\nnetty_client_threads=1\n") as server:
        assert server.register("sizes.mar").status_code == 200
        assert len(server.predict("sizes", b"1000").content) == 1000
        pid = server.describe("sizes")[0]["workers"][0]["pid"]
        said = error(server.predict("sizes", b"1001"), 500, "InternalServerException")
        assert said == ("Message size exceed limit: 1001\nConsider increasing the "
                        "'max_response_size' in 'config.properties' to fix.")
        assert server.predict("sizes", b"3").text == "xxx"
        assert server.describe("sizes")[0]["workers"][0]["pid"] == pid
        assert "netty" not in (tmp_path / "log").read_text()


@contextlib.contextmanager
def busy(server, model: str, wakes: pathlib.Path):
    """Its worker is busy until that file is made; what it answers then."""
    answers = []
    asking = threading.Thread(
        target=lambda: answers.append(server.predict(model, str(wakes).encode())))
    asking.start()
    try:
        wait_until(lambda: server.describe(model)[0]["jobQueueStatus"]["pendingRequests"] > 0, 60)
        yield answers
    finally:
        wakes.touch()
        asking.join()


def test_unregistering_waits_for_the_workers_so_long(tmp_path):
    archive(tmp_path / "store", "sleeper", SLEEPER)
    with TorchServe(tmp_path, "unregister_model_timeout=0\n") as server:
        assert server.register("sleeper.mar").status_code == 200
        with busy(server, "sleeper", tmp_path / "first"):
            gone = requests.delete(server.management + "/models/sleeper", timeout=60)
            assert error(gone, 408, "RequestTimeoutException") == (
                "Timed out while cleaning resources: sleeper")
        deadline = time.monotonic() + 60
        while gone.status_code == 408 and time.monotonic() < deadline:  # it is still on its way
            time.sleep(0.05)
            gone = requests.delete(server.management + "/models/sleeper", timeout=60)
        assert gone.status_code in (200, 404), gone.text
    with TorchServe(tmp_path, "") as server:
        assert server.register("sleeper.mar").status_code == 200
        with busy(server, "sleeper", tmp_path / "second") as answers:
            threading.Timer(1, (tmp_path / "second").touch).start()
            gone = requests.delete(server.management + "/models/sleeper", timeout=60)
            assert gone.json()["status"] == 'Model "sleeper" unregistered'
            again = server.register("sleeper.mar")  # its name is free
            assert again.status_code == 200, again.text
        assert answers[0].text == "done"


def test_urls_that_the_user_allows(tmp_path):
    shop = tmp_path / "shop"
    shop.mkdir()
    mar = archive(shop, "sizes", SIZES)
    with web(shop) as allowed, web(shop) as other, web(shop, other + "/sizes.mar") as leads:
        config = f"allowed_urls={allowed}/.*,{leads}/.*,file://{shop}/.*\n"
        with TorchServe(tmp_path, config) as server:
            said = error(server.register(other + "/sizes.mar"), 404, "ModelNotFoundException")
            assert said == f"Given URL {other}/sizes.mar does not match any allowed URL(s)"
            error(server.register(leads + "/sizes.mar"), 404, "ModelNotFoundException")
            error(server.register("s3://models/sizes.mar"), 404, "ModelNotFoundException")
            said = error(server.register(allowed + "/none.mar"), 400, "DownloadArchiveException")
            assert said.startswith(f"Failed to download archive from: {allowed}/none.mar")
            assert server.register(allowed + "/sizes.mar").status_code == 200
            assert server.describe("sizes")[0]["modelUrl"] == allowed + "/sizes.mar"
            assert server.predict("sizes", b"3").text == "xxx"
            assert (server.store / "sizes.mar").read_bytes() == mar.read_bytes()
            said = error(server.register(allowed + "/sizes.mar", model_name="again"), 500,
                         "InternalServerException")
            assert said == "Model file already exists sizes.mar"
            assert requests.delete(server.management + "/models/sizes", timeout=60).ok
            assert not (server.store / "sizes.mar").exists()
            assert server.register(f"file://{mar}").status_code == 200
            assert server.predict("sizes", b"2").text == "xx"
        environment = {"TS_ALLOWED_URLS": "file://.*", "TS_MAX_RESPONSE_SIZE": "2"}
        (tmp_path / "store" / "sizes.mar").unlink()
        for gate, status in (("", 404), ("use_env_allowed_urls=true\n", 200)):
            config = "enable_envvars_config=True\n" + gate
            with TorchServe(tmp_path, config, environment=environment) as server:
                answer = server.register(f"file://{mar}")
                assert answer.status_code == status, answer.text
        # The copy stays with the store, where a restart with a snapshot finds it.
        assert (tmp_path / "store" / "sizes.mar").exists()


def test_archives_of_an_s3(gyre, tmp_path):
    mar = archive(tmp_path, "sizes", SIZES)
    s3 = gyre.client("s3")
    s3.create_bucket(Bucket="ts-archives")
    s3.put_object(Bucket="ts-archives", Key="deep/sizes.mar", Body=mar.read_bytes())
    mine = {name: gyre.environ()[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    mine |= {"AWS_ENDPOINT_URL": gyre.url, "AWS_REGION": "us-east-1"}
    with TorchServe(tmp_path / "ts", "", environment=mine) as server:
        assert server.register("s3://ts-archives/deep/sizes.mar").status_code == 200
        assert server.predict("sizes", b"4").text == "xxxx"
        said = error(server.register("s3://ts-archives/none.mar"), 400, "DownloadArchiveException")
        assert said.startswith("Failed to download archive from: s3://ts-archives/none.mar")
    nobody = {name: "" for name in mine}
    with TorchServe(tmp_path / "ts", "", environment=nobody) as server:
        said = error(server.register("s3://ts-archives/deep/sizes.mar"), 400,
                     "DownloadArchiveException")
        assert "AWS_ACCESS_KEY_ID" in said


def test_what_makes_no_sense_is_refused_at_the_start(tmp_path):
    for config, said in (("metrics_mode=loud\n", "log, prometheus or legacy"),
                         ("allowed_urls=https://(.*\n", "no regular expression"),
                         ("max_response_size=much\n", "must be a whole number")):
        with pytest.raises(RuntimeError, match=said):
            TorchServe(tmp_path, config).__enter__()


def test_describing_a_model_names_all_that_torchserve_names(tmp_path):
    archive(tmp_path / "store", "sizes", SIZES,
            {"model.yaml": "clientTimeoutInMills: 60000\nmaxRetryTimeoutInSec: 7\n"},
            config_file="model.yaml")
    with TorchServe(tmp_path, "") as server:
        assert server.register("sizes.mar").status_code == 200
        described = server.describe("sizes")[0]
        worker = described.pop("workers")[0]
        assert list(worker) == ["id", "startTime", "status", "memoryUsage", "pid", "gpu", "gpuUsage"]
        assert described == {
            "modelName": "sizes", "modelVersion": "1.0", "modelUrl": "sizes.mar",
            "runtime": "python", "minWorkers": 1, "maxWorkers": 1, "batchSize": 1,
            "maxBatchDelay": 100, "responseTimeout": 120, "startupTimeout": 120,
            "maxRetryTimeoutInSec": 7, "clientTimeoutInMills": 60000, "parallelType": "",
            "parallelLevel": 0, "deviceType": "cpu", "continuousBatching": False,
            "useJobTicket": False, "useVenv": False, "stateful": False, "sequenceMaxIdleMSec": 0,
            "sequenceTimeoutMSec": 0, "maxNumSequence": 0, "maxSequenceJobQueueSize": 0,
            "loadedAtStartup": False,
            "jobQueueStatus": {"remainingCapacity": 100, "pendingRequests": 0}}
        json.dumps(described)


def test_what_a_models_yaml_says_of_its_clients(tmp_path):
    archive(tmp_path / "store", "sleeper", SLEEPER,
            {"model.yaml": "clientTimeoutInMills: 3000\n"}, config_file="model.yaml")
    archive(tmp_path / "store", "ticket", SLEEPER, {"model.yaml": "useJobTicket: true\n"},
            config_file="model.yaml")
    with TorchServe(tmp_path, "") as server:
        for name in ("sleeper", "ticket"):
            assert server.register(name + ".mar").status_code == 200
        for name in ("sleeper", "ticket"):
            with busy(server, name, tmp_path / f"{name} wakes"):
                late = server.predict(name, str(tmp_path).encode())  # which is there
                if name == "sleeper":
                    error(late, 408, "RequestTimeoutException")
                else:
                    assert "has no worker to serve" in error(late, 503,
                                                             "ServiceUnavailableException")
