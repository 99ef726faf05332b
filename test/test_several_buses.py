"""Several buses on one hub, one of them down: what a client's event reaches, and what is refused.

The buses are python-can's virtual ones; the peers on them and the clients are foreign.
"""

import pytest

import can
from appstage import GUID, Stage
from hubthread import TIMEOUT
from vscpws.model.guid import format_guid
from vscpws.settings import Interface

SECOND, GONE = GUID[:14] + b"\1\0", GUID[:14] + b"\2\0"
EVENT = "E;0,30,5,0,,0,-:09,1,2,3"
FRAME = (0x001E0509, b"\1\2\3")


def addressed(guid, *data):
    return "E;0,542,5,0,,0,-:09," + ",".join(map(str, guid[:15] + b"\7" + bytes(data)))


class House(Stage):
    """Buses ``demo`` and ``second``, and ``gone``, which isn't there."""

    def __init__(self, folder, name):
        super().__init__(folder, name, more=(
            Interface("second", "virtual:%s-second" % name, SECOND),
            Interface("gone", "can-none", GONE)))
        self.second = can.Bus(interface="virtual", channel="%s-second" % name)

    def __exit__(self, *exception):
        super().__exit__(*exception)
        self.second.shutdown()

    def up(self):
        return {bus["name"] for bus in self.service.health()["buses"] if bus["state"] == "up"}

    def missed(self):
        return [bus["missed"] for bus in self.shell.report()["buses"]]


@pytest.fixture
def house(tmp_path, request):
    with House(tmp_path, request.node.name) as house:
        house.until(lambda: house.up() == {"demo", "second"})
        yield house


def test_health_has_the_buses_in_the_order_of_their_obids(house):
    """By its obid a page knows which bus an event came from: they count from 1 on, no gap."""
    names = [bus["name"] for bus in house.service.health()["buses"]]
    assert names == ["demo", "second", "gone"]          # also what is down
    client = house.open()
    for bus, name in ((house.bus, "demo"), (house.second, "second")):
        bus.send(can.Message(arbitration_id=FRAME[0], is_extended_id=True, data=FRAME[1]))
        obid = int(client.recv().split(",")[3])
        assert names[obid - 1] == name
    assert obid == 2
    client.send("C;STATE")                              # and no client has the number of a bus
    assert client.recv().startswith("+;STATE")
    other = house.open()
    client.send("E;0,20,3,0,,0,::05,0,1,2")
    assert client.recv() == "+;EVENT"
    assert int(other.recv().split(",")[3]) > len(names)


def came(bus):
    frame = bus.recv(TIMEOUT)
    return frame.arbitration_id, bytes(frame.data)


def test_an_event_goes_on_without_the_bus_that_is_down(house, caplog):
    sender, other = house.open(), house.open()
    for _ in range(3):
        sender.send(EVENT)
        assert sender.recv() == "+;EVENT"
        assert other.recv().endswith("0x01,0x02,0x03")
        assert came(house.bus) == came(house.second) == FRAME
    assert house.missed() == [0, 0, 3]
    assert 'vscpwsd_can_missed_total{bus="gone"} 3\n' in house.metrics()
    assert [line for line in caplog.messages if "go on without it" in line] == [
        "gone: takes nothing (it is waiting): events go on without it"]


def test_it_is_refused_and_reaches_nobody_if_no_bus_takes_it(house):
    sender, other = house.open(), house.open()
    house.call(lambda: [house.service.hub.remove(bus) for bus in house.service.ends[:2]])
    sender.send(EVENT)
    assert sender.recv() == "-;EVENT;3;Transmit buffer full."
    sender.send("E;0,1040,5,0,,0,-:09,7")           # for clients only: no bus carries it
    assert sender.recv() == "+;EVENT"
    assert other.recv().endswith("0x07")


@pytest.mark.parametrize("text, code", [
    (addressed(GONE, 1), 3),
    (addressed(SECOND, *range(9)), 8),              # too long for a classic bus
    (addressed(GUID[:14] + b"\3\0", 1), 8),         # nobody's GUID
    (addressed(b"\xff" * 16, 1), 8),
    (addressed(SECOND)[:-2], 8),                    # 15 bytes are no GUID
])
def test_an_addressed_event_goes_to_its_interface_or_nowhere(house, text, code):
    sender, other = house.open(), house.open()
    sender.send(text)
    assert sender.recv().startswith("-;EVENT;%d;" % code)
    sender.send(addressed(SECOND, 9))               # what comes next is all that comes
    assert sender.recv() == "+;EVENT"
    assert came(house.second) == (0x001E0509, b"\x09")
    assert format_guid(SECOND[:15] + b"\7").replace(":", ",0x") in other.recv()
    assert house.bus.recv(0) is None
    assert house.missed() == [0, 0, 0]


def test_two_simulated_houses_answer_while_a_third_bus_is_down(tmp_path, caplog):
    houses = (Interface("one", "demo:", SECOND), Interface("two", "demo:2", GUID[:14] + b"\3\0"),
              Interface("gone", "slcan:%s" % (tmp_path / "none"), GONE))
    with Stage(tmp_path, "houses", more=houses) as stage:
        stage.until(lambda: {bus["name"] for bus in stage.service.health()["buses"]
                             if bus["state"] == "up"} == {"demo", "one", "two"})
        health = stage.call(stage.service.health)
        assert health["status"] == "bus down" and health["demo"] is True
        client = stage.open()
        client.send("E;0,30,6,0,,0,-,0,2,1")
        answers = {}
        while len(answers) < 2:
            text = client.recv()
            fields = text.split(",")
            if text.startswith("E;") and fields[1:3] == ["20", "4"]:
                answers[fields[6]] = fields[7:]
        assert answers == {format_guid(interface.guid[:15] + b"\4"): ["0x00", "0x02", "0x01"]
                           for interface in houses[:2]}
    assert "DEMO: two is a simulated house (demo:2)" in caplog.text
