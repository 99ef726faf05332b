"""The XML file with the driver blocks: read, blocks chosen, interfaces made.

Allowed is ``ConfigurationError``, each problem of it one line. Every interface that comes out is
one that the bus room can open.
"""

from __future__ import annotations

import os
import random
from xml.sax.saxutils import escape, quoteattr

from vscpws.daemon.config.driverblock import choose_blocks, read_driver_blocks
from vscpws.daemon.config.interfaces import Variables, make_interfaces
from vscpws.model.errors import ConfigurationError, errors_of

from ..target import FileTarget
from .configured import check_interface, check_problems
from .events import GUIDS

__all__ = ["CHANNELS", "XmlBlockTarget"]

CHANNELS = ("can0", "vcan0", "", ";", "can0;x;y", "virtual:demo", "slcan:/dev/ttyUSB0@125000",
            "replay:", "replay:no.log", "replay:input.conf", "socketcan:can1",
            "socketcand:h,port=1,a=b=c", "a" * 16, "can0@500000", "x:y@0", "x:y@999999999999", ".",
            "..", "can 0", "rfc2217://u@h", "x:@1", "\u20ac" * 6, "x:y,z", "x:y,z=", "CAN:\u0130")
_NAMES = ("can0", "house", "my house", "", " ", "\u20ac", "a\nb", "x" * 300, "can0_interface")
_PATHS = ("/usr/lib/vscp/drivers/level2/vscpl2drv-websocksrv.so", "/usr/lib/x.so", "", "WEBSOCKSRV")
_OPEN = ("<driver>", "<driver enable='true'>", "</driver>", "<level2driver enable='false'>",
         "<level1driver>", "</level1driver>", "<name>x</name>", "<config>can0</config>",
         "<guid>::1</guid>")


class XmlBlockTarget(FileTarget):
    name = "xmlblock"
    share = 50
    ending = ".conf"
    tokens = _OPEN + ("<", ">", "</", "/>", "&", "&lt;", "&#0;", "&#x41;", "&#xD800;", "&a;",
                      "<![CDATA[", "]]>", "<!--", "-->", "<?", "?>",
                      "<?xml version='1.0' encoding='utf-16'?>", "<?xml version='1.1'?>",
                      "<?xml version='1.0' encoding='latin-1'?>",
                      "<?xml version='1.0' encoding='cp437'?>", "<!DOCTYPE a [<!ENTITY a 'b'>]>",
                      "<!DOCTYPE a SYSTEM 'file:///etc/passwd'>", " enable='true'", " name='x'",
                      " xmlns:a='b'", "a:", "'", '"', "=", "\n") + CHANNELS + GUIDS

    def compose(self, rng: random.Random) -> str:
        head = rng.choice(("", "<?xml version='1.0' encoding='UTF-8'?>\n"))
        blocks = "".join(_block(rng) for _ in range(rng.choice((1, 1, 2, 3, 5))))
        if rng.random() < 0.4:
            blocks = "<level2driver%s>%s</level2driver>" % (
                rng.choice(("", " enable='true'", " Enable='FALSE'", " enable=''")), blocks)
        return "%s<vscpconfig>%s</vscpconfig>" % (head, blocks)

    def make(self, rng: random.Random) -> bytes:
        data = super().make(rng)
        if rng.random() < 0.04:
            other = rng.choice(("utf-16", "utf-16-be", "utf-32"))
            return data.decode("utf-8", "replace").encode(other)
        return data

    def check(self, data: bytes) -> None:
        try:
            blocks = read_driver_blocks(self.write(data))
        except ConfigurationError as error:
            check_problems(error.problems)
            return
        for name in (None, "can0"):
            try:
                chosen, odd = choose_blocks(blocks, name, self.path)
            except ConfigurationError as error:
                check_problems(error.problems)
                continue
            variables = Variables("vscpwsd.ini", os.path.dirname(self.path), {})
            interfaces, problems = make_interfaces(chosen, variables, lambda: b"\2\0\0\0\0\1")
            check_problems(odd, needed=False)
            check_problems(problems, needed=False)
            check_problems(errors_of(problems), needed=len(interfaces) != len(chosen))
            for interface in interfaces:
                check_interface(interface)


def _block(rng: random.Random) -> str:
    values = {"name": rng.choice(_NAMES), "path": rng.choice(_PATHS),
              "config": rng.choice(CHANNELS),
              "guid": rng.choice(GUIDS)}
    for key in rng.sample(sorted(values), rng.choice((0, 0, 0, 1, 2))):
        del values[key]
    tag = rng.choice(("driver", "driver", "Driver", "level1driver"))
    enable = rng.choice((" enable='true'", " enable='true'", " ENABLE=' True '", "", " enable='1'"))
    if rng.random() < 0.4:
        attributes = "".join(" %s=%s" % (
            key + rng.choice(("", "-driver")) if key == "path" else key, quoteattr(value))
            for key, value in values.items())
        return "<%s%s%s/>" % (tag, enable, attributes)
    children = "".join("<%s>%s</%s>" % (key, escape(value), key) for key, value in values.items())
    return "<%s%s>%s</%s>" % (tag, enable, children, tag)
