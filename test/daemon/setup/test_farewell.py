import os

import pytest

from vscpws.daemon.setup import farewell, host
from vscpws.daemon.setup.farewell import addresses, next_steps
from vscpws.daemon.setup.host import Unit
from vscpws.daemon.setup.plan import Plan

PLAN = Plan((), "", {}, "can0", "0.0.0.0", 8884, True, "00112233445566778899AABBCCDDEEFF")
LINK = "https://192.0.2.7:8884/#key=00112233445566778899AABBCCDDEEFF"


@pytest.fixture(autouse=True)
def known_host(monkeypatch):
    monkeypatch.setattr(farewell, "reached_at", lambda name: [
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


@pytest.mark.parametrize("unit, channel, start, parts", [
    (Unit("systemd", True), "can0", "", ["systemctl enable vscpwsd; systemctl restart vscpwsd"]),
    (Unit("systemd", False), "can0", "", ["cp ", "systemd-sysusers", "daemon-reload"]),
    (Unit("systemd", True), "slcan:/dev/ttyUSB0", "", ["serial.conf", "daemon-reload"]),
    (Unit("systemd", True), "gs_usb:1", "", ["usb.conf", "daemon-reload"]),
    (Unit("init", True), "can0", "", ["service vscpwsd restart"]),
    (Unit("", False), "can0", "", ["vscpwsd.py restart"]),
    (Unit("systemd", True), "can0", "tools/run --ini x", [
        "The daemon: tools/run --ini x", "At boot, as a service"])])
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
