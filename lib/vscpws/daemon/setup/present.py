"""What is configured now: the files of a daemon, those that come with the program, or none yet."""

from __future__ import annotations

import os
from typing import Any, NamedTuple, Optional, Tuple

from ...access.credentials import DEFAULT_KEY, parse_key
from ...can.address import DEMO, REPLAY, parse_channel
from ...model.errors import ConfigurationError
from ...settings import Settings
from ..config.checks import Listen
from ..config.driverblock import DriverBlock, choose_blocks, read_driver_blocks
from ..config.files import read_text
from ..config.ini import Ini, read_ini
from ..config.interfaces import Variables, make_interfaces
from ..config.safety import is_loopback
from ..process.atomicfile import target
from ..process.errors import StartFailed
from ..process.samples import demo_folder
from .userlist import UserList, read_list

__all__ = ["Present", "look_around"]

_PLAIN = """\
# The options of vscpwsd: vscpwsd.ini(5) and doc/configuration.md have them all.

interface = ws://localhost:8884
key-file = vscp.key
path-users = users.json
"""


class Present(NamedTuple):
    """Paths are absolute and no links; a text is empty where there is no file."""

    config: str
    ini: str
    ini_text: str               # without a file that of the sample, which is to be the first one
    options: Ini                # what it says
    config_text: str
    blocks: Tuple[DriverBlock, ...]     # those that run
    channels: Tuple[str, ...]   # their CAN interfaces, resolved
    key_file: str
    key: bytes                  # empty: there is none
    users_file: str
    users: UserList

    @property
    def folder(self) -> str:
        """What relative paths are relative to."""
        return os.path.dirname(self.ini)

    @property
    def listen(self) -> Listen:
        """Where the daemon listens; loopback without a right answer."""
        found: Optional[Listen] = self.options.options.get(("", "interface"))
        return found or Listen(Settings.host, Settings.port, False)

    @property
    def is_on_lan(self) -> bool:
        return not is_loopback(self.listen.host)

    @property
    def is_new(self) -> bool:
        """Whether it has no key of its own yet: nothing, or the sample."""
        return self.key in (b"", DEFAULT_KEY)

    @property
    def bus(self) -> str:
        """The first CAN interface that is no demo; empty if there is none."""
        return next((channel for channel in self.channels
                     if parse_channel(channel).kind not in (DEMO, REPLAY)), "")

    def option(self, section: str, key: str) -> Any:
        return self.options.options.get((section, key), "")


def look_around(config: str, ini: str, driver: Optional[str]) -> Present:
    """Reads what there is. Raises ``ConfigurationError`` for a file that can't be understood,
    and ``StartFailed`` for a link that isn't followed."""
    config, ini = target(config), target(ini)
    ini_text, found = (read_text(ini), read_ini(ini)[0]) if os.path.lexists(ini) else _first(ini)
    config_text = _text(config)
    blocks = (choose_blocks(read_driver_blocks(config), driver, config)[0] if config_text else ())
    interfaces = make_interfaces(blocks, Variables(ini, found.folder, found.variables),
                                 lambda: None)[0]
    key_file = target(str(found.options.get(("", "key-file"))))
    users_file = target(str(found.options.get(("", "path-users"))))
    key_text = _text(key_file)
    return Present(
        config, ini, ini_text, found, config_text, blocks,
        tuple(interface.channel for interface in interfaces),
        key_file, parse_key(key_text, key_file) if key_text else b"",
        users_file, read_list(_text(users_file), users_file))


def _first(ini: str) -> Tuple[str, Ini]:
    """The text of an INI file that is the first one, and the files that it names."""
    folder = os.path.dirname(ini)
    options = {("", key): os.path.join(folder, name) for key, name in (
        ("key-file", "vscp.key"), ("path-users", "users.json"), ("names-file", "names.json"))}
    options["", "auth-iv"] = "any"      # the sample's
    return _sample() or _PLAIN, Ini(ini, folder, options, {})


def _sample() -> str:
    """The INI file that comes with the program; empty where somebody has made it his own."""
    try:
        folder = demo_folder()
        key = os.path.join(folder, "vscp.key")
        if parse_key(read_text(key), key) == DEFAULT_KEY:
            return read_text(os.path.join(folder, "vscpwsd.ini"))
    except (StartFailed, ConfigurationError):
        pass
    return ""


def _text(path: str) -> str:
    return read_text(path) if os.path.lexists(path) else ""
