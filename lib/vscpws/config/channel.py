"""The channel text: which CAN interface a driver block means.

=========================  =====================================================================
``can0``                   SocketCAN
``kind:channel[@bitrate]`` any other python-can interface: ``virtual:demo``,
                           ``slcan:/dev/ttyUSB0@125000``, ``udp_multicast:239.74.163.2``
``replay:FILE``            a recorded log, played in a loop; relative to the INI file's folder
=========================  =====================================================================

It is the first part of a configuration string, whose parts stand between semicolons.
"""

from __future__ import annotations

import os
import re

from .files import file_complaint

__all__ = ["DEFAULT_CHANNEL", "first_part", "resolve_channel"]

DEFAULT_CHANNEL = "vcan0"
REPLAY = "replay"

_DEVICE_NAME = re.compile(r"[^\s/:@;]{1,15}\Z")         # as the kernel has it: IFNAMSIZ is 16
_KIND = re.compile(r"[A-Za-z][A-Za-z0-9_-]*\Z")
_MAX_CHANNEL = 1024                                     # characters
_MAX_BITRATE = 8000000                                  # bit/s, of CAN FD's fast phase


def first_part(configuration: str) -> str:
    """The CAN interface in a configuration string; may be empty."""
    return configuration.partition(";")[0].strip()


def resolve_channel(text: str, folder: str) -> str:
    """The channel text, checked, with a replayed file as an absolute path.

    Raises ``ValueError`` with the reason, also for a replayed file that can't be read.
    """
    text = text.strip()
    if len(text) > _MAX_CHANNEL or not text.isprintable():
        raise ValueError("not a CAN interface: too long or with control characters")
    kind, colon, rest = text.partition(":")
    if not colon:
        return _device_name(text)
    if not _KIND.match(kind):
        raise ValueError("not a CAN interface: %r is no kind of interface" % kind[:40])
    kind, rest = kind.lower(), rest.strip()
    if not rest:
        raise ValueError("nothing after %r" % (kind + ":"))
    if kind == REPLAY:
        return "%s:%s" % (kind, _replay_file(rest, folder))
    _check_bitrate(rest)
    return "%s:%s" % (kind, rest)


def _device_name(text: str) -> str:
    if "@" in text:
        raise ValueError("%r: a bitrate needs kind:channel; SocketCAN's is set with 'ip link'"
                         % text[:40])
    if not _DEVICE_NAME.match(text) or text in (".", ".."):
        raise ValueError("not a CAN interface: %r is neither a network device's name nor "
                         "kind:channel" % text[:40])
    return text


def _check_bitrate(rest: str) -> None:
    channel, at, bitrate = rest.rpartition("@")
    if not at:
        return
    if not channel:
        raise ValueError("no channel before the bitrate")
    digits = bitrate.strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10
            and 1 <= int(digits) <= _MAX_BITRATE):
        raise ValueError("bitrate %r is not in 1-%d" % (bitrate[:40], _MAX_BITRATE))


def _replay_file(name: str, folder: str) -> str:
    path = os.path.abspath(os.path.join(folder, name))
    complaint = file_complaint(path)
    if complaint:
        raise ValueError("recorded log %s" % complaint)
    return path
