"""Chromium before a platform's console."""

from playwright.sync_api import expect

CHROMIUM = {
    "path": "/usr/bin/chromium",
    # Without those of the background it would call hosts that tests have no business with, and a
    # container's /dev/shm is often too small for its pages.
    "arguments": ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                  "--disable-dev-shm-usage",
                  "--disable-background-networking", "--disable-component-update", "--disable-sync"],
}
PATIENCE_MS = 60_000  # a busy machine takes its time for a first page

expect.set_options(timeout=PATIENCE_MS)


class Console:
    def __init__(self, site, browser, **context):
        self.site = site
        self.context = browser.new_context(base_url=site.url, **context)
        self.context.set_default_timeout(PATIENCE_MS)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda message: self._heard(message))

    def _heard(self, message) -> None:
        # That a call was answered with an error is the test's to judge; a broken policy is not.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.complaints.append(message.text)

    def close(self) -> None:
        self.context.close()
        assert not self.complaints, self.complaints

    def open(self, path: str = "") -> "Console":
        self.page.goto(f"/#/{path}")
        return self

    def sign_in(self, keys: dict[str, str], path: str = "", wait_for: str = "Sign out") -> "Console":
        """Waits for the button of that name."""
        self.open(path)
        self.page.get_by_label("Access key ID").fill(keys["aws_access_key_id"])
        self.page.get_by_label("Secret access key").fill(keys["aws_secret_access_key"])
        self.page.get_by_role("button", name="Sign in").click()
        self.page.get_by_role("button", name=wait_for).wait_for()
        return self
