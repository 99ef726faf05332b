"""Every other python-can interface: serial and USB adapters, network tunnels, ``virtual``.

Their drivers block, so they live in two native threads and never in the hub::

    reading thread   Guard.receive() ── Crossing ──> the greenlet in read()
    calling thread   open, send, shutdown, one after the other; the greenlet waits for the outcome

A driver that hangs is given up after a while: the bus counts as missing until the call returns,
and no further thread is spent on it.
"""

from __future__ import annotations

import logging
import threading
from typing import Any, Callable, List, Optional, Tuple

import gevent
from gevent.threadpool import ThreadPool

import can

from ..codec.canframe import CanFrame
from ..loop.crossing import Crossing
from .address import Address
from .canmessage import message_from_frame
from .driver import error_line, is_timeout, open_bus, tells_the_end, typed
from .echo import Echoes
from .guard import Guard
from .source import BusMissing, SendRefused, Source, SourceError
from .tunnel import Tunnel

__all__ = ["AdapterSource"]

log = logging.getLogger(__name__)

_WAITING_FRAMES = 65536                 # between the reading thread and the hub
_OPEN_TIME = 15.0                       # s until a driver counts as hanging
_SEND_TIME = 2.0
_CLOSE_TIME = 2.0
_MOST_REFUSED = 50                      # frames in a row that a bus may not take and be well
_ECHOING = ("udp_multicast",)           # interfaces that give us back what we sent


class AdapterSource(Source):
    """Frames from and to the python-can interface at ``address``.

    ``now`` (µs since 1970) stamps the frames of drivers that don't know the time of day;
    ``receive_buffer`` is the wished size in bytes where the driver has a socket for datagrams.
    """

    def __init__(self, address: Address, now: Callable[[], int], receive_buffer: int):
        self._address = address
        self._now = now
        self._receive_buffer = receive_buffer
        self._refused = 0                           # frames in a row
        self._tunnel: Optional[Tunnel] = None
        self._bus: Optional[can.BusABC] = None
        self._calls: Optional[ThreadPool] = None
        self._call: Any = None                      # the last call's result
        self._reading: Optional[_ReadingThread] = None
        self._echoes = Echoes() if address.kind in _ECHOING else None

    def open(self) -> None:
        self.close()                    # what a hanging driver kept from being closed before
        if self._hangs():
            raise BusMissing("its driver does not answer")
        opening = _Opening(self._address)
        try:
            bus: can.BusABC = self._run(opening.run, _OPEN_TIME)
        except BaseException:
            opening.give_up()
            raise
        self._bus = bus
        self.fd = _is_fd(bus, self._address)
        self._refused = 0
        self._tunnel = tunnel = Tunnel(bus, self._address.channel, self._receive_buffer)
        tunnel.check_way()
        self._reading = _ReadingThread(Guard(bus, tunnel, self._now), tunnel)

    def _hangs(self) -> bool:
        return self._reading is not None or self._call is not None and not self._call.ready()

    def _run(self, function: Callable[[], Any], seconds: float) -> Any:
        """What ``function`` returns in the calling thread; raises ``SourceError`` if it fails."""
        if self._calls is None:
            self._calls = ThreadPool(1)
        self._call = self._calls.spawn(_outcome, function)
        try:
            value, error = self._call.get(timeout=seconds)
        except gevent.Timeout:
            raise BusMissing("its driver does not answer") from None
        if isinstance(error, (SendRefused, SourceError)):
            raise error
        if error is not None:
            raise BusMissing(error_line(error)) from None
        return value

    def read(self, limit: int) -> List[CanFrame]:
        reading = self._reading
        if reading is None:
            raise BusMissing("it is closed")
        frames = reading.take(limit)
        drops, skipped = reading.take_counts()
        self.drops += drops
        self.skipped += skipped
        self.skip_reason = reading.skip_reason
        return frames if self._echoes is None else self._echoes.remove(frames)

    def send(self, can_id: int, data: bytes) -> None:
        if self._reading is None or self._bus is None or self._tunnel is None:
            raise BusMissing("it is closed")
        bus, is_stream = self._bus, self._tunnel.is_stream
        message = message_from_frame(can_id, data)
        if self._echoes is not None:
            self._echoes.expect(can_id, data)
        self._reading.expect_answer()
        try:
            self._run(lambda: _send(bus, message, is_stream), _SEND_TIME)
        except SendRefused as error:
            self._refused += 1
            if self._refused >= _MOST_REFUSED:
                raise BusMissing("%d frames in a row were not taken: %s"
                                 % (self._refused, error)) from None
            raise
        self._refused = 0

    def close(self) -> None:
        self.fd = False
        if self._reading is not None and self._reading.end(_CLOSE_TIME):
            self._reading = None
        if self._call is not None:
            self._call.wait(timeout=_CLOSE_TIME)
        if self._hangs():
            return
        bus, self._bus = self._bus, None
        if bus is not None:
            try:
                self._run(bus.shutdown, _CLOSE_TIME)
            except SourceError as error:
                log.warning("%s: closing it: %s", self._address, error)
        if self._calls is not None and not self._hangs():
            self._calls.kill()
            self._calls = None


