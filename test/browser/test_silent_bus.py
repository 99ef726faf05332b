"""Page and panel opened on a bus that is silent: what they show is what the daemon remembers."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3

import pytest

from browser.chromium import faults, open_logged_out
from browser.hand import Hand
from browser.memory import guid, remembering, state
from browser.test_page import LEGEND, Page
from system.clients import Event, Ws1
from system.daemon import Daemon, driver_block

pytestmark = pytest.mark.browser

HOUR = 3600
SOON = 1000                     # ms from the login until all is there
TRIES = 5                       # a busy machine spoils some
TEMPERATURE = Event(10, 6, guid=bytes(15) + b"\x03", data=bytes.fromhex("8A8100D6"))
NAMES = {"nodes": [{"guid": guid(3), "name": "Living room", "area": "Ground floor", "sensors": [
    {"class": 10, "type": 6, "name": "Air"}]}],
    "zones": [{"zone": 2, "subzone": 1, "name": "Ceiling lamp"}]}

#: The house of the panel, by class, type, data and nickname.
HOUSE = [(10, 6, bytes.fromhex("888100D6"), 3), (10, 6, bytes.fromhex("888100BE"), 6),
         (10, 6, bytes.fromhex("88810040"), 11), (10, 6, bytes.fromhex("8881022B"), 9),
         (10, 14, bytes.fromhex("60019F"), 10),
         (20, 3, bytes((0, 2, 1)), 5), (20, 4, bytes((0, 4, 1)), 7),
         (20, 4, bytes((0, 3, 1)), 5), (20, 75, bytes((0, 1, 3)), 7),
         (20, 40, bytes((40, 2, 1)), 5)]

#: Of each tile of the panel its value and its age, once all have one; and after how many ms.
TILES = """
const done = arguments[arguments.length - 1];
const start = performance.now();
const tiles = [...document.querySelectorAll('vscp-value, vscp-gauge')];
const text = (tile, part) => tile.shadowRoot.querySelector(part)?.textContent.trim() ?? '';
const switches = [...document.querySelectorAll('vscp-switch')];
const look = () => {
  const values = tiles.map(tile => text(tile, '.value'));
  const ages = [...tiles, ...switches].map(tile => text(tile, '.age'));
  const on = ['2', '4'].map(zone => switches.find(at => at.getAttribute('zone') === zone)
    .shadowRoot.querySelector('button').getAttribute('aria-checked'));
  if (values.every(value => /\\d/.test(value)) && ages.every(age => age && !/not conn/.test(age))) {
    done({values, ages, on, after: performance.now() - start});
  } else requestAnimationFrame(look);
};
document.querySelector('vscp-connection').shadowRoot.querySelector('form button').click();
look();"""
#: What goes over websockets.
SENT = """
window.sent = [];
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (text) {
  window.sent.push(text);
  return send.call(this, text);
};
"""
#: How many points each series of the plot has, and how many of them are in sight.
POINTS = """
const plot = document.querySelector('vscp-plot');
const {end, span} = plot?.axis ?? {};
return [...plot?._series.values() ?? []].map(({times}) => [times.length,
  times.filter(time => time >= end - span && time <= end).length]);"""


class Panel(Hand):
    """``/panel.html``; each opening is a new login."""

    def __init__(self, browser, port, eventually):
        super().__init__(browser, eventually)
        self._port = port

    def tiles(self):
        open_logged_out(self.browser, "http://localhost:%d/panel.html" % self._port)
        self.write("secret", "vscp-connection", "input[name=password]")
        return self.browser.execute_async_script(TILES)

    def soonest_tiles(self):
        """Of some openings the one that was filled first."""
        seen = []
        while len(seen) < TRIES and min((each["after"] for each in seen), default=SOON) >= SOON:
            seen.append(self.tiles())
        return min(seen, key=lambda each: each["after"])

    def points(self):
        return self.browser.execute_script(POINTS)


def in_sight(page):
    """How many points of the first series are in sight, 0 before there is one."""
    points = page.browser.execute_script(POINTS)
    return points[0][1] if points else 0


class TestSilentForAnHour:
    """All nodes have spoken for a day until an hour ago."""

    @pytest.fixture
    def house(self, tmp_path):
        with remembering(tmp_path, "silent") as house:
            house.remember([state(*event) for event in HOUSE], {
                guid(3): {"value": 21, "swing": 1, "unit": "°C", "until": HOUR},
                guid(6): {"value": 19, "swing": 1, "unit": "°C", "until": HOUR},
                guid(11): {"value": 6, "swing": 5, "unit": "°C", "until": HOUR}}, NAMES)
            yield house

    def test_the_panel_is_filled_within_a_second_of_the_login(self, browser, house, eventually):
        panel = Panel(browser, house.port, eventually)
        tiles = panel.soonest_tiles()
        assert tiles["after"] < SOON
        assert tiles["values"] == ["21.4 °C", "19.0 °C", "6.4 °C", "415 W", "55.5 °C"]
        assert set(tiles["ages"]) == {"60 min ago"}
        assert tiles["on"] == ["true", "false"]
        eventually(lambda: all(count > 1300 for count, _ in panel.points()))
        eventually(lambda: all(seen >= 58 for _, seen in panel.points()))       # the hour
        assert [fault for fault in faults(browser) if "favicon" not in fault] == []

    def test_all_plots_of_a_panel_ask_for_their_past_together(self, browser, house, eventually):
        browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": SENT})
        panel = Panel(browser, house.port, eventually)
        panel.tiles()
        eventually(lambda: all(count > 1300 for count, _ in panel.points()))
        asked = [json.loads(text)["args"] for text in browser.execute_script("return window.sent")
                 if '"HISTORY"' in text]
        about = [len(args.get("sensors", [args])) for args in asked]
        assert sum(about) >= 3 and len(about) <= 2      # a slow machine may need a second one

    def test_the_page_shows_every_node_with_value_and_age(self, browser, house, eventually):
        page = Page(browser, house.port, eventually).open()
        eventually(lambda: len(page.all("#nodes > li")) == 7)
        eventually(lambda: set(page.texts("#nodes .age")) == {"quiet, 60 min ago"})
        assert page.rows() == []
        eventually(lambda: re.search("Living room.*21.4 °C", page.text("#nodes")))
        page.press("#nodes .sensor")
        eventually(lambda: in_sight(page) >= 58)
        page.browser.execute_script("document.querySelector('vscp-plot').axis.span = 3600000")
        eventually(lambda: in_sight(page) < 5)          # as it is chosen


class TestAfterARestart:
    """The daemon that knows it from its files alone."""

    @pytest.fixture
    def port(self, tmp_path):
        files = {"state-file": str(tmp_path / "states"), "history-file": str(tmp_path / "history")}
        daemon = Daemon(tmp_path, driver_block(config="virtual:restart"), settings={"state": files})
        with daemon:
            with Ws1(daemon.port) as client:
                for vscp_class, vscp_type, data, nickname in HOUSE:
                    assert client.send_event(Event(
                        vscp_class, vscp_type, guid=bytes(15) + bytes((nickname,)), data=data)) == 0
        assert daemon.status == 0
        _age(tmp_path)
        with daemon:
            yield daemon.port

    def test_the_panel_is_filled_and_says_that_it_is_restored(self, browser, port, eventually):
        panel = Panel(browser, port, eventually)
        tiles = panel.soonest_tiles()
        assert tiles["after"] < SOON
        assert tiles["values"] == ["21.4 °C", "19.0 °C", "6.4 °C", "415 W", "55.5 °C"]
        assert set(tiles["ages"]) == {"restored, 60 min ago"}
        assert tiles["on"] == ["true", "false"]
        eventually(lambda: all(seen >= HOUR / 60 for _, seen in panel.points()))

    def test_the_page_says_it_of_every_node(self, browser, port, eventually):
        page = Page(browser, port, eventually).open()
        eventually(lambda: len(page.all("#nodes > li")) == 7)
        eventually(lambda: set(page.texts("#nodes .age")) == {"restored, 60 min ago"})
        page.press("#nodes .sensor")
        eventually(lambda: in_sight(page) >= HOUR / 60)


class TestThePage:
    """Has state, history and names, beside what happens."""

    @pytest.fixture
    def daemon(self, tmp_path):
        with remembering(tmp_path, "page") as running:
            running.remember([state(*TEMPERATURE[:2], TEMPERATURE.data, 3),
                              state(20, 9, (0, 2, 1), 3, restored=True),
                              state(1, 2, (0, 2, 1), 5)],
                             {guid(3): {"value": 21, "swing": 1, "unit": "°C", "index": 2}}, NAMES)
            yield running

    @pytest.fixture
    def page(self, browser, daemon, eventually):
        return Page(browser, daemon.port, eventually)

    @pytest.fixture
    def bus(self, daemon):
        with Ws1(daemon.port) as client:
            yield client

    def test_state_is_in_nodes_and_alarms_and_is_no_news(self, page, eventually):
        page.open()
        eventually(lambda: re.search("Living room.*60 min ago.*Air.*21.4 °C", page.text("#nodes")))
        eventually(lambda: page.browser.title == "(1 alarm) VSCP monitor")
        assert page.rows() == [] and page.text("#count") == "0 events"
        assert page.text("#told") == ""

    def test_alarms_come_with_all_else_and_move_nothing_later(self, page):
        page.browser.execute_script("""
            const app = document.querySelector('#app');
            new MutationObserver(() => {
              if (app.hidden) return;
              window.first ??= document.querySelector('#alarms-section').checkVisibility();
            }).observe(app, {attributeFilter: ['hidden']});""")
        page.open()
        assert page.browser.execute_script("return window.first") is True

    def test_an_alarm_that_is_repeated_keeps_its_row(self, page, bus, eventually):
        page.open()
        eventually(lambda: page.texts("#alarms .age") == ["60 min ago"])
        row = page.find("#alarms li")
        bus.send_event(Event(1, 2, guid=bytes(15) + b"\x05", data=bytes((0, 2, 1))))
        eventually(lambda: page.texts("#alarms .age") != ["60 min ago"])
        assert page.find("#alarms li") == row

    def test_plots_begin_with_the_past_and_come_back_after_a_reload(self, page, eventually):
        page.press("#login-form input[name=remember]")
        page.open()
        page.press("#nodes .sensor")
        points = ("const [first] = document.querySelector('vscp-plot')?._series.values() ?? [];"
                  "return first?.times.length ?? 0")
        eventually(lambda: page.browser.execute_script(points) > 1400)
        page.browser.refresh()
        eventually(page.is_open)
        eventually(lambda: page.browser.execute_script(points) > 1400)
        eventually(lambda: "Living room Air" in page.browser.execute_script(LEGEND))
        late = ("const [{times}] = document.querySelector('vscp-plot')._series.values();"
                "return Date.now() - times.at(-1)")
        assert page.browser.execute_script(late) > 0
        page.press("#log-out")
        page.open()
        assert not page.all("vscp-plot")                # forgotten with the login

    def test_names_are_in_rows_and_found(self, page, bus, eventually):
        page.open()
        bus.send_event(TEMPERATURE)
        page.see("Living room")
        page.choose("#search", "living air")
        eventually(lambda: len(page.rows()) == 1)
        page.choose("#search", "0x03")
        eventually(lambda: len(page.rows()) == 1)
        page.choose("#search", "kitchen")
        eventually(lambda: page.rows() == [])

    def test_names_are_in_exports(self, page, bus, tmp_path, eventually):
        page.open()
        page.browser.execute_cdp_cmd("Browser.setDownloadBehavior", {
            "behavior": "allow", "downloadPath": str(tmp_path / "files")})
        bus.send_event(TEMPERATURE)
        page.see("Living room")
        bus.send_event(Event(20, 3, guid=bytes(15) + b"\x05", data=bytes((0, 2, 1))))
        page.see("Ceiling lamp")
        texts = {}
        for form in ("csv", "json"):
            assert page.export(form).startswith("2 events in ")
        files = tmp_path / "files"
        eventually(lambda: len(list(files.glob("vscp-*.csv")) + list(files.glob("*.json"))) == 2)
        for form in ("csv", "json"):
            texts[form] = next(files.glob("*.%s" % form)).read_text(encoding="utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(texts["csv"], newline="")))
        named = [[row[key] for key in ("node", "node name", "area", "sensor name", "zone name")]
                 for row in rows]
        assert sorted(named) == [["0x03", "Living room", "Ground floor", "Air", ""],
                                 ["0x05", "", "", "", "Ceiling lamp"]]
        assert sorted(list(each["names"].items()) for each in json.loads(texts["json"])) == [
            [("node", "Living room"), ("sensor", "Air"), ("area", "Ground floor")],
            [("zone", "Ceiling lamp")]]


def _age(folder):
    """The files as they would be had all happened an hour earlier, and each minute before, too."""
    states = folder / "states"
    lines = [json.loads(line) for line in states.read_text(encoding="utf-8").splitlines()]
    assert len(lines) == len(HOUSE)
    for line in lines:
        line["time"] -= HOUR
    states.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    with sqlite3.connect(str(folder / "history")) as database:
        rows = database.execute(
            "SELECT sensor, number, least, sum, greatest, count FROM minute").fetchall()
        assert rows
        database.execute("DELETE FROM minute")
        database.executemany("INSERT OR REPLACE INTO minute VALUES (?, ?, ?, ?, ?, ?)", [
            (sensor, number - HOUR // 60 - back, *values)
            for sensor, number, *values in rows for back in range(HOUR // 60)])
    database.close()
