"""What Home Assistant would say of discovery messages, and a stage for what sends them.

The checker is written from what Home Assistant 2026.11 takes and 2024.11 knew, not from the code:
keys, platforms, device classes with their units and state classes.
"""

from __future__ import annotations

import json
import re
from collections import OrderedDict

from vscpws.model.errors import NotAllowed
from vscpws.model.event import Event
from vscpws.mqtt.homeassistant.speaker import HomeAssistant
from vscpws.mqtt.ports import House
from vscpws.reading.names import Names, parse_names

CAN0 = bytes.fromhex("FFFFFFFFFFFFFFFEB827EB0A11020000")
NODE = CAN0[:15] + b"\x09"
NODE_ID = NODE.hex().upper()

# The templates that read a state, which its clearing or a stranger's words must not upset.
VALUE = "{{ (value_json | default({})).value | default('None') }}"
BRIGHTNESS = "{{ (value_json | default({})).brightness | default('') }}"
AT = "{{ {'at': (value_json | default({})).at | default('')} | tojson }}"

# ---- the checker ---------------------------------------------------------------------------------

LONG = {        # abbreviations that every release with device discovery knows
    "dev": "device", "o": "origin", "cmps": "components", "p": "platform", "uniq_id": "unique_id",
    "stat_t": "state_topic", "cmd_t": "command_topic", "val_tpl": "value_template",
    "avty": "availability", "avty_mode": "availability_mode", "dev_cla": "device_class",
    "unit_of_meas": "unit_of_measurement", "stat_cla": "state_class", "ids": "identifiers",
    "mdl": "model", "sn": "serial_number", "sw": "sw_version", "t": "topic"}
ROOT = {"device", "origin", "components", "availability", "availability_mode", "availability_topic",
        "payload_available", "payload_not_available", "state_topic", "command_topic", "qos",
        "encoding"}
DEVICE = {"identifiers", "connections", "name", "manufacturer", "model", "model_id",
          "serial_number", "hw_version", "sw_version", "via_device", "suggested_area",
          "configuration_url"}
ORIGIN = {"name", "sw_version", "support_url"}
COMMON = {"platform", "unique_id", "name", "default_entity_id", "enabled_by_default",
          "entity_category", "icon", "json_attributes_topic", "json_attributes_template"}
PLATFORMS = {
    "sensor": {"state_topic", "value_template", "device_class", "unit_of_measurement",
               "state_class", "options", "expire_after", "force_update",
               "suggested_display_precision"},
    "binary_sensor": {"state_topic", "value_template", "device_class", "off_delay",
                      "expire_after", "payload_on", "payload_off"},
    "event": {"state_topic", "value_template", "device_class", "event_types"},
    "switch": {"state_topic", "command_topic", "value_template", "device_class", "optimistic"},
    "light": {"state_topic", "command_topic", "state_value_template", "optimistic",
              "brightness_scale", "brightness_command_topic", "brightness_state_topic",
              "brightness_value_template", "on_command_type"},
    "cover": {"state_topic", "command_topic", "value_template", "device_class", "optimistic"},
    "lock": {"state_topic", "command_topic", "value_template", "optimistic"},
    "scene": {"command_topic", "payload_on"},
    "number": {"state_topic", "command_topic", "value_template", "device_class", "optimistic",
               "unit_of_measurement", "min", "max", "step", "mode"}}
NEEDED = {"sensor": {"state_topic"}, "binary_sensor": {"state_topic"},
          "event": {"state_topic", "event_types"}, "switch": {"command_topic"},
          "light": {"command_topic"}, "cover": {"command_topic"}, "lock": {"command_topic"},
          "scene": {"command_topic"}, "number": {"command_topic"}}
CLASSES = {
    "binary_sensor": set(
        "battery battery_charging carbon_monoxide cold connectivity door garage_door gas heat "
        "light lock moisture motion moving occupancy opening plug power presence problem running "
        "safety smoke sound tamper update vibration window".split()),
    "event": {"doorbell", "button", "motion"}, "switch": {"outlet", "switch"},
    "cover": set("awning blind curtain damper door garage gate shade shutter window".split())}
M, TOTALS, ANY = {"measurement"}, {"total", "total_increasing"}, {"measurement", "total",
                                                                "total_increasing"}
