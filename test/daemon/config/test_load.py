"""Both files together."""

import os
import re
from pathlib import Path

import pytest

from vscpws.daemon.config.load import SettingsError
from vscpws.daemon.config.options import OPTIONS, default_text
from vscpws.daemon.config.printout import settings_text
from vscpws.model.errors import ConfigurationError, Oddity
from vscpws.model.filter import PASS_ALL, Filter, parse_pattern
from vscpws.settings import Settings, StateSettings

DATA = Path(__file__).with_name("data")
ROOT = Path(__file__).resolve().parents[3]
GUID = bytes.fromhex("FFFFFFFFFFFFFFFEB827EB0A11020000")

DOCUMENTED_FILTER = "1,0x0000,0x0006,ff:ff:ff:ff:ff:ff:ff:01:00:00:00:00:00:00:00:00"
VARIABLES = """
[variables]
socketcan1_interface = vcan7
socketcan1_filter = %s
socketcan1_mask = 7,0,0xFFFF,ff:ff:ff:ff:ff:ff:ff:ff:00:00:00:00:00:00:00:00
""" % DOCUMENTED_FILTER


def problems(error):
    return [(Path(problem.file).name, problem.where, problem.reason)
            for problem in error.value.problems]


def test_an_empty_ini_gives_the_defaults(folder):
    settings = folder.load()
    interface, = settings.interfaces
    assert (interface.name, interface.channel, interface.guid, interface.filter) == (
        "can_one", "vcan0", GUID, PASS_ALL)
    assert settings == Settings(
        interfaces=settings.interfaces, key_file=str(folder.path / "vscp.key"),
        path_users=str(folder.path / "users.json"))


@pytest.mark.parametrize("file", ["seed_example.xml", "whole_vscpd.conf"])
def test_the_documented_example_and_a_whole_file_with_variables(folder, file):
    settings = folder.load(VARIABLES, (DATA / file).read_text())
    interface, = settings.interfaces
    assert (interface.name, interface.channel, interface.guid) == ("socketcan1", "vcan7", GUID)
    assert interface.filter == Filter(
        parse_pattern(DOCUMENTED_FILTER),
        parse_pattern("7,0,0xFFFF,ff:ff:ff:ff:ff:ff:ff:ff:00:00:00:00:00:00:00:00"))


@pytest.mark.parametrize("file, channel", [
    ("seed_example.xml", "can"), ("whole_vscpd.conf", "can0")])
def test_without_variables_the_configuration_string_counts(folder, file, channel):
    interface, = folder.load(xml=(DATA / file).read_text()).interfaces
    assert (interface.channel, interface.filter) == (channel, PASS_ALL)


def test_several_blocks_are_several_interfaces_and_one_can_be_chosen(folder):
    xml = ('<v><driver enable="true" name="a" config="can0"/>'
           '<driver enable="true" name="b" config="can1"/></v>')
    both = folder.load(xml=xml).interfaces
    assert [interface.channel for interface in both] == ["can0", "can1"]
    assert [interface.guid[14] for interface in both] == [0, 1]
    assert folder.load(xml=xml, driver="b").interfaces == both[1:]


def test_every_option_arrives_in_its_field(folder):
    ini = """
interface = ws://[::1]:1
url-ws1 = /a
url-ws2 = /b
enable-ws1 = no
enable-ws2 = no
enable-static = no
web-root = w
max-clients = 1
max-client-queue-size = 2
names-file = n
auth-iv = any
event-keys = short
debug = yes
[logging]
log-level = error
console = no
syslog = yes
file-path = l
file-max-size = 4097
file-max-files = 3
[state]
state-size = 5
state-size-per-guid = 6
state-file = s
state-age = 7.5
history-hours = 8
history-size = 9
history-file = h
history-file-size = 1048577
[limits]
"""
    limits = [option for option in OPTIONS if option.section == "limits"]
    for number, option in enumerate(limits):
        ini += "%s = %s\n" % (option.key, _other_value(option, number))
    settings = folder.load(ini)
    assert (settings.host, settings.port, settings.tls) == ("::1", 1, None)
    assert (settings.url_ws1, settings.url_ws2, settings.enable_ws1, settings.enable_ws2,
            settings.enable_static, settings.auth_iv, settings.event_keys, settings.debug) == (
                "/a", "/b", False, False, False, "any", "short", True)
    assert settings.web_root == str(folder.path / "w")
    assert settings.names_file == str(folder.path / "n")
    assert settings.state == StateSettings(
        5, 6, str(folder.path / "s"), 7.5, 8, 9, str(folder.path / "h"), 1048577)
    assert (settings.clients.max_clients, settings.clients.max_client_queue_size) == (1, 2)
    assert settings.logging.__dict__ == {
        "level": "error", "console": False, "syslog": True, "file_path": str(folder.path / "l"),
        "file_max_size": 4097, "file_max_files": 3}
    for number, option in enumerate(limits):
        group = next(each for each in (settings.bus, settings.clients, settings.host_program)
                     if hasattr(each, option.field))
        assert getattr(group, option.field) == float(_other_value(option, number)), option.key


