"""A browser that loads the daemon's page while events pass: the helper process with Chromium.

``helper.Helper`` starts it. It logs in once, as somebody who wants to be remembered; after that a
load of the page goes by itself from the navigation to the events, and that is what is measured,
by the browser's own clock: from the navigation's start until an event stands in the page's list.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from typing import Callable

from helper import answer_commands

__all__ = ["missing"]

_PATIENCE = 60.0                # s
_LOOK = 0.05                    # s between two looks at the page: each costs the browser something
_OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--no-first-run", "--disable-background-networking", "--disable-component-update",
            "--disable-sync")
#: Runs in each new page before its own scripts do.
_WATCH = """
new MutationObserver((_, observer) => {
  if (!document.querySelector('#events-rows .row:not([hidden])')) return;
  window.firstEvent = performance.now();
  observer.disconnect();
}).observe(document, {subtree: true, childList: true, attributes: true});
"""


def missing() -> str:
    """Why there is no browser to measure with; empty if there is one."""
    for name in ("chromium", "chromedriver"):
        if shutil.which(name) is None:
            return "%s is not installed" % name
    try:
        import selenium.webdriver  # noqa: F401
    except ImportError:
        return "selenium is not installed"
    return ""


class Browser:
    """The commands."""

    def __init__(self):
        self._profile = tempfile.TemporaryDirectory(
            prefix="vscpwsd-bench-browser-")
        self._driver = None

    def open(self, port: int, key: str, user: str, password: str) -> None:
        """Log in on the page, to be remembered."""
        from selenium import webdriver

        options = webdriver.ChromeOptions()
        for option in (*_OPTIONS, "--user-data-dir=%s" % self._profile.name):
            options.add_argument(option)
        options.binary_location = shutil.which("chromium")
        self._driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(
            shutil.which("chromedriver")))
        self._driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": _WATCH})
        self._driver.get("http://localhost:%d/#key=%s" % (port, key))
        form = self._driver.find_element("css selector", "#login-form")
        self._until(form.is_displayed, "has no login")
        for name, text in (("user", user), ("password", password)):
            form.find_element("css selector", "input[name=%s]" % name).send_keys(text)
        form.find_element("css selector", "input[name=remember]").click()
        form.find_element("css selector", "button").click()
        self._until(lambda: not form.is_displayed(), "does not log in")

    def load(self, delay: float) -> float:
        """Load the page again, ``delay`` seconds from now; the seconds to its first event."""
        time.sleep(delay)
        self._driver.refresh()
        self._until(lambda: self._first() is not None, "shows no event")
        return self._first() / 1000

    def close(self) -> None:
        if self._driver is not None:
            self._driver.quit()
        self._profile.cleanup()

    def _first(self):
        return self._driver.execute_script("return window.firstEvent ?? null")

    @staticmethod
    def _until(condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError("the page %s within %g s" % (what, _PATIENCE))
            time.sleep(_LOOK)


if __name__ == "__main__":
    answer_commands(Browser())
