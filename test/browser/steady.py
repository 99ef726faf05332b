"""A page that stays open: what it needs while events come at a steady rate.

First everything that the page keeps for a while is filled: its list, its plots, its nodes. What it
needs from then on must not grow. A test looks at that for a minute, ``tools/steady-page`` for as
long as one likes.
"""

from __future__ import annotations

import functools
import time
from typing import Callable, List, NamedTuple

from system.clients import Event, Ws1

__all__ = ["RATE", "SETTINGS", "Sample", "fill", "flood", "growth", "watch"]

RATE = 200                      # events/s
#: Of the daemon: room for what a machine that others use, too, lets wait.
SETTINGS = {"limits": {"transmit-queue-size": 100000, "max-message-rate": 100000}}
_NODES = 40
_PLOTTED = 3                    # sensors
_KEPT = 6250                    # points of a series before the oldest go
_FASTEST = 800                  # events/s that fill the page
_NO_ROOM = 3                    # error code
_PATIENCE = 60.0                # s
_TURN = 0.05                    # s between two handfuls of events
#: One in so many is no measurement, and one of those an alarm or its end.
_RARE, _ALARM = 10, 25


class Sample(NamedTuple):
    """The page's needs at a moment, all rubbish collected."""

    at: float                   # s since the first
    sent: int                   # events
    heap: int                   # bytes
    elements: int               # nodes of all documents, also such as are held by scripts only
    listeners: int


def measurement(number: int, nodes: int = _NODES) -> Event:
    """A temperature or a power of one node after the other."""
    vscp_type, coding = ((6, (0x8A, 0x81)), (14, (0x80, 0x80)))[number // nodes % 2]
    return Event(10, vscp_type, 3, bytes(15) + bytes((number % nodes,)),
                 bytes((*coding, number >> 7 & 1, number & 0x7F)))


def mixed(number: int) -> Event:
    """What a house says: values mostly, states and heartbeats, now and then an alarm."""
    if number % _RARE:
        return measurement(number)
    turn, node = divmod(number // _RARE, _NODES)
    guid, place = bytes(15) + bytes((node,)), (0, node, 1)
    if number // _RARE % _ALARM == 0:
        return Event(1, (2, 13)[turn % 2], 1, guid, bytes(place))
    return Event(20, (9, 3, 4)[turn % 3], 3, guid, bytes(place))


def flood(bus: Ws1, event: Callable[[int], Event], count: int, rate: float) -> None:
    """Sends events at a rate at most: who is late doesn't hurry. On a machine that is short of time
    the bus may be away for a moment; what is refused then is sent again."""
    handful = max(1, round(rate * _TURN))
    due = time.monotonic()
    for first in range(0, count, handful):
        waiting = [event(number) for number in range(first, min(first + handful, count))]
        now = time.monotonic()
        due = max(due, now)
        time.sleep(due - now)       # the rate is what is tested
        due += len(waiting) / rate
        while waiting:
            for each in waiting:
                bus.post_event(each)
            answers = [bus.answer() for _ in waiting]
            assert set(answers) <= {0, _NO_ROOM}, answers
            waiting = [each for each, answer in zip(waiting, answers) if answer]
            assert not waiting or time.monotonic() < now + _PATIENCE, "the bus takes nothing"
            time.sleep(_TURN if waiting else 0)


def log_in(browser, port: int) -> None:
    """Open the page."""
    browser.get("http://localhost:%d/" % port)
    browser.execute_async_script("""
        const done = arguments[0];
        const log = () => {
          const form = document.querySelector("#login-form");
          if (!form?.checkVisibility()) { setTimeout(log, 100); return; }
          form.querySelector("[name=user]").value = "admin";
          form.querySelector("[name=password]").value = "secret";
          form.querySelector(".main").click();
          done();
        };
        log();""")


def fill(browser, bus: Ws1, points: int = _KEPT) -> None:
    """Plots some sensors, and sends until the page has all that it keeps, and so many points of
    each sensor; six sensors' 2000 are more than its list takes."""
    flood(bus, measurement, 4 * _NODES, _FASTEST)       # all nodes, with two values each
    _press(browser, "#nodes .sensor", _PLOTTED)
    flood(bus, lambda number: measurement(number, _PLOTTED), 2 * _PLOTTED * points, _FASTEST)
    flood(bus, mixed, 15 * RATE, RATE)              # each node has said all that it does


def watch(browser, bus: Ws1, seconds: float, every: float,
          told: Callable[[Sample], None] = lambda sample: None) -> List[Sample]:
    """Sends events for so long; what the page needs at the start and after each ``every`` s."""
    start = time.monotonic()
    samples: List[Sample] = []
    sent = 0
    while True:
        samples.append(_sample(browser, time.monotonic() - start, sent))
        told(samples[-1])
        if samples[-1].at >= seconds:
            return samples
        count = round(every * RATE)
        flood(bus, functools.partial(_after, sent), count, RATE)
        sent += count


def growth(samples: List[Sample]) -> float:
    """How much more heap the last third has at least, as part of the least of the first third."""
    third = max(1, len(samples) // 3)
    first, last = (min(sample.heap for sample in part)
                   for part in (samples[:third], samples[-third:]))
    return last / first - 1


def _after(before: int, number: int) -> Event:
    return mixed(before + number)


def _press(browser, selector: str, count: int) -> None:
    browser.execute_async_script("""
        const [selector, count, done] = arguments;
        const press = () => {
          const found = [...document.querySelectorAll(selector)].slice(0, count);
          if (found.length < count) { setTimeout(press, 100); return; }
          for (const each of found) each.click();
          done();
        };
        press();""", selector, count)


def _sample(browser, at: float, sent: int) -> Sample:
    for _ in range(2):              # what the first one ends may have held more
        browser.execute_cdp_cmd("HeapProfiler.collectGarbage", {})
    found = browser.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
    metrics = {each["name"]: each["value"] for each in found}
    return Sample(at, sent, int(metrics["JSHeapUsedSize"]), int(metrics["Nodes"]),
                  int(metrics["JSEventListeners"]))
