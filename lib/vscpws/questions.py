"""What a client asks: STATE, HISTORY and the names of the memory, WHOAMI, and how the buses are.

Nobody learns by asking what he could not have heard: states and sensors are judged by the selection
that judges the events of his session. All states are seen in one moment, together with the
session's place in the stream of events, and stand before all that comes later: they are a *block*
of the port.
"""

from __future__ import annotations

import math
import time
from itertools import islice
from typing import Any, Callable, Dict, Iterable, Iterator, List

from .access.rights import right_names
from .access.selection import Selection
from .access.users import User
from .codec.request import Command
from .model.errors import BadSyntax, TransmitBufferFull

__all__ = ["Questions"]

_PAUSE = 1.0                    # s between two questions of a kind: each looks at all that is known
_PIECE = 32                     # states judged or written in a row: some tenths of a millisecond


class Questions:
    """Of one session. ``codec`` and ``port`` are the session's; besides, the port has::

        block()             as a context: what is sent within stands before all events that come
                            since it has begun
        rest()              let others work; wait while the client takes nothing
        aside(function)     the result of a slow function, without stopping the other clients

    ``memory`` is asked, ``names_file`` has the names in force, ``now`` gives microseconds since
    1970 and ``clock`` seconds that never go back. ``buses()`` tells of each bus, fit for JSON.
    """

    def __init__(self, codec: Any, port: Any, memory: Any, names_file: Any, now: Callable[[], int],
                 clock: Callable[[], float] = time.monotonic,
                 buses: Callable[[], List[Dict[str, Any]]] = list) -> None:
        self._codec = codec
        self._port = port
        self._memory = memory
        self._names_file = names_file
        self._now = now
        self._clock = clock
        self._buses = buses
        self._answered: Dict[str, float] = {}   # when, by question

    def answer(self, command: Command, user: User, selection: Selection) -> None:
        """Send the answer to a command that ``user`` may give.

        Raises ``BadSyntax`` for wrong arguments, ``TransmitBufferFull`` for more than one question
        a second, and for SETNAMES what is raised by writing it.
        """
        self._ANSWERS[command.action](self, command, user, selection)

    def _state(self, command: Command, user: User, selection: Selection) -> None:
        query = self._codec.state_query(command.args)
        self._count("STATE")
        with self._port.block():
            moment, found = self._now(), []
            for some in _pieces(self._memory.states()):
                found += [state for state in some
                          if query.fits(state) and selection.passes(state.event)]
                self._port.rest()
            self._port.send(self._codec.states(command.name, len(found), moment))
            for some in _pieces(found):
                for state in some:
                    self._port.send(self._codec.state(state))
                self._port.rest()

    def _history(self, command: Command, user: User, selection: Selection) -> None:
        several = self._codec.history_queries(command.args)
        queries = several or [self._codec.history_query(command.args)]
        self._count("HISTORY")
        try:
            answers = [self._memory.past(query, selection.passes) for query in queries]
        except ValueError as error:
            raise BadSyntax(str(error)) from None

        def text() -> str:
            if several:
                return str(self._codec.histories(command.name, (answer() for answer in answers)))
            return str(self._codec.history(command.name, answers[0]()))

        self._port.send(self._port.aside(text))

    def _tell_names(self, command: Command, user: User, selection: Selection) -> None:
        self._port.send(self._codec.names(command.name, self._names_file.text))

    def _set_names(self, command: Command, user: User, selection: Selection) -> None:
        self._names_file.write(command.args, repr(user.name))
        self._port.send(self._codec.positive(command.name))

    def _who_am_i(self, command: Command, user: User, selection: Selection) -> None:
        self._port.send(self._codec.told(command.name, {
            "name": user.name, "fullname": user.fullname, "rights": right_names(user.rights),
            "sends": user.rules.sends}))

    def _tell_buses(self, command: Command, user: User, selection: Selection) -> None:
        self._count("BUSES")
        self._port.send(self._codec.told(command.name, {"buses": self._buses()}))

    def _count(self, name: str) -> None:
        now = self._clock()
        if now - self._answered.get(name, -math.inf) < _PAUSE:
            raise TransmitBufferFull("%s more than once a second" % name)
        self._answered[name] = now

    _ANSWERS = {"STATE": _state, "HISTORY": _history, "NAMES": _tell_names,
                "SETNAMES": _set_names,
                "WHOAMI": _who_am_i, "BUSES": _tell_buses}


def _pieces(items: Iterable[Any]) -> Iterator[List[Any]]:
    iterator = iter(items)
    return iter(lambda: list(islice(iterator, _PIECE)), [])
