"""Watching: connect, print what comes, and connect again, until somebody ends it."""

from __future__ import annotations

import argparse
import io
import os
import sys
import time
from typing import Callable, List, NoReturn, TextIO

from ..daemon.process.errors import StartFailed
from ..daemon.process.failures import complain
from ..loop.backoff import Backoff
from ..model.event import Event
from ..reading.names import Names
from ..settings import Settings
from .connection import Lost, Refused, connect
from .lines import Columns, json_line, state_json, state_table, text_line
from .plan import Plan, ask_password, make_plan
from .retry import Retry
from .subscriber import Subscriber

__all__ = ["monitor", "show_states", "watch"]

_Line = Callable[[Event, Names], str]
_FIRST_PAUSE, _LAST_PAUSE = 1.0, 30.0       # s until a lost server is tried again


def monitor(options: argparse.Namespace, load_settings: Callable[[], Settings]) -> int:
    """The whole command, ``--monitor`` or ``--state``; returns the exit code, 0 when it is
    interrupted.

    Raises ``StartFailed`` and ``ConfigurationError`` with what keeps it from watching.
    """
    plan = make_plan(options, load_settings)
    password = ask_password(plan.user)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")            # a terminal may not know °
    try:
        if options.state is not None:
            show_states(plan, password, sys.stdout)
            return 0
        watch(plan, password, sys.stdout, time.sleep)
    except KeyboardInterrupt:
        return 0


def show_states(plan: Plan, password: str, output: TextIO) -> None:
    """Print what is on now. Raises ``StartFailed``."""
    try:
        with connect(plan.target, plan.context) as connection:
            client = Subscriber(connection)
            client.log_in(plan.key, plan.user, password)
            names = client.names()
            states = client.states(plan.filter)
    except (Refused, Lost) as error:
        raise StartFailed(str(error)) from None
    lines = [state_json(state, names) for state in states] if plan.json else (
        state_table(states, names))
    output.write("".join(line + "\n" for line in lines))


def watch(plan: Plan, password: str, output: TextIO, sleep: Callable[[float], None],
          clock: Callable[[], float] = time.monotonic) -> NoReturn:
    """Print events to ``output`` for ever; ``sleep`` and ``clock`` are in seconds.

    A server that was there once is waited for when it goes; one that never was, or that refuses
    us, raises ``StartFailed``.
    """
    line = json_line if plan.json else _line_for_people(output)
    retry = Retry(Backoff(_FIRST_PAUSE, _LAST_PAUSE), clock)
    while True:
        try:
            with connect(plan.target, plan.context) as connection:
                client = Subscriber(connection)
                client.log_in(plan.key, plan.user, password)
                if plan.filter is not None:
                    client.set_filter(plan.filter)
                names = client.names()
                client.open()
                if retry.open():
                    complain("connected again")
                for events in client.events():
                    _print(events, output, line, names)
        except Refused as error:
            raise StartFailed(str(error)) from None
        except Lost as error:
            pause = retry.pause_after(error)
            if pause is None:
                raise StartFailed(str(error)) from None
            complain("%s; next try in %.0f s" % (error, pause))
            sleep(pause)


def _print(events: List[Event], output: TextIO, line: _Line, names: Names) -> None:
    output.write("".join(line(event, names) + "\n" for event in events))
    output.flush()


def _line_for_people(output: TextIO) -> _Line:
    colour, columns = _wants_colour(output), Columns()
    return lambda event, names: text_line(event, colour, names, columns)


def _wants_colour(output: TextIO) -> bool:
    """On a terminal that can, unless the user says no (no-color.org)."""
    return (output.isatty() and not os.environ.get("NO_COLOR")
            and os.environ.get("TERM") != "dumb")
