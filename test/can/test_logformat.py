"""One line of a recorded log at a time."""

import pytest

import can
from vscpws.can.logformat import DECODERS, Line, line_from_message
from vscpws.codec.canframe import ERROR, EXTENDED, REMOTE

TRC = "     1)      1500.0 Rx     00000005  1  "


def decoder(ending):
    """That of a log whose header has been read."""
    decode = DECODERS[ending]()
    if ending == ".trc":
        assert decode(";$FILEVERSION=1.1") is None
    return decode


@pytest.mark.parametrize("channel, first, interface", [
    (0, 0, "0"), (2, 0, "2"), (0, 1, "1"), ("can0", 1, "can0"), (None, 1, "")])
def test_a_message_is_a_line_with_its_channel(channel, first, interface):
    message = can.Message(timestamp=1.5, arbitration_id=5, data=b"x", channel=channel)
    assert line_from_message(message, first) == Line(1.5, interface, EXTENDED | 5, b"x")


def test_channels_are_counted_as_they_are_unless_told_otherwise():
    message = can.Message(timestamp=1.5, arbitration_id=5, channel=3)
    assert line_from_message(message).interface == "3"


@pytest.mark.parametrize("ending, line, interface", [
    (".log", "(1.5) can1 00000005#78", "can1"),
    (".asc", "1.500000 2  5x             Rx   d 1 78", "2"),
    (".csv", "1.5,0x5,1,0,0,1,eA==", ""), (".trc", TRC + "78", "1"),
])
def test_each_format_gives_its_line(ending, line, interface):
    assert decoder(ending)(line) == Line(1.5, interface, EXTENDED | 5, b"x")


@pytest.mark.parametrize("ending", sorted(DECODERS))
def test_a_blank_line_is_none_and_another_text_no_frame(ending):
    decode = DECODERS[ending]()
    assert decode("") is None
    with pytest.raises(ValueError):
        decode("what is this")


@pytest.mark.parametrize("ending, line", [
    (".log", "# a comment"), (".log", "; a comment"), (".log", "// a comment"),
    (".csv", "# a comment"), (".csv", "timestamp,arbitration_id,extended,remote,error,dlc,data"),
    (".asc", "// a comment"), (".asc", "base hex  timestamps absolute"),
    (".asc", "no internal events logged"), (".asc", "0.000000 Start of measurement"),
    (".trc", ";   a comment"), (".trc", ";$FILEVERSION=1.1"),
])
def test_what_is_not_meant_to_be_a_frame_is_passed_over(ending, line):
    assert DECODERS[ending]()(line) is None


@pytest.mark.parametrize("line", [
    "1.5,0x5,1,0,0,1", "1.5,0x5,1,0,0,1,eA==,", "1.5,0x5,2,0,0,1,eA==", "1.5,0x5,1,0,True,1,eA==",
    "1.5,0x5,1,0,0,1,e A==",
])
def test_a_line_of_csv_has_seven_fields(line):
    with pytest.raises(ValueError):
        DECODERS[".csv"]()(line)


def test_the_flags_of_csv_and_long_data_are_read():
    decode = DECODERS[".csv"]()
    assert decode("1.5,0x5,0,0,0,0,").can_id == 5
    assert decode("1.5,0x5,1,1,0,0,").can_id == EXTENDED | REMOTE | 5
    assert decode("1.5,0x5,1,0,1,0,").can_id == EXTENDED | ERROR | 5
    assert decode("1.5,0x5,1,0,0,8,AAAAAAAAAAA=").data == bytes(8)
    assert decode("1.5,0x5,1,0,0,12,AAAAAAAAAAAAAAAA").data == bytes(12)


def test_asc_has_its_base_from_its_header_and_whole_bytes():
    decode = DECODERS[".asc"]()
    assert decode("1.500000 1  10x             Rx   d 1 10").data == b"\x10"
    assert decode("BASE DEC timestamps absolute") is None
    read = decode("1.500000 1  10x             Rx   d 1 10")
    assert (read.can_id, read.data) == (EXTENDED | 10, b"\x0a")


@pytest.mark.parametrize("ending, line", [
    (".asc", "1.500000 1  5x             Rx   d 1 A"), (".trc", TRC + "A"),
])
def test_half_a_byte_is_none(ending, line):
    with pytest.raises(ValueError, match="half a byte"):
        decoder(ending)(line)


def test_what_is_no_frame_in_a_trc_is_told():
    with pytest.raises(ValueError, match="no frame of a TRC log"):
        decoder(".trc")("     1)      1500.0 Warng  FFFFFFFF  4  00 00 00 08")


@pytest.mark.parametrize("ending, line, reason", [
    (".asc", "0.0 1 C0A0601x Rx d 2 01 zz", "no line of an ASC log"),
    (".asc", "0.0 1 C0A0601x Rx d x 01", "no line of an ASC log"),
    (".trc", "     1)   one  Rx     0C0A0601  1  01", "no frame of a TRC log"),
    (".trc", "     1)         1.0  Rx     Rx  1  01", "no frame of a TRC log")])
def test_what_python_can_stumbles_over_is_told_in_words_of_the_log(ending, line, reason):
    with pytest.raises(ValueError, match=reason):
        decoder(ending)(line)


def test_each_line_of_a_trc_is_read_by_itself():
    decode = decoder(".trc")
    assert [decode(TRC + "%02X" % number).data for number in range(3)] == [b"\0", b"\1", b"\2"]


def test_a_long_header_of_a_trc_does_no_harm():
    decode = DECODERS[".trc"]()
    for _ in range(100):
        assert decode(";$FILEVERSION=1.1") is None
    assert decode(TRC + "78").data == b"x"
