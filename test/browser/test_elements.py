"""The elements in a real browser: the panel for the demo's house, and what they refuse."""

from __future__ import annotations

import pytest

from browser.chromium import DESKTOP, PHONE, faults, look
from browser.hand import Hand
from system.clients import Event, Ws1

pytestmark = pytest.mark.browser

ON, OFF = Event(20, 3, data=bytes((0, 2, 1))), Event(20, 4, data=bytes((0, 2, 1)))
ARROW_RIGHT = "\ue014"        # in WebDriver's alphabet
LAMP = 'vscp-switch[zone="2"]'


def celsius(nickname, tenths, index=0):
    return Event(10, 6, guid=bytes(15) + bytes((nickname,)),
                 data=bytes((0x88 | index, 0x81)) + tenths.to_bytes(2, "big", signed=True))


class Panel(Hand):
    """``/panel.html``, and what one does there."""

    def __init__(self, browser, port, eventually):
        super().__init__(browser, eventually)
        self.port = port
        browser.get("http://localhost:%d/panel.html" % port)
        eventually(lambda: self.at("vscp-connection", "form"))

    def log_in(self, password="secret"):
        field = "vscp-connection", "input[name=password]"
        self.write(password, *field)
        self.keys("\n", *field)

    def is_open(self):
        return self.text("vscp-connection", "[role=status]") == "connected as admin"

    def open(self):
        self.log_in()
        self.eventually(self.is_open)
        return self


@pytest.fixture
def panel(browser, daemon, eventually):
    return Panel(browser, daemon.port, eventually)


@pytest.fixture
def house(daemon):
    """Somebody on the bus."""
    with Ws1(daemon.port) as client:
        yield client


def test_a_wrong_password_is_said_plainly(panel, eventually):
    panel.log_in("wrong")
    eventually(lambda: "password or key is wrong" in panel.text("vscp-connection", "[role=alert]"))
    panel.open()
    eventually(lambda: not panel.is_shown("vscp-connection", "form"))


def test_a_value_has_its_number_and_unit(panel, house, eventually):
    panel.open()
    house.send_event(celsius(3, 214))
    house.send_event(celsius(6, -5))
    value = 'vscp-value[nickname="3"]'
    eventually(lambda: panel.text(value, ".value") == "21.4 °C")
    eventually(lambda: panel.text('vscp-value[nickname="6"]', ".value") == "-0.5 °C")
    assert panel.text('vscp-value[nickname="11"]', ".value").startswith("–")


def test_a_gauge_is_a_meter(panel, house, eventually):
    panel.open()
    house.send_event(celsius(9, 750))
    meter = panel.at('vscp-gauge[nickname="9"]', "[role=meter]")
    eventually(lambda: meter.get_attribute("aria-valuenow") == "75")
    assert meter.get_attribute("aria-valuetext") == "75.0 °C"
    assert "beyond" in meter.get_attribute("class")     # its high is 70


def test_a_plot_draws_what_comes(panel, house, eventually):
    panel.open()
    for tenths in (200, 210):
        house.send_event(celsius(3, tenths))
    eventually(lambda: "Living room 21 °C" in panel.text("vscp-plot", "ul"))
    eventually(lambda: "Living room 21 °C" in panel.at(
        "vscp-plot", "canvas").get_attribute("aria-label"))
    drawn = ("const c = arguments[0]; const {data} = c.getContext('2d').getImageData("
             "0, 0, c.width, c.height); return data.some((v, i) => i % 4 === 3 && v);")
    eventually(lambda: panel.browser.execute_script(drawn, panel.at("vscp-plot", "canvas")))


def test_a_plot_is_zoomed_and_paused_by_keyboard(panel):
    panel.open()
    plot = panel.at("vscp-plot")
    span = "return arguments[0].span"
    panel.keys("+", "vscp-plot", "canvas")
    assert panel.browser.execute_script(span, plot) == 2400000
    panel.keys("-", "vscp-plot", "canvas")
    assert panel.browser.execute_script(span, plot) == 3600000
    panel.keys(" ", "vscp-plot", "canvas")
    assert panel.browser.execute_script("return arguments[0].isPaused", plot)


