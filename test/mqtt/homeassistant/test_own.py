"""The daemon as a device: what is told of its buses, its clients and its events, and when."""

from hass import Broker
from vscpws.mqtt.homeassistant.board import Board
from vscpws.mqtt.homeassistant.own import Own
from vscpws.mqtt.homeassistant.topics import Topics

WALL = 1795503611.0


class Stage:
    def __init__(self, *buses):
        self.broker = Broker()
        self.broker.buses = [(name, True) for name in buses]
        board = Board(self.broker.publish)
        board.connected = True
        self.own = Own(Topics("house"), board, "1.2")
        self.flush = board.flush

    def update(self, now=0.0, wall=WALL):
        return self.own.update(self.broker.report(), now, wall)

    def state(self, entity):
        return self.broker.state(entity, "daemon")


def test_a_state_has_the_moment_since_when_it_is_so():
    stage = Stage("can0")
    stage.update()
    stage.update(5.0, WALL + 5)
    assert stage.state("bus_can0") == {"value": "ON", "at": "2026-11-24T07:00:11Z"}
    assert stage.state("clients") == {"value": 3, "unit": "clients", "at": "2026-11-24T07:00:11Z"}
    assert len(stage.broker.messages) == 3
    stage.broker.buses = [("can0", False)]
    stage.update(10.0, WALL + 10)
    assert stage.state("bus_can0") == {"value": "OFF", "at": "2026-11-24T07:00:21Z"}
    assert len(stage.broker.messages) == 4


def test_a_clock_that_is_before_1970_says_1970():
    stage = Stage()
    stage.update(wall=-5.0)
    assert stage.state("version")["at"] == "1970-01-01T00:00:00Z"


def test_events_are_counted_over_a_minute():
    stage = Stage()
    stage.broker.came = 1000
    stage.update(100.0)
    stage.broker.came = 1020
    stage.update(159.0)
    assert stage.state("events") is None
    for now, came, rate in ((160.0, 1020, 0.33), (219.0, 5000, 0.33), (220.0, 1020, 0),
                            (290.0, 1090, 1.0), (350.0, 10, 0)):    # an end is gone, and its count
        stage.broker.came = came
        stage.update(now)
        assert stage.state("events")["value"] == rate
    assert stage.state("events")["unit"] == "events/s"


def test_it_says_whether_there_are_other_buses_than_before():
    stage = Stage("can0")
    assert stage.update() and not stage.update()
    stage.broker.buses = [("can0", False)]
    assert not stage.update()
    stage.broker.buses = [("can0", False), ("can1", True)]
    assert stage.update()
    assert stage.own.buses == ("bus_can0", "bus_can1")


def test_buses_whose_names_are_alike_in_ids_have_ids_of_their_own():
    stage = Stage("can 0", "can-0", "can.0", "\u65e5")
    stage.update()
    assert stage.own.buses == ("bus_can_0", "bus_can_0_1", "bus_can_0_2", "bus_0")
    assert [stage.state(entity)["value"] for entity in stage.own.buses] == ["ON"] * 4


def test_64_buses_are_told_of():
    stage = Stage(*("can%d" % number for number in range(65)))
    stage.update()
    assert len(stage.own.buses) == 64 and stage.state("bus_can63") and not stage.state("bus_can64")


def test_what_nobody_looks_at_is_diagnostic_and_the_version_not_enabled():
    stage = Stage("can0")
    stage.update()
    components = stage.own.components()
    assert {each["entity_category"] for each in components.values()} == {"diagnostic"}
    assert [key for key, each in components.items() if each.get("enabled_by_default") is False] == [
        "version"]
    assert components["bus_can0"]["name"] == "can0"


def test_buses_of_the_last_run_that_are_no_more_leave_and_are_cleared_once():
    stage = Stage("can0")
    stage.own.recall(["bus_can0", "bus_can1"])
    stage.update()
    assert stage.own.components()["bus_can1"] == {"p": "binary_sensor"}
    assert stage.own.components()["bus_can0"]["name"] == "can0"
    assert stage.own.leave() and not stage.own.leave()
    assert "bus_can1" not in stage.own.components()
    stage.broker.messages.clear()
    assert stage.flush(9) == 1
    assert stage.broker.messages == [("vscpwsd/house/state/daemon/bus_can1", b"", True, 1)]


def test_where_all_buses_are_still_there_none_leaves():
    stage = Stage("can0")
    stage.own.recall(["bus_can0"])
    stage.update()
    assert not stage.own.leave()


def test_its_retained_states_are_those_that_it_has_told():
    stage = Stage("can0")
    stage.update()
    assert stage.own.topics() == ["vscpwsd/house/state/daemon/" + entity
                                  for entity in ("bus_can0", "version", "clients")]
