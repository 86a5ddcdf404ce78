"""IAM and STS through boto3: who may do what, and what is said of it."""

import json

import botocore.exceptions
import pytest

from support.processes import wait_until

ACCOUNT = "000000000000"


def document(*statements: dict) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="*", **more) -> dict:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def code_of(error) -> str:
    return error.value.response["Error"]["Code"]


@pytest.fixture
def iam(gyre):
    return gyre.client("iam")


@pytest.fixture
def key_of(iam):
    def make(user: str) -> dict[str, str]:
        iam.create_user(UserName=user)
        key = iam.create_access_key(UserName=user)["AccessKey"]
        return {"aws_access_key_id": key["AccessKeyId"],
                "aws_secret_access_key": key["SecretAccessKey"]}

    return make


def test_a_group_and_managed_policies(gyre, iam, key_of):
    s3 = gyre.client("s3")
    s3.create_bucket(Bucket="iam-shared")
    s3.put_object(Bucket="iam-shared", Key="a", Body=b"text")
    ann = gyre.client("s3", key_of("iam-ann"))
    with pytest.raises(botocore.exceptions.ClientError) as denied:
        ann.get_object(Bucket="iam-shared", Key="a")
    assert code_of(denied) == "AccessDenied"
    iam.create_group(GroupName="iam-readers")
    iam.attach_group_policy(GroupName="iam-readers",
                            PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    iam.add_user_to_group(GroupName="iam-readers", UserName="iam-ann")
    assert ann.get_object(Bucket="iam-shared", Key="a")["Body"].read() == b"text"
    with pytest.raises(botocore.exceptions.ClientError) as denied:
        ann.put_object(Bucket="iam-shared", Key="b", Body=b"")
    assert "no identity-based policy allows the s3:PutObject action" in str(denied.value)
    policy = iam.create_policy(PolicyName="iam-writer",
                               PolicyDocument=document(allow("s3:PutObject")))["Policy"]
    assert policy["Arn"] == f"arn:aws:iam::{ACCOUNT}:policy/iam-writer"
    iam.attach_user_policy(UserName="iam-ann", PolicyArn=policy["Arn"])
    ann.put_object(Bucket="iam-shared", Key="b", Body=b"")
    iam.create_policy_version(PolicyArn=policy["Arn"], SetAsDefault=True,
                              PolicyDocument=document(allow("s3:DeleteObject")))
    with pytest.raises(botocore.exceptions.ClientError):
        ann.put_object(Bucket="iam-shared", Key="b", Body=b"")
    ann.delete_object(Bucket="iam-shared", Key="b")
    # Documents come as objects, as boto3 makes them of the encoded text.
    version = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId="v1")["PolicyVersion"]
    assert version["Document"]["Statement"][0]["Action"] == "s3:PutObject"
    assert not version["IsDefaultVersion"]
    assert [g["GroupName"] for g in iam.list_groups_for_user(UserName="iam-ann")["Groups"]] == [
        "iam-readers"]
    with pytest.raises(iam.exceptions.DeleteConflictException):
        iam.delete_policy(PolicyArn=policy["Arn"])
    for page in iam.get_paginator("list_policies").paginate(PaginationConfig={"PageSize": 5}):
        assert len(page["Policies"]) <= 5