def _other_value(option, number):
    """A value in the option's range that no other option has."""
    low = float(re.search(r"\((.*?),", option.check).group(1))
    if option.check.startswith("whole"):
        return "%d" % (low + 1 + number)
    return "%g" % (low + (number + 1) / 32)


def test_states_and_history_need_a_file_each(folder):
    with pytest.raises(ConfigurationError) as error:
        folder.load("[state]\nstate-file = x\nhistory-file = x")
    assert [where for _, where, _ in problems(error)] == ["[state] history-file"]


def test_a_missing_client_protocol_is_said(folder):
    [oddity] = folder.load("enable-ws1 = no\nenable-ws2 = no").oddities
    assert str(oddity) == (
        "%s: neither ws1 nor ws2 is enabled: there will be no clients" % folder.ini)
    assert not folder.load("enable-ws1 = no").oddities


def test_what_is_odd_is_with_the_settings_or_before_what_is_wrong(folder):
    ini = "[variables]\nother_mask = 0\ncan_one_filter = 0,10\n"
    settings = folder.load(ini)
    assert all(isinstance(oddity, Oddity) for oddity in settings.oddities)
    assert [oddity.where for oddity in settings.oddities] == [
        "[variables] other_mask", "[variables] can_one_filter"]
    with pytest.raises(SettingsError) as error:
        folder.load("batch-pause = 7\n" + ini)
    assert [isinstance(found, Oddity) for found in error.value.problems] == [True, True, False]
    assert not error.value.settings.oddities


def test_of_many_oddities_the_first_are_said_and_the_rest_is_counted(folder):
    block = '<driver enable="true" name="c%d" config="can0" guid="::01:00"/>'
    xml = "<v>%s</v>" % "".join(block % number for number in range(40))
    oddities = folder.load(xml=xml).oddities      # each pair has the same GUID and interface
    assert len(oddities) == 201
    assert str(oddities[-1]) == "and %d more such warnings" % (40 * 39 - 200)


def test_problems_of_both_files_come_together(folder):
    with pytest.raises(ConfigurationError) as error:
        folder.load("max-clients = x\nkey-file = gone.key\n[variables]\ncan_one_mask = 9\n"
                    "can_one_x = 1",
                    '<driver enable="true" name="can one" config="replay:gone.log" guid="1"/>')
    assert [(file, where) for file, where, _ in problems(error)] == [
        ("vscpwsd.ini", "max-clients"),
        ("vscpwsd.ini", "[variables] can_one_x"),
        ("vscpd.conf", "driver can_one, line 1: config"),
        ("vscpwsd.ini", "[variables] can_one_mask"),
        ("vscpd.conf", "driver can_one, line 1: guid"),
        ("vscpwsd.ini", "key-file"),
    ]
    assert len(str(error.value).splitlines()) == 6


def test_broken_files_are_both_reported(folder):
    with pytest.raises(ConfigurationError) as error:
        folder.load("nonsense", "nonsense")
    assert [(file, where) for file, where, _ in problems(error)] == [
        ("vscpd.conf", "line 1"), ("vscpwsd.ini", "line 1")]


@pytest.mark.parametrize("ini, where, part", [
    ("key-file = gone", "key-file", "gone: No such file or directory"),
    ("key-file =", "key-file", "must name a file"),
    ("key-file = .", "key-file", "not a regular file"),
    ("path-users = gone", "path-users", "gone: No such file or directory"),
    ('path-users = ""', "path-users", "must name a file"),
    ("web-root = gone", "web-root", "gone: No such file or directory"),
    ("web-root = vscp.key", "web-root", "not a folder"),
    ("[logging]\nfile-path = gone/x.log", "[logging] file-path", "gone: No such file or directory"),
    ("[logging]\nfile-path = .", "[logging] file-path", "a folder"),
    ("[limits]\nreopen-first = 9\nreopen-last = 8", "[limits] reopen-first",
     "9 is more than reopen-last, 8"),
    ("url-ws1 = /x\nurl-ws2 = /x", "url-ws2", "/x is url-ws1 too"),
    ("[tls]\ncert = vscp.key", "[tls] cert", "write wss://"),
    ("[tls]\nca = vscp.key", "[tls] ca", "write wss://"),
    ("interface = wss://localhost\n[tls]\ncert = vscp.key", "[tls] key", "must name a file"),
    ("interface = wss://localhost\n[tls]\ncert = vscp.key\nkey = gone", "[tls] key",
     "gone: No such file or directory"),
    ("interface = wss://localhost\n[tls]\ncert = vscp.key\nkey = vscp.key", "[tls] cert, key",
     "no usable pair"),
])
def test_a_single_problem_of_the_options(folder, ini, where, part):
    with pytest.raises(ConfigurationError) as error:
        folder.load(ini)
    (_, found, reason), = problems(error)
    assert found == where
    assert part in reason


def test_a_pipe_is_no_log_file_and_a_device_may_be_one(folder):
    os.mkfifo(str(folder.path / "pipe"))
    with pytest.raises(ConfigurationError) as error:
        folder.load("[logging]\nfile-path = pipe")
    (_, where, reason), = problems(error)
    assert (where, reason) == ("[logging] file-path", "%s: a pipe or socket, not a file" % (
        folder.path / "pipe"))
    assert folder.load("[logging]\nfile-path = /dev/null").interfaces


