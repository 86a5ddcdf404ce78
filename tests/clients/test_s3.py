"""What boto3 and the AWS CLI need to move models and data."""

import base64
import concurrent.futures
import datetime
import hashlib
import io
import os
import pathlib
import socket
import subprocess
import sys
import urllib.parse
import zlib

import botocore.exceptions
import pytest
import requests
from boto3.s3.transfer import TransferConfig
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest

MIB = 1 << 20


@pytest.fixture(scope="module")
def noise() -> bytes:
    return os.urandom(50 * MIB + 7)


def code(call, **members) -> str:
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        call(**members)
    return refused.value.response["Error"]["Code"]


def read(s3, bucket: str, key: str, **members) -> bytes:
    return s3.get_object(Bucket=bucket, Key=key, **members)["Body"].read()


def sign(gyre, request: AWSRequest, payload: str) -> None:
    """Signs for S3 with that word in the place of the body's hash."""

    class Auth(S3SigV4Auth):
        def payload(self, request):
            return payload

        def _should_sha256_sign_payload(self, request):
            return False

        def _modify_request_before_signing(self, request):
            super()._modify_request_before_signing(request)
            request.headers.replace_header("X-Amz-Content-SHA256", payload)

    Auth(gyre.session().get_credentials(), "s3", "us-east-1").add_auth(request)


class TestManagedTransfers:
    def test_a_large_file_goes_up_in_parts_and_comes_back_in_ranges(self, s3, bucket, noise,
                                                                    tmp_path):
        (tmp_path / "up").write_bytes(noise)
        s3.upload_file(str(tmp_path / "up"), bucket, "big",
                       ExtraArgs={"Metadata": {"colour": "blue"}})
        head = s3.head_object(Bucket=bucket, Key="big", ChecksumMode="ENABLED")
        assert head["ContentLength"] == len(noise)
        assert head["ETag"].endswith('-7"')
        assert head["Metadata"] == {"colour": "blue"}
        assert head["ChecksumType"] == "COMPOSITE" and head["ChecksumCRC32"].endswith("-7")
        s3.download_file(bucket, "big", str(tmp_path / "down"))
        assert (tmp_path / "down").read_bytes() == noise
        assert s3.list_multipart_uploads(Bucket=bucket).get("Uploads", []) == []

    def test_a_small_file_goes_in_one_piece(self, s3, bucket, tmp_path):
        s3.upload_fileobj(io.BytesIO(b"hello"), bucket, "small")
        head = s3.head_object(Bucket=bucket, Key="small")
        assert head["ETag"] == f'"{hashlib.md5(b"hello").hexdigest()}"'
        into = io.BytesIO()
        s3.download_fileobj(bucket, "small", into)
        assert into.getvalue() == b"hello"

    def test_a_managed_copy_copies_in_parts(self, s3, bucket, noise):
        other = f"{bucket}-other"
        s3.create_bucket(Bucket=other)
        s3.upload_fileobj(io.BytesIO(noise), bucket, "big")
        # Ranges that are not the source's parts.
        s3.copy({"Bucket": bucket, "Key": "big"}, other, "a b/ü",
                Config=TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=6 * MIB))
        s3.delete_object(Bucket=bucket, Key="big")
        assert read(s3, other, "a b/ü") == noise

    def test_many_clients_at_once(self, gyre, bucket):
        def run(worker: int) -> None:
            client = gyre.client("s3")
            body = bytes([worker]) * (100_000 + worker)
            for i in range(10):
                client.put_object(Bucket=bucket, Key=f"{worker}/{i}", Body=body)
                assert read(client, bucket, f"{worker}/{i}") == body

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(run, range(8)))
        assert s3_count(gyre.client("s3"), bucket) == 80

    def test_an_upload_that_is_interrupted_is_aborted_by_the_client(self, s3, bucket, noise):
        class Broken(io.BytesIO):
            def read(self, size=-1):
                if self.tell() > 20 * MIB:
                    raise OSError("gone")
                return super().read(size)

        with pytest.raises(OSError):
            s3.upload_fileobj(Broken(noise), bucket, "big")
        assert s3.list_multipart_uploads(Bucket=bucket).get("Uploads", []) == []
        assert code(s3.head_object, Bucket=bucket, Key="big") == "404"


def s3_count(s3, bucket: str) -> int:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return sum(page["KeyCount"] for page in pages)


