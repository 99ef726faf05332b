"""Home Assistant itself, as the judge of what it is told: nothing here is our own opinion of it.

Left out unless ``HASS`` names its program; doc/homeassistant.md says how to get one::

    HASS=/tmp/hass/bin/hass tools/test test/mqtt/homeassistant/test_hass.py
"""

import json
import subprocess
from pathlib import Path

import pytest

from broker import Mosquitto
from hassprocess import HomeAssistant, program
from system.daemon import PYTHON, SCRIPT, Daemon, driver_block
from vscpws.mqtt.homeassistant.kinds import BINARY, KINDS, PAIRS, PULSES, SENSOR, SINGLES
from vscpws.mqtt.homeassistant.measurements import DATA, MEASURED

CONF = Path(__file__).resolve().parents[3] / "conf"
BUS = "FF:FF:FF:FF:FF:FF:FF:FE:02:00:00:00:00:01:00:"
PLACE = (4, 2, 1)               # index, zone, subzone
SILENT = ("unavailable", "")
THINGS = [
    {"name": "Reading light", "kind": "dimmer", "zone": 2, "subzone": 1, "area": "Library"},
    {"name": "Kitchen light", "kind": "light", "zone": 4, "subzone": 1},
    {"name": "Bed socket", "kind": "switch", "zone": 3, "subzone": 1},
    {"name": "Blind", "kind": "cover", "zone": 2, "subzone": 3},
    {"name": "Door", "kind": "lock", "zone": 1, "subzone": 3,
     "node": BUS + "12"},
    {"name": "Heating", "kind": "setpoint", "type": "temperature", "zone": 2, "subzone": 0},
    {"name": "Evening", "kind": "scene", "zone": 2, "subzone": 255, "index": 3},
    {"name": "All", "kind": "light", "zone": 255, "subzone": 255}]
# One for each value that can be set.
THINGS += [{"name": "Set %d" % each, "kind": "setpoint", "type": each, "zone": 8, "subzone": each}
           for each in sorted(MEASURED)]
CHOSEN = [
    {"class": 10, "type": 28, "index": 7, "name": "Water meter", "device_class": "water",
     "state_class": "total_increasing"},
    {"class": 10, "type": 35, "index": 7, "name": "Soil", "device_class": "moisture",
     "expire": 3600},
    {"class": 20, "type": 7, "zone": 9, "subzone": 9, "name": "Garage",
     "device_class": "garage_door"}]


class Town:
    """A broker, the demo's house on it, and Home Assistant beside them."""

    def __init__(self, folder):
        self.folder = folder
        self.broker = Mosquitto(folder)
        names = json.loads((CONF / "names.json").read_text("utf-8"))
        names["things"] = THINGS
        names["nodes"].append({"guid": BUS + "70", "name": "Chosen", "sensors": CHOSEN})
        (folder / "names.json").write_text(json.dumps(names))
        (folder / "state").mkdir()
        self.daemon = Daemon(folder, driver_block(config="demo:"), settings={
            "names-file": str(folder / "names.json"),
            "mqtt": {"url": self.broker.url, "name": "house", "accept-as": "admin",
                     "homeassistant": "true", "state-directory": str(folder / "state")}})
        self.hass = HomeAssistant(folder / "hass", program())

    def __enter__(self):
        self.broker.start()
        self.daemon.start()
        self.hass.start()
        self.hass.join(self.broker.port)
        return self

    def __exit__(self, *exception):
        self.hass.stop()
        self.daemon.stop()
        self.broker.__exit__()

    def say(self, vscp_class, vscp_type, data, nickname):
        """An event of a node that the demo doesn't have."""
        self.broker.pub("vscpwsd/house/send", json.dumps({
            "class": vscp_class, "type": vscp_type, "data": list(data),
            "guid": "%s%02X" % (BUS, nickname)}))

    def unique(self, nickname, entity):
        return "vscp_%s_%s" % (self.identity(nickname), entity)

    @staticmethod
    def identity(nickname):
        return "%s%02X" % (BUS.replace(":", ""), nickname)

    def shown(self):
        """The states of all enabled entities, by their unique ids."""
        states = self.hass.states()
        return {unique: states[entry["entity_id"]]["state"]
                for unique, entry in self.hass.entities().items()
                if entry["entity_id"] in states}

    def until_is(self, entity, state):
        self.hass.until(lambda: self.hass.state(entity) == state)


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    with Town(tmp_path_factory.mktemp("town")) as town:
        # All that the house says within a minute, and all things.
        town.hass.until(lambda: len(town.hass.devices()) == 19 + len(THINGS) + 1)
        town.hass.until(lambda: not set(SILENT) & set(town.shown().values()))
        yield town


@pytest.fixture(autouse=True)
def no_complaints(town):
    """Whatever a test does, Home Assistant finds nothing wrong with it."""
    before = town.hass.complaints()
    assert before == []
    yield
    assert town.hass.complaints() == []


