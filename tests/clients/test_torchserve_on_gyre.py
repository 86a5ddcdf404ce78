"""TorchServe's APIs on the listener of `gyre serve`, beside all the others."""

import json

import pytest
import requests

from support import models
from support.processes import wait_until
from support.torchserve import archive

HANDLER = '''
def handle(data, context):
    return [{"said": bytes(row.get("body") or row.get("data")).decode()} for row in data] if data else None
'''


@pytest.fixture
def store(tmp_path):
    folder = tmp_path / "store"
    folder.mkdir()
    archive(folder, "echo", HANDLER)
    return folder


@pytest.fixture
def start(new_platform, marked):
    started = []

    def begin(config: str):
        started.append(new_platform(config, marked.environment).start())
        return started[-1]

    yield begin
    for platform in started:
        assert platform.stop() == 0
    marked.wait_until_gone()


def predict(platform, model: str, body: bytes = b"hello", **more) -> requests.Response:
    return requests.post(f"{platform.url}/predictions/{model}", data=body, timeout=60, **more)


def test_beside_the_others(start, store):
    platform = start(f'[torchserve]\nmodel_store = "{store}"\n')
    url = platform.url
    registered = requests.post(f"{url}/models", timeout=120, params={
        "url": "echo.mar", "initial_workers": 1, "synchronous": "true"})
    assert registered.status_code == 200, registered.text
    assert requests.get(f"{url}/ping", timeout=30).json() == {"status": "Healthy"}
    assert predict(platform, "echo").json() == {"said": "hello"}
    assert predict(platform, "nobody").status_code == 404
    assert [one["modelName"] for one in requests.get(f"{url}/models", timeout=30).json()[
        "models"]] == ["echo"]
    described = requests.options(f"{url}/", timeout=30).json()
    assert {"/predictions/{model_name}", "/models"} <= set(described["paths"])
    # What AWS's signatures say is a bucket, whatever its name.
    s3 = platform.client("s3")
    s3.create_bucket(Bucket="models")
    s3.put_object(Bucket="models", Key="echo", Body=b"an object")
    assert s3.get_object(Bucket="models", Key="echo")["Body"].read() == b"an object"
    link = s3.generate_presigned_url("get_object", Params={"Bucket": "models", "Key": "echo"})
    assert requests.get(link, timeout=30).content == b"an object"
    platform.deploy("endpoint", models.echo())
    assert platform.invoke("endpoint", b"hi")["Body"].read() == b"hi"
    assert requests.get(f"{url}/v2/models/endpoint/ready", timeout=30).status_code == 200
    metrics = requests.get(f"{url}/metrics", timeout=30).text
    assert 'ts_inference_requests_total{model_name="echo"' in metrics
    assert "gyre_captures_dropped_total" in metrics
    families = [line.split()[2] for line in metrics.splitlines() if line.startswith("# TYPE")]
    assert len(families) == len(set(families))


def test_archives_of_s3_and_what_a_restart_keeps(start, store, tmp_path):
    platform = start(f'[torchserve]\nmodel_store = "{store}"\n')
    s3 = platform.client("s3")
    s3.create_bucket(Bucket="archives")
    s3.upload_file(str(archive(tmp_path, "kept", HANDLER)), "archives", "kept.mar")
    registered = requests.post(f"{platform.url}/models", timeout=120, params={
        "url": "s3://archives/kept.mar", "initial_workers": 1, "synchronous": "true"})
    assert registered.status_code == 200, registered.text
    platform.kill()
    platform.start()
    wait_until(lambda: predict(platform, "kept").status_code == 200, 60)
    assert predict(platform, "kept").json() == {"said": "hello"}


def test_settings_and_tokens(start, store, tmp_path):
    config = tmp_path / "config.properties"
    config.write_text("load_models=echo=echo.mar\ndefault_workers_per_model=1\n"
                      "disable_token_authorization=false\ncors_allowed_origin=https://example.org\n"
                      "inference_address=http://127.0.0.1:1\n")
    platform = start(f'[torchserve]\nmodel_store = "{store}"\nconfig = "{config}"\n')
    assert predict(platform, "echo").status_code == 400
    keys = json.loads((platform.data / "torchserve" / "key_file.json").read_text())
    bearer = {"Authorization": f"Bearer {keys['inference']['key']}"}
    wait_until(lambda: predict(platform, "echo", headers=bearer).status_code == 200, 60)
    answer = predict(platform, "echo", headers=bearer)
    assert answer.json() == {"said": "hello"}
    assert answer.headers["Access-Control-Allow-Origin"] == "https://example.org"


def test_settings_that_make_no_sense(new_platform, tmp_path):
    config = tmp_path / "config.properties"
    config.write_text("job_queue_size=many\n")
    with pytest.raises(RuntimeError, match="job_queue_size"):
        new_platform(f'[torchserve]\nconfig = "{config}"\n').start()


def test_without_the_setting_they_are_buckets(gyre):
    answer = requests.get(f"{gyre.url}/predictions/echo", timeout=30)
    assert answer.status_code == 404 and "<Code>NoSuchBucket</Code>" in answer.text