class TestObjects:
    def test_reads_by_range_and_condition(self, s3, bucket):
        etag = s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")["ETag"]
        assert read(s3, bucket, "k", Range="bytes=2-4", IfMatch=etag) == b"234"
        assert read(s3, bucket, "k", Range="bytes=-3") == b"789"
        assert code(s3.get_object, Bucket=bucket, Key="k", Range="bytes=10-") == "InvalidRange"
        assert code(s3.get_object, Bucket=bucket, Key="k", IfMatch='"x"') == "PreconditionFailed"
        assert code(s3.get_object, Bucket=bucket, Key="k", IfNoneMatch=etag) == "304"
        assert code(s3.head_object, Bucket=bucket, Key="k", IfMatch='"x"') == "412"
        assert code(s3.get_object, Bucket=bucket, Key="none") == "NoSuchKey"
        assert code(s3.get_object, Bucket="none-such", Key="k") == "NoSuchBucket"

    def test_writes_by_condition(self, s3, bucket):
        etag = s3.put_object(Bucket=bucket, Key="k", Body=b"1", IfNoneMatch="*")["ETag"]
        assert code(s3.put_object, Bucket=bucket, Key="k", Body=b"2", IfNoneMatch="*") == \
            "PreconditionFailed"
        s3.put_object(Bucket=bucket, Key="k", Body=b"3", IfMatch=etag)
        assert code(s3.put_object, Bucket=bucket, Key="k", Body=b"4", IfMatch=etag) == \
            "PreconditionFailed"
        assert read(s3, bucket, "k") == b"3"

    def test_metadata_comes_back(self, s3, bucket):
        expires = datetime.datetime(2030, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
        s3.put_object(Bucket=bucket, Key="k", Body=b"x", Metadata={"a-b": "c d"},
                      ContentType="text/x", CacheControl="no-store", ContentLanguage="de",
                      ContentDisposition="attachment", ContentEncoding="gzip", Expires=expires)
        head = s3.head_object(Bucket=bucket, Key="k")
        assert head["Metadata"] == {"a-b": "c d"}
        assert [head[m] for m in ("ContentType", "CacheControl", "ContentLanguage",
                                  "ContentDisposition", "ContentEncoding", "Expires")] == \
            ["text/x", "no-store", "de", "attachment", "gzip", expires]

    @pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
    def test_checksums_are_kept_and_checked(self, s3, bucket, algorithm):
        put = s3.put_object(Bucket=bucket, Key="k", Body=b"hello", ChecksumAlgorithm=algorithm)
        got = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
        assert got["Body"].read() == b"hello"
        assert got[f"Checksum{algorithm}"] == put[f"Checksum{algorithm}"]
        wrong = {"CRC32": 4, "SHA1": 20, "SHA256": 32}[algorithm]
        refused = code(s3.put_object, Bucket=bucket, Key="k", Body=b"bye",
                       **{f"Checksum{algorithm}": base64.b64encode(bytes(wrong)).decode()})
        assert refused == "BadDigest"
        assert read(s3, bucket, "k") == b"hello"

    def test_a_wrong_md5_is_refused(self, s3, bucket):
        md5 = base64.b64encode(hashlib.md5(b"other").digest()).decode()
        assert code(s3.put_object, Bucket=bucket, Key="k", Body=b"x", ContentMD5=md5) == "BadDigest"
        assert code(s3.head_object, Bucket=bucket, Key="k") == "404"

    def test_copies(self, s3, bucket):
        s3.put_object(Bucket=bucket, Key="a/ü?+&", Body=b"hello", Metadata={"a": "1"})
        source = {"Bucket": bucket, "Key": "a/ü?+&"}
        copied = s3.copy_object(Bucket=bucket, Key="b", CopySource=source)
        assert copied["CopyObjectResult"]["ETag"] == f'"{hashlib.md5(b"hello").hexdigest()}"'
        s3.copy_object(Bucket=bucket, Key="c", CopySource=source, MetadataDirective="REPLACE",
                       Metadata={"b": "2"})
        assert read(s3, bucket, "b") == read(s3, bucket, "c") == b"hello"
        assert s3.head_object(Bucket=bucket, Key="b")["Metadata"] == {"a": "1"}
        assert s3.head_object(Bucket=bucket, Key="c")["Metadata"] == {"b": "2"}
        assert code(s3.copy_object, Bucket=bucket, Key="b",
                    CopySource={"Bucket": bucket, "Key": "b"}) == "InvalidRequest"
        assert code(s3.copy_object, Bucket=bucket, Key="b",
                    CopySource={**source, "VersionId": "x"}) == "NoSuchVersion"
        assert code(s3.copy_object, Bucket=bucket, Key="d", CopySource=source,
                    CopySourceIfMatch='"x"') == "PreconditionFailed"

    def test_a_batch_is_deleted_and_refused_key_by_key(self, s3, bucket):
        keys = [f"k{i:04}" for i in range(1000)]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda key: s3.put_object(Bucket=bucket, Key=key, Body=b"x"), keys))
        batch = {"Objects": [{"Key": key} for key in keys[:999]]}
        done = s3.delete_objects(Bucket=bucket, Delete=batch)
        assert [d["Key"] for d in done["Deleted"]] == keys[:999]
        done = s3.delete_objects(
            Bucket=bucket, Delete={"Quiet": True, "Objects": [
                {"Key": keys[-1], "ETag": '"x"'}, {"Key": "none"}]})
        assert "Deleted" not in done
        assert [(e["Key"], e["Code"]) for e in done["Errors"]] == [(keys[-1], "PreconditionFailed")]
        assert s3_count(s3, bucket) == 1
        too_many = {"Objects": [{"Key": "k"}] * 1001}
        assert code(s3.delete_objects, Bucket=bucket, Delete=too_many) == "MalformedXML"

    def test_a_refusal_comes_before_the_body(self, gyre):
        request = AWSRequest("PUT", f"{gyre.url}/none-such/k",
                             headers={"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"})
        sign(gyre, request, "UNSIGNED-PAYLOAD")
        url = urllib.parse.urlsplit(gyre.url)
        head = f"PUT /none-such/k HTTP/1.1\r\nHost: {url.netloc}\r\n" \
               "Content-Length: 1000000000\r\nExpect: 100-continue\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
        with socket.create_connection((url.hostname, url.port), timeout=60) as connection:
            connection.sendall(head.encode() + b"\r\n")
            assert connection.recv(12) == b"HTTP/1.1 404"

    def test_waiters(self, s3, bucket):
        s3.get_waiter("bucket_exists").wait(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="k", Body=b"")
        s3.get_waiter("object_exists").wait(Bucket=bucket, Key="k")
        s3.delete_object(Bucket=bucket, Key="k")
        s3.get_waiter("object_not_exists").wait(Bucket=bucket, Key="k")
        s3.delete_bucket(Bucket=bucket)
        s3.get_waiter("bucket_not_exists").wait(Bucket=bucket)

    def test_the_resource_interface(self, gyre, bucket):
        resource = gyre.session().resource("s3", endpoint_url=gyre.url)
        for key in ("a", "b/c"):
            resource.Object(bucket, key).put(Body=key.encode())
        assert sorted(o.key for o in resource.Bucket(bucket).objects.all()) == ["a", "b/c"]
        resource.Bucket(bucket).objects.filter(Prefix="b/").delete()
        assert [o.key for o in resource.Bucket(bucket).objects.all()] == ["a"]
        resource.Bucket(bucket).objects.all().delete()
        resource.Bucket(bucket).delete()


