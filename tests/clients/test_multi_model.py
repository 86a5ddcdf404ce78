"""Multi-model endpoints: loaded on first use, unloaded when others need the room, and the SDK's class."""

import concurrent.futures
import sys

import botocore.exceptions
import pytest

from support import models, sdk, transform
from support.platform import IMAGE, ROLE
from support.processes import wait_until

MODEL = """
def model_fn(model_dir):
    return "NAME"
def input_fn(body, content_type):
    return body if isinstance(body, str) else body.decode()
def predict_fn(text, model):
    return model + " says " + text
def output_fn(text, accept):
    return text, accept
"""


def upload(gyre, prefix: str, *names: str) -> None:
    s3 = gyre.client("s3")
    if "models" not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket="models")
    for name in names:
        s3.put_object(Bucket="models", Key=f"{prefix}/{name}.tar.gz",
                      Body=models.inference(MODEL.replace("NAME", name)))


def serve(gyre, name: str, caching: str = "Enabled", **environment) -> None:
    gyre.client("sagemaker").create_model(
        ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer={
            "Image": IMAGE, "Mode": "MultiModel", "ModelDataUrl": f"s3://models/{name}/",
            "Environment": environment, "MultiModelConfig": {"ModelCacheSetting": caching}})
    gyre.put_config(name, {"model": name})
    gyre.client("sagemaker").create_endpoint(EndpointName=name, EndpointConfigName=name)
    gyre.wait(name)


def invoke(gyre, endpoint: str, model: str) -> str:
    return gyre.invoke(endpoint, b"hello", ContentType="t", Accept="t",
                       TargetModel=f"{model}.tar.gz")["Body"].read().decode()


def ask(gyre, endpoint: str, model: str) -> str:
    """Again and again while it is being loaded, as clients are to."""
    def ready():
        try:
            return invoke(gyre, endpoint, model)
        except botocore.exceptions.ClientError as error:
            if error.response["Error"]["Code"] != "ModelNotReadyException":
                raise
            return None

    return wait_until(ready, 120)


def hosts(gyre, endpoint: str) -> set[str]:
    """The models that have a host, by their label on /metrics."""
    import re
    import urllib.request
    text = urllib.request.urlopen(gyre.url + "/metrics").read().decode()
    return set(re.findall(rf'endpoint="{endpoint}"[^}}]*variant="main/([^"]+)\.tar\.gz"', text))


def test_the_least_recently_used_makes_room(gyre):
    upload(gyre, "zoo", "cat", "dog", "owl")
    serve(gyre, "zoo", GYRE_MULTI_MODEL_MAX_MODELS="2")
    for name in ("cat", "dog", "cat", "owl"):
        assert ask(gyre, "zoo", name) == f"{name} says hello"
    wait_until(lambda: hosts(gyre, "zoo") == {"cat", "owl"}, 60, lambda: hosts(gyre, "zoo"))
    assert ask(gyre, "zoo", "dog") == "dog says hello"

    with pytest.raises(botocore.exceptions.ClientError) as refused:
        ask(gyre, "zoo", "cow")
    assert refused.value.response["Error"]["Code"] == "ValidationError"
    assert "cow.tar.gz" in str(refused.value)
    upload(gyre, "zoo", "cow")  # it may come later, and is found when it is tried again
    def later():
        try:
            return ask(gyre, "zoo", "cow")
        except botocore.exceptions.ClientError:
            return None
    assert wait_until(later, 60) == "cow says hello"


def test_without_a_cache_models_go_when_they_have_answered(gyre):
    upload(gyre, "once", "cat", "dog", "owl")
    serve(gyre, "once", caching="Disabled")
    for _ in range(2):
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            names = ["cat", "dog", "owl"] * 4
            said = list(pool.map(lambda name: ask(gyre, "once", name), names))
        assert said == [f"{name} says hello" for name in names]
        wait_until(lambda: hosts(gyre, "once") == set(), 60, lambda: hosts(gyre, "once"))


