"""Clients that send events and count the answers.

A sender keeps up to ``window`` events unanswered. With window 1 it waits for each answer; with
more, what a read brings in answers goes out as that many new events in one send.
"""

from __future__ import annotations

import select
import socket
import time
from typing import Callable, Dict, List

from protocols import client_frame, publish

__all__ = ["Sender", "run_senders"]

_POOL = 8192                    # different messages of a sender, made before it starts
_PATIENCE = 3.0                 # s for the last answers

# An answer as it arrives, in a frame; of MQTT's the last two bytes are the packet's number.
_ANSWERS = {"ws1": b"\x81\x07+;EVENT", "mqtt": b"\x82\x04\x40\x02"}
_ANSWER_SIZES = {"ws1": 9, "mqtt": 6}


class Sender:
    """One connection. Its events carry its number and their own in the data."""

    def __init__(self, sock: socket.socket, dialect: str, place: int, window: int):
        self.sock = sock
        self.sent = self.accepted = self.refused = 0
        self._window = window
        self._answer, self._size = _ANSWERS[dialect], _ANSWER_SIZES[dialect]
        self._place = place
        self._dialect = dialect
        self._rest = b""
        self._ready: List[bytes] = [self._make(number) for number in range(_POOL)]

    def _make(self, number: int) -> bytes:
        text = b"E;0,20,3,0,,,-,0x%02X,0x%02X,0x%02X,0x%02X" % (
            self._place, number >> 16 & 255, number >> 8 & 255, number & 255)
        if self._dialect == "mqtt":
            return publish(text, number % 65535 + 1)
        return client_frame(text)

    @property
    def waiting(self) -> int:
        """Events without an answer."""
        return self.sent - self.accepted - self.refused

    def refill(self) -> None:
        """Send as many as the window allows."""
        count = self._window - self.waiting
        if count > 0:
            while len(self._ready) < self.sent + count:
                self._ready.append(self._make(len(self._ready)))
            self.sock.sendall(b"".join(self._ready[self.sent:self.sent + count]))
            self.sent += count

    def end(self) -> None:
        """Send no more."""
        self._window = 0

    def go_on(self) -> None:
        """Read, and send as many again."""
        self.take_answers()
        self.refill()

    def take_answers(self) -> None:
        data = self._rest + self.sock.recv(65536)
        good = data.count(self._answer)
        if good * self._size == len(data):
            self.accepted += good
            self._rest = b""
        else:
            self._sort(data)

    def _sort(self, data: bytes) -> None:
        """Answers that are not all good or not all whole."""
        place = 0
        while place + 2 <= len(data):
            end = place + 2 + data[place + 1]
            if end > len(data):
                break
            if data.startswith(self._answer, place):
                self.accepted += 1
            elif data[place] & 0x0F < 8:        # a ping is no answer
                self.refused += 1
            place = end
        self._rest = data[place:]


def run_senders(senders: List[Sender], seconds: float,
                others: Dict[socket.socket, Callable[[], None]]) -> dict:
    """Send for so long, then wait for what is unanswered. ``others`` are sockets to be read
    meanwhile, and how."""
    poll = select.epoll()
    ready = {sock.fileno(): read for sock, read in others.items()}
    for sender in senders:
        sender.sock.settimeout(_PATIENCE)       # for a full socket; reads only what is there
        ready[sender.sock.fileno()] = sender.go_on
    for fd in ready:
        poll.register(fd, select.EPOLLIN)
    start = time.monotonic()
    end = start + seconds
    for sender in senders:
        sender.refill()
    while time.monotonic() < end:
        for fd, _ in poll.poll(0.05):
            ready[fd]()
    for sender in senders:
        sender.end()
    accepted, took = sum(sender.accepted for sender in senders), time.monotonic() - start
    deadline = time.monotonic() + _PATIENCE
    while any(sender.waiting for sender in senders) and time.monotonic() < deadline:
        for fd, _ in poll.poll(0.05):
            ready[fd]()
    poll.close()
    for sender in senders:
        sender.sock.setblocking(False)
    return {"rate": accepted / took, "seconds": time.monotonic() - start,
            "accepted": sum(sender.accepted for sender in senders),
            "refused": sum(sender.refused for sender in senders),
            "unanswered": sum(sender.waiting for sender in senders)}
