"""A client's outbox: all that is on its way to one client, in order and within limits.

Theory: events, replies, pings and the close frame leave by this one path. What is put here is
tried on the socket at once (``flush``), in the turn of whoever put it; what the socket doesn't take
stays at the head, and the client's writer goes on with it when the socket is ready. While the
writer has it, nobody else sends.

While the channel is closed events wait on their own list, and OPEN moves them behind its reply.
They do so, too, while a *block* is made: many replies that belong together, whose making gives
others their turns, and which stand before all events that come meanwhile.

Both lists together hold ``max_events`` events and ``max_bytes`` bytes, replies counted in; beyond
that the oldest events go and are counted. Replies are never dropped; they are bounded by their
reader, who waits while ``replies_waiting`` is over its limit.
"""

from __future__ import annotations

import logging
from collections import deque
from contextlib import contextmanager
from typing import Callable, Deque, Iterator, List, Optional, Union

from ..hub.batch import Batch, Encoder, Share
from ..hub.verdicts import Selects

__all__ = ["Outbox"]

log = logging.getLogger(__name__)

_SEND_SIZE = 256 * 1024         # bytes joined for one send: more than a socket takes at once


class Outbox:
    """The way out to one client.

    ``try_send(data) -> int`` sends without waiting and gives the number of bytes taken (OSError if
    the connection is gone); ``stuck()`` is called when the socket is full, to start the writer;
    ``lost(reason)`` when the client can't be served any more: nothing is taken from then on.
    """

    def __init__(self, label: str, encoder: Encoder, obid: int, max_events: int, max_bytes: int,
                 try_send: Callable[[Union[bytes, memoryview]], int], stuck: Callable[[], None],
                 lost: Callable[[str], None]):
        self.label = label
        self.obid = obid
        self._lost = lost
        self.is_open = False            # the channel: events flow, but while a block is made
        self.sent = 0                   # events handed to the socket
        self.dropped = 0                # events lost because the outbox was full
        self.cleared = 0                # events forgotten by CLRQUEUE or at the end
        self.replies_waiting = 0        # bytes
        self._encoder = encoder
        self._selection: Optional[Selects] = None
        self._max_events = max_events
        self._max_bytes = max_bytes
        self._try_send = try_send
        self._stuck = stuck
        self._ready: Deque[Union[bytes, Share]] = deque()
        self._held: Deque[Union[bytes, Share]] = deque()    # events alone
        self._head: Union[bytes, memoryview] = b""
        self._events = 0                # waiting, in both lists
        self._bytes = 0
        self._is_stuck = False
        self._in_block = False
        self._finished = False
        self._drops_before: Optional[int] = None    # dropped when this episode began

    @property
    def waiting(self) -> int:
        """Events that wait."""
        return self._events

    @property
    def waiting_bytes(self) -> int:
        """Bytes that wait: events, replies, and what the socket left over."""
        return self._bytes + self.replies_waiting + len(self._head)

    @property
    def empty(self) -> bool:
        """Nothing is on its way (what waits behind a closed channel is not)."""
        return not self._ready and not self._head

    def select(self, selection: Optional[Selects]) -> None:
        """What of a batch is taken from now on; None: nothing."""
        self._selection = selection

    def take(self, batch: Batch) -> int:
        """Take this client's share of a batch and try to send it; returns its events."""
        if self._selection is None or self._finished:
            return 0
        share = batch.share(self._encoder, self._selection, self.obid)
        if share is None:
            return 0
        if self._flows and not self._ready and not self._is_stuck:
            self._pass_on(share)
        else:
            self._keep(share)
        return len(share.frames)

    def _pass_on(self, share: Share) -> None:
        """Nothing waits: straight to the socket, without a way through the lists."""
        self.sent += len(share.frames)
        try:
            taken = self._try_send(share.wire)
        except OSError as error:
            self.fail("connection lost: %s" % error)
            return
        if taken < len(share.wire):
            self._head = memoryview(share.wire)[taken:]
            self._is_stuck = True
            self._stuck()

    def _keep(self, share: Share) -> None:
        self._events += len(share.frames)
        self._bytes += len(share.wire)
        (self._ready if self._flows else self._held).append(share)
        self._keep_limits()
        if self._flows:
            self.flush()

    def put(self, frame: bytes) -> None:
        """Queue a reply or control frame; the caller flushes when it has put all it has."""
        if not self._finished:
            self._ready.append(frame)
            self.replies_waiting += len(frame)
            self._keep_limits()

    def finish(self, close_frame: bytes) -> None:
        """Queue the close frame; nothing comes after it."""
        self.put(close_frame)
        self._finished = True
        self._held.clear()

    def open(self) -> None:
        """Let the events that waited go, and new ones after them."""
        self.is_open = True
        self._let_go()

    def close(self) -> None:
        """Stop the flow; events are collected again."""
        self.is_open = False

    @contextmanager
    def block(self) -> Iterator[None]:
        """What is put meanwhile stands before all events that come meanwhile.

        There is one at a time. It takes the place that it has in the order of things when it
        begins: what waits for an open channel goes first.
        """
        self._in_block = True
        try:
            yield
        finally:
            self._in_block = False
            self._let_go()
            self.flush()

    @property
    def _flows(self) -> bool:
        return self.is_open and not self._in_block

    def _let_go(self) -> None:
        if self._flows:
            self._ready.extend(self._held)
            self._held.clear()

    def clear(self) -> None:
        """Forget all events that wait."""
        if not self._events:
            return
        self.cleared += self._events
        self._held.clear()
        replies = b"".join(item for item in self._ready if isinstance(item, bytes))
        self._ready = deque([replies] if replies else ())
        self._events = self._bytes = 0

    def flush(self) -> None:
        """Send what waits, as far as the socket takes it."""
        if not self._is_stuck:
            self._send()
            if self._head:
                self._is_stuck = True
                self._stuck()

    def flush_stuck(self) -> bool:
        """The writer's turn: send on. True if nothing is left and the writer is done."""
        self._send()
        self._is_stuck = bool(self._head)
        return not self._is_stuck

    def fail(self, reason: str) -> None:
        """The client can't be served any more: forget all, and say so."""
        self.clear()
        self._ready.clear()
        self._head = b""
        self.replies_waiting = 0
        self._finished = True
        self._lost(reason)

    def _send(self) -> None:
        while self._head or self._ready:
            data = self._head or self._joined()
            try:
                taken = self._try_send(data)
            except OSError as error:
                self.fail("connection lost: %s" % error)
                return
            if taken < len(data):
                self._head = memoryview(data)[taken:]
                return
            self._head = b""
        self._end_of_drops()

    def _joined(self) -> bytes:
        """The next items as one piece, no longer counted as waiting."""
        pieces, size = [], 0
        while self._ready and size < _SEND_SIZE:
            item = self._ready.popleft()
            if isinstance(item, bytes):
                self.replies_waiting -= len(item)
                wire = item
            else:
                self._forget(item)
                self.sent += len(item.frames)
                wire = item.wire
            pieces.append(wire)
            size += len(wire)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _forget(self, share: Share) -> None:
        self._events -= len(share.frames)
        self._bytes -= len(share.wire)

    def _is_full(self) -> bool:
        return self._events > self._max_events or bool(self._events) and (
            self._bytes + self.replies_waiting > self._max_bytes)

    def _keep_limits(self) -> None:
        if not self._is_full():
            return
        if self._drops_before is None:
            self._drops_before = self.dropped
            log.warning("%s: queue full (%d events, %d bytes), the oldest events go",
                        self.label, self._events, self._bytes + self.replies_waiting)
        replies: List[bytes] = []
        while self._is_full():
            waiting = self._ready or self._held
            item = waiting.popleft()
            if isinstance(item, bytes):
                replies.append(item)
                continue
            self._forget(item)
            self.dropped += len(item.frames)
            for rest in reversed(item.without(self._excess(item))):
                self.dropped -= len(rest.frames)
                self._events += len(rest.frames)
                self._bytes += len(rest.wire)
                waiting.appendleft(rest)
        if replies:                     # as one, for they may be many, and be passed again soon
            self._ready.appendleft(b"".join(replies))

    def _excess(self, oldest: Share) -> int:
        """How many of the share's events must go, the share itself not being counted."""
        count = len(oldest.frames)
        most = min(count, max(0, self._max_events - self._events))
        room = self._max_bytes - self._bytes - self.replies_waiting
        for kept in range(most):
            room -= len(oldest.frames[count - 1 - kept])
            if room < 0:
                return count - kept
        return count - most

    def _end_of_drops(self) -> None:
        if self._drops_before is not None and not self._held:
            log.warning("%s: queue empty again, %d events were lost",
                        self.label, self.dropped - self._drops_before)
            self._drops_before = None