def test_a_switch_sends_and_shows_what_the_bus_reports(panel, house, eventually):
    panel.open()
    button = panel.at(LAMP, "button")
    assert button.get_attribute("aria-checked") == "false"
    panel.keys(" ", LAMP, "button")
    assert house.wait(lambda: house.events, 30)
    asked = house.events[0]
    assert (asked.vscp_class, asked.vscp_type, asked.data) == (30, 5, bytes((0, 2, 1)))
    assert button.get_attribute("aria-checked") == "false"      # nothing has happened yet
    house.send_event(ON)
    eventually(lambda: button.get_attribute("aria-checked") == "true")
    panel.press(LAMP, "button")
    assert house.wait(lambda: len(house.events) == 2, 30)
    assert house.events[1].vscp_type == 6
    house.send_event(OFF)
    eventually(lambda: button.get_attribute("aria-checked") == "false")


def test_a_switch_says_if_nobody_reports(panel, eventually):
    panel.open()
    panel.press(LAMP, "button")
    eventually(lambda: "nobody has reported" in panel.text(LAMP, ".failure"))


def test_a_slider_sends_its_level_and_shows_the_reported_one(panel, house, eventually):
    panel.open()
    slider = panel.at("vscp-slider", "input")
    panel.keys(ARROW_RIGHT, "vscp-slider", "input")
    assert house.wait(lambda: house.events, 30)
    asked = house.events[0]
    assert (asked.vscp_class, asked.vscp_type, asked.data) == (30, 20, bytes((1, 2, 1)))
    house.send_event(Event(20, 40, data=bytes((40, 2, 1))))
    eventually(lambda: slider.get_attribute("value") == "40")
    eventually(lambda: panel.text("vscp-slider", "output") == "40 %")


def test_a_button_sends_its_event(panel, house):
    panel.open()
    panel.keys(" ", "vscp-button", "button")
    assert house.wait(lambda: house.events, 30)
    assert (house.events[0].vscp_type, house.events[0].data) == (6, bytes((0, 255, 255)))


def test_a_control_without_a_connection_says_so(panel, eventually):
    panel.keys(" ", "vscp-button", "button")
    eventually(lambda: "not connected" in panel.text("vscp-button", ".failure"))


def test_the_log_has_a_line_an_event(panel, house, eventually):
    panel.open()
    house.send_event(ON)
    eventually(lambda: "Information: On, index 0, zone 2, subzone 1" in panel.text(
        "vscp-log", "ol"))


def test_a_page_comes_back_with_the_daemon(panel, daemon, eventually):
    panel.open()
    daemon.stop()
    eventually(lambda: "next try in" in panel.text("vscp-connection", "[role=status]"))
    daemon.start()
    eventually(panel.is_open)


def test_the_user_is_remembered_and_the_password_is_not(panel, eventually):
    panel.open()
    panel.browser.refresh()
    user = 'input[name="user"]'
    eventually(lambda: panel.at("vscp-connection", user).get_attribute("value") == "admin")
    assert panel.at("vscp-connection", "input[name=password]").get_attribute("value") == ""
    assert "secret" not in panel.browser.execute_script("return JSON.stringify(localStorage)")


def test_an_element_that_a_script_makes_is_like_one_of_the_page(panel):
    url, key = panel.browser.execute_script("""
        const made = document.createElement("vscp-connection");
        made.setAttribute("url", "https://elsewhere/ws2");
        made.setAttribute("key", "00".repeat(16));
        document.body.append(made);
        return [made.connection.url, made.connection.key];""")
    assert (url, key) == ("wss://elsewhere/ws2", "00" * 16)


def test_nothing_is_refused_by_the_content_policy(panel, house, eventually):
    panel.open()
    house.send_event(celsius(3, 214))
    house.send_event(ON)
    eventually(lambda: panel.text('vscp-value[nickname="3"]', ".value") == "21.4 °C")
    assert faults(panel.browser) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_nothing_keeps_anybody_out(panel, house, axe, eventually, scheme, size):
    look(panel.browser, scheme, size)
    assert axe(panel.browser) == []
    panel.open()
    for event in (ON, celsius(3, 214), celsius(9, 750)):
        house.send_event(event)
    eventually(lambda: "On" in panel.text("vscp-log", "ol"))
    eventually(lambda: panel.text('vscp-value[nickname="3"]', ".value") == "21.4 °C")
    panel.press(LAMP, "button")
    eventually(lambda: "nobody has reported" in panel.text(LAMP, ".failure"))
    assert axe(panel.browser) == []


def test_the_demo_fills_the_panel(browser, demo, eventually):
    panel = Panel(browser, demo.port, eventually).open()
    eventually(lambda: panel.text('vscp-gauge[nickname="10"]', ".value").endswith("W"))