@pytest.mark.parametrize("ini", [
    "enable-static = no\nweb-root = gone",
    "enable-ws2 = no\nurl-ws1 = /x\nurl-ws2 = /x",
    "[logging]\nfile-path = new.log",
    "[limits]\nreopen-first = 9\nreopen-last = 9",
])
def test_what_is_no_problem(folder, ini):
    assert folder.load(ini).interfaces


@pytest.mark.parametrize("ini, where", [
    ("interface = x\n[tls]\ncert = vscp.key", "interface"),
    ("url-ws1 = x\nurl-ws2 = /x", "url-ws1"),
    ("[limits]\nreopen-first = 9\nreopen-last = x", "[limits] reopen-last"),
    ("enable-static = x\nweb-root = gone", "enable-static"),
])
def test_one_mistake_is_one_problem(folder, ini, where):
    with pytest.raises(ConfigurationError) as error:
        folder.load(ini)
    assert [found for _, found, _ in problems(error)] == [where]


def test_without_blocks_the_variables_are_not_called_strangers(folder):
    with pytest.raises(ConfigurationError) as error:
        folder.load("[variables]\na_filter = 0", "<v/>")
    assert "a_filter" not in str(error.value)


def test_the_report_names_interfaces_and_options_in_the_ini_s_own_terms(folder):
    ini = "interface = ws://[::1]:99\n[limits]\nlogin-time = 12.5\n" + VARIABLES
    settings = folder.load(ini, (DATA / "seed_example.xml").read_text())
    text = settings_text(settings, folder.config, folder.ini)
    lines = [line.split() for line in text.splitlines()]
    assert ["CAN", "interfaces", "from", folder.config] in lines
    assert ["interface", "vcan7"] in lines
    assert ["guid", "FF:FF:FF:FF:FF:FF:FF:FE:B8:27:EB:0A:11:02:00:00"] in lines
    assert ["mask", "7,0x0000,0xFFFF,FF:FF:FF:FF:FF:FF:FF:FF:00:00:00:00:00:00:00:00"] in lines
    changed = [line for line in lines if line[:1] == ["*"]]
    assert changed == [["*", "interface", "ws://[::1]:99"], ["*", "login-time", "12.5"]]
    for option in OPTIONS:
        if option.section != "tls":
            assert [line for line in lines if option.key in line[:2]], option


def test_the_report_does_without_paths_too(folder):
    text = settings_text(folder.load())
    assert text.startswith("CAN interfaces\n  can_one\n")
    assert "(everything passes)" in text


def test_the_files_in_conf_run_as_they_are(folder):
    settings = folder.load((ROOT / "conf" / "vscpwsd.ini").read_text(encoding="utf-8"),
                           (ROOT / "conf" / "vscpd.conf").read_text(encoding="utf-8"))
    assert (settings.host, settings.port, settings.web_root) == ("localhost", 8884, "")
    interface, = settings.interfaces
    assert (interface.name, interface.channel) == ("demo", "demo:1")


def test_the_recorded_log_beside_them_is_named_by_its_file(folder):
    folder.write("demo.log", "")
    config = (ROOT / "conf" / "vscpd.conf").read_text(encoding="utf-8")
    settings = folder.load((ROOT / "conf" / "vscpwsd.ini").read_text(encoding="utf-8"),
                           config.replace("<config>demo:<", "<config>replay:demo.log<"))
    interface, = settings.interfaces
    assert interface.channel == "replay:%s" % (folder.path / "demo.log")


def test_the_ini_in_conf_shows_every_option_with_its_default():
    section, shown = "", []
    for line in (ROOT / "conf" / "vscpwsd.ini").read_text(encoding="utf-8").splitlines():
        header = re.match(r"\[(.*)\]$", line)
        option = re.match(r"#?([a-z0-9-]+) =(?: (.*))?$", line)
        if header:
            section = header.group(1)
        elif option:
            shown.append((section, option.group(1), option.group(2) or ""))
    shown.remove(("", "auth-iv", "any"))    # the published samples need it
    shown.remove(("", "names-file", "names.json"))
    assert shown == [(option.section, option.key, default_text(option)) for option in OPTIONS]


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.key)
def test_the_documentation_has_every_option_with_default_and_range(option):
    text = (ROOT / "doc" / "configuration.md").read_text(encoding="utf-8")
    row = re.search(r"^\| `%s` \|(.*\|.*\|.*\|.*\|.*)\|$" % option.key, text, re.M)
    columns = [column.strip() for column in row.group(1).split("|")]
    default, unit, allowed, when, meaning = columns
    assert default == ("`%s`" % default_text(option) if default_text(option) else "empty")
    name, _, arguments = option.check[:-1].partition("(")
    if name in ("whole", "seconds"):
        assert allowed == arguments.replace(", ", "-")
        assert unit and (unit == "s") == (name == "seconds")
    elif name == "choice":
        assert allowed == arguments
    assert when and meaning
