"""One login for all pages of an origin; links that bring a key or a kiosk; what nobody sees who may
not do it; the sheet behind the bus's chip."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request

import pytest

from browser.chromium import faults, shadow
from browser.hand import Hand
from system.clients import Event, Ws1
from system.daemon import SCRIPT, Daemon, driver_block
from vscpws.access.credentials import hash_password

pytestmark = pytest.mark.browser

KEY = "00112233445566778899AABBCCDDEEFF"
CELSIUS = Event(10, 6, guid=bytes(15) + b"\x03", data=bytes.fromhex("888100D6"))
ON = Event(20, 3, data=bytes((0, 2, 1)))
STATUS = "vscp-connection", "[role=status]"
ALERT = "vscp-connection", "[role=alert]"
OUT = "vscp-connection", ".bar button:last-of-type"
LAMP = "vscp-switch[zone='2']"


class Site(Hand):
    """All pages of a daemon in one browser."""

    def __init__(self, browser, daemon, eventually):
        super().__init__(browser, eventually)
        self.daemon = daemon

    def go(self, path=""):
        self.browser.get("http://localhost:%d/%s" % (self.daemon.port, path))
        return self

    def log_in(self, user="admin", password="secret", remember=False):
        """Where the form is: on the page, or in the panel's connection."""
        def part(selector):
            return lambda: (shadow(self.browser, "#login-form " + selector)
                            or shadow(self.browser, "vscp-connection", "form " + selector))
        for name, text in (("user", user), ("password", password)):
            self.write(text, part("input[name=%s]" % name))
        if remember:
            self.press(part("input[name=remember]"))
        self.press(part("button"))
        return self

    def on_page(self, user="admin"):
        self.eventually(lambda: self.text("#connection-text") == "connected as %s" % user,
                        "the page is not connected as %s" % user)
        return self

    def on_panel(self, user="admin"):
        self.eventually(lambda: self.text(*STATUS) == "connected as %s" % user,
                        "the panel is not connected as %s" % user)
        return self


def tool(daemon, *args):
    """What a tool of the program prints, for the files of a daemon."""
    return subprocess.run([sys.executable, str(SCRIPT), "--ini", str(daemon._ini), *args],
                          check=True, capture_output=True, text=True, timeout=60).stdout


def reload(daemon, eventually):
    before = daemon.log().count(" reloaded")
    os.kill(daemon.pid, signal.SIGHUP)
    eventually(lambda: daemon.log().count(" reloaded") > before, daemon.log())


@pytest.fixture
def daemon(tmp_path):
    made = Daemon(tmp_path, driver_block(config="virtual:together"))
    path = tmp_path / "users.json"
    content = json.loads(path.read_text())
    content["users"] = [user for user in content["users"] if user["name"] == "admin"] + [
        {"name": "viewer", "password": hash_password("viewer", "secret"),
         "rights": "ws/receive-events"},
        {"name": "panel", "password": hash_password("panel", "secret"),
         "rights": "ws/receive-events/send-events", "events": ["TX;30;*"]}]
    path.write_text(json.dumps(content))
    with made as running:
        yield running


@pytest.fixture
def site(browser, daemon, eventually):
    return Site(browser, daemon, eventually)


@pytest.fixture
def house(daemon):
    """Somebody on the bus."""
    with Ws1(daemon.port) as client:
        yield client


class TestOneLogin:
    def test_holds_from_page_to_panel_and_back(self, site):
        site.go().log_in().on_page()
        site.press("#to-panel")
        site.on_panel()
        site.eventually(lambda: not site.is_shown("vscp-connection", "form"))
        site.press("header a")
        site.on_page()
        assert "secret" not in site.browser.execute_script("return JSON.stringify(localStorage)")

    def test_that_is_remembered_is_there_in_another_tab(self, site):
        site.go("panel.html").log_in("viewer", remember=True).on_panel("viewer")
        site.browser.switch_to.new_window("tab")
        site.go().on_page("viewer")

    @pytest.mark.parametrize("remember", [True, False])
    def test_ends_everywhere_with_one_logout(self, site, eventually, remember):
        site.go().log_in(remember=remember).on_page()
        first = site.browser.current_window_handle
        site.browser.switch_to.new_window("tab")
        site.go("panel.html")
        if not remember:                    # then another tab asks
            site.log_in()
        site.on_panel()
        site.press(*OUT)
        eventually(lambda: site.is_shown("vscp-connection", "form"))
        site.browser.switch_to.window(first)
        eventually(lambda: site.is_shown("#login-form"))
        site.browser.refresh()
        eventually(lambda: site.is_shown("#login-form"))
        assert "secret" not in site.browser.execute_script(
            "return JSON.stringify([{...localStorage}, {...sessionStorage}])")


