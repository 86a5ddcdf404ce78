"""The AWS CLI, pointed here by its environment as `gyre env` sets it."""

import json
import pathlib
import subprocess
import sys

import pytest

from support import models

AWS = pathlib.Path(sys.executable).parent / "aws"


@pytest.fixture
def aws(gyre, tmp_path):
    def call(*words: str, fails: bool = False, **more: str):
        ended = subprocess.run([AWS, *words], cwd=tmp_path, text=True, capture_output=True,
                               timeout=120, env={**gyre.environ(), "AWS_PAGER": "", **more})
        assert (ended.returncode != 0) == fails, ended.stdout + ended.stderr
        if fails:
            return ended.stderr
        return json.loads(ended.stdout) if ended.stdout.strip() else None

    return call


def test_an_endpoints_life(gyre, aws, tmp_path):
    gyre.put_model("cli-echo", models.echo())
    aws("sagemaker", "create-endpoint-config", "--endpoint-config-name", "cli-echo",
        "--production-variants",
        "VariantName=main,ModelName=cli-echo,InstanceType=ml.m5.large,InitialInstanceCount=1",
        "--tags", "Key=made-by,Value=cli")
    aws("sagemaker", "create-endpoint", "--endpoint-name", "cli", "--endpoint-config-name",
        "cli-echo")
    gyre.wait("cli")
    aws("sagemaker", "wait", "endpoint-in-service", "--endpoint-name", "cli")
    (tmp_path / "question").write_bytes(bytes(range(256)))
    answer = aws("sagemaker-runtime", "invoke-endpoint", "--endpoint-name", "cli", "--body",
                 "fileb://question", "--content-type", "application/x-bytes", "answer")
    assert answer == {"ContentType": "application/x-bytes", "InvokedProductionVariant": "main"}
    assert (tmp_path / "answer").read_bytes() == bytes(range(256))
    listed = aws("sagemaker", "list-endpoints", "--name-contains", "cli", "--page-size", "1")
    assert [endpoint["EndpointName"] for endpoint in listed["Endpoints"]] == ["cli"]
    group = "/aws/sagemaker/Endpoints/cli"
    streams = aws("logs", "describe-log-streams", "--log-group-name", group)["logStreams"]
    assert streams[0]["logStreamName"].startswith("main/")
    events = aws("logs", "get-log-events", "--log-group-name", group, "--log-stream-name",
                 streams[0]["logStreamName"], "--start-from-head")["events"]
    assert any(event["message"].startswith("gyre: ready") for event in events)
    aws("sagemaker", "delete-endpoint", "--endpoint-name", "cli")
    said = aws("sagemaker", "delete-endpoint", "--endpoint-name", "no-such", fails=True)
    assert "(ValidationException)" in said and "Could not find endpoint" in said


def test_a_user_may_do_what_its_policy_says(gyre, aws):
    assert aws("sts", "get-caller-identity") == {
        "UserId": "000000000000", "Account": "000000000000",
        "Arn": "arn:aws:iam::000000000000:root"}
    aws("iam", "create-user", "--user-name", "cli-reader")
    key = aws("iam", "create-access-key", "--user-name", "cli-reader")["AccessKey"]
    aws("iam", "put-user-policy", "--user-name", "cli-reader", "--policy-name", "read",
        "--policy-document", json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "sagemaker:List*", "Resource": "*"}]}))
    reader = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"],
              "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    assert "Models" in aws("sagemaker", "list-models", "--max-items", "1", **reader)
    said = aws("sagemaker", "delete-model", "--model-name", "cli-echo", fails=True, **reader)
    assert "(AccessDeniedException)" in said
    assert "arn:aws:iam::000000000000:user/cli-reader is not authorized" in said
    assert "sagemaker:DeleteModel" in said
    said = aws("sts", "get-caller-identity", fails=True,
               **{**reader, "AWS_SECRET_ACCESS_KEY": "guessed"})
    assert "SignatureDoesNotMatch" in said or "InvalidSignature" in said


def test_groups_and_managed_policies(aws):
    aws("iam", "create-group", "--group-name", "cli-team")
    aws("iam", "create-user", "--user-name", "cli-member")
    aws("iam", "add-user-to-group", "--group-name", "cli-team", "--user-name", "cli-member")
    aws("iam", "attach-group-policy", "--group-name", "cli-team", "--policy-arn",
        "arn:aws:iam::aws:policy/AmazonSageMakerReadOnly")
    key = aws("iam", "create-access-key", "--user-name", "cli-member")["AccessKey"]
    own = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"],
           "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    aws("sagemaker", "list-models", **own)
    said = aws("sagemaker", "delete-model", "--model-name", "x", fails=True, **own)
    assert "no identity-based policy allows the sagemaker:DeleteModel action" in said
    attached = aws("iam", "list-attached-group-policies", "--group-name", "cli-team")
    assert attached["AttachedPolicies"][0]["PolicyName"] == "AmazonSageMakerReadOnly"
    local = aws("iam", "list-policies", "--scope", "AWS", "--page-size", "10")["Policies"]
    assert "AdministratorAccess" in {policy["PolicyName"] for policy in local}


def test_metrics_and_logs(aws):
    aws("cloudwatch", "put-metric-data", "--namespace", "Cli/App", "--metric-name", "m",
        "--value", "4", "--dimensions", "Host=a")
    listed = aws("cloudwatch", "list-metrics", "--namespace", "Cli/App")["Metrics"]
    assert listed[0]["Dimensions"] == [{"Name": "Host", "Value": "a"}]
    points = aws("cloudwatch", "get-metric-statistics", "--namespace", "Cli/App",
                 "--metric-name", "m", "--dimensions", "Name=Host,Value=a", "--start-time",
                 "2020-01-01T00:00:00Z", "--end-time", "2100-01-01T00:00:00Z", "--period",
                 "31536000", "--statistics", "Maximum")["Datapoints"]
    assert [point["Maximum"] for point in points] == [4.0]
    aws("logs", "create-log-group", "--log-group-name", "cli/app")
    aws("logs", "put-retention-policy", "--log-group-name", "cli/app", "--retention-in-days", "7")
    groups = aws("logs", "describe-log-groups", "--log-group-name-prefix", "cli/")["logGroups"]
    assert groups[0]["retentionInDays"] == 7