def put_parts(s3, upload: dict, bodies: list[bytes]) -> list[dict]:
    return [{"PartNumber": number, "ETag": s3.upload_part(PartNumber=number, Body=body,
                                                          **upload)["ETag"]}
            for number, body in enumerate(bodies, 1)]


class TestUploads:
    def test_parts_by_hand(self, s3, bucket):
        upload = {"Bucket": bucket, "Key": "k",
                  "UploadId": s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]}
        bodies = [os.urandom(5 * MIB), os.urandom(5 * MIB), b"end"]
        parts = put_parts(s3, upload, bodies)
        pages = s3.get_paginator("list_parts").paginate(**upload, PaginationConfig={"PageSize": 2})
        assert [p["PartNumber"] for page in pages for p in page["Parts"]] == [1, 2, 3]
        swapped = {"Parts": [parts[1], parts[0]]}
        assert code(s3.complete_multipart_upload, MultipartUpload=swapped, **upload) == \
            "InvalidPartOrder"
        small = {"Parts": [parts[0], parts[2], {**parts[1], "PartNumber": 9}]}
        assert code(s3.complete_multipart_upload, MultipartUpload=small, **upload) == "InvalidPart"
        whole = {"Parts": parts}
        for _ in range(2):  # a client repeats what it got no answer to
            done = s3.complete_multipart_upload(MultipartUpload=whole, **upload)
            assert done["Key"] == "k" and done["ETag"].endswith('-3"')
        assert read(s3, bucket, "k") == b"".join(bodies)
        assert read(s3, bucket, "k", PartNumber=3) == b"end"
        assert code(s3.abort_multipart_upload, **upload) == "NoSuchUpload"

    def test_a_part_that_is_too_small(self, s3, bucket):
        upload = {"Bucket": bucket, "Key": "k",
                  "UploadId": s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]}
        parts = put_parts(s3, upload, [b"x", b"y"])
        assert code(s3.complete_multipart_upload, MultipartUpload={"Parts": parts}, **upload) == \
            "EntityTooSmall"
        s3.abort_multipart_upload(**upload)
        assert code(s3.upload_part, PartNumber=1, Body=b"x", **upload) == "NoSuchUpload"

    def test_uploads_and_their_parts_are_there_after_a_restart(self, new_platform):
        platform = new_platform().start()
        s3 = platform.client("s3")
        s3.create_bucket(Bucket="b-1")
        upload = {"Bucket": "b-1", "Key": "k",
                  "UploadId": s3.create_multipart_upload(Bucket="b-1", Key="k")["UploadId"]}
        first = s3.upload_part(PartNumber=1, Body=bytes(5 * MIB), **upload)["ETag"]
        platform.kill()
        s3 = platform.start().client("s3")
        listed = s3.list_multipart_uploads(Bucket="b-1")["Uploads"]
        assert [u["UploadId"] for u in listed] == [upload["UploadId"]]
        second = s3.upload_part(PartNumber=2, Body=b"end", **upload)["ETag"]
        s3.complete_multipart_upload(MultipartUpload={"Parts": [
            {"PartNumber": 1, "ETag": first}, {"PartNumber": 2, "ETag": second}]}, **upload)
        assert read(s3, "b-1", "k") == bytes(5 * MIB) + b"end"


