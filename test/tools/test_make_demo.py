"""The demo log is what its script makes, and reads as the day of a house.

Nothing of the script is used to decode the frames: identifiers and values are taken apart here
once more, from the protocol's text ("VSCP specification", CAN4VSCP and data coding).
"""

from __future__ import annotations

import pathlib
import struct
import subprocess
import sys
from typing import NamedTuple

import pytest

import can

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEMO = ROOT / "conf" / "demo.log"
DAY = 4320                                  # s of log for the 24 hours of the house

TEMPERATURE, ENERGY, POWER, VOLTAGE, ILLUMINANCE, HUMIDITY = (10, 6), (10, 13), (10, 14), (
    10, 16), (10, 25), (10, 35)
BUTTON, ON, OFF, HEARTBEAT = (20, 1), (20, 3), (20, 4), (20, 9)
TURN_ON, TURN_OFF = (30, 5), (30, 6)
ALARM, ALARM_RESET = (1, 2), (1, 13)

# (class, type), nickname, sensor: the unit, the lowest and the highest value of a plausible day
PLAUSIBLE = {
    (TEMPERATURE, 0x03, 0): (1, 15, 25),        # living room, Celsius
    (TEMPERATURE, 0x06, 0): (1, 14, 22),        # bedroom
    (TEMPERATURE, 0x09, 0): (1, 30, 75),        # boiler, flow
    (TEMPERATURE, 0x09, 1): (1, 25, 60),        # boiler, return
    (TEMPERATURE, 0x0B, 0): (1, -10, 15),       # outside, in winter
    (HUMIDITY, 0x03, 0): (0, 30, 65),           # %
    (HUMIDITY, 0x06, 0): (0, 30, 65),
    (HUMIDITY, 0x0B, 0): (0, 50, 100),
    (POWER, 0x0A, 0): (0, 100, 4000),           # W
    (ENERGY, 0x0A, 0): (1, 0, 30),              # kWh
    (VOLTAGE, 0x0A, 0): (0, 220, 240),          # V
    (ILLUMINANCE, 0x0B, 0): (0, 0, 30000),      # lx
}


class Seen(NamedTuple):
    second: float
    priority: int
    kind: tuple                             # (class, type)
    nickname: int
    data: bytes


@pytest.fixture(scope="module")
def log():
    with can.CanutilsLogReader(str(DEMO)) as reader:
        messages = list(reader)
    assert all(message.is_extended_id for message in messages)
    assert not any(message.is_remote_frame or message.is_error_frame for message in messages)
    return [Seen(message.timestamp - messages[0].timestamp, message.arbitration_id >> 26,
                 (message.arbitration_id >> 16 & 0x1FF, message.arbitration_id >> 8 & 0xFF),
                 message.arbitration_id & 0xFF, bytes(message.data)) for message in messages]


def of(log, *kinds):
    return [seen for seen in log if seen.kind in kinds]


def measured(data):
    """(unit, sensor index, value) of a class 10 event's data."""
    form, value = data[0] >> 5, data[1:]
    if form == 2:
        number = float(value.decode("ascii"))
    elif form == 3:
        number = int.from_bytes(value, "big", signed=True)
    elif form == 4:
        places = value[0] & 0x7F
        power = 10.0 ** (-places if value[0] & 0x80 else places)
        number = int.from_bytes(value[1:], "big", signed=True) * power
    elif form == 5:
        number, = struct.unpack(">f", value)
    else:
        raise AssertionError("format %d" % form)
    return data[0] >> 3 & 3, data[0] & 7, number


def series(log, kind, nickname, index=0):
    values = [measured(seen.data) for seen in of(log, kind) if seen.nickname == nickname]
    return [value for _, sensor, value in values if sensor == index]


def test_the_decoding_here_reads_the_specifications_own_example():
    unit, index, value = measured(bytes.fromhex("80810107"))
    assert (unit, index) == (0, 0)
    assert value == pytest.approx(26.3)


def test_the_committed_log_is_what_the_script_makes(tmp_path):
    made = tmp_path / "demo.log"
    subprocess.run([sys.executable, str(ROOT / "tools" / "make_demo.py"), str(made)], check=True)
    assert made.read_bytes() == DEMO.read_bytes()


