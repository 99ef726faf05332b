"""Interfaces from blocks, variables and the MAC address."""

import pytest

from vscpws.daemon.config.driverblock import DriverBlock
from vscpws.daemon.config.interfaces import Variables, make_interfaces
from vscpws.model.errors import Oddity, errors_of, oddities_of
from vscpws.model.filter import PASS_ALL, parse_pattern
from vscpws.model.guid import format_guid

MAC = bytes.fromhex("B827EB0A1102")
GUID = "FF:FF:FF:FF:FF:FF:FF:FE:B8:27:EB:0A:11:02:00:00"


@pytest.fixture
def make(tmp_path):
    """Makes one interface, and gives it with what is wrong; ``oddities`` are what is odd."""
    def make_one(variables=None, mac=MAC, **block):
        fields = {"name": "can1", "guid": GUID, "file": "vscpd.conf", "line": 7}
        fields.update(block)
        made, problems = make_interfaces(
            [DriverBlock(**fields)], Variables("x.ini", str(tmp_path), variables or {}),
            lambda: mac)
        make_one.oddities = list(map(str, oddities_of(problems)))
        return made[0] if made else None, list(map(str, errors_of(problems)))
    return make_one


@pytest.mark.parametrize("config, variables, channel", [
    ("", {}, "vcan0"),
    (" ; ", {}, "vcan0"),
    ("can3", {}, "can3"),
    ("can3", {"can1_interface": "can4"}, "can4"),
    ("can3", {"can1_interface": ""}, "can3"),
    ("can3", {"can1_config": '{"interface": "can5"}'}, "can5"),
    ("can3", {"can1_config": '{"interface": "can5"}', "can1_interface": "can4"}, "can4"),
    ("can3", {"can1_config": '{"interface": "can5"}', "can1_interface": ""}, "can5"),
    ("can3", {"can1_config": '{"interface": ""}'}, "can3"),
    ("can3", {"can1_config": '{"interface": null}'}, "can3"),
    ("can3", {"can1_config": ""}, "can3"),
    ("can3", {"can1config": '{"interface": "can5"}'}, "can5"),
    ("can3", {"can1config": '{"interface": "can5"}', "can1_interface": "can4"}, "can4"),
    ("can3", {"can1config": '{"interface": "can5"}', "can1_config": ""}, "can5"),
    ("can3", {"can1config": ""}, "can3"),
    ("not possible", {"can1_interface": "can4"}, "can4"),
])
def test_the_order_of_what_names_the_interface(make, config, variables, channel):
    interface, problems = make(variables, config=config)
    assert not problems
    assert interface.channel == channel


def test_filter_and_mask_come_from_variables(make):
    interface, problems = make({"can1_filter": "1,0x0000,0x0006,ff:ff:ff:ff:ff:ff:ff:01:00:00:00:00"
                                               ":00:00:00:00",
                                "can1_mask": "7,0xFFFF"})
    assert not problems
    assert interface.filter.filter == (1, 0, 6, b"\xff" * 7 + b"\x01" + bytes(8))
    assert interface.filter.mask == (7, 0xFFFF, 0, bytes(16))


def test_a_single_variable_wins_over_the_json_object(make):
    interface, problems = make({"can1_config": '{"filter": "1,2,3", "mask": "7,0xFFFF"}',
                                "can1_filter": "2,2"})
    assert not problems
    assert interface.filter == (parse_pattern("2,2"), parse_pattern("7,0xFFFF"))


def test_without_variables_everything_passes(make):
    interface, _ = make()
    assert interface.filter == PASS_ALL


def test_a_filter_without_a_mask_is_said_to_be_useless(make):
    interface, problems = make({"can1_filter": "0,10"})
    assert interface.filter.passes_all() and not problems
    assert make.oddities == [
        "x.ini: [variables] can1_filter: a filter without a mask lets everything pass"]


def test_parts_of_the_configuration_string_that_nobody_reads_are_said(make):
    make(config="can0;0,10;0,0xFFFF")
    assert make.oddities == [
        "vscpd.conf: driver can1, line 7: config: only the first part, 'can0', is used"]


