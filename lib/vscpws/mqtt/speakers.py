"""All that speak through the bridge, as one: what one does wrong doesn't reach the others."""

from __future__ import annotations

import logging
from typing import Any, Callable, Dict, List, Sequence

from ..model.event import Event
from ..reading.names import Names
from .forms.packets import Message
from .ports import Broker, House, MakeSpeaker, Speaker

__all__ = ["Speakers", "guarded"]

log = logging.getLogger(__name__)


def guarded(function: Callable[..., Any], *args: Any) -> None:
    """Call it, and log whatever it raises."""
    try:
        function(*args)
    except Exception:
        log.exception("mqtt: unexpected error")


class Speakers:
    """The methods are those of ``ports.Speaker``."""

    def __init__(self, makes: Sequence[MakeSpeaker], broker: Broker, house: House) -> None:
        self._all: List[Speaker] = [make(broker, house) for make in makes]
        self.topics = [each for speaker in self._all for each in speaker.subscriptions()]
        self._names = house.names

    def connected(self) -> None:
        for speaker in self._all:
            guarded(speaker.connected)

    def lost(self) -> None:
        for speaker in self._all:
            guarded(speaker.lost)

    def take(self, events: Sequence[Event]) -> None:
        for speaker in self._all:
            guarded(speaker.take, events)

    def message(self, message: Message) -> None:
        for speaker in self._all:
            guarded(speaker.message, message.topic, message.payload or b"", message.retained)

    def tick(self, now: float) -> None:
        for speaker in self._all:
            guarded(speaker.tick, now)

    def replace(self, names: Names) -> None:
        """Nothing if they are the ones in force."""
        if names is not self._names:
            self._names = names
            for speaker in self._all:
                guarded(speaker.replace, names)

    def stop(self) -> None:
        for speaker in self._all:
            guarded(speaker.stop)

    def status(self) -> Dict[str, Any]:
        """By a name for each."""
        return {"speaker%d" % number if number else "speaker": speaker.status()
                for number, speaker in enumerate(self._all)}
