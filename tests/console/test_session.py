"""Signing in and out, and what keeps other sites and other people's pages out of a session."""

import json
import urllib.error
import urllib.request

from playwright.sync_api import expect

from support.processes import wait_until


def ask(site, path: str, method: str = "GET", headers: dict | None = None, body: bytes | None = None):
    request = urllib.request.Request(site.url + path, method=method, headers=headers or {}, data=body)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, dict(answer.headers.items()), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers.items()), error.read()


def session(site) -> tuple[str, str]:
    """A cookie and its token."""
    keys = site.keys()
    status, headers, body = ask(
        site, "/-/session", "POST", {"Content-Type": "application/json", "X-Gyre-Token": "sign-in"},
        json.dumps({"accessKeyId": keys["aws_access_key_id"],
                    "secretAccessKey": keys["aws_secret_access_key"]}).encode())
    assert status == 200, body
    return headers["Set-Cookie"].split(";")[0], json.loads(body)["token"]


def test_a_wrong_key_is_refused_and_the_right_one_lets_in(console):
    page = console.open().page
    keys = console.site.keys()
    page.get_by_label("Access key ID").fill(keys["aws_access_key_id"])
    page.get_by_label("Secret access key").fill("not the secret")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("access key or its secret is wrong")
    page.get_by_label("Secret access key").fill(keys["aws_secret_access_key"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Endpoints", exact=True)).to_be_visible()
    # Neither the secret nor the session is where a script could read it.
    kept = page.evaluate("document.cookie + JSON.stringify({...localStorage, ...sessionStorage})")
    assert keys["aws_secret_access_key"] not in kept and "gyre=" not in kept
    [cookie] = console.context.cookies()
    assert cookie["httpOnly"] and cookie["sameSite"] == "Strict"
    page.reload()
    expect(page.get_by_role("heading", name="Endpoints", exact=True)).to_be_visible()


def test_signing_out_ends_the_session(root):
    page = root.page
    cookie = root.context.cookies()[0]
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Access key ID")).to_be_visible()
    status, _, _ = ask(root.site, "/-/session", headers={"Cookie": f"gyre={cookie['value']}"})
    assert status == 401


def test_a_session_that_has_ended_leads_back_to_the_sign_in(root):
    root.context.clear_cookies()
    root.page.get_by_role("link", name="Models").click()
    expect(root.page.get_by_label("Access key ID")).to_be_visible()
    expect(root.page.get_by_role("status").first).to_contain_text("session has ended")


def test_the_page_has_a_strict_policy(site):
    status, headers, body = ask(site, "/", headers={"Accept": "text/html"})
    assert status == 200 and b"<script>" not in body and b"<style" not in body
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["form-action"] == policy["base-uri"] == "'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_forged_request_is_refused(site):
    cookie, token = session(site)
    call = {"Cookie": cookie, "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "SageMaker.ListModels"}
    assert ask(site, "/-/api/sagemaker/", "POST", call, b"{}")[0] == 403
    assert ask(site, "/-/api/sagemaker/", "POST", {**call, "X-Gyre-Token": "0" * 64}, b"{}")[0] == 403
    other_site = {**call, "X-Gyre-Token": token, "Sec-Fetch-Site": "cross-site"}
    assert ask(site, "/-/api/sagemaker/", "POST", other_site, b"{}")[0] == 403
    assert ask(site, "/-/session", "DELETE", {"Cookie": cookie})[0] == 403
    assert ask(site, "/-/api/sagemaker/", "POST", {**call, "X-Gyre-Token": token}, b"{}")[0] == 200
    assert ask(site, "/-/api/s3/")[0] == 401


def test_signed_clients_still_list_buckets_at_the_same_path(site):
    assert "pictures" in [b["Name"] for b in site.client("s3").list_buckets()["Buckets"]]
    status, headers, _ = ask(site, "/")
    assert status == 403 and "xml" in headers["Content-Type"]


def test_an_uploaded_page_cannot_act_as_who_is_signed_in(root):
    """Buckets and console share an origin; a page in a bucket is shown in one of its own."""
    url = root.site.client("s3").generate_presigned_url("get_object", {"Bucket": "pictures", "Key": "evil.html"})
    page = root.context.new_page()
    answer = page.goto(url)
    assert answer.ok and answer.headers["content-security-policy"] == "sandbox"
    assert page.title() != "run"
    answer = root.context.request.get("/-/api/s3/pictures/evil.html")
    assert "sandbox" in answer.headers["content-security-policy"]


def test_policies_of_the_user_hold_and_the_audit_names_it(console):
    console.sign_in(console.site.ann, "models")
    page = console.page
    expect(page.get_by_role("alert")).to_contain_text("You may not see the models")
    expect(page.get_by_role("alert")).to_contain_text("user/ann is not authorized to perform: sagemaker:ListModels")
    console.open("buckets")
    expect(page.get_by_role("row", name="pictures")).to_be_visible()

    def audited() -> bool:
        ours = [(line["action"], line["outcome"]) for line in console.site.audit()
                if line.get("caller", "").endswith(":user/ann")]
        return ("sagemaker:ListModels", "implicitDeny") in ours and "gyre:SignIn" in dict(ours)

    wait_until(audited, 60)


def test_a_key_that_is_switched_off_ends_its_session(console):
    iam = console.site.client("iam")
    iam.create_user(UserName="ben")
    key = iam.create_access_key(UserName="ben")["AccessKey"]
    console.sign_in({"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]})
    iam.update_access_key(UserName="ben", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    console.page.get_by_role("link", name="Buckets").click()
    expect(console.page.get_by_label("Access key ID")).to_be_visible()
