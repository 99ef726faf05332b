"""Where log lines go: console, file, syslog; set at start and again on every reload.

Much of what is logged was sent by strangers: control characters are escaped, and the lines after
the first of a record are indented, so that no client can forge a line. A target that fails (disk
full, no syslog daemon, terminal gone) loses lines but never raises and never waits: a log that
stops the event loop would stop every client. Of one kind of line only so many pass in a while (see
``repeats``); lines for debugging all do.
"""

from __future__ import annotations

import errno
import logging
import os
import socket
import stat
import sys
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from typing import TYPE_CHECKING, Any, Iterable, List, Optional, TextIO

from ...model.errors import ConfigurationError, Problem
from ...model.escaping import escaped
from ...settings import LogSettings
from . import trust
from .console import open_console
from .errors import StartFailed, reason
from .repeats import MOST_OF_HOST, WINDOW_OF_HOST, Repeats

__all__ = ["DEVICE", "IDENTITY", "apply", "check", "record", "reopen", "settle"]

log = logging.getLogger(__name__)

IDENTITY = "vscpwsd"
DEVICE = "/dev/log"

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO,
           "warning": logging.WARNING, "error": logging.ERROR}
_DAEMON = 3 << 3    # the syslog facility "daemon" (RFC 5424, table 1)
_PLAIN = "%(message)s"
_DATED = "%(asctime)s %(levelname)s %(message)s"

_MAY_PASS = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM)


def apply(settings: LogSettings, foreground: bool, debug: bool) -> None:
    """Sends the log where ``settings`` say; the console only in the foreground.

    A daemon without any target logs to syslog. ``debug`` wins over the level. Calling it again
    opens a log file again, which is what an outside log rotation needs. The new targets are ready
    before the old ones go, so no line is lost. Raises ConfigurationError, with the old targets
    still at work, where the log file can't be opened.
    """
    handlers = _handlers(settings, foreground)
    level = logging.DEBUG if debug else _LEVELS[settings.level]
    root = logging.getLogger()
    old = [handler for handler in root.handlers if isinstance(handler, _Target)]
    for handler in handlers:
        root.addHandler(handler)
    root.setLevel(level)
    # The bus says what python-can logs about a failing interface: once, and with advice.
    logging.getLogger("can").setLevel(logging.CRITICAL)
    for handler in old:
        root.removeHandler(handler)
        handler.close()
    for handler in handlers:
        if isinstance(handler, _File):
            handler.follow()


def record(problems: Iterable[Problem]) -> None:
    """For the log: what the terminal has been told before there was one."""
    for problem in problems:
        log.warning("%s", problem, extra={"is_told": True})


def check(settings: LogSettings) -> None:
    """Whether ``apply`` could open the log file; makes none. Raises as ``apply``."""
    path = settings.file_path
    if not path:
        return
    try:
        os.stat(path)
        place = path
    except FileNotFoundError:       # also a link that leads to nothing yet: what it names is made
        place = os.path.dirname(os.path.realpath(path))
    except OSError as error:
        raise _unwritable(path, reason(error)) from None
    if not os.access(place, os.W_OK, effective_ids=True):
        raise _unwritable(path, os.strerror(
            errno.EACCES if os.path.exists(place) else errno.ENOENT))


def reopen() -> None:
    """Opens the log file again, for an outside log rotation has moved it."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, _File):
            handler.reopen()


def settle() -> None:
    """Says how many lines were held back in the last while; to be called now and then."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, _Target):
            handler.settle()


def _handlers(settings: LogSettings, foreground: bool) -> List[logging.Handler]:
    dated = _Dated()
    handlers: List[logging.Handler] = []
    if settings.file_path:
        handlers.append(_file(settings))
        handlers[-1].setFormatter(dated)
    if foreground and settings.console:
        handlers.append(_Console())
        handlers[-1].setFormatter(logging.Formatter(_PLAIN) if _is_journal() else dated)
    if settings.syslog or not (handlers or foreground):
        handlers.append(_Syslog())
        handlers[-1].setFormatter(logging.Formatter(_PLAIN))
    return handlers


