"""All that the broker was given to keep, as far as it is remembered."""

import pytest

from hass import NODE
from vscpws.mqtt.homeassistant.memo import EntityMemo, Memo, NodeMemo, ThingMemo
from vscpws.mqtt.homeassistant.outdated import discovery_topics, state_topics


@pytest.mark.parametrize("prefix", ["homeassistant", ""])
def test_what_was_remembered_is_all_that_the_broker_may_have(prefix):
    memo = Memo("my.house", prefix, (NodeMemo("A", NODE, 0.0, False, {
        "10_6_0": EntityMemo("sensor", "")}),), (ThingMemo("light_2-1_0", ""),), (), ("bus_can0",))
    assert discovery_topics(memo) == (["homeassistant/device/%s/config" % device for device in (
        "vscpwsd_my_house", "vscp_A", "vscpwsd_my_house_light_2-1_0")] if prefix else [])
    assert state_topics(memo) == ["vscpwsd/my.house/" + topic for topic in (
        "state/A/status", "nodes/A", "state/A/10_6_0", "state/things/light_2-1_0",
        "state/daemon/version", "state/daemon/clients", "state/daemon/events",
        "state/daemon/bus_can0")]
