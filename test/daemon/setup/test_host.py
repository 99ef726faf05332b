import pytest

from vscpws.daemon.setup import host


@pytest.fixture
def net(tmp_path, monkeypatch):
    for name, kind in (("lo", 772), ("eth0", 1), ("vcan0", 280), ("can1", 280)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "type").write_text("%d\n" % kind)
    (tmp_path / "gone").mkdir()
    monkeypatch.setattr(host, "_NET", str(tmp_path))
    monkeypatch.setattr(host, "_SERIAL", (str(tmp_path / "by-id" / "*"), str(tmp_path / "tty*")))
    return tmp_path


def test_the_kernel_s_can_interfaces_are_found_and_serial_ones_by_their_lasting_names(net):
    assert host.interfaces() == ["can1", "vcan0"]
    (net / "ttyUSB0").write_text("")
    assert host.interfaces() == ["can1", "vcan0", "slcan:%s@125000" % (net / "ttyUSB0")]
    (net / "by-id").mkdir()
    (net / "by-id" / "usb-CANable").write_text("")
    assert host.interfaces()[2:] == ["slcan:%s@125000" % (net / "by-id" / "usb-CANable")]


@pytest.mark.parametrize("channel, text", [
    ("can1", None), ("can0", "ip link set can0 up type can bitrate 125000 restart-ms 100"),
    ("vcan7", "ip link add dev vcan7 type vcan"), ("slcan:/dev/none0@125000", "/dev/serial/by-id"),
    ("slcan:/dev/null", None), ("udp_multicast:239.74.163.2", None)])
def test_what_is_not_there_is_named_with_what_brings_it(net, channel, text):
    absence = host.absence(channel)
    assert (absence is None) if text is None else (text in absence)


