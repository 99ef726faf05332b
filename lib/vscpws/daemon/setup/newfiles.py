"""New files that come all together: each is written beside its place, whole, before the first of
them is renamed."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import Iterator, NamedTuple, Sequence

from ..process.atomicfile import Access
from ..process.errors import StartFailed, reason

__all__ = ["NewFile", "put_in_place", "staged", "staged_path"]

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class NewFile(NamedTuple):
    """What is to be in a file, whose it is, and what is new in it, for people."""

    path: str                   # no link
    text: str
    access: Access
    changes: Sequence[str]


def staged_path(path: str) -> str:
    """Where a file waits for its place. A name that is always the same: what a run that was killed
    has left is taken away by the next one."""
    return os.path.join(os.path.dirname(path), ".%s.setup" % os.path.basename(path))


@contextmanager
def staged(files: Sequence[NewFile]) -> Iterator[None]:
    """Has the files written beside their places; in the end none of that is left.

    A folder that isn't there is made. Raises ``StartFailed``.
    """
    try:
        for file in files:
            _write(file)
        yield
    finally:
        for file in files:
            with suppress(OSError):
                os.unlink(staged_path(file.path))


def put_in_place(files: Sequence[NewFile]) -> None:
    """Renames what is staged, in this order: whenever it ends, each file is the old or the new one.
    Raises ``StartFailed``."""
    for file in files:
        try:
            os.rename(staged_path(file.path), file.path)
        except OSError as error:
            raise StartFailed("can't write %s: %s" % (file.path, reason(error))) from None
    for folder in {os.path.dirname(file.path) for file in files}:
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def _write(file: NewFile) -> None:
    path = staged_path(file.path)
    try:
        os.makedirs(os.path.dirname(path), 0o755, exist_ok=True)
        with suppress(FileNotFoundError):
            os.unlink(path)
        with open(os.open(path, _CREATE, 0o600), "w", encoding="utf-8") as stream:
            stream.write(file.text)
            stream.flush()
            if os.geteuid() == 0:
                os.fchown(stream.fileno(), file.access.uid, file.access.gid)
            os.fchmod(stream.fileno(), file.access.mode)    # last: a new owner may take rights away
            os.fsync(stream.fileno())
    except OSError as error:
        raise StartFailed("can't write %s: %s" % (file.path, reason(error))) from None

