"""What all nodes of the simulated house have in common."""

from __future__ import annotations

import pytest

from demohouse import Chance
from vscpws.demo.device import FIRST_REPORT, NEVER, Device, Probe
from vscpws.demo.words import Command, Node
from vscpws.model.event import make_head
from vscpws.reading.measurement import INTEGER, NORMALIZED, Measured, decode

NODE = Node(0x21, 4, 2, "toy")
PLACE = b"\4\2"
START = 1000.0
LONG = START + 15               # all that is said at first is said
LATER = LONG + 1                # no pause is left and nothing is due
STATE, BEAT, GONE_ON = (20, 3), (20, 9), (20, 1)


class Toy(Device):
    """Obeys 30/5 with an answer, 30/6 without; goes on when it is told to."""

    value = 0

    def __init__(self, *probes, is_most=False):
        super().__init__(NODE, START, Chance(is_most), *probes)
        self.overheard = []

    def obey(self, command, now):
        self.value = command.value
        return command.vscp_type == 5

    def overhear(self, command, now):
        self.overheard.append((command, now))

    def act_at(self, moment):
        self._acts_at = moment

    def go_on(self, now):
        return [self.say(*GONE_ON)]

    def states(self):
        return [self.say(*STATE, self.value)]


def command(vscp_type, value=0, zone=4, subzone=2, vscp_class=30):
    data = bytes((value, zone, subzone))
    return Command(vscp_class, vscp_type, value, zone, subzone, data)


def settled(*probes, **more):
    toy = Toy(*probes, **more)
    toy.act(LONG)
    return toy


def said(device, now):
    return [event[1:3] for event in device.act(now)]


def test_it_reports_and_has_its_first_heartbeat_within_ten_seconds():
    soon, late = Toy(), Toy(is_most=True)
    assert (soon.due, late.due) == (START, START + 10)
    assert said(soon, START) == said(late, START + 10) == [STATE, BEAT]
    assert said(late, START + 10) == [] and FIRST_REPORT == 10


def test_its_heart_beats_each_thirty_seconds_with_low_priority():
    toy = settled()
    assert toy.due == LONG + 30
    assert said(toy, LONG + 29.99) == []
    event, = toy.act(LONG + 30)
    assert event[1:3] == BEAT and event.head == make_head(6) and event.data == b"\0" + PLACE
    assert toy.due == LONG + 60


@pytest.mark.parametrize("period, is_most, first, again", [
    (3, False, 0, 2.94), (3, True, 3, 3.06), (60, False, 0, 58.8), (60, True, 10, 61.2)])
def test_it_measures_about_each_period_and_soon_at_first(period, is_most, first, again):
    toy = Toy(Probe(6, period, INTEGER, 1, 0, lambda now: 5.0), is_most=is_most)
    for moment in (START + first, START + first + again):
        assert (10, 6) not in said(toy, moment - 0.001)
        assert (10, 6) in said(toy, moment + 1e-9)      # for what rounding leaves


def test_what_is_measured_has_its_digits_unit_and_sensor():
    toy = Toy(Probe(6, 5, NORMALIZED, 1, 3, lambda now: now / 3),
              Probe(35, 5, NORMALIZED, 0, 0, lambda now: 45.678, 2))
    first, second = [event for event in toy.act(START) if event.vscp_class == 10]
    assert (first.vscp_type, second.vscp_type) == (6, 35)
    assert decode("coded", first.data) == Measured(333.3, 1, 3)
    assert decode("coded", second.data) == Measured(45.68, 0, 0)


def test_a_probe_that_is_not_due_is_not_measured():
    toy = settled(Probe(6, 50, INTEGER, 1, 0, lambda now: 5),
                  Probe(35, 20, INTEGER, 0, 0, lambda now: 5))
    assert toy.due == LONG + 20 * 0.98
    assert said(toy, toy.due) == [(10, 35)]
    assert toy.due == LONG + 30


def test_an_order_is_answered_at_once_and_those_that_follow_after_a_pause():
    toy = settled()
    toy.hear(command(5, 1), LATER)
    assert toy.due == LATER
    assert [event.data for event in toy.act(LATER)] == [b"\1" + PLACE]
    for value in (2, 3):
        toy.hear(command(5, value), LATER + 0.01)
    assert toy.due == LATER + 0.02
    assert said(toy, LATER + 0.019) == []
    assert [event.data for event in toy.act(LATER + 0.02)] == [b"\3" + PLACE]
    toy.hear(command(5, 4), LATER + 5)
    assert toy.due == LATER + 5


def test_an_order_before_the_first_report_is_answered_at_once():
    toy = Toy(is_most=True)
    toy.hear(command(5, 1), START + 1)
    assert toy.due == START + 1 and said(toy, START + 1) == [STATE]


def test_what_needs_no_answer_gets_none():
    toy = settled()
    toy.hear(command(6, 7), LATER)
    assert toy.value == 7 and said(toy, LATER) == []


def test_what_is_said_of_another_place_is_overheard_and_not_obeyed():
    toy = settled()
    orders = [command(5, 1, zone=3), command(24, 1, subzone=1)]
    for order in orders:
        toy.hear(order, LATER)
    assert toy.overheard == [(order, LATER) for order in orders]
    assert toy.value == 0 and said(toy, LATER) == []


def test_a_request_has_everything_measured_and_reported():
    toy = settled(Probe(6, 50, INTEGER, 1, 0, lambda now: 5),
                  Probe(35, 50, INTEGER, 0, 0, lambda now: 5))
    toy.hear(command(24, vscp_class=20), LATER)          # is none
    assert said(toy, LATER) == []
    toy.hear(command(24), LATER)
    assert toy.due == LATER
    assert said(toy, LATER) == [STATE, (10, 6), (10, 35)]
    assert said(toy, LATER) == []


def test_it_goes_on_once_when_its_time_has_come():
    toy = settled()
    toy.act_at(LONG + 5)
    assert toy.due == LONG + 5
    assert said(toy, LONG + 4.99) == []
    assert said(toy, LONG + 5) == [GONE_ON]
    assert said(toy, LONG + 6) == [] and toy.due == LONG + 30


def test_one_that_only_measures_has_neither_states_nor_orders():
    device = Device(NODE, START, Chance(False), Probe(6, 5, INTEGER, 1, 0, lambda now: 5))
    assert said(device, START) == [(10, 6), BEAT]
    device.act(LONG)
    device.hear(command(5), LONG)
    device.hear(command(5, zone=3), LONG)
    assert device.due == LONG + 5 * 0.98
    assert said(device, NEVER) == [(10, 6), BEAT]
