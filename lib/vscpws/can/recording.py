"""A recorded log, frame by frame: what is no frame is skipped, counted and told with its line.

Text is read in lines of bounded length, packed (.gz) or not; the last line is taken only if it is
whole. Binary formats (BLF, SQLite, …) come from python-can's readers, guarded frame by frame. Only
regular files are opened, so that no pipe or device can hold the daemon up.

Reading gives turns by count: ``turn`` is called while many lines pass that are no frames.
"""

from __future__ import annotations

import codecs
import gzip
import io
import logging
import os
import sqlite3
import stat
from typing import Any, Callable, Iterator, List, Optional, Tuple
from urllib.parse import quote

import can

from ..codec.canframe import CanFrame
from .channel import recording_of
from .driver import error_line
from .logformat import DECODERS, Line, line_from_message
from .source import BusMissing, BusUnusable

__all__ = ["Recording", "recording_complaint"]

log = logging.getLogger(__name__)

Decode = Callable[[str], Optional[Line]]

_LONGEST_LINE = 4096            # characters; a CAN FD frame has some 200
_LINES_A_TURN = 64
_MOST_NAMES = 8                 # of interfaces that a message lists
_MOST_LOOKED_AT = 10000         # lines without a frame after which a file is no log
_BROKEN_OFF = "the file can't be read further: "
_BINARY = (".blf", ".db", ".mf4")
_COUNTED_FROM_0 = (".blf",)     # formats whose channels python-can counts from 0


class Recording:
    """The log that ``channel`` names: a path, or ``path@interface`` for one interface of several.

    ``skipped`` counts what was no frame since the opening. Raises ``BusMissing`` if the file can't
    be opened, ``BusUnusable`` if its ending stands for no format.
    """

    def __init__(self, channel: str, turn: Callable[[], None] = lambda: None):
        self.path, self.interface = recording_of(channel)
        self.skipped = 0
        self._first = ""                        # line and reason of the first that was skipped
        self._looked_at = 0                     # lines, frames
        self._others: List[str] = []            # interfaces that were not asked for
        self._close: Callable[[], None] = lambda: None
        self._turn = turn
        self._lines = self._open()

    def next(self, most: Optional[int] = None) -> Optional[Tuple[float, CanFrame]]:
        """Seconds on the log's clock and the next frame (its moment is 0), or None at the end;
        with ``most`` also after so many lines."""
        for line in self._lines:
            if line is not None and self._is_wanted(line):
                return line.seconds, (line.can_id, line.data, 0)
            if most is not None and self._looked_at >= most:
                return None
        return None

    def _is_wanted(self, line: Line) -> bool:
        if not self.interface or line.interface == self.interface:
            return True
        if line.interface not in self._others and len(self._others) < _MOST_NAMES:
            self._others.append(line.interface)
        return False

    def summary(self) -> str:
        """What was skipped, in one line; empty if nothing was."""
        return "" if not self.skipped else "%s: %d %s no frame and skipped, the first: %s" % (
            self.path, self.skipped, "line is" if self.skipped == 1 else "lines are", self._first)

    def complaint(self) -> str:
        """Why there is nothing to play, after the end."""
        if self._others:
            return "the log holds no frames of %s, but of %s" % (
                self.interface, ", ".join(name or "(no name)" for name in self._others))
        return "the log holds no frames" + ("; " + self._first if self._first else "")

    def close(self) -> None:
        close, self._close, self._lines = self._close, lambda: None, iter(())
        try:
            close()
        except Exception as error:      # each format's library has errors of its own
            log.debug("%s: closing it: %s", self.path, error)

    # ---- opening ---------------------------------------------------------------------------

    def _open(self) -> Iterator[Optional[Line]]:
        plain = self.path.lower()
        packed = plain.endswith(".gz")
        ending = os.path.splitext(plain[:-3] if packed else plain)[1]
        try:
            raw = _open_regular(self.path)
        except (OSError, ValueError) as error:
            raise BusMissing("can't open the log: %s" % (
                getattr(error, "strerror", None) or error)) from None
        if ending in DECODERS:
            self._close = raw.close
            return self._decoded(_as_text(gzip.open(raw) if packed else raw), DECODERS[ending]())
        raw.close()
        return self._messages(_reader(self.path, ending), int(ending in _COUNTED_FROM_0))

    def _skip(self, where: str, reason: str) -> None:
        self.skipped += 1
        self._first = self._first or "%s: %s" % (where, reason)

    def _give_turn(self) -> None:
        self._looked_at += 1
        if self._looked_at % _LINES_A_TURN == 0:
            self._turn()

    # ---- text ------------------------------------------------------------------------------

    def _decoded(self, text: io.TextIOBase, decode: Decode) -> Iterator[Optional[Line]]:
        """A frame, or None for a line that is none."""
        number = 0
        while True:
            try:
                line = text.readline(_LONGEST_LINE)
                is_whole = self._read_over(line, text)
            except Exception as error:      # of the disk, or of what unpacks
                return self._skip("line %d" % (number + 1), _BROKEN_OFF + error_line(error))
            if not line:
                return
            number += 1
            yield self._frame_of(line, is_whole, "line %d" % number, decode)
            self._give_turn()

    def _frame_of(self, line: str, is_whole: bool, where: str, decode: Decode
                  ) -> Optional[Line]:
        text = line.strip("\0 \t\r\n\f\v\ufeff")
        if len(line) >= _LONGEST_LINE and not line.endswith("\n"):
            self._skip(where, "over %d characters" % _LONGEST_LINE)
        elif not is_whole:
            if text:
                self._skip(where, "the last line has no end")
        else:
            try:
                return decode(text)
            except Exception as error:      # python-can's readers raise what they like
                self._skip(where, str(error) if type(error) is ValueError else error_line(error))
        return None

    def _read_over(self, line: str, text: io.TextIOBase) -> bool:
        """Read to the end of a line that is too long; whether the line has an end at all."""
        while line and not line.endswith("\n"):
            if len(line) < _LONGEST_LINE:
                return False
            line = text.readline(_LONGEST_LINE)
            self._give_turn()
        return True

    # ---- binary ----------------------------------------------------------------------------

    def _messages(self, reader: Any, first_channel: int) -> Iterator[Optional[Line]]:
        self._close = reader.stop
        number, messages = 0, None
        while True:
            number += 1
            try:
                messages = messages or iter(reader)
                message = next(messages, None)
            except Exception as error:      # each format's library has errors of its own
                return self._skip("frame %d" % number, _BROKEN_OFF + error_line(error))
            if message is None:
                return
            yield self._checked(message, first_channel, "frame %d" % number)
            self._give_turn()

    def _checked(self, message: Any, first_channel: int, where: str) -> Optional[Line]:
        try:
            if isinstance(message, tuple):
                message = _from_row(message)
            return line_from_message(message, first_channel)
        except Exception as error:
            self._skip(where, error_line(error))
            return None


