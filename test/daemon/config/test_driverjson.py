"""The C++ driver's JSON files, as they are."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optiontable import TABLE
from vscpws.daemon.config.driverjson import has_blocks, is_json, read_driver_json, read_json_blocks
from vscpws.daemon.config.driverkeys import DRIVER_KEYS
from vscpws.daemon.config.load import SettingsError, load, load_for_host
from vscpws.daemon.config.options import OPTIONS
from vscpws.model.errors import Oddity, errors_of, oddities_of

MAC = bytes.fromhex("020304050607")
GUID = bytes.fromhex("FFFFFFFFFFFFFFFE0102030405060700")
SO = "/var/lib/vscp/drivers/level2/vscpl2drv-websocksrv.so"


class Files:
    """The driver's file and vscpd's, in a folder with users and key."""

    def __init__(self, folder):
        self.folder = folder
        for name in ("users.json", "vscp.key", "cert.pem"):
            (folder / name).write_text("x")
        self.own, self.vscpd = folder / "websocksrv.json", folder / "vscpd.json"

    def write(self, **content):
        self.own.write_text(json.dumps(content))
        return str(self.own)

    def write_vscpd(self, *entries):
        self.vscpd.write_text(json.dumps({"drivers": {"level2": [dict({
            "enable": True, "name": "websock srv", "path-driver": SO,
            "path-config": "websocksrv.json"}, **entry) for entry in entries or [{}]]}}))
        return str(self.vscpd)

    def read(self, **content):
        ini, problems = read_driver_json(self.write(**content))
        return ini.options, [str(problem)[len(str(self.own)) + 2:] for problem in problems]


@pytest.fixture
def files(tmp_path):
    return Files(tmp_path)


@pytest.mark.parametrize("section, key, default, text, value, wrong", TABLE,
                         ids=[row[1] for row in TABLE])
def test_any_option_stands_in_it_under_its_own_name(files, section, key, default, text, value,
                                                    wrong):
    for content in ({section: {key: text}} if section else {key: text},
                    *([{key: text}] if [row[1] for row in TABLE].count(key) == 1 else [])):
        secure = {} if section != "tls" else {"interface": "wss://localhost"}
        if key in ("file-path", "web-root"):
            text = value = str(files.folder / "x") if key == "file-path" else str(files.folder)
            content = {section: {key: text}} if section else {key: text}
        options, problems = files.read(**{**secure, **content})
        assert not problems
        assert options[section, key] == value
    for each in wrong:
        if each:                # nothing says nothing
            _, problems = files.read(**{section: {key: each}} if section else {key: each})
            assert len(problems) == 1 and key in problems[0]


@pytest.mark.parametrize("row", DRIVER_KEYS, ids=lambda row: "%s.%s" % (row.section, row.key))
def test_each_key_of_the_driver_is_taken_or_answered(files, row):
    key = row.key.replace("*", "any")
    values = {"interface": "wss://localhost", "url-ws1": "/a", "url-ws2": "/b", "log-level": "warn",
              "file-log-level": "warn", "console-log-level": "warn", "console-level": "warn",
              "max-clients": 7, "max-client-queue-size": 7, "file-max-size": 5000,
              "file-max-files": 7, "web-root": str(files.folder),
              "file-path": str(files.folder / "log"), "file-log-path": str(files.folder / "log")}
    flags = ("enable-ws1", "enable-ws2", "enable-static", "debug", "console", "syslog",
             "console-enable", "console-enable-log")
    value = values.get(key, False if key in flags else "cert.pem")
    content = {row.section: {key: value}} if row.section else {key: value}
    if row.takes[0] == "tls":
        content["interface"] = "wss://localhost"
    ini, problems = read_driver_json(files.write(**content))
    if row.advice:
        switch = key in ("file-enable", "file-enable-log", "file-log-enable")
        assert switch or [type(problem) for problem in problems] == [Oddity]
        assert switch or row.advice.replace("`", "") in problems[0].reason
    else:
        assert not problems
        assert row.takes in ini.given and ini.options[row.takes] is not None


def test_of_two_names_of_an_option_its_own_counts_and_that_is_said(files):
    options, problems = files.read(logging={
        "console-log-level": "trace", "file-log-level": "err", "log-level": "warn"})
    assert options["logging", "log-level"] == "warning"
    assert problems == [
        "[logging] console-log-level: does not count, for there is [logging] log-level",
        "[logging] file-log-level: does not count, for there is [logging] log-level"]


def test_what_the_driver_let_pass_is_odd_and_no_problem(files):
    content = {"interface": "ws://localhost:8884", "web-root": "/no/such/pages", "wibble": 1,
               "tls": {"certificate": "/no/such.pem", "private_key": ""},
               "logging": {"file-path": "/no/such/folder/log", "log-level": "off"}}
    ini, problems = read_driver_json(files.write(**content))
    assert not errors_of(problems)
    assert [problem.where for problem in oddities_of(problems)] == [
        "wibble", "[logging] log-level", "[tls] cert", "[logging] file-path", "web-root"]
    assert ini.options["", "web-root"] == ini.options["logging", "file-path"] == ""
    settings = load_for_host(str(files.own), GUID)
    assert settings.tls is None and settings.logging.level == "error"


@pytest.mark.parametrize("switch", ["file-enable", "file-enable-log", "file_log_enable"])
def test_a_log_file_that_is_switched_off_is_none(files, switch):
    options, problems = files.read(logging={"file-path": "log", switch: False})
    assert options["logging", "file-path"] == "" and not problems


def test_a_value_that_can_t_be_is_a_problem(files):
    for content in ({"max-clients": "many"}, {"debug": "maybe"},
                    {"logging": {"log-level": 7}}):
        with pytest.raises(SettingsError):
            load_for_host(files.write(**content), GUID)


@pytest.mark.parametrize("text", ["{", "{" * 5000, '{"a": [}', '{"a": 1} x', '{"drivers": {}}',
                                  '{"drivers": {"level2": []}}', '{"drivers": {"level2": [{}, 7]}}',
                                  '{"users": [{"name": "a"}]}', '{"n": %s}' % ("1" * 5000)])
def test_what_is_no_such_file_is_one_problem(files, text):
    files.own.write_text(text)
    _, problems = read_driver_json(str(files.own))
    assert len(errors_of(problems)) == 1 or "digit" in text or text.startswith('{"n"')


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=20), lambda inner:
                    st.dictionaries(st.sampled_from([option.key for option in OPTIONS] + [
                        "tls", "logging", "drivers", "level2", "variables", "x"]), inner)
                    | st.lists(inner, max_size=3), max_leaves=20))
def test_whatever_it_holds_is_an_option_or_a_problem(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_text(json.dumps(content if isinstance(content, dict) else {"x": content}))
    ini, problems = read_driver_json(str(path))
    assert errors_of(problems) or len(ini.options) == len(OPTIONS)


# ---- vscpd's file ------------------------------------------------------------------------------


def test_vscpd_s_file_leads_to_the_driver_s(files):
    files.write(**{"max-clients": 7})
    ini, problems = read_driver_json(files.write_vscpd(
        {}, {"name": "other", "path-driver": "/x/other.so"}, {"name": "off", "enable": False}))
    assert ini.options["", "max-clients"] == 7 and not problems
    assert ini.file == str(files.own)


def test_its_drivers_are_driver_blocks(files):
    path = files.write_vscpd({"guid": "FF:FF:FF:FF:FF:FF:FF:FE:01:02:03:04:05:06:07:00"})
    block, = read_json_blocks(files.vscpd.read_text(), path)
    assert (block.name, block.path, block.enabled) == ("websock_srv", SO, True)
    assert block.guid.startswith("FF:FF") and block.where() == "driver websock_srv"
    assert has_blocks(path) and not has_blocks(files.write()) and not has_blocks("/no/such")


def test_the_daemon_runs_from_it_alone(files):
    files.write(variables={"websock_srv_interface": "virtual:x"}, interface="ws://localhost:9000")
    path = files.write_vscpd({"guid": "FF:FF:FF:FF:FF:FF:FF:FE:01:02:03:04:05:06:07:00"})
    settings = load(path, path, mac=lambda: MAC)
    interface, = settings.interfaces
    assert (interface.name, interface.channel, interface.guid) == (
        "websock_srv", "virtual:x", GUID)
    assert settings.port == 9000


def test_a_file_that_names_itself_is_refused(files):
    path = files.write_vscpd({"path-config": "vscpd.json"})
    _, problems = read_driver_json(path)
    assert "vscpd's file, not the driver's own" in str(problems[0])


# ---- for the library ---------------------------------------------------------------------------


def test_the_host_is_the_one_interface(files):
    settings = load_for_host(files.write(), GUID)
    assert [(each.name, each.guid) for each in settings.interfaces] == [("host", GUID)]
    assert not settings.logging.console and settings.clients.drain_time == 1.0
    settings = load_for_host(files.write(logging={"console": True}, limits={"drain-time": 5}), GUID)
    assert settings.logging.console and settings.clients.drain_time == 5.0


def test_without_a_guid_from_the_host_it_is_vscpd_s_file_s_or_made_of_the_mac_address(files):
    files.write()
    path = files.write_vscpd({"guid": "FF:FF:FF:FF:FF:FF:FF:FE:01:02:03:04:05:06:07:00"})
    assert load_for_host(path, bytes(16)).interfaces[0].guid == GUID
    made = load_for_host(str(files.own), bytes(16), lambda: MAC).interfaces[0].guid
    assert made == b"\xff" * 7 + b"\xfe" + MAC + b"\0\0"


def test_the_library_takes_an_ini_file_as_well(files):
    path = files.folder / "vscpwsd.ini"
    path.write_text("interface = ws://localhost:9001\nevent-layout = 64\n")
    settings = load_for_host(str(path), GUID)
    assert (settings.port, settings.host_program.layout) == (9001, 64)


@pytest.mark.parametrize("layout, version, expected", [
    ("auto", "", 56), ("auto", "15.1.0", 64), ("auto", "15.1", 64), ("auto", "15.0.9", 56),
    ("auto", "14.2.16", 56), ("auto", "16", 64), ("56", "15.1.0", 56), ("64", "13.0.0", 64),
    ("auto", "15.1.1-RC2", 64), ("auto", 16, 64)])
def test_the_layout_goes_by_the_key_or_by_vscpd_s_version(files, layout, version, expected):
    settings = load_for_host(files.write(**{"event-layout": layout, "vscpd-version": version}),
                             GUID)
    assert settings.host_program.layout == expected


def test_json_is_known_by_its_first_character():
    assert is_json("{}") and is_json(" \n{") and is_json("\ufeff{")
    assert not is_json("/etc/vscp/x.json") and not is_json("")
