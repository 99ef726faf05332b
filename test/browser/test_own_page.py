"""A user's own page: the one of the documentation, and elements by themselves."""

from __future__ import annotations

import pathlib
import re

import pytest

from browser.chromium import DESKTOP, PHONE, faults, look
from browser.hand import Hand
from browser.memory import guid, remembering, state
from system.clients import Event, Ws1

pytestmark = pytest.mark.browser

DOC = pathlib.Path(__file__).resolve().parents[2] / "doc" / "elements.md"
MOST_LINES = 60
PAGE = ('<!doctype html><html lang="en"><title>own</title><style>:root {color-scheme: light dark;'
        'background: Canvas}</style><script type="module" src="vscp/elements.js"></script>'
        "<main><h1>own</h1><vscp-connection user=admin>%s</vscp-connection></main></html>")
ON = Event(20, 3, data=bytes((0, 2, 1)))


def celsius(nickname, tenths):
    return Event(10, 6, guid=bytes(15) + bytes((nickname,)),
                 data=bytes((0x88, 0x81)) + tenths.to_bytes(2, "big", signed=True))


def documented():
    """The page that the documentation shows."""
    text = DOC.read_text(encoding="utf-8")
    return next(block for block in re.findall(r"```html\n(.*?)```", text, re.S)
                if "<title>My house</title>" in block)


class Own(Hand):
    """Pages in ``web-root``, and what one does there."""

    def __init__(self, browser, root, daemon, eventually):
        super().__init__(browser, eventually)
        self._root, self._daemon = root, daemon

    def remember(self, *known, **more):
        self._daemon.remember(*known, **more)

    def open(self, html, whole=False):
        """Show a page, or what is in one, and log in."""
        (self._root / "index.html").write_text(html if whole else PAGE % html, encoding="utf-8")
        self.browser.get("http://localhost:%d/" % self._daemon.port)
        password = "vscp-connection", "input[name=password]"
        self.write("secret", *password)
        self.keys("\n", *password)
        self.eventually(lambda: self.text("vscp-connection", "[role=status]")
                        == "connected as admin")
        return self


@pytest.fixture
def daemon(tmp_path):
    (tmp_path / "root").mkdir()
    with remembering(tmp_path, "own", web_root=str(tmp_path / "root")) as running:
        yield running


@pytest.fixture
def own(browser, tmp_path, daemon, eventually):
    return Own(browser, tmp_path / "root", daemon, eventually)


@pytest.fixture
def house(daemon):
    """Somebody on the bus."""
    with Ws1(daemon.port) as client:
        yield client


class TestTheDocumentedPage:
    STATES = [state(10, 6, bytes.fromhex("888100D6"), 3), state(20, 3, (0, 2, 1), 5),
              state(20, 4, (0, 4, 1), 5), state(20, 40, (40, 3, 1), 5),
              state(20, 63, (0, 2, 3), 5), state(10, 6, bytes.fromhex("88810040"), 11, 7200, True)]

    def test_has_so_few_lines_and_no_script(self):
        html = documented()
        assert html.count("\n") <= MOST_LINES
        assert re.findall(r"<script[^>]*>(.*?)</script>", html, re.S) == [""]

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize("size", [DESKTOP, PHONE])
    def test_begins_with_what_is_known(self, own, axe, eventually, scheme, size):
        own.remember(self.STATES, {guid(11): {"value": 6, "swing": 5, "unit": "°C"}})
        look(own.browser, scheme, size)
        own.open(documented(), whole=True)
        eventually(lambda: "21.4 °C" in own.text("vscp-value", ".value"))
        eventually(lambda: own.text("vscp-value", ".age") == "60 min ago")
        eventually(lambda: ["true", "false"] == [
            own.at('vscp-switch[zone="%d"]' % zone, "button").get_attribute("aria-checked")
            for zone in (2, 4)])
        eventually(lambda: own.text("vscp-cover", "output") == "open")
        eventually(lambda: own.text("vscp-slider", "output") == "40 %")
        eventually(lambda: re.fullmatch(r"min[-\d.]+ °Cmean[-\d.]+ °Cmax[-\d.]+ °C",
                                        own.text("vscp-stat", "dl")))
        eventually(lambda: "restored, 2 h ago" in own.text("vscp-nodes", "tbody"))
        points = "return [...arguments[0]._series.values()][0].times.length"
        eventually(lambda: own.browser.execute_script(points, own.at("vscp-plot")) > 1400)
        width = "return document.documentElement.scrollWidth <= innerWidth"
        assert own.browser.execute_script(width)
        assert axe(own.browser) == []

    def test_goes_on_with_what_happens(self, own, house, eventually):
        own.open(documented(), whole=True)
        house.send_event(celsius(11, 50))
        house.send_event(celsius(11, -20))
        eventually(lambda: own.text("vscp-stat", "dd") == "-2.0 °C")
        house.send_event(Event(1, 2, guid=bytes(15) + b"\x05", data=bytes((0, 4, 1))))
        eventually(lambda: own.text("vscp-alarm", ".value") == "Alarm occurred")
        house.send_event(Event(1, 13, guid=bytes(15) + b"\x05", data=bytes((0, 4, 1))))
        eventually(lambda: own.text("vscp-alarm", ".value") == "no alarm")
        assert [fault for fault in faults(own.browser) if "favicon" not in fault] == []


