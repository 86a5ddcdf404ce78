"""Writes botocore_vectors.json: requests signed by botocore, for sigv4_test.cpp to check.

Run with the repository's Python: .deps/venv/bin/python src/access/testdata/make_vectors.py
"""

import datetime
import json
import pathlib

import botocore.auth
import botocore.compat
from botocore.auth import (
    HmacV1QueryAuth,
    S3SigV4Auth,
    S3SigV4QueryAuth,
    SigV4Auth,
    SigV4QueryAuth,
)
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

NOW = datetime.datetime(2026, 11, 24, 12, 0, 0)
KEY, SECRET, TOKEN = "AKIDVECTORS", "vector/Secret+Key=", "vector-token/with+signs=="
HOST = "http://127.0.0.1:8080"

CASES = [
    # name, service, how, method, target, headers, body, with a session token
    ("json", "sagemaker", "header", "POST", "/",
     {"X-Amz-Target": "SageMaker.ListModels", "Content-Type": "application/x-amz-json-1.1"},
     "{}", False),
    ("json with a token", "sagemaker", "header", "POST", "/",
     {"X-Amz-Target": "SageMaker.ListModels", "Content-Type": "application/x-amz-json-1.1"},
     '{"MaxResults":5}', True),
    ("invoke", "sagemaker", "header", "POST", "/endpoints/my-endpoint/invocations",
     {"Content-Type": "application/x-npy", "X-Amzn-SageMaker-Target-Variant": "a"},
     "\x01\x02body", False),
    ("escaped path, encoded twice", "sagemaker", "header", "POST",
     "/endpoints/a%20b%2Fc/invocations", {}, "x", False),
    ("dots and slashes are resolved", "sagemaker", "header", "GET", "/a/./b//c/../d/", {}, "",
     False),
    ("query protocol", "sts", "header", "POST", "/",
     {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
     "Action=GetCallerIdentity&Version=2011-06-15", False),
    ("s3 get", "s3", "header", "GET", "/bucket/key", {}, "", False),
    ("s3 keeps the path", "s3", "header", "GET", "/bucket/a//b/../c%20d/%E2%82%AC", {}, "", False),
    ("s3 list", "s3", "header", "GET",
     "/bucket?list-type=2&prefix=a%2Fb&delimiter=%2F&encoding-type=url", {}, "", False),
    ("s3 subresource without a value", "s3", "header", "POST", "/bucket/key?uploads", {}, "", True),
    ("s3 put", "s3", "header", "PUT", "/bucket/key%2Bplus",
     {"x-amz-checksum-crc32": "NhCmhg==", "Content-Type": "text/plain",
      "x-amz-meta-Name": "two  inner   spaces "}, "hello", False),
    ("presigned s3 get", "s3", "query", "GET", "/bucket/a%20b?versionId=null", {}, "", False),
    ("presigned s3 put with a token", "s3", "query", "PUT", "/bucket/key", {}, "anything", True),
    ("presigned sts", "sts", "query", "GET", "/?Action=GetCallerIdentity&Version=2011-06-15",
     {"x-k8s-aws-id": "cluster"}, "", True),
    ("presigned s3 get, version 2", "s3", "query2", "GET", "/bucket/a%20b", {}, "", False),
    ("presigned s3 put, version 2", "s3", "query2", "PUT",
     "/bucket/key?partNumber=3&uploadId=a%2Bb", {"Content-Type": "text/plain"}, "", True),
    ("presigned s3 response headers, version 2", "s3", "query2", "GET",
     "/bucket/key?response-content-type=text%2Fplain", {}, "", False),
]


def signer(service, how, credentials):
    if how == "query2":
        return HmacV1QueryAuth(credentials, expires=600)
    if how == "query":
        kind = S3SigV4QueryAuth if service == "s3" else SigV4QueryAuth
        return kind(credentials, service, "eu-west-1", expires=600)
    return (S3SigV4Auth if service == "s3" else SigV4Auth)(credentials, service, "eu-west-1")


def sign(case):
    name, service, how, method, target, headers, body, with_token = case
    token = TOKEN if with_token else None
    request = AWSRequest(method, HOST + target, headers=dict(headers),
                         data=body.encode() if how == "header" else b"")
    signer(service, how, Credentials(KEY, SECRET, token)).add_auth(request)
    prepared = request.prepare()
    sent = [["Host", "127.0.0.1:8080"]]
    for header, value in prepared.headers.items():
        value = value.decode() if isinstance(value, bytes) else str(value)
        # Who follows a presigned URL sends none of the headers that went into the query.
        if header.lower() != "host" and how != "query2":
            sent.append([header, value])
    return {"name": name, "service": service, "method": method,
            "target": prepared.url[len(HOST):], "headers": sent, "body": body,
            "token": token or ""}


def main():
    botocore.auth.get_current_datetime = lambda remove_tzinfo=True: NOW
    epoch = NOW.replace(tzinfo=datetime.timezone.utc).timestamp()
    botocore.auth.time.time = lambda: epoch
    rows = ",\n".join(json.dumps(sign(case)) for case in CASES)
    text = (f'{{"access_key_id": "{KEY}", "secret": "{SECRET}", "now": "{NOW:%Y%m%dT%H%M%SZ}",\n'
            f'"requests": [\n{rows}\n]}}\n')
    (pathlib.Path(__file__).parent / "botocore_vectors.json").write_text(text)


if __name__ == "__main__":
    main()
