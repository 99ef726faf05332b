"""What holds for everything that the configuration lets pass, and for its complaints."""

from __future__ import annotations

from typing import Sequence

from vscpws.can.address import parse_channel
from vscpws.model.errors import Problem
from vscpws.model.filter import parse_pattern
from vscpws.settings import Interface

from ..target import require

__all__ = ["check_interface", "check_problems"]

_LONGEST_LINE = 6000            # a path in it may have the length of a line of the INI


def check_problems(problems: Sequence[Problem], needed: bool = True) -> None:
    """Every problem is one line that a person may read; ``needed``: there is at least one."""
    require(problems or not needed, "refused without a reason")
    for problem in problems:
        line = str(problem)
        require("\n" not in line and problem.reason, "problem of more than a line: %.300r", line)
        require(len(line) <= _LONGEST_LINE, "problem of %d characters: %.300r", len(line), line)


def check_interface(interface: Interface) -> None:
    require(interface.name and not any(map(str.isspace, interface.name)), "name %r", interface.name)
    require(len(interface.guid) == 16 and not interface.guid[15], "GUID %r", interface.guid)
    require(str(parse_channel(interface.channel)) == interface.channel,
            "channel %r", interface.channel)
    for pattern in interface.filter:
        require(parse_pattern(str(pattern)) == pattern, "filter %r", pattern)
