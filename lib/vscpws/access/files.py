"""Reading a small text file so that every failure becomes a configuration problem."""

from __future__ import annotations

from ..files import read_regular
from ..model.errors import ConfigurationError, Problem

__all__ = ["MAX_FILE", "read_text"]

MAX_FILE = 1 << 20              # bytes; more users than there may be


def read_text(path: str) -> str:
    """The file's text, UTF-8 with or without a byte order mark.

    Raises ``ConfigurationError``; its text never quotes the file.
    """
    content = read_regular(path, MAX_FILE)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        reason = "not UTF-8 at byte %d" % error.start
    raise ConfigurationError([Problem(path, "", reason)])
