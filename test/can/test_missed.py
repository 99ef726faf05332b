"""What a bus misses is counted one by one and told once per episode."""

import logging

from canfakes import Time
from vscpws.can.counters import Counters
from vscpws.can.missed import Missed


def test_an_episode_is_two_lines_however_many_events_it_costs(caplog):
    caplog.set_level(logging.DEBUG)
    time, counters = Time(), Counters()
    missed = Missed("house", counters, time.clock)
    missed.taken()
    for _ in range(3):
        missed.count("it is down")
        missed.taken()                      # one gets through now and then: the same episode
    assert caplog.messages == ["house: takes nothing (it is down): events go on without it"]
    time.now += 5
    missed.taken()
    missed.taken()
    assert caplog.messages[1:] == ["house: takes events again, it missed 3"]
    missed.count("its queue is full")
    time.now += 5
    missed.taken()
    assert caplog.messages[2:] == [
        "house: takes nothing (its queue is full): events go on without it",
        "house: takes events again, it missed 1"]
    assert counters.missed == 4