def _open_regular(path: str) -> io.BufferedReader:
    # Opening a pipe would wait for a writer, and opening some devices does something.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ValueError("not a regular file")
    return open(descriptor, "rb")


def _as_text(raw: Any) -> io.TextIOBase:
    """The lines of a file, also with a byte order mark: some shells write logs in UTF-16."""
    try:
        start = raw.read(2)
        raw.seek(0)
    except Exception:                   # packed badly: reading tells
        start = b""
    wide = start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    return io.TextIOWrapper(raw, encoding="utf-16" if wide else "utf-8-sig", errors="replace")


class _Rows:
    """The rows of python-can's SQLite format: its own reader ends at the first that is odd."""

    def __init__(self, path: str):
        self._connection = sqlite3.connect("file:%s?mode=ro" % quote(path), uri=True)
        self._connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        self.stop = self._connection.close

    def __iter__(self) -> Iterator[Tuple[Any, ...]]:
        return iter(self._connection.execute(
            "SELECT ts, arbitration_id, extended, remote, error, dlc, data FROM messages"))


def _from_row(row: Tuple[Any, ...]) -> can.Message:
    seconds, number, extended, remote, error, length, data = row
    if not isinstance(data, (bytes, type(None))) or not isinstance(length, int):
        raise ValueError("data that are no bytes, or no length")
    return can.Message(timestamp=seconds, arbitration_id=number, is_extended_id=bool(extended),
                       is_remote_frame=bool(remote), is_error_frame=bool(error),
                       dlc=length, is_fd=length > 8, data=data)


def _reader(path: str, ending: str) -> Any:
    """What gives the messages of a binary format, one after the other."""
    try:
        if ending == ".db":
            return _Rows(path)
        return can.LogReader(path)
    except Exception as error:          # each format's library has errors of its own
        text = "can't open the log: %s" % error_line(error)
        if isinstance(error, ValueError) and ending not in _BINARY:
            text = ("can't open the log: its format is told by the ending of its name, %s: known "
                    "are %s" % (ending or "and it has none", ", ".join((*DECODERS, *_BINARY))))
        if isinstance(error, (ImportError, NotImplementedError, ValueError)):
            raise BusUnusable(text) from None
        raise BusMissing(text) from None


def recording_complaint(channel: str) -> Optional[str]:
    """Why the log that ``channel`` names can't be played, or None; reads until the first frame."""
    recording = None
    try:
        recording = Recording(channel)
        if recording.next(_MOST_LOOKED_AT) is None:
            return recording.complaint()
    except BusMissing as error:
        return str(error)
    finally:
        if recording is not None:
            recording.close()
    return None
