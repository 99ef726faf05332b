"""The CAN interface of a driver block: the first part of its configuration string.

The parts of a configuration string stand between semicolons; ``address`` says what an interface
may be. A recorded log is named relative to the INI file's folder.
"""

from __future__ import annotations

import os

from .address import REPLAY, parse_channel
from .files import file_complaint

__all__ = ["DEFAULT_CHANNEL", "first_part", "resolve_channel"]

DEFAULT_CHANNEL = "vcan0"

_MAX_CHANNEL = 1024             # characters


def first_part(configuration: str) -> str:
    """The CAN interface in a configuration string; may be empty."""
    return configuration.partition(";")[0].strip()


def resolve_channel(text: str, folder: str) -> str:
    """The channel text, checked, with a replayed file as an absolute path.

    Raises ``ValueError`` with the reason, also for a replayed file that can't be read.
    """
    if len(text) > _MAX_CHANNEL:
        raise ValueError("the CAN interface has over %d characters" % _MAX_CHANNEL)
    address = parse_channel(text)
    if address.kind != REPLAY:
        return str(address)
    path = os.path.abspath(os.path.join(folder, address.channel))
    complaint = file_complaint(path)
    if complaint:
        raise ValueError("recorded log %s" % complaint)
    return str(address._replace(channel=path))
