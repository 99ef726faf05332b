"""The stacks of all threads and greenlets, for whoever debugs.

Whatever can't be shown is said and costs nothing else: among a process's objects are some that were
never whole, or are no longer, and their ``repr`` may fail.
"""

from __future__ import annotations

import gc
import sys
import threading
import traceback
from types import FrameType
from typing import Iterator, Optional

from greenlet import greenlet

__all__ = ["stacks"]

_DEPTH = 20                     # frames, the innermost


def stacks() -> Iterator[str]:
    """Lines: a head for each thread and each greenlet that is neither dead nor yet to run, and its
    stack below. One that runs now has its thread's."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    for ident, frame in sys._current_frames().items():
        yield "thread %s" % names.get(ident, hex(ident))
        yield from _lines(frame)
    for thing in gc.get_objects():
        if issubclass(type(thing), greenlet) and thing:     # isinstance() would ask weak proxies
            yield "greenlet %s" % _said(thing)
            yield from _lines(thing.gr_frame)


def _lines(frame: Optional[FrameType]) -> Iterator[str]:
    for text in traceback.format_stack(frame, _DEPTH) if frame else ():
        yield from text.rstrip().split("\n")


def _said(thing: object) -> str:
    try:
        return repr(thing)
    except Exception as error:
        return "of %s at 0x%x: %r" % (type(thing).__name__, id(thing), error)
