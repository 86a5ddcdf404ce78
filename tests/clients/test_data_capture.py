"""What data capture leaves in S3, and how the SageMaker SDK turns it on and off."""

import json

from support import models, sdk
from support.platform import IMAGE
from support.processes import wait_until


def captured(gyre, prefix: str, count: int) -> list[tuple[str, dict]]:
    """Keys and records below the prefix, once there are so many."""
    s3 = gyre.client("s3")

    def there():
        found = []
        for item in s3.list_objects_v2(Bucket="captured", Prefix=prefix).get("Contents", []):
            body = s3.get_object(Bucket="captured", Key=item["Key"])["Body"].read()
            found += [(item["Key"], json.loads(line)) for line in body.decode().splitlines()]
        return found if len(found) >= count else None

    return wait_until(there, 120, lambda: "too little was captured\n" + gyre.log()[-4000:])


def test_the_layout_and_the_records(gyre):
    gyre.client("s3").create_bucket(Bucket="captured")
    gyre.put_model("captured", models.echo())
    sagemaker = gyre.client("sagemaker")
    config = {"InitialSamplingPercentage": 50, "DestinationS3Uri": "s3://captured/data",
              "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
              "CaptureContentTypeHeader": {"JsonContentTypes": ["application/json"]}}
    sagemaker.create_endpoint_config(
        EndpointConfigName="captured", DataCaptureConfig={"EnableCapture": True, **config},
        ProductionVariants=[{"VariantName": "main", "ModelName": "captured",
                             "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}])
    sagemaker.create_endpoint(EndpointName="captured", EndpointConfigName="captured")
    described = gyre.wait("captured")["DataCaptureConfig"]
    assert described == {"EnableCapture": True, "CaptureStatus": "Started", "KmsKeyId": "",
                         "CurrentSamplingPercentage": 50, "DestinationS3Uri": "s3://captured/data"}
    for number in range(10):
        gyre.invoke("captured", f"[{number}]".encode(), ContentType="application/json",
                    InferenceId=f"number-{number}", CustomAttributes="from=test")
    found = captured(gyre, "data/captured/main/", 5)
    assert len(found) == 5
    for key, record in found:
        assert key.count("/") == 7 and key.endswith(".jsonl"), key
        asked, event = record["captureData"]["endpointInput"], record["eventMetadata"]
        assert asked["encoding"] == "JSON" and asked["mode"] == "INPUT"
        assert event["inferenceId"] == f"number-{json.loads(asked['data'])[0]}"
        assert event["customAttributes"] == ["from=test"]
        assert record["captureData"]["endpointOutput"]["data"] == asked["data"]  # an echo


SCRIPT = """
import sagemaker
from sagemaker.model import Model
from sagemaker.model_monitor import DataCaptureConfig
from sagemaker.predictor import Predictor
session = sagemaker.Session(default_bucket="models")
model = Model(image_uri="%s", model_data="s3://models/sdk-captured/model.tar.gz",
              name="sdk-captured-model", role="arn:aws:iam::000000000000:role/any",
              sagemaker_session=session, predictor_cls=Predictor)
predictor = model.deploy(1, "ml.m5.large", endpoint_name="sdk-captured",
                         data_capture_config=DataCaptureConfig(
                             enable_capture=True, sampling_percentage=100,
                             destination_s3_uri="s3://models/sdk-capture"))
predictor.predict(b"1,2")
def now():
    described = session.sagemaker_client.describe_endpoint(EndpointName="sdk-captured")
    return described["DataCaptureConfig"]["CaptureStatus"]
print()
print(now())
predictor.disable_data_capture()
print()
print(now())
predictor.enable_data_capture()
print()
print(now())
predictor.delete_endpoint()
"""


def test_the_sdk_turns_it_on_and_off(gyre, tmp_path):
    gyre.put_model("sdk-captured", models.echo())
    assert [
        line for line in sdk.run(gyre, SCRIPT % IMAGE, tmp_path).splitlines()
        if "St" in line and " " not in line] == ["Started", "Stopped", "Started"]
