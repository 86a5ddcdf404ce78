"""Users, roles, keys, policies, and the simulator that shows the deciding statement."""

import json

from playwright.sync_api import expect


def test_a_user_is_made_given_a_key_and_a_policy(root):
    site, page = root.site, root.open("users").page
    expect(page.get_by_role("row", name="ann")).to_be_visible()
    page.get_by_role("button", name="Create", exact=True).click()
    page.get_by_role("dialog").get_by_label("Name").fill("cat")
    page.get_by_role("dialog").get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="cat", exact=True)).to_be_visible()
    page.get_by_role("button", name="New key").click()
    shown = page.get_by_role("dialog", name="A new access key").locator("dd")
    keys = {"aws_access_key_id": shown.nth(0).inner_text().strip(), "aws_secret_access_key": shown.nth(1).inner_text().strip()}
    assert site.client("sts", keys).get_caller_identity()["Arn"].endswith(":user/cat")
    page.get_by_role("button", name="I have kept it").click()
    page.get_by_role("region", name="Policies").get_by_role("button", name="Add").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("all-of-s3")
    dialog.get_by_label("Document").fill("not json")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_be_visible()
    dialog.get_by_label("Document").fill(json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}))
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("region", name="Policies")).to_contain_text("all-of-s3")
    assert site.client("s3", keys).list_buckets()["Buckets"]
    page.get_by_role("button", name="Switch off").click()
    expect(page.get_by_role("region", name="Access keys")).to_contain_text("Inactive")


def test_a_role_shows_who_may_assume_it(root):
    page = root.open("roles").page
    page.get_by_role("button", name="Create", exact=True).click()
    page.get_by_role("dialog").get_by_label("Name").fill("trainer")
    page.get_by_role("dialog").get_by_role("button", name="Create").click()
    expect(page.get_by_role("region", name="Who may assume it")).to_contain_text("sagemaker.amazonaws.com")


def test_the_simulator_shows_the_deciding_statement(root):
    page = root.open("users/ann").page
    page.get_by_role("link", name="Simulate").click()
    expect(page.get_by_label("User, group or role")).to_have_value("arn:aws:iam::000000000000:user/ann")
    page.get_by_label("Actions").fill("s3:GetObject\nsagemaker:DeleteModel")
    page.get_by_label("Resources").fill("arn:aws:s3:::pictures/secret/plan")
    page.get_by_role("button", name="Simulate").click()
    denied = page.locator(".verdict", has_text="s3:GetObject")
    expect(denied).to_contain_text("Denied")
    expect(denied.locator("mark")).to_contain_text("NoSecrets")
    assert "ReadPictures" not in denied.locator("mark").inner_text()
    other = page.locator(".verdict", has_text="sagemaker:DeleteModel")
    expect(other).to_contain_text("Not allowed")
    expect(other).to_contain_text("what nobody allows is denied")


def test_a_group_gives_its_members_a_managed_policy(root):
    site, page = root.site, root.open("groups").page
    iam = site.client("iam")
    iam.create_user(UserName="dan")
    page.get_by_role("button", name="Create", exact=True).click()
    page.get_by_role("dialog").get_by_label("Name").fill("annotators")
    page.get_by_role("dialog").get_by_role("button", name="Create").click()
    page.get_by_role("button", name="Attach").click()
    page.get_by_role("dialog").get_by_label("ARN").fill("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    page.get_by_role("dialog").get_by_role("button", name="Attach").click()
    expect(page.get_by_role("region", name="Policies")).to_contain_text("AmazonS3ReadOnlyAccess")
    page.get_by_label("Add a user").fill("dan")
    page.get_by_role("region", name="Members").get_by_role("button", name="Add").click()
    expect(page.get_by_role("region", name="Members").get_by_role("link", name="dan")).to_be_visible()
    root.open("simulator?principal=arn:aws:iam::000000000000:user/dan")
    page.get_by_label("Actions").fill("s3:GetObject")
    page.get_by_role("button", name="Simulate").click()
    verdict = page.locator(".verdict")
    expect(verdict).to_contain_text("Allowed")
    expect(verdict).to_contain_text("policy AmazonS3ReadOnlyAccess of annotators")
    expect(verdict.locator("mark")).to_contain_text("s3:Get*")
