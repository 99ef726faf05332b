"""Pages of which a part doesn't come: they say so, and come whole as soon as they can."""

from __future__ import annotations

import pytest

from browser.chromium import chromium, complaints, faults
from browser.hand import Hand

pytestmark = pytest.mark.browser

NOTICE = "Parts of this page could not be loaded. It is tried again."
MONITOR, PANEL = ("", "#login-form"), ("panel.html", "vscp-connection", "form")
#: A browser whose minutes are seconds.
_HASTE = """
const later = window.setTimeout;
window.setTimeout = (call, time, ...more) =>
  later(call, time < 60000 ? time : time / 60, ...more);"""


@pytest.fixture
def hand(browser, eventually):
    browser.execute_cdp_cmd("Network.enable", {})
    return Hand(browser, eventually)


def block(browser, *parts):
    browser.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/" + part for part in parts]})


def is_told(browser):
    """Whoever reads what he sees, or hears it."""
    return browser.execute_script(
        "return [...document.querySelectorAll('[role=alert]')].some("
        "  each => each.checkVisibility() && each.textContent === arguments[0])", NOTICE)


@pytest.mark.parametrize("page, part", [
    (MONITOR, "page.js"), (MONITOR, "monitor/dom.js"), (MONITOR, "vscp/aes.js"),
    (MONITOR, "page.css"), (PANEL, "vscp/elements.js"), (PANEL, "vscp/errors.js"),
    (PANEL, "panel.css")])
def test_whatever_part_is_missing(hand, browser, daemon, page, part):
    path, *login = page
    block(browser, part)
    browser.get("http://localhost:%d/%s" % (daemon.port, path))
    hand.eventually(lambda: is_told(browser))
    block(browser)
    hand.eventually(lambda: hand.is_shown(*login) and not is_told(browser))


def test_as_long_as_it_is_missing_it_is_told(hand, browser, daemon):
    block(browser, "page.js")
    browser.get("http://localhost:%d/" % daemon.port)
    for _ in range(2):
        browser.execute_script("window.isThisOne = true")
        hand.eventually(lambda: browser.execute_script("return !window.isThisOne"))
        hand.eventually(lambda: is_told(browser))


@pytest.mark.parametrize("page", [MONITOR, PANEL])
def test_a_daemon_that_ends_before_the_page_is_whole(hand, browser, daemon, page):
    """The page isn't lost to the browser's own, which would stay."""
    path, *login = page
    block(browser, "*.js")
    browser.get("http://localhost:%d/%s" % (daemon.port, path))
    daemon.stop()
    block(browser)
    hand.eventually(lambda: is_told(browser))
    complaints(browser)
    hand.eventually(lambda: any("ERR_CONNECTION_REFUSED" in each for each in complaints(browser)),
                    "nobody has asked for it")
    assert is_told(browser)
    daemon.start()
    hand.eventually(lambda: hand.is_shown(*login))


def test_a_part_that_never_comes(tmp_path, eventually, daemon):
    """Nothing fails, and the page isn't whole all the same."""
    with chromium(tmp_path / "profile", waits=False) as browser:
        browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": _HASTE})
        browser.execute_cdp_cmd("Fetch.enable", {"patterns": [{"urlPattern": "*/page.js"}]})
        browser.get("http://localhost:%d/" % daemon.port)
        eventually(lambda: is_told(browser))
        browser.execute_cdp_cmd("Fetch.disable", {})
        eventually(lambda: not is_told(browser) and browser.execute_script(
            "return document.querySelector('#login-form')?.checkVisibility()"))


@pytest.mark.parametrize("page", [MONITOR, PANEL])
def test_a_page_that_is_whole_stays_as_it_is(hand, browser, daemon, page):
    path, *login = page
    browser.get("http://localhost:%d/%s" % (daemon.port, path))
    hand.eventually(lambda: hand.is_shown(*login))
    assert not is_told(browser)
    assert not faults(browser)
