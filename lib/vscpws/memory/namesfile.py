"""The file of names, written for who may edit it; who loads it is not our business.

The old file stays as ``.bak``. One that is not ours to write is left alone, though its folder would
let it be replaced. One writes at a time, in a thread, for the disk may be slow.

Who reads the file to have it in force later takes the same ``turn``, from before he reads until
that is done. Else what was written meanwhile would be in the file, and what was before it in force.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import re
from typing import Any, Dict, Mapping

from gevent.lock import BoundedSemaphore

from ..files import access_of, may_give, read_regular, write_file
from ..loop.aside import FileThread, NoAnswer
from ..model.errors import BadSyntax, ConfigurationError, GeneralError, NotAllowed
from ..reading.names import Names, parse_names

__all__ = ["MAX_SIZE", "NamesFile"]

log = logging.getLogger(__name__)

#: Bytes of the file at most.
MAX_SIZE = 1 << 20

_WRITE_TIME = 10.0              # s
_PLACE = re.compile(r"(\w+)\[(\d+)\]")
_NOT_OURS = (errno.EACCES, errno.EPERM, errno.EROFS)


class NamesFile:
    """The names that are in force, and the file at ``path`` that they are from (empty: none).

    To be made in the loop. ``interfaces`` are the GUIDs (16 bytes) by name. ``turn`` is held by
    whoever writes the file, or reads it and ``replace``s the names.
    """

    def __init__(self, path: str, names: Names, interfaces: Mapping[str, bytes]) -> None:
        self._interfaces = interfaces
        self._files = FileThread()
        self.turn = BoundedSemaphore(1)
        self.replace(path, names)

    def replace(self, path: str, names: Names) -> None:
        """What a reload has read."""
        self.names = names
        #: The table as JSON, made once for all who ask.
        self.text = json.dumps(names.served(), separators=(",", ":"))
        self._path = path

    def write(self, table: Any, who: str) -> None:
        """Write another table, and use it from then on; ``who`` is told in the log.

        Raises ``NotAllowed`` where there is no file that may be written, then ``BadSyntax`` if
        anything in the table is wrong, ``GeneralError`` if the disk fails. So who gives none at all
        learns whether he could.
        """
        with self.turn:
            path = self._path
            if not path:
                raise NotAllowed("no names-file is set", told=True)
            try:
                names = self._files.run(_WRITE_TIME, _write, path, table, self._interfaces)
            except NoAnswer:
                raise GeneralError("names file %s: no answer from the disk" % path,
                                   told=True) from None
            except OSError as error:
                reason = "names file %s can't be written: %s" % (path, error.strerror or error)
                log.log(logging.DEBUG if table is None else logging.WARNING, "%s", reason)
                kind = NotAllowed if error.errno in _NOT_OURS else GeneralError
                raise kind(reason, told=True) from None
            self.replace(path, names)
        log.info("names file %s: written by %s", path, who)


# ---- in the thread -----------------------------------------------------------------------------


def _write(path: str, table: Any, interfaces: Mapping[str, bytes]) -> Names:
    path = os.path.realpath(path)
    _check_ours(path)
    names, problems = parse_names(table, interfaces)
    if problems:
        place, reason = problems[0]
        raise BadSyntax("%s: %s" % (_where(table, place), reason.replace("; left out", "")),
                        told=True)
    text = json.dumps(_plain(table), indent=1, ensure_ascii=False) + "\n"
    if len(text.encode("utf-8")) > MAX_SIZE:
        raise BadSyntax("larger than %d bytes" % MAX_SIZE, told=True)
    access = access_of(path)
    if access is not None:
        access = access if may_give(access) else None
        write_file(path + ".bak", [_old(path)], access)
    write_file(path, [text], access)
    return names


def _check_ours(path: str) -> None:
    """Raises ``PermissionError`` for a file, or a folder, that isn't ours to write."""
    for place in (os.path.dirname(path), path):
        if os.path.lexists(place) and not os.access(place, os.W_OK, effective_ids=True):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def _where(table: Any, place: str) -> str:
    """The place of a problem, and what the entry there is called."""
    found = _PLACE.match(place)
    if found is None:
        return place or "names"
    entry = table[found.group(1)][int(found.group(2))]
    name = entry.get("name") or entry.get("guid") if isinstance(entry, dict) else None
    known = isinstance(name, str) and name and name.isprintable()
    return "%s (%.64s)" % (place, name) if known else place


def _plain(table: Mapping[str, Any]) -> Dict[str, Any]:
    """The table without the GUIDs that were added for clients."""
    nodes = [{key: value for key, value in node.items()
              if key != "guid" or "interface" not in node} for node in table.get("nodes") or ()]
    return dict(table, nodes=nodes)


def _old(path: str) -> str:
    try:
        return read_regular(path, MAX_SIZE).decode("utf-8", "surrogateescape")
    except ConfigurationError as error:
        raise OSError(0, error.problems[0].reason) from None
