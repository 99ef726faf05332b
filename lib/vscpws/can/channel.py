"""The CAN interface of a driver block: the first part of its configuration string.

The parts of a configuration string stand between semicolons; ``address`` says what an interface
may be. A recorded log is named relative to the INI file's folder; ``FILE@can1`` is one interface
of a log that has several.
"""

from __future__ import annotations

import os
import re
from typing import Optional, Tuple

from .address import REPLAY, parse_channel

__all__ = ["DEFAULT_CHANNEL", "first_part", "recording_of", "resolve_channel"]

DEFAULT_CHANNEL = "vcan0"

_MAX_CHANNEL = 1024             # characters
_CHOICE = re.compile(r"(?P<path>.+)@(?P<interface>[^\s/@]{1,15})\Z", re.DOTALL)


def first_part(configuration: str) -> str:
    """The CAN interface in a configuration string; may be empty."""
    return configuration.partition(";")[0].strip()


def recording_of(text: str) -> Tuple[str, str]:
    """The path of a recorded log and the interface that is chosen in it, or "" for all.

    A file's name may have an @ of its own: what is there as a whole is no choice.
    """
    match = _CHOICE.match(text)
    if match and not os.path.lexists(text):
        return match.group("path"), match.group("interface")
    return text, ""


def resolve_channel(text: str, folder: str) -> str:
    """The channel text, checked, with a replayed file as an absolute path.

    Raises ``ValueError`` with the reason, also for a replayed file that can't be found or read. A
    file that is no log is for whoever opens it: that doesn't stop the other buses.
    """
    if len(text) > _MAX_CHANNEL:
        raise ValueError("the CAN interface has over %d characters" % _MAX_CHANNEL)
    address = parse_channel(text)
    if address.kind != REPLAY:
        return str(address)
    full = os.path.abspath(os.path.join(folder, address.channel))
    complaint = _complaint(recording_of(full)[0])
    if complaint:
        raise ValueError("recorded log %s" % complaint)
    return str(address._replace(channel=full))


def _complaint(path: str) -> Optional[str]:
    try:
        os.stat(path)
    except (OSError, ValueError) as error:
        return "%s: %s" % (path, getattr(error, "strerror", None) or error)
    return None if os.access(path, os.R_OK) else "%s: Permission denied" % path
