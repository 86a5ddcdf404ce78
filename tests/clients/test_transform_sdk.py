"""Transformer.transform of the SageMaker SDK (v2), with its logs, as a user's script runs it."""

from support import models, sdk, transform

SCRIPT = """
import sagemaker
from sagemaker.model import Model
from sagemaker.transformer import Transformer

IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:2.6.0-cpu-py312"
session = sagemaker.Session(default_bucket="models")
model = Model(model_data="s3://models/sdk-transform/model.tar.gz", name="sdk-transform",
              image_uri=IMAGE, role="arn:aws:iam::000000000000:role/any", sagemaker_session=session)
model.create(instance_type="ml.m5.large")
transformer = Transformer("sdk-transform", 1, "ml.m5.large", strategy="SingleRecord",
                          assemble_with="Line", output_path="s3://sdk-transform/out",
                          accept="application/json", sagemaker_session=session,
                          max_payload=1, max_concurrent_transforms=4)
transformer.transform("s3://sdk-transform/in", content_type="application/json", split_type="Line",
                      input_filter="$.x", join_source="Input", job_name="sdk-transform",
                      wait=True, logs=True)
attached = Transformer.attach("sdk-transform", session)
print("attached:", attached.output_path, attached.strategy, attached.max_payload)
try:
    transformer.transform("s3://sdk-transform/none", job_name="sdk-transform-none", wait=True,
                          logs=False)
except sagemaker.exceptions.UnexpectedStatusException as error:
    print("failed:", error)
"""


def test_transformer(gyre, tmp_path):
    gyre.put_model("sdk-unused", models.inference(
        "import json\n"
        "def model_fn(model_dir):\n    return None\n"
        "def input_fn(body, content_type):\n    return json.loads(body)\n"
        "def predict_fn(data, model):\n    print('the handler saw', data)\n    return data * 2\n"
        "def output_fn(data, accept):\n    return json.dumps(data), accept\n"),
        key="sdk-transform/model.tar.gz")
    transform.put(gyre, "sdk-transform", {"in/f": b'{"x": 1, "id": "a"}\n{"x": 2, "id": "b"}\n'})
    said = sdk.run(gyre, SCRIPT, tmp_path)
    assert "the handler saw 1" in said and "the handler saw 2" in said
    assert "attached: s3://sdk-transform/out SingleRecord 1" in said
    assert "failed:" in said and "no objects were found" in said
    assert transform.outputs(gyre, "sdk-transform") == {
        "f.out": b'{"x":1,"id":"a","SageMakerOutput":2}\n{"x":2,"id":"b","SageMakerOutput":4}\n'}