class TestState:
    def test_never_confirms_a_switch(self, own, house, eventually):
        own.open('<vscp-switch label="Lamp" zone="2" subzone="1"></vscp-switch>')
        own.tap("vscp-switch", "button")
        busy = "return arguments[0].isBusy"
        told = """
            const connection = document.querySelector('vscp-connection').connection;
            import('/vscp/event.js').then(({VscpEvent}) => connection.emit('known', new VscpEvent(
              {class: 20, type: 3, data: [0, 2, 1], guid: '00:'.repeat(15) + '05'},
              connection.catalog, connection.clock, {age: 5})));"""
        own.browser.execute_script(told)
        eventually(lambda: own.browser.execute_script(
            "return arguments[0].isOn", own.at("vscp-switch")))
        assert own.browser.execute_script(busy, own.at("vscp-switch"))
        house.send_event(ON)
        eventually(lambda: not own.browser.execute_script(busy, own.at("vscp-switch")))

    def test_makes_no_line_in_a_log(self, own, house, eventually):
        own.remember([state(20, 3, (0, 2, 1), 5)])
        own.open("<vscp-log></vscp-log>")
        house.send_event(ON)
        eventually(lambda: own.text("vscp-log", "ol"))
        assert len(own.browser.execute_script(
            "return [...arguments[0].children]", own.at("vscp-log", "ol"))) == 1

    def test_is_there_for_an_element_that_comes_later(self, own, eventually):
        own.remember([state(10, 6, bytes.fromhex("888100D6"), 3)])
        own.open("<p></p>")
        own.browser.execute_script("""
            const made = document.createElement('vscp-value');
            made.setAttribute('nickname', '3');
            document.querySelector('vscp-connection').append(made);""")
        eventually(lambda: own.text("vscp-value", ".value") == "21.4 °C")

    def test_old_news_never_replace_newer(self, own, house, eventually):
        own.open('<vscp-value nickname="3"></vscp-value>')
        house.send_event(celsius(3, 200))
        eventually(lambda: own.text("vscp-value", ".value") == "20 °C")
        own.browser.execute_script("""
            const connection = document.querySelector('vscp-connection').connection;
            return import('/vscp/event.js').then(({VscpEvent}) => connection.emit('known',
              new VscpEvent({class: 10, type: 6, data: [0x88, 0x81, 0, 0xD6],
                guid: '00:'.repeat(15) + '03'}, connection.catalog, connection.clock,
                {age: 60})));""")
        assert own.text("vscp-value", ".value") == "20 °C"

    def test_is_grey_while_the_daemon_is_gone(self, own, daemon, house, eventually):
        own.open('<vscp-value nickname="3"></vscp-value>')
        house.send_event(celsius(3, 200))
        eventually(lambda: own.text("vscp-value", ".value") == "20 °C")
        grey = "return arguments[0].classList.contains('stale')"
        assert not own.browser.execute_script(grey, own.at("vscp-value"))
        daemon.stop()
        eventually(lambda: own.browser.execute_script(grey, own.at("vscp-value")))
        eventually(lambda: "not connected" in own.text("vscp-value", ".age"))

    @pytest.mark.parametrize("html, place, before, after", [
        ("<vscp-alarm></vscp-alarm>", ".value", "no alarm", "not known"),
        ('<vscp-stat nickname="3"></vscp-stat>', "dl + p", "", "not connected"),
        ("<vscp-log></vscp-log>", "p", "", "nothing new comes"),
        ("<vscp-nodes></vscp-nodes>", "td", "", "not connected"),
        ('<vscp-switch zone="2" subzone="1"></vscp-switch>', ".age", "", "not connected"),
        ('<vscp-gauge nickname="3"></vscp-gauge>', ".age", "", "not connected"),
        ('<vscp-plot><vscp-series nickname="3"></vscp-series></vscp-plot>', "figure > p", "",
         "Not connected")])
    def test_every_element_says_that_the_daemon_is_gone(self, own, daemon, house, eventually, html,
                                                        place, before, after):
        own.open(html)
        name = html[1:].split(" ")[0].split(">")[0]
        for event in (celsius(3, 200), ON, Event(1, 2, data=bytes((0, 2, 1))),
                      Event(1, 13, data=bytes((0, 2, 1)))):
            house.send_event(event)
        eventually(lambda: before in own.text(name, place))
        assert not (own.is_shown(name, place) and after in own.text(name, place))
        daemon.stop()
        eventually(lambda: own.is_shown(name, place) and after in own.text(name, place))


