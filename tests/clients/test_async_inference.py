"""InvokeEndpointAsync, as boto3 and the SageMaker SDK's AsyncPredictor ask for it, and over kills."""

import json
import random
import sys

import botocore.exceptions
import pytest

from support import models, sdk, transform
from support.platform import IMAGE
from support.processes import wait_until

TOPIC = "arn:aws:sns:us-east-1:000000000000:{}"


def serve(platform, name: str, archive: bytes | None, per_instance: int = 4, **output) -> None:
    """An asynchronous endpoint whose answers go to the bucket `answers`; None: of a model that is
    there."""
    s3 = platform.client("s3")
    if "answers" not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket="answers")
    if archive is not None:
        platform.put_model(name, archive)
    output = {"S3OutputPath": f"s3://answers/{name}",
              "S3FailurePath": f"s3://answers/{name}-failed", **output}
    sagemaker = platform.client("sagemaker")
    sagemaker.create_endpoint_config(
        EndpointConfigName=name,
        ProductionVariants=[{"VariantName": "main", "ModelName": name, "InitialInstanceCount": 1,
                             "InstanceType": "ml.m5.large"}],
        AsyncInferenceConfig={
            "ClientConfig": {"MaxConcurrentInvocationsPerInstance": per_instance},
            "OutputConfig": {name: value for name, value in output.items() if value}})
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    platform.wait(name)


def split(uri: str) -> tuple[str, str]:
    return tuple(uri.removeprefix("s3://").split("/", 1))


def read(platform, uri: str, seconds: float = 60) -> bytes:
    """The object's bytes, once it is there."""
    bucket, key = split(uri)
    s3 = platform.client("s3")

    def there():
        try:
            return {"bytes": s3.get_object(Bucket=bucket, Key=key)["Body"].read()}
        except s3.exceptions.NoSuchKey:
            return None

    return wait_until(there, seconds, lambda: f"{uri} does not come\n" + platform.log()[-4000:])[
        "bytes"]


REFUSING = """
def model_fn(model_dir):
    return None
def input_fn(body, content_type):
    return (body if isinstance(body, str) else body.decode()) + " as " + content_type
def predict_fn(text, model):
    if text.startswith("bad"):
        raise ValueError("not this one")
    return text
def output_fn(text, accept):
    return text, accept
"""


