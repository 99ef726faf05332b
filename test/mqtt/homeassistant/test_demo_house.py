"""The house of the demo, as Home Assistant would see it."""

import json
from pathlib import Path

import pytest

from hass import Stage, check_all
from vscpws.codec.candump import parse_candump
from vscpws.codec.canframe import event_from_frame
from vscpws.model.guid import format_guid, parse_guid

CONF = Path(__file__).resolve().parents[3] / "conf"
NAMES = json.loads((CONF / "names.json").read_text("utf-8"))
LAMPS = [{"name": "Living room lamp", "kind": "light", "zone": 2, "subzone": 1},
         {"name": "Kitchen lamp", "kind": "light", "zone": 4, "subzone": 1}]
NAMES.setdefault("things", LAMPS)
BUS = parse_guid("FF:FF:FF:FF:FF:FF:FF:FE:02:00:00:00:00:01:00:00")


def frames():
    for line in (CONF / "demo.log").read_text("ascii").splitlines():
        frame = parse_candump(line)
        yield frame.seconds, event_from_frame(
            frame.can_id, frame.data, int(frame.seconds * 1000000), BUS, 1)


def play(stage):
    """The whole log, in its own time."""
    begin = None
    for seconds, event in frames():
        if begin is None:
            begin = seconds - stage.now
        while stage.now < seconds - begin:
            stage.wait(1)
        stage.speaker.take([event])
    stage.wait(30)
    return stage


@pytest.fixture(scope="module")
def house():
    stage = Stage(NAMES, name="demo")
    return play(stage)


def devices(house):
    return {message["device"]["name"]: message
            for message in check_all(house.broker.devices()).values()}


def test_every_message_is_taken_and_every_node_has_one(house):
    messages = check_all(house.broker.devices())
    found = {message["device"]["serial_number"] for message in messages.values()
             if message["device"].get("model") == "VSCP node"}
    assert found == {format_guid(event.guid) for _, event in frames()}
    assert found <= {each["guid"] for each in NAMES["nodes"]}
    assert len(messages) == len(found) + len(NAMES["things"]) + 1


def test_its_sensors_have_their_names_units_and_rooms(house):
    weather = devices(house)["Weather station"]
    assert weather["device"]["suggested_area"] == "Outside"
    assert {(each["name"], each.get("device_class"), each.get("unit_of_measurement"))
            for each in weather["components"].values() if each["platform"] == "sensor"
            and "entity_category" not in each} == {
        ("Daylight", "illuminance", "lx"), ("Humidity", "humidity", "%"),
        ("Air", "temperature", "\u00b0C")}
    meter = devices(house)["Electricity meter"]["components"]
    assert meter["10_13_0"]["state_class"] == "total"
    assert meter["10_13_0"]["unit_of_measurement"] == "kWh"


def test_nothing_of_the_log_was_wrong_or_left_out(house):
    status = house.speaker.status()
    assert status["complaints"] == {} and status["thinned"] == 0
    assert status["things"] == len(NAMES["things"])


def test_all_nodes_are_there_and_their_lamps_have_a_state(house):
    statuses = [payload for topic, payload in house.broker.retained.items()
                if topic.endswith("/status")]
    assert statuses == [b"online"] * house.speaker.status()["nodes"]
    for thing in ("light_2-1_0", "light_4-1_0"):
        assert house.broker.state(thing, "things", "demo")["value"] in ("ON", "OFF")


def test_a_second_run_sends_the_same_and_nothing_twice(house):
    before = dict(house.broker.devices())
    house.speaker.stop()
    again = Stage(NAMES, broker=house.broker, memo=house.memo, name="demo")
    again.wait(30)
    assert again.broker.devices() == before
    play(again)
    assert again.broker.devices() == before


def test_a_day_of_the_house_needs_few_discovery_messages(house):
    sent = [topic for topic, *_ in house.broker.messages if topic.endswith("/config")]
    assert len(sent) < 8 * len(house.broker.devices())
