"""A heated room of the simulated house."""

from __future__ import annotations

import pytest

from demohouse import Chance
from vscpws.demo.appliances import Valve
from vscpws.demo.climate import Room, Thermostat
from vscpws.demo.day import OUTSIDE_CELSIUS, hour_of, value_at
from vscpws.demo.words import Command, Node
from vscpws.reading.measurement import NORMALIZED, Measured, decode, encode

NODE, VALVE = Node(0x21, 4, 2, "climate"), Node(0x22, 4, 5, "radiator")
START = 1000.0


class Bench:
    def __init__(self, temperature=20.0, is_most=False, humidity=((0, 40), (24, 64))):
        self.valve = Valve(VALVE, START, Chance(is_most))
        self.thermostat = Thermostat(
            NODE, START, Chance(is_most), Room(20.0, temperature, 9, humidity, 23), self.valve,
            lambda now: now - START)

    def act(self, now, kind):
        """The data of what is said of this kind."""
        return [event.data for event in self.thermostat.act(now) if event[1:3] == kind]

    def openings(self, now):
        return self.act(now, (30, 22))

    def set(self, value, now, unit=1, kind=(85, 6)):
        data = encode("zone-coded", Measured(value, unit, 0, 4, 2), NORMALIZED)
        self.thermostat.hear(Command(*kind, data[0], 4, 2, data), now)


@pytest.mark.parametrize("temperature, opening", [
    (20, 35), (20.25, 20), (19.5, 65), (21, 0), (25, 0), (10, 100)])
def test_the_valve_is_told_at_the_start_how_far_to_open(temperature, opening):
    bench = Bench(temperature=temperature)
    assert bench.openings(START) == [bytes((opening, 4, 5))]
    assert bench.openings(START) == []


@pytest.mark.parametrize("percent, is_told", [(4, False), (5, True), (-4, False), (-5, True)])
def test_the_valve_is_told_again_where_it_is_worth_it(percent, is_told):
    bench = Bench()
    bench.openings(START)
    bench.thermostat.temperature -= percent / 60
    bench.set(20, START)                # and so it looks at once
    assert bench.openings(START) == [bytes((35 + percent, 4, 5))] * is_told


def test_it_looks_each_five_seconds():
    bench = Bench()
    for now in (START, START + 5):
        bench.openings(now)
        bench.thermostat.temperature += 10
        assert bench.openings(now + 4.99) == []
    assert bench.openings(START + 10) == []             # it is shut already
    bench.thermostat.temperature = 10
    assert bench.openings(START + 15) == [bytes((100, 4, 5))]


def test_the_room_warms_by_the_valve_and_loses_to_the_outside():
    bench = Bench()
    bench.thermostat.act(START)
    expected = 20.0
    for now, seconds in ((5, 5), (1000, 60), (900, 0), (950, 50)):      # a step is a minute at most
        bench.valve.level = 50
        outside = value_at(OUTSIDE_CELSIUS, hour_of(now))
        expected += seconds * (0.03 - 0.0012 * (expected - outside))
        bench.set(20, START + now)
        bench.thermostat.act(START + now)
        assert bench.thermostat.temperature == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("value, unit, wanted", [
    (21.26, 1, 21.3), (5, 1, 5), (4.9, 1, 5), (30, 1, 30), (30.1, 1, 30), (294.15, 0, 21),
    (68, 2, 20)])
def test_what_is_set_is_wanted_to_a_tenth_of_a_degree(value, unit, wanted):
    bench = Bench()
    bench.thermostat.act(START + 10)
    bench.set(value, START + 11, unit)
    assert bench.thermostat.wanted == wanted
    reported, = bench.act(START + 11, (65, 6))
    assert decode("zone-coded", reported) == Measured(wanted, 1, 0, 4, 2)


def test_nothing_else_sets_it():
    bench = Bench()
    bench.thermostat.act(START + 10)
    for kind in ((85, 35), (65, 6), (30, 6)):
        bench.set(25, START + 11, kind=kind)
    bench.thermostat.hear(Command(85, 6, 0x68, 4, 2, b"\x68\4\2\0"), START + 11)
    assert bench.thermostat.wanted == 20 and bench.act(START + 11, (65, 6)) == []


@pytest.mark.parametrize("is_most, moment, temperature, humidity, shown", [
    (False, 0, 20.04, 40.3, {6: 20.0, 35: 46}),
    (True, 10, 20.06, 40.7, {6: 20.1, 35: 47})])        # at six in the morning
def test_what_it_measures_is_near_the_truth(is_most, moment, temperature, humidity, shown):
    bench = Bench(is_most=is_most, humidity=((0, humidity), (24, humidity + 24)))
    bench.thermostat.act(START + moment - 2)            # so that it doesn't warm meanwhile
    bench.thermostat.temperature = temperature
    measured = {event.vscp_type: decode("coded", event.data)
                for event in bench.thermostat.act(START + moment) if event.vscp_class == 10}
    assert measured == {6: Measured(shown[6], 1, 0), 35: Measured(shown[35], 0, 0)}
