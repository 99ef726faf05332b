"""The INI file, through the whole loading of both configuration files.

Allowed is ``ConfigurationError``, each problem of it one line. What is accepted can be described,
and its numbers are in the ranges that the table of options promises.
"""

from __future__ import annotations

import os
import random
import re

from vscpws.daemon.config.load import load
from vscpws.daemon.config.options import OPTIONS, default_text
from vscpws.daemon.config.printout import settings_text
from vscpws.model.errors import ConfigurationError
from vscpws.settings import BusLimits, ClientLimits, LogSettings, Settings

from ..mutator import edge
from ..target import FileTarget, require
from .configured import check_interface, check_problems
from .events import GUIDS
from .xmlblock import CHANNELS

__all__ = ["IniTarget"]

_DRIVER = b"""<driver enable="true"><name>can0</name><config>can0</config></driver>"""
_SECTIONS = ("[tls]", "[logging]", "[limits]", "[variables]", "[DEFAULT]", "[limit]", "[]",
             "[[tls]]", "[[[x]]]")
_RANGE = re.compile(r"(?:whole|seconds)\(([0-9.]+), ([0-9.]+)\)\Z")
_HOSTS = ("ws://localhost:8884", "wss://[::1]:1", "ws://0.0.0.0", "ws://[::]:65535/", "ws://[::1",
          "ws://", "ws://h:0", "ws://h:65536", "http://h", "ws://u@h", "ws://h?x",
          "ws://[fe80::1%eth0]:1", "ws://\u0130", "//h", "ws://h:\u0663", "ws://a..b",
          "ws://[v1.x]")
_VARIABLES = ("can0_interface", "can0_filter", "can0_mask", "can0_config", "can1_mask", "x",
              "_mask")
_JSON = ('{"filter":"0,10","mask":"0,0xFFFF"}', '{"interface":null}', "{", "[]", '{"x":1}',
         '{"mask":1}', '{"mask":"\\ud800"}', "[" * 5000, '{"interface":"can\\n0"}')


class IniTarget(FileTarget):
    name = "ini"
    share = 20
    ending = ".ini"
    longest = 6000
    tokens = _SECTIONS + _HOSTS + _JSON + CHANNELS + GUIDS + (
        "=", " = ", "#", " # ", "'", '"', "'''", '"""', "\n", "\n[limits]\n", "\n[variables]\n",
        ",", "%(x)s", "$x", "\\", "true", "off", "debug", "/ws1", "/../", "\ufeff", "; x",
    ) + tuple(option.key for option in OPTIONS)

    def __init__(self) -> None:
        super().__init__()
        folder = os.path.dirname(self.path)
        self._config = os.path.join(folder, "vscpd.conf")
        with open(self._config, "wb") as file:
            file.write(_DRIVER)
        for name in ("vscp.key", "users.json"):
            with open(os.path.join(folder, name), "wb"):
                pass

    def compose(self, rng: random.Random) -> str:
        lines = []
        section = ""
        for option in sorted(rng.sample(OPTIONS, rng.randint(0, 6)), key=OPTIONS.index):
            if option.section != section:
                section = option.section
                lines.append("[%s]" % section)
            lines.append("%s = %s" % (option.key, _value(rng, option)))
        if rng.random() < 0.5:
            lines.append("[variables]")
            lines += ["%s = %s" % (name, rng.choice((
                rng.choice(CHANNELS), rng.choice(_JSON), "0,10",
                "7,0xFFFF,6," + rng.choice(GUIDS))))
                for name in rng.sample(_VARIABLES, rng.randint(0, 3))]
        return "\n".join(lines) + "\n"

    def check(self, data: bytes) -> None:
        try:
            settings = load(self._config, self.write(data), None, lambda: None)
        except ConfigurationError as error:
            check_problems(error.problems)
            return
        settings_text(settings, self._config, self.path).encode("utf-8")
        for interface in settings.interfaces:
            check_interface(interface)
        require(settings.host == settings.host.strip() and 0 < settings.port < 65536,
                "address %r:%r", settings.host, settings.port)
        groups = {Settings: settings, ClientLimits: settings.clients, BusLimits: settings.bus,
                  LogSettings: settings.logging}
        for option in OPTIONS:
            limits = _RANGE.match(option.check)
            if limits and option.group in groups:
                value = getattr(groups[option.group], option.field)
                require(float(limits.group(1)) <= value <= float(limits.group(2)),
                        "%s is %r", option.key, value)


def _value(rng: random.Random, option) -> str:
    if rng.random() < 0.5:
        return default_text(option)
    if option.key == "interface":
        return rng.choice(_HOSTS)
    return rng.choice((
        edge(rng), "true", "No", "''", '"1"', "/ws1", "/ws2", "0.5", "sid", "warn", "users.json",
        "/"))
