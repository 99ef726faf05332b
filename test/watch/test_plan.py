import argparse
import io
import ssl
import sys

import pytest

from certificate import make_certificate
from vscpws.daemon.process.errors import StartFailed
from vscpws.model.errors import ConfigurationError, Problem
from vscpws.model.filter import Filter, Pattern
from vscpws.settings import Settings, TlsSettings
from vscpws.watch.arguments import add_options
from vscpws.watch.plan import ask_password, make_plan, parse_filter
from vscpws.watch.target import Target

KEY = bytes(range(16))


@pytest.fixture
def key_file(tmp_path):
    (tmp_path / "key").write_text(KEY.hex())
    return str(tmp_path / "key")


def options(*args):
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    add_options(parser)
    return parser.parse_args(args)


def nobody():
    raise AssertionError("the settings are not needed")


def test_without_a_url_it_is_the_daemon_of_the_settings(key_file):
    plan = make_plan(options("--monitor"), lambda: Settings((), port=99, key_file=key_file))
    assert plan == (Target("localhost", 99, "/ws2", False), None, KEY, "admin", None, False)


def test_with_url_and_key_no_settings_are_read(key_file):
    plan = make_plan(options("--monitor", "ws://house", "--key-file", key_file, "--login", "me",
                             "--json", "--filter", "10"), nobody)
    assert plan[:1] + plan[2:] == (
        Target("house", 8884, "/ws2", False), KEY, "me",
        Filter(Pattern(0, 10), Pattern(0, 0xFFFF)), True)


def test_a_url_without_a_key_says_what_is_missing():
    def broken():
        raise ConfigurationError([Problem("x.ini", "", "No such file")])
    with pytest.raises(ConfigurationError) as error:
        make_plan(options("--monitor", "house"), broken)
    assert str(error.value) == ("x.ini: No such file\n"
                                "--key-file: names the key where there is no configuration")
    with pytest.raises(ConfigurationError) as error:
        make_plan(options("--monitor"), broken)
    assert str(error.value) == "x.ini: No such file"


def test_wrong_options_are_named_all_at_once():
    with pytest.raises(ConfigurationError) as error:
        make_plan(options("--monitor", "ftp://x", "--filter", "10,warm", "--login", "a:b"), nobody)
    assert [problem.where for problem in error.value.problems] == [
        "--monitor", "--filter", "--login"]


@pytest.mark.parametrize("text, vscp_class, vscp_type", [
    ("20", 20, None), ("Information,Node Heartbeat", 20, 9), ("class1.measurement, 0x6", 10, 6),
    ("10,Angle, direction or similar", 10, 30), ("300,7", 300, 7)])
def test_a_filter_is_class_and_type_by_number_or_name(text, vscp_class, vscp_type):
    whole = Pattern(0, 0xFFFF, 0 if vscp_type is None else 0xFFFF)
    assert parse_filter(text) == Filter(Pattern(0, vscp_class, vscp_type or 0), whole)


def test_tls_trusts_the_daemons_own_certificate(tmp_path, key_file):
    pair = make_certificate(tmp_path)
    plan = make_plan(options("--monitor"),
                     lambda: Settings((), tls=TlsSettings(*pair), key_file=key_file))
    assert plan.target.tls and plan.context.verify_mode == ssl.CERT_REQUIRED
    assert plan.context.check_hostname
    assert any(("commonName", "localhost") in part for found in plan.context.get_ca_certs()
               for part in found["subject"])


def test_a_file_that_is_no_certificate_is_named(tmp_path, key_file):
    for path in (key_file, str(tmp_path / "none")):
        with pytest.raises(ConfigurationError) as error:
            make_plan(options("--monitor", "wss://x", "--key-file", key_file, "--ca", path), nobody)
        assert str(error.value).startswith("--ca: %s: " % path)


def test_the_password_is_a_line_of_a_pipe_or_in_the_environment(monkeypatch):
    monkeypatch.delenv("VSCPWSD_PASSWORD", raising=False)
    monkeypatch.setattr(sys, "stdin", io.StringIO("first line\nsecond\n"))
    assert ask_password("me") == "first line"
    monkeypatch.setenv("VSCPWSD_PASSWORD", "from there")
    assert ask_password("me") == "from there"


@pytest.mark.parametrize("typed", ["", "\n", "a\x01b\n", "\udcff\n"])
def test_what_can_be_no_password_is_refused(monkeypatch, typed):
    monkeypatch.delenv("VSCPWSD_PASSWORD", raising=False)
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    with pytest.raises(StartFailed, match="password"):
        ask_password("me")