@pytest.mark.parametrize("variables, block, problem", [
    ({"can1_filter": "8"}, {}, "x.ini: [variables] can1_filter: priority: 8 is not in 0-7"),
    ({"can1_mask": "0,x"}, {}, "x.ini: [variables] can1_mask: class: not a number: 'x'"),
    ({"can1_config": '{"mask": "9"}'}, {},
     "x.ini: [variables] can1_config, mask: priority: 9 is not in 0-7"),
    ({"can1_config": '{"interface": "a b"}'}, {},
     "x.ini: [variables] can1_config, interface: 'a b' is no name of a network "
     "interface"),
    ({"can1_config": '["can0"]'}, {}, "x.ini: [variables] can1_config: not a JSON object"),
    ({"can1_config": '{"interface": 0}'}, {},
     "x.ini: [variables] can1_config: interface is not a string"),
    ({"can1_config": '{"fliter": "0"}'}, {},
     "x.ini: [variables] can1_config: unknown key 'fliter': known are interface, filter, mask"),
    ({"can1_interface": "virtual:"}, {},
     "x.ini: [variables] can1_interface: nothing after 'virtual:' in the CAN "
     "interface"),
    ({"can1_fliter": "0"}, {}, "x.ini: [variables] can1_fliter: not a variable: known are "
     "NAME_interface, NAME_filter, NAME_mask, NAME_config"),
    ({"filter": "0"}, {}, "x.ini: [variables] filter: not a variable: known are "
     "NAME_interface, NAME_filter, NAME_mask, NAME_config"),
    ({}, {"config": "a b"}, "vscpd.conf: driver can1, line 7: config: 'a b' is no name of a "
     "network interface"),
    ({}, {"guid": "FF:01"}, "vscpd.conf: driver can1, line 7: guid: not a GUID: 'FF:01' has 2 "
     "bytes, not 16"),
    ({}, {"guid": "", "number": 256}, "vscpd.conf: driver can1, line 7: guid: missing, and only "
     "the first 256 blocks of a file can get one from the MAC address"),
])
def test_each_problem_names_file_place_and_reason(make, variables, block, problem):
    _, problems = make(variables, **block)
    assert problems == [problem]


DRIVERS_JSON = '''{"debug": true, "write": false, "interface": "can4", "max-clients": 0,
    "rx-filter": "0,10", "encryption": "aes128", "enable-rest": false, "filter": {"in-filter": ""},
    "tls": {"certificate": "a.pem"}, "logging": {"file-pattern": "%v", "file-log-level": "debug"},
    "odd": 1}'''


@pytest.mark.parametrize("name", ["can1_config", "can1config"])
def test_the_drivers_whole_json_is_answered_key_by_key(make, name):
    _, problems = make({name: DRIVERS_JSON})
    place = "x.ini: [variables] %s: " % name
    assert all(line.startswith(place) for line in problems)
    lines = [line[len(place):] for line in problems]
    assert [line.partition(": ")[0] for line in lines] == [
        "debug", "write", "max-clients", "rx-filter", "encryption", "enable-rest",
        "[filter] in-filter", "[tls] certificate", "[logging] file-pattern",
        "[logging] file-log-level", "unknown key 'odd'"]
    assert all(": a key of the C++ driver: " in line for line in lines[:-1])
    assert lines[0].endswith("write it as debug at the top of the INI file")
    assert lines[-2].endswith("write it as log-level in [logging] of the INI file")


@pytest.mark.parametrize("variables, config", [
    ({"can1_config": '{"interface": "ws://localhost:8884"}'}, ""),
    ({"can1_interface": "wss://localhost:8884"}, ""), ({}, "ws://localhost:8884;1"),
])
def test_the_drivers_interface_is_told_from_the_can_interface(make, variables, config):
    _, problems = make(variables, config=config)
    assert len(problems) == 1
    assert "is where to listen: write it as interface at the top of the INI file" in problems[0]


@pytest.mark.parametrize("variables, config, hint", [
    ({}, "/etc/vscp/websocksrv.json", "config: the CAN interface belongs here; "),
    ({"can1_interface": "a.json"}, "", "can1_interface: the CAN interface belongs here; "),
    ({"can1config": "/etc/vscp/a.json"}, "",
     "can1config: a JSON object on one line, not the name of a file; "),
])
def test_the_name_of_the_drivers_json_file_is_known_for_what_it_is(make, variables, config, hint):
    _, problems = make(variables, config=config)
    assert len(problems) == 1 and hint in problems[0]
    assert problems[0].endswith("doc/migration.md says for each of its keys where it goes")


def test_of_both_spellings_the_one_with_the_underscore_counts_and_that_is_said(make):
    interface, problems = make({"can1config": '{"interface": "can5"}',
                                "can1_config": '{"interface": "can6"}'})
    assert interface.channel == "can6" and not problems
    assert make.oddities == [
        "x.ini: [variables] can1config: does not count, for there is can1_config"]


@pytest.mark.parametrize("key", ["can1interface", "can1filter", "config", "_config", "can1_conf"])
def test_no_other_name_loses_its_underscore(make, key):
    _, problems = make({key: "can4"})
    assert len(problems) == 1 and ": not a variable: known are " in problems[0]


def test_a_spelling_belongs_to_the_driver_that_the_underscore_names(tmp_path):
    blocks = [DriverBlock(name, guid=GUID) for name in ("a", "a_")]
    made, problems = make_interfaces(
        blocks, Variables("", str(tmp_path), {"a_config": '{"interface": "can5"}'}), lambda: MAC)
    assert [interface.channel for interface in made] == ["can5", "vcan0"]
    assert not errors_of(problems)


def test_the_guid_of_a_block_may_have_any_of_its_forms(make):
    for guid in ("FF:FF:FF:FF:FF:FF:FF:FE:B8:27:EB:A:11:2:0:0", "{::FE:B8:27:EB:A:11:2:0:0}"):
        interface, problems = make(guid=guid)
        assert format_guid(interface.guid) == GUID and not problems
    _, problems = make(guid="255:" * 15 + "0")
    assert len(problems) == 1 and "not a GUID" in problems[0]