def test_a_house_appears_with_its_names_areas_units_and_states(town):
    devices, areas = town.hass.devices(), {
        each["area_id"]: each["name"] for each in town.hass.ask("config/area_registry/list")}
    boiler, daemon = devices["vscp_" + town.identity(9)], devices["vscpwsd_house"]
    assert (boiler["name"], boiler["model"], areas[boiler["area_id"]]) == (
        "Boiler", "VSCP node", "Cellar")
    assert all(each["via_device_id"] == daemon["id"]
               for name, each in devices.items() if name.startswith("vscp_"))
    lock = devices["vscp_" + town.identity(0x12)]["id"]
    town.hass.until(lambda: town.hass.devices()["vscpwsd_house_lock_1-3_0"]["via_device_id"]
                    == lock)
    state = town.hass.states()["sensor.boiler_flow"]
    assert float(state["state"]) > 0
    found = dict(state["attributes"])
    assert found.pop("at").endswith("Z")
    assert found == {"device_class": "temperature", "unit_of_measurement": "\u00b0C",
                     "state_class": "measurement", "friendly_name": "Boiler Flow"}
    heartbeat = town.hass.entities()[town.unique(9, "heartbeat_0")]
    assert heartbeat["disabled_by"] == "integration"
    assert heartbeat["entity_category"] == "diagnostic"
    assert town.hass.state("binary_sensor.vscpwsd_house_demo") == "on"


def test_every_kind_of_event_is_an_entity_that_it_takes(town):
    for vscp_class, vscp_type in [*PAIRS, *SINGLES, *PULSES]:
        town.say(vscp_class, vscp_type, [*PLACE, 2, 7, 1, 1], 0x40)
    for vscp_type in MEASURED:
        for unit in range(4):
            town.say(10, vscp_type, (0x60 | unit << 3, 65), 0x50 + unit)
        town.say(65, vscp_type, (*PLACE, 0x60, 12), 0x54)
    for vscp_type in DATA:
        town.say(15, vscp_type, (0x60, 5), 0x55)
    for vscp_class in (506, 508):
        town.say(vscp_class, 1, PLACE, 0x40)
    wanted = {town.unique(0x50, "10_%d_0" % each) for each in MEASURED}
    wanted |= {town.unique(0x54, "65_%d_2-1-4" % each) for each in MEASURED}
    wanted |= {town.unique(0x55, "15_%d_0" % each) for each in DATA}
    stems = set(KINDS) - {"heartbeat"} | {"506_1", "508_1"}
    wanted |= {town.unique(0x40, stem + ("_2-1-4" if stem in ("20_48", "20_51", "90_52")
                                         else "_2-1")) for stem in stems}
    town.hass.until(lambda: wanted <= set(town.hass.entities()))
    entities = town.hass.entities()
    for stem, kind in KINDS.items():
        for unique, entry in entities.items():
            if unique.startswith(town.unique(0x40, stem + "_2-1")):
                assert entry["original_device_class"] == (kind.device_class or None), stem
                assert bool(entry["disabled_by"]) == kind.diagnostic, stem
    town.hass.until(lambda: wanted - set(town.shown()) == {
        unique for unique in wanted if entities[unique]["disabled_by"]})
    shown = town.shown()
    for unique in wanted & set(shown):
        kind = entities[unique]["entity_id"].partition(".")[0]
        if kind == SENSOR:
            assert shown[unique] not in ("unknown", "unavailable"), unique
        elif kind == BINARY:
            assert shown[unique] in ("on", "off"), unique


def test_what_a_user_has_chosen_is_taken(town):
    town.say(10, 28, (0x6F, 9), 0x70)           # litres, of sensor 7
    town.say(10, 35, (0x67, 9), 0x70)
    town.say(20, 7, (0, 9, 9), 0x70)
    wanted = {"sensor.chosen_water_meter": ("9", "water"), "sensor.chosen_soil": ("9", "moisture"),
              "binary_sensor.chosen_garage": ("on", "garage_door")}

    def found():
        states = town.hass.states()
        return {entity: (states[entity]["state"], states[entity]["attributes"]["device_class"])
                for entity in wanted if entity in states}
    town.hass.until(lambda: found() == wanted)


def test_its_commands_are_events_and_the_answers_its_states(town):
    heard = town.broker.sub("vscp/%s00/#" % BUS)

    def act(service, entity, wanted, **data):
        town.hass.act(service, entity, **data)
        while True:
            _, _, topic, payload = heard.next()
            event = json.loads(payload)
            if event["class"] in (30, 85):
                assert (event["class"], event["type"], bytes(event["data"]).hex()) == wanted
                return

    act("light.turn_on", "light.reading_light", (30, 20, "320201"), brightness=128)
    town.hass.until(lambda: town.hass.states()["light.reading_light"]["attributes"].get(
        "brightness") == 128)
    act("light.turn_off", "light.reading_light", (30, 6, "000201"))
    town.until_is("light.reading_light", "off")
    act("light.turn_on", "light.reading_light", (30, 20, "320201"))     # as bright as it was
    town.until_is("light.reading_light", "on")
    for service, state, vscp_type in (("turn_on", "on", 5), ("turn_off", "off", 6)):
        act("light." + service, "light.kitchen_light", (30, vscp_type, "000401"))
        town.until_is("light.kitchen_light", state)
        act("switch." + service, "switch.bed_socket", (30, vscp_type, "000301"))
        town.until_is("switch.bed_socket", state)
    for service, state, vscp_type in (("lock", "locked", 42), ("unlock", "unlocked", 43)):
        act("lock." + service, "lock.door", (30, vscp_type, "000103"))
        town.until_is("lock.door", state)
    act("number.set_value", "number.heating", (85, 6, "000200888100eb"), value=23.5)
    town.hass.until(lambda: float(town.hass.state("number.heating")) == 23.5)
    act("scene.turn_on", "scene.evening", (30, 28, "0302ff"))
    act("light.turn_off", "light.all", (30, 6, "00ffff"))
    town.until_is("light.reading_light", "off")


