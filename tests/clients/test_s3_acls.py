"""Canned access control lists as scripts use them, and what they open to whom."""

import itertools
import json

import botocore.exceptions
import pytest
import requests

names = itertools.count()


@pytest.fixture
def stranger(gyre):
    """A user who may nothing by his own policies."""
    iam, name = gyre.client("iam"), f"acl-stranger-{next(names)}"
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return name, gyre.client("s3", {"aws_access_key_id": key["AccessKeyId"],
                                    "aws_secret_access_key": key["SecretAccessKey"]})


def code(call, **members):
    try:
        call(**members)
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
    return ""


def grants(acl):
    return [(grant["Grantee"].get("URI", "").rpartition("/")[2], grant["Permission"]) for grant in acl["Grants"]]


def test_a_public_object_in_a_private_bucket(gyre, s3, stranger):
    bucket = f"test-acls-{next(names)}"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="open", Body=b"hello", ACL="public-read")
    s3.put_object(Bucket=bucket, Key="shut", Body=b"hello")
    assert grants(s3.get_object_acl(Bucket=bucket, Key="open")) == [("AllUsers", "READ"), ("", "FULL_CONTROL")]
    assert grants(s3.get_object_acl(Bucket=bucket, Key="shut")) == [("", "FULL_CONTROL")]
    assert requests.get(f"{gyre.url}/{bucket}/open").content == b"hello"
    assert requests.get(f"{gyre.url}/{bucket}/shut").status_code == 403
    # Nobody learns from outside what else there is, or changes it.
    assert requests.get(f"{gyre.url}/{bucket}/none").status_code == 403
    assert requests.get(f"{gyre.url}/{bucket}").status_code == 403
    assert requests.put(f"{gyre.url}/{bucket}/open", data=b"x").status_code == 403
    assert requests.delete(f"{gyre.url}/{bucket}/open").status_code == 403
    name, client = stranger
    assert client.get_object(Bucket=bucket, Key="open")["Body"].read() == b"hello"
    assert code(client.get_object, Bucket=bucket, Key="shut") == "AccessDenied"

    # A copy is private again, and a policy's Deny is stronger than a list.
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/open")
    assert requests.get(f"{gyre.url}/{bucket}/copy").status_code == 403
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject",
                                                 "Resource": f"arn:aws:s3:::{bucket}/*"}]}))
    assert requests.get(f"{gyre.url}/{bucket}/open").status_code == 403
    s3.delete_bucket_policy(Bucket=bucket)
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"IgnorePublicAcls": True})
    assert requests.get(f"{gyre.url}/{bucket}/open").status_code == 403
    s3.delete_public_access_block(Bucket=bucket)
    s3.put_object_acl(Bucket=bucket, Key="open", ACL="authenticated-read")
    assert requests.get(f"{gyre.url}/{bucket}/open").status_code == 403
    assert client.get_object(Bucket=bucket, Key="open")["Body"].read() == b"hello"


def test_a_public_bucket(gyre, s3, stranger):
    bucket = f"test-acls-{next(names)}"
    s3.create_bucket(Bucket=bucket, ACL="public-read")
    s3.put_object(Bucket=bucket, Key="shut", Body=b"hello")
    assert "<Key>shut</Key>" in requests.get(f"{gyre.url}/{bucket}").text
    assert requests.get(f"{gyre.url}/{bucket}/shut").status_code == 403
    # Who may list learns that a key is not there.
    assert requests.get(f"{gyre.url}/{bucket}/none").status_code == 404
    assert requests.put(f"{gyre.url}/{bucket}/new", data=b"x").status_code == 403
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"]
    s3.put_bucket_acl(Bucket=bucket, ACL="public-read-write")
    assert requests.put(f"{gyre.url}/{bucket}/new", data=b"x").status_code == 200
    assert requests.get(f"{gyre.url}/{bucket}/new").status_code == 403
    # Who may put by the list may choose a list for what is put, and for nothing else.
    public = {"x-amz-acl": "public-read"}
    assert requests.put(f"{gyre.url}/{bucket}/shut?acl", headers=public).status_code == 403
    assert requests.put(f"{gyre.url}/{bucket}/new", data=b"x", headers=public).status_code == 200
    assert requests.get(f"{gyre.url}/{bucket}/new").content == b"x"
    s3.put_bucket_acl(Bucket=bucket, ACL="private")
    assert requests.get(f"{gyre.url}/{bucket}").status_code == 403
    assert requests.get(f"{gyre.url}/no-such-bucket-at-all/k").status_code == 404


def test_opening_an_object_is_a_permission_of_its_own(gyre, s3, stranger):
    bucket = f"test-acls-{next(names)}"
    s3.create_bucket(Bucket=bucket)
    name, client = stranger
    gyre.client("iam").put_user_policy(UserName=name, PolicyName="puts", PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}]}))
    client.put_object(Bucket=bucket, Key="k", Body=b"x", ACL="bucket-owner-full-control")
    assert code(client.put_object, Bucket=bucket, Key="k", Body=b"x", ACL="public-read") == "AccessDenied"
    assert code(client.put_object_acl, Bucket=bucket, Key="k", ACL="public-read") == "AccessDenied"


def test_a_bucket_without_lists(s3):
    bucket = f"test-acls-{next(names)}"
    s3.create_bucket(Bucket=bucket, ObjectOwnership="BucketOwnerEnforced")
    rules = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert code(s3.put_object, Bucket=bucket, Key="k", ACL="public-read") == "AccessControlListNotSupported"
    s3.delete_bucket_ownership_controls(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k", ACL="public-read")
