"""Who may do what with objects: what policies are asked, and with which facts of the request."""

import itertools
import json

import botocore.exceptions
import pytest
import requests

names = itertools.count()


@pytest.fixture
def user(gyre):
    """Makes a client of a user of its own with a policy of those statements."""
    iam = gyre.client("iam")

    def make(*statements: dict, **options):
        name = f"s3-policies-{next(names)}"
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": list(statements)}))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return gyre.client("s3", keys={"aws_access_key_id": key["AccessKeyId"],
                                       "aws_secret_access_key": key["SecretAccessKey"]}, **options)

    return make


def allow(*actions: str, resource: str = "*", **condition) -> dict:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource,
            **({"Condition": condition} if condition else {})}


def deny(*actions: str, **condition) -> dict:
    return {**allow(*actions, **condition), "Effect": "Deny"}


def refused(call, **members) -> str:
    """The action that the caller was refused."""
    with pytest.raises(botocore.exceptions.ClientError) as error:
        call(**members)
    assert error.value.response["Error"]["Code"] == "AccessDenied", error.value
    return error.value.response["Error"]["Message"].partition("perform: ")[2].split()[0]


def test_conditions_hold_for_further_permissions(gyre, s3, bucket, user):
    """A copy's source and a form's object are asked for with the facts of the request."""
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    source = {"Bucket": bucket, "Key": "k"}
    bound = user(allow("s3:*"), deny("s3:GetObject", IpAddress={"aws:SourceIp": "127.0.0.0/8"}))
    assert refused(bound.copy_object, Bucket=bucket, Key="c", CopySource=source) == "s3:GetObject"
    upload = bound.create_multipart_upload(Bucket=bucket, Key="c")["UploadId"]
    assert refused(bound.upload_part_copy, Bucket=bucket, Key="c", UploadId=upload, PartNumber=1,
                   CopySource=source) == "s3:GetObject"
    near = user(allow("s3:PutObject"),
                allow("s3:GetObject*", IpAddress={"aws:SourceIp": "127.0.0.0/8"}))
    near.copy_object(Bucket=bucket, Key="c", CopySource=source)
    lines = [line for line in gyre.audit() if line.get("action") == "s3:GetObject"
             and line.get("resource") == f"arn:aws:s3:::{bucket}/k"]
    assert lines and all(line["source"] == "127.0.0.1" for line in lines)
    plain = user(allow("s3:PutObject"), deny("s3:PutObject", Bool={"aws:SecureTransport": "false"}))
    form = plain.generate_presigned_post(bucket, "form")
    posted = requests.post(form["url"], data=form["fields"], files={"file": ("f", b"x")}, timeout=60)
    assert posted.status_code == 403 and "AccessDenied" in posted.text


def test_all_buckets_by_their_arn(user):
    assert user(allow("s3:ListAllMyBuckets", resource="arn:aws:s3:::*")).list_buckets()["Buckets"]
    other = user(allow("s3:ListAllMyBuckets", resource="arn:aws:s3:::other"))
    assert refused(other.list_buckets) == "s3:ListAllMyBuckets"


def test_versions_have_permissions_of_their_own(s3, bucket, user):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    old, new = (s3.put_object(Bucket=bucket, Key="k", Body=b"x", Tagging="a=1")["VersionId"]
                for _ in range(2))
    named = {"Bucket": bucket, "Key": "k", "VersionId": old}
    plain = user(allow("s3:GetObject", "s3:DeleteObject", "s3:GetObjectTagging",
                       "s3:PutObjectTagging", "s3:GetObjectAttributes", "s3:GetObjectAcl"))
    tags = {"TagSet": [{"Key": "b", "Value": "2"}]}
    assert plain.get_object(Bucket=bucket, Key="k")["VersionId"] == new
    for call, members, action in (
            (plain.get_object, {}, "s3:GetObjectVersion"),
            (plain.delete_object, {}, "s3:DeleteObjectVersion"),
            (plain.get_object_tagging, {}, "s3:GetObjectVersionTagging"),
            (plain.put_object_tagging, {"Tagging": tags}, "s3:PutObjectVersionTagging"),
            (plain.delete_object_tagging, {}, "s3:DeleteObjectVersionTagging"),
            (plain.get_object_attributes, {"ObjectAttributes": ["ETag"]},
             "s3:GetObjectVersionAttributes"),
            (plain.get_object_acl, {}, "s3:GetObjectVersionAcl")):
        assert refused(call, **named, **members) == action
    versions = user(allow("s3:*ObjectVersion*"))
    assert versions.get_object(**named)["VersionId"] == old
    assert versions.get_object_attributes(**named, ObjectAttributes=["ETag"])["ETag"]
    versions.put_object_tagging(**named, Tagging=tags)
    assert versions.get_object_tagging(**named)["TagSet"] == tags["TagSet"]
    versions.delete_object(**named)
    assert refused(versions.get_object, Bucket=bucket, Key="k") == "s3:GetObject"


def test_tags_have_permissions_of_their_own(s3, bucket, user):
    s3.put_object(Bucket=bucket, Key="tagged", Body=b"x", Tagging="a=1")
    source = {"Bucket": bucket, "Key": "tagged"}
    writer = user(allow("s3:PutObject", "s3:GetObject"))
    writer.put_object(Bucket=bucket, Key="k", Body=b"x")
    for call, members, action in (
            (writer.put_object, {"Body": b"x", "Tagging": "a=1"}, "s3:PutObjectTagging"),
            (writer.create_multipart_upload, {"Tagging": "a=1"}, "s3:PutObjectTagging"),
            (writer.copy_object, {"CopySource": source}, "s3:GetObjectTagging"),
            (writer.get_object_attributes, {"ObjectAttributes": ["ETag"]},
             "s3:GetObjectAttributes")):
        assert refused(call, Bucket=bucket, Key="k", **members) == action
    red = user(allow("s3:PutObject"), allow("s3:PutObjectTagging", StringEquals={
        "s3:RequestObjectTag/colour": "red"}))
    red.put_object(Bucket=bucket, Key="r", Body=b"x", Tagging="colour=red")
    red.put_object_tagging(Bucket=bucket, Key="r", Tagging={"TagSet": [
        {"Key": "colour", "Value": "red"}]})
    assert refused(red.put_object_tagging, Bucket=bucket, Key="r", Tagging={"TagSet": [
        {"Key": "colour", "Value": "blue"}]}) == "s3:PutObjectTagging"
    reader = user(allow("s3:*"), deny("s3:PutObject", StringEquals={
        "s3:RequestObjectTag/colour": "red"}))
    reader.copy_object(Bucket=bucket, Key="c", CopySource=source, Tagging="colour=red")
    assert refused(reader.copy_object, Bucket=bucket, Key="c", CopySource=source,
                   Tagging="colour=red", TaggingDirective="REPLACE") == "s3:PutObject"
    # A header that does not count for the request does not count for its conditions.
    red.meta.events.register("before-sign.s3.PutObjectTagging", lambda request, **_: (
        request.headers.add_header("x-amz-tagging", "colour=red")))
    assert refused(red.put_object_tagging, Bucket=bucket, Key="r", Tagging={"TagSet": [
        {"Key": "colour", "Value": "blue"}]}) == "s3:PutObjectTagging"
