"""Reading a file that somebody named: a regular one, without waiting, and only so much of it.

A FIFO would be waited for until somebody writes, a device may never end, and both hang a start or,
at a reload, the daemon with all its clients.
"""

from __future__ import annotations

import errno
import os
import stat

from ...model.errors import ConfigurationError, Problem

__all__ = ["MAX_FILE", "read_file", "read_text"]

MAX_FILE = 1 << 20              # bytes; a vscpd.conf has some KiB, a thousand users half a MiB


def read_text(path: str) -> str:
    """The file's text, UTF-8 with or without a byte order mark.

    Raises ``ConfigurationError`` as ``read_file`` does, and for what is not UTF-8.
    """
    content = read_file(path)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        reason = "not UTF-8 at byte %d" % error.start
    raise ConfigurationError([Problem(path, "", reason)])


def read_file(path: str) -> bytes:
    """The content of a regular file of at most 1 MiB.

    Raises ``ConfigurationError`` for anything else; its text never quotes the file.
    """
    try:
        content = _read(path, MAX_FILE + 1)
    except (OSError, ValueError) as error:
        text = getattr(error, "strerror", None) or str(error)
        raise ConfigurationError([Problem(path, "", text)]) from None
    if len(content) > MAX_FILE:
        raise ConfigurationError([Problem(path, "", "larger than %s" % _size(MAX_FILE))])
    return content


def _read(path: str, most: int) -> bytes:
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        mode = os.fstat(fd).st_mode
        if stat.S_ISDIR(mode):
            raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(mode):
            raise OSError(0, "not a regular file")
        with open(fd, "rb", closefd=False) as file:
            return file.read(most) or b""       # None: one of the kernel's that would wait
    finally:
        os.close(fd)


def _size(size: int) -> str:
    return "%d bytes" % size if size % (1 << 20) else "%d MiB" % (size >> 20)
