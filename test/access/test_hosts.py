import pytest

from vscpws.access.hosts import host_of


@pytest.mark.parametrize("address, host", [
    ("192.0.2.7", "192.0.2.7"), ("::ffff:192.0.2.7", "192.0.2.7"),
    ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("2001:db8:1:2::", "2001:db8:1:2::/64"),
    ("fe80::1%eth0", "fe80::/64"), ("::1", "::/64"), ("local", "local"), ("%s%d", "%s%d")])
def test_whom_an_address_is_counted_for(address, host):
    assert host_of(address) == host
