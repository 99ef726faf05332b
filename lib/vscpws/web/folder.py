"""A folder of files for the web: from a URL's path to a file that is open, or the reason why not.

Theory: only the kernel knows where a path ends, with links in it and somebody who renames at the
same time. So the file is taken without being opened (``O_PATH``), looked at, and then opened
through what was looked at: nothing can be put in its place meanwhile, and no FIFO, socket or device
is ever opened. Nothing is remembered from one request to the next.

Hidden files, whose name or folder begins with a dot, are not served; ``.well-known`` is (RFC 8615).
"""

from __future__ import annotations

import errno
import os
import stat
from typing import BinaryIO, NamedTuple

__all__ = ["File", "Folder", "IsFolder", "NotServed"]

_INDEX = b"index.html"
_WELL_KNOWN = b".well-known"
_LOOK = os.O_PATH | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC

_MISSING = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.ESTALE)
_FORBIDDEN = (errno.EACCES, errno.EPERM)
_BUSY = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN)


class NotServed(Exception):
    """There is no such file for the web; ``status`` is the HTTP answer, the text a line of it.

    ``fault`` is what an administrator should know, empty where nothing is wrong with the machine.
    """

    def __init__(self, status: str, text: str, fault: str = ""):
        super().__init__(text)
        self.status = status
        self.fault = fault


class IsFolder(Exception):
    """The path is a folder's, without the slash at its end."""


class File(NamedTuple):
    """An open file; whoever gets it closes ``stream``."""

    stream: BinaryIO            # not buffered
    name: str                   # the last part of its path
    size: int                   # bytes
    modified: int               # s since 1970
    tag: str                    # another one after each change: an entity tag, with its quotes


class Folder:
    """The folder at ``path``. With ``follow`` links may lead out of it."""

    def __init__(self, path: str, follow: bool = False):
        self._path = path
        self._follow = follow

    def open(self, path: str) -> File:
        """The file at a URL's path, as WSGI gives it: unquoted, a character for each byte.

        A path with a slash at its end means the ``index.html`` of a folder. Raises ``NotServed``
        or ``IsFolder``.
        """
        name = _name(path)
        try:
            root = os.open(self._path, _LOOK | os.O_DIRECTORY)
            try:
                found = os.open(name, _LOOK, dir_fd=root)
                try:
                    return self._opened(root, found, name, path)
                finally:
                    os.close(found)
            finally:
                os.close(root)
        except OSError as error:
            raise _not_served(error) from None

    def _opened(self, root: int, found: int, name: bytes, path: str) -> File:
        if not self._follow and not _is_below(_place(found), _place(root)):
            raise _no_file()
        mode = os.fstat(found).st_mode
        if stat.S_ISDIR(mode) and not path.endswith("/"):
            raise IsFolder
        if not stat.S_ISREG(mode):
            raise _no_file()
        stream = open(os.open(_link(found), _READ), "rb", buffering=0)
        state = os.fstat(stream.fileno())
        return File(stream, os.path.basename(name).decode("latin-1"), state.st_size,
                    int(state.st_mtime),
                    # A copy may keep its date of modification; that of the change is the kernel's.
                    '"%x-%x-%x"' % (state.st_size, state.st_mtime_ns, state.st_ctime_ns))


def _name(path: str) -> bytes:
    """The path below the folder, one that stays there but for links. Raises ``NotServed``."""
    parts = path.encode("latin-1", "replace").split(b"/")[1:]
    if parts and not parts[-1]:
        parts[-1] = _INDEX
    for part in parts:
        if not part or b"\0" in part or part.startswith(b".") and part != _WELL_KNOWN:
            raise _no_file()
    if not parts:
        raise _no_file()
    return b"/".join(parts)


def _link(handle: int) -> bytes:
    """The kernel's link to what is open."""
    return b"/proc/self/fd/%d" % handle


def _place(handle: int) -> bytes:
    """Where it really is."""
    try:
        return os.readlink(_link(handle))
    except FileNotFoundError:
        raise OSError(errno.ENOSYS, "/proc is not there") from None


def _is_below(place: bytes, root: bytes) -> bool:
    return place == root or place.startswith(root.rstrip(b"/") + b"/")


def _no_file() -> NotServed:
    return NotServed("404 Not Found", "Not found.")


def _not_served(error: OSError) -> NotServed:
    fault = error.strerror or str(error)
    if error.errno in _MISSING:
        return _no_file()
    if error.errno in _FORBIDDEN:
        return NotServed("403 Forbidden", "Not readable.", fault)
    if error.errno in _BUSY:
        return NotServed("503 Service Unavailable", "Try again.", fault)
    return NotServed("500 Internal Server Error", "Can't be read.", fault)
