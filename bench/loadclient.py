"""The load client: one process with many connections that checks every byte of each.

``helper.Helper`` starts it. Reads are large, and are compared with the common stream
(``stream.Stream``) instead of being parsed. It reports its own CPU share, so that it is never the
bottleneck unnoticed.
"""

from __future__ import annotations

import array
import gc
import select
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Callable, Dict, List, Optional, Tuple, Union

from events import Filter, Schedule, filters_of
from helper import answer_commands
from ingest import Sender, run_senders
from machine import cpu_seconds
from protocols import PONG, Place, connect, frames
from stream import Heard, Stream

_READ = 256 * 1024
_SIMULTANEOUS = 16              # logins at a time
_QUIET = 0.15                   # s of silence that end what was left over
_CHECK = 0.02                   # s between two looks whether all is there
_HEARD = 3.0                    # s for what was sent to be heard by all
_PONG_TIME = 8.0                # s; a server that hears nothing pings in the midst of the events
_LATENCIES = 400000             # arrivals looked at in one run


class _Client:
    """A connection; ``place`` is how far it is in its stream."""

    def __init__(self, sock: socket.socket, chosen: Optional[Filter], listens: bool):
        sock.setblocking(False)
        self.listens = listens
        self.sock = sock
        self.receive = sock.recv_into
        self.filter = chosen
        self.stream: Union[Stream, Heard, None] = None
        self.place = 0
        self.broken = False
        self.closed = False