def test_every_value_that_can_be_set_is_a_number_with_its_unit(town):
    for each in MEASURED:
        town.say(65, each, (0, 8, each, 0x60, 12), 0x41)

    def told():
        states = town.hass.states()
        return {each for each in MEASURED
                if states["number.set_%d" % each]["state"] not in ("unknown", "unavailable")}
    town.hass.until(lambda: told() == set(MEASURED))
    states = town.hass.states()
    for each, form in MEASURED.items():
        assert states["number.set_%d" % each]["attributes"].get("unit_of_measurement", "") == (
            form.unit)


def test_a_blind_that_is_stopped_on_its_way_is_not_moving_any_more(town):
    town.hass.act("cover.close_cover", "cover.blind")
    town.hass.until(lambda: town.hass.state("cover.blind") in ("closing", "closed"))
    town.hass.act("cover.open_cover", "cover.blind")
    town.until_is("cover.blind", "opening")
    town.hass.act("cover.stop_cover", "cover.blind")
    town.until_is("cover.blind", "open")
    town.hass.act("cover.close_cover", "cover.blind")
    town.until_is("cover.blind", "closed")


def test_a_button_that_is_known_tells_of_each_press(town):
    button = town.unique(0x02, "button_1-9")
    town.say(20, 1, (1, 1, 9, 0, 7), 0x02)
    town.hass.until(lambda: button in town.shown())
    town.say(20, 1, (1, 1, 9, 0, 7), 0x02)
    entity = town.hass.entities()[button]["entity_id"]
    town.hass.until(lambda: town.hass.states()[entity]["attributes"]["event_type"] == "press")
    assert town.hass.states()[entity]["attributes"]["code"] == 7


def test_a_stranger_s_words_on_a_state_topic_are_no_state(town):
    topic = "vscpwsd/house/state/%s/" % town.identity(0x40)

    def until(unique, fits):
        town.hass.until(lambda: fits(town.shown().get(unique, "")))

    for entity in ("on_2-1", "limit_2-1", "20_40_2-1"):
        town.say(20, 3, PLACE, 0x40)
        town.say(20, 10, PLACE, 0x40)
        town.say(20, 40, PLACE, 0x40)
        unique = town.unique(0x40, entity)
        until(unique, lambda state: state not in ("", "unknown"))
        for payload in ("nonsense", "5", "[]", "null", "{}"):
            town.broker.pub(topic + entity, payload)
            until(unique, lambda state: state == "unknown")


def test_a_daemon_that_dies_is_unavailable_and_one_that_comes_back_is_as_before(town):
    before = {unique: entry["entity_id"] for unique, entry in town.hass.entities().items()}
    town.daemon.kill()
    town.hass.until(lambda: set(town.shown().values()) == {"unavailable"})
    town.daemon.start()
    town.hass.until(lambda: "unavailable" not in town.shown().values())
    assert before.items() <= {unique: entry["entity_id"] for unique, entry
                              in town.hass.entities().items()}.items()


def test_its_own_restart_loses_and_doubles_nothing(town):
    before = {unique: entry["entity_id"] for unique, entry in town.hass.entities().items()}
    states = {unique for unique, state in town.shown().items() if state != "unknown"}
    town.hass.stop()
    town.hass.start()
    town.hass.until(lambda: "unavailable" not in town.shown().values())
    town.hass.until(lambda: not {unique for unique, state in town.shown().items()
                                 if state == "unknown" and "event." not in before[unique]}
                    & states)
    after = {unique: entry["entity_id"] for unique, entry in town.hass.entities().items()}
    assert before.items() <= after.items()
    assert not {entity + "_2" for entity in after.values()} & set(after.values())


def test_a_node_that_is_forgotten_leaves_no_trace(town):
    assert [each for each in town.hass.entities() if town.identity(0x70) in each]
    done = subprocess.run(
        [PYTHON, str(SCRIPT), "--forget", "Chosen", "--config", str(town.folder / "vscpd.conf"),
         "--ini", str(town.folder / "vscpwsd.ini"), "--pidfile", str(town.folder / "vscpwsd.pid")],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True, timeout=120)
    assert done.returncode == 0, done.stdout
    town.hass.until(lambda: "vscp_" + town.identity(0x70) not in town.hass.devices())
    assert not [each for each in town.hass.entities() if town.identity(0x70) in each]
