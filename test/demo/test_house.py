"""The simulated house: each reaction to what it is sent."""

from __future__ import annotations

import struct

import pytest

from demohouse import (
    ALARM,
    BEAT,
    BLIND,
    BOTTOM,
    BURGLAR,
    DETECTOR,
    DOWN,
    LAMP,
    LEVEL,
    LIVING_CLIMATE,
    LOCK,
    METER,
    MOTION,
    OFF,
    ON,
    RESET,
    SOUND,
    TOP,
    UP,
    VALVE,
    Chance,
    Stay,
    place,
)
from vscpws.demo.day import HOUSEHOLD_WATT, SENSORS, hour_of, value_at
from vscpws.demo.house import House
from vscpws.reading.measurement import INTEGER, NORMALIZED, Measured, decode, encode


@pytest.fixture
def stay():
    return Stay()


def powers(said):
    """When the meter told the power, and how much (W)."""
    return [(at, int.from_bytes(data[1:], "big", signed=True))
            for at, kind, _, data in said if kind == (10, 14)]


# ---- lamps -------------------------------------------------------------------------------------


@pytest.mark.parametrize("nickname", [0x04, 0x07, 0x0C])
def test_each_lamp_answers_on_and_off_also_if_it_is_so_already(stay, nickname):
    where = place(nickname)
    for vscp_type, kind in ((6, OFF), (6, OFF), (5, ON), (5, ON), (6, OFF)):
        said = stay.answers(nickname, 30, vscp_type, 0, *where)
        assert [each[0] for each in said] == [kind, LEVEL]
        assert said[0][1] == bytes((0, *where))
        assert (said[1][1][0] > 0) is (kind == ON) and said[1][1][1:] == bytes(where)


@pytest.mark.parametrize("vscp_type, value, level", [
    (20, 0, 0), (20, 40, 40), (20, 100, 100), (20, 120, 100), (20, 255, 90), (20, 254, 70),
    (22, 33, 33), (22, 200, 100), (23, 15, 95), (23, 256 - 30, 50), (23, 128, 0),
    (5, 7, 80), (6, 0, 0), (29, 0, 0), (2, 0, 0), (2, 1, 80), (40, 0, 80), (41, 0, 0), (17, 0, 0),
    (18, 0, 80), (19, 0, 0), (19, 1, 80)])
def test_a_lamp_at_80_percent_is_dimmed_and_switched(stay, vscp_type, value, level):
    said = dict(stay.answers(LAMP, 30, vscp_type, value, 2, 1))
    assert said[LEVEL] == bytes((level, 2, 1))
    assert (ON if level else OFF) in said and len(said) == 2


def test_a_lamp_that_is_turned_on_again_is_as_bright_as_it_was(stay):
    stay.answers(LAMP, 30, 20, 35, 2, 1)
    stay.answers(LAMP, 30, 6, 0, 2, 1)
    assert dict(stay.answers(LAMP, 30, 5, 0, 2, 1))[LEVEL][0] == 35


@pytest.mark.parametrize("zone, subzone, nodes", [
    (255, 255, {0x04, 0x07, 0x0C}), (2, 255, {0x04}), (255, 1, {0x04, 0x07, 0x0C}),
    (2, 1, {0x04}), (2, 0, set()), (9, 9, set()), (3, 255, {0x0C})])
def test_zone_and_subzone_say_who_is_meant(stay, zone, subzone, nodes):
    stay.send(30, 6, 0, zone, subzone)
    assert {node for _, kind, node, _ in stay.wait(0.1) if kind in (ON, OFF)} == nodes


@pytest.mark.parametrize("data", [(), (0,), (0, 2)])
def test_a_command_without_a_place_is_for_nobody(stay, data):
    stay.send(30, 6, *data)
    assert not [kind for _, kind, _, _ in stay.wait(0.1) if kind in (ON, OFF)]


@pytest.mark.parametrize("nickname, watt", [(0x04, 60), (0x07, 36), (0x0C, 20)])
def test_power_follows_each_lamp(nickname, watt):
    def power(level):
        stay = Stay(settle=0)           # the same course, so that nothing but the lamp differs
        stay.send(30, 20, level, *place(nickname))
        return [number for _, number in powers(stay.wait(20))]

    assert {on - off for on, off in zip(power(100), power(0))} == {watt}


