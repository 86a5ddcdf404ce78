"""Inference pipelines: serial and direct, as boto3 and the SageMaker SDK's PipelineModel make them."""

import botocore.exceptions
import pytest

from support import models, sdk, transform
from support.platform import IMAGE, ROLE

STEP = """
def model_fn(model_dir):
    return None
def input_fn(body, content_type):
    return (body if isinstance(body, str) else body.decode()) + " as " + content_type
def predict_fn(text, model):
    if "bad" in text:
        raise ValueError("NAME does not like it")
    return "NAME(" + text + ")"
def output_fn(text, accept):
    return text, "text/from-NAME"
"""


def upload(gyre, *names: str) -> list[dict]:
    s3 = gyre.client("s3")
    if "models" not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket="models")
    for name in names:
        s3.put_object(Bucket="models", Key=f"steps/{name}.tar.gz",
                      Body=models.inference(STEP.replace("NAME", name)))
    return [{"ContainerHostname": name, "Image": IMAGE,
             "ModelDataUrl": f"s3://models/steps/{name}.tar.gz"} for name in names]


def serve(gyre, name: str, containers: list[dict], **more) -> None:
    gyre.client("sagemaker").create_model(ModelName=name, ExecutionRoleArn=ROLE,
                                          Containers=containers, **more)
    gyre.put_config(name, {"model": name})
    gyre.client("sagemaker").create_endpoint(EndpointName=name, EndpointConfigName=name)
    gyre.wait(name)


def test_serial(gyre):
    serve(gyre, "serial", upload(gyre, "one", "two"))
    answer = gyre.invoke("serial", b"x", ContentType="text/plain")
    assert answer["Body"].read() == b"two(one(x as text/plain) as text/from-one)"
    assert answer["ContentType"] == "text/from-two"
    with pytest.raises(botocore.exceptions.ClientError, match="one does not like it"):
        gyre.invoke("serial", b"bad", ContentType="text/plain")
    described = gyre.client("sagemaker").describe_model(ModelName="serial")
    assert [c["ContainerHostname"] for c in described["Containers"]] == ["one", "two"]


def test_direct(gyre):
    serve(gyre, "direct", upload(gyre, "one", "two"),
          InferenceExecutionConfig={"Mode": "Direct"})
    for name in ("two", "one"):
        answer = gyre.invoke("direct", b"x", ContentType="t", TargetContainerHostname=name)
        assert answer["Body"].read() == f"{name}(x as t)".encode()
    with pytest.raises(botocore.exceptions.ClientError, match="needs a TargetContainerHostname"):
        gyre.invoke("direct", b"x")


def test_a_transform_job_goes_through_all_containers(gyre):
    containers = upload(gyre, "one", "two")
    sagemaker = gyre.client("sagemaker")
    sagemaker.create_model(ModelName="batched", ExecutionRoleArn=ROLE, Containers=containers)
    transform.put(gyre, "chained", {"good/a": b"x", "good/b": b"y", "bad/a": b"bad"})
    transform.run(gyre, "good-ones", "batched", "s3://chained/good/", ContentType="text/plain")
    assert transform.outputs(gyre, "chained") == {
        f"{key}.out": f"two(one({text} as text/plain) as text/from-one)".encode()
        for key, text in (("a", "x"), ("b", "y"))}
    job = transform.run(gyre, "bad-one", "batched", "s3://chained/bad/", ContentType="text/plain",
                        status="Failed")
    assert "one does not like it" in job["FailureReason"]
    sagemaker.create_model(ModelName="apart", ExecutionRoleArn=ROLE, Containers=containers,
                           InferenceExecutionConfig={"Mode": "Direct"})
    with pytest.raises(botocore.exceptions.ClientError, match="is not implemented here"):
        transform.run(gyre, "direct", "apart", "s3://chained/good/")


SCRIPT = """
import sagemaker
from sagemaker.model import Model
from sagemaker.pipeline import PipelineModel
from sagemaker.predictor import Predictor
session = sagemaker.Session(default_bucket="models")
members = {"image_uri": "%s", "role": "arn:aws:iam::000000000000:role/any",
           "sagemaker_session": session}
steps = [Model(model_data=f"s3://models/steps/{name}.tar.gz", **members) for name in ("one", "two")]
pipeline = PipelineModel(models=steps, role=members["role"], predictor_cls=Predictor,
                         name="sdk-pipeline", sagemaker_session=session)
predictor = pipeline.deploy(1, "ml.m5.large", endpoint_name="sdk-pipeline")
print(predictor.predict(b"x", initial_args={"ContentType": "t"}).decode())
pipeline.delete_model()
predictor.delete_endpoint()
"""


def test_the_sdks_pipeline_model(gyre, tmp_path):
    upload(gyre, "one", "two")
    assert sdk.run(gyre, SCRIPT % IMAGE, tmp_path).endswith("two(one(x as t) as text/from-one)\n")
