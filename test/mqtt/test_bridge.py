"""The bridge beside a real mosquitto and its tools: events out, commands in, events of others."""

import json
import os
import socket

import pytest

from appstage import FRAME, GUID, Stage
from hubthread import TIMEOUT
from vscpws.daemon.overview import log_lines, status_lines
from vscpws.model.event import Event
from vscpws.model.guid import format_guid

NODE = format_guid(GUID[:15] + b"\5")
LAMP = '{"class":30,"type":5,"data":[0,1,2]}'
SEND = "vscpwsd/house/send"
OTHER = "FF:FF:FF:FF:FF:FF:FF:FE:01:02:03:04:05:06:00:09"


def came(stage):
    frame = stage.bus.recv(TIMEOUT)
    return None if frame is None else (frame.arbitration_id, bytes(frame.data))


def nothing_more(client, stage):
    """What comes next is all that comes."""
    client.send("C;NOOP")
    assert client.recv() == "+;NOOP"
    assert stage.bus.recv(0) is None


def deliver(stage, *events):
    """As if they had come from a bus."""
    channel = stage.call(lambda: stage.service.hub.channel("bus"))
    stage.call(lambda: channel.deliver([event._replace(obid=channel.obid) for event in events]))


# ---- events out --------------------------------------------------------------------------------


def test_a_frame_on_the_bus_is_a_message_of_quality_0_that_is_not_retained(house, broker):
    heard = broker.sub("vscp/#")
    stage = house()
    stage.bus.send(FRAME)
    retained, qos, topic, payload = heard.next()
    assert (retained, qos, topic) == (False, 0, "vscp/%s/10/6/5/0" % NODE)
    event = json.loads(payload)
    assert list(event) == ["head", "obid", "datetime", "timestamp", "class", "type", "guid", "data",
                           "note", "measurement"]
    assert event["measurement"] == {"value": 21.5, "unit": "\u00b0C", "sensorindex": 0, "zone": 0,
                                    "subzone": 0}


MOMENT = 1764141611000000
START = '{"head":96,"obid":%d,"datetime":"2025-11-26T07:20:11Z","timestamp":1234567,'
NINE = GUID[:15] + b"\x09"


@pytest.mark.parametrize("vscp_class, vscp_type, data, topic, more", [
    (20, 3, b"\0\1\2", "20/3/9", ""),
    (532, 3, GUID + b"\0\1\2", "532/3/9", ""),
    (1024, 3, bytes(range(20)), "1024/3/9", ""),
    (10, 6, b"\x8a\x81\1\7", "10/6/9/2",
     '{"value":26.3,"unit":"\u00b0C","sensorindex":2,"zone":0,"subzone":0}'),
    (65, 6, b"\1\2\3\x88\x81\1\7", "65/6/9/1/2/3",
     '{"value":26.3,"unit":"\u00b0C","sensorindex":1,"zone":2,"subzone":3}'),
])
def test_each_level_has_its_exact_topic_and_payload(house, broker, vscp_class, vscp_type, data,
                                                    topic, more):
    heard = broker.sub("vscp/#")
    stage = house()
    deliver(stage, Event(96, vscp_class, vscp_type, 0, MOMENT, 1234567, NINE, data))
    _, _, found, payload = heard.next()
    assert found == "vscp/%s/%s" % (format_guid(NINE), topic)
    obid = json.loads(payload)["obid"]
    assert payload.decode() == START % obid + '"class":%d,"type":%d,"guid":"%s","data":[%s],' % (
        vscp_class, vscp_type, format_guid(NINE), ",".join(map(str, data))) + '"note":""%s}' % (
        ',"measurement":' + more if more else "")


def test_events_of_clients_go_out_too(house, broker):
    heard = broker.sub("vscp/#")
    client = house().open()
    client.send("E;0,30,5,0,,0,%s,1,2,3" % OTHER)
    assert client.recv() == "+;EVENT"
    assert heard.next()[2] == "vscp/%s/30/5/9" % OTHER


@pytest.mark.parametrize("options, topic, key", [
    ({"keys": "vscp"}, "vscp/%s/10/6/5/0", "vscpClass"),
    ({"keys": "both"}, "vscp/%s/10/6/5/0", "vscpClass"),
    ({"topics": "vscpd"}, "vscp/%s", "class"),
    ({"qos": 1}, "vscp/%s/10/6/5/0", "class"),
    ({"qos": 2}, "vscp/%s/10/6/5/0", "class"),
    ({"protocol": "5"}, "vscp/%s/10/6/5/0", "class"),
    ({"protocol": "5", "qos": 1}, "vscp/%s/10/6/5/0", "class"),
])
def test_options_of_what_is_published(house, broker, options, topic, key):
    heard = broker.sub("vscp/#")
    stage = house(**options)
    for _ in range(3):
        stage.bus.send(FRAME)
        _, qos, found, payload = heard.next()
        assert (found, key in json.loads(payload)) == (topic % NODE, True)


