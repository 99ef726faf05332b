import importlib.util
import io
import os
import sys

import pytest

from vscpws.daemon.setup import farewell, host
from vscpws.daemon.setup.farewell import addresses, next_steps, qr_code
from vscpws.daemon.setup.host import Unit
from vscpws.daemon.setup.plan import Plan

PLAN = Plan((), "", {}, "can0", "0.0.0.0", 8884, True, "00112233445566778899AABBCCDDEEFF")
LINK = "https://192.0.2.7:8884/#key=00112233445566778899AABBCCDDEEFF"


@pytest.fixture(autouse=True)
def known_host(monkeypatch):
    monkeypatch.setattr(host, "reached_at", lambda name: [
        "192.0.2.7", "house.local"] if name == "0.0.0.0" else [name])
    monkeypatch.setattr(host, "absence", lambda channel: None)
    monkeypatch.setattr(host, "unit", lambda: Unit("systemd", True))
    monkeypatch.setattr(farewell.os, "geteuid", lambda: 0)


def test_a_link_carries_the_key_behind_a_hash(known_host):
    assert addresses(PLAN) == [LINK, LINK.replace("192.0.2.7", "house.local")]
    assert addresses(PLAN._replace(has_tls=False, host="localhost"))[0].startswith(
        "http://localhost:8884/#key=0011")
    assert addresses(PLAN._replace(host="fe80::1"))[0].startswith("https://[fe80::1]:8884/")
    assert addresses(PLAN._replace(key=PLAN.key + "00"))[0] == LINK


def squares(text):
    """The light modules of a drawn code, two rows in each line, without its margin."""
    rows = []
    for line in text.split("\n"):
        rows.append([sign in "█▀" for sign in line])
        rows.append([sign in "█▄" for sign in line])
    return [row[2:-2] for row in rows[2:]]


def test_the_qr_code_is_that_of_the_link():
    segno = pytest.importorskip("segno")
    made = segno.make(LINK, micro=False)
    size = made.symbol_size(border=0)[0]
    drawn = squares(qr_code(LINK))[:size]
    assert [[not light for light in row] for row in drawn] == [
        [bool(module) for module in row] for row in made.matrix]


def test_without_the_library_it_is_said_how_to_come_by_it(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert "pip install 'vscpwsd[qr]'" in qr_code(LINK)


def test_a_terminal_without_blocks_gets_no_code(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="latin-1"))
    assert qr_code(LINK) == ""


@pytest.mark.parametrize("unit, channel, start, parts", [
    (Unit("systemd", True), "can0", "", ["systemctl enable vscpwsd; systemctl restart vscpwsd"]),
    (Unit("systemd", False), "can0", "", ["cp ", "systemd-sysusers", "daemon-reload"]),
    (Unit("systemd", True), "slcan:/dev/ttyUSB0", "", ["serial.conf", "daemon-reload"]),
    (Unit("systemd", True), "gs_usb:1", "", ["usb.conf", "daemon-reload"]),
    (Unit("init", True), "can0", "", ["service vscpwsd restart"]),
    (Unit("", False), "can0", "", ["vscpwsd.py restart"]),
    (Unit("systemd", True), "can0", "tools/run --ini x", ["The daemon: tools/run --ini x"])])
def test_what_comes_next_depends_on_how_it_is_run(monkeypatch, unit, channel, start, parts):
    monkeypatch.setattr(host, "unit", lambda: unit)
    text = "\n".join(next_steps(PLAN._replace(channel=channel), start, True))
    for part in parts:
        assert part in text
    assert ("can0.network" in text) == (channel == "can0")


@pytest.mark.parametrize("channel", ["can0", "udp_multicast:239.74.163.2", "replay:x.log",
                                     "socketcand:can0,host=192.0.2.9,port=29536",
                                     "slcan:socket://192.0.2.9:7"])
def test_what_needs_no_device_needs_no_drop_in(channel):
    steps = next_steps(PLAN._replace(channel=channel), "", True)
    assert "vscpwsd.service.d" not in "\n".join(steps)


def test_every_drop_in_that_is_named_is_there():
    for name in ("serial.conf", "usb.conf", "can0.network", "vscpwsd.service", "vscpwsd.sysusers"):
        assert os.path.exists(os.path.join(farewell.init_folder(), name))