PRESSURES = "mPa Pa hPa kPa mbar cbar bar mmHg inHg inH\u2082O psi atm"
UNITS = {       # device class -> units, state classes
    "temperature": ("\u00b0C \u00b0F K", M), "humidity": ("%", M), "moisture": ("%", M),
    "battery": ("%", M), "pressure": (PRESSURES, M), "atmospheric_pressure": (PRESSURES, M),
    "illuminance": ("lx", M), "irradiance": ("W/m\u00b2 BTU/(h\u22c5ft\u00b2)", M),
    "voltage": ("\u03bcV mV V kV MV", M), "current": ("\u03bcA mA A", M),
    "power": ("mW W kW MW GW TW", M), "apparent_power": ("mVA VA kVA", M),
    "reactive_power": ("mvar var kvar", M),
    "energy": ("J kJ MJ GJ mWh Wh kWh MWh GWh TWh cal kcal Mcal Gcal thm", TOTALS),
    "reactive_energy": ("varh kvarh", TOTALS), "power_factor": ("% none", M),
    "frequency": ("mHz Hz kHz MHz GHz", M), "distance": ("mm cm m km in ft yd mi nmi", ANY),
    "area": ("mm\u00b2 cm\u00b2 m\u00b2 km\u00b2 ha in\u00b2 ft\u00b2 yd\u00b2 ac mi\u00b2", ANY),
    "duration": ("\u03bcs ms s min h d", ANY), "weight": ("\u03bcg mg g kg oz lb st", ANY),
    "speed": ("mm/h mm/d mm/s m/s m/min km/h in/s in/h in/d ft/s mph kn Beaufort", M),
    "wind_speed": ("mm/s m/s m/min km/h in/s ft/s mph kn Beaufort", M),
    "wind_direction": ("\u00b0", {"measurement_angle"}),
    "volume": ("mL L m\u00b3 ft\u00b3 CCF MCF gal", TOTALS),
    "volume_storage": ("mL L m\u00b3 ft\u00b3 CCF MCF gal", M),
    "water": ("L m\u00b3 ft\u00b3 CCF MCF gal", TOTALS),
    "gas": ("L m\u00b3 ft\u00b3 CCF MCF", TOTALS),
    "volume_flow_rate": (
        "mL/s L/s L/min L/h m\u00b3/s m\u00b3/min m\u00b3/h ft\u00b3/min gal/min gal/h gal/d", M),
    "sound_pressure": ("dB dBA", M), "signal_strength": ("dB dBm", M),
    "carbon_dioxide": ("ppm", M), "volatile_organic_compounds_parts": ("ppb ppm", M)}
IDS = re.compile(r"[A-Za-z0-9_-]+\Z")
ENTITY_ID = re.compile(r"([a-z_]+)\.[a-z0-9_]+\Z")


def spelt_out(table):
    """With keys instead of their abbreviations, at the root, in the device and the components."""
    found = {LONG.get(key, key): value for key, value in table.items()}
    for key in ("device", "origin"):
        found[key] = {LONG.get(name, name): value for name, value in found[key].items()}
    found["components"] = {
        key: {LONG.get(name, name): value for name, value in each.items()}
        for key, each in found["components"].items()}
    found["availability"] = [{LONG.get(name, name): value for name, value in each.items()}
                             for each in found["availability"]]
    return found


def check_device(topic, payload, prefix="homeassistant"):
    """The message, spelt out; fails on whatever Home Assistant would not take."""
    match = re.match(r"%s/device/(.+)/config\Z" % prefix, topic)
    assert match and IDS.match(match.group(1)), topic
    assert len(payload) <= 65536
    message = spelt_out(json.loads(payload.decode("utf-8")))
    assert set(message) <= ROOT, set(message) - ROOT
    device, origin = message["device"], message["origin"]
    assert set(device) <= DEVICE and device["identifiers"], device
    assert set(origin) <= ORIGIN and origin["name"]
    assert message["availability_mode"] == "all"
    for each in message["availability"]:
        assert set(each) == {"topic"}
    names = []
    for key, component in message["components"].items():
        if set(component) == {"platform"}:
            assert component["platform"] in PLATFORMS       # it is to go
            continue
        check_component(key, component)
        name = component["name"]
        if name is not None:
            assert not name.casefold().startswith(device["name"].casefold()), name
        names.append(name)
    assert len(names) == len(set(names)), names
    return message


def check_component(key, component):
    platform = component["platform"]
    known = PLATFORMS[platform]
    assert set(component) <= known | COMMON, (key, set(component) - known - COMMON)
    assert NEEDED[platform] <= set(component), key
    assert IDS.match(component["unique_id"]) and IDS.match(key)
    proposed = component.get("default_entity_id")
    if proposed is not None:
        assert ENTITY_ID.match(proposed).group(1) == platform, proposed
    assert component.get("entity_category", "diagnostic") in ("diagnostic", "config")
    for name in component:
        if name.endswith("topic"):
            assert not {"+", "#"} & set(component[name]) and "//" not in component[name]
    device_class = component.get("device_class")
    if platform in CLASSES and device_class is not None:
        assert device_class in CLASSES[platform], (key, device_class)
    if platform == "sensor":
        check_sensor(key, component)
    if platform == "number":
        assert component["min"] < component["max"] and component["step"] >= 0.001
        assert device_class is None or device_class in UNITS
    if platform == "event":
        assert component["event_types"]


