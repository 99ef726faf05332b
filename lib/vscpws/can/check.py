"""What keeps a bus from ever working, looked at before there is one."""

from __future__ import annotations

from typing import Iterable, List

from ..model.errors import Problem
from ..settings import Interface
from .address import DEMO, REPLAY, parse_channel
from .recording import recording_complaint
from .requirements import adapter_problems

__all__ = ["bus_problems"]


def bus_problems(interfaces: Iterable[Interface], file: str) -> List[Problem]:
    """Unknown kinds, missing packages, recorded logs that hold nothing to play, and settings of
    python-can's own that it can't read.

    ``file`` has the driver blocks. Nothing here stops a start: one bus is not the others.
    """
    interfaces = list(interfaces)
    problems = adapter_problems(interfaces, file)
    for interface in interfaces:
        address = parse_channel(interface.channel)
        complaint = recording_complaint(address.channel) if address.kind == REPLAY else None
        if complaint:
            problems.append(Problem(file, "driver %s: recorded log %s" % (
                interface.name, address.channel), complaint))
    return problems + _own_settings(interfaces)


def _own_settings(interfaces: Iterable[Interface]) -> List[Problem]:
    """They are those of all interfaces, so one complaint is enough."""
    addresses = [parse_channel(interface.channel) for interface in interfaces]
    opened = [address for address in addresses if address.kind not in (REPLAY, DEMO)]
    if not opened:
        return []
    from .driver import own_settings_complaint  # late: python-can takes its time

    complaints = filter(None, map(own_settings_complaint, opened))
    return [Problem("", "", complaint) for complaint in list(complaints)[:1]]
