"""One CAN bus on the hub: a single owner opens it, keeps it, and opens it again.

The owner is one greenlet. While the bus is open it has two more under it, the reader and the
writer; the first of them to fail ends the other, the source is closed, what waits to be sent is
dropped, and after a growing wait the bus is opened again. For SocketCAN and for adapters on the
network the wait ends early when the kernel reports that an interface changed. What no retry mends
is looked at again after the longest wait only. Nothing but ``stop`` ends the owner.
"""

from __future__ import annotations

import logging
import math
import time
from typing import Callable, Optional, Tuple

import gevent

from ..codec.canframe import frame_from_event
from ..hub.channel import Channel
from ..hub.hub import Hub
from ..loop.backoff import Backoff
from ..model.errors import TransmitBufferFull
from ..model.event import MAX_FD_DATA, MAX_LEVEL1_DATA, Event
from ..model.status import EndStatus
from ..settings import BusLimits, Interface
from .adapter import AdapterSource
from .address import DEMO, REPLAY, SOCKETCAN, Address, parse_channel
from .controller import Controller, ask_controller
from .counters import Counters
from .demo import DemoSource
from .link import LinkWatch
from .load import Load
from .missed import Missed
from .receive import Receiver
from .replay import ReplaySource
from .socketcan import SocketCanSource
from .source import Source, SourceError
from .state import CLOSED, UNUSABLE, UP, WAITING, BusState
from .transmit import Transmitter

__all__ = ["CanBus", "KIND", "join_bus", "make_source", "wall_clock"]

log = logging.getLogger(__name__)

#: What such ends are called.
KIND = "bus"

_ON_THE_NETWORK = (SOCKETCAN, "socketcand", "udp_multicast")
_ASK_AGAIN = 1.0                        # s
_STEADY = 2.0                           # s that a bus must be up for the next wait to be short


def wall_clock() -> int:
    """The time in microseconds since 1970."""
    return time.time_ns() // 1000


def make_source(address: Address, limits: BusLimits, now: Callable[[], int]) -> Source:
    """The source for an address."""
    if address.kind == SOCKETCAN:
        return SocketCanSource(address.channel, limits.receive_buffer)
    if address.kind == REPLAY:
        return ReplaySource(address.channel, now)
    if address.kind == DEMO:
        return DemoSource(address.channel, now)
    return AdapterSource(address, now, limits.receive_buffer)


def join_bus(interface: Interface, limits: BusLimits,
             source: Optional[Source] = None) -> Callable[[Hub], CanBus]:
    """Makes the bus of an interface, as an end of the hub that it is given.

    ``source`` takes the place of what the interface's channel names.
    """
    def join(hub: Hub) -> CanBus:
        bus = CanBus(interface, limits, hub.channel(KIND), source=source)
        hub.add(bus)
        return bus
    return join