def test_without_publish_only_the_daemon_itself_is_seen(house, broker):
    heard = broker.sub("#")
    stage = house(publish=False)
    stage.bus.send(FRAME)
    stage.until(lambda: stage.service.hub.came["bus"] == 1)
    broker.pub("end", "x")
    heard.until("vscpwsd/house/info")
    assert heard.next()[2] == "end"


# ---- commands in -------------------------------------------------------------------------------


@pytest.mark.parametrize("payload", [
    LAMP, '{"vscpClass":30,"vscpType":5,"vscpData":[0,1,2],"vscpGUID":"-"}',
    '{"CLASS":"30","Type":"0x05","Data":["0x00",1,2]}', "0,30,5,0,,0,-,0,1,0x02",
    "<event class='30' type='5' data='0,1,2'/>"])
@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
def test_a_command_in_any_form_goes_to_the_bus_and_to_clients_once(house, broker, payload,
                                                                   protocol):
    stage = house(accept_as="admin", subscribe=("vscp/#",), protocol=protocol)
    heard = broker.sub("vscp/#")
    client = stage.open()
    broker.pub(SEND, payload)
    assert came(stage) == (0x001E0500, b"\0\1\2")
    assert client.recv().endswith("%s,0x00,0x01,0x02" % format_guid(GUID))
    assert heard.next()[2] == "vscp/%s/30/5/0" % format_guid(GUID)      # published once
    broker.pub("vscp/end", "x")
    assert heard.next()[2] == "vscp/end"
    stage.until(lambda: stage.bridge()["own"] == (protocol == "3.1.1") and
                stage.bridge()["refused"].get("string") == 1)
    nothing_more(client, stage)


def test_a_retained_command_is_refused_and_said_once(house, broker, caplog):
    broker.pub(SEND, LAMP, "-r")
    stage = house(accept_as="admin")
    stage.until(lambda: stage.bridge()["refused"] == {"retained": 1})
    broker.pub(SEND, LAMP, "-r")        # to who is subscribed already it is a live one
    assert came(stage) == (0x001E0500, b"\0\1\2")
    assert stage.bus.recv(0) is None
    assert [line for line in caplog.messages if "retained" in line] == [
        "mqtt: refused: vscpwsd/house/send: a retained event: publish it without that flag"]


def test_without_a_user_no_command_is_taken(house, broker):
    stage = house()
    client = stage.open()
    broker.pub(SEND, LAMP)
    broker.pub("vscpwsd/house/status", "?", "-q", "1")      # what we have heard after it
    stage.until(lambda: stage.bridge()["meddled"])
    nothing_more(client, stage)


def test_commands_are_those_of_their_user(house, broker, caplog):
    heard = broker.sub("vscpwsd/house/errors")
    stage = house(accept_as="lamp", errors=True, users={"admin": {}, "lamp": {
        "rights": "mqtt", "events": "TX;30;5;4,TX;0;*;0"}})
    broker.pub(SEND, '{"class":30,"type":5,"head":0}')
    assert came(stage) == (0x101E0500, b"")                 # priority 4, not 0
    for event, code in (('{"class":30,"type":6}', 7), ('{"class":1028,"type":1}', 7),
                        ('{"class":30,"type":5,"data":[1,2,3,4,5,6,7,8,9]}', 8),
                        ('{"class":542,"type":5,"data":[%s]}' % ",".join("1" * 16), 7)):
        broker.pub(SEND, event)
        refused = json.loads(heard.next()[3])
        assert (refused["code"], refused["event"]["class"]) == (code, json.loads(event)["class"])
        assert refused["text"]
    assert stage.bus.recv(0) is None
    assert stage.bridge()["refused"] == {"error 7": 3, "error 8": 1}
    assert len([line for line in caplog.messages if "mqtt: refused" in line]) == 2


def test_refused_commands_are_not_told_of_unless_asked_for(house, broker):
    heard = broker.sub("vscpwsd/house/errors")
    stage = house(accept_as="admin")
    broker.pub(SEND, '{"class":30,"type":5,"data":[1,2,3,4,5,6,7,8,9]}')
    stage.until(lambda: stage.bridge()["refused"])
    broker.pub("vscpwsd/house/errors", "end")
    assert heard.next()[3] == b"end"


def test_a_bus_that_is_down_refuses_a_command(house, broker):
    stage = house(accept_as="admin", errors=True)
    heard = broker.sub("vscpwsd/house/errors")
    stage.call(lambda: stage.service.ends[0].stop())
    broker.pub(SEND, LAMP)
    assert json.loads(heard.next()[3])["code"] == 3


# ---- events of others --------------------------------------------------------------------------


def test_events_of_others_reach_clients_and_state_but_no_bus(house, broker):
    stage = house(subscribe=("vscp/#",))
    client = stage.open()
    broker.pub("vscp/%s/20/3/9" % OTHER, '{"data":[0,1,2]}')
    assert client.recv().endswith("%s,0x00,0x01,0x02" % OTHER)
    client.send("C;STATE;20;3")
    assert client.recv() == "+;STATE;1"
    assert client.recv().endswith("%s,0x00,0x01,0x02" % OTHER)
    nothing_more(client, stage)
    assert stage.service.hub.came["remote"] == 1


