"""The console: until something can be read in a browser that has seen nothing of it yet, what comes over
the wire for that, and how a list of 10,000 rows takes being used."""

import concurrent.futures
import gzip
import re
import time
import urllib.request

from playwright.sync_api import sync_playwright

from harness.gyre_server import GyreServer
from support.browser import CHROMIUM, Console

TITLE = "The console in Chromium"
ROWS = 10_000
JUMPS = 20

PAINT = """() => new Promise((resolve) => {
    new PerformanceObserver((list) => {
        const found = list.getEntriesByName('first-contentful-paint')[0];
        if (found) resolve(found.startTime);
    }).observe({type: 'paint', buffered: true});
})"""
# From a key to the frame that shows where it led.
JUMP = """async ([key, row]) => {
    const grid = document.querySelector('[role=grid]');
    const began = performance.now();
    grid.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
    while (![...grid.querySelectorAll('.rows .row')].some((r) => r.textContent.includes(row)))
        await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    return performance.now() - began;
}"""


def median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def cold_visit(gyre, playwright) -> dict:
    """The first page of a browser that was just started, with an empty profile."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM["path"], args=CHROMIUM["arguments"])
    console = Console(gyre.platform, browser)
    devtools = console.context.new_cdp_session(console.page)
    devtools.send("Network.enable")
    received = []
    devtools.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    console.page.goto("/")
    paint = console.page.evaluate(PAINT)
    console.page.get_by_label("Access key ID").wait_for()
    console.page.wait_for_timeout(300)  # fonts come after the paint, and count
    visit = {"paint_ms": paint, "kilobytes": sum(received) / 1000, "requests": len(received)}
    began = time.monotonic()
    console.sign_in(gyre.platform.keys())
    console.page.get_by_role("heading", name="Endpoints", exact=True).wait_for()
    visit["sign_in_ms"] = (time.monotonic() - began) * 1000
    console.close()
    browser.close()
    return visit


def whole_size(url: str) -> float:
    """All that the page names, as gzip: what a browser without Brotli gets. In kB."""
    def fetch(path: str) -> bytes:
        request = urllib.request.Request(url + path, headers={"Accept": "text/html", "Accept-Encoding": "gzip"})
        with urllib.request.urlopen(request) as answer:
            return answer.read()

    total, seen, waiting = 0, set(), ["/"]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        data = fetch(path)
        total += len(data)
        text = gzip.decompress(data).decode("utf-8", "replace")
        waiting += re.findall(r"/-/assets/[\w.-]+", text)
    return total / 1000


def many_rows(gyre, browser, bench) -> dict:
    s3 = gyre.platform.client("s3", max_pool_connections=16)
    s3.create_bucket(Bucket="many")
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda i: s3.put_object(Bucket="many", Key=f"object-{i:05}", Body=b""), range(ROWS)))
    console = Console(gyre.platform, browser)
    console.sign_in(gyre.platform.keys())
    began = time.monotonic()
    console.open("buckets/many")
    console.page.get_by_role("row", name="object-00000").wait_for()
    first = (time.monotonic() - began) * 1000
    console.page.locator(".table-foot", has_text=f"{ROWS:,} objects").wait_for()
    found = {"first_rows_ms": first, "all_rows_ms": (time.monotonic() - began) * 1000}
    console.page.get_by_role("grid").focus()
    jumps = []
    for _ in range(JUMPS):
        jumps.append(console.page.evaluate(JUMP, ["End", f"object-{ROWS - 1:05}"]))
        jumps.append(console.page.evaluate(JUMP, ["Home", "object-00000"]))
    found["jump_ms"] = median(jumps)
    found["rows_in_document"] = console.page.locator(".rows .row").count()
    console.close()
    return found


def run(bench) -> None:
    with GyreServer(bench.new_folder("gyre")) as gyre, sync_playwright() as playwright:
        visits = [cold_visit(gyre, playwright) for _ in range(bench.rounds)]
        size = whole_size(gyre.platform.url)
        browser = playwright.chromium.launch(executable_path=CHROMIUM["path"], args=CHROMIUM["arguments"])
        rows = many_rows(gyre, browser, bench)
        browser.close()
    report = bench.report
    paint = median([visit["paint_ms"] for visit in visits])
    report.claim("first contentful paint in a browser just started", paint / 1000, 1, " s", at_most=True)
    report.claim("all of the front end, compressed with gzip", size, 300, " kB", at_most=True)
    report.table("First visit", ["", "median", "worst"],
                 [[name, median([v[key] for v in visits]), max(v[key] for v in visits)] for name, key in (
                     ("first contentful paint, ms", "paint_ms"), ("received for it, kB", "kilobytes"),
                     ("requests", "requests"), ("from a key typed in to the list of endpoints, ms", "sign_in_ms"))])
    report.table(f"A bucket of {ROWS:,} objects", ["", ""], [
        ["first rows, ms", rows["first_rows_ms"]], ["all rows, ms", rows["all_rows_ms"]],
        ["from one end to the other (median of 40), ms", rows["jump_ms"]],
        ["rows in the document", float(rows["rows_in_document"])]])
    report.figure("visits", visits)
    report.figure("rows", rows)
