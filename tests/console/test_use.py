"""By keyboard alone, at 10,000 rows, in light and dark, at a phone's width."""

import concurrent.futures
import subprocess
import time

import pytest
from playwright.sync_api import expect

from support.browser import Console
from support.platform import ROOT

ROWS = 10_000


def test_the_console_is_walked_by_keyboard(console):
    page = console.open().page
    keys = console.site.keys()
    expect(page.get_by_label("Access key ID")).to_be_focused()
    page.keyboard.type(keys["aws_access_key_id"])
    page.keyboard.press("Tab")
    page.keyboard.type(keys["aws_secret_access_key"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("grid", name="Endpoints")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_contain_text("Policy simulator")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("g")
    page.keyboard.press("b")
    grid = page.get_by_role("grid", name="Buckets")
    expect(grid).to_be_focused()
    expect(page.get_by_role("row", name="pictures")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("pict")
    expect(page.get_by_role("row")).to_have_count(2)
    page.keyboard.press("Tab")
    while not grid.evaluate("grid => grid === document.activeElement"):
        page.keyboard.press("Tab")
    page.keyboard.press("Delete")
    expect(page.get_by_role("dialog", name="Delete pictures?")).to_be_visible()
    page.keyboard.press("Escape")
    expect(grid).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("grid", name="Objects in pictures")).to_be_focused()
    expect(page.get_by_role("row", name="sky.png")).to_be_visible()
    page.keyboard.press("End")
    page.keyboard.press("Space")
    expect(page.get_by_text("1 selected")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Preview")).to_be_visible()


def test_every_control_shows_that_it_has_the_focus(root):
    page = root.open("buckets/pictures").page
    expect(page.get_by_role("row", name="sky.png")).to_be_visible()
    seen = 0
    for _ in range(25):
        page.keyboard.press("Tab")
        ring = page.evaluate("""() => {
            const element = document.activeElement;
            if (!element || element === document.body) return null;
            const style = getComputedStyle(element);
            return [element.outerHTML.slice(0, 80), style.outlineStyle, style.outlineWidth];
        }""")
        if ring:
            seen += 1
            assert ring[1] != "none" and ring[2] != "0px", ring
    assert seen > 10


@pytest.fixture(scope="module")
def many(site):
    """A bucket of 10,000 objects."""
    s3 = site.client("s3", max_pool_connections=16)
    s3.create_bucket(Bucket="many")
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda i: s3.put_object(Bucket="many", Key=f"object-{i:05}", Body=b""), range(ROWS)))


def test_ten_thousand_rows(root, many):
    page = root.open("buckets/many").page
    grid = page.get_by_role("grid")
    expect(page.locator(".table-foot")).to_contain_text("10,000 objects")
    assert page.locator(".rows .row").count() < 100  # only what is in sight is in the document
    grid.focus()
    began = time.monotonic()
    page.keyboard.press("End")
    expect(page.get_by_role("row", name="object-09999")).to_be_visible()
    page.keyboard.press("Home")
    expect(page.get_by_role("row", name="object-00000")).to_be_visible()
    page.get_by_label("Filter objects").fill("777")
    expect(page.locator(".table-foot")).to_contain_text("19 objects")
    page.get_by_label("Filter objects").fill("")
    grid.evaluate("grid => grid.scrollTo(0, 5000 * 36)")
    expect(page.get_by_role("row", name="object-05001")).to_be_visible()
    print(f"four jumps took {time.monotonic() - began:.2f} s")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_follow_the_system_and_the_switch(site, browser, scheme):
    console = Console(site, browser, color_scheme=scheme)
    try:
        console.sign_in(site.keys())
        root = console.page.locator("html")
        colours = {"light": "rgb(247, 247, 245)", "dark": "rgb(17, 19, 21)"}
        other = colours["dark" if scheme == "light" else "light"]
        expect(root).to_have_css("background-color", colours[scheme])
        console.page.keyboard.press("t")
        expect(root).to_have_css("background-color", other)
        console.page.reload()
        console.page.get_by_role("navigation", name="Places").wait_for()
        expect(root).to_have_css("background-color", other)
    finally:
        console.close()


def test_nothing_is_cut_off_on_a_phone(site, browser):
    console = Console(site, browser, viewport={"width": 390, "height": 800})
    try:
        page = console.sign_in(site.keys(), wait_for="Menu").page
        for path in ("endpoints", "endpoints/colours", "models/colours", "buckets/pictures", "users/ann", "simulator",
                     "logs", "audit", "object/pictures/sky.png"):
            console.open(path)
            page.locator("main h1").wait_for()
            page.wait_for_timeout(300)
            for element in ("documentElement", "querySelector('main')"):
                assert page.evaluate(f"document.{element}.scrollWidth") <= 390, path
        page.get_by_label("Menu").click()
        page.get_by_role("link", name="Buckets").click()
        expect(page.get_by_role("heading", name="Buckets", exact=True)).to_be_visible()
    finally:
        console.close()


def test_the_front_end_is_sound():
    """Its types, and the tests of what it computes."""
    node = ROOT / ".deps" / "venv" / "bin" / "node"
    web = ROOT / "web"
    for command in ([web / "node_modules" / ".bin" / "tsc", "--noEmit"],
                    ["--test", *sorted((web / "src").rglob("*.test.ts"))]):
        ended = subprocess.run([node, *command], cwd=web, text=True, capture_output=True, timeout=600)
        assert ended.returncode == 0, ended.stdout + ended.stderr
