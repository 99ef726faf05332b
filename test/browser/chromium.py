"""Debian's Chromium, driven by selenium: what the browser tests share."""

from __future__ import annotations

import contextlib
from typing import Iterator

import needs

__all__ = ["ACROSS", "AT", "DESKTOP", "PATIENCE", "PHONE", "chromium", "complaints", "faults",
           "look", "shadow", "told"]

PATIENCE = 60.0                 # s
#: Sizes in px: of a screen, of a phone upright and across.
DESKTOP, PHONE, ACROSS = (1280, 900), (360, 700), (740, 360)
_OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--disable-dev-shm-usage", "--enable-precise-memory-info")
#: ``at(selectors)`` in the page: what the last of them finds, each in the shadow of the one before.
AT = """
const at = selectors => selectors.reduce(
  (found, selector, place) => (place ? found.shadowRoot : found).querySelector(selector), document);
"""
_TOLD = """
return [document.readyState, document.body?.innerText.slice(0, 1000) ?? "no body",
  ...performance.getEntriesByType("resource").map(each =>
    `${each.name} ${each.responseStatus} ${Math.round(each.startTime)}`
    + ` to ${Math.round(each.responseEnd)} ms, ${each.transferSize} bytes`)];"""
_EXPECTED = "ERR_CONNECTION_REFUSED"    # of a daemon that a test has stopped


@contextlib.contextmanager
def chromium(profile, *switches: str, width: int = 1280, height: int = 900,
             waits: bool = True) -> Iterator:
    """A running browser with a profile of its own in the folder ``profile``; ``waits``: until a
    page is whole."""
    webdriver = needs.module("selenium.webdriver")
    binary, driver = needs.tool("chromium"), needs.tool("chromedriver")
    options = webdriver.ChromeOptions()
    for option in (*_OPTIONS, *switches, "--user-data-dir=%s" % profile,
                   "--window-size=%d,%d" % (width, height)):
        options.add_argument(option)
    # Not the page for new tabs, which goes from place to place by itself.
    options.add_experimental_option("prefs", {
        "session": {"restore_on_startup": 4, "startup_urls": ["about:blank"]}})
    options.page_load_strategy = "normal" if waits else "none"
    options.binary_location = binary
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = needs.module("selenium.webdriver.chrome.service").Service(driver)
    running = webdriver.Chrome(options=options, service=service)
    try:
        running.set_script_timeout(PATIENCE)
        yield running
    finally:
        running.quit()


def open_logged_out(browser, url):
    """The page, with no login remembered for any page of its host: that is forgotten before the
    page begins, for one that is open may be logging in, and remembers it then."""
    forgetful = browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {
        "source": "sessionStorage.clear(); localStorage.clear();"})
    browser.get(url)
    browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", forgetful)


def shadow(browser, *selectors: str):
    """The element that the last selector finds, each in the shadow of the one before it."""
    return browser.execute_script(AT + "return at(arguments[0])", list(selectors))


def look(browser, scheme: str, size, locale: str = "en-US") -> None:
    """The pages look so from now on; ``size`` is one of those above."""
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {
        "features": [{"name": "prefers-color-scheme", "value": scheme}]})
    browser.execute_cdp_cmd("Emulation.setLocaleOverride", {"locale": locale})
    width, height = size
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": height, "deviceScaleFactor": 1, "mobile": size != DESKTOP})


def faults(browser) -> list:
    """What the browser's console has complained of, but for a daemon that was not there."""
    return [message for message in complaints(browser) if _EXPECTED not in message]


def complaints(browser) -> list:
    """What the browser's console has complained of since it was asked last."""
    return [entry["message"] for entry in browser.get_log("browser")
            if entry["level"] in ("SEVERE", "WARNING")]


def told(browser) -> str:
    """What somebody who wasn't there wants to know of a page: where it is, what it shows, what it
    has loaded with which status and how long that took, and what the console says."""
    try:
        shown = browser.execute_script(_TOLD)
        console = browser.get_log("browser")
    except Exception as error:              # whatever has become of it
        return "%s: %s" % (type(error).__name__, error)
    return "\n".join([browser.current_url, *shown, *(entry["message"] for entry in console)])