def _file(settings: LogSettings) -> _File:
    try:
        return _File(settings.file_path, maxBytes=settings.file_max_size,
                     backupCount=max(1, settings.file_max_files), encoding="utf-8")
    except OSError as error:
        if error.errno in _MAY_PASS:
            raise StartFailed("can't write the log file %s: %s"
                              % (settings.file_path, reason(error))) from None
        raise _unwritable(settings.file_path, reason(error)) from None


def _unwritable(path: str, why: str) -> ConfigurationError:
    return ConfigurationError([Problem(path, "", "can't write the log file: %s" % why)])


def _is_journal() -> bool:
    """True where systemd's journal reads standard error (systemd.exec(5), JOURNAL_STREAM)."""
    stream = os.environ.get("JOURNAL_STREAM", "")
    try:
        found = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError, AttributeError):
        return False
    return stream == "%d:%d" % (found.st_dev, found.st_ino)


def _priority(level: int) -> int:
    """The syslog severity of a logging level."""
    for limit, severity in ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4),
                            (logging.INFO, 6)):
        if level >= limit:
            return severity
    return 7


if TYPE_CHECKING:
    _Stream = logging.StreamHandler[TextIO]
else:
    _Stream = logging.StreamHandler


class _Dated(logging.Formatter):
    """Lines for debugging name their module; the others are the same with and without them, for
    programs read those (fail2ban)."""

    def __init__(self) -> None:
        super().__init__(_DATED)

    def formatMessage(self, record: logging.LogRecord) -> str:
        if record.levelno <= logging.DEBUG:
            record.message = "%s: %s" % (record.name, record.message)
        return super().formatMessage(record)


class _Target(logging.Handler):
    """Makes safe text of a record, and counts repeats; swallows what can't be written."""

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        self._repeats = Repeats()
        self._of_hosts = Repeats(MOST_OF_HOST, WINDOW_OF_HOST)

    def handle(self, record: logging.LogRecord) -> bool:
        self.settle()
        if record.levelno > logging.DEBUG and not self._is_admitted(record):
            return False
        return bool(super().handle(record))

    def _is_admitted(self, record: logging.LogRecord) -> bool:
        source = record.pathname, record.lineno
        host = getattr(record, "host", None)    # that it tells of
        if host is not None and not self._of_hosts.admit((*source, host), record):
            return False
        return self._repeats.admit(source, record)

    def settle(self, all_of_it: bool = False) -> None:
        """Says how many lines were held back; ``all_of_it``: also in the while that goes on."""
        for count, last in self._repeats.over(all_of_it) + self._of_hosts.over(all_of_it):
            super().handle(logging.makeLogRecord(dict(
                last.__dict__, msg="and %d more like this one: %s" % (count, last.msg),
                exc_info=None, exc_text=None, stack_info=None)))

    def close(self) -> None:
        self.settle(all_of_it=True)
        super().close()

    def format(self, record: logging.LogRecord) -> str:
        """One line, or the first one and indented ones where the record has a traceback."""
        message, trace = record.getMessage(), record.exc_info
        clean = logging.makeLogRecord(dict(
            record.__dict__, msg=escaped(message), args=(), exc_info=None, exc_text=None,
            stack_info=None))
        lines = [super().format(clean)]
        if trace and trace[0]:
            text = logging.Formatter().formatException(trace)
            lines += ["    " + escaped(line) for line in text.split("\n")]
        return "\n".join(lines)

    def handleError(self, record: logging.LogRecord) -> None:
        pass    # nowhere left to say it


