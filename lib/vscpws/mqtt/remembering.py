"""A house in Home Assistant with its files: what was sent, and the nodes that are to be forgotten.

``homeassistant.jsonl`` in the state directory is the memo: read at the start, written aside. Who
wants a node forgotten leaves a file ``forget-…`` there with the node's id in it, whether the daemon
runs or not: it looks each few seconds, and at its start.
"""

from __future__ import annotations

import logging
import os
import time
from typing import Any, Callable, Dict, List, Optional, Sequence

import gevent

from ..files import read_regular, write_file
from ..loop.aside import FileThread, NoAnswer
from ..model.errors import ConfigurationError
from ..model.escaping import escaped
from ..model.event import Event
from ..reading.names import Names
from .homeassistant.board import Board
from .homeassistant.memo import MAX_SIZE, MEMO, REQUEST, Memo, memo_lines, read_memo
from .homeassistant.outdated import discovery_topics, state_topics
from .homeassistant.speaker import HomeAssistant
from .ports import Broker, House, MakeSpeaker

__all__ = ["Leaving", "Remembering", "speakers"]

log = logging.getLogger(__name__)

_FILE_TIME = 30.0               # s that the disk may take; it may have to wake up
_END_TIME = 3.0                 # s that it may take at the end
_LOOK = 5                       # s between two looks for what is to be forgotten
_MOST_REQUESTS = 256            # in one look
_LONGEST_REQUEST = 256          # bytes
_FLUSH = 256                    # topics cleared in a tick


def speakers(wanted: bool, folder: str) -> List[MakeSpeaker]:
    """What speaks of the house, with its files in ``folder``; where it is not wanted (any more),
    what clears that it ever was."""
    if wanted:
        return [Remembering]
    return [Leaving] if folder and os.path.lexists(os.path.join(folder, MEMO)) else []


class Remembering:
    """A ``Speaker``; to be made in the loop. ``clock`` is in seconds that never go back."""

    def __init__(self, broker: Broker, house: House,
                 clock: Callable[[], float] = time.monotonic) -> None:
        self._folder = house.state_directory
        self._path = os.path.join(self._folder, MEMO) if self._folder else ""
        self._files = FileThread()
        self._pending: Optional[Memo] = None
        self._failure = ""
        self._ticks = 0
        self._saving: Any = None
        self._looking: Any = None
        self.counters = {"saved": 0, "failed": 0}
        memo = _read(self._path)
        if not self._path:
            log.warning("mqtt: there is no state-directory: what is outdated in Home Assistant "
                        "can't be cleared after a restart")
        self.house = HomeAssistant(broker, house, memo, self._remember, clock)

    # ---- as a speaker ----------------------------------------------------------------------

    def subscriptions(self) -> Sequence[str]:
        return self.house.subscriptions()

    def connected(self) -> None:
        self.house.connected()

    def lost(self) -> None:
        self.house.lost()

    def take(self, events: Sequence[Event]) -> None:
        self.house.take(events)

    def message(self, topic: str, payload: bytes, retained: bool) -> None:
        self.house.message(topic, payload, retained)

    def tick(self, now: float) -> None:
        self.house.tick(now)
        if self._path and self._ticks % _LOOK == 0 and not self._looking:
            self._looking = gevent.spawn(self._look)
        self._ticks += 1

    def replace(self, names: Names) -> None:
        self.house.replace(names)

    def stop(self) -> None:
        for each in (self._saving, self._looking):
            if each:
                each.kill()
        self._saving = None
        self.house.stop()
        if self._saving:
            self._saving.kill()
        self._write(_END_TIME)

    def status(self) -> Dict[str, Any]:
        return dict(self.house.status(), directory=self._folder,
                    memo=dict(self.counters, failure=self._failure))

    # ---- the memo --------------------------------------------------------------------------

    def _remember(self, memo: Memo) -> None:
        """Have it written, aside; of several the last one."""
        self._pending = memo
        if self._path and not self._saving:
            self._saving = gevent.spawn(self._write, _FILE_TIME)

    def _write(self, seconds: float) -> None:
        while self._pending is not None and self._path:
            memo, self._pending = self._pending, None
            try:
                self._files.run(seconds, _write, self._path, memo)
            except (OSError, NoAnswer) as error:
                self._fail(getattr(error, "strerror", None) or "no answer from the disk")
                return
            self.counters["saved"] += 1
            if self._failure:
                log.info("mqtt: %s: written again", self._path)
            self._failure = ""

    def _fail(self, reason: str) -> None:
        self.counters["failed"] += 1
        if reason != self._failure:
            log.warning("mqtt: %s can't be written: %s", self._path, reason)
        self._failure = reason

    # ---- what is to be forgotten -----------------------------------------------------------

    def _look(self) -> None:
        try:
            wanted = self._files.run(_FILE_TIME, _requests, self._folder)
        except (OSError, NoAnswer):
            return              # the next look may find more
        for each in wanted:
            found = self.house.forget(each)
            log.info("mqtt: node %s is forgotten", found) if found else log.warning(
                "mqtt: a node %s, which was to be forgotten, isn't known", escaped(each))


class Leaving:
    """A ``Speaker`` that has nothing to say but goodbye: it clears what an earlier run has told,
    and then its memo."""

    def __init__(self, broker: Broker, house: House) -> None:
        self._path = os.path.join(house.state_directory, MEMO)
        self._board = Board(broker.publish)
        memo = _read(self._path)
        self._board.clear([*memo.gone, *discovery_topics(memo), *state_topics(memo)])
        self._is_done = False

    def subscriptions(self) -> Sequence[str]:
        return ()

    def connected(self) -> None:
        self._board.connected = True

    def lost(self) -> None:
        self._board.connected = False

    def take(self, events: Sequence[Event]) -> None:
        """Nothing is said of them."""

    def message(self, topic: str, payload: bytes, retained: bool) -> None:
        """Nothing is subscribed."""

    def tick(self, now: float) -> None:
        self._board.flush(_FLUSH)
        if not self._is_done and self._board.connected and not self._board.gone:
            self._is_done = True
            gevent.spawn(FileThread().run, _FILE_TIME, _remove, self._path)

    def replace(self, names: Names) -> None:
        """There is nothing to name."""

    def stop(self) -> None:
        """Nothing is left."""

    def status(self) -> Dict[str, Any]:
        return {"to_clear": len(self._board.gone)}


def _read(path: str) -> Memo:
    if not (path and os.path.lexists(path)):
        return Memo()
    try:
        memo = read_memo(read_regular(path, MAX_SIZE))
    except ConfigurationError as error:
        log.warning("mqtt: %s; what is outdated can't be cleared", error.problems[0])
        return Memo()
    if memo.wrong:
        log.warning("mqtt: %s: %d lines are wrong, left out", path, memo.wrong)
    return memo


# ---- in the thread -----------------------------------------------------------------------------


def _write(path: str, memo: Memo) -> None:
    write_file(path, memo_lines(memo))


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass                    # the next start tries again


def _requests(folder: str) -> List[str]:
    """What is asked for, and the files are gone; one that can't be read is, too. What can't be
    removed is not asked for, or it would be again and again."""
    found: List[str] = []
    names = sorted(name for name in os.listdir(folder) if name.startswith(REQUEST))
    for name in names[:_MOST_REQUESTS]:
        path = os.path.join(folder, name)
        try:
            wanted = [read_regular(path, _LONGEST_REQUEST).decode("utf-8").strip()]
        except (ConfigurationError, UnicodeDecodeError):
            wanted = []
        try:
            os.unlink(path)
        except OSError:
            continue            # a directory, or the folder isn't ours to write
        found += wanted
    return found
