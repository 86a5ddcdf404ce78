"""https on the same port, and AWS's own host names by the proxy that `gyre env` names."""

import hashlib
import json
import os
import pathlib
import re
import socket
import ssl
import subprocess
import sys
import time

import botocore.exceptions
import pytest
import requests

from support.platform import OFFLINE

MIB = 1 << 20


@pytest.fixture(scope="module")
def noise() -> bytes:
    return os.urandom(20 * MIB + 3)


def python(gyre, folder, script: str, **more: str) -> str:
    """Runs a user's script that names no endpoint at all: all goes to AWS's host names."""
    environment = {**gyre.environ(), "HOME": str(folder), "PYTHONPATH": OFFLINE, **more}
    del environment["AWS_ENDPOINT_URL"]
    ended = subprocess.run([sys.executable, "-W", "ignore", "-c", script], cwd=folder, text=True,
                           capture_output=True, timeout=120, env=environment)
    assert ended.returncode == 0, ended.stdout + ended.stderr + gyre.log()[-4000:]
    return ended.stdout


class TestHttps:
    def test_a_bodys_checksum_follows_it_in_a_trailer(self, gyre, noise):
        s3 = gyre.client("s3", secure=True)
        s3.create_bucket(Bucket="by-https")
        sent = []
        s3.meta.events.register("before-send.s3.PutObject",
                                lambda request, **_: sent.append(dict(request.headers)))
        for algorithm in ("CRC32", "SHA1", "SHA256"):
            s3.put_object(Bucket="by-https", Key="k", Body=noise[:MIB], ContentEncoding="gzip",
                          ChecksumAlgorithm=algorithm)
            answer = s3.get_object(Bucket="by-https", Key="k", ChecksumMode="ENABLED")
            assert answer["Body"].read() == noise[:MIB]
            assert answer["ContentEncoding"] == "gzip"
            assert f"Checksum{algorithm}" in answer
        assert all(headers["X-Amz-Content-SHA256"] == b"STREAMING-UNSIGNED-PAYLOAD-TRAILER"
                   for headers in sent) and len(sent) == 3

    def test_a_large_file_goes_in_parts_and_comes_in_ranges(self, gyre, noise, tmp_path):
        s3 = gyre.client("s3", secure=True)
        (tmp_path / "up").write_bytes(noise)
        s3.upload_file(str(tmp_path / "up"), "by-https", "large")
        s3.download_file("by-https", "large", str(tmp_path / "down"))
        assert hashlib.sha256((tmp_path / "down").read_bytes()).digest() == \
            hashlib.sha256(noise).digest()

    def test_a_presigned_url(self, gyre):
        s3 = gyre.client("s3", secure=True)
        s3.put_object(Bucket="by-https", Key="p", Body=b"presigned")
        url = s3.generate_presigned_url("get_object", Params={"Bucket": "by-https", "Key": "p"})
        assert url.startswith("https://")
        assert requests.get(url, verify=gyre.authority, timeout=10).content == b"presigned"

    def test_a_policy_may_insist_on_it(self, gyre):
        iam = gyre.client("iam")
        iam.create_user(UserName="careful")
        key = iam.create_access_key(UserName="careful")["AccessKey"]
        keys = {"aws_access_key_id": key["AccessKeyId"],
                "aws_secret_access_key": key["SecretAccessKey"]}
        iam.put_user_policy(UserName="careful", PolicyName="https", PolicyDocument=json.dumps({
            "Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
                {"Effect": "Deny", "Action": "*", "Resource": "*",
                 "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}))
        assert gyre.client("s3", keys, secure=True).list_buckets()["Buckets"]
        with pytest.raises(botocore.exceptions.ClientError, match="AccessDenied"):
            gyre.client("s3", keys).list_buckets()

    def test_many_clients_at_once(self, gyre):
        s3 = gyre.client("s3", secure=True, max_pool_connections=1)
        for i in range(3):
            s3.put_object(Bucket="by-https", Key=f"many/{i}", Body=b"x" * i)
        found = [s3.get_object(Bucket="by-https", Key=f"many/{i}")["Body"].read() for i in range(3)]
        assert found == [b"", b"x", b"xx"]


class TestProxy:
    def test_scripts_that_name_no_endpoint(self, gyre, tmp_path):
        said = python(gyre, tmp_path, """
import boto3
for region in ("us-east-1", "eu-west-1"):
    print(boto3.client("sts", region_name=region).get_caller_identity()["Arn"])
    print(boto3.client("sagemaker", region_name=region).list_models()["Models"][:0])
    print(boto3.client("logs", region_name=region).describe_log_groups(limit=1)["logGroups"][:0])
print(boto3.client("iam").list_users()["Users"][:0])
s3 = boto3.client("s3")
s3.create_bucket(Bucket="by-its-host-name")
s3.put_object(Bucket="by-its-host-name", Key="a/b c.txt", Body=b"hello")
print(s3.get_object(Bucket="by-its-host-name", Key="a/b c.txt")["Body"].read())
assert s3.meta.endpoint_url == "https://s3.amazonaws.com", s3.meta.endpoint_url
assert "by-its-host-name" in [b["Name"] for b in s3.list_buckets()["Buckets"]]
s3.create_bucket(Bucket="with.dots")
print(s3.list_objects_v2(Bucket="by-its-host-name")["Contents"][0]["Key"])
""")
        assert said.count("arn:aws:iam::000000000000:root") == 2
        assert "b'hello'" in said and "a/b c.txt" in said

    def test_a_region_that_is_not_the_platforms(self, gyre, tmp_path):
        said = python(gyre, tmp_path, """
import boto3, requests, sagemaker
print(sagemaker.Session().default_bucket())
s3 = boto3.client("s3")
s3.create_bucket(Bucket="far", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
s3.put_object(Bucket="far", Key="k", Body=b"by a signed URL")
url = s3.generate_presigned_url("get_object", Params={"Bucket": "far", "Key": "k"})
assert url.startswith("https://far.s3.amazonaws.com/k?AWSAccessKeyId="), url
print(requests.get(url).content)
""", AWS_REGION="eu-west-1", AWS_DEFAULT_REGION="eu-west-1")
        assert "sagemaker-eu-west-1-000000000000" in said
        assert "b'by a signed URL'" in said

    def test_an_endpoint_is_invoked_by_its_host_name(self, gyre, tmp_path):
        said = python(gyre, tmp_path, """
import boto3, botocore
runtime = boto3.client("sagemaker-runtime")
try:
    runtime.invoke_endpoint(EndpointName="no-such-endpoint", Body=b"")
except botocore.exceptions.ClientError as error:
    print(error)
""")
        assert "no-such-endpoint" in said and "ValidationError" in said

    def test_a_service_that_is_not_here(self, gyre, tmp_path):
        said = python(gyre, tmp_path, """
import boto3, botocore
try:
    boto3.client("ec2").describe_instances()
except botocore.exceptions.ClientError as error:
    print(error)
""")
        assert "DescribeInstances" in said

    def test_anywhere_else_is_refused_with_a_reason(self, gyre):
        address = gyre.url.removeprefix("http://").split(":")
        with socket.create_connection((address[0], int(address[1])), 10) as raw:
            raw.sendall(b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n")
            raw.settimeout(10)
            heard = b""
            while piece := raw.recv(4096):
                heard += piece
        assert heard.startswith(b"HTTP/1.1 403 this proxy answers AWS's host names")
        assert b"example.com:443: this proxy answers AWS's host names" in heard
        with pytest.raises(requests.exceptions.ProxyError, match="403 this proxy answers AWS's"):
            requests.get("https://example.com/", proxies={"https": gyre.url}, timeout=10)

    def test_the_platforms_own_https_passes_the_proxy(self, gyre):
        url = gyre.url.replace("http://", "https://") + "/ping"
        answer = requests.get(url, proxies={"https": gyre.url}, verify=gyre.authority, timeout=10)
        assert answer.json() == {"status": "Healthy"}


class TestCertificates:
    def test_they_outlive_a_kill(self, new_platform):
        platform = new_platform().start()
        before = pathlib.Path(platform.authority).read_bytes()
        platform.kill()
        platform.start()
        assert pathlib.Path(platform.authority).read_bytes() == before
        assert oct((platform.data / "tls" / "ca.key").stat().st_mode & 0o777) == "0o600"
        assert requests.get(platform.url + "/ca.pem", timeout=10).content == before
        url = platform.url.replace("http://", "https://") + "/ping"
        for host in (url, url.replace("127.0.0.1", "localhost")):
            assert requests.get(host, verify=platform.authority, timeout=10).ok
        # As strict as Python gets: no key, no identifier of it may be missing.
        context = ssl.create_default_context(cafile=platform.authority)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        port = int(platform.url.rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port), 10) as raw, \
                context.wrap_socket(raw, server_hostname="sts.amazonaws.com") as secure:
            assert secure.version() == "TLSv1.3"

    def test_a_users_own_and_a_port_for_https_alone(self, new_platform, tmp_path):
        def make(name: str) -> None:
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30",
                 "-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem", "-subj",
                 f"/CN={name}", "-addext", f"subjectAltName=DNS:{name},IP:127.0.0.1"],
                check=True, capture_output=True)

        make("one.example")
        platform = new_platform(f"""
[tls]
listen = "127.0.0.1:0"
certificate = "{tmp_path}/cert.pem"
key = "{tmp_path}/key.pem"
""").start()
        port = int(re.findall(r"https alone address=\S+:(\d+)", platform.log())[-1])
        url = f"https://127.0.0.1:{port}/ping"
        assert requests.get(url, verify=str(tmp_path / "cert.pem"), timeout=10).ok
        told = requests.get(url.replace("https", "http"), timeout=10)
        assert told.status_code == 400 and "https" in told.text
        # AWS's names are still our authority's to sign for.
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(url, verify=platform.authority, timeout=10)
        context = ssl.create_default_context(cafile=platform.authority)
        with socket.create_connection(("127.0.0.1", port), 10) as raw:
            context.wrap_socket(raw, server_hostname="sts.amazonaws.com").close()
        make("two.example")
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            context = ssl.create_default_context(cafile=tmp_path / "cert.pem")
            try:
                with socket.create_connection(("127.0.0.1", port), 10) as raw:
                    context.wrap_socket(raw, server_hostname="two.example").close()
                break
            except ssl.SSLError:
                time.sleep(0.3)
        else:
            raise AssertionError("the new certificate is not shown\n" + platform.log()[-2000:])

    def test_https_alone_for_our_own_command_line(self, new_platform):
        platform = new_platform('[tls]\nmode = "https"\n').start()
        assert platform.url.startswith("https://")
        exports = platform.environ()
        assert "HTTPS_PROXY" not in exports
        status = json.loads(platform.cli("status", "--json", "--data", platform.data).stdout)
        assert status["url"] == platform.url
        assert platform.cli("status").returncode == 0  # by AWS_ENDPOINT_URL and AWS_CA_BUNDLE
        refused = platform.cli("status", "--url", platform.url.replace("https", "http"), check=False)
        assert refused.returncode == 1

    def test_a_bucket_before_the_platforms_own_name(self, new_platform, tmp_path):
        platform = new_platform('[http]\ndomains = ["gyre.example"]\n').start()
        s3 = platform.client("s3")
        s3.create_bucket(Bucket="pictures")
        s3.put_object(Bucket="pictures", Key="k", Body=b"by its own name")
        s3.put_bucket_policy(Bucket="pictures", Policy=json.dumps({
            "Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
                 "Resource": "arn:aws:s3:::pictures/*"}]}))
        port = platform.url.rsplit(":", 1)[1]
        name = f"pictures.gyre.example:{port}"
        said = subprocess.run(
            ["curl", "--silent", "--show-error", "--fail", "--cacert", platform.authority,
             "--resolve", f"{name}:127.0.0.1", f"https://{name}/k"],
            capture_output=True, text=True, timeout=30)
        assert said.stdout == "by its own name", said.stderr
