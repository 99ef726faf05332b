import ipaddress
import json
import socket
import subprocess
import tempfile

import pytest

import needs
from vscpws.daemon.process import hostnames
from vscpws.daemon.process.certificate import write_certificate
from vscpws.daemon.process.hostnames import host_addresses, host_names


def test_the_hosts_own_names_and_localhost():
    names = host_names()
    assert names[0] == socket.gethostname()
    assert "localhost" in names
    assert len(set(names)) == len(names)


def test_a_name_that_no_certificate_can_hold_is_left_out(monkeypatch):
    def fail():
        raise UnicodeError("label too long")

    monkeypatch.setattr(socket, "getfqdn", fail)
    for name in ("a" * 64, "a..b", "h\u00e4uschen", ""):
        monkeypatch.setattr(socket, "gethostname", lambda name=name: name)
        assert host_names()[-1] == "localhost" and name not in host_names()


def test_the_addresses_are_those_that_ip_shows():
    shown = json.loads(subprocess.run([needs.tool("ip"), "-json", "address"], check=True,
                                      stdout=subprocess.PIPE).stdout)
    wanted = {info["local"] for device in shown for info in device["addr_info"]
              if info["family"] in ("inet", "inet6") and info["scope"] != "link"}
    found = set(host_addresses())
    assert "127.0.0.1" in found
    assert found <= wanted | {"127.0.0.1"}
    assert wanted & found
    assert all(ipaddress.ip_address(text) for text in found)


@pytest.mark.parametrize("name, names", [
    ("x" * 63, ["x" * 63, "x" * 63 + ".local", "localhost"]), ("x" * 64, ["localhost"]),
    ("küche", ["localhost"]), ("a..b", ["a.local", "localhost"]), ("", ["localhost"]),
    ("a_b", ["a_b", "a_b.local", "localhost"]), ("-a", ["localhost"]), ("a b", ["localhost"]),
])
def test_a_host_may_have_a_name_that_is_none_in_dns(monkeypatch, name, names):
    monkeypatch.setattr(socket, "gethostname", lambda: name)
    real = socket.gethostbyaddr

    def look_up(asked):
        if not asked.isascii() or len(asked) > 63 or ".." in asked:
            return real(asked)      # UnicodeError, mostly
        raise socket.herror(1, "Unknown host")
    monkeypatch.setattr(socket, "gethostbyaddr", look_up)
    found = host_names()
    assert found == names
    write_names(found)


def write_names(names):
    """A certificate can be made for them."""
    with tempfile.TemporaryDirectory() as folder:
        write_certificate(folder, names, ["127.0.0.1"], None)


def test_every_address_of_a_device_is_there():
    needs.root()
    ip, own = needs.tool("ip"), ["192.0.2.77/32", "dev", "lo"]
    added = subprocess.run([ip, "address", "add", *own]).returncode == 0
    needs.condition(added, "to add addresses")
    try:
        assert {"127.0.0.1", "192.0.2.77"} <= set(host_addresses())
    finally:
        subprocess.run([ip, "address", "del", *own], check=True)


def test_others_reach_a_host_first_by_the_address_that_it_uses_itself(monkeypatch):
    monkeypatch.setattr(hostnames, "host_addresses", lambda: [
        "127.0.0.1", "172.17.0.1", "192.168.1.20", "::1", "2001:db8::1"])
    monkeypatch.setattr(hostnames, "host_names", lambda: ["house", "house.local", "localhost"])
    monkeypatch.setattr(hostnames, "_own_address", lambda: "192.168.1.20")
    assert hostnames.reached_at("0.0.0.0") == ["192.168.1.20", "172.17.0.1", "house", "house.local"]
    monkeypatch.setattr(hostnames, "_own_address", lambda: "")
    assert hostnames.reached_at("::")[0] == "172.17.0.1"
    assert hostnames.reached_at("192.168.1.20") == ["192.168.1.20"]


def test_a_host_that_is_alone_and_nameless_is_reached_as_localhost(monkeypatch):
    monkeypatch.setattr(hostnames, "host_addresses", lambda: ["127.0.0.1", "::1"])
    monkeypatch.setattr(hostnames, "host_names", lambda: ["localhost"])
    assert hostnames.reached_at("") == ["localhost"]
