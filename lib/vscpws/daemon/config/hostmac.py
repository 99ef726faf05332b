"""The host's MAC address, from which interfaces without a GUID get theirs.

It must be the same at every start, so a made-up one is no use: ``uuid.getnode()`` invents a random
address where it finds none.
"""

from __future__ import annotations

import os
from typing import Optional

__all__ = ["host_mac"]

_ETHERNET = "1"                 # ARPHRD_ETHER of linux/if_arp.h


def host_mac(root: str = "/sys/class/net") -> Optional[bytes]:
    """The 6 bytes of the first Ethernet card by name, hardware before virtual; None if none."""
    found = []
    try:
        names = sorted(os.listdir(root))
    except OSError:
        return None
    for name in names:
        folder = os.path.join(root, name)
        mac = _address(folder)
        if mac:
            found.append((not os.path.exists(os.path.join(folder, "device")), name, mac))
    return min(found)[2] if found else None


def _address(folder: str) -> Optional[bytes]:
    try:
        if _line(folder, "type") != _ETHERNET:
            return None
        mac = bytes.fromhex(_line(folder, "address").replace(":", ""))
    except (OSError, ValueError):
        return None
    return mac if len(mac) == 6 and any(mac) else None


def _line(folder: str, name: str) -> str:
    with open(os.path.join(folder, name), encoding="ascii") as file:
        return file.read(64).strip()