def check_sensor(key, component):
    device_class, unit = component.get("device_class"), component.get("unit_of_measurement")
    state_class = component.get("state_class")
    if device_class in ("enum", "timestamp"):
        assert unit is None and state_class is None, key
        assert bool(component.get("options")) == (device_class == "enum"), key
        return
    assert "options" not in component, key
    assert state_class in (None, *ANY, "measurement_angle"), key
    if device_class is not None:
        units, states = UNITS[device_class]
        assert (unit or "none") in units.split(), (key, device_class, unit)
        assert state_class is None or state_class in states, (key, device_class, state_class)


def check_all(devices, prefix="homeassistant"):
    """All messages by their topics, spelt out, with what must hold among them."""
    messages = {topic: check_device(topic, payload, prefix) for topic, payload in devices.items()}
    ids = [(component["platform"], component["unique_id"]) for message in messages.values()
           for component in message["components"].values() if "unique_id" in component]
    assert len(ids) == len(set(ids)), "two entities with one id"
    known = {each for message in messages.values() for each in message["device"]["identifiers"]}
    assert len(known) == len(messages)
    for message in messages.values():
        via = message["device"].get("via_device")
        assert via is None or via in known, via
    return messages


# ---- the stage -----------------------------------------------------------------------------------


class Broker:
    """Keeps what is retained; ``refused`` are the topics of messages that it has no room for."""

    def __init__(self):
        self.messages = []
        self.retained = OrderedDict()
        self.submitted = []
        self.refusal = None
        self.is_full = False
        self.buses = [("can0", True)]
        self.came = 0

    def publish(self, topic, payload, retain=False, qos=0):
        assert isinstance(payload, bytes) and "+" not in topic and "#" not in topic
        if self.is_full:
            return False
        self.messages.append((topic, payload, retain, qos))
        if retain and payload:
            self.retained[topic] = payload
        elif retain:
            self.retained.pop(topic, None)
        return True

    def submit(self, event):
        if self.refusal is not None:
            raise self.refusal
        self.submitted.append((event.vscp_class, event.vscp_type, bytes(event.data)))

    def report(self):
        return {"version": "1.2", "started": 0.0, "clients": {"clients": 3},
                "hub": {"came": {"bus": self.came}},
                "ends": [{"kind": "bus", "name": name, "state": "up" if usable else "down",
                          "usable": usable} for name, usable in self.buses]}

    def devices(self, prefix="homeassistant"):
        """The retained discovery messages."""
        return {topic: payload for topic, payload in self.retained.items()
                if topic.startswith(prefix + "/device/")}

    def state(self, entity, node=NODE_ID, name="house"):
        payload = self.retained.get("vscpwsd/%s/state/%s/%s" % (name, node, entity))
        return None if payload is None else json.loads(payload.decode("utf-8"))

    def sent(self, topic):
        """What was published on a topic, whether retained or not."""
        return [payload for where, payload, _, _ in self.messages if where == topic]


class Stage:
    """A speaker with a clock of its own, connected to a broker."""

    def __init__(self, table=None, broker=None, memo=None, name="house", prefix="homeassistant",
                 now=1000.0, wall=1795503611.0, connect=True, obeys=True, chance=None):
        self.now, self.wall = now, wall
        self.broker = broker or Broker()
        self.memo = memo
        names, problems = parse_names(table, {"can0": CAN0}) if table else (Names(), [])
        assert problems == []
        self.speaker = HomeAssistant(
            self.broker, House(name, CAN0, "1.2", prefix, "", names, {"can0": CAN0}, obeys), memo,
            self._remember, lambda: self.now, lambda: self.wall,
            chance or (lambda least, most: least))
        if connect:
            self.speaker.connected()

    def _remember(self, memo):
        self.memo = memo

    def hear(self, vscp_class, vscp_type, data=b"", guid=NODE):
        self.speaker.take([self.event(vscp_class, vscp_type, data, guid)])

    def event(self, vscp_class, vscp_type, data=b"", guid=NODE):
        if isinstance(data, str):
            data = bytes.fromhex(data)
        return Event(0x60, vscp_class, vscp_type, 1, int(self.wall * 1000000), 0, guid,
                     bytes(data))

    def wait(self, seconds=1, step=1.0):
        """So many ticks."""
        for _ in range(seconds):
            self.now += step
            self.wall += step
            self.speaker.tick(self.now)

    def names(self, table):
        found, problems = parse_names(table, {"can0": CAN0})
        assert problems == []
        self.speaker.replace(found)

    def settled(self):
        """After the time of collecting: all messages, checked."""
        self.wait(30)
        return self.messages()

    def messages(self, prefix="homeassistant"):
        return check_all(self.broker.devices(prefix), prefix)

    def components(self, device="vscp_" + NODE_ID):
        return self.messages()["homeassistant/device/%s/config" % device]["components"]


REFUSED = NotAllowed("no right to send events of class 30")
