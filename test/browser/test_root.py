"""A user's own pages in a real browser: what ``content-policy`` lets them do."""

from __future__ import annotations

import pytest

from browser.hand import Hand
from system.daemon import Daemon, driver_block

pytestmark = pytest.mark.browser

# As published pages are made: scripts and styles in the page, a library from another host.
PAGE = """<!doctype html>
<title>before</title>
<style>p { color: rgb(1, 2, 3) }</style>
<script src="http://127.0.0.1:%d/library.js"></script>
<p style="margin-top: 7px" onclick="document.title += ' clicked'">text</p>
<script>document.title = "ran with " + (window.library || "nothing")</script>
"""
FRAMING = '<!doctype html><title>outer</title><iframe src="http://%s:%d/page.html"></iframe>'


@pytest.fixture
def served(tmp_path):
    """A daemon with a page, and settings of its own."""
    running = []

    def serve(**settings):
        root = tmp_path / "root"
        root.mkdir()
        daemon = Daemon(tmp_path, driver_block(config="virtual:root"),
                        settings=dict({"web-root": str(root)}, **settings))
        (root / "page.html").write_text(PAGE % daemon.port)
        (root / "library.js").write_text('window.library = "library"')
        (root / "same.html").write_text(FRAMING % ("localhost", daemon.port))
        (root / "other.html").write_text(FRAMING % ("127.0.0.1", daemon.port))
        daemon.start()
        running.append(daemon)
        return daemon
    yield serve
    for daemon in running:
        daemon.stop()


def framed(browser):
    """The title of the page in the frame."""
    browser.switch_to.frame(0)
    return browser.execute_script("return document.title")


def test_by_default_a_page_does_all_that_it_wants(browser, served, eventually):
    daemon = served()
    browser.get("http://localhost:%d/page.html" % daemon.port)
    eventually(lambda: browser.title == "ran with library")
    Hand(browser, eventually).press("p")
    assert browser.title == "ran with library clicked"
    assert browser.execute_script(
        "const style = getComputedStyle(document.querySelector('p'));"
        "return style.color + style.marginTop") == "rgb(1, 2, 3)7px"


def test_by_default_only_the_same_site_frames_it(browser, served):
    daemon = served()
    browser.get("http://localhost:%d/same.html" % daemon.port)
    assert framed(browser) == "ran with library"
    browser.get("http://localhost:%d/other.html" % daemon.port)
    assert framed(browser) != "ran with library"


def test_a_policy_of_one_s_own_is_the_browser_s(browser, served, eventually):
    daemon = served(**{"content-policy": "script-src 'self'; style-src 'none'"})
    browser.get("http://localhost:%d/page.html" % daemon.port)
    assert browser.title == "before"
    assert browser.execute_script(
        "return getComputedStyle(document.querySelector('p')).color") == "rgb(0, 0, 0)"
