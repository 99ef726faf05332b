"""Every other python-can interface: serial and USB adapters, network tunnels, ``virtual``.

Their drivers block, so they live in two native threads and never in the hub::

    reading thread   bus.recv() ── deque ── async watcher ──> the greenlet in read()
    calling thread   open, send, shutdown, one after the other; the greenlet waits for the outcome

A wake-up of the hub hands over all frames that wait; the deque is bounded. A driver that hangs
is given up after a while: the bus counts as missing until the call returns, and no further
thread is spent on it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from typing import Any, Callable, Deque, List, Optional, Tuple

import can
import gevent
from gevent.event import Event as Flag
from gevent.threadpool import ThreadPool

from ..codec.canframe import CanFrame
from ..config.address import Address
from .echo import Echoes
from .message import frame_from_message, message_from_frame, moment_of
from .source import BusMissing, SendRefused, Source, SourceError

__all__ = ["AdapterSource"]

log = logging.getLogger(__name__)

_WAITING_FRAMES = 65536                 # between the reading thread and the hub
_POLL = 0.2                             # s that the reading thread sleeps through a stop
_OPEN_TIME = 15.0                       # s until a driver counts as hanging
_SEND_TIME = 2.0
_CLOSE_TIME = 2.0
_ECHOING = ("udp_multicast",)           # interfaces that give us back what we sent


class AdapterSource(Source):
    """Frames from and to the python-can interface at ``address``.

    ``now`` (µs since 1970) stamps the frames of drivers that don't know the time of day.
    """

    def __init__(self, address: Address, now: Callable[[], int]):
        self._address = address
        self._now = now
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
            self._bus = self._run(opening.run, _OPEN_TIME)
        except BaseException:
            opening.give_up()
            raise
        self.fd = _is_fd(self._bus, self._address)
        self._reading = _ReadingThread(self._bus, self._now)

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
            raise BusMissing(_describe(error)) from None
        return value

    def read(self, limit: int) -> List[CanFrame]:
        while True:
            frames = self._reading.take(limit)
            self.drops += self._reading.take_drops()
            if self._echoes is not None:
                frames = self._echoes.remove(frames)
            if frames:
                return frames

    def send(self, can_id: int, data: bytes) -> None:
        bus, message = self._bus, message_from_frame(can_id, data)

        def call() -> None:
            try:
                bus.send(message, timeout=_SEND_TIME / 2)
            except can.CanError as error:
                raise SendRefused(_describe(error)) from None

        if self._echoes is not None:
            self._echoes.expect(can_id, data)
        self._run(call, _SEND_TIME)

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


class _Opening:
    """Opens the bus in the calling thread, and closes it there if nobody waits any more."""

    def __init__(self, address: Address):
        self._address = address
        self._given_up = threading.Event()

    def run(self) -> can.BusABC:
        address = self._address
        options = {name: _typed(value) for name, value in address.options}
        if address.bitrate is not None:
            options["bitrate"] = address.bitrate
        bus = can.Bus(interface=address.kind, channel=address.channel, **options)
        if self._given_up.is_set():
            bus.shutdown()
        return bus

    def give_up(self) -> None:
        self._given_up.set()


class _ReadingThread:
    """The native thread that reads ``bus``, and the hub's end of it."""

    def __init__(self, bus: can.BusABC, now: Callable[[], int]):
        self._bus = bus
        self._now = now
        self._frames: Deque[CanFrame] = deque()
        self._drops = 0
        self._drops_taken = 0
        self._error: Optional[Exception] = None
        self._ending = False
        self._news = Flag()
        self._ended = Flag()
        # Watchers belong to the hub's thread; only send() may be called from another one.
        self._wake = gevent.get_hub().loop.async_()
        self._wake.start(self._on_wake)
        self._thread = threading.Thread(target=self._run, name="can-read", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        frames, receive, now, wake = self._frames, self._bus.recv, self._now, self._wake.send
        try:
            while not self._ending:
                message = receive(_POLL)
                if message is None:
                    continue
                if len(frames) < _WAITING_FRAMES:
                    frames.append(
                        frame_from_message(message, moment_of(message.timestamp, now())))
                else:
                    self._drops += 1
                wake()
        except Exception as error:      # whatever a driver raises ends the bus, not the daemon
            self._error = error
        self._ending = True
        wake()

    def _on_wake(self) -> None:
        self._news.set()
        if self._ending:
            self._ended.set()

    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def take(self, limit: int) -> List[CanFrame]:
        """Wait for frames and take up to ``limit``; raises ``BusMissing`` if reading has ended."""
        frames = self._frames
        while not frames:
            self._news.clear()
            if frames:
                break
            if self._error is not None:
                raise BusMissing(_describe(self._error))
            self._news.wait()
        return [frames.popleft() for _ in range(min(limit, len(frames)))]

    def take_drops(self) -> int:
        """How many frames found no place since the last call."""
        drops = self._drops
        new, self._drops_taken = drops - self._drops_taken, drops
        return new

    def end(self, seconds: float) -> bool:
        """Ask the thread to end and wait; whether it did in time."""
        self._ending = True
        deadline = time.monotonic() + seconds
        while self._thread.is_alive() and time.monotonic() < deadline:
            self._ended.wait(0.01)
            gevent.sleep(0)
        if self._thread.is_alive():
            return False
        self._wake.stop()
        self._wake.close()
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
    return (_typed(options.get("fd", "")) is True
            or protocol is not None and protocol.name.startswith("CAN_FD"))


def _typed(text: str) -> Any:
    """An option's value as python-can wants it: a number, a truth value or the text."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _describe(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text[:200]
