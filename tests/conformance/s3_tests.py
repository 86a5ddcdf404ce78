"""Ceph's s3-tests against a server of its own: `python -m conformance.s3_tests FOLDER [WORD…]`.

FOLDER is a copy of ceph/s3-tests; with words, only cases whose name has one. Prints a line for each case that fails,
and how many are left out for which reason: a case that is about what is not served says nothing about what is."""

import collections
import json
import os
import pathlib
import re
import sys
import tempfile
import types

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from conformance import tally  # noqa: E402
from support.platform import Platform  # noqa: E402

FILES = ("test_s3.py", "test_headers.py", "test_iam.py", "test_sts.py")
ACCOUNT = "000000000000"

# What cases are left out by: a marker of the suite's, or a pattern of their names. The first that fits counts.
LEFT_OUT = [
    ("the suite's own: what boto3 cannot say any more (fails_on_rgw)", ["fails_on_rgw"], r""),
    ("object lock", ["object_lock"], r"_object_lock_"),
    ("lifecycle and storage classes", ["lifecycle", "lifecycle_expiration", "lifecycle_transition", "cloud_transition",
                                       "cloud_restore", "storage_class"], r""),
    ("encryption at rest", ["encryption", "bucket_encryption", "sse_s3"], r""),
    ("logging", ["bucket_logging", "bucket_logging_cleanup"], r""),
    ("signatures of version 2 in headers", ["auth_aws2"], r""),
    ("web identity and OpenID Connect", ["webidentity_test"], r"oidc"),
    ("two accounts, each with buckets or objects of its own",
     ["iam_cross_account"],
     r"nonowner|canned_bucketowner|multipart_upload_owner|bucket_owner_preferred|object_writer|upload_part_copy$|put_obj_copy_source"
     r"|deny_(bucket|object|multipart|tagging)_actions_in_user_policy|get_session_token"),
    ("grants of access control lists that are no canned ones",
     [],
     r"bucket_acl_grant_(userid|email|nonexist)|header_acl_grants|object_acl_(full_control|write|writeacp|read|readacp)"
     r"(_|$)|acl_revoke_all|put_obj_grant|copy_not_owned_object_bucket"),
    ("RGW's own: tenants in names, ARNs without an account, usage, listings out of order",
     [],
     r"different_tenant|tenanted_bucket|test_assume_role_|verify_allow_iam_actions|_usage$|head_extended|unordered"),
    ("torrents", [], r"torrent"),
]

CONFIG = """
[DEFAULT]
host = {host}
port = {port}
is_secure = False
ssl_verify = False

[fixtures]
bucket prefix = s3-tests-{{random}}-
"""
# A section, whose keys it is given, and the names that the suite expects in answers.
USERS = {"s3 main": "main", "s3 alt": "alt", "s3 tenant": "tenant", "iam": "tenant", "iam root": "root",
         "iam alt root": "alt"}
# One account owns everything, so "another account" is a user who may nothing but make buckets.
POLICIES = {"main": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
            "alt": {"Effect": "Allow", "Action": ["s3:CreateBucket", "s3:ListAllMyBuckets"], "Resource": "*"},
            "tenant": {"Effect": "Allow", "Action": ["s3:*", "iam:*", "sts:*"], "Resource": "*"}}


def users(platform):
    """Access key and secret, by name."""
    root = platform.keys()
    made = {"root": (root["aws_access_key_id"], root["aws_secret_access_key"])}
    iam = platform.client("iam")
    for name, statement in POLICIES.items():
        iam.create_user(UserName=name)
        iam.create_group(GroupName=name)  # a user's own policies are what cases count
        iam.put_group_policy(GroupName=name, PolicyName="may", PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [statement]}))
        iam.add_user_to_group(GroupName=name, UserName=name)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        made[name] = (key["AccessKeyId"], key["SecretAccessKey"])
    return made


def configuration(platform):
    host, port = platform.url.removeprefix("http://").rsplit(":", 1)
    text = CONFIG.format(host=host, port=port)
    keys = users(platform)
    for section, name in USERS.items():
        access, secret = keys[name]
        text += (f"\n[{section}]\naccess_key = {access}\nsecret_key = {secret}\ndisplay_name = {ACCOUNT}\n"
                 f"user_id = {name if name == 'alt' else ACCOUNT}\nemail = {name}@example.com\ntenant = {name}\n")
    return text


class Suite:
    """A plugin of pytest's that leaves cases out and counts the others."""

    def __init__(self, words):
        self.words = words
        self.left_out = collections.Counter()
        self.passed, self.failed = collections.Counter(), collections.Counter()
        self.wrong = {}

    def reason(self, item):
        markers = {marker.name for marker in item.iter_markers()}
        for reason, names, pattern in LEFT_OUT:
            if markers.intersection(names) or pattern and re.search(pattern, item.name):
                return reason
        return None

    def pytest_collection_modifyitems(self, items):
        chosen = []
        for item in items:
            if self.words and not any(word in item.name for word in self.words):
                continue
            reason = self.reason(item)
            if reason is None:
                chosen.append(item)
            else:
                self.left_out[reason] += 1
        items[:] = chosen

    def pytest_runtest_logreport(self, report):
        if report.failed:  # in any of its phases
            crash = getattr(report.longrepr, "reprcrash", None)
            self.wrong.setdefault(report.nodeid, crash.message if crash else report.longreprtext)
        if report.skipped:
            self.left_out["the suite's own: skipped"] += 1
            self.wrong[report.nodeid] = None
        if report.when != "teardown":
            return
        wrong = self.wrong.get(report.nodeid, "")
        if wrong is None:
            return
        place, _, name = report.nodeid.partition("::")
        place = place.rpartition("/")[2]
        if report.nodeid in self.wrong:
            self.failed[place] += 1
            print(f"FAIL {place}: {name}: {' '.join(wrong.split())[:300]}", flush=True)
        else:
            self.passed[place] += 1


def run(folder, words):
    # Of munch the suite uses the name of a class alone.
    sys.modules.setdefault("munch", types.SimpleNamespace(Munch=type("Munch", (), {})))
    sys.path.insert(0, str(folder))
    suite = Suite(words)
    files = [str(folder / "s3tests" / "functional" / name) for name in FILES]
    pytest.main([f"--rootdir={folder}", f"--confcutdir={folder}", "-c", str(folder / "pytest.ini"),
                 "-p", "no:cacheprovider", "-p", "no:terminal", *files], plugins=[suite])
    return suite


def main(folder, *words):
    with tempfile.TemporaryDirectory() as scratch:
        platform = Platform(pathlib.Path(scratch)).start()
        try:
            path = pathlib.Path(scratch) / "s3tests.conf"
            path.write_text(configuration(platform))
            os.environ["S3TEST_CONF"] = str(path)
            suite = run(pathlib.Path(folder).resolve(), words)
        finally:
            platform.stop()
    for reason, number in suite.left_out.most_common():
        print(f"left out: {number}: {reason}")
    return tally.tell(suite.passed, suite.failed)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
