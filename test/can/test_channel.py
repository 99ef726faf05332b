"""The channel text."""

import os

import pytest

from vscpws.can import channel
from vscpws.can.channel import first_part, recording_of, resolve_channel


@pytest.mark.parametrize("text, part", [
    ("can0", "can0"), (" can0 ;x;y", "can0"), ("", ""), (";x", ""),
    ("virtual:demo;x", "virtual:demo"),
])
def test_the_interface_is_the_first_part_of_a_configuration_string(text, part):
    assert first_part(text) == part


@pytest.mark.parametrize("text, resolved", [
    ("can0", "can0"), ("vcan0", "vcan0"), ("can", "can"), (" can0 ", "can0"),
    ("a-very.long_nam", "a-very.long_nam"),
    ("virtual:demo", "virtual:demo"), ("Virtual: demo", "virtual:demo"),
    ("slcan:/dev/ttyUSB0@125000", "slcan:/dev/ttyUSB0@125000"),
    ("udp_multicast:239.74.163.2", "udp_multicast:239.74.163.2"),
    ("udp_multicast:ff15:7079:7468::1", "udp_multicast:ff15:7079:7468::1"),
    ("socketcand:host:29536:can0", "socketcand:host:29536:can0"),
    ("pcan:PCAN_USBBUS1@8000000", "pcan:PCAN_USBBUS1@8000000"),
])
def test_channels_that_can_be(tmp_path, text, resolved):
    assert resolve_channel(text, str(tmp_path)) == resolved


@pytest.mark.parametrize("text, part", [
    ("", "empty"), ("/dev/ttyS0", "no name of a network interface"),
    ("slcan:/dev/ttyUSB0@0", "bit rate"), ("virtual:" + "x" * 2000, "over 1024 characters"),
])
def test_channels_that_can_not_be(tmp_path, text, part):
    with pytest.raises(ValueError) as error:
        resolve_channel(text, str(tmp_path))
    assert part in str(error.value)


def test_a_replayed_file_is_relative_to_the_folder(tmp_path):
    (tmp_path / "logs").mkdir()
    file = tmp_path / "logs" / "a b@1.log"
    file.write_text("")
    for text in ("replay:logs/a b@1.log", "REPLAY:./logs/../logs/a b@1.log", "replay:%s" % file):
        assert resolve_channel(text, str(tmp_path)) == "replay:%s" % file


@pytest.mark.parametrize("name, part", [
    ("missing.log", "No such file"), ("missing.log@can0", "No such file"),
    ("x" * 300, "name too long"),
])
def test_a_replayed_file_must_be_readable(tmp_path, name, part):
    with pytest.raises(ValueError) as error:
        resolve_channel("replay:" + name, str(tmp_path))
    assert "recorded log" in str(error.value) and part in str(error.value)


def test_a_replayed_file_that_is_not_for_us_is_told(tmp_path, monkeypatch):
    (tmp_path / "house.log").write_text("")
    monkeypatch.setattr(channel.os, "access", lambda path, mode: mode != os.R_OK)
    with pytest.raises(ValueError, match="house.log: Permission denied"):
        resolve_channel("replay:house.log@can1", str(tmp_path))


def test_a_channel_may_have_1024_characters(tmp_path):
    longest = "virtual:" + "x" * 1016
    assert resolve_channel(longest, str(tmp_path)) == longest
    with pytest.raises(ValueError, match="over 1024 characters"):
        resolve_channel(longest + "x", str(tmp_path))


def test_what_is_no_file_stops_no_start(tmp_path):
    assert resolve_channel("replay:.", str(tmp_path)) == "replay:%s" % tmp_path


def test_one_interface_of_a_log_can_be_chosen(tmp_path):
    (tmp_path / "any.log").write_text("")
    text = resolve_channel("replay:any.log@can1", str(tmp_path))
    assert text == "replay:%s/any.log@can1" % tmp_path
    assert recording_of(text[7:]) == (str(tmp_path / "any.log"), "can1")
    (tmp_path / "any.log@can1").write_text("")
    assert recording_of(text[7:]) == (str(tmp_path / "any.log@can1"), "")
