"""Endpoints, their live figures, asking a model, models, logs and audit."""

import json
import re
import threading

from playwright.sync_api import expect

from support.console_site import picture


class Asking:
    """Requests all the while, so that there is something to see."""

    def __init__(self, site):
        self._stop = threading.Event()
        self._client = site.client("sagemaker-runtime")
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self._stop.wait(0.02):
            self._client.invoke_endpoint(EndpointName="colours", Body=b"[1, 2, 3]", ContentType="application/json")

    def __enter__(self):
        self._thread.start()

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join(30)


def tile(page, label: str):
    return page.locator(".tile", has_text=label).locator("b")


def test_endpoints_are_listed_and_lead_to_their_pages(root):
    page = root.page
    row = page.get_by_role("row", name="colours")
    expect(row).to_contain_text("In service")
    row.get_by_role("link").click()
    expect(page.get_by_role("heading", name="colours")).to_be_visible()
    expect(page.get_by_role("region", name="Variants")).to_contain_text("main")
    expect(page.get_by_role("region", name="Facts")).to_contain_text("endpoint/colours")


def test_an_endpoint_shows_its_live_figures(root):
    page = root.open("endpoints/colours").page
    with Asking(root.site):
        expect(tile(page, "Requests/s")).to_have_text(re.compile(r"^[1-9]"))
        expect(tile(page, "Latency p50")).to_have_text(re.compile(r"^[0-9.]+ (µs|ms)$"))
        expect(tile(page, "Latency p99")).to_have_text(re.compile(r"^[0-9.]+ (µs|ms)$"))
        expect(tile(page, "Requests a batch")).to_have_text(re.compile(r"^[1-9]"))
        reasons = page.get_by_role("figure", name="Why batches left")
        expect(reasons.locator(".legend-item", has_text="idle").locator("b")).to_have_text(re.compile(r"^[0-9.]*[1-9]"))
    expect(page.locator("canvas")).to_have_count(4)


def test_an_endpoint_shows_what_cloudwatch_kept(root):
    page = root.open("endpoints/colours").page
    with Asking(root.site):
        page.get_by_label("Time").select_option(label="Last hour")
        figure = page.get_by_role("figure", name="Requests a second")
        expect(figure).to_be_visible()
        # Up to ten seconds until the endpoint's values are written, 22 until their ten seconds are
        # over and the page asks for them, ten more until it asks.
        expect(figure.get_by_text("No requests in this time.")).to_have_count(0, timeout=90_000)
    latency = page.get_by_role("figure", name="Model latency")
    expect(latency.get_by_text("No requests in this time.")).to_have_count(0)


def test_a_dropped_picture_is_answered_with_its_best_classes(root):
    page = root.open("endpoints/colours").page
    transfer = page.evaluate_handle(
        """(bytes) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], 'sea.png', {type: 'image/png'}));
            return transfer;
        }""", list(picture(colour=(10, 40, 200))))
    page.dispatch_event(".drop", "drop", {"dataTransfer": transfer})
    scores = page.get_by_role("list", name="Best classes").get_by_role("listitem")
    expect(scores).to_have_count(3)
    expect(scores.first).to_contain_text("blue")
    expect(scores.first).to_contain_text("80%")
    trace = page.locator(".trace")
    for label in ("Took", "In the queue", "In the model"):
        expect(trace.locator("div", has_text=label).locator("dd")).to_have_text(re.compile(r"[0-9.]+ (µs|ms|s)"))
    expect(trace.locator("div", has_text="Batch of").locator("dd")).to_have_text("1")


def test_pasted_json_is_answered_and_an_error_is_told(root):
    page = root.open("endpoints/colours").page
    body = page.get_by_label("Or a body of your own")
    body.fill('{"not": "scores"}')
    body.press("Control+Enter")
    expect(page.locator(".answer pre")).to_contain_text('"not": "scores"')
    page.get_by_label("Content type").fill("image/png")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("ModelError")


def test_an_endpoint_is_deleted_after_a_question(root):
    root.site.put_model("passing", b"not an archive")
    root.site.put_config("passing", {"model": "passing"})
    root.site.client("sagemaker").create_endpoint(EndpointName="passing", EndpointConfigName="passing")
    page = root.open("endpoints/passing").page
    expect(page.get_by_role("alert")).to_contain_text("The endpoint has failed")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete the endpoint").click()
    expect(page.get_by_role("status").first).to_contain_text("is being deleted")
    expect(page.get_by_role("row", name="passing")).to_have_count(0)


def test_models_show_their_container(root):
    page = root.open("models").page
    page.get_by_role("row", name="colours").get_by_role("link").click()
    expect(page.get_by_role("link", name="s3://models/colours/model.tar.gz")).to_be_visible()
    expect(page.get_by_role("region", name="Container")).to_contain_text("pytorch-inference")


def test_a_model_shows_who_serves_it_and_its_versions(root):
    s3 = root.site.client("s3")
    s3.put_bucket_versioning(Bucket="models", VersioningConfiguration={"Status": "Enabled"})
    first = s3.get_object(Bucket="models", Key="colours/model.tar.gz")["Body"].read()
    newer = s3.put_object(Bucket="models", Key="colours/model.tar.gz", Body=first)["VersionId"]
    page = root.open("models/colours").page
    row = page.get_by_role("region", name="Served by").get_by_role("row", name="colours")
    expect(row).to_contain_text("main")
    versions = page.get_by_role("region", name="Versions of the model data")
    expect(versions.get_by_role("row")).to_have_count(3)
    expect(versions).to_contain_text("latest")
    expect(versions.get_by_role("link", name=newer)).to_be_visible()
    row.get_by_role("link", name="colours").click()
    expect(page.get_by_role("heading", name="colours")).to_be_visible()


def test_what_is_not_there_says_so(root):
    page = root.open("endpoints/nothing").page
    expect(page.get_by_role("alert")).to_contain_text("Could not find endpoint")
    root.open("nowhere")
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()


def test_logs_are_searched_and_followed(root):
    page = root.open("logs").page
    page.get_by_role("row", name="Endpoints/colours").get_by_role("link").click()
    lines = page.get_by_role("listbox")
    expect(lines).to_contain_text("the classifier is loaded")
    runtime = root.site.client("sagemaker-runtime")
    data = picture(size=(31, 17))
    runtime.invoke_endpoint(EndpointName="colours", Body=data, ContentType="image/png")
    expect(lines).to_contain_text(f"a picture of {len(data)} bytes")
    page.get_by_label("Search").fill("classifier loaded")
    expect(lines.get_by_role("option")).to_have_count(1)
    page.get_by_label("Search").fill("no such word")
    expect(page.get_by_role("heading", name="No line matches")).to_be_visible()


def test_the_audit_names_the_statement_that_decided(root):
    site = root.site
    ann = site.client("s3", site.ann)
    ann.get_object(Bucket="pictures", Key="sky.png")
    try:
        ann.get_object(Bucket="pictures", Key="secret/plan")
        raise AssertionError("the policy denies it")
    except ann.exceptions.ClientError:
        pass
    page = root.open("audit").page
    line = page.get_by_role("option").filter(has_text="secret/plan")
    expect(line).to_contain_text("Denied")
    expect(line).to_contain_text("NoSecrets")
    page.get_by_label("Outcome").select_option(label="Denied")
    expect(page.get_by_role("option").filter(has_text="sky.png")).to_have_count(0)
    line.first.click()
    detail = page.get_by_role("region", name="The whole line")
    assert json.loads(detail.locator("pre").inner_text())["statement"] == "NoSecrets"
