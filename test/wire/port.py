"""A session's port that records: what the rest of the daemon would do, without the daemon."""

from __future__ import annotations

from contextlib import contextmanager
from functools import lru_cache

from vscpws.access.selection import NOTHING
from vscpws.model.errors import TransmitBufferFull


class RecordingPort:
    """``sent`` is what went to the client in its order, ``published`` what went to all others.

    ``collected`` waits for the channel. ``fault`` is what ``publish`` raises.
    """

    def __init__(self, codec, level1_data=8):
        self.level1_data = level1_data
        self.sent = []
        self.published = []
        self.collected = []
        self.selection = NOTHING
        self.pauses = []
        self.calls = []
        self.closed = None
        self.fault = None
        self._codec = codec
        self._open = False

    def deliver(self, event):
        """An event comes from the hub."""
        if self.selection.passes(event):
            self.collected.append(event)
            self._flush()

    def send(self, text, count=1):
        assert count > 0
        self.sent += [text] * count

    def open(self):
        self.calls.append("open")
        self._open = True
        self._flush()

    def close_channel(self):
        self.calls.append("close_channel")
        self._open = False

    def clear(self):
        self.calls.append("clear")
        self.collected.clear()

    def select(self, selection):
        self.selection = selection

    def publish(self, event):
        if self.fault:
            raise self.fault
        self.published.append(event)

    def run(self, function, *args):
        return _remembered(function, *args)

    def aside(self, function):
        return function()

    @contextmanager
    def block(self):
        yield

    def rest(self):
        pass

    def pause(self, seconds):
        self.pauses.append(seconds)

    def wait(self, register):
        raise AssertionError("nothing to wait for: one session alone")

    def disconnect(self, code, reason):
        self.closed = (code, reason)

    def _flush(self):
        if self._open:
            self.sent += map(self._codec.event, self.collected)
            self.collected.clear()


FAULTS = {"bus-full": TransmitBufferFull("full"), "no-memory": MemoryError(),
          "broken": RuntimeError("broken on purpose"), "none": None}


@lru_cache(maxsize=256)
def _remembered(function, *args):
    """Password checks are slow on purpose and the tests make the same ones over and over."""
    return function(*args)