class TestTheKey:
    @pytest.fixture
    def daemon(self, tmp_path):
        (tmp_path / "own.key").write_text(KEY)
        with Daemon(tmp_path, driver_block(config="virtual:together"),
                    settings={"key-file": str(tmp_path / "own.key")}) as running:
            yield running

    @pytest.mark.parametrize("path", ["", "panel.html"])
    def test_comes_with_a_link_and_stays(self, site, path):
        on = site.on_panel if path else site.on_page
        site.go("%s#key=%s" % (path, KEY)).log_in()
        on()
        assert site.browser.current_url.endswith("/" + path)
        site.press(*(OUT if path else ("#log-out",)))
        site.go(path).log_in()          # the key is the house's, and is not logged out
        on()

    def test_comes_with_a_link_to_a_page_that_is_open_already(self, site):
        site.go("panel.html").log_in()
        site.eventually(lambda: "key is wrong" in site.text(*ALERT))
        site.browser.execute_script("location.hash = 'key=%s'" % KEY)
        site.eventually(lambda: site.text(*ALERT) == ""
                        and site.browser.execute_script("return location.hash") == "")
        site.log_in().on_panel()

    def test_that_was_never_right_is_told_from_one_that_was(self, site):
        site.go("#key=%s" % ("0" * 32)).log_in()
        site.eventually(lambda: "has not been right on this device yet"
                        in site.text("#login-form [role=alert]"))
        site.eventually(lambda: site.is_shown("#login-form input[name=key]"))
        site.go("panel.html#key=%s" % KEY).log_in().on_panel()
        site.press(*OUT)
        site.log_in(password="wrong")
        site.eventually(lambda: "look at user and password first" in site.text(*ALERT))


class TestKiosk:
    def test_logs_in_by_itself_until_it_is_withdrawn(self, site, daemon, eventually):
        made = tool(daemon, "--make-kiosk", "panel", "--label", "Hall")
        id = re.search(r"kiosk ([0-9a-f]{8}) \(Hall\)", made).group(1)
        reload(daemon, eventually)
        site.browser.get(re.search(r"http://\S+", made).group())
        site.on_panel("panel")
        assert "kiosk" not in site.browser.current_url
        eventually(lambda: not site.is_shown("vscp-connection", "form")
                   and not site.is_shown(*OUT))
        daemon.stop()
        eventually(lambda: "next try" in site.text(*STATUS))
        daemon.start()
        site.on_panel("panel")
        site.browser.switch_to.new_window("tab")        # as after a power cut
        site.go("panel.html").on_panel("panel")
        assert id in tool(daemon, "--list-kiosks")
        tool(daemon, "--withdraw-kiosk", id)
        reload(daemon, eventually)
        eventually(lambda: "link is no longer good" in site.text(*ALERT))
        eventually(lambda: site.is_shown("vscp-connection", "form"))
        assert "there is no kiosk" in tool(daemon, "--list-kiosks")

    def test_that_was_shut_out_comes_back_by_itself(self, site, daemon, eventually):
        site.browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": (
            "const wait = setTimeout; window.setTimeout = (act, ms, ...rest) =>"
            "  wait(act, ms === 660000 ? 500 : ms, ...rest);")})
        made = tool(daemon, "--make-kiosk", "panel")
        reload(daemon, eventually)
        site.browser.get(re.search(r"http://\S+", made).group())
        site.on_panel("panel")
        path = daemon._ini.parent / "users.json"
        users = path.read_text()
        path.write_text(users.replace('"name": "panel"', '"name": "panel", "remotes": "10.0.0.1"'))
        reload(daemon, eventually)
        eventually(lambda: "link is no longer good" in site.text(*ALERT))
        path.write_text(users)
        reload(daemon, eventually)
        site.on_panel("panel")

    def test_waits_for_a_daemon_that_is_not_there_yet(self, site, daemon, eventually):
        made = tool(daemon, "--make-kiosk", "panel")
        reload(daemon, eventually)
        site.browser.execute_cdp_cmd("Network.enable", {})
        site.browser.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/healthz*"]})
        site.browser.get(re.search(r"http://\S+", made).group())
        eventually(lambda: "next try" in site.text(*STATUS))
        assert not site.is_shown("vscp-connection", "form")
        site.browser.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})
        site.on_panel("panel")