def test_every_line_is_a_frame_for_python_can(log):
    lines = DEMO.read_text("ascii").splitlines()
    assert len(log) == len(lines)
    for line, seen in zip(lines, log):
        identifier, data = line.split()[2].split("#")
        assert int(identifier, 16) == (
            seen.priority << 26 | seen.kind[0] << 16 | seen.kind[1] << 8 | seen.nickname)
        assert bytes.fromhex(data) == seen.data


def test_the_log_is_small_longer_than_an_hour_and_never_silent(log):
    assert DEMO.stat().st_size < 600 * 1024
    assert log[-1].second > 3600
    gaps = [after.second - before.second for before, after in zip(log, log[1:])]
    assert min(gaps) >= 0
    assert max(gaps) < 1.5


def test_about_ten_nodes_send_heartbeats_all_the_time(log):
    nodes = {seen.nickname for seen in log}
    assert 8 <= len(nodes) <= 12
    for node in nodes:
        beats = [seen.second for seen in of(log, HEARTBEAT) if seen.nickname == node]
        assert beats[0] < 60 and beats[-1] > DAY - 60
        assert max(after - before for before, after in zip(beats, beats[1:])) < 60


def test_every_measurement_has_its_unit_and_a_plausible_value(log):
    found = set()
    for seen in (seen for seen in log if seen.kind[0] == 10):
        unit, index, value = measured(seen.data)
        expected, low, high = PLAUSIBLE[seen.kind, seen.nickname, index]
        assert unit == expected
        assert low <= value <= high, seen
        found.add((seen.kind, seen.nickname, index))
    assert found == set(PLAUSIBLE)


@pytest.mark.parametrize("nickname, index, swing", [
    (0x03, 0, 3), (0x06, 0, 2), (0x09, 0, 20), (0x09, 1, 10), (0x0B, 0, 8)])
def test_temperatures_follow_the_day_without_jumps(log, nickname, index, swing):
    curve = series(log, TEMPERATURE, nickname, index)
    assert max(curve) - min(curve) > swing
    steps = [abs(after - before) for before, after in zip(curve, curve[1:])]
    assert max(steps) < 2
    assert abs(curve[-1] - curve[0]) < 2        # the loop closes


def test_it_is_coldest_outside_in_the_morning_and_warmest_in_the_afternoon(log):
    outside = [(measured(seen.data)[2], 6 + seen.second * 24 / DAY)
               for seen in of(log, TEMPERATURE) if seen.nickname == 0x0B]
    assert 6 <= min(outside)[1] % 24 <= 8
    assert 13 <= max(outside)[1] <= 15


def test_energy_is_the_sum_of_power(log):
    energy = series(log, ENERGY, 0x0A)
    assert energy == sorted(energy)
    hours = 24 / len(of(log, POWER))
    assert energy[-1] == pytest.approx(sum(series(log, POWER, 0x0A)) / 1000 * hours, rel=0.01)


@pytest.mark.parametrize("control, answer", [(TURN_ON, ON), (TURN_OFF, OFF)])
def test_a_lamp_answers_each_control_event_meant_for_it(log, control, answer):
    orders, answers = of(log, control), of(log, answer)
    assert len(orders) == len(answers) >= 10
    for order, reply in zip(orders, answers):
        assert 0 < reply.second - order.second < 0.1
        assert reply.data[1:] == order.data[1:]         # zone and subzone
        assert reply.nickname != order.nickname


def test_lamps_go_on_and_off_in_turn_and_are_off_at_the_end(log):
    lamps = {}
    for seen in of(log, ON, OFF):
        assert lamps.get(seen.nickname, OFF) != seen.kind, seen
        lamps[seen.nickname] = seen.kind
    assert set(lamps.values()) == {OFF} and len(lamps) >= 2


def test_a_button_is_pressed_before_each_control_event_and_let_go_after_it(log):
    presses = [seen for seen in of(log, BUTTON) if seen.data[0] == 1]
    releases = [seen for seen in of(log, BUTTON) if seen.data[0] == 0]
    orders = of(log, TURN_ON, TURN_OFF)
    assert len(presses) == len(releases) == len(orders)
    for press, order, release in zip(presses, orders, releases):
        assert press.second < order.second < release.second < press.second + 0.5
        assert press.nickname == order.nickname == release.nickname
        assert press.data[1:] == release.data[1:] and len(press.data) == 5


def test_there_is_one_alarm_with_the_highest_priority_and_it_is_reset(log):
    (alarm,), (reset,) = of(log, ALARM), of(log, ALARM_RESET)
    assert alarm.priority == reset.priority == 0
    assert alarm.second < reset.second < alarm.second + 120
