"""The rule about loopback."""

import pytest

from vscpws.daemon.config.safety import addresses_of, is_loopback, problems_of_exposure

NAMES = {
    "here": ["127.0.0.1", "::1"], "both": ["127.0.0.1", "192.0.2.1"], "there": ["192.0.2.1"],
    "127.1": ["127.0.0.1"], "0": ["0.0.0.0"], "odd": ["not an address"],
}

LOOPBACK = ["localhost", "LOCALHOST", "localhost.", "127.0.0.1", "127.255.0.9", "::1", "here",
            "127.1", "::ffff:127.0.0.1", "0:0:0:0:0:0:0:1"]
EXPOSED = ["", "0.0.0.0", "::", "192.0.2.1", "10.0.0.1", "2001:db8::1", "fe80::1%eth0", "both",
           "there", "unknown.invalid", "0", "odd", "128.0.0.1", "::ffff:10.0.0.1",
           "localhost.example.org"]


def resolve(name):
    return NAMES.get(name, [])


@pytest.mark.parametrize("host", LOOPBACK)
def test_on_loopback_the_documented_defaults_may_stay(host):
    assert is_loopback(host, resolve)
    assert problems_of_exposure(host, True, ["admin", "user"], resolve) == []


@pytest.mark.parametrize("host", EXPOSED)
@pytest.mark.parametrize("key, users, named", [
    (True, [], ["the documented key"]),
    (False, ["admin"], ["the documented password of admin"]),
    (True, ("admin", "user"), ["the documented key", "the documented password of admin, user"]),
])
def test_elsewhere_any_of_them_is_refused_with_the_remedy(host, key, users, named):
    problem, = problems_of_exposure(host, key, users, resolve)
    assert problem.where == "interface"
    for part in named + ["vscpwsd.py --make-key FILE", "vscpwsd.py --make-password USER",
                         host or "all addresses"]:
        assert part in problem.reason
    assert ("key:" in problem.reason or "key and" in problem.reason) is key


@pytest.mark.parametrize("host", LOOPBACK + EXPOSED)
def test_with_own_key_and_passwords_any_host_will_do(host):
    assert problems_of_exposure(host, False, [], resolve) == []


def test_names_are_really_resolved():
    assert "127.0.0.1" in addresses_of("127.0.0.1")
    assert addresses_of("a" * 70 + "..") == []