class _Console(_Target, _Stream):
    def __init__(self) -> None:
        super().__init__(sys.stderr)
        self._journal = _is_journal()
        self._console = open_console(sys.stderr)

    def emit(self, record: logging.LogRecord) -> None:
        if self._console is None:
            super().emit(record)
            return
        try:
            text = self.format(record) + "\n"
            if self._console.lost:
                text = "(%d lines are missing here: nobody read them)\n" % (
                    self._console.lost) + text
            self._console.put(text.encode(self.stream.encoding, "backslashreplace"))
        except Exception:   # as in logging itself
            self.handleError(record)

    def close(self) -> None:
        super().close()
        if self._console is not None:
            self._console.close()
            self._console = None

    def handle(self, record: logging.LogRecord) -> bool:
        return not hasattr(record, "is_told") and super().handle(record)

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        if self._journal:
            mark = "<%d>" % _priority(record.levelno)
            text = mark + text.replace("\n", "\n" + mark)
        return text


class _File(_Target, RotatingFileHandler):
    """Where rotating fails (no right in the folder any more), writing goes on in the same file.

    A file that can't be written (disk full) is opened again for the next line, so that nothing
    piles up in its buffers. It is never waited for (a FIFO), and in a folder that others may write
    it must be a file of our own: they might lead us to another.
    """

    def handleError(self, record: logging.LogRecord) -> None:
        self._close_stream()

    def close(self) -> None:
        self.settle(all_of_it=True)
        self._close_stream()
        super().close()

    def reopen(self) -> None:
        """The next line opens it, under its name."""
        self.acquire()
        try:
            self._close_stream()
        finally:
            self.release()

    def follow(self) -> None:
        """As ``reopen``, if another has moved the file since it was opened."""
        try:
            moved = self.stream is not None and not os.path.samestat(
                os.fstat(self.stream.fileno()), os.stat(self.baseFilename))
        except OSError:         # nothing has its name
            moved = True
        if moved:
            self.reopen()

    def _open(self) -> TextIOWrapper:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_NOCTTY
        try:
            with trust.believed(os.path.dirname(self.baseFilename)):
                fd = os.open(self.baseFilename, flags, 0o666)
        except trust.Untrusted:
            fd = os.open(self.baseFilename, flags | os.O_NOFOLLOW, 0o666)
            found = os.fstat(fd)
            if (not stat.S_ISREG(found.st_mode) or found.st_nlink > 1
                    or found.st_uid != os.geteuid()):
                os.close(fd)
                raise OSError(0, "not a file of our own, in a folder that others may write"
                              ) from None
        return open(fd, "a", encoding=self.encoding)

    def doRollover(self) -> None:
        try:
            super().doRollover()
        except OSError:
            if self.stream is None:
                self.stream = self._open()

    def _close_stream(self) -> None:
        stream, self.stream = self.stream, None
        try:
            if stream is not None:
                stream.close()
        except OSError:
            pass    # what was in the buffer is lost; the file is closed all the same


class _Syslog(_Target):
    """Datagrams to the local syslog daemon; found again whenever it comes back.

    The standard library's handler waits where the daemon doesn't read; this one never does.
    """

    def __init__(self, device: str = DEVICE):
        super().__init__()
        self._device = device
        self._socket: Optional[socket.socket] = None

    def emit(self, record: logging.LogRecord) -> None:
        head = "<%d>%s[%d]: " % (_DAEMON | _priority(record.levelno), IDENTITY, os.getpid())
        try:
            for line in self.format(record).split("\n"):
                self._send((head + line).encode())
        except Exception:   # a record whose arguments don't fit its message, as in logging itself
            self.handleError(record)

    def close(self) -> None:
        super().close()
        self._hang_up()

    def _send(self, datagram: bytes) -> None:
        try:
            self._connected().send(datagram)
        except BlockingIOError:
            pass
        except OSError:
            self._hang_up()
            try:    # the daemon was restarted: its new socket is another one
                self._connected().send(datagram)
            except OSError:
                self._hang_up()

    def _connected(self) -> socket.socket:
        if self._socket is None:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._socket.setblocking(False)
            self._socket.connect(self._device)
        return self._socket

    def _hang_up(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
