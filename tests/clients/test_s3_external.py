"""Another S3 in the local store's place: here a second Gyre."""

import hashlib
import json
import os

import botocore.exceptions
import pytest
import requests
from boto3.s3.transfer import TransferConfig

from support import models

MIB = 1 << 20


@pytest.fixture
def pair(new_platform):
    """The S3 that keeps the objects, and the platform that asks it."""
    behind = new_platform().start()
    keys = behind.keys()
    front = new_platform(f"""
[objects]
url = "{behind.url}"
access_key_id = "{keys['aws_access_key_id']}"
secret_access_key = "{keys['aws_secret_access_key']}"
""").start()
    return behind, front


def code(call, **members) -> str:
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        call(**members)
    return refused.value.response["Error"]["Code"]


def test_objects_are_kept_by_the_other_s3(pair):
    behind, front = pair
    near, far = front.client("s3"), behind.client("s3")
    near.create_bucket(Bucket="models")
    assert [bucket["Name"] for bucket in far.list_buckets()["Buckets"]] == ["models"]
    near.put_object(Bucket="models", Key="a b/ü", Body=b"text", ContentType="text/plain",
                    Metadata={"m": "1"}, Tagging="k=v")
    got = far.get_object(Bucket="models", Key="a b/ü")
    assert got["Body"].read() == b"text" and got["Metadata"] == {"m": "1"}
    got = near.get_object(Bucket="models", Key="a b/ü")
    assert got["Body"].read() == b"text" and got["ContentType"] == "text/plain"
    assert near.get_object(Bucket="models", Key="a b/ü", Range="bytes=1-2")["Body"].read() == b"ex"
    assert near.head_object(Bucket="models", Key="a b/ü")["ContentLength"] == 4
    assert code(near.get_object, Bucket="models", Key="none") == "NoSuchKey"
    assert code(near.head_object, Bucket="models", Key="none") == "404"
    assert code(near.get_object, Bucket="models", Key="a b/ü", IfMatch='"no"') == \
        "PreconditionFailed"
    near.copy_object(Bucket="models", Key="copy", CopySource={"Bucket": "models", "Key": "a b/ü"})
    listed = near.list_objects_v2(Bucket="models")
    assert [item["Key"] for item in listed["Contents"]] == ["a b/ü", "copy"]
    assert near.get_object_tagging(Bucket="models", Key="copy")["TagSet"] == [
        {"Key": "k", "Value": "v"}]
    near.delete_objects(Bucket="models", Delete={"Objects": [{"Key": "copy"}, {"Key": "a b/ü"}]})
    near.delete_bucket(Bucket="models")
    assert far.list_buckets()["Buckets"] == []


def test_large_objects_stream_through(pair, tmp_path):
    behind, front = pair
    near, far = front.client("s3"), behind.client("s3")
    near.create_bucket(Bucket="large")
    body = os.urandom(40 * MIB + 3)
    put = near.put_object(Bucket="large", Key="whole", Body=body)
    assert put["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    assert far.get_object(Bucket="large", Key="whole")["Body"].read() == body
    assert near.get_object(Bucket="large", Key="whole")["Body"].read() == body
    wide = near.get_object(Bucket="large", Key="whole", Range=f"bytes=5-{30 * MIB}")
    assert wide["Body"].read() == body[5:30 * MIB + 1]
    source = tmp_path / "source"
    source.write_bytes(body)
    near.upload_file(str(source), "large", "parts", Config=TransferConfig(max_concurrency=4))
    near.download_file("large", "parts", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == body


def test_endpoints_take_their_models_from_it(pair):
    behind, front = pair
    front.deploy("echo", models.echo())
    assert front.invoke("echo", b"hello")["Body"].read() == b"hello"
    assert behind.client("s3").head_object(Bucket="models", Key="echo/model.tar.gz")


def test_permissions_are_asked_here(pair):
    _, front = pair
    iam = front.client("iam")
    iam.create_user(UserName="guest")
    key = iam.create_access_key(UserName="guest")["AccessKey"]
    guest = front.client("s3", {"aws_access_key_id": key["AccessKeyId"],
                                "aws_secret_access_key": key["SecretAccessKey"]})
    assert code(guest.list_buckets) == "AccessDenied"
    front.client("s3").create_bucket(Bucket="guests")
    iam.put_user_policy(UserName="guest", PolicyName="puts", PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}]}))
    guest.put_object(Bucket="guests", Key="k", Body=b"x", ACL="private")
    assert code(guest.put_object, Bucket="guests", Key="k", Body=b"x", ACL="public-read") == "AccessDenied"
    assert code(guest.put_object, Bucket="guests", Key="k", Body=b"x", GrantRead="id=x") == "AccessDenied"


def test_over_https(new_platform, tmp_path):
    behind = new_platform().start()
    authority = tmp_path / "ca.pem"
    authority.write_text(requests.get(behind.url + "/ca.pem", timeout=10).text)
    keys = behind.keys()
    front = new_platform(f"""
[objects]
url = "{behind.url.replace('http://', 'https://')}"
authorities = "{authority}"
access_key_id = "{keys['aws_access_key_id']}"
secret_access_key = "{keys['aws_secret_access_key']}"
""").start()
    near = front.client("s3")
    near.create_bucket(Bucket="secure")
    near.put_object(Bucket="secure", Key="k", Body=bytes(3 * MIB))
    assert behind.client("s3").head_object(Bucket="secure", Key="k")["ContentLength"] == 3 * MIB
    assert near.get_object(Bucket="secure", Key="k")["Body"].read() == bytes(3 * MIB)


def test_an_s3_that_is_away_is_said_to_be(pair):
    behind, front = pair
    behind.stop()
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        front.client("s3").list_buckets()
    error = refused.value.response["Error"]
    assert error["Code"] == "ServiceUnavailable" and "did not answer" in error["Message"]