class TestNames:
    NAMES = {"nodes": [{"guid": guid(3), "name": "Living room"}], "zones": []}

    def test_choose_what_an_element_shows_and_label_it(self, own, house, eventually):
        own.remember(names=self.NAMES)
        own.open('<vscp-value name="living room"></vscp-value>')
        house.send_event(celsius(6, 300))
        house.send_event(celsius(3, 200))
        eventually(lambda: own.text("vscp-value", ".value") == "20 °C")
        eventually(lambda: own.text("vscp-value", "[role=group] p") == "living room")

    def test_are_in_logs_tables_of_nodes_and_alarms(self, own, house, eventually):
        own.remember(names={"nodes": [dict(self.NAMES["nodes"][0], sensors=[
            {"class": "measurement", "type": "temperature", "name": "Air"}])]})
        own.open("<vscp-log></vscp-log><vscp-nodes></vscp-nodes><vscp-alarm></vscp-alarm>")
        house.send_event(celsius(3, 200))
        house.send_event(Event(1, 2, guid=bytes(15) + b"\x03", data=bytes((0, 4, 1))))
        eventually(lambda: re.search("Living room: .*20 °C", own.text("vscp-log", "ol")))
        eventually(lambda: own.text("vscp-nodes", "tbody td:last-child") == "Air 20 °C")
        eventually(lambda: own.text("vscp-alarm", ".value") == "Alarm occurred, Living room")

    def test_a_wrong_one_is_said_with_the_nearest(self, own, eventually):
        own.remember(names=self.NAMES)
        own.open('<vscp-value name="Living rom"></vscp-value>')
        eventually(lambda: 'did you mean "Living room"?' in own.text("vscp-value", ".failure"))


