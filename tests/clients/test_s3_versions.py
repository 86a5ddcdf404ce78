"""Versions, tags, bucket policies, CORS, forms and checksums, as boto3 and browsers see them."""

import base64
import hashlib
import json
import xml.etree.ElementTree

import botocore.config
import botocore.exceptions
import pytest
import requests


def code(call, **members) -> str:
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        call(**members)
    return refused.value.response["Error"]["Code"]


def enable(s3, bucket: str, status: str = "Enabled") -> None:
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})


def test_versions_come_back_and_go(gyre, s3, bucket):
    enable(s3, bucket)
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    versions = [s3.put_object(Bucket=bucket, Key="k", Body=str(i))["VersionId"] for i in range(3)]
    assert len(set(versions)) == 3
    for i, version in enumerate(versions):
        got = s3.get_object(Bucket=bucket, Key="k", VersionId=version)
        assert got["Body"].read() == str(i).encode() and got["VersionId"] == version
    marker = s3.delete_object(Bucket=bucket, Key="k")
    assert marker["DeleteMarker"]
    assert code(s3.get_object, Bucket=bucket, Key="k") == "NoSuchKey"
    listed = s3.list_object_versions(Bucket=bucket)
    assert [v["VersionId"] for v in listed["Versions"]] == versions[::-1]
    assert [m["VersionId"] for m in listed["DeleteMarkers"]] == [marker["VersionId"]]
    assert listed["DeleteMarkers"][0]["IsLatest"]
    s3.delete_object(Bucket=bucket, Key="k", VersionId=marker["VersionId"])
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"2"
    s3.copy_object(Bucket=bucket, Key="k",
                   CopySource={"Bucket": bucket, "Key": "k", "VersionId": versions[0]})
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"0"
    # boto3's own way to empty a bucket.
    gyre.session().resource("s3", endpoint_url=gyre.url).Bucket(bucket).object_versions.delete()
    s3.delete_bucket(Bucket=bucket)


def test_versions_survive_a_kill(new_platform):
    platform = new_platform().start()
    s3 = platform.client("s3")
    s3.create_bucket(Bucket="kept")
    s3.put_object(Bucket="kept", Key="k", Body=b"null")
    enable(s3, "kept")
    first = s3.put_object(Bucket="kept", Key="k", Body=bytes(200_000), Tagging="a=1")["VersionId"]
    s3.delete_object(Bucket="kept", Key="k")
    s3.put_bucket_policy(Bucket="kept", Policy=public_read("kept"))
    platform.kill()
    platform.start()
    s3 = platform.client("s3")
    assert s3.get_object(Bucket="kept", Key="k", VersionId="null")["Body"].read() == b"null"
    got = s3.get_object(Bucket="kept", Key="k", VersionId=first)
    assert got["Body"].read() == bytes(200_000) and got["TagCount"] == 1
    assert code(s3.head_object, Bucket="kept", Key="k") == "404"
    assert s3.get_bucket_policy_status(Bucket="kept")["PolicyStatus"]["IsPublic"]


def public_read(bucket: str) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Sid": "Public", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
         "Resource": f"arn:aws:s3:::{bucket}/*"}]})


def test_tags_of_objects_and_buckets(s3, bucket):
    tags = [{"Key": "team", "Value": "ml"}, {"Key": "stage", "Value": "gold & silver"}]
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": tags})
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == tags
    s3.delete_object_tagging(Bucket=bucket, Key="k")
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []
    assert code(s3.get_bucket_tagging, Bucket=bucket) == "NoSuchTagSet"
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == tags


def test_policies_are_kept_and_bad_ones_refused(s3, bucket):
    assert code(s3.get_bucket_policy, Bucket=bucket) == "NoSuchBucketPolicy"
    s3.put_bucket_policy(Bucket=bucket, Policy=public_read(bucket))
    assert s3.get_bucket_policy(Bucket=bucket)["Policy"] == public_read(bucket)
    assert code(s3.put_bucket_policy, Bucket=bucket, Policy="{}") == "MalformedPolicy"
    s3.delete_bucket_policy(Bucket=bucket)
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={
        "BlockPublicPolicy": True})
    assert code(s3.put_bucket_policy, Bucket=bucket, Policy=public_read(bucket)) == "AccessDenied"