class TestWhoMayNot:
    CONTROLS = [("vscp-switch", "button"), ("vscp-slider", "input"), ("vscp-cover", "button"),
                ("vscp-setpoint", "button"), ("vscp-button", "button")]
    ALL = {name for name, _ in CONTROLS}

    @pytest.mark.parametrize("user, seen", [
        ("admin", ALL), ("panel", ALL - {"vscp-setpoint"}), ("viewer", set())])
    def test_sees_no_controls_on_a_panel(self, site, house, eventually, user, seen):
        site.go("panel.html").log_in(user).on_panel(user)
        eventually(lambda: {control[0] for control in self.CONTROLS
                            if site.is_shown(*control)} == seen)
        eventually(lambda: site.is_shown("vscp-button[vscp-class=alarm]") is (user == "admin"))
        house.send_event(ON)
        if user == "viewer":            # but what they would show
            eventually(lambda: site.text(LAMP, "output") == "on")
            assert site.is_shown(LAMP, "output")
        else:
            eventually(lambda: site.at(LAMP, "button").get_attribute("aria-checked") == "true")
        assert faults(site.browser) == []

    def test_sees_none_on_the_page(self, site, house, eventually):
        site.go().log_in("viewer").on_page("viewer")
        assert not site.is_shown("#open-send")
        site.unfold("#filters")
        eventually(lambda: site.is_shown("#filter-class") and not site.is_shown("#filter-server"))
        site.press("#filters summary")
        house.send_event(CELSIUS)
        eventually(lambda: "Temperature" in site.text("#events-rows"))
        site.press("#events-rows .row:not([hidden]) .cell-time")
        eventually(lambda: site.is_shown("#details"))
        assert not site.is_shown("#details-template")

    def test_is_offered_to_send_what_he_may(self, site):
        site.go().log_in("panel").on_page("panel")
        site.press("#open-send")
        site.eventually(lambda: site.browser.execute_script(
            "return [...document.querySelectorAll('#send-class option')].map(o => o.value)") == [
                "", "30"])

    def test_rights_that_are_taken_away_take_the_controls(self, site, daemon, eventually):
        site.go("panel.html").log_in("panel").on_panel("panel")
        path = daemon._ini.parent / "users.json"
        path.write_text(path.read_text().replace("/send-events", ""))
        reload(daemon, eventually)
        site.press(LAMP, "button")             # is refused
        eventually(lambda: not site.is_shown(LAMP, "button"))


class TestTheBus:
    def test_has_a_sheet_behind_its_chip_for_who_is_logged_in(self, site, house, eventually, axe):
        site.go()
        eventually(lambda: site.text("#bus-text"))
        assert not site.at("#bus").is_enabled()
        site.log_in().on_page()
        for _ in range(3):
            house.send_event(Event(30, 5, data=bytes((0, 2, 1))))
        site.press("#bus")
        eventually(lambda: "Frames sent3" in site.text("#bus-list"))
        text = site.text("#bus-list")
        assert "virtual:together is up" in text             # as the log has it
        for name in ("State", "Since", "Load", "Frames received", "Events", "Error frames",
                     "Lost", "Not sent"):
            assert name in text
        assert axe(site.browser) == []
        house.send_event(Event(30, 5, data=bytes((0, 2, 1))))
        eventually(lambda: "Frames sent4" in site.text("#bus-list"))
        site.press("#bus-sheet [data-close]")
        assert not site.is_shown("#bus-sheet")

    def test_is_told_nothing_of_to_strangers(self, daemon):
        with urllib.request.urlopen("http://127.0.0.1:%d/healthz" % daemon.port) as answer:
            assert set(json.load(answer)["buses"][0]) == {"name", "state"}


def test_the_past_is_never_shown_as_live(site, daemon, house, eventually):
    site.go().log_in().on_page()
    house.send_event(CELSIUS)
    eventually(lambda: "21.4" in site.text("#nodes"))
    assert not site.is_shown("#past")
    daemon.stop()
    eventually(lambda: "what is shown is as it was then" in site.text("#past"))
    assert site.is_shown("#past")
    daemon.start()
    eventually(lambda: not site.is_shown("#past"))
