"""Each key of the C++ driver's JSON has an option that takes it, or advice."""

import pytest

from vscpws.daemon.config.driverkeys import DRIVER_KEYS, answer, driver_key, has_section
from vscpws.daemon.config.options import OPTIONS


def test_what_takes_a_key_is_an_option():
    places = {(option.section, option.key) for option in OPTIONS}
    for row in DRIVER_KEYS:
        assert bool(row.advice) != (row.takes in places), row


def test_no_key_is_there_twice():
    keys = [(row.section, row.key) for row in DRIVER_KEYS]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("section, key, takes", [
    ("", "max-clients", ("", "max-clients")), ("", "MAX_CLIENTS", ("", "max-clients")),
    ("tls", "certificate", ("tls", "cert")), ("ssl", "certificate", ("tls", "cert")),
    ("", "ssl-ca-file", ("tls", "ca")), ("logging", "file_log_level", ("logging", "log-level")),
    ("", "file-log-level", ("logging", "log-level")),       # pasted without its section
    ("log", "console", ("logging", "console")),
])
def test_what_takes_a_key(section, key, takes):
    assert driver_key(section, key).takes == takes


@pytest.mark.parametrize("section, key", [
    ("", "write"), ("", "encryption"), ("", "enable-rest"), ("", "auth-domain"), ("", "rx-filter"),
    ("filter", "in-filter"), ("rx-filter", "anything"), ("logging", "file-pattern"),
    ("logging", "console-pattern"), ("tls", "verify_peer"), ("tls", "certificate_chain"),
])
def test_what_is_not_taken_has_advice(section, key):
    assert driver_key(section, key).advice
    assert answer(section, key).startswith("a key of the C++ driver: ")
    assert "`" not in answer(section, key)


@pytest.mark.parametrize("section, key", [
    ("", "wibble"), ("", ""), ("tls", "wibble"), ("wibble", "level"), ("", "*")])
def test_what_the_driver_never_had_is_unknown(section, key):
    assert driver_key(section, key) is None and answer(section, key) == ""


def test_its_objects_are_known():
    assert [name for name in ("tls", "SSL", "logging", "rx_filter", "", "x") if has_section(name)
            ] == ["tls", "SSL", "logging", "rx_filter"]
