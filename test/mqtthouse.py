"""A daemon on a stage, with a bridge to an MQTT broker."""

from __future__ import annotations

from appstage import Stage
from vscpws.settings import ClientLimits, MqttSettings

__all__ = ["House"]


class House(Stage):
    """A daemon with a bridge and one virtual bus, or none; ``mqtt`` are settings of the bridge."""

    limits = ClientLimits(drain_time=0.0)

    def __init__(self, folder, broker, name="house", bus=True, users=None, ends=None, clients=None,
                 folder_name="", **mqtt):
        self.bus_name = "%s-%s%s" % (folder.name, name, folder_name)
        folder = folder / (folder_name or name)
        folder.mkdir(exist_ok=True)
        self.entries = users or {"admin": {}}
        settings = MqttSettings(**{"url": broker.url if broker else "", "name": name, **mqtt})
        super().__init__(folder, self.bus_name, ends=ends, interfaces=None if bus else (),
                         mqtt=settings, clients=clients or self.limits)

    def write_users(self, **entries):
        super().write_users(**self.entries)

    def bridge(self):
        return self.service.bridge.status().as_dict()

    def up(self):
        self.until(lambda: self.service.bridge.status().state == "up")
        self.until(lambda: all(end.state == "up" for end in self.service.end_statuses()))
        return self
