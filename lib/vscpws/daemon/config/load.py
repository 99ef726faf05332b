"""Loading: both files in, settings out, or every problem of both at once."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

from ...model.errors import ConfigurationError, Oddity, Problem, errors_of, oddities_of
from ...model.guid import ZERO, format_guid
from ...settings import (
    BusLimits,
    ClientLimits,
    HostSettings,
    Interface,
    LogSettings,
    MqttSettings,
    Settings,
    StateSettings,
    TlsSettings,
)
from .bridge import bridge_problems, has_bridge
from .checks import Listen
from .driverblock import DriverBlock, NoBlocks, choose_blocks, read_driver_blocks
from .driverjson import has_blocks, is_json, read_driver_json, read_json_blocks, read_json_text
from .filecheck import check_tls, file_complaint, folder_complaint
from .files import read_text
from .hostmac import host_mac
from .ini import Ini, read_ini
from .interfaces import Variables, make_interfaces
from .options import OPTIONS, where_of

__all__ = ["SettingsError", "load", "load_for_host"]

_HOST = "host"                  # what the end is called that the library's host is
# Defaults that are others: the standard error is the host's, and it waits while it closes.
_FOR_HOST = {("logging", "console"): (LogSettings.console, False),
             ("limits", "drain-time"): (ClientLimits.drain_time, 1.0)}
_MOST_ODDITIES = 200            # of a file; copied blocks have one for each pair


class SettingsError(ConfigurationError):
    """What is wrong with the settings, and what is known of them all the same: ``settings`` has the
    defaults in place of what is wrong, so that others can look at the files that it names."""

    def __init__(self, problems: List[Problem], settings: Settings):
        super().__init__(problems)
        self.settings = settings


def load(config_path: str, ini_path: str, driver: Optional[str] = None,
         mac: Callable[[], Optional[bytes]] = host_mac) -> Settings:
    """The settings from the driver blocks in ``config_path`` and the options in ``ini_path``.

    ``driver`` names the one block to run; ``mac`` gives the host's MAC address or None. Files that
    the options name are looked at; what is in the key and user files is not. What is odd is with
    the settings.

    Raises ``SettingsError`` with all problems of both files and of those they name.
    """
    ini, found = _read(ini_path, driver)
    blocks, problems = _blocks(config_path, driver, has_bridge(ini))
    return _load(ini, blocks, problems + found, mac)


def load_for_host(configuration: str, guid: bytes,
                  mac: Callable[[], Optional[bytes]] = host_mac) -> Settings:
    """The settings of the driver library, from what its host hands over: the path of a file, or the
    JSON itself. ``guid`` is the host's, 16 bytes; of zeros: it has given none.

    The one interface is the host itself. It is logged to the console only where that is written,
    and ``drain-time`` is 1 s where nothing else is.
    Raises as ``load``.
    """
    problems: List[Problem] = []
    if is_json(configuration):
        try:
            ini, problems = read_json_text(configuration, "", os.getcwd())
        except ConfigurationError as error:
            ini, problems = Ini("", "", {}, {}), list(error.problems)
    elif configuration.strip():
        ini, problems = _read(configuration.strip(), None)
    else:
        ini, problems = Ini("", "", {}, {}), [Problem("", "", "no configuration is given")]
    for place, (usual, value) in _FOR_HOST.items():
        if place not in ini.given and ini.options.get(place, usual) == usual:
            ini.options[place] = value
    text = format_guid(guid) if guid != ZERO else _guid_in(configuration.strip())
    block = DriverBlock(_HOST, config="virtual:host", guid=text)
    return _load(ini, (block,), problems, mac)


def _guid_in(path: str) -> str:
    """The driver's GUID in vscpd's file; empty for any other."""
    try:
        return choose_blocks(_blocks_in(path))[0][0].guid if has_blocks(path) else ""
    except ConfigurationError:
        return ""


def _load(ini: Ini, blocks: Sequence[DriverBlock], problems: List[Problem],
          mac: Callable[[], Optional[bytes]]) -> Settings:
    interfaces, found = make_interfaces(
        blocks, Variables(ini.file, ini.folder, ini.variables), mac)
    problems += found + _file_problems(ini) + _contradictions(ini) + _tls_problems(ini)
    problems += bridge_problems(ini)
    errors, odd = errors_of(problems), _bounded(oddities_of(problems))
    settings = _settings(ini, interfaces)
    if errors:
        raise SettingsError(odd + errors, settings)
    return replace(settings, oddities=tuple(odd))


def _read(path: str, driver: Optional[str]) -> Tuple[Ini, List[Problem]]:
    """The options of an INI file or of the C++ driver's JSON."""
    try:
        json_file = is_json(read_text(path))
    except ConfigurationError:  # whoever reads it says so
        json_file = False
    return read_driver_json(path, driver) if json_file else read_ini(path)


def _bounded(odd: List[Problem]) -> List[Problem]:
    if len(odd) <= _MOST_ODDITIES:
        return odd
    return odd[:_MOST_ODDITIES] + [
        Oddity("", "", "and %d more such warnings" % (len(odd) - _MOST_ODDITIES))]


