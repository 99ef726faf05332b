from __future__ import annotations

import pathlib

import pytest

import local
import needs
from browser import steady
from browser.chromium import PATIENCE, chromium
from system.daemon import Daemon, driver_block

AXE = pathlib.Path(__file__).resolve().parent / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture
def browser(tmp_path):
    with chromium(tmp_path / "profile") as running:
        yield running


@pytest.fixture
def daemon(tmp_path):
    """The daemon on a bus where nothing happens by itself, and that takes all that is sent."""
    with Daemon(tmp_path, driver_block(config="virtual:browser"),
                settings=steady.SETTINGS) as running:
        yield running


@pytest.fixture
def demo(tmp_path):
    """The daemon on the demo's house."""
    with Daemon(tmp_path, driver_block(config="demo:")) as running:
        yield running


@pytest.fixture
def eventually():
    """Waits for a condition, and says what it was if it doesn't come.

    An element that isn't there yet, or any more, is a condition that doesn't hold; so is one whose
    shadow isn't, which only the page's own language tells of.
    """
    exceptions = needs.module("selenium.common.exceptions")
    not_now = (exceptions.NoSuchElementException, exceptions.StaleElementReferenceException,
               exceptions.JavascriptException)

    def wait(condition, what=""):
        last = []

        def holds():
            del last[:]
            try:
                return condition()
            except not_now as error:
                last.append(error.msg)
                return False
        assert local.wait_until(holds, PATIENCE), " ".join(
            [what or "the condition never came true", *map(str, last)])
    return wait


@pytest.fixture
def axe():
    """Runs axe-core in the browser: the violations that are serious or worse."""
    needs.condition(AXE.exists(), "axe-core (npm install in test/browser)")
    source = AXE.read_text(encoding="utf-8")

    def run(browser):
        # By the debugger, for the page's content policy lets no foreign script in.
        browser.execute_cdp_cmd("Runtime.evaluate", {"expression": source})
        found = browser.execute_async_script(
            "const done = arguments[arguments.length - 1];"
            "axe.run(document, {resultTypes: ['violations']}).then(r => done(r.violations.map("
            "  v => [v.impact, v.id, v.nodes.map(n => n.html + n.failureSummary).join('; ')])));")
        return [each for each in found if each[0] in ("serious", "critical")]
    return run