class TestListings:
    @pytest.fixture
    def filled(self, s3, bucket):
        self.keys = sorted([f"a/{i:02}" for i in range(25)] + ["b c/ü", "b c/&<>", "d", "e/f/g"])
        for key in self.keys:
            s3.put_object(Bucket=bucket, Key=key, Body=b"x")
        return bucket

    @pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
    def test_pages(self, s3, filled, operation):
        pages = list(s3.get_paginator(operation).paginate(
            Bucket=filled, PaginationConfig={"PageSize": 7}))
        assert len(pages) == 5
        assert [o["Key"] for page in pages for o in page["Contents"]] == self.keys

    @pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
    def test_common_prefixes(self, s3, filled, operation):
        pages = list(s3.get_paginator(operation).paginate(
            Bucket=filled, Delimiter="/", PaginationConfig={"PageSize": 2}))
        assert [p["Prefix"] for page in pages for p in page.get("CommonPrefixes", [])] == \
            ["a/", "b c/", "e/"]
        assert [o["Key"] for page in pages for o in page.get("Contents", [])] == ["d"]
        inner = s3.list_objects_v2(Bucket=filled, Prefix="b c/", Delimiter="/")
        assert [o["Key"] for o in inner["Contents"]] == ["b c/&<>", "b c/ü"]

    def test_buckets(self, s3, bucket):
        assert bucket in [b["Name"] for b in s3.list_buckets()["Buckets"]]
        assert s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] is None
        s3.put_object(Bucket=bucket, Key="k", Body=b"")
        assert code(s3.delete_bucket, Bucket=bucket) == "BucketNotEmpty"
        assert code(s3.create_bucket, Bucket="Not_Good") == "InvalidBucketName"


class TestPresigned:
    # In the old regions boto3 still presigns with version 2 unless told otherwise.
    @pytest.mark.parametrize("version", [None, "s3v4"])
    def test_get_and_put(self, gyre, bucket, version):
        s3 = gyre.client("s3", **({"signature_version": version} if version else {}))
        target = {"Bucket": bucket, "Key": "a b/ü"}
        put = s3.generate_presigned_url("put_object", Params=target, ExpiresIn=60)
        assert ("X-Amz-Signature=" in put) == (version is not None)
        assert requests.put(put, data=b"hello", timeout=60).status_code == 200
        get = s3.generate_presigned_url("get_object", Params=target, ExpiresIn=60)
        assert requests.get(get, timeout=60).content == b"hello"
        assert requests.get(get, headers={"Range": "bytes=1-2"}, timeout=60).content == b"el"
        signature = "Signature="
        at = get.index(signature) + len(signature)
        forged = get[:at] + ("0" if get[at] != "0" else "1") + get[at + 1:]
        answer = requests.get(forged, timeout=60)
        assert answer.status_code == 403
        assert b"<Code>SignatureDoesNotMatch</Code>" in answer.content
        assert requests.delete(get, timeout=60).status_code == 403

    def test_a_late_one_is_refused(self, s3, bucket, gyre):
        url = gyre.client("s3", signature_version="s3v4").generate_presigned_url(
            "get_object", Params={"Bucket": bucket, "Key": "k"}, ExpiresIn=0)
        answer = requests.get(url, timeout=60)
        assert answer.status_code in (400, 403)