def _blocks(path: str, driver: Optional[str], may_be_none: bool
            ) -> Tuple[Tuple[DriverBlock, ...], List[Problem]]:
    """A daemon with a bridge may do without any, as a front-end of others; but not without one
    that it was told to run."""
    try:
        return choose_blocks(_blocks_in(path), driver, path)
    except NoBlocks as error:
        return (), [] if may_be_none and driver is None else list(error.problems)
    except ConfigurationError as error:
        return (), list(error.problems)


def _blocks_in(path: str) -> Tuple[DriverBlock, ...]:
    try:
        text = read_text(path)
    except ConfigurationError:  # XML may have another encoding
        text = ""
    return read_json_blocks(text, path) if is_json(text) else read_driver_blocks(path)


def _settings(ini: Ini, interfaces: Sequence[Interface]) -> Settings:
    """Of an option with a problem, the default."""
    groups: Dict[type, Dict[str, Any]] = {}
    for option in OPTIONS:
        if option.group and (option.section, option.key) in ini.options:
            fields = groups.setdefault(option.group, {})
            fields[option.field] = ini.options[option.section, option.key]
    listen = ini.options.get(("", "interface")) or Listen(Settings.host, Settings.port, False)
    tls = groups.get(TlsSettings, {})
    return Settings(
        interfaces=tuple(interfaces),
        host=listen.host,
        port=listen.port,
        tls=TlsSettings(**tls) if listen.tls and {"cert", "key"} <= set(tls) else None,
        clients=ClientLimits(**groups.get(ClientLimits, {})),
        bus=BusLimits(**groups.get(BusLimits, {})),
        state=StateSettings(**groups.get(StateSettings, {})),
        host_program=HostSettings(**groups.get(HostSettings, {})),
        logging=LogSettings(**groups.get(LogSettings, {})),
        mqtt=MqttSettings(**groups.get(MqttSettings, {})),
        **groups.get(Settings, {}))


def _file_problems(ini: Ini) -> List[Problem]:
    """What the options name and isn't there. An option with a problem of its own is left out."""
    problems = []

    def look(section: str, key: str, needed: bool, complain: Callable[[str], Optional[str]]
             ) -> None:
        path = ini.options.get((section, key))
        if path is None or not path and not needed:
            return
        complaint = complain(path) if path else "must name a file"
        if complaint:
            problems.append(Problem(ini.file, where_of(section, key), complaint))

    look("", "key-file", True, file_complaint)
    look("", "path-users", True, file_complaint)
    if ini.options.get(("", "enable-static")):
        look("", "web-root", False, folder_complaint)
    for key in ("cert", "key", "ca"):
        look("tls", key, False, file_complaint)
    look("logging", "file-path", False, _log_file_complaint)
    return problems


def _log_file_complaint(path: str) -> Optional[str]:
    """The file may be missing or a device; its folder must be there: a daemon makes none."""
    if os.path.isdir(path):
        return "%s: a folder" % path
    if _is_pipe(path):
        return "%s: a pipe or socket, not a file" % path
    return folder_complaint(os.path.dirname(path))


def _is_pipe(path: str) -> bool:
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def _contradictions(ini: Ini) -> List[Problem]:
    """Options that are right one by one but not together."""
    problems: List[Problem] = []
    first, last = (ini.options.get(("limits", key)) for key in ("reopen-first", "reopen-last"))
    if first is not None and last is not None and first > last:
        problems.append(Problem(ini.file, "[limits] reopen-first",
                                "%g is more than reopen-last, %g" % (first, last)))
    states = ini.options.get(("state", "state-file"))
    if states and states == ini.options.get(("state", "history-file")):
        problems.append(Problem(ini.file, "[state] history-file", "%s is state-file too" % states))
    if ini.options.get(("", "enable-ws1")) and ini.options.get(("", "enable-ws2")):
        path = ini.options.get(("", "url-ws1"))
        if path is not None and path == ini.options.get(("", "url-ws2")):
            problems.append(Problem(ini.file, "url-ws2", "%s is url-ws1 too" % path))
    if not any(ini.options.get(("", key), True) for key in ("enable-ws1", "enable-ws2")):
        problems.append(Oddity(ini.file, "", "neither ws1 nor ws2 is enabled: there will be no "
                               "clients"))
    return problems


def _tls_problems(ini: Ini) -> List[Problem]:
    listen: Optional[Listen] = ini.options.get(("", "interface"))
    if listen is None:
        return []
    files = _tls_files(ini)
    if not listen.tls:
        # Whoever names a certificate believes that the connection is encrypted.
        return [Problem(ini.file, "[tls] %s" % key, "is set, but interface says ws:// and would "
                        "not be encrypted: write wss://") for key, path in files.items() if path]
    missing = [Problem(ini.file, "[tls] %s" % key, "must name a file, for interface says wss://")
               for key in ("cert", "key") if not files[key]]
    if missing or any(path and file_complaint(path) for path in files.values()):
        return missing
    return check_tls(TlsSettings(**files))


def _tls_files(ini: Ini) -> Mapping[str, str]:
    return {key: ini.options["tls", key] for key in ("cert", "key", "ca")}
