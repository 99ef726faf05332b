"""A page that stays open needs no more and more."""

from __future__ import annotations

import pytest

from browser import steady
from browser.steady import Sample, growth
from system.clients import Ws1
from system.daemon import Daemon, driver_block

SECONDS, EVERY = 60, 6
#: Of the heap in that minute; 50 bytes that are kept of each event are as much.
MOST_GROWTH = 0.1
MORE = 1.1                      # elements and listeners, some of which come and go


@pytest.mark.browser
def test_a_minute_of_two_hundred_events_a_second_leaves_the_heap_as_it_was(tmp_path, browser):
    with Daemon(tmp_path, driver_block(config="virtual:steady"),
                settings=steady.SETTINGS) as daemon, Ws1(daemon.port) as bus:
        steady.log_in(browser, daemon.port)
        browser.execute_cdp_cmd("Performance.enable", {})
        steady.fill(browser, bus, 2000)
        samples = steady.watch(browser, bus, SECONDS, EVERY)
    assert growth(samples) < MOST_GROWTH, samples
    assert samples[-1].elements < MORE * samples[0].elements, samples
    assert samples[-1].listeners < MORE * samples[0].listeners, samples


@pytest.mark.parametrize("heaps, grown", [
    ([100, 100, 100], 0.0), ([100, 150, 100, 101, 100, 160], 0.0),
    ([100, 105, 110, 115, 120, 125], 0.2), ([100], 0.0)])
def test_growth_is_what_stays(heaps, grown):
    assert growth([Sample(0, 0, heap, 0, 0) for heap in heaps]) == pytest.approx(grown)