def test_scripts_of_other_origins(gyre, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"text")
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [
        {"AllowedMethods": ["GET"], "AllowedOrigins": ["https://*.example.com"],
         "AllowedHeaders": ["*"], "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 60}]})
    assert s3.get_bucket_cors(Bucket=bucket)["CORSRules"][0]["MaxAgeSeconds"] == 60
    url = f"{gyre.url}/{bucket}/k"
    origin = {"Origin": "https://a.example.com"}
    asked = requests.options(url, headers={**origin, "Access-Control-Request-Method": "GET",
                                           "Access-Control-Request-Headers": "Range"})
    assert asked.status_code == 200
    assert asked.headers["Access-Control-Allow-Origin"] == "https://a.example.com"
    assert asked.headers["Access-Control-Allow-Headers"] == "range"
    refused = requests.options(url, headers={**origin, "Access-Control-Request-Method": "PUT"})
    assert refused.status_code == 403 and "AccessForbidden" in refused.text
    presigned = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"})
    got = requests.get(presigned, headers=origin)
    assert got.text == "text" and got.headers["Access-Control-Expose-Headers"] == "ETag"
    assert "Access-Control-Allow-Origin" not in requests.get(presigned).headers


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_browser_uploads_by_a_form(gyre, s3, bucket, version):
    form = gyre.client("s3", signature_version=version).generate_presigned_post(
        bucket, "in/${filename}", Fields={"x-amz-meta-by": "form"},
        Conditions=[["starts-with", "$key", "in/"], ["content-length-range", 1, 100],
                    {"x-amz-meta-by": "form"}])
    posted = requests.post(form["url"], data=form["fields"], files={"file": ("a.txt", b"hello")})
    assert posted.status_code == 204, posted.text
    got = s3.get_object(Bucket=bucket, Key="in/a.txt")
    assert got["Body"].read() == b"hello" and got["Metadata"] == {"by": "form"}
    large = requests.post(form["url"], data=form["fields"], files={"file": ("b", bytes(101))})
    assert large.status_code == 400 and "EntityTooLarge" in large.text
    forged = {**form["fields"], "x-amz-meta-by": "somebody else"}
    refused = requests.post(form["url"], data=forged, files={"file": ("c", b"x")})
    assert refused.status_code == 403 and "AccessDenied" in refused.text
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1


@pytest.mark.parametrize("algorithm,digest", [("SHA512", hashlib.sha512), ("MD5", hashlib.md5),
                                              ("SHA1", hashlib.sha1), ("SHA256", hashlib.sha256)])
def test_checksums_of_the_current_model(s3, bucket, algorithm, digest):
    body = b"checked"
    sum_ = base64.b64encode(digest(body).digest()).decode()
    member = f"Checksum{algorithm}"
    put = s3.put_object(Bucket=bucket, Key="k", Body=body, **{member: sum_})
    assert put[member] == sum_
    assert s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")[member] == sum_
    wrong = base64.b64encode(digest(b"other").digest()).decode()
    assert code(s3.put_object, Bucket=bucket, Key="k", Body=body, **{member: wrong}) == "BadDigest"
    attributes = s3.get_object_attributes(Bucket=bucket, Key="k",
                                          ObjectAttributes=["Checksum", "ObjectSize"])
    assert attributes["ObjectSize"] == len(body)
    assert attributes["Checksum"][member] == sum_


def test_xxhash_is_checked(gyre, s3, bucket):
    """botocore cannot compute these without awscrt, so the header is set by hand."""
    def header(value):
        def add(request, **_):
            request.headers["x-amz-checksum-xxhash64"] = value
        return add

    def put(value):
        client = gyre.client("s3", request_checksum_calculation="when_required")
        client.meta.events.register("before-sign.s3.PutObject", header(value))
        return client.put_object(Bucket=bucket, Key="k", Body=b"123456789")

    good = base64.b64encode(bytes.fromhex("8cb841db40e6ae83")).decode()
    assert put(good)["ChecksumXXHASH64"] == good
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        put(base64.b64encode(bytes(8)).decode())
    assert refused.value.response["Error"]["Code"] == "BadDigest"


def test_buckets_may_stand_in_the_host(new_platform):
    platform = new_platform('[http]\ndomains = ["gyre.example"]\n').start()
    s3 = platform.client("s3")
    s3.create_bucket(Bucket="hosted")
    s3.put_object(Bucket="hosted", Key="a/b", Body=b"text")
    port = platform.url.rsplit(":", 1)[1]
    for version in ("s3", "s3v4"):
        signer = platform.session().client(
            "s3", endpoint_url=f"http://gyre.example:{port}",
            config=botocore.config.Config(signature_version=version,
                                          s3={"addressing_style": "virtual"}))
        url = signer.generate_presigned_url("get_object", Params={"Bucket": "hosted", "Key": "a/b"})
        assert url.startswith(f"http://hosted.gyre.example:{port}/a/b")
        got = requests.get(url.replace("hosted.gyre.example", "127.0.0.1"),
                           headers={"Host": f"hosted.gyre.example:{port}"})
        assert got.text == "text", got.text
    url = signer.generate_presigned_url("list_objects_v2", Params={"Bucket": "hosted"})
    listed = requests.get(url.replace("hosted.gyre.example", "127.0.0.1"),
                          headers={"Host": f"hosted.gyre.example:{port}"})
    tree = xml.etree.ElementTree.fromstring(listed.text)
    assert [key.text for key in tree.findall(".//{*}Key")] == ["a/b"]


@pytest.mark.parametrize("call,members", [
    ("put_bucket_lifecycle_configuration", {"LifecycleConfiguration": {"Rules": []}}),
    ("get_bucket_lifecycle_configuration", {}),
    ("get_bucket_encryption", {}),
    ("get_bucket_replication", {}),
    ("get_object_lock_configuration", {}),
    ("get_bucket_website", {}),
])
def test_what_belongs_to_a_storage_product_answers_501(s3, bucket, call, members):
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        getattr(s3, call)(Bucket=bucket, **members)
    error = refused.value.response
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert error["Error"]["Code"] == "NotImplemented"
    assert "not implemented" in error["Error"]["Message"]