class TestOtherClients:
    """Bodies as other SDKs and boto3 over https send them, signed by botocore."""

    def test_a_trailing_checksum_in_aws_chunks(self, gyre, bucket):
        body = b"hello"
        for value, status in ((zlib.crc32(body), 200), (1, 400)):
            crc = base64.b64encode(value.to_bytes(4, "big")).decode()
            framed = b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:" + crc.encode() + b"\r\n\r\n"
            request = AWSRequest("PUT", f"{gyre.url}/{bucket}/chunked{status}", headers={
                "Content-Encoding": "aws-chunked", "X-Amz-Trailer": "x-amz-checksum-crc32",
                "X-Amz-Decoded-Content-Length": "5",
                "X-Amz-Content-SHA256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER"})

            sign(gyre, request, "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
            answer = requests.put(request.url, headers=dict(request.headers.items()),
                                  data=iter([framed[:9], framed[9:]]), timeout=60)
            assert answer.status_code == status, answer.text
        s3 = gyre.client("s3")
        got = s3.get_object(Bucket=bucket, Key="chunked200", ChecksumMode="ENABLED")
        assert got["Body"].read() == body
        assert "ContentEncoding" not in got
        crc = zlib.crc32(body).to_bytes(4, "big")
        assert got["ChecksumCRC32"] == base64.b64encode(crc).decode()
        assert code(s3.head_object, Bucket=bucket, Key="chunked400") == "404"


class TestCommandLine:
    @pytest.fixture
    def aws(self, gyre):
        program = pathlib.Path(sys.executable).with_name("aws")

        def run(*arguments, check: bool = True) -> str:
            done = subprocess.run([program, "s3", *map(str, arguments)], env=gyre.environ(),
                                  text=True, capture_output=True, timeout=300)
            assert not check or done.returncode == 0, done.stdout + done.stderr
            return done.stdout + done.stderr

        return run

    def test_cp_ls_and_rm(self, aws, bucket, noise, tmp_path):
        (tmp_path / "up").write_bytes(noise)
        aws("cp", tmp_path / "up", f"s3://{bucket}/models/big")
        assert f"{len(noise)} big" in aws("ls", f"s3://{bucket}/models/")
        assert "PRE models/" in aws("ls", f"s3://{bucket}")
        aws("cp", f"s3://{bucket}/models/big", f"s3://{bucket}/copy")
        aws("cp", f"s3://{bucket}/copy", tmp_path / "down")
        assert (tmp_path / "down").read_bytes() == noise
        aws("mv", f"s3://{bucket}/copy", f"s3://{bucket}/moved")
        assert aws("ls", f"s3://{bucket}").split()[-1] == "moved"
        aws("rm", "--recursive", f"s3://{bucket}")
        assert aws("ls", f"s3://{bucket}", check=False) == ""
        aws("rb", f"s3://{bucket}")

    def test_sync(self, aws, s3, bucket, tmp_path):
        source = tmp_path / "source"
        for name in ("a", "b/c", "b/d e", "ü"):
            path = source / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(name)
        aws("sync", source, f"s3://{bucket}/data")
        assert s3_count(s3, bucket) == 4
        assert aws("sync", source, f"s3://{bucket}/data") == ""
        (source / "a").unlink()
        aws("sync", "--delete", source, f"s3://{bucket}/data")
        aws("sync", f"s3://{bucket}/data", f"s3://{bucket}/again")
        aws("sync", f"s3://{bucket}/again", tmp_path / "target")
        files = sorted(str(p.relative_to(tmp_path / "target"))
                       for p in (tmp_path / "target").rglob("*") if p.is_file())
        assert files == ["b/c", "b/d e", "ü"]
        assert (tmp_path / "target" / "ü").read_text() == "ü"

    def test_pipes_and_presigned(self, aws, bucket, s3):
        s3.put_object(Bucket=bucket, Key="k", Body=b"hello")
        assert aws("cp", f"s3://{bucket}/k", "-") == "hello"
        assert requests.get(aws("presign", f"s3://{bucket}/k").strip(), timeout=60).text == "hello"
        assert "NoSuchBucket" in aws("ls", "s3://none-such", check=False)
