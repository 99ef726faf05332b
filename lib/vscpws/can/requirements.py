"""python-can's interfaces and what each needs, so that a missing package has a name.

Whether a package is there is looked up without importing it. Interfaces that other packages add to
python-can (entry points ``can.interface``) are known, too.
"""

from __future__ import annotations

import difflib
import importlib.util
from importlib.metadata import entry_points
from typing import Dict, Iterable, List, NamedTuple, Optional, Tuple

from ..model.errors import Problem
from ..settings import Interface
from .address import DEMO, REPLAY, SOCKETCAN, parse_channel

__all__ = ["ADAPTERS", "Need", "adapter_complaint", "adapter_problems", "known_kinds"]

_GROUP = "can.interface"
_LISTED = 3                     # similar names that a message shows
_SIMILAR = 0.7                  # as difflib measures


class Need(NamedTuple):
    """A Python module, the package that has it, our extra and Debian's package; may be empty."""

    module: str
    package: str
    extra: str = ""
    debian: str = ""


_SERIAL = (Need("serial", "pyserial", "serial", "python3-serial"),)
_GS_USB = (Need("usb", "pyusb", "gs_usb", "python3-usb"), Need("gs_usb", "gs-usb", "gs_usb"))

#: By python-can's name; empty: python-can alone, or the vendor's driver that no package has.
ADAPTERS: Dict[str, Tuple[Need, ...]] = {
    "canalystii": (Need("canalystii", "canalystii", "canalystii"),),
    "cantact": (Need("cantact", "cantact", "cantact"),),
    "etas": (),
    "gs_usb": _GS_USB,
    "iscan": (),
    "ixxat": (),
    "kvaser": (),
    "neousys": (),
    "neovi": (Need("ics", "python-ics", "neovi"),),
    "nican": (),
    "nixnet": (Need("nixnet", "nixnet", "nixnet"),),
    "pcan": (),
    "robotell": _SERIAL,
    "seeedstudio": _SERIAL,
    "serial": _SERIAL,
    "slcan": _SERIAL,
    "socketcand": (),
    "systec": (),
    "udp_multicast": (Need("msgpack", "msgpack", "udp", "python3-msgpack"),),
    "usb2can": (),
    "vector": (),
    "virtual": (),
}


def known_kinds() -> List[str]:
    """All kinds of interface that a channel text can name on this machine."""
    return sorted({SOCKETCAN, REPLAY, DEMO, *ADAPTERS, *_added()})


def _added() -> List[str]:
    """What other packages add to python-can."""
    try:
        found = entry_points()
        # Until Python 3.9 a plain dictionary.
        points = found.select(group=_GROUP) if hasattr(found, "select") else found.get(_GROUP, ())
        return [point.name for point in points]
    except Exception:           # another package's broken metadata is no reason to end
        return []


def adapter_complaint(kind: str) -> Optional[str]:
    """Why ``kind`` can't work on this machine and what mends it, in one line; None if it may."""
    if kind not in known_kinds():
        near = difflib.get_close_matches(kind, known_kinds(), _LISTED, _SIMILAR)
        return "%r is no kind of CAN interface%s" % (kind[:40], (
            "; did you mean %s?" % " or ".join(near)) if near else
            "; there are " + ", ".join(known_kinds()))
    missing = [need for need in ADAPTERS.get(kind, ()) if not _is_there(need.module)]
    return _advice(kind, missing) if missing else None


def adapter_problems(interfaces: Iterable[Interface], file: str) -> List[Problem]:
    """The kinds of interface that can't work on this machine; ``file`` has the driver blocks."""
    found = ((interface, adapter_complaint(parse_channel(interface.channel).kind))
             for interface in interfaces)
    return [Problem(file, "driver %s: interface" % interface.name, complaint)
            for interface, complaint in found if complaint]


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def _advice(kind: str, missing: List[Need]) -> str:
    packages = " and ".join(need.package for need in missing)
    debian = " ".join(need.debian for need in missing if need.debian)
    return "%s needs the Python package %s, which is not installed: pip install 'vscpwsd[%s]'%s" % (
        kind, packages, missing[0].extra, " (Debian: apt install %s)" % debian if debian else "")