# ---- meter -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind, nickname, period", [
    ((10, 14), METER, 1), ((10, 13), METER, 15), ((10, 16), METER, 19), ((10, 6), 0x03, 9),
    ((10, 35), 0x03, 23), ((10, 6), 0x06, 11), ((10, 35), 0x06, 29), ((10, 25), 0x0B, 17)])
def test_each_sensor_measures_at_its_own_pace(kind, nickname, period):
    times = [at for at, said, node, _ in Stay(settle=300).heard if (said, node) == (kind, nickname)]
    assert times[0] < 10
    assert all(0.979 * period < after - before < 1.021 * period
               for before, after in zip(times, times[1:]))


@pytest.mark.parametrize("sensor", [
    sensor for sensor in SENSORS if sensor.nickname in (METER, 0x09, 0x0B)])
def test_what_follows_a_curve_trembles_about_it_and_has_one_decimal_or_none(sensor):
    off = []
    for at, kind, node, data in Stay(settle=1200).heard:
        if (kind, node) == ((10, sensor.vscp_type), sensor.nickname):
            measured = decode("coded", data)
            steps = measured.value * (1 if sensor.form == INTEGER else 10)
            assert steps == pytest.approx(round(steps), abs=0.001)
            if measured.index == sensor.sensor:
                off.append(measured.value - value_at(sensor.curve, hour_of(at)))
    most = sensor.jitter + (0.5 if sensor.form == INTEGER else 0.05) + 0.001
    assert -most <= min(off) <= -sensor.jitter / 2 and sensor.jitter / 2 <= max(off) <= most


@pytest.mark.parametrize("is_most, part", [(False, 0.97), (True, 1.03)])
def test_power_trembles_by_three_percent(is_most, part):
    stay = Stay(settle=0)
    stay.house = House(stay.now, Chance(is_most))
    stay.send(30, 6, 0, 255, 255)
    said = powers(stay.wait(170))
    assert len(said) > 160
    for at, watt in said:
        assert watt == pytest.approx(part * value_at(HOUSEHOLD_WATT, hour_of(at)), abs=0.501)


def test_energy_begins_anew_at_midnight():
    stay = Stay(settle=10)
    stay.now += 3180                # 18 hours are 3240 s
    energy = [(at, struct.unpack(">f", data[1:])[0])
              for at, kind, _, data in stay.wait(150) if kind == (10, 13)]
    before = [value for at, value in energy if at < 3240]
    after = [value for at, value in energy if at > 3242]
    assert after[0] < 0.02 < 0.05 < before[-1] and len(after) > 4
    assert all(earlier < later for earlier, later in zip(after, after[1:]))


def test_energy_is_the_sum_of_power_in_whole_watt_hours_and_a_gap_counts_as_a_minute():
    stay = Stay(settle=0)
    said = stay.wait(300)
    stay.now += 1000
    said += stay.wait(30)
    energy, last, told = 0.0, None, []
    for at, kind, _, data in said:
        for now, watt in powers([(at, kind, METER, data)]):
            energy += last[1] * min(60, now - last[0]) * 24 / 4320 / 1000 if last else 0
            last = now, watt
        if kind == (10, 13):
            told.append(struct.unpack(">f", data[1:])[0])
            assert told[-1] == pytest.approx(energy, abs=0.001)
    assert told[0] < 0.1 and told[-1] > 0.3
    assert all(abs(each * 1000 - round(each * 1000)) < 0.01 for each in told)


# ---- blinds ------------------------------------------------------------------------------------


def test_a_blind_goes_down_over_seconds_and_tells_its_way_and_its_end(stay):
    assert stay.answers(BLIND, 30, 35, 0, 2, 3) == [(DOWN, bytes((0, 2, 3)))]
    way = [(kind, data) for _, kind, node, data in stay.wait(15) if node == BLIND and kind != BEAT]
    assert way[-1] == (BOTTOM, bytes((0, 2, 3)))
    positions = [data[0] for kind, data in way if kind == LEVEL]
    assert positions == sorted(positions, reverse=True) and positions[-1] == 0
    assert 4 <= len(positions) <= 7
    assert stay.answers(BLIND, 30, 34, 0, 2, 3) == [(UP, bytes((0, 2, 3)))]
    assert [kind for _, kind, node, _ in stay.wait(15) if node == BLIND][-1] == TOP


