"""The browser library without a browser: its modules in node, against the real daemon."""

from __future__ import annotations

import os
import pathlib
import subprocess

import pytest

from browser.chromium import PATIENCE
from browser.scripted import CATALOG, LIBRARY, Page, node
from system.clients import Event, Ws1
from system.daemon import Daemon, driver_block

HERE = pathlib.Path(__file__).resolve().parent
VECTORS = HERE.parent / "reading" / "vectors.json"
HEARTBEAT = Event(20, 9, data=bytes((0, 4, 1)))


@pytest.fixture
def daemon(tmp_path):
    with Daemon(tmp_path, driver_block(config="virtual:library")) as running:
        yield running


@pytest.fixture
def page(daemon):
    with Page(daemon.port) as driven:
        yield driven


@pytest.fixture
def other(daemon):
    with Ws1(daemon.port) as client:
        yield client


def received(client, count=1):
    """The first events that a client has got, when there are so many."""
    assert client.wait(lambda: len(client.events) >= count, PATIENCE)
    return client.events[:count]


@pytest.mark.parametrize("part", ["pure", "plots", "connection", "knowledge", "login"])
def test_the_parts_that_need_no_daemon(part):
    run = subprocess.run(
        [*node(), "--test", str(HERE / "node" / ("%s.test.mjs" % part))],
        capture_output=True, text=True, timeout=120,
        env=dict(os.environ, VSCP_LIBRARY=LIBRARY.as_uri(), VSCP_CATALOG=str(CATALOG),
                 VSCP_VECTORS=str(VECTORS)))
    assert run.returncode == 0, run.stdout + run.stderr


def test_a_login_goes_through_its_states(page):
    page.tell("login", "admin", "secret")
    seen = [page.until("state")["state"]["state"] for _ in range(3)]
    assert seen == ["connecting", "login", "open"]
    assert page.until("done")["done"] == "login"


@pytest.mark.parametrize("user, password", [("admin", "wrong"), ("nobody", "secret")])
def test_a_refused_login_ends_there(page, user, password):
    failure = page.ask("login", user, password)
    assert (failure["code"], failure["message"]) == (5, "Not authorized.")
    page.log_in()       # and another try is a new one


def test_a_wrong_key_is_a_refused_login(daemon):
    with Page(daemon.port, key="00" * 16) as page:
        assert page.ask("login", "admin", "secret")["code"] == 5


def test_without_a_daemon_a_login_fails_at_once(daemon):
    daemon.stop()
    with Page(daemon.port) as page:
        assert "no connection" in page.ask("login", "admin", "secret")["message"]
    daemon.start()


def test_events_come_with_names_and_values(page, other):
    page.log_in()
    assert other.send_event(Event(10, 6, 2, data=bytes.fromhex("8A810107"))) == 0
    event = page.event()
    assert (event["class"], event["type"], event["priority"]) == (10, 6, 2)
    assert event["text"] == "Measurement: Temperature 26.3 °C, index 2"
    assert event["reading"]["value"] == 26.3


def test_the_catalog_is_the_daemon_s_where_none_is_given(daemon, other):
    with Page(daemon.port, catalog="") as page:
        page.log_in()
        assert other.send_event(HEARTBEAT) == 0
        assert page.event()["text"].startswith("Information: Node Heartbeat")


def test_an_event_is_sent_by_name(page, other):
    page.log_in()
    assert page.ask("send", {"class": "control", "type": "TurnOn", "data": [0, 2, 1]}) is None
    event, = received(other)
    assert (event.vscp_class, event.vscp_type, event.data) == (30, 5, bytes((0, 2, 1)))


def test_what_the_server_refuses_has_its_code_and_text(page):
    page.log_in()
    failure = page.ask("send", {"class": 10, "type": 6, "data": [1] * 9})
    assert failure["code"] == 8 and failure["message"] == "Parse error, invalid format."


def test_a_name_that_nobody_has_is_refused_here(page):
    page.log_in()
    failure = page.ask("send", {"class": "nonsense", "type": 1})
    assert failure["message"] == 'no class is called "nonsense"'


def test_many_at_a_time_are_answered_in_their_order(page, other):
    page.log_in()
    for number in range(50):
        page.tell("send", {"class": 20, "type": 3, "data": [number]})
    assert [event.data[0] for event in received(other, 50)] == list(range(50))
    for _ in range(50):
        page.until("done")


def test_a_filter_holds_over_a_lost_connection(daemon, page):
    page.log_in()
    assert page.ask("setFilter", {"class": 20, "maskClass": 0xFFFF}) is None
    daemon.stop()
    waiting = page.until("state", state="waiting")["state"]
    assert waiting["retryIn"] == 250
    daemon.start()
    page.until("state", state="open")
    with Ws1(daemon.port) as other:
        other.send_event(Event(10, 6, data=bytes.fromhex("8A810107")))
        other.send_event(HEARTBEAT)
        assert page.event()["class"] == 20


def test_pauses_grow_while_the_daemon_is_away(daemon, page):
    page.log_in()
    daemon.stop()
    pauses = [page.until("state", state="waiting")["state"]["retryIn"] for _ in range(4)]
    assert pauses == [250, 500, 1000, 2000]
    daemon.start()


def test_a_close_for_policy_is_not_tried_again(tmp_path):
    settings = {"limits": {"max-message-rate": "20"}}
    with Daemon(tmp_path, driver_block(config="virtual:flood"), settings=settings) as daemon:
        with Page(daemon.port) as page:
            page.log_in()
            for _ in range(250):
                page.tell("send", {"class": 20, "type": 3})
            closed = page.until("state", state="closed")["state"]
            assert closed["reason"]


def test_after_a_logout_nothing_comes(page, other):
    page.log_in()
    assert page.ask("logout") is None
    page.log_in()
    other.send_event(HEARTBEAT)
    assert page.event()["text"] == "Information: Node Heartbeat, zone 4, subzone 1, user 0"