def test_a_boundary_and_a_deny(gyre, iam, key_of):
    keys = key_of("iam-bounded")
    sagemaker = gyre.client("sagemaker", keys)
    iam.attach_user_policy(UserName="iam-bounded",
                           PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    sagemaker.list_models()
    iam.put_user_permissions_boundary(
        UserName="iam-bounded", PermissionsBoundary="arn:aws:iam::aws:policy/AmazonS3FullAccess")
    with pytest.raises(botocore.exceptions.ClientError) as denied:
        sagemaker.list_models()
    assert "no permissions boundary allows" in str(denied.value)
    user = iam.get_user(UserName="iam-bounded")["User"]
    assert user["PermissionsBoundary"]["PermissionsBoundaryArn"].endswith("AmazonS3FullAccess")
    iam.delete_user_permissions_boundary(UserName="iam-bounded")
    iam.put_user_policy(UserName="iam-bounded", PolicyName="no", PolicyDocument=document(
        {"Sid": "NoModels", "Effect": "Deny", "Action": "sagemaker:List*", "Resource": "*"}))
    with pytest.raises(botocore.exceptions.ClientError) as denied:
        sagemaker.list_models()
    assert "explicit deny in an identity-based policy" in str(denied.value)
    answer = iam.simulate_principal_policy(
        PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:user/iam-bounded",
        ActionNames=["sagemaker:ListModels", "sagemaker:CreateModel"])
    first, second = answer["EvaluationResults"]
    assert first["EvalDecision"] == "explicitDeny"
    assert first["MatchedStatements"][0]["SourcePolicyId"] == "user_iam-bounded_no"
    assert first["MatchedStatements"][0]["StartPosition"]["Line"] == 1
    assert second["EvalDecision"] == "allowed"
    assert second["MatchedStatements"][0]["SourcePolicyType"] == "aws-managed"


def test_roles_sessions_and_tags(gyre, iam, key_of):
    keys = key_of("iam-worker")
    arn = f"arn:aws:iam::{ACCOUNT}:user/iam-worker"
    trust = document({"Effect": "Allow", "Principal": {"AWS": arn},
                      "Action": ["sts:AssumeRole", "sts:TagSession"],
                      "Condition": {"StringEquals": {"sts:ExternalId": "xyz"}}})
    role = iam.create_role(RoleName="iam-exec", AssumeRolePolicyDocument=trust,
                           Description="d", Tags=[{"Key": "a", "Value": "b"}])["Role"]
    assert iam.get_role(RoleName="iam-exec")["Role"]["AssumeRolePolicyDocument"] == json.loads(trust)
    iam.update_role(RoleName="iam-exec", Description="e", MaxSessionDuration=7200)
    assert iam.get_role(RoleName="iam-exec")["Role"]["Description"] == "e"
    assert iam.list_role_tags(RoleName="iam-exec")["Tags"] == [{"Key": "a", "Value": "b"}]
    iam.put_role_policy(RoleName="iam-exec", PolicyName="own", PolicyDocument=document(
        allow("s3:*", "arn:aws:s3:::iam-${aws:PrincipalTag/team}/*"),
        allow("s3:ListAllMyBuckets")))
    sts = gyre.client("sts", keys)
    with pytest.raises(botocore.exceptions.ClientError) as denied:
        sts.assume_role(RoleArn=role["Arn"], RoleSessionName="job")
    assert code_of(denied) == "AccessDenied"
    session = sts.assume_role(
        RoleArn=role["Arn"], RoleSessionName="job", ExternalId="xyz", DurationSeconds=900,
        Tags=[{"Key": "team", "Value": "vision"}],
        Policy=document(allow("s3:*", Condition={"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}})))
    given = session["Credentials"]
    job = {"aws_access_key_id": given["AccessKeyId"],
           "aws_secret_access_key": given["SecretAccessKey"],
           "aws_session_token": given["SessionToken"]}
    assert gyre.client("sts", job).get_caller_identity()["Arn"].endswith(
        "assumed-role/iam-exec/job")
    gyre.client("s3").create_bucket(Bucket="iam-vision")
    s3 = gyre.client("s3", job)
    s3.put_object(Bucket="iam-vision", Key="k", Body=b"1")
    s3.list_buckets()
    with pytest.raises(botocore.exceptions.ClientError):
        s3.put_object(Bucket="iam-shared", Key="k", Body=b"1")
    assert "LastUsedDate" in iam.get_role(RoleName="iam-exec")["Role"]["RoleLastUsed"]
    token = sts.get_session_token(DurationSeconds=900)["Credentials"]
    own = {"aws_access_key_id": token["AccessKeyId"],
           "aws_secret_access_key": token["SecretAccessKey"],
           "aws_session_token": token["SessionToken"]}
    assert gyre.client("sts", own).get_caller_identity()["Arn"] == arn
    for call in (lambda: sts.get_federation_token(Name="xyz"),
                 lambda: gyre.client("iam").create_saml_provider(
                     SAMLMetadataDocument="x" * 1000, Name="x")):
        with pytest.raises(botocore.exceptions.ClientError) as missing:
            call()
        assert missing.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_a_wrong_signature_says_what_was_signed(gyre):
    keys = {**gyre.keys(), "aws_secret_access_key": "wrong"}
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        gyre.client("s3", keys).get_object(Bucket="iam-none", Key="key")
    error = refused.value.response["Error"]
    assert error["Code"] == "SignatureDoesNotMatch"
    assert error["StringToSign"].startswith("AWS4-HMAC-SHA256\n")
    assert error["CanonicalRequest"].startswith("GET\n/iam-none/key\n")


def test_the_audit_names_the_statement(gyre, iam, key_of):
    keys = key_of("iam-audited")
    iam.put_user_policy(UserName="iam-audited", PolicyName="p", PolicyDocument=document(
        {"Sid": "Lists", **allow("sagemaker:List*")}))
    answer = gyre.client("sagemaker", keys).list_models()
    request = answer["ResponseMetadata"]["RequestId"]
    found = wait_until(lambda: [line for line in gyre.audit() if line.get("request") == request], 60)
    assert found[0]["statement"] == "Lists" and found[0]["policy"] == "p"
    assert found[0]["outcome"] == "allowed"
    assert keys["aws_secret_access_key"] not in (gyre.data / "audit.log").read_text()


def test_custom_simulations(iam):
    answer = iam.simulate_custom_policy(
        PolicyInputList=[document(allow("s3:GetObject", "arn:aws:s3:::b/${aws:username}/*"))],
        ActionNames=["s3:GetObject"], ResourceArns=["arn:aws:s3:::b/ann/x"],
        ContextEntries=[{"ContextKeyName": "aws:username", "ContextKeyType": "string",
                         "ContextKeyValues": ["ann"]}])
    assert answer["EvaluationResults"][0]["EvalDecision"] == "allowed"
    keys = iam.get_context_keys_for_custom_policy(
        PolicyInputList=[document(allow("s3:*", "arn:aws:s3:::${aws:username}"))])
    assert keys["ContextKeyNames"] == ["aws:username"]
    summary = iam.get_account_summary()["SummaryMap"]
    assert summary["Users"] >= 0 and summary["VersionsPerPolicyQuota"] == 5
