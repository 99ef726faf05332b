"""What this host has: CAN interfaces and a service manager."""

from __future__ import annotations

import glob
import os
from typing import List, NamedTuple, Optional

from ...can.address import SOCKETCAN, Address, parse_channel

__all__ = ["Unit", "absence", "interfaces", "unit"]

_NET = "/sys/class/net"
_ARPHRD_CAN = "280"             # linux/if_arp.h
_SERIAL = ("/dev/serial/by-id/*", "/dev/ttyUSB*", "/dev/ttyACM*")
_UNITS = ("/etc/systemd/system", "/lib/systemd/system", "/usr/lib/systemd/system")
_INIT = "/etc/init.d/vscpwsd"


def interfaces() -> List[str]:
    """The CAN interfaces that are there, as a driver block names them: the kernel's, then adapters
    on a serial line or USB, which may be something else."""
    found = []
    for name in sorted(os.listdir(_NET)) if os.path.isdir(_NET) else ():
        try:
            with open(os.path.join(_NET, name, "type"), encoding="ascii") as file:
                if file.read().strip() == _ARPHRD_CAN:
                    found.append(name)
        except OSError:
            pass                # gone meanwhile
    serial = next(filter(None, (sorted(glob.glob(pattern)) for pattern in _SERIAL)), [])
    return found + ["slcan:%s@125000" % path for path in serial]


def absence(channel: str) -> Optional[str]:
    """That the interface isn't there now, and what brings it; None where it is, or can't be
    told."""
    address = parse_channel(channel)
    if address.kind == SOCKETCAN:
        if os.path.exists(os.path.join(_NET, address.channel)):
            return None
        return "%s is not there yet: %s" % (address.channel, _bring_up(address))
    if address.channel.startswith("/dev/") and not os.path.exists(address.channel):
        return "%s is not there yet: plug the adapter in, and look at /dev/serial/by-id/" % (
            address.channel)
    return None


def _bring_up(address: Address) -> str:
    name = address.channel
    if name.startswith("vcan"):
        return "ip link add dev %s type vcan; ip link set %s up" % (name, name)
    return "ip link set %s up type can bitrate 125000 restart-ms 100" % name


class Unit(NamedTuple):
    """How the daemon is run here as a service; ``kind`` is systemd or init, empty for neither."""

    kind: str
    is_installed: bool


def unit() -> Unit:
    if os.path.isdir("/run/systemd/system"):
        return Unit("systemd", any(os.path.exists(os.path.join(folder, "vscpwsd.service"))
                                   for folder in _UNITS))
    return Unit("init" if os.path.exists(_INIT) else "", os.path.exists(_INIT))
