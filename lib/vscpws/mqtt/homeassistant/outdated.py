"""All that the broker was given to keep, as far as it is remembered."""

from __future__ import annotations

from typing import List

from .memo import Memo
from .nodes import topics_of
from .topics import DAEMON, THINGS, Topics

__all__ = ["discovery_topics", "state_topics"]

_OWN = ("version", "clients", "events")


def discovery_topics(memo: Memo) -> List[str]:
    """Those of Home Assistant's discovery."""
    topics = Topics(memo.name, memo.prefix)
    devices = [topics.daemon_id, *("vscp_%s" % node.id for node in memo.nodes),
               *("%s_%s" % (topics.daemon_id, thing.id) for thing in memo.things)]
    return [topics.discovery(device) for device in devices] if memo.prefix else []


def state_topics(memo: Memo) -> List[str]:
    """Those of states, of who is there, and of the list of nodes."""
    topics = Topics(memo.name, memo.prefix)
    return [*(topic for node in memo.nodes for topic in topics_of(topics, node)),
            *(topics.state(THINGS, thing.id) for thing in memo.things),
            *(topics.state(DAEMON, key) for key in (*_OWN, *memo.buses))]