@pytest.mark.parametrize("html, says", [
    ('<vscp-value vscp-class="mesurement"></vscp-value>', 'did you mean "Measurement"?'),
    ('<vscp-gauge vscp-class="measurement" vscp-type="temprature"></vscp-gauge>',
     'did you mean "Temperature"?'),
    ('<vscp-log vscp-class="informaton"></vscp-log>', 'did you mean "Information"?'),
    ('<vscp-button vscp-type="turnonn"></vscp-button>', 'did you mean "TurnOn"?'),
    ('<vscp-switch on="control/turnom"></vscp-switch>', 'did you mean "TurnOn"?'),
    ('<vscp-slider sends="control/dimlamp"></vscp-slider>', 'did you mean'),
    ('<vscp-cover up="control/shuterup"></vscp-cover>', 'did you mean "SHUTTER_UP"?'),
    ('<vscp-setpoint vscp-type="temperatur"></vscp-setpoint>', 'did you mean "Temperature"?'),
    ('<vscp-setpoint unit="F"></vscp-setpoint>', 'unit "F": there are'),
    ('<vscp-alarm vscp-class="alam"></vscp-alarm>', 'did you mean "ALARM"?'),
    ('<vscp-nodes vscp-class="informatio"></vscp-nodes>', 'did you mean "Information"?'),
    ('<vscp-stat vscp-class="mesurement"></vscp-stat>', 'did you mean "Measurement"?'),
    ('<vscp-plot><vscp-series vscp-class="mesurement"></vscp-series></vscp-plot>',
     'did you mean "Measurement"?'),
    ('<vscp-button zone="256"></vscp-button>', "zone 256 is no whole number from 0 to 255"),
    ('<vscp-button data="12 3"></vscp-button>', 'data="12 3" is no pairs of hex digits')])
def test_what_means_nothing_says_so_in_the_element(own, eventually, html, says):
    name = html[1:html.index(" ")] if "series" not in html else "vscp-plot"
    own.open(html)
    eventually(lambda: says in own.browser.execute_script(
        "return [...arguments[0].shadowRoot.querySelectorAll('.failure')].map("
        "  at => at.textContent).join()", own.at(name)))


class TestSetpoint:
    def test_sends_in_the_right_coding_and_unit(self, own, house, eventually):
        own.open('<vscp-setpoint label="Heating" zone="2" subzone="1" min="16" max="24"'
                 ' step="0.5"></vscp-setpoint>')
        for _ in range(3):
            own.tap("vscp-setpoint", "button[aria-label='Heating more']")
        assert house.wait(lambda: house.events, 30)
        event, = house.events                           # pressed thrice, sent once
        assert (event.vscp_class, event.vscp_type) == (85, 6)
        assert event.data == bytes((0, 2, 1, 0x88, 0x81, 0x00, 0xD7))       # 21.5 °C
        eventually(lambda: own.text("vscp-setpoint", "output") == "21.5 °C")

    def test_waits_for_the_report_that_it_shows(self, own, house, eventually):
        own.open('<vscp-setpoint vscp-class="measurement" vscp-type="temperature" index="1"'
                 ' shows="measurezone/temperature"></vscp-setpoint>')
        own.tap("vscp-setpoint", "button")
        assert house.wait(lambda: house.events, 30)
        assert house.events[0].data[0] == 0x89
        eventually(lambda: "nobody has reported" in own.text("vscp-setpoint", ".failure"))
        house.send_event(Event(65, 6, data=bytes((1, 0, 0, 0x88, 0x80, 19))))
        eventually(lambda: own.text("vscp-setpoint", "output") == "19.0 °C")

    def test_stays_within_its_ends(self, own, house, eventually):
        own.open('<vscp-setpoint min="20" max="20.5"></vscp-setpoint>')
        more = "button[aria-label=more]"
        own.browser.execute_script("for (let time = 0; time < 4; time += 1) arguments[0].click()",
                                   own.at("vscp-setpoint", more))
        assert house.wait(lambda: house.events, 30)
        eventually(lambda: own.text("vscp-setpoint", "output") == "20.5 °C")
        eventually(lambda: not own.at("vscp-setpoint", more).is_enabled())


