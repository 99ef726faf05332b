"""The settings as text, for ``--check-config``."""

from __future__ import annotations

import os
from typing import List

from ...model.escaping import escaped
from ...model.guid import format_guid
from ...settings import Interface, Settings
from .changes import value_of
from .options import OPTIONS, Option, default_text, value_text

__all__ = ["settings_text"]

_WIDTH = 28                     # columns of the names
_EMPTY = {"web-root": "(the built-in page)", "file-path": "(none)", "ca": "(none)",
          "names-file": "(none)", "state-file": "(none)", "history-file": "(none)",
          "url": "(none)"}


def settings_text(settings: Settings, config_path: str = "", ini_path: str = "") -> str:
    """What would run: every interface and every option, one per line, in the INI's own terms.

    A ``*`` marks what is not the default. The paths, where given, say where it all came from.
    Holds no secrets: keys and passwords are in files of their own, of which it names the paths.
    """
    lines = ["CAN interfaces" + _origin(config_path)]
    for interface in settings.interfaces:
        lines += _interface(interface)
    lines += ["", "Options" + _origin(ini_path) + "; * is not the default"]
    section = ""
    for option in OPTIONS:
        if option.section == "tls" and settings.tls is None:
            continue
        if option.section != section:
            section = option.section
            lines.append("  [%s]" % section)
        text = _text(settings, option)
        mark = " " if text == _default(option, ini_path) else "*"
        lines.append(_line(mark, option.key, text or _EMPTY.get(option.key, "")))
    return "\n".join(lines)


def _origin(path: str) -> str:
    return " from %s" % escaped(path) if path else ""


def _interface(interface: Interface) -> List[str]:
    lines = ["  %s" % escaped(interface.name),
             _line(" ", "  interface", interface.channel),
             _line(" ", "  guid", format_guid(interface.guid))]
    if interface.filter.passes_all():
        return lines + [_line(" ", "  filter", "(everything passes)")]
    return lines + [_line(" ", "  filter", str(interface.filter.filter)),
                    _line(" ", "  mask", str(interface.filter.mask))]


def _default(option: Option, ini_path: str) -> str:
    text = default_text(option)
    if option.check == "path()" and text and ini_path:
        return os.path.abspath(os.path.join(os.path.dirname(ini_path), text))
    return text


def _line(mark: str, name: str, value: str) -> str:
    return " %s  %s %s" % (mark, name.ljust(_WIDTH), escaped(value))


def _text(settings: Settings, option: Option) -> str:
    if option.group is None:
        return _listen(settings)
    return value_text(value_of(settings, option))


def _listen(settings: Settings) -> str:
    host = "[%s]" % settings.host if ":" in settings.host else settings.host
    return "%s://%s:%d" % ("wss" if settings.tls else "ws", host, settings.port)
