import ipaddress
import json
import socket
import subprocess

import needs
from vscpws.process.hostnames import host_addresses, host_names


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
