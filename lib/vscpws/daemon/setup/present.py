"""What is configured now: the files of a daemon, those that come with the program, or none yet."""

from __future__ import annotations

import os
from typing import Any, NamedTuple, Optional, Tuple

from ...access.credentials import DEFAULT_KEY, parse_key
from ...can.address import REPLAY, parse_channel
from ...settings import Settings
from ..config.checks import Listen
from ..config.driverblock import DriverBlock, choose_blocks, read_driver_blocks
from ..config.files import read_text
from ..config.ini import Ini, read_ini
from ..config.interfaces import Variables, make_interfaces
from ..config.safety import is_loopback
from ..process.atomicfile import target
from ..process.samples import demo_folder
from .userlist import UserList, read_list

__all__ = ["Present", "look_around"]


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
        """The first CAN interface that is no recording; empty if there is none."""
        return next((channel for channel in self.channels
                     if parse_channel(channel).kind != REPLAY), "")

    def option(self, section: str, key: str) -> Any:
        return self.options.options.get((section, key), "")


def look_around(config: str, ini: str, driver: Optional[str]) -> Present:
    """Reads what there is. Raises ``ConfigurationError`` for a file that can't be understood,
    and ``StartFailed`` for a link that isn't followed."""
    config, ini = target(config), target(ini)
    sample = os.path.join(demo_folder(), "vscpwsd.ini")
    ini_text = _text(ini)
    found = read_ini(ini if ini_text else sample)[0]
    if not ini_text:
        ini_text, found = _text(sample), _moved(found, os.path.dirname(ini))
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


def _moved(ini: Ini, folder: str) -> Ini:
    """What the sample says when it stands in another folder."""
    options = {place: os.path.join(folder, os.path.relpath(value, ini.folder))
               if isinstance(value, str) and os.path.dirname(value) == ini.folder else value
               for place, value in ini.options.items()}
    return ini._replace(folder=folder, options=options)


def _text(path: str) -> str:
    return read_text(path) if os.path.lexists(path) else ""