class LoadClient:
    """The commands."""

    def __init__(self):
        self._dialect = ""
        self._clients: Dict[int, _Client] = {}
        self._plan: Optional[Schedule] = None
        self._streams: Dict[Optional[Filter], Stream] = {}
        self._poll = select.epoll()
        self._buffer = bytearray(_READ)
        self._view = memoryview(self._buffer)

    def connect(self, place: list, count: int, filters: int, listen: bool) -> None:
        """``count`` more clients, in turn with each of ``filters`` filters (0: none)."""
        place = Place(*place)
        self._dialect = place.dialect
        different = filters_of(filters)
        chosen = [different[turn % len(different)] for turn in range(len(self._clients),
                                                                     len(self._clients) + count)]
        with ThreadPoolExecutor(_SIMULTANEOUS) as pool:
            socks = list(pool.map(lambda one: connect(place, one, listen), chosen))
        for sock, one in zip(socks, chosen):
            self._clients[sock.fileno()] = _Client(sock, one, listen)
            self._poll.register(sock.fileno(), select.EPOLLIN)

    def disconnect(self) -> None:
        for fd, client in self._clients.items():
            if not client.closed:
                self._poll.unregister(fd)
            client.sock.close()
        self._clients.clear()

    def settle(self, seconds: float) -> bool:
        """Read and forget until nothing comes any more; False if it went on for ``seconds``, or a
        connection has ended. Shows every server a sign of life."""
        return self._until_quiet(seconds, self._read)

    def _until_quiet(self, seconds: float, take: Callable[[_Client], object]) -> bool:
        self._show_life()
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            ready = self._poll.poll(_QUIET)
            if not ready:
                return not any(client.closed for client in self._clients.values())
            for fd, _ in ready:
                take(self._clients[fd])
        return False

    def _show_life(self) -> None:
        if self._dialect in ("ws1", "ws2"):
            for client in self._clients.values():
                if not client.closed:
                    client.sock.send(PONG)

    def _read(self, client: _Client) -> int:
        """The bytes that were read, after noting an end of the connection."""
        try:
            size = client.receive(self._buffer)
        except BlockingIOError:
            return 0
        except OSError:
            size = 0
        if not size:
            client.closed = client.broken = True
            self._poll.unregister(client.sock.fileno())
        return size

    # ---- receiving -------------------------------------------------------------------------

    def prepare(self, schedule: list) -> None:
        """Get ready for a schedule's events."""
        self._plan = plan = Schedule(*schedule)
        self._streams.clear()
        for client in self._clients.values():
            if client.filter not in self._streams:
                self._streams[client.filter] = Stream(plan, client.filter, self._dialect)
            client.stream = self._streams[client.filter]
            client.place, client.broken = 0, client.closed
        gc.collect()

    def watch(self, start: float, patience: float, latency: bool, server: int) -> dict:
        """Receive the events, due from ``start`` on, until all are there, or ``patience`` seconds
        after the last was due. ``server`` is the pid whose CPU time is read."""
        plan = self._plan._replace(start=start)
        end = plan.due(plan.numbers[-1])
        arrivals = _Arrivals(len(self._clients), plan.count) if latency else None
        gc.disable()
        server_before, own_before = cpu_seconds(server), time.process_time()
        last = self._receive(end + patience, arrivals)
        server_cpu = cpu_seconds(server) - server_before
        own_cpu = time.process_time() - own_before
        gc.enable()
        result = self._verdict()
        result.update(late=last - end, seconds=last - start, server_cpu=server_cpu,
                      client_cpu=own_cpu)
        if arrivals and result["ok"]:
            result["latency"] = arrivals.summary(self._streams, plan)
        return result

    def _receive(self, deadline: float, arrivals: Optional[_Arrivals]) -> float:
        """Read all until it is complete or time is up; when the last bytes arrived."""
        clients, poll, now, read = self._clients, self._poll.poll, time.monotonic, self._read
        view, compare = self._view, self._compare
        last = now()
        next_check, next_pong = 0.0, last + _PONG_TIME
        while True:
            ready = poll(_CHECK)
            for fd, _ in ready:
                client = clients[fd]
                size = read(client)
                if not client.stream.data.startswith(view[:size], client.place):
                    compare(client, size)
                client.place += size
                if arrivals:
                    arrivals.note(now(), client, size)
            moment = now()
            if ready:
                last = moment
            if moment >= next_check:
                next_check = moment + _CHECK
                if moment > deadline or self._complete():
                    return last
                if moment > next_pong:
                    next_pong = moment + _PONG_TIME
                    self._show_life()

    def _compare(self, client: _Client, size: int) -> None:
        """The less frequent cases: the client is ahead of all others, or differs."""
        data, place = client.stream.data, client.place
        known = len(data) - place
        if client.broken or known < 0 or known >= size:
            client.broken = True
        elif data.startswith(self._view[:known], place):
            data += self._view[known:size]
        else:
            client.broken = True

    def _complete(self) -> bool:
        return (all(stream.complete for stream in self._streams.values())
                and all(client.place == len(client.stream.data)
                        for client in self._clients.values()))

    def _verdict(self) -> dict:
        """Whether every client got everything, and how much all got together."""
        fault = ""
        delivered = 0
        for chosen, stream in self._streams.items():
            mine = [client for client in self._clients.values() if client.filter == chosen]
            try:
                ends = stream.ends()
            except ValueError as error:
                fault = fault or str(error)
                ends = []
            whole = [client for client in mine if ends and not client.broken
                     and client.place == ends[-1]]
            delivered += len(whole) * len(stream.numbers)
            if len(whole) < len(mine):
                fault = fault or "%d of %d clients differ" % (len(mine) - len(whole), len(mine))
        if any(client.closed for client in self._clients.values()):
            fault = "the server ended connections"
        return {"ok": not fault, "fault": fault[:200], "delivered": delivered,
                "bytes": sum(client.place for client in self._clients.values())}

    # ---- sending ---------------------------------------------------------------------------

    def ingest(self, window: int, seconds: float, server: int) -> dict:
        """Each client that doesn't listen sends events, ``window`` at a time without an answer.
        The others must all hear every one of them: ``unheard`` is how many of those didn't."""
        audience = [client for client in self._clients.values() if client.listens]
        heard = bytearray()
        for client in audience:
            client.stream, client.place, client.broken = Heard(heard), 0, client.closed
        senders = [Sender(client.sock, self._dialect, place, window) for place, client in enumerate(
            client for client in self._clients.values() if not client.listens)]
        server_before, own_before = cpu_seconds(server), time.process_time()
        result = run_senders(senders, seconds, {
            client.sock: partial(self._hear, client) for client in audience})
        took = result["seconds"]
        result.update(server_cpu=(cpu_seconds(server) - server_before) / took,
                      client_cpu=(time.process_time() - own_before) / took)
        self._until_quiet(_HEARD, self._hear)
        complete = sum(1 for _ in frames(heard)) == result["accepted"]
        result["unheard"] = sum(not complete or client.broken or client.place < len(heard)
                                for client in audience)
        return result

    def _hear(self, client: _Client) -> None:
        size = self._read(client)
        if size and not client.stream.data.startswith(self._view[:size], client.place):
            self._compare(client, size)
        client.place += size


class _Arrivals:
    """When which bytes arrived, of so many clients that it stays affordable."""

    def __init__(self, clients: int, events: int):
        self._every = max(1, clients * events // _LATENCIES)
        self._times = array.array("d")
        self._sizes = array.array("Q")
        self._clients: List[_Client] = []

    def note(self, moment: float, client: _Client, size: int) -> None:
        """Call it after each read."""
        if client.sock.fileno() % self._every == 0:
            self._times.append(moment)
            self._sizes.append(client.place)
            self._clients.append(client)

    def summary(self, streams, plan: Schedule) -> Dict[str, float]:
        """Milliseconds from when an event was due to when a client had it."""
        tables: Dict[int, Tuple[List[int], List[float]]] = {
            id(stream): (stream.ends(), [plan.due(number) for number in stream.numbers])
            for stream in streams.values()}
        reached: Dict[_Client, int] = {}
        late: List[float] = []
        for moment, place, client in zip(self._times, self._sizes, self._clients):
            ends, due = tables[id(client.stream)]
            turn = reached.get(client, 0)
            while turn < len(ends) and ends[turn] <= place:
                late.append(moment - due[turn])
                turn += 1
            reached[client] = turn
        late.sort()
        return {name: 1000 * late[min(len(late) - 1, int(len(late) * share))]
                for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))}


if __name__ == "__main__":
    answer_commands(LoadClient())
