"""Several daemons on one broker: a house with the bus, and front-ends without any.

Each client hears an event exactly once, its sender never.
"""

import json

import pytest

from appstage import FRAME, GUID
from hubthread import TIMEOUT
from vscpws.model.guid import format_guid

LAMP = "E;0,30,5,0,,0,-,0,1,2"
OTHER = "FF:FF:FF:FF:FF:FF:FF:FE:01:02:03:04:05:06:00:09"


@pytest.fixture
def houses(house):
    """The house at the bus and two front-ends of it, which know that it is there."""
    at_bus = house(accept_as="admin", subscribe=("vscp/#",))
    fronts = [house(name=name, bus=False, subscribe=("vscp/#",), forward_to="house")
              for name in ("front", "second")]
    for front in fronts:
        front.until(lambda: front.bridge()["others"] and any(  # noqa: B023
            other["name"] == "house" and other["state"] == "online" and other["buses"]
            for other in front.bridge()["others"]))  # noqa: B023
    return (at_bus, *fronts)


def send(client, text, reply="+;EVENT"):
    client.send(text)
    assert client.recv().startswith(reply)


def came(stage):
    frame = stage.bus.recv(TIMEOUT)
    return None if frame is None else (frame.arbitration_id, bytes(frame.data))


def quiet(*clients):
    for client in clients:
        client.send("C;NOOP")
        assert client.recv() == "+;NOOP"


def test_a_switch_at_a_front_end_turns_a_lamp_on_the_bus_and_all_hear_it_once(houses):
    at_bus, front, second = houses
    sender, beside = front.open(), front.open()
    at_house, far = at_bus.open(), second.open()
    send(sender, LAMP)
    assert came(at_bus) == (0x001E0500, b"\0\1\2")
    for client in (beside, at_house, far):
        assert client.recv().endswith("%s,0x00,0x01,0x02" % format_guid(GUID))
    # The lamp says on its bus that it is on.
    on = "FE:02:00:00:00:00:01:00:05,0x00,0x01,0x02"
    at_bus.bus.send(type(FRAME)(arbitration_id=0x0C140305, is_extended_id=True, data=[0, 1, 2]))
    for client in (sender, beside, at_house, far):
        assert client.recv().endswith(on)
    front.until(lambda: front.bridge()["own"] == 1)     # ours came back, and went nowhere
    quiet(sender, beside, at_house, far)
    assert at_bus.bus.recv(0) is None
    assert front.bridge()["forward"] == {"forwarded": 1, "unanswered": 0, "refused": 0,
                                         "waiting": 0}


def test_the_house_publishes_it_once_with_its_own_guid_and_the_front_end_does_not(houses, broker):
    heard = broker.sub("vscp/#", "vscpwsd/house/send")
    sender = houses[1].open()
    send(sender, LAMP)
    _, _, topic, payload = heard.next()
    assert topic == "vscpwsd/house/send"
    assert json.loads(payload)["from"] == "front"
    assert heard.next()[2] == "vscp/%s/30/5/0" % format_guid(GUID)
    broker.pub("vscp/end", "x")
    assert heard.next()[2] == "vscp/end"


def test_events_with_a_guid_and_of_level_2_are_forwarded_too(houses):
    at_bus, front, _ = houses
    sender, at_house = front.open(), at_bus.open()
    for text in ("E;0,30,5,0,,0,%s,7" % OTHER, "E;0,1024,5,0,,0,%s,8" % OTHER):
        send(sender, text)
        assert at_house.recv().startswith(text[:6])
    quiet(sender)
    assert came(at_bus) == (0x001E0509, b"\7")


def test_what_is_addressed_to_the_house_over_level_2_finds_it(houses):
    at_bus, front, _ = houses
    sender = front.open()
    send(sender, "E;0,542,5,0,,0,%s,%s,9" % (OTHER, ",".join(map(str, GUID[:15] + b"\7"))))
    assert came(at_bus) == (0x001E0509, b"\x09")