def test_in_the_beginning_one_blind_is_up_and_the_other_down(stay):
    assert {node: data[0] for _, kind, node, data in stay.heard
            if kind == LEVEL and node in (BLIND, 0x0E)} == {BLIND: 100, 0x0E: 0}


def test_a_blind_stops_where_it_is_and_says_where(stay):
    stay.answers(BLIND, 30, 35, 0, 2, 3, seconds=4.0)
    said = stay.answers(BLIND, 30, 8, 0, 2, 3)
    assert said == [(LEVEL, bytes((60, 2, 3)))]
    assert not [kind for _, kind, node, _ in stay.wait(20) if node == BLIND and kind != BEAT]
    assert stay.answers(BLIND, 30, 8, 0, 2, 3) == said          # it is answered again


@pytest.mark.parametrize("command, end", [
    ((30, 22, 25, 2, 3), 25), ((30, 22, 0, 2, 3), 0), ((30, 22, 255, 2, 3), 100),
    ((30, 38, 0, 2, 3), 50), ((30, 4, 0, 2, 3), 0), ((30, 22, 99, 2, 3), 99)])
def test_a_blind_goes_to_a_position(stay, command, end):
    said = stay.answers(BLIND, *command, seconds=15)
    assert said[0][0] == (LEVEL if end == 100 else DOWN)
    assert [data[0] for kind, data in said if kind == LEVEL][-1] == end


def test_a_blind_that_is_there_already_says_so(stay):
    assert stay.answers(BLIND, 30, 34, 0, 2, 3) == [
        (LEVEL, bytes((100, 2, 3))), (TOP, bytes((0, 2, 3)))]


def test_a_blind_turns_round_on_its_way(stay):
    stay.answers(BLIND, 30, 35, 0, 2, 3, seconds=5.0)
    assert stay.answers(BLIND, 30, 34, 0, 2, 3)[0][0] == UP
    assert [kind for _, kind, node, _ in stay.wait(10) if node == BLIND and kind != BEAT][-1] == TOP


# ---- climate -----------------------------------------------------------------------------------


def set_value(stay, celsius, unit=1, form=NORMALIZED, zone=2, subzone=0):
    data = encode("zone-coded", Measured(celsius, unit, 0, zone, subzone), form)
    return stay.answers(LIVING_CLIMATE, 85, 6, *data)


def celsius(stay, seconds, nickname=LIVING_CLIMATE):
    return [decode("coded", data).value for _, kind, node, data in stay.wait(seconds)
            if kind == (10, 6) and node == nickname]


@pytest.mark.parametrize("value, unit, form, becomes", [
    (24, 1, INTEGER, 24), (21.5, 1, NORMALIZED, 21.5), (71.6, 2, NORMALIZED, 22),
    (293.15, 0, NORMALIZED, 20), (99, 1, INTEGER, 30), (-40, 1, INTEGER, 5)])
def test_a_set_value_is_taken_in_any_unit_and_reported(stay, value, unit, form, becomes):
    said = set_value(stay, value, unit, form)
    reported, = [data for kind, data in said if kind == (65, 6)]
    assert decode("zone-coded", reported) == Measured(becomes, 1, 0, 2, 0)


@pytest.mark.parametrize("data", [(0, 2, 0), (0, 2, 0, 0x68), (0, 2, 0, 0xA8, 127, 192, 0, 0)])
def test_a_set_value_that_is_no_number_is_left_alone(stay, data):
    assert stay.answers(LIVING_CLIMATE, 85, 6, *data) == []


@pytest.mark.parametrize("wanted", [17, 25])
def test_the_temperature_drifts_to_what_is_set_and_the_valve_follows(stay, wanted):
    before = celsius(stay, 10)[-1]
    set_value(stay, wanted)
    valve = [data[0] for _, kind, node, data in stay.heard if kind == LEVEL and node == VALVE]
    assert valve[-1] == (0 if wanted < before else 100)
    assert abs(celsius(stay, 20)[-1] - before) < 1              # it takes its time
    assert celsius(stay, 600)[-1] == pytest.approx(wanted, abs=0.6)


