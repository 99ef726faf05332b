"""What states and history cost: memory when they are full, and time for each event.

::

    python bench/memory.py          prints a table for doc/performance.md

The house has 4096 states, the values among them of 256 sensors that have been heard for a day.
"""

from __future__ import annotations

import gc
import pathlib
import sys
import time
import tracemalloc

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

from vscpws.codec.ws1 import Ws1Codec  # noqa: E402
from vscpws.codec.ws2 import Ws2Codec  # noqa: E402
from vscpws.hub.batch import Batch  # noqa: E402
from vscpws.memory.history import History  # noqa: E402
from vscpws.memory.store import StateStore  # noqa: E402
from vscpws.model.event import Event  # noqa: E402
from vscpws.model.memory import HistoryQuery, Sensor  # noqa: E402

_STATES, _SENSORS, _DAY = 4096, 256, 86400
_START = 1795680000
_EVENTS = 20000


def _value(sensor: int, number: int) -> Event:
    """A temperature, as a CAN bus gives it: nothing in it is shared with another."""
    return Event(96, 10, 6, 1, _START * 1000000 + number, number,
                 bytes(14) + sensor.to_bytes(2, "big"),
                 b"\x88\x81" + (200 + number % 50).to_bytes(2, "big"))


def _switch(number: int) -> Event:
    return Event(96, 20, 3 + number % 2, 1, _START * 1000000 + number, number,
                 b"\1" + bytes(13) + (number % 64).to_bytes(2, "big"),
                 bytes((0, number >> 6 & 0xFF, 1)))


def _size(make) -> tuple:
    """What ``make`` returns, and the bytes that it keeps."""
    gc.collect()
    tracemalloc.start()
    made = make()
    gc.collect()
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return made, size


def _full_store() -> StateStore:
    store = StateStore(_STATES, 256, clock=lambda: 0.0)
    store.hear([_value(sensor, sensor) for sensor in range(_SENSORS)])
    store.hear([_switch(number) for number in range(_STATES - _SENSORS)])
    assert len(store) == _STATES, len(store)
    return store


def _full_history() -> History:
    clock = [float(_START)]
    history = History(_SENSORS, 24, lambda: clock[0])
    for minute in range(_DAY // 60):
        clock[0] = float(_START + minute * 60)
        history.hear((bytes((sensor,)), _value(sensor, minute)) for sensor in range(_SENSORS))
    assert len(history) == _SENSORS
    return history


def _seconds(work, times: int = 9) -> float:
    """Processor time, the best of some tries: others use this machine, too."""
    best = float("inf")
    for _ in range(times):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def _hearing() -> float:
    """Seconds for an event that tells of a known state."""
    store = StateStore(_STATES, 256, clock=time.monotonic)
    batches = [Batch([_value((number + place) % _SENSORS, number + place) for place in range(20)])
               for number in range(0, _EVENTS, 20)]
    return _seconds(lambda: [store.take(batch) for batch in batches]) / _EVENTS


def _adding(history: History) -> float:
    """Seconds for a value that goes into the history."""
    values = [(bytes((number % _SENSORS,)), _value(number % _SENSORS, number))
              for number in range(_EVENTS)]
    return _seconds(lambda: history.hear(values)) / _EVENTS


def main() -> None:
    store, store_size = _size(_full_store)
    history, history_size = _size(_full_history)
    query = HistoryQuery(Sensor(_value(7, 0).guid, 10, 6))
    states = list(store.capture())
    ws1, ws2 = Ws1Codec(), Ws2Codec()
    rows = [
        ("memory for 4,096 states", "%.1f MiB" % (store_size / (1 << 20))),
        ("for one of them, its event included", "%d bytes" % (store_size / _STATES)),
        ("memory for the history of 256 sensors", "%.1f MiB" % (history_size / (1 << 20))),
        ("for one of them", "%.1f KiB" % (history_size / _SENSORS / 1024)),
        ("an event that tells of a state", "%.2f \u00b5s" % (_hearing() * 1e6)),
        ("a value that goes into the history, at most 2,000 a second",
         "%.2f \u00b5s" % (_adding(history) * 1e6)),
        ("STATE: holding fast 4,096 states, in one turn",
         "%.1f ms" % (_seconds(store.capture) * 1e3)),
        ("STATE: writing one, ws1", "%.1f \u00b5s" % (
            _seconds(lambda: [ws1.state(state) for state in states]) / _STATES * 1e6)),
        ("STATE: writing one, ws2", "%.1f \u00b5s" % (
            _seconds(lambda: [ws2.state(state) for state in states]) / _STATES * 1e6)),
        ("HISTORY: a day of minutes, held fast", "%.2f ms" % (
            _seconds(lambda: history.prepared(query)) * 1e3)),
        ("HISTORY: a day of minutes, written beside the loop", "%.1f ms" % (
            _seconds(lambda: ws2.history("HISTORY", history.prepared(query)())) * 1e3)),
    ]
    print("| figure | value |\n| --- | ---: |")
    for row in rows:
        print("| %s | %s |" % row)


if __name__ == "__main__":
    main()
