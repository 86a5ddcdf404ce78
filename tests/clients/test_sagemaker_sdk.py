"""What the SageMaker SDK (v2) does beyond its page's example: other serialisers, failure, change."""

from support import models, sdk

SCRIPT = """
import sagemaker
from sagemaker.deserializers import JSONDeserializer
from sagemaker.exceptions import UnexpectedStatusException
from sagemaker.model import Model
from sagemaker.predictor import Predictor
from sagemaker.serializers import JSONSerializer

IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:2.6.0-cpu-py312"
session = sagemaker.Session(default_bucket="models")
members = {"image_uri": IMAGE, "role": "arn:aws:iam::000000000000:role/any",
           "sagemaker_session": session, "predictor_cls": Predictor}
first = Model(model_data="s3://models/sdk-first/model.tar.gz", name="sdk-one", **members)
predictor = first.deploy(1, "ml.m5.large", endpoint_name="sdk", serializer=JSONSerializer(),
                         deserializer=JSONDeserializer(),
                         tags=[{"Key": "kept", "Value": "through updates"}])
print("first:", predictor.predict({"legs": 4}, initial_args={"CustomAttributes": "a=b"}))

second = Model(model_data="s3://models/sdk-second/model.tar.gz", name="sdk-two", **members)
second.create(instance_type="ml.m5.large")
predictor.update_endpoint(model_name="sdk-two", initial_instance_count=1,
                          instance_type="ml.m5.large")
print("second:", predictor.predict({"legs": 4}))

try:
    predictor.predict({"legs": "many"})
except session.sagemaker_runtime_client.exceptions.ModelError as error:
    print("model error:", error.response["OriginalMessage"])

broken = Model(model_data="s3://models/sdk-broken/model.tar.gz", name="sdk-broken", **members)
try:
    broken.deploy(1, "ml.m5.large", endpoint_name="sdk-broken")
except UnexpectedStatusException as error:
    print("failed:", error)

predictor.delete_endpoint(delete_endpoint_config=True)
"""


def legs(plus: int) -> bytes:
    return models.inference(
        "import json\n"
        "def model_fn(model_dir):\n    return None\n"
        "def input_fn(body, content_type):\n"
        "    assert content_type == 'application/json', content_type\n"
        "    return json.loads(body)\n"
        f"def predict_fn(animal, model):\n    return animal['legs'] + {plus}\n"
        "def output_fn(legs, accept):\n    return json.dumps(legs), accept\n")


def test_deploy_update_and_failure(gyre, tmp_path):
    gyre.put_model("sdk-first", legs(10))
    gyre.put_model("sdk-second", legs(20))
    gyre.put_model("sdk-broken", models.inference(
        "def model_fn(model_dir):\n    raise RuntimeError('no weights came along')\n"))
    said = sdk.run(gyre, SCRIPT, tmp_path)
    assert "first: 14" in said
    assert "second: 24" in said
    assert "model error:" in said and "TypeError" in said
    failed = said.partition("failed:")[2]
    assert "sdk-broken: Failed" in failed and "no weights came along" in failed
    endpoints = gyre.client("sagemaker").list_endpoints(NameContains="sdk")["Endpoints"]
    assert [endpoint["EndpointName"] for endpoint in endpoints
            if endpoint["EndpointStatus"] != "Deleting"] == ["sdk-broken"]
