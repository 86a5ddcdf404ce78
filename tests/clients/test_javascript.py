"""The AWS SDK for JavaScript beyond its page's example: https, streams, errors, other services."""

import os
import pathlib
import subprocess
import sys

import pytest

from support.platform import ROOT

HEAD = """
import assert from "node:assert/strict";
import { Readable } from "node:stream";
import * as S3 from "@aws-sdk/client-s3";
import * as STS from "@aws-sdk/client-sts";
import * as IAM from "@aws-sdk/client-iam";
import * as CloudWatch from "@aws-sdk/client-cloudwatch";
import * as Logs from "@aws-sdk/client-cloudwatch-logs";
import * as SageMaker from "@aws-sdk/client-sagemaker";
const s3 = new S3.S3Client({ forcePathStyle: true });
"""


@pytest.fixture
def node(gyre, tmp_path):
    def run(script: str, secure: bool) -> str:
        (tmp_path / "node_modules").symlink_to(ROOT / ".deps" / "node" / "node_modules")
        (tmp_path / "script.mjs").write_text(HEAD + script)
        url = gyre.url.replace("http://", "https://") if secure else gyre.url
        ended = subprocess.run(
            ["node", "script.mjs"], cwd=tmp_path, text=True, capture_output=True, timeout=120,
            env={**gyre.environ(), "AWS_ENDPOINT_URL": url, "NODE_EXTRA_CA_CERTS": gyre.authority,
                 "PATH": f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"})
        assert ended.returncode == 0, ended.stdout + ended.stderr + gyre.log()[-4000:]
        return ended.stdout

    return run


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
def test_objects(node, secure):
    bucket = "js-https" if secure else "js-http"
    said = node(f'const Bucket = "{bucket}";' + """
await s3.send(new S3.CreateBucketCommand({ Bucket }));
await S3.waitUntilBucketExists({ client: s3, maxWaitTime: 10 }, { Bucket });
for (const ChecksumAlgorithm of ["CRC32", "SHA1", "SHA256"]) {
  await s3.send(new S3.PutObjectCommand({ Bucket, Key: "a b/ü+", Body: "text", ChecksumAlgorithm,
    Metadata: { mood: "sunny" } }));
  const got = await s3.send(new S3.GetObjectCommand({ Bucket, Key: "a b/ü+",
    ChecksumMode: "ENABLED" }));
  assert.equal(await got.Body.transformToString(), "text");
  assert.equal(got.Metadata.mood, "sunny");
  assert.ok(got["Checksum" + ChecksumAlgorithm]);
}
// A stream: its checksum follows it in a trailer.
const size = 3 << 20;
await s3.send(new S3.PutObjectCommand({ Bucket, Key: "stream", ContentLength: size,
  Body: Readable.from((function* () { for (let i = 0; i < 3; i++) yield Buffer.alloc(1 << 20, i); })()) }));
const part = await s3.send(new S3.GetObjectCommand({ Bucket, Key: "stream", Range: "bytes=1048574-1048577" }));
assert.deepEqual([...await part.Body.transformToByteArray()], [0, 0, 1, 1]);
assert.equal(part.ContentRange, `bytes 1048574-1048577/${size}`);
await s3.send(new S3.CopyObjectCommand({ Bucket, Key: "copy", CopySource: `${Bucket}/stream` }));
assert.equal((await s3.send(new S3.HeadObjectCommand({ Bucket, Key: "copy" }))).ContentLength, size);
await assert.rejects(s3.send(new S3.GetObjectCommand({ Bucket, Key: "no" })), { name: "NoSuchKey" });
await assert.rejects(s3.send(new S3.HeadObjectCommand({ Bucket, Key: "no" })), { name: "NotFound" });
await assert.rejects(s3.send(new S3.CreateBucketCommand({ Bucket: "UPPER" })), { name: "InvalidBucketName" });
const gone = await s3.send(new S3.DeleteObjectsCommand({ Bucket,
  Delete: { Objects: [{ Key: "copy" }, { Key: "stream" }, { Key: "a b/ü+" }] } }));
assert.equal(gone.Deleted.length, 3);
await s3.send(new S3.DeleteBucketCommand({ Bucket }));
console.log("all done");
""", secure)
    assert "all done" in said


def test_other_services(node):
    said = node("""
const who = await new STS.STSClient({}).send(new STS.GetCallerIdentityCommand({}));
assert.equal(who.Arn, "arn:aws:iam::000000000000:root");
const iam = new IAM.IAMClient({});
await iam.send(new IAM.CreateUserCommand({ UserName: "from-js" }));
const trust = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow",
  Principal: { AWS: "*" }, Action: "sts:AssumeRole" }] });
await iam.send(new IAM.CreateRoleCommand({ RoleName: "from-js", AssumeRolePolicyDocument: trust }));
const role = (await iam.send(new IAM.GetRoleCommand({ RoleName: "from-js" }))).Role;
assert.equal(decodeURIComponent(role.AssumeRolePolicyDocument), trust);
const assumed = await new STS.STSClient({}).send(new STS.AssumeRoleCommand({
  RoleArn: role.Arn, RoleSessionName: "from-js" }));
const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken }
  = assumed.Credentials;
const weak = new SageMaker.SageMakerClient({ credentials: { accessKeyId, secretAccessKey, sessionToken } });
await assert.rejects(weak.send(new SageMaker.ListModelsCommand({})), { name: "AccessDeniedException" });
const sagemaker = new SageMaker.SageMakerClient({});
await assert.rejects(sagemaker.send(new SageMaker.DescribeEndpointCommand({ EndpointName: "no" })),
  (error) => error.name === "ValidationException" && error.message.startsWith("Could not find"));
for await (const page of SageMaker.paginateListModels({ client: sagemaker, pageSize: 1 }, {})) {
  assert.ok(page.Models.length <= 1);
}
const logs = new Logs.CloudWatchLogsClient({});
assert.ok(Array.isArray((await logs.send(new Logs.DescribeLogGroupsCommand({}))).logGroups));
const cloudwatch = new CloudWatch.CloudWatchClient({});
const metric = { Namespace: "from/js", MetricName: "Speed", Dimensions: [{ Name: "a", Value: "b" }] };
const at = new Date(Math.floor(Date.now() / 60_000) * 60_000);
await cloudwatch.send(new CloudWatch.PutMetricDataCommand({ Namespace: metric.Namespace,
  MetricData: [1.5, 2.5].map((Value) => ({ MetricName: metric.MetricName,
    Dimensions: metric.Dimensions, Value, Timestamp: at, Unit: "Count" })) }));
const listed = await cloudwatch.send(new CloudWatch.ListMetricsCommand({ Namespace: "from/js" }));
assert.deepEqual(listed.Metrics, [metric]);
const told = await cloudwatch.send(new CloudWatch.GetMetricStatisticsCommand({ ...metric, Period: 60,
  StartTime: at, EndTime: new Date(at.getTime() + 60_000), Statistics: ["Sum", "Average"] }));
assert.equal(told.Datapoints[0].Sum, 4);
assert.equal(told.Datapoints[0].Timestamp.getTime(), at.getTime());
const got = await cloudwatch.send(new CloudWatch.GetMetricDataCommand({ StartTime: at,
  EndTime: new Date(at.getTime() + 60_000), MetricDataQueries: [{ Id: "q",
    MetricStat: { Metric: metric, Period: 60, Stat: "Maximum" } }] }));
assert.deepEqual(got.MetricDataResults[0].Values, [2.5]);
console.log("all done");
""", secure=True)
    assert "all done" in said