def test_one_while_it_loads_is_not_ready(gyre):
    s3 = gyre.client("s3")
    upload(gyre, "loading", "quick")
    s3.put_object(Bucket="models", Key="loading/late.tar.gz", Body=models.inference(
        MODEL.replace('    return "NAME"', '    import time; time.sleep(13)\n    return "late"')))
    serve(gyre, "loading")
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        invoke(gyre, "loading", "late")
    assert refused.value.response["Error"]["Code"] == "ModelNotReadyException"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert ask(gyre, "loading", "quick") == "quick says hello"
    assert ask(gyre, "loading", "late") == "late says hello"


SCRIPT = """
import sagemaker
from sagemaker.multidatamodel import MultiDataModel
from sagemaker.predictor import Predictor
session = sagemaker.Session(default_bucket="models")
zoo = MultiDataModel(name="sdk-zoo", model_data_prefix="s3://models/sdk-zoo/", image_uri="%s",
                     role="arn:aws:iam::000000000000:role/any", sagemaker_session=session,
                     predictor_cls=Predictor)
predictor = zoo.deploy(1, "ml.m5.large", endpoint_name="sdk-zoo")
print(sorted(zoo.list_models()))
print(predictor.predict(b"hi", target_model="cat.tar.gz").decode())
zoo.add_model("s3://models/sdk-more/owl.tar.gz", "birds/owl.tar.gz")
print(predictor.predict(b"hi", target_model="birds/owl.tar.gz").decode())
predictor.delete_endpoint()
"""


def test_the_sdks_multi_data_model(gyre, tmp_path):
    upload(gyre, "sdk-zoo", "cat", "dog")
    upload(gyre, "sdk-more", "owl")
    said = sdk.run(gyre, SCRIPT % IMAGE, tmp_path).splitlines()
    assert said[-3].endswith("['cat.tar.gz', 'dog.tar.gz']")  # behind the SDK's own marks of waiting
    assert said[-2:] == ["cat says hi", "owl says hi"]


CONTAINER = transform.NOTING + """
import re

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    models = {}

    def answer(self, status, body=b""):
        note(method=self.command, path=self.path)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(200 if self.path == "/ping" else 404)

    def do_DELETE(self):
        self.answer(200 if Handler.models.pop(self.path.split("/")[2], None) else 404)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/models":
            order = json.loads(body)
            text = pathlib.Path(order["url"], "words.txt").read_text()
            if text == "too large":
                return self.answer(507, b"no room for it")
            Handler.models[order["model_name"]] = text
            return self.answer(200)
        name = re.fullmatch("/models/([^/]+)/invoke", self.path).group(1)
        target = self.headers["X-Amzn-SageMaker-Target-Model"]
        self.answer(200, f"{target}: {Handler.models[name]} {body.decode()}".encode())

assert sys.argv[1:] == ["serve"] and os.environ["SAGEMAKER_MULTI_MODEL"] == "true"
http.server.ThreadingHTTPServer(
    ("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler).serve_forever()
"""


def test_a_container_with_the_api_of_multi_model_containers(new_platform, tmp_path):
    image = transform.Container(tmp_path / "image", CONTAINER)
    platform = new_platform(image.config(sys.executable)).start()
    s3 = platform.client("s3")
    s3.create_bucket(Bucket="models")
    for name, words in {"a": "hello", "large": "too large"}.items():
        s3.put_object(Bucket="models", Key=f"zoo/{name}.tar.gz",
                      Body=models.tarball({"words.txt": words}))
    sagemaker = platform.client("sagemaker")
    sagemaker.create_model(ModelName="zoo", ExecutionRoleArn=ROLE, PrimaryContainer={
        "Image": transform.IMAGE, "Mode": "MultiModel", "ModelDataUrl": "s3://models/zoo/",
        "Environment": {"RECORD": str(image.record)}})
    platform.put_config("zoo", {"model": "zoo"})
    sagemaker.create_endpoint(EndpointName="zoo", EndpointConfigName="zoo")
    platform.wait("zoo")
    answer = platform.invoke("zoo", b"you", TargetModel="a.tar.gz")
    assert answer["Body"].read() == b"a.tar.gz: hello you"
    with pytest.raises(botocore.exceptions.ClientError, match="no room for it"):
        platform.invoke("zoo", b"you", TargetModel="large.tar.gz")
    assert platform.stop() == 0
    assert any(line["method"] == "DELETE" for line in image.lines())
