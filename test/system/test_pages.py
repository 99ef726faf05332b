"""Pages on a real SocketCAN bus: a script in node, the monitor page and the panel in Chromium.

Runs where ``test_socketcan.py`` does.
"""

from __future__ import annotations

import pytest

import needs
from broker import Mosquitto
from browser import hand, scripted, test_page
from browser.chromium import chromium, faults, open_logged_out
from browser.hand import Hand
from system import canbus
from system.canbus import Candump, cansend
from system.daemon import PATIENCE, Daemon, driver_block, wait_until

TURN_ON = 0x0C1E0500                        # CONTROL TurnOn at priority 3, from nickname 0
LAMP = bytes((0, 2, 1))                     # index, zone and subzone
FIRST = bytes(3)                            # what the form has filled in at first
SWITCH = ("vscp-switch[zone='2']", "button")


@pytest.fixture
def daemon(tmp_path):
    if not canbus.exists():
        canbus.add()
    canbus.up()
    with Daemon(tmp_path, driver_block(config="vcan0")) as running:
        assert wait_until(lambda: running.health() == 200), running.log()
        yield running


@pytest.fixture
def candump(tmp_path):
    with Candump(tmp_path / "candump.log") as running:
        yield running


def asked_for(candump, data):
    return [frame for frame in candump.frames()
            if frame.identifier == TURN_ON and frame.data == data]


def eventually(condition, what=""):
    hand.eventually(condition, what, PATIENCE)


def test_a_script_reads_the_bus_and_writes_to_it(daemon, candump):
    with scripted.Page(daemon.port) as page:
        page.log_in()
        cansend("0C0A0603#8A810107")        # a temperature of node 3
        event = page.event()
        assert event["text"] == "Measurement: Temperature 26.3 °C, index 2"
        assert event["nickname"] == 3
        sent = {"class": "control", "type": "turn on", "data": list(LAMP)}
        assert page.ask("send", sent) is None
        eventually(lambda: asked_for(candump, LAMP))


@pytest.fixture
def browser(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))       # the machine's own can't be written to
    with chromium(tmp_path / "profile") as running:
        running.set_page_load_timeout(300)
        yield running


def test_the_monitor_page_shows_a_frame_and_puts_one_on_the_bus(daemon, candump, browser):
    page = test_page.Page(browser, daemon.port, eventually).open()
    eventually(lambda: page.text("#bus-text") == "demo up")
    cansend("0C0A0603#8A8100D6")
    page.see(r"0x03\|Temperature Measurement\|21.4 °C")
    page.press("#open-send")
    page.press("#send-it")
    eventually(lambda: "accepted" in page.text("#send-result"))
    eventually(lambda: asked_for(candump, FIRST))
    assert faults(browser) == []


def test_the_panel_shows_the_bus_and_switches_a_lamp(daemon, candump, browser):
    panel = panel_of(daemon, browser)
    cansend("0C0A0603#888100D6")
    eventually(lambda: panel.text("vscp-value[nickname='3']", ".value") == "21.4 °C")
    switch_the_lamp(panel, candump)


def panel_of(daemon, browser):
    """Its panel, with somebody logged in."""
    open_logged_out(browser, "http://localhost:%d/panel.html" % daemon.port)
    panel = Hand(browser, eventually)
    password = ("vscp-connection", "input[name=password]")
    panel.write("secret", *password)
    panel.keys("\n", *password)
    eventually(lambda: panel.text("vscp-connection", "[role=status]") == "connected as admin")
    return panel


def switch_the_lamp(panel, candump):
    panel.keys(" ", *SWITCH)
    eventually(lambda: asked_for(candump, LAMP))
    cansend("0C140304#000201")          # INFORMATION On of the lamp, node 4
    eventually(lambda: panel.at(*SWITCH).get_attribute("aria-checked") == "true")


@pytest.fixture
def front(tmp_path, daemon):
    """A front-end without a bus of the daemon, which is called house; a broker is between them."""
    needs.module("paho.mqtt.client")
    with Mosquitto(tmp_path) as broker:
        daemon.stop()
        daemon.configure({"mqtt": {"url": broker.url, "name": "house", "accept-as": "admin"}})
        daemon.start()
        folder = tmp_path / "front"
        folder.mkdir()
        with Daemon(folder, "<vscpconfig/>", settings={"mqtt": {
                "url": broker.url, "name": "front", "subscribe": '"vscp/#"',
                "forward-to": "house"}}) as running:
            yield running


def test_a_page_at_a_front_end_shows_the_house_and_switches_a_lamp(daemon, front, candump, browser):
    page = test_page.Page(browser, front.port, eventually).open()
    eventually(lambda: page.text("#bus-text") == "mqtt up, house/demo up")
    switch_the_lamp(panel_of(front, browser), candump)
    open_logged_out(browser, "http://localhost:%d/" % front.port)
    page = test_page.Page(browser, front.port, eventually).open()
    daemon.stop()
    eventually(lambda: page.text("#bus-text") == "mqtt up, house/demo offline")
    daemon.start()
    eventually(lambda: page.text("#bus-text") == "mqtt up, house/demo up")
    cansend("0C0A0603#8A8100D6")
    page.see(r"0x03\|Temperature Measurement\|21.4 °C")