class TestCover:
    def test_moves_stops_and_goes_to_a_position(self, own, house, eventually):
        own.open('<vscp-cover label="Blind" zone="2" subzone="3"></vscp-cover>')
        for value in ("up", "stop", "down"):
            own.tap("vscp-cover", "button[value=%s]" % value)
        own.browser.execute_script(
            "arguments[0].value = 40; arguments[0].dispatchEvent(new Event('change'))",
            own.at("vscp-cover", "input"))
        assert house.wait(lambda: len(house.events) == 4, 30)
        assert [(event.vscp_class, event.vscp_type) for event in house.events] == [
            (30, 34), (30, 8), (30, 35), (30, 22)]
        assert [event.data for event in house.events][2:] == [bytes((0, 2, 3)), bytes((40, 2, 3))]

    @pytest.mark.parametrize("vscp_type, data, says", [
        (59, (0, 2, 3), "going up"), (60, (0, 2, 3), "going down"), (63, (0, 2, 3), "open"),
        (64, (0, 255, 255), "closed"), (40, (42, 2, 3), "42 %")])
    def test_says_what_is_reported(self, own, house, eventually, vscp_type, data, says):
        own.open('<vscp-cover zone="2" subzone="3"></vscp-cover>')
        house.send_event(Event(20, vscp_type, data=bytes(data)))
        eventually(lambda: own.text("vscp-cover", "output") == says)


class TestSlider:
    @pytest.mark.parametrize("attributes, value, sent", [
        ('min="-10" max="1000"', 1000, 255), ('min="-10" max="1000"', -10, 0),
        ('step="0.3"', 12.5, 13), ('max="99.9"', 99.9, 99)])
    def test_sends_only_what_a_byte_holds(self, own, house, attributes, value, sent):
        own.open("<vscp-slider %s></vscp-slider>" % attributes)
        own.browser.execute_script(
            "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('change'))",
            own.at("vscp-slider", "input"), value)
        assert house.wait(lambda: house.events, 30)
        assert house.events[0].data == bytes((sent, 0, 0))

    def test_sends_a_measured_value_with_its_unit(self, own, house):
        own.open('<vscp-slider sends="setvaluezone/temperature" unit="°C" min="-5" max="30"'
                 ' step="0.5" zone="1"></vscp-slider>')
        own.browser.execute_script(
            "arguments[0].value = -2.5; arguments[0].dispatchEvent(new Event('change'))",
            own.at("vscp-slider", "input"))
        assert house.wait(lambda: house.events, 30)
        assert house.events[0].data == bytes((0, 1, 0, 0x88, 0x81, 0xE7))


class TestButton:
    def test_says_that_its_event_was_accepted(self, own, house, eventually):
        own.open('<vscp-button zone="2" data="01 02 ff">go</vscp-button>')
        own.tap("vscp-button", "button")
        eventually(lambda: own.text("vscp-button", "[role=status]") == "✓ sent")
        assert house.wait(lambda: house.events, 30)
        assert house.events[0].data == bytes((1, 2, 255))
        eventually(lambda: own.text("vscp-button", "[role=status]") == "")


class TestStat:
    def test_of_the_last_hours_leaves_out_what_was_before(self, own, eventually):
        own.remember([state(10, 6, bytes.fromhex("88810000"), 3, age=3 * 3600)],
                 {guid(3): {"value": 20, "swing": 0, "unit": "°C"}})
        own.open('<vscp-stat nickname="3" hours="2"></vscp-stat>')
        eventually(lambda: own.text("vscp-stat", "dl") == "min19.8 °Cmean20 °Cmax20.2 °C")
        eventually(lambda: own.text("vscp-stat", "dl + p") == "last 2 h")

    def test_without_a_history_says_since_when(self, own, house, eventually):
        own.open('<vscp-stat nickname="3" hours="2"></vscp-stat>')
        for tenths in (200, 220):
            house.send_event(celsius(3, tenths))
        eventually(lambda: "max22 °C" in own.text("vscp-stat", "dl"))
        eventually(lambda: "heard since" in own.text("vscp-stat", "dl + p"))