def test_answers_refusals_and_topics(gyre):
    serve(gyre, "queued", models.inference(REFUSING), NotificationConfig={
        "SuccessTopic": TOPIC.format("queued-yes"), "ErrorTopic": TOPIC.format("queued-no"),
        "IncludeInferenceResponseIn": ["SUCCESS_NOTIFICATION_TOPIC"]})
    s3, runtime = gyre.client("s3"), gyre.client("sagemaker-runtime")
    s3.put_object(Bucket="answers", Key="in/one", Body=b"good", ContentType="text/plain")
    taken = runtime.invoke_endpoint_async(
        EndpointName="queued", InputLocation="s3://answers/in/one", Accept="text/x-any",
        InferenceId="first", RequestTTLSeconds=3600, InvocationTimeoutSeconds=60)
    assert taken["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert taken["InferenceId"] == "first"
    assert read(gyre, taken["OutputLocation"]) == b"good as text/plain"
    bucket, key = split(taken["OutputLocation"])
    assert s3.head_object(Bucket=bucket, Key=key)["ContentType"] == "text/x-any"

    refused = runtime.invoke_endpoint_async(EndpointName="queued", Body=b"bad",
                                            ContentType="text/csv", Filename="named.txt",
                                            S3OutputPathExtension="deep/er")
    assert refused["OutputLocation"] == "s3://answers/queued/deep/er/named.txt"
    assert "not this one" in json.loads(read(gyre, refused["FailureLocation"]))["message"]

    logs = gyre.client("logs")

    def told(topic: str) -> list[dict]:
        def events():
            try:
                return logs.get_log_events(logGroupName=f"/gyre/topics/{topic}",
                                           logStreamName="messages")["events"]
            except logs.exceptions.ResourceNotFoundException:
                return None
        return [json.loads(event["message"]) for event in wait_until(events, 60)]

    [message] = told("queued-yes")
    assert message["invocationStatus"] == "Completed" and message["inferenceId"] == "first"
    assert message["responseParameters"]["outputLocation"] == taken["OutputLocation"]
    assert message["responseParameters"]["responseBody"]["content"] == "good as text/plain"
    [message] = told("queued-no")
    assert message["invocationStatus"] == "Failed" and "not this one" in message["failureReason"]

    with pytest.raises(botocore.exceptions.ClientError, match="InvokeEndpointAsync only"):
        runtime.invoke_endpoint(EndpointName="queued", Body=b"x")
    with pytest.raises(botocore.exceptions.ClientError, match="not found"):
        runtime.invoke_endpoint_async(EndpointName="nobody", InputLocation="s3://answers/in/one")
    with pytest.raises(botocore.exceptions.ClientError, match="exactly one"):
        runtime.invoke_endpoint_async(EndpointName="queued")
    described = gyre.client("sagemaker").describe_endpoint_config(EndpointConfigName="queued")
    assert described["AsyncInferenceConfig"]["OutputConfig"]["S3OutputPath"] == "s3://answers/queued"


def test_without_a_path_answers_go_to_the_default_bucket(new_platform):
    platform = new_platform().start()
    serve(platform, "nowhere", models.inference(REFUSING), S3OutputPath=None)
    location = platform.client("sagemaker-runtime").invoke_endpoint_async(
        EndpointName="nowhere", Body=b"x", ContentType="t", Accept="t")["OutputLocation"]
    assert location.startswith(
        "s3://sagemaker-us-east-1-000000000000/async-endpoint-outputs/nowhere/")
    # Who waits for an answer takes NoSuchKey for "not yet", and NoSuchBucket for an error.
    platform.client("s3").head_bucket(Bucket=split(location)[0])
    assert read(platform, location) == b"x as t"


SCRIPT = """
import os
import sys

import sagemaker
from sagemaker.async_inference import AsyncInferenceConfig, WaiterConfig
from sagemaker.deserializers import JSONDeserializer
from sagemaker.exceptions import AsyncInferenceModelError
from sagemaker.model import Model
from sagemaker.predictor import Predictor
from sagemaker.serializers import JSONSerializer

session = sagemaker.Session(default_bucket="models")
model = Model(image_uri="%s", model_data="s3://models/sdk-async/model.tar.gz", name="sdk-queue",
              role="arn:aws:iam::000000000000:role/any", sagemaker_session=session,
              predictor_cls=Predictor)
predictor = model.deploy(
    1, "ml.m5.large", endpoint_name="sdk-queue", serializer=JSONSerializer(),
    deserializer=JSONDeserializer(), async_inference_config=AsyncInferenceConfig(
        output_path="s3://models/sdk-answers", failure_path="s3://models/sdk-failures"))
patience = WaiterConfig(max_attempts=120, delay=1)
print("waited:", predictor.predict({"legs": 4}, waiter_config=patience))
later = predictor.predict_async({"legs": 6}, inference_id="six")
print("later:", later.get_result(patience))
try:
    predictor.predict({"legs": "many"}, waiter_config=patience)
except AsyncInferenceModelError as error:
    print("failed:", error)
predictor.delete_endpoint()
sys.stdout.flush()
os._exit(0)  # the SDK's threads look on for what did not come
"""

LEGS = """
import json
def model_fn(model_dir):
    return None
def input_fn(body, content_type):
    return json.loads(body)
def predict_fn(animal, model):
    return animal["legs"] + 1
def output_fn(legs, accept):
    return json.dumps(legs), "application/json"
"""


def test_the_sdks_async_predictor(gyre, tmp_path):
    gyre.put_model("sdk-async", models.inference(LEGS))
    said = sdk.run(gyre, SCRIPT % IMAGE, tmp_path)
    assert "waited: 5\nlater: 7\nfailed: " in said, said


def test_what_was_in_a_program_when_another_killed_it_is_answered(new_platform, tmp_path):
    container = transform.Container(tmp_path / "container")
    platform = new_platform(container.config(sys.executable)).start()
    container.put_model(platform, "deadly")
    serve(platform, "deadly", None)
    runtime = platform.client("sagemaker-runtime")
    taken = {body: runtime.invoke_endpoint_async(
        EndpointName="deadly", Body=body.encode(), ContentType="text/plain")
        for body in ("slow 1", "slow 2", "die", "slow 3", "slow 4")}
    message = json.loads(read(platform, taken.pop("die")["FailureLocation"]))["message"]
    assert "the last words" in message
    for body, answer in taken.items():
        assert read(platform, answer["OutputLocation"]) == body.upper().encode()


def test_what_was_accepted_is_answered_whatever_is_killed(new_platform):
    seed = random.randrange(1 << 30)
    print("seed", seed)  # pytest shows it when the test fails
    moments = random.Random(seed)
    platform = new_platform().start()
    slow = REFUSING.replace("    return text\n",
                            "    import time; time.sleep(0.02)\n    return text\n", 1)
    serve(platform, "killed", models.inference(slow), per_instance=2)
    accepted = {}
    for round in range(3):
        runtime = platform.client("sagemaker-runtime")
        for number in range(moments.randrange(5, 40)):
            body = f"{round}-{number}"
            accepted[body] = runtime.invoke_endpoint_async(
                EndpointName="killed", Body=body.encode(), ContentType="t", Accept="t")[
                    "OutputLocation"]
        platform.kill()
        platform.start()
    for body, location in accepted.items():
        assert read(platform, location) == f"{body} as t".encode()