def test_a_refusal_at_the_house_comes_back_is_counted_and_said(houses, caplog):
    at_bus, front, second = houses
    sender = front.open()
    send(sender, "E;0,30,5,0,,0,-,1,2,3,4,5,6,7,8,9", "-;EVENT;8")      # known here already
    send(sender, "E;0,542,5,0,,0,-,%s,9" % ",".join(["1"] * 16))        # nobody's GUID
    front.until(lambda: front.bridge()["forward"]["refused"] == 1)
    at_bus.call(lambda: at_bus.service.ends[0].stop())
    send(sender, LAMP)
    front.until(lambda: front.bridge()["forward"]["refused"] == 2)
    assert front.bridge()["refused"] == {"by house": 2}
    assert second.bridge()["forward"]["refused"] == 0       # they were not its events
    lines = [line for line in caplog.messages if "vscpwsd/house/errors" in line]
    assert lines == ["mqtt: refused: vscpwsd/house/errors: error 8: Parse error, invalid format."]


def test_nothing_is_accepted_while_the_house_or_the_broker_is_away(houses, broker):
    at_bus, front, _ = houses
    sender, beside = front.open(), front.open()
    at_bus.call(lambda: at_bus.service.bridge.stop())
    front.until(lambda: front.bridge()["others"][0]["state"] == "offline")
    send(sender, LAMP, "-;EVENT;3")
    broker.kill()
    front.until(lambda: front.bridge()["state"] == "away")
    send(sender, LAMP, "-;EVENT;3")
    quiet(beside)
    assert front.health()["status"] == "ok"


def test_a_house_that_starts_again_is_seen_and_recovers(houses, house, caplog):
    caplog.set_level("INFO")
    at_bus, front, _ = houses
    sender = front.open()
    at_bus.call(lambda: at_bus.service.bridge.stop())
    front.until(lambda: front.bridge()["others"][0]["state"] == "offline")
    again = house(accept_as="admin", folder_name="again")
    front.until(lambda: front.bridge()["others"][0]["state"] == "online")
    send(sender, LAMP)
    assert came(again) == (0x001E0500, b"\0\1\2")
    assert "mqtt: daemon house is offline" in caplog.messages


def test_two_that_forward_to_each_other_end(house):
    first = house(name="first", bus=False, accept_as="admin", forward_to="second")
    second = house(name="second", bus=False, accept_as="admin", forward_to="first")
    for stage in (first, second):
        stage.until(lambda: stage.bridge()["others"] and  # noqa: B023
                    stage.bridge()["others"][0]["state"] == "online")  # noqa: B023
    sender, hears = first.open(), second.open()
    send(sender, LAMP)
    assert hears.recv().endswith("0x00,0x01,0x02")
    quiet(sender, hears)
    assert (first.bridge()["commands"], second.bridge()["commands"]) == (0, 1)


def test_the_page_is_told_of_the_house_s_bus_by_name(houses, house):
    """By the id of its events, as those of a bus of its own."""
    at_bus, front, _ = houses
    client = front.open()
    front.until(lambda: front.service.health()["buses"][1:] == [
        {"name": "house/demo", "state": "up"}])
    at_bus.bus.send(FRAME)
    obid = int(client.recv().split(",")[3])
    assert front.health()["buses"][obid - 1]["name"] == "house/demo"
    at_bus.call(lambda: at_bus.service.bridge.stop())
    front.until(lambda: front.service.health()["buses"][1]["state"] == "offline")
    house(accept_as="admin", folder_name="again")
    front.until(lambda: front.service.health()["buses"][1]["state"] == "up")
    assert [bus["name"] for bus in at_bus.health()["buses"]] == ["demo", "mqtt"]


def test_a_front_end_has_states_of_the_house(houses):
    at_bus, front, _ = houses
    at_bus.bus.send(FRAME)
    client = front.open()
    front.until(lambda: front.service.hub.came["remote"] == 1)
    client.send("C;STATE;10")
    while client.recv() != "+;STATE;1":     # the event itself may come before it
        pass
    assert client.recv().startswith("S;")
