"""The demo's house behind the pages: every control does something and gets its answer."""

from __future__ import annotations

import json

import pytest

from browser.chromium import faults
from browser.test_elements import Panel
from browser.test_own_page import PAGE, Own, documented
from system.daemon import ROOT, Daemon, driver_block

pytestmark = pytest.mark.browser

CONTROLS = "vscp-switch, vscp-slider, vscp-cover, vscp-setpoint, vscp-button"
#: What the pages above don't have: locks, alarms, what is shown by another event.
MORE = PAGE % """
  <vscp-switch label="Lock" on="control/lock" off="control/unlock" shows-on="information/lock"
    shows-off="information/unlock" zone="1" subzone="3"></vscp-switch>
  <vscp-switch label="Armed" on="alarm/arm" off="alarm/disarm" shows-on="alarm/arm"
    shows-off="alarm/disarm" zone="1" subzone="4"></vscp-switch>
  <vscp-setpoint label="Bedroom" zone="3" shows="measurezone/temperature"></vscp-setpoint>
  <vscp-slider label="Heating" zone="2" sends="setvaluezone/temperature" unit="°C" min="5"
    max="30" step="0.5" shows="measurezone/temperature"></vscp-slider>
  <vscp-slider label="Bedroom lamp" zone="3" subzone="1" sends="control/changelevel"></vscp-slider>
  <vscp-cover label="Bedroom" zone="3" subzone="3"></vscp-cover>
  <vscp-alarm label="Smoke" zone="4"></vscp-alarm>
  <vscp-button class="off" vscp-class="alarm" vscp-type="2" zone="4" subzone="2">Test</vscp-button>
  <vscp-button class="on" vscp-class="alarm" vscp-type="13" zone="4" subzone="2">Reset</vscp-button>
"""

#: Uses one control as often as it has something to be pressed; the number of uses.
USE = """
const [element, step] = arguments;
const inner = element.shadowRoot;
const acts = [...inner.querySelectorAll("button")].filter((b) => !b.hidden && !b.disabled)
  .map((button) => () => button.click());
for (const range of inner.querySelectorAll("input[type=range]")) {
  if (range.hidden) continue;
  acts.push(() => {
    range.value = String(Number(range.min) + (Number(range.max) - Number(range.min)) * .3);
    range.dispatchEvent(new Event("input"));
    range.dispatchEvent(new Event("change"));
  });
}
if (element.localName === "vscp-switch") acts.push(acts[0]); // and back
if (step < acts.length) acts[step]();
return acts.length;"""
#: Whether the element waits for nothing any more, and what it has to say.
STANDING = """
const [element] = arguments;
const said = [...element.shadowRoot.querySelectorAll(".failure")].map((p) => p.textContent);
return [Boolean(element.isBusy) || (element.wanted ?? null) !== null, said.join("")];"""


@pytest.fixture
def daemon(tmp_path):
    (tmp_path / "root").mkdir()
    with Daemon(tmp_path, driver_block(config="demo:"), settings={
            "web-root": str(tmp_path / "root"),
            "names-file": str(ROOT / "conf" / "names.json")}) as running:
        yield running


@pytest.fixture
def own(browser, tmp_path, daemon, eventually):
    return Own(browser, tmp_path / "root", daemon, eventually)


def use_all(browser, eventually):
    """Use every control of the page; those that were there, by their names."""
    used = []
    for element in browser.find_elements("css selector", CONTROLS):
        name = "%s %s %s" % (element.tag_name, element.get_attribute("label"), element.text)
        for step in range(browser.execute_script(USE, element, 99)):
            browser.execute_script(USE, element, step)
            eventually(lambda: not browser.execute_script(STANDING, element)[0], name)  # noqa: B023
            assert browser.execute_script(STANDING, element)[1] == "", (name, step)
        used.append(element.tag_name)
    return used


def test_every_control_of_the_panel_gets_its_answer(browser, demo, eventually):
    Panel(browser, demo.port, eventually).open()
    assert {"vscp-switch", "vscp-slider", "vscp-button"} <= set(use_all(browser, eventually))
    assert faults(browser) == []


@pytest.mark.parametrize("html", [documented(), MORE], ids=["documented", "more"])
def test_every_control_of_a_page_of_ones_own_gets_its_answer(own, browser, eventually, html):
    own.open(html, whole=True)
    assert set(use_all(browser, eventually)) == {
        "vscp-switch", "vscp-slider", "vscp-cover", "vscp-setpoint", "vscp-button"}


def test_every_state_comes_by_itself(browser, demo, eventually):
    Panel(browser, demo.port, eventually).open()
    unknown = """
        return [...document.querySelectorAll("vscp-switch, vscp-slider, vscp-cover, vscp-value")]
          .filter((e) => !e.event).map((e) => e.outerHTML).join();"""
    eventually(lambda: not browser.execute_script(unknown), "all states")


def test_an_alarm_is_set_off_shown_and_reset(own, eventually):
    own.open(MORE, whole=True)
    for name, said in (("off", "Alarm occurred"), ("on", "no alarm")):
        own.tap("vscp-button." + name, "button")
        eventually(lambda said=said: own.text("vscp-alarm", ".value").startswith(said), said)


def test_a_set_temperature_is_known_before_anybody_sets_it(own, eventually):
    own.open(MORE, whole=True)
    eventually(lambda: own.text("vscp-setpoint", "output") == "18.0 °C")


def test_every_node_has_its_name(own, eventually):
    own.open(PAGE % "<vscp-nodes></vscp-nodes>", whole=True)
    table = json.loads((ROOT / "conf" / "names.json").read_text("utf-8"))
    names = sorted(node["name"] for node in table["nodes"])
    rows = "return [...arguments[0].shadowRoot.querySelectorAll('tbody th')].map(e => e.innerText)"
    eventually(lambda: sorted(own.browser.execute_script(rows, own.at("vscp-nodes"))) == names)
