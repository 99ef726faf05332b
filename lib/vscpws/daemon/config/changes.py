"""What a reload finds: the options whose values have changed, and what that takes.

Whether a new value counts at once or needs a restart stands with each option, in ``options``.
"""

from __future__ import annotations

from typing import Any, Dict, List

from ...settings import (
    BusLimits,
    ClientLimits,
    HostSettings,
    LogSettings,
    MqttSettings,
    Settings,
    StateSettings,
    TlsSettings,
)
from .options import OPTIONS, RELOAD, Option

__all__ = ["changed_options", "limits_in_force", "value_of"]


def value_of(settings: Settings, option: Option) -> Any:
    """The option's value; None for one of ``[tls]`` where the connection is not encrypted."""
    if option.group is None:    # interface
        return settings.host, settings.port, settings.tls is not None
    group = {Settings: settings, ClientLimits: settings.clients, BusLimits: settings.bus,
             LogSettings: settings.logging, StateSettings: settings.state,
             HostSettings: settings.host_program, MqttSettings: settings.mqtt,
             TlsSettings: settings.tls}[option.group]
    return getattr(group, option.field, None)


def changed_options(old: Settings, new: Settings) -> List[Option]:
    """The options that have another value now, in the table's order.

    Where encryption was switched on or off that is a change of ``interface`` alone.
    """
    switched = (old.tls is None) != (new.tls is None)
    return [option for option in OPTIONS
            if value_of(old, option) != value_of(new, option)
            and not (switched and option.group is TlsSettings)]


def limits_in_force(running: Settings, latest: Settings) -> Dict[str, Any]:
    """The limits by option, each in its unit: of what runs, and where a reload is enough, of the
    latest settings."""
    return {option.key: value_of(latest if option.reload == RELOAD else running, option)
            for option in OPTIONS if option.group in (ClientLimits, BusLimits, StateSettings)
            and option.check != "path()"}
