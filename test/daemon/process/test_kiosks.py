"""The tools for kiosks: what they print, what they write and for whom, and what they refuse."""

import json
import os
import re
import stat
from urllib.parse import parse_qs, urlsplit

import pytest

from vscpws.access.credentials import hash_password, verify_password
from vscpws.daemon.process import kiosks
from vscpws.daemon.process.errors import StartFailed
from vscpws.model.errors import ConfigurationError

KEY = "00112233445566778899AABBCCDDEEFF"


@pytest.fixture
def ini(tmp_path):
    users = [{"name": name, "password": hash_password(name, "secret"), "rights": rights}
             for name, rights in (("panel", "user"), ("Frau Müller", "user"), ("driver", "driver"),
                                  ("deaf", "ws"))]
    (tmp_path / "users.json").write_text(json.dumps({"users": users}))
    (tmp_path / "vscp.key").write_text(KEY)
    path = tmp_path / "vscpwsd.ini"
    path.write_text("interface = ws://192.0.2.7:8884\n")
    return path


def link_in(text):
    return urlsplit(re.search(r"^http\S+$", text, re.M).group())


def stored(ini):
    return json.loads((ini.parent / "kiosks.json").read_text())["kiosks"]


def make(ini, user="panel", label="Hall"):
    return kiosks.make(user, label, str(ini), None)[0]


def test_the_link_has_what_logs_in_behind_the_hash(ini):
    link = link_in(make(ini))
    assert (link.scheme, link.netloc, link.path, link.query) == (
        "http", "192.0.2.7:8884", "/panel.html", "")
    brought = parse_qs(link.fragment)
    user, _, token = brought["kiosk"][0].partition(":")
    assert (user, brought["key"]) == ("panel", [KEY])
    entry, = stored(ini)
    assert verify_password(entry["token"], "panel", token)
    assert (entry["user"], entry["label"]) == ("panel", "Hall")


@pytest.mark.parametrize("interface, is_for_others", [
    ("ws://192.0.2.7:8884", True), ("wss://0.0.0.0:8884", True), ("ws://localhost:8884", False),
    ("ws://[::1]:8884", False)])
def test_a_link_that_others_can_open_is_shown_as_a_code_too(
        ini, monkeypatch, interface, is_for_others):
    monkeypatch.setattr(kiosks, "reached_at", lambda host: [host.replace("0.0.0.0", "192.0.2.8")])
    ini.write_text("interface = %s\n" % interface)
    text, link = kiosks.make("panel", "", str(ini), None)
    assert link == ((link_in(text).geturl()) if is_for_others else "")


@pytest.mark.parametrize("interface, start", [
    ("wss://house.example:443", "https://house.example:443/"),
    ("ws://[2001:db8::1]", "http://[2001:db8::1]:8884/"),
    ("ws://localhost", "http://localhost:8884/")])
def test_the_link_leads_to_where_the_daemon_listens(ini, interface, start):
    ini.write_text("interface = %s\n" % interface)
    assert start in make(ini)


@pytest.mark.parametrize("interface", ["ws://0.0.0.0", "ws://[::]"])
def test_of_all_addresses_it_has_one(ini, interface):
    ini.write_text("interface = %s\n" % interface)
    assert link_in(make(ini)).hostname not in ("0.0.0.0", "::")


def test_a_root_of_one_s_own_without_a_panel_is_linked_itself(ini, tmp_path):
    (tmp_path / "root").mkdir()
    ini.write_text("web-root = %s\n" % (tmp_path / "root"))
    assert link_in(make(ini)).path == "/"
    (tmp_path / "root" / "panel.html").write_text("")
    assert link_in(make(ini)).path == "/panel.html"


def test_a_name_with_blanks_and_umlauts_is_spelled_for_a_link(ini):
    link = link_in(make(ini, "Frau Müller"))
    assert " " not in link.fragment
    assert parse_qs(link.fragment)["kiosk"][0].startswith("Frau Müller:")


@pytest.mark.parametrize("user, reason", [
    ("nobody", "has no user 'nobody'; there are panel"), ("driver", "no right to use websockets"),
    ("deaf", "no right to receive events")])
def test_a_user_who_could_not_look_on_is_refused(ini, user, reason):
    with pytest.raises(StartFailed, match=reason):
        make(ini, user)
    assert not (ini.parent / "kiosks.json").exists()


def test_a_label_that_is_none_is_refused(ini):
    with pytest.raises(StartFailed, match="more than 100 characters"):
        make(ini, label="x" * 101)


def test_the_file_is_for_nobody_else(ini):
    make(ini)
    assert stat.S_IMODE(os.stat(ini.parent / "kiosks.json").st_mode) == 0o600


def test_the_file_is_for_those_who_may_read_the_user_file(ini):
    os.chmod(ini.parent / "users.json", 0o640)
    make(ini)
    assert stat.S_IMODE(os.stat(ini.parent / "kiosks.json").st_mode) == 0o640
    os.chmod(ini.parent / "users.json", 0o600)
    make(ini)                                   # what it is stays
    assert stat.S_IMODE(os.stat(ini.parent / "kiosks.json").st_mode) == 0o640


def test_all_are_listed_and_one_is_withdrawn(ini):
    assert "there is no kiosk" in kiosks.listed(str(ini))
    make(ini)
    make(ini, "Frau Müller", "")
    first, second = stored(ini)
    lines = kiosks.listed(str(ini)).split("\n")
    assert lines == ["%s  panel        %s  Hall" % (first["id"], first["made"]),
                     "%s  Frau Müller  %s" % (second["id"], second["made"])]
    said = kiosks.withdraw(first["id"], str(ini), None)
    assert first["id"] in said and "(Hall)" in said and "reload" in said
    assert [entry["id"] for entry in stored(ini)] == [second["id"]]
    with pytest.raises(StartFailed, match="no kiosk '%s'.*there are %s" % (
            first["id"], second["id"])):
        kiosks.withdraw(first["id"], str(ini), None)


def test_a_file_with_a_mistake_is_not_written_over(ini):
    path = ini.parent / "kiosks.json"
    path.write_text('{"kiosks": [{}]}')
    with pytest.raises(ConfigurationError, match="number 1"):
        make(ini)
    assert path.read_text() == '{"kiosks": [{}]}'


def test_a_wrong_ini_is_told_of(ini):
    ini.write_text("interface = nonsense\n")
    with pytest.raises(ConfigurationError, match="interface"):
        make(ini)
