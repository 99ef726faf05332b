"""Rights: bits, names, numbers and sums."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vscpws.access import rights
from vscpws.access.rights import class_right, parse_rights, right_names

BITS = {
    "tcpip": 0, "websockets": 1, "web": 2, "rest": 3, "udp": 4, "mqtt": 5, "multicast": 6,
    "send-events": 16, "l1ctrl-events": 17, "l2ctrl-events": 18, "hlo-events": 19,
    "receive-events": 20, "set-filter": 26, "set-guid": 27, "test": 28, "interface": 29,
    "restart": 30, "shutdown": 31,
}


SETS = ("web", "rest", "websockets", "mqtt", "udp")     # and tcp
ALONE = {name: 1 << bit for name, bit in BITS.items() if name not in SETS}
ALONE.update(ws=2, ws1=2, ws2=2)
NAMES = dict(ALONE, tcp=1 | rights.DRIVER,
             **{name: 1 << BITS[name] | rights.DRIVER for name in SETS})


@pytest.mark.parametrize("name, bit", BITS.items())
def test_each_bit_has_a_constant_by_its_name(name, bit):
    assert getattr(rights, name.upper().replace("-", "_")) == 1 << bit
    assert right_names(1 << bit) == [name]


@pytest.mark.parametrize("name, mask", ALONE.items())
def test_a_name_is_its_bit(name, mask):
    assert parse_rights(name) == mask


@pytest.mark.parametrize("name, bit", [
    ("tcp", 0), ("websockets", 1), ("web", 2), ("rest", 3), ("udp", 4), ("mqtt", 5)])
def test_the_names_in_the_fields_user_files_send_and_receive_too(name, bit):
    assert parse_rights(name) == 1 << bit | rights.DRIVER
    assert parse_rights(name.upper()) & rights.RECEIVE_EVENTS


def test_a_user_who_only_looks():
    assert right_names(parse_rights("ws/receive-events")) == ["websockets", "receive-events"]


@pytest.mark.parametrize("mask, names", [
    (0, []), (1 << 63 | 1 << 8, []), (rights.USER, [
        "tcpip", "websockets", "web", "rest", "udp", "mqtt", "multicast", "send-events",
        "l1ctrl-events", "l2ctrl-events", "receive-events"]),
    (rights.ADMIN, list(BITS)),
])
def test_a_mask_by_its_names(mask, names):
    assert right_names(mask) == names


@pytest.mark.parametrize("name, bits", [
    ("admin", range(32)),
    ("user", [0, 1, 2, 3, 4, 5, 6, 16, 17, 18, 20]),
    ("driver", [16, 17, 18, 20]),
])
def test_a_role_is_a_set_of_bits(name, bits):
    expected = sum(1 << bit for bit in bits)
    assert parse_rights(name) == expected
    assert getattr(rights, name.upper()) == expected


@pytest.mark.parametrize("value, expected", [
    ("ADMIN", rights.ADMIN),
    (" Send-Events ", rights.SEND_EVENTS),
    ("send_events", rights.SEND_EVENTS),
    ("ws/send-events", rights.WEBSOCKETS | rights.SEND_EVENTS),
    ("ws,send-events", rights.WEBSOCKETS | rights.SEND_EVENTS),
    ("ws2 , 1/0x10000", rights.WEBSOCKETS | rights.TCPIP | rights.SEND_EVENTS),
    ("driver/ws", rights.DRIVER | rights.WEBSOCKETS),
    ("ws1//", rights.WEBSOCKETS),
    (["ws", "send-events"], rights.WEBSOCKETS | rights.SEND_EVENTS),
    (["ws/0x4", 1, "0x8"], 0b1111),
    ("4294967295", rights.ADMIN),
    ("0xffffffff", rights.ADMIN),
    ("0XFF", 0xFF),
    (12, 12),
    (0xFFFFFFFF, rights.ADMIN),
    (1 << 32, 1 << 32),
    ("4294967296", 1 << 32),
    ("0xFFFFFFFFFFFFFFFF", (1 << 64) - 1),
    ("18446744073709551615", (1 << 64) - 1),
    ((1 << 64) - 1, (1 << 64) - 1),
    ("0", 0),
    (0, 0),
    ([0], 0),
])
def test_names_numbers_and_lists_add_up(value, expected):
    assert parse_rights(value) == expected


@pytest.mark.parametrize("value", [None, "", "  ", [], [""], [None], ","])
def test_nothing_means_the_rights_of_user(value):
    assert parse_rights(value) == rights.USER


@pytest.mark.parametrize("value", [
    "root", "admin root", "-1", -1, 1 << 64, 10 ** 4000, "18446744073709551616",
    "0x10000000000000000", "0xyz", "1.5", "1e3", 1.5,
    True, [True], {}, {"admin": True}, [["admin"]], "²", "１a", [1, -1],
    ["test"] * 65, "/".join(["test"] * 65),
])
def test_anything_else_is_refused(value):
    with pytest.raises(ValueError) as caught:
        parse_rights(value)
    assert len(str(caught.value)) < 100


def test_there_may_be_as_many_as_there_are_bits():
    assert parse_rights([1 << bit for bit in range(64)]) == (1 << 64) - 1


@settings(deadline=None)
@given(st.lists(st.sampled_from(sorted(NAMES)), min_size=1, max_size=64))
def test_names_in_any_shape_give_their_bits(names):
    expected = 0
    for name in names:
        expected |= NAMES[name]
    assert parse_rights(names) == expected
    assert parse_rights("/".join(names)) == expected
    assert parse_rights(",".join(names).upper()) == expected


@settings(deadline=None)
@given(st.one_of(st.text(), st.integers(), st.lists(st.one_of(st.text(), st.integers()))))
def test_any_value_gives_a_mask_or_a_value_error(value):
    try:
        assert 0 <= parse_rights(value) < 1 << 64
    except ValueError:
        pass


@pytest.mark.parametrize("vscp_class, needed", [
    (0, rights.L1CTRL_EVENTS),
    (512, rights.L1CTRL_EVENTS),
    (1024, rights.L2CTRL_EVENTS),
    (1028, rights.HLO_EVENTS),
    (1, 0), (10, 0), (511, 0), (513, 0), (1023, 0), (1025, 0), (1027, 0), (1029, 0), (65535, 0),
])
def test_control_classes_need_a_right_of_their_own(vscp_class, needed):
    assert class_right(vscp_class) == needed
