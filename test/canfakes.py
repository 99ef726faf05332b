"""A scripted source, hand-moved time, and waiting on conditions."""

import gevent
from gevent.event import Event as Flag

from vscpws.can.source import Source
from vscpws.model.event import Event
from vscpws.model.filter import PASS_ALL
from vscpws.settings import Interface

GUID = bytes.fromhex("FFFFFFFFFFFFFFFE0102030405060000")
MOMENT = 1700000000000000
DEADLINE = 30.0


def an_interface(channel="can0", filter=PASS_ALL):
    return Interface("house", channel, GUID, filter)


def an_event(data=b"", vscp_class=20, vscp_type=3, nickname=5):
    return Event(0x60, vscp_class, vscp_type, 99, MOMENT, MOMENT & 0xFFFFFFFF,
                 GUID[:15] + bytes((nickname,)), data)


def until(condition, seconds=DEADLINE):
    """Let the greenlets run until ``condition()`` is true; fail at the deadline."""
    with gevent.Timeout(seconds, AssertionError("not within %s s: %s" % (seconds, condition))):
        while not condition():
            gevent.sleep(0.001)


class Channel:
    """A bus's way into a hub that isn't there: ``deliver`` takes lists of events."""

    kind = "bus"

    def __init__(self, deliver, obid=7):
        self.deliver, self.obid = deliver, obid

    def rest(self):
        pass


class Time:
    """Seconds that pass only when somebody sleeps or a test moves them."""

    def __init__(self):
        self.now = 1000.0
        self.sleeps = []

    def clock(self):
        return self.now

    def microseconds(self):
        return MOMENT + int(self.now * 1000000)

    def sleep(self, seconds):
        self.sleeps.append(seconds)
        self.now += seconds
        gevent.sleep(0.001)         # long enough for a waiting test to look


class ScriptedSource(Source):
    """Does what the lists say; an exception in a list is raised.

    ``opens``: one entry per open, ``None`` for success; when the list is empty opening succeeds.
    ``sends``: likewise per send. ``feed`` gives frames, or an exception, to the reader.
    """

    def __init__(self, fd=False):
        self.fd = fd
        self.opens, self.sends = [], []
        self.sent = []
        self.is_open = False
        self.opened = self.closed = 0
        self.sending = Flag()
        self.sending.set()          # clear it to make send() wait
        self._frames = []
        self._news = Flag()

    def open(self):
        self.opened += 1
        self._follow(self.opens)
        self.is_open = True

    def feed(self, *items):
        self._frames.extend(items)
        self._news.set()

    def read(self, limit):
        self._news.wait()
        item = self._frames[0]
        if isinstance(item, Exception):
            taken = [self._frames.pop(0)]
        else:
            taken = []
            while self._frames and len(taken) < limit and isinstance(self._frames[0], tuple):
                taken.append(self._frames.pop(0))
        if not self._frames:
            self._news.clear()
        if isinstance(taken[0], Exception):
            raise taken[0]
        return taken

    def send(self, can_id, data):
        self.sending.wait()
        self._follow(self.sends)
        self.sent.append((can_id, data))

    def close(self):
        self.is_open = False
        self.closed += 1

    @staticmethod
    def _follow(script):
        step = script.pop(0) if script else None
        if isinstance(step, Exception):
            raise step
        if step is not None:
            step()
