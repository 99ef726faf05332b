"""The host's MAC address, from a made-up /sys/class/net."""

import pytest

from vscpws.daemon.config.hostmac import host_mac


def card(root, name, address, kind="1", hardware=False):
    folder = root / name
    folder.mkdir()
    (folder / "address").write_text(address + "\n")
    (folder / "type").write_text(kind + "\n")
    if hardware:
        (folder / "device").mkdir()


def test_hardware_goes_before_virtual_and_then_the_name_decides(tmp_path):
    card(tmp_path, "br0", "02:00:00:00:00:01")
    card(tmp_path, "eth1", "02:00:00:00:00:03", hardware=True)
    card(tmp_path, "eth0", "02:00:00:00:00:02", hardware=True)
    assert host_mac(str(tmp_path)) == bytes.fromhex("020000000002")


def test_a_virtual_card_will_do(tmp_path):
    card(tmp_path, "lo", "00:00:00:00:00:00", kind="772")
    card(tmp_path, "veth0", "02:00:00:00:00:01")
    assert host_mac(str(tmp_path)) == bytes.fromhex("020000000001")


@pytest.mark.parametrize("address, kind", [
    ("00:00:00:00:00:00", "1"), ("02:00:00:00:00:01", "772"), ("nonsense", "1"), ("", "1"),
    ("02:00:00:00:00:00:00:01", "1"), ("", "280"),
])
def test_what_has_no_mac_address(tmp_path, address, kind):
    card(tmp_path, "x0", address, kind)
    assert host_mac(str(tmp_path)) is None


def test_no_such_folder_is_no_mac_address(tmp_path):
    assert host_mac(str(tmp_path / "missing")) is None