def _send(bus: can.BusABC, message: can.Message, is_stream: bool) -> None:
    """One frame, in the calling thread."""
    try:
        bus.send(message, timeout=_SEND_TIME / 2)
    except Exception as error:          # whatever a driver raises
        half_sent = is_timeout(error) and is_stream
        if half_sent or tells_the_end(error):
            raise BusMissing(error_line(error)) from None
        raise SendRefused(error_line(error)) from None


class _Opening:
    """Opens the bus in the calling thread, and closes it there if nobody waits any more."""

    def __init__(self, address: Address):
        self._address = address
        self._given_up = threading.Event()

    def run(self) -> can.BusABC:
        bus = open_bus(self._address)
        if self._given_up.is_set():
            bus.shutdown()
        return bus

    def give_up(self) -> None:
        self._given_up.set()


class _ReadingThread:
    """The native thread that reads through ``guard``, and the loop's end of it."""

    def __init__(self, guard: Guard, tunnel: Tunnel):
        self._guard = guard
        self._tunnel = tunnel
        self._frames: Crossing[CanFrame] = Crossing(None, _WAITING_FRAMES)
        self._told = (0, 0)             # drops and skipped that were taken
        self._error: Optional[SourceError] = None
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="can-read", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        put, receive = self._frames.put, self._guard.receive
        try:
            while not self._ending:
                frame = receive()
                if frame is not None:
                    put(frame)
                elif self._counts() != self._told:
                    self._frames.wake()
        except SourceError as error:
            self._error = error
        except Exception as error:      # a bug ends the bus, not the daemon
            self._error = BusMissing(error_line(error))
        self._frames.close()

    def _counts(self) -> Tuple[int, int]:
        return self._frames.dropped + self._tunnel.drops(), self._guard.skipped

    @property
    def skip_reason(self) -> str:
        return self._guard.reason

    def expect_answer(self) -> None:
        """A frame goes out, and some drivers return from reading for the answer."""
        self._guard.sent += 1

    def take(self, limit: int) -> List[CanFrame]:
        """Wait for frames and take up to ``limit``, none where only a counter has changed; raises
        ``SourceError`` if reading has ended."""
        frames = self._frames
        while True:
            has_ended = frames.closed       # first: what came before the end counts
            if frames.waiting or self._counts() != self._told:
                return frames.pull(limit)
            if has_ended:
                raise self._error or BusMissing("it is closed")
            frames.wait()

    def take_counts(self) -> Tuple[int, int]:
        """How many frames were dropped and how many messages skipped since the last call."""
        before, self._told = self._told, self._counts()
        return self._told[0] - before[0], self._told[1] - before[1]

    def end(self, seconds: float) -> bool:
        """Ask the thread to end and wait; whether it did in time. What waits is forgotten."""
        self._ending = True
        try:
            with gevent.Timeout(seconds, TimeoutError()):
                while not self._frames.closed:
                    self._frames.pull(_WAITING_FRAMES)
                    self._frames.wait()
        except TimeoutError:
            return False
        self._frames.close()
        self._thread.join()             # it has nothing left to do
        return True


def _outcome(function: Callable[[], Any]) -> Tuple[Any, Optional[Exception]]:
    # An exception that leaves a task of the pool is printed with its traceback: carry it instead.
    try:
        return function(), None
    except Exception as error:
        return None, error


def _is_fd(bus: can.BusABC, address: Address) -> bool:
    protocol = getattr(bus, "protocol", None)           # since python-can 4.2
    options = dict(address.options)
    return (typed(options.get("fd", "")) is True
            or protocol is not None and protocol.name.startswith("CAN_FD"))
