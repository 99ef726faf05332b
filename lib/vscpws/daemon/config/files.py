"""The files of the configuration: regular ones, read without waiting, and of a size that fits."""

from __future__ import annotations

from ...files import read_regular
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
    return read_regular(path, MAX_FILE)