def test_narrower_filters_pass_less(house, broker):
    stage = house(subscribe=("vscp/+/20/#", "garden/+/+/+"))
    client = stage.open()
    broker.pub("vscp/%s/30/5" % OTHER, "{}")
    broker.pub("garden/%s/20/4" % OTHER, "{}")
    broker.pub("vscp/%s/20/3" % OTHER, "{}")
    assert client.recv().startswith("E;0,20,4,") and client.recv().startswith("E;0,20,3,")


def test_a_retained_event_of_others_is_old_and_refused(house, broker):
    broker.pub("vscp/%s/20/3/9" % OTHER, "{}", "-r")
    stage = house(subscribe=("vscp/#",))
    stage.until(lambda: stage.bridge()["refused"] == {"retained": 1})


def test_its_own_events_never_come_back(house, broker):
    stage = house(subscribe=("vscp/#",))
    sender = stage.log_in()
    for number in range(20):
        sender.send("E;0,30,5,0,,0,%s,%d" % (OTHER, number))
        assert sender.recv() == "+;EVENT"
        stage.bus.send(FRAME)
    stage.until(lambda: stage.bridge()["own"] == 40)
    for number in range(20):
        assert came(stage) == (0x001E0509, bytes((number,)))
    assert stage.bus.recv(0) is None
    assert stage.service.hub.came == {"bus": 20, "client": 20, "mqtt": 0, "remote": 0}


# ---- seen from outside -------------------------------------------------------------------------


def test_status_and_info_are_retained_and_offline_is_said_at_the_end(house, broker):
    stage = house()
    status, info = broker.sub("vscpwsd/house/status"), broker.sub("vscpwsd/house/info")
    assert status.next() == (True, 0, "vscpwsd/house/status", b"online")
    retained, _, _, payload = info.next()
    assert retained

    def buses_are(state, payload):
        while json.loads(payload)["buses"] != [
                {"name": "demo", "guid": format_guid(GUID), "state": state}]:
            payload = info.next()[3]
    buses_are("up", payload)
    stage.call(lambda: stage.service.ends[0].stop())
    buses_are("closed", info.next()[3])
    stage.call(lambda: stage.service.bridge.stop())
    assert status.next()[3] == b"offline"       # once, and no will after it
    broker.pub("vscpwsd/house/status", "end")
    assert status.next()[3] == b"end"


def test_the_will_says_offline_where_nobody_else_can(house, broker):
    stage = house()
    heard = broker.sub("vscpwsd/house/status")
    assert heard.next()[3] == b"online"
    wire = stage.service.bridge._link.connection._wire
    sock = socket.socket(fileno=os.dup(wire.fileno()))
    sock.shutdown(socket.SHUT_RDWR)
    assert heard.next()[3] == b"offline" and heard.next()[3] == b"online"


def test_health_metrics_and_status_show_the_bridge(house, broker):
    stage = house(accept_as="admin")
    stage.bus.send(FRAME)
    broker.pub(SEND, "nonsense")
    stage.until(lambda: stage.bridge()["sent"] == 1 and stage.bridge()["refused"])
    assert stage.health()["ends"][1] == {"kind": "mqtt", "name": "house", "state": "up"}
    text = stage.metrics()
    for line in ('vscpwsd_end_usable{kind="mqtt",name="house"} 1',
                 'vscpwsd_events_total{direction="out",source="mqtt"} 1',
                 'vscpwsd_mqtt_refused_total{reason="string"} 1', "vscpwsd_mqtt_connects_total 1",
                 'vscpwsd_mqtt_dropped_total{reason="away"} 0',
                 'vscpwsd_mqtt_waiting_events 0'):
        assert line + "\n" in text
    report = stage.shell.report()
    assert any(line.startswith("mqtt house: mqtt://127.0.0.1:%d is up since" % broker.port)
               for line in status_lines(report))
    assert log_lines(report, [])
    assert json.dumps(report)


def test_two_daemons_see_each_other(house, broker):
    first, second = house(), house(name="garden", bus=False)
    for stage, name in ((first, "garden"), (second, "house")):
        stage.until(lambda: [(other["name"], other["state"]) for other in  # noqa: B023
                             stage.bridge()["others"]] == [(name, "online")])  # noqa: B023
    second.until(lambda: "  daemon house is online: demo up" in status_lines(
        second.shell.report()))
    second.call(lambda: second.service.bridge.stop())
    first.until(lambda: first.bridge()["others"][0]["state"] == "offline")


def test_nothing_of_it_runs_where_no_url_is_set(tmp_path):
    with Stage(tmp_path, "none") as stage:
        assert stage.service.bridge is None and len(stage.service.end_statuses()) == 1
        assert "mqtt" not in stage.metrics()
