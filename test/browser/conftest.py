from __future__ import annotations

import pathlib

import pytest

import needs
from browser import hand, steady
from browser.chromium import chromium, told
from system.daemon import Daemon, driver_block

AXE = pathlib.Path(__file__).resolve().parent / "node_modules" / "axe-core" / "axe.min.js"
_MOST = 10000                   # characters of a log, the last


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Of a test that fails, what the browser shows and the daemon has said are in the report."""
    report = (yield).get_result()
    if not report.failed:
        return
    used = getattr(item, "funcargs", {})
    if "browser" in used:
        report.sections.append(("the browser", told(used["browser"])))
    for name in ("daemon", "demo"):
        if hasattr(used.get(name), "log"):
            report.sections.append(("the daemon's log", used[name].log()[-_MOST:]))


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
    return hand.eventually


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
