"""Three buses of a real daemon, one of which is not there: chip, sheet and list."""

from __future__ import annotations

import pytest

from browser.chromium import ACROSS, DESKTOP, PHONE, faults, look
from browser.test_page import Page
from system.daemon import Daemon, driver_block

pytestmark = pytest.mark.browser

_GUID = "FF:FF:FF:FF:FF:FF:FF:FE:02:00:00:00:00:%02X:00:00"
BUSES = [("house", "demo:"), ("garage", "virtual:garage"),
         ("attic", "socketcand:can0,host=127.0.0.1,port=9")]
WIDTH = "return [document.documentElement.scrollWidth, innerWidth]"


@pytest.fixture
def daemon(tmp_path):
    blocks = [driver_block(name, channel, _GUID % number)
              for number, (name, channel) in enumerate(BUSES, 1)]
    with Daemon(tmp_path, "<drivers>%s</drivers>" % "".join(blocks)) as running:
        yield running


@pytest.mark.parametrize("scheme, size", [
    ("light", DESKTOP), ("dark", DESKTOP), ("light", PHONE), ("dark", ACROSS)])
def test_one_of_three_that_is_not_there_is_told_with_its_reason(
        browser, daemon, eventually, axe, scheme, size):
    look(browser, scheme, size)
    page = Page(browser, daemon.port, eventually).open()
    eventually(lambda: page.text("#bus-text") == "house up, garage up, attic waiting")
    assert page.find("#bus").get_attribute("data-mood") == "bad"
    eventually(lambda: "house" in page.texts(".cell-bus") or not page.is_shown(".head-bus"))
    assert browser.execute_script(WIDTH) == [size[0]] * 2
    page.keys("\ue007", "#bus")                         # by keyboard
    eventually(lambda: len(page.texts("#bus-list section")) == 3)
    attic, house, garage = page.texts("#bus-list section")
    assert "is up" in house and "is up" in garage
    assert all(word in attic for word in ("attic", "socketcand", "waiting", "Connection refused"))
    assert axe(browser) == []
    assert browser.execute_script(WIDTH) == [size[0]] * 2
    page.keys_at_focus("\ue00c")                        # Escape
    eventually(lambda: not page.is_shown("#bus-sheet"))
    assert browser.switch_to.active_element == page.find("#bus")
    assert all("healthz" in fault for fault in faults(browser))       # its 503 is an answer