class CanBus:
    """The bus of one driver block.

    What it reads is delivered by ``channel`` in lists of events, oldest first. ``now`` is in µs
    since 1970; ``clock`` (seconds), ``sleep`` and ``pause`` (cooperative waits while sending and
    before a new try) and ``source`` are there to be replaced.

    Raises ``ValueError`` if the interface's channel names no CAN interface.
    """

    kind = KIND

    def __init__(self, interface: Interface, limits: BusLimits, channel: Channel,
                 now: Callable[[], int] = wall_clock,
                 clock: Callable[[], float] = time.monotonic,
                 sleep: Callable[[float], None] = gevent.sleep,
                 pause: Optional[Callable[[float], None]] = None,
                 source: Optional[Source] = None) -> None:
        self.name = interface.name
        self.channel = interface.channel
        self.guid = interface.guid
        self.address = parse_channel(interface.channel)
        self.counters = Counters()
        self._limits = limits
        self._clock = clock
        self._pause = pause
        self._source = source or make_source(self.address, limits, now)
        self._state = BusState(self.name, self.address, clock)
        self._fd = self._source.fd      # as it was found last
        self._asked_of: Optional[Event] = None      # the event whose frame this is,
        self._frame: Optional[Tuple[int, bytes]] = None     # None: it never goes to this bus
        self._controller = Controller(self.address.bitrate or 0)
        self._asked = -math.inf         # when the controller was, by the clock
        self._load = Load(clock)
        self._missed = Missed(self.name, self.counters, clock)
        self._backoff = Backoff(limits.reopen_first, limits.reopen_last)
        self._receiver = Receiver(
            interface, channel.obid, self._state, self.counters, channel.deliver, channel.rest,
            clock, self._load)
        self._transmitter = Transmitter(
            self.name, limits.transmit_queue_size, limits.transmit_age, self.counters,
            now, clock, sleep, self._load)
        self._owner: Optional[gevent.Greenlet[[], None]] = None
        self._links: Optional[LinkWatch] = None

    @property
    def state(self) -> str:
        """closed, waiting, up, warning, passive, bus-off or down."""
        return self._state.state

    @property
    def fd(self) -> bool:
        """Whether the bus takes CAN FD frames; one that is closed, as it was when it was open."""
        return self._fd

    @property
    def level1_data(self) -> int:
        """How many data bytes of a Level I event the bus takes."""
        return MAX_FD_DATA if self._fd else MAX_LEVEL1_DATA

    @property
    def is_replay(self) -> bool:
        """Whether this is a recorded log and no bus."""
        return self.address.kind == REPLAY

    @property
    def is_demo(self) -> bool:
        """Whether what comes is made up: a recorded log or a simulated house."""
        return self.address.kind in (REPLAY, DEMO)

    def start(self) -> None:
        """Start to open the bus; returns at once."""
        if self._owner is None:
            self._owner = gevent.spawn(self._own)

    def stop(self) -> None:
        """Close the bus; when this returns nothing of it runs any more."""
        owner, self._owner = self._owner, None
        if owner is not None:
            owner.kill()
            self._transmitter.drop_all("stopped")
            self._state.change(CLOSED)

    def carries(self, event: Event) -> bool:
        """Whether the mapping lets the event on this bus."""
        # Who asks puts it next, and its frame is made once.
        self._asked_of, self._frame = event, frame_from_event(event, self._fd)
        return self._frame is not None

    def has_room(self) -> bool:
        """Whether ``put`` would take an event."""
        return self._state.usable and self._transmitter.has_room()

    def put(self, event: Event) -> None:
        """Queue an event for the bus, without waiting.

        Raises ``TransmitBufferFull`` if the queue is full or the bus not up, ``ValueError`` if the
        bus doesn't carry such events.
        """
        if event is not self._asked_of:
            self.carries(event)
        frame = self._frame
        if frame is None:
            raise ValueError("class %d with %d data bytes doesn't go to %s" % (
                event.vscp_class, len(event.data), self.name))
        if not self._state.usable:
            raise TransmitBufferFull("%s is %s" % (self.name, self.state))
        self._transmitter.put(*frame)
        if self._missed.missing:
            self._missed.taken()

    def miss(self, event: Event) -> None:
        """Count an event that the others got and this bus had no room for."""
        self._missed.count("its queue is full" if self._state.usable else "it is " + self.state)

    def status(self) -> EndStatus:
        """What the bus is doing."""
        controller = self._ask_controller()
        return EndStatus(
            self.kind, self.name, self.state, self._state.reason, self._state.seconds,
            self._state.usable, details={
                "channel": self.channel, "fd": self.fd, "replay": self.is_replay,
                "demo": self.is_demo, "text": self._state.text, "bitrate": controller.bitrate,
                "bits_per_second": round(self._load.bits_per_second),
                "controller": controller.as_dict(),
                "transmit_queue": len(self._transmitter), **self.counters.as_dict()})

    def _ask_controller(self) -> Controller:
        """What the kernel knows, asked once a second at most, however often others ask us."""
        now = self._clock()
        if self.address.kind == SOCKETCAN and now - self._asked >= _ASK_AGAIN:
            self._asked, self._controller = now, ask_controller(self.address.channel)
        return self._controller

    def _own(self) -> None:
        if self.address.kind in _ON_THE_NETWORK and self._pause is None:
            self._links = LinkWatch()
        try:
            while True:
                self._live()
                self._wait(self._limits.reopen_last if self.state == UNUSABLE
                           else self._backoff.next())
                self.counters.reopens += 1
        finally:
            if self._links is not None:
                self._links.close()

    def _live(self) -> None:
        """Open the bus and serve it until it fails."""
        if self._links is not None:
            self._links.forget()
        opened = None
        try:
            self._source.open()
            opened = self._clock()
            self._fd = self._source.fd
            self._asked_of = None       # its frame may be another now
            self._state.change(UP, "CAN FD" if self.fd and not self.is_demo else "")
            self._serve()
        except SourceError as error:
            self._state.change(error.state, str(error))
        except Exception as error:      # a bug: say so in full, and go on
            log.exception("%s: unexpected error", self.name)
            self._state.change(WAITING, "unexpected %s" % type(error).__name__)
        finally:
            self._close()
        self._transmitter.drop_all("down")
        if opened is not None and self._clock() - opened >= _STEADY:
            self._backoff.reset()

    def _close(self) -> None:
        try:
            self._source.close()
        except Exception as error:      # a device that is gone can't be closed well
            log.warning("%s: closing it: %s", self.name, error)

    def _serve(self) -> None:
        """Read and write until one of both fails; raises what it failed with."""
        loops = [gevent.spawn(_outcome, loop, self._source)
                 for loop in (self._receiver.run, self._transmitter.run)]
        try:
            ended = gevent.wait(loops, count=1)[0]
        finally:
            gevent.killall(loops)
        raise ended.get()

    def _wait(self, seconds: float) -> None:
        if self._pause is not None:
            self._pause(seconds)
        elif self._links is not None:
            self._links.wait(self._limits.reopen_first, seconds)
        else:
            gevent.sleep(seconds)


def _outcome(loop: Callable[[Source], None], source: Source) -> Exception:
    # An exception that leaves a greenlet is printed with its traceback: carry it instead.
    try:
        loop(source)
    except Exception as error:
        return error
    return RuntimeError("a loop that never should has ended")