@pytest.mark.parametrize("text", ["{", "[" * 4000, "1" * 4000 + "x"])
def test_json_that_is_none_is_a_problem(make, text):
    interface, problems = make({"can1_config": text})
    assert interface is None
    assert len(problems) == 1 and "[variables] can1_config: not JSON (" in problems[0]


def test_all_problems_of_a_block_are_reported_together(make):
    interface, problems = make({"can1_filter": "9", "can1_mask": "9", "can1_interface": "a b",
                                "other": ""}, guid="x")
    assert interface is None
    assert len(problems) == 5


def test_a_missing_replay_file_is_the_problem_of_whoever_named_it(make, tmp_path):
    _, problems = make(config="replay:gone.log")
    assert problems == ["vscpd.conf: driver can1, line 7: config: recorded log %s: No such file or "
                        "directory" % (tmp_path / "gone.log")]
    _, problems = make({"can1_interface": "replay:gone.log"})
    assert problems[0].startswith("x.ini: [variables] can1_interface: recorded log ")


@pytest.mark.parametrize("guid, number, expected", [
    (GUID, 0, GUID),
    (GUID.lower(), 3, GUID),
    ("FF:FF:FF:FF:FF:FF:FF:FE:B8:27:EB:0A:11:02:05:00", 0,
     "FF:FF:FF:FF:FF:FF:FF:FE:B8:27:EB:0A:11:02:05:00"),
    ("", 0, "FF:FF:FF:FF:FF:FF:FF:FE:B8:27:EB:0A:11:02:00:00"),
    ("-", 1, "FF:FF:FF:FF:FF:FF:FF:FE:B8:27:EB:0A:11:02:01:00"),
    (":".join(["00"] * 16), 255, "FF:FF:FF:FF:FF:FF:FF:FE:B8:27:EB:0A:11:02:FF:00"),
])
def test_the_guid_as_given_or_from_the_mac_address(make, guid, number, expected):
    interface, problems = make(guid=guid, number=number)
    assert not problems
    assert format_guid(interface.guid) == expected
    assert not make.oddities


@pytest.mark.parametrize("guid, expected", [
    (GUID[:-2] + "09", GUID),
    ("-:09", "FF:FF:FF:FF:FF:FF:FF:FE:B8:27:EB:0A:11:02:00:00"),
])
def test_the_last_byte_of_a_guid_is_zeroed_with_a_warning(make, guid, expected):
    interface, _ = make(guid=guid)
    assert format_guid(interface.guid) == expected
    [line] = make.oddities
    assert line.startswith("vscpd.conf: driver can1, line 7: guid: the last byte belongs to the "
                           "nodes, used as ")


def test_without_a_mac_address_the_guid_is_the_same_at_every_start_and_that_is_said(make):
    interface, _ = make(guid="", mac=None)
    assert format_guid(interface.guid) == "FF:FF:FF:FF:FF:FF:FF:FE:" + ":".join(["00"] * 8)
    [line] = make.oddities
    assert line.startswith("vscpd.conf: driver can1, line 7: guid: missing, and this host has no "
                           "MAC address")


def test_the_mac_address_is_not_asked_for_in_vain(tmp_path):
    def mac():
        raise AssertionError("asked")
    block = DriverBlock("can1", guid=GUID)
    made, problems = make_interfaces([block], Variables("", str(tmp_path), {}), mac)
    assert len(made) == 1 and not problems


def test_variables_of_a_driver_that_does_not_run_are_a_warning(make):
    interface, problems = make({"can2_filter": "0,10"})
    assert interface and not problems
    assert make.oddities == [
        "x.ini: [variables] can2_filter: no driver called 'can2' runs (but can1)"]


def test_a_name_that_looks_like_a_variable_is_told_from_one(make):
    interface, problems = make({"a_config_interface": "can8"}, name="a_config")
    assert interface.channel == "can8" and not problems and not make.oddities


def test_blocks_that_share_a_channel_or_a_guid_are_a_warning(tmp_path):
    blocks = [DriverBlock(name, config="can0", guid=GUID) for name in "ab"]
    made, problems = make_interfaces(blocks, Variables("", str(tmp_path), {}), lambda: MAC)
    assert len(made) == 2
    assert problems == [
        ("", "drivers a and b", "both use can0, clients get its events twice"),
        ("", "drivers a and b", "the same GUID, their nodes can't be told apart")]
    assert all(isinstance(problem, Oddity) for problem in problems)


def test_what_is_odd_is_said_beside_what_is_wrong(make):
    interface, problems = make({"can1_mask": "9"}, guid=GUID[:-2] + "09", config="can0;1")
    assert interface.channel == "can0"
    assert len(problems) == 1 and len(make.oddities) == 2


def test_where_only_filter_or_guid_is_wrong_the_can_interface_is_known(make):
    interface, problems = make({"can1_filter": "zz", "can1_mask": "0"}, guid="zz", config="slcn:x")
    assert interface.channel == "slcn:x"
    assert len(problems) == 2
