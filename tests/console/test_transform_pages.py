"""Transform jobs in the console: the list, a job at work with its progress, its stop, and its failure."""

import pytest
from playwright.sync_api import expect

from support import models, transform

SLOW = models.inference(
    "import time\n"
    "def model_fn(model_dir):\n    return None\n"
    "def transform_fn(model, body, content_type, accept):\n"
    "    time.sleep(0.2)\n"
    "    if 'bad' in str(body):\n        raise ValueError('no bad records here')\n"
    "    return str(body), 'text/plain'\n")


@pytest.fixture(scope="module")
def jobs(site):
    site.put_model("slow", SLOW)
    transform.put(site, "work", {"in/many": b"\n".join(b"record %d" % i for i in range(2000)),
                                 "bad/one": b"bad", "good/one": b"fine"})
    members = {"ContentType": "text/plain", "SplitType": "Line", "BatchStrategy": "SingleRecord",
               "MaxConcurrentTransforms": 1}
    transform.create(site, "at-work", "slow", "s3://work/in/", **members)
    transform.run(site, "went-wrong", "slow", "s3://work/bad/", "Failed",
                  **{**members, "S3OutputPath": "s3://work/bad-out",
                     "ModelClientConfig": {"InvocationsMaxRetries": 0}})
    transform.run(site, "went-well", "slow", "s3://work/good/", **members)
    return site


def test_jobs_are_listed_and_lead_to_their_pages(jobs, root):
    page = root.open("transforms").page
    expect(page.get_by_role("row", name="went-well")).to_contain_text("Completed")
    failed = page.get_by_role("row", name="went-wrong")
    expect(failed).to_contain_text("Failed")
    failed.get_by_role("link").click()
    expect(page.get_by_role("heading", name="went-wrong")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("no bad records here")
    expect(page.get_by_role("region", name="Progress")).to_contain_text("1 object")
    expect(page.get_by_role("region", name="Request")).to_contain_text("s3://work/bad/")


def test_a_job_at_work_shows_how_far_it_is_and_is_stopped(jobs, root):
    page = root.open("transforms/at-work").page
    progress = page.get_by_role("region", name="Progress")
    expect(progress).to_contain_text("records/s")
    expect(progress).to_contain_text("Time left")
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Stop the job").click()
    expect(page.locator(".badge", has_text="Stopped")).to_be_visible()
    expect(progress).not_to_contain_text("Time left")
