#!/usr/bin/env python3
"""Measures the driver library: host in C, library, one websocket client, on loopback.

::

    python bench/driver.py [--count EVENTS] [--runs RUNS]

Prints a table in Markdown: events/s each way in a flood, the time inside ``VSCPWrite`` at about 900
events/s, and the latency from there to the client. The client is a process of its own that looks
for the ends of frames and no more.
"""

from __future__ import annotations

import argparse
import pathlib
import select
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "lib"), str(ROOT / "test")]

import driverstage  # noqa: E402

_CHUNK = 1 << 20
_EVENT = ("E;0,10,6,0,2026-01-01T00:00:00Z,1,FF:FF:FF:FF:FF:FF:FF:FE:01:02:03:04:05:06:07:08,"
          "%s,1,2,3,4")

# A client as small as it can be: counts the frames it gets, each of which holds one "E;".
_READER = """
import socket, sys, time
sock = socket.socket(fileno=int(sys.argv[1]))
count, total, rest, first = 0, int(sys.argv[2]), b"", None
while count < total:
    data = sock.recv(1 << 20)
    if not data:
        break
    first = first or time.monotonic()
    data = rest + data
    count += data.count(b"E;")
    rest = data[-1:]
print(count, first, time.monotonic())
"""


def measure(count: int, layout: int = 56) -> dict:
    """One run's figures: events/s, and µs."""
    with tempfile.TemporaryDirectory() as folder:
        path, port = driverstage.write_files(pathlib.Path(folder), **{"event-layout": layout})
        with driverstage.Host(layout=layout) as host:
            handle = host.open(path)
            found = {}
            found["out"] = _to_client(host, handle, port, count)
            steady = host.asked("flood", handle, 3000, 1, 1000, 1000)
            found["write p50"], found["write p99"] = float(steady["p50"]), float(steady["p99"])
            found["in"] = _to_host(host, handle, port, count)
            found["latency p50"], found["latency p99"] = _latency(host, handle, port)
            host.close(handle)
    return found


def _to_client(host, handle, port, count):
    client = driverstage.client_of(port)
    client.sock.settimeout(None)
    fd = client.sock.fileno()
    reader = subprocess.Popen([sys.executable, "-c", _READER, str(fd), str(count)], pass_fds=(fd,),
                              stdout=subprocess.PIPE, text=True)
    start = time.monotonic()
    host.asked("flood", handle, count, 1, 1000, 0)
    got, _, end = reader.communicate(timeout=120)[0].split()
    assert int(got) == count, "%s of %d events" % (got, count)
    client.sock.close()
    return count / (float(end) - start)


def _to_host(host, handle, port, count):
    client = driverstage.client_of(port)
    sock = client.sock
    frames = b"".join(_frame(_EVENT % ",".join(map(str, number.to_bytes(4, "big"))))
                      for number in range(count))
    host.send("collect", handle, count, 1)
    start = time.monotonic()
    sock.setblocking(False)
    sent, answers = 0, 0
    while answers < count:
        select.select([sock], [sock] if sent < len(frames) else [], [], 10)
        try:
            sent += sock.send(frames[sent:sent + _CHUNK]) if sent < len(frames) else 0
        except BlockingIOError:
            pass
        try:
            data = sock.recv(_CHUNK)
        except BlockingIOError:
            continue
        assert data and b"-;EVENT" not in data, data[:80]
        answers += data.count(b"+;EVENT")
    assert " once=%d " % count in host.line()
    sock.close()
    return count / (time.monotonic() - start)


def _latency(host, handle, port, count=1000):
    """From before the host is told to write to the client's frame, without the way to the host."""
    client = driverstage.client_of(port)
    client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    through, asked = [], []
    for _ in range(count):
        start = time.perf_counter()
        host.ask("write-null", handle)
        asked.append(time.perf_counter() - start)
        start = time.perf_counter()
        host.send("write", handle, 10, 6, 0, "0102030405060708")
        client.recv()
        through.append(time.perf_counter() - start)
        host.line()
    client.close()
    through.sort()
    way = statistics.median(asked)
    return [max(0.0, through[count * share // 100] - way) * 1e6 for share in (50, 99)]


def _frame(text: str) -> bytes:
    data = text.encode()
    return b"\x81" + bytes([0x80 | len(data)] if len(data) < 126 else
                           [0xFE, len(data) >> 8, len(data) & 255]) + bytes(4) + data


def main() -> None:
    made = argparse.ArgumentParser(description="Measures the driver library.")
    made.add_argument("--count", type=int, default=60000)
    made.add_argument("--runs", type=int, default=3)
    options = made.parse_args()
    runs = [measure(options.count) for _ in range(options.runs)]
    print("| | median | runs |\n| --- | ---: | --- |")
    for name, text in (("out", "host to client, events/s"), ("in", "client to host, events/s"),
                       ("write p50", "inside VSCPWrite at 900/s, p50, µs"),
                       ("write p99", "inside VSCPWrite at 900/s, p99, µs"),
                       ("latency p50", "host to client, p50, µs"),
                       ("latency p99", "host to client, p99, µs")):
        figures = [run[name] for run in runs]
        print("| %s | %s | %s |" % (text, _shown(statistics.median(figures)),
                                    ", ".join(map(_shown, figures))))


def _shown(figure: float) -> str:
    return "%.1f" % figure if figure < 100 else "{:,.0f}".format(figure)


if __name__ == "__main__":
    main()
