"""What is known of python-can's drivers: how they are opened, and what their exceptions mean.

A driver raises what its library raises, wrapped in python-can's errors or not. What matters here is
only who is to blame::

    the device or the connection   an OSError somewhere in the chain: the bus has ended
    this one message               everything else: it is skipped, the bus goes on
    whoever installed us           nothing that is tried again mends it
"""

from __future__ import annotations

import configparser
import errno
import logging
import socket
from typing import Any, Iterator, Optional

import can

from .address import Address
from .mends import mend_driver
from .requirements import adapter_complaint
from .source import BusMissing, BusUnusable, SourceError

__all__ = [
    "chain_of", "error_line", "is_timeout", "open_bus", "opening_error",
    "own_settings_complaint", "tells_the_end", "typed",
]

log = logging.getLogger(__name__)

_LONGEST_CHAIN = 10                     # of exceptions that caused each other
_SHOWN = 200                            # characters of a driver's own words

# One message is not taken, and the next one may be.
_PASSING = (errno.EAGAIN, errno.EINTR, errno.ENOBUFS, errno.EMSGSIZE, errno.EPERM)
_NO_RETRY_MENDS = (ImportError, can.CanInterfaceNotImplementedError, NotImplementedError,
                   TypeError, ValueError, LookupError, AttributeError, configparser.Error)


def open_bus(address: Address) -> can.BusABC:
    """Open the python-can bus at ``address``.

    Raises ``BusUnusable`` for what no retry mends, ``BusMissing`` for everything else.
    """
    options = {name: typed(value) for name, value in address.options}
    if address.bitrate is not None:
        options["bitrate"] = address.bitrate
    try:
        mend_driver(address.kind)
        return can.Bus(interface=address.kind, channel=address.channel, **options)
    except Exception as error:          # whatever a driver raises, the daemon lives
        raise opening_error(error, address) from None


def typed(text: str) -> Any:
    """An option's value as python-can wants it: a number, a truth value or the text."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def opening_error(error: Exception, address: Address) -> SourceError:
    """What the exception of ``can.Bus`` for ``address`` is for the bus."""
    complaint = own_settings_complaint(address)
    if complaint:
        return BusUnusable(complaint)
    if not _no_retry_mends(error):
        return BusMissing(error_line(error))
    complaint = adapter_complaint(address.kind)
    return BusUnusable("%s (python-can: %s)" % (complaint, error_line(error)) if complaint
                       else error_line(error))


def _no_retry_mends(error: Exception) -> bool:
    chain = list(chain_of(error))
    if any(isinstance(each, OSError) and each.errno is not None for each in chain):
        return False
    if any(isinstance(each, OSError) and "shared object" in str(each) for each in chain):
        return True                     # a vendor's library that ctypes can't load
    if any(isinstance(each, (OSError, UnicodeError)) for each in chain):
        return False
    return any(isinstance(each, _NO_RETRY_MENDS) for each in chain)


def own_settings_complaint(address: Address) -> Optional[str]:
    """Why python-can can't read its own settings, which it mixes into all; None if it can."""
    try:
        can.util.load_config(config={"interface": address.kind, "channel": address.channel})
    except (can.CanInterfaceNotImplementedError, NotImplementedError):
        return None                     # the name is unknown, the files are well
    except Exception as error:
        return ("python-can's own settings (/etc/can.conf, ~/can.conf, ~/.can, ~/.canrc, "
                "CAN_CONFIG) can't be read: " + error_line(error))
    return None


# ---- what an exception means -------------------------------------------------------------------


def tells_the_end(error: BaseException) -> bool:
    """Whether the device or the connection is gone, and not just one message wrong."""
    return any(isinstance(each, (OSError, EOFError)) and not _is_passing(each)
               for each in chain_of(error))


def is_timeout(error: BaseException) -> bool:
    """Whether a driver says by an exception that nothing happened in time."""
    return any(isinstance(each, (TimeoutError, socket.timeout)) or "Timeout" in type(each).__name__
               for each in chain_of(error))


def _is_passing(error: BaseException) -> bool:
    return is_timeout(error) or getattr(error, "errno", None) in _PASSING


def chain_of(error: Optional[BaseException]) -> Iterator[BaseException]:
    """An exception and what it came from."""
    for _ in range(_LONGEST_CHAIN):
        if error is None:
            return
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def error_line(error: BaseException) -> str:
    """A driver's error in one short line, fit for a terminal."""
    text = str(error) if isinstance(error, (OSError, can.CanError)) else "%s: %s" % (
        type(error).__name__, error)
    text = " ".join(text.split()).strip(": ") or type(error).__name__
    return "".join(letter if letter.isprintable() else "?" for letter in text)[:_SHOWN]
