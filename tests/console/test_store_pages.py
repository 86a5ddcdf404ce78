"""Buckets: upload, preview, download, delete."""

import os

from playwright.sync_api import expect

from support.console_site import picture


def test_objects_are_listed_by_folder(root):
    page = root.open("buckets").page
    page.get_by_role("row", name="pictures").get_by_role("link").click()
    expect(page.get_by_role("row", name="sky.png")).to_be_visible()
    page.get_by_role("row", name="labels/").get_by_role("link").first.click()
    expect(page.get_by_role("row", name="1.json")).to_be_visible()
    expect(page.get_by_role("row", name="sky.png")).to_have_count(0)
    page.get_by_label("Breadcrumb").get_by_role("link", name="pictures").click()
    expect(page.get_by_role("row", name="sky.png")).to_be_visible()


def test_pictures_text_and_json_are_shown(root):
    page = root.open("object/pictures/sky.png").page
    shown = page.get_by_role("img", name="sky.png")
    expect(shown).to_be_visible()
    assert shown.evaluate("image => image.decode().then(() => image.naturalWidth)") == 64
    root.open("object/pictures/notes.txt")
    expect(page.get_by_label("Content")).to_contain_text("and another")
    root.open("object/pictures/labels%2F1.json")
    expect(page.get_by_label("Content")).to_have_text('{\n  "label": "sky",\n  "score": 0.9\n}')
    root.open("object/pictures/nothing")
    expect(page.get_by_role("alert")).to_contain_text("Could not load this object")


def test_a_page_in_a_bucket_is_shown_as_text(root):
    page = root.open("object/pictures/evil.html").page
    expect(page.get_by_label("Content")).to_contain_text("<script>")
    assert page.title() != "run"


def test_files_are_dropped_listed_downloaded_and_deleted(root, tmp_path):
    site = root.site
    site.client("s3").create_bucket(Bucket="dropped")
    page = root.open("buckets/dropped").page
    expect(page.get_by_role("heading", name="The bucket is empty")).to_be_visible()
    transfer = page.evaluate_handle(
        """(bytes) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], 'ein Bild & mehr+.png', {type: 'image/png'}));
            transfer.items.add(new File(['hello'], 'hello.txt', {type: 'text/plain'}));
            return transfer;
        }""", list(picture()))
    page.dispatch_event(".page", "drop", {"dataTransfer": transfer})
    expect(page.get_by_role("row", name="hello.txt")).to_be_visible()
    expect(page.get_by_role("row", name="ein Bild & mehr+.png")).to_be_visible()
    stored = site.client("s3").get_object(Bucket="dropped", Key="ein Bild & mehr+.png")
    assert stored["Body"].read() == picture() and stored["ContentType"] == "image/png"
    with page.expect_download() as download:
        page.get_by_label("Download hello.txt").click()
    assert download.value.suggested_filename == "hello.txt"
    download.value.save_as(tmp_path / "hello.txt")
    assert (tmp_path / "hello.txt").read_text() == "hello"
    page.get_by_label("Select all").check()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="The bucket is empty")).to_be_visible()
    assert "Contents" not in site.client("s3").list_objects_v2(Bucket="dropped")


def test_a_large_file_goes_up_in_parts(root, tmp_path):
    site = root.site
    site.client("s3").create_bucket(Bucket="large")
    data = os.urandom(1 << 20) * 40 + b"end"
    (tmp_path / "large.bin").write_bytes(data)
    page = root.open("buckets/large").page
    page.get_by_label("Files to upload").set_input_files(tmp_path / "large.bin")
    expect(page.get_by_role("row", name="large.bin")).to_contain_text("40.0 MiB")
    stored = site.client("s3").get_object(Bucket="large", Key="large.bin")
    assert stored["ETag"].endswith('-3"')
    assert stored["Body"].read() == data


def test_a_bucket_is_made_and_deleted(root):
    page = root.open("buckets").page
    page.get_by_role("button", name="Create", exact=True).click()
    page.get_by_role("dialog").get_by_label("Name").fill("Not A Name")
    page.get_by_role("dialog").get_by_role("button", name="Create").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("bucket is not valid")
    page.get_by_role("dialog").get_by_label("Name").fill("made-here")
    page.get_by_role("dialog").get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="made-here")).to_be_visible()
    root.open("buckets")
    page.get_by_label("Delete made-here").click()
    page.get_by_role("button", name="Delete the bucket").click()
    expect(page.get_by_role("row", name="made-here")).to_have_count(0)


def test_versions_are_listed_previewed_and_removed(root):
    s3 = root.site.client("s3")
    s3.create_bucket(Bucket="kept")
    page = root.open("buckets/kept").page
    page.get_by_label("Versions").check()
    page.get_by_role("button", name="Keep them from now on").click()
    expect(page.get_by_text("This bucket keeps no versions")).to_have_count(0)
    assert s3.get_bucket_versioning(Bucket="kept")["Status"] == "Enabled"
    first = s3.put_object(Bucket="kept", Key="note.txt", Body=b"the first", ContentType="text/plain")["VersionId"]
    s3.put_object(Bucket="kept", Key="note.txt", Body=b"the second", ContentType="text/plain")
    s3.delete_object(Bucket="kept", Key="note.txt")
    page.get_by_label("Refresh").click()
    rows = page.get_by_role("row", name="note.txt")
    expect(rows).to_have_count(3)
    expect(rows.filter(has_text="deleted")).to_have_count(1)
    rows.filter(has_text=first).get_by_role("link").first.click()
    expect(page.get_by_label("Content")).to_contain_text("the first")
    versions = page.locator("section", has=page.get_by_role("heading", name="Versions"))
    expect(versions.locator("tr")).to_have_count(4)
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="kept")).to_be_visible()
    left = s3.list_object_versions(Bucket="kept")
    assert len(left["Versions"]) == 1 and left["Versions"][0]["VersionId"] != first
    assert len(left["DeleteMarkers"]) == 1
