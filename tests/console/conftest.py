"""A platform with something of everything, and a browser before it."""

import json

import pytest
from playwright.sync_api import sync_playwright

from support import models
from support.browser import CHROMIUM, Console
from support.console_site import ANN, CLASSIFIER, picture
from support.platform import Platform

@pytest.fixture(scope="session")
def site(tmp_path_factory):
    platform = Platform(tmp_path_factory.mktemp("console")).start()
    platform.deploy("colours", models.inference(CLASSIFIER))
    s3 = platform.client("s3")
    s3.create_bucket(Bucket="pictures")
    s3.put_object(Bucket="pictures", Key="sky.png", Body=picture(), ContentType="image/png")
    s3.put_object(Bucket="pictures", Key="notes.txt", Body=b"a line\nand another\n", ContentType="text/plain")
    s3.put_object(Bucket="pictures", Key="labels/1.json", Body=b'{"label":"sky","score":0.9}',
                  ContentType="application/json")
    s3.put_object(Bucket="pictures", Key="evil.html", Body=b"<script>document.title='run'</script>",
                  ContentType="text/html")
    iam = platform.client("iam")
    iam.create_user(UserName="ann")
    iam.put_user_policy(UserName="ann", PolicyName="pictures", PolicyDocument=json.dumps(ANN))
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    platform.ann = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    yield platform
    assert platform.stop() == 0, platform.log()[-4000:]


@pytest.fixture(scope="module")
def browser():
    """Ends with its module: while Playwright runs, no other client can run an event loop in this thread."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM["path"], args=CHROMIUM["arguments"])
        yield browser
        browser.close()


@pytest.fixture
def console(site, browser):
    """A browser of its own at the console, not signed in. What its pages complain of fails the test."""
    console = Console(site, browser)
    yield console
    console.close()


@pytest.fixture
def root(console):
    """The same, signed in as root."""
    return console.sign_in(console.site.keys())