def test_the_thermostat_commands_the_valve_and_the_valve_answers(stay):
    stay.wait(1)
    assert ((30, 22), bytes((100, 2, 4))) in set_value(stay, 28)
    assert stay.heard[-1][1:] == (LEVEL, VALVE, bytes((100, 2, 4)))


def test_rooms_are_apart(stay):
    set_value(stay, 28)
    assert celsius(stay, 300)[-1] > 24
    assert celsius(stay, 30, nickname=0x06)[-1] < 20


# ---- lock, alarms, motion ----------------------------------------------------------------------


def test_the_lock_locks_and_the_door_stays_shut_then(stay):
    assert stay.answers(LOCK, 30, 42, 0, 1, 3) == [((20, 75), bytes((0, 1, 3)))]
    stay.wait(20)
    assert not [kind for _, kind, _, _ in stay.wait(1800) if kind == (20, 7)]
    assert stay.answers(LOCK, 30, 43, 0, 1, 3) == [((20, 76), bytes((0, 1, 3)))]
    doors = [kind for _, kind, node, _ in stay.wait(1800) if node == 0x01 and kind != BEAT]
    assert (20, 7) in doors and all(one != other for one, other in zip(doors, doors[1:]))


@pytest.mark.parametrize("nickname", [DETECTOR, BURGLAR])
@pytest.mark.parametrize("set_off, end", [
    ((1, 2), (1, 13)), ((30, 15), (30, 9)), ((30, 15), (30, 16))])
def test_an_alarm_is_set_off_and_reset(stay, nickname, set_off, end):
    where = place(nickname)
    for command, kind, sound in ((set_off, ALARM, 1), (end, RESET, 0)):
        said = stay.answers(nickname, *command, 0, *where)
        assert (kind, bytes((0, *where))) in said and (SOUND, bytes((sound, *where))) in said
        assert stay.answers(nickname, *command, 0, *where) == said


def test_an_alarm_has_the_highest_priority(stay):
    stay.send(1, 2, 0, 4, 2)
    stay.now += 0.1
    heads = [event.head >> 5 for event in stay.house.act(stay.now) if event.vscp_class == 1]
    assert heads == [0, 0]


def test_motion_raises_the_burglar_alarm_only_while_it_is_armed(stay):
    assert [kind for _, kind, _, _ in stay.wait(600) if kind == ALARM] == []
    assert stay.answers(BURGLAR, 1, 10, 0, 1, 4)[0][0] == (1, 10)
    said = [(at, kind, node) for at, kind, node, _ in stay.wait(300)]
    motion = [at for at, kind, node in said if kind == (2, 1) and node == MOTION]
    alarm = [at for at, kind, node in said if kind == ALARM and node == BURGLAR]
    assert len(alarm) == 1 and 0 <= alarm[0] - motion[0] < 0.1
    assert [kind for kind, _ in stay.answers(BURGLAR, 1, 11, 0, 1, 4)] == [(1, 11), RESET, SOUND]


def test_somebody_moves_now_and_then_and_then_nobody(stay):
    said = [kind for _, kind, node, _ in stay.wait(1800) if node == MOTION and kind != BEAT]
    assert 8 <= said.count((2, 1)) == said.count((2, 35)) <= 30
    states = [kind for kind in said if kind != (2, 1)]
    assert all(one != other for one, other in zip(states, states[1:]))


def test_a_button_switches_a_lamp_and_the_lamp_answers(stay):
    said = stay.wait(1800)
    orders = [each for each in said if each[1] in ((30, 5), (30, 6))]
    assert len(orders) >= 4
    for at, kind, node, data in orders:
        assert node in (0x02, 0x05) and data[1:] == bytes((4, 1))
        answer = next(each for each in said if each[0] >= at and each[1] in (ON, OFF)
                      and each[2] == 0x07)
        assert answer[0] - at < 0.1 and answer[1] == (ON if kind == (30, 5) else OFF)
        presses = [each[3][0] for each in said if each[1] == (20, 1) and each[2] == node
                   and abs(each[0] - at) < 1]
        assert presses == [1, 0]
        assert {each[3][1:] for each in said if each[1] == (20, 1) and each[2] == node} == {
            bytes((*place(node), 0, 1 if node == 0x02 else 2))}
