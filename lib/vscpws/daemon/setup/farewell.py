"""What is said in the end: where to open it, and what comes next."""

from __future__ import annotations

import os
from typing import List

from ...can.address import SOCKETCAN, parse_channel
from ..process.hostnames import reached_at
from ..process.samples import init_folder
from . import host
from .plan import Plan

__all__ = ["addresses", "next_steps"]

_DROP_INS = "/etc/systemd/system/vscpwsd.service.d"
# What talks to USB itself, and not through the kernel's serial lines or SocketCAN.
_USB = ("gs_usb", "canalystii", "cantact", "pcan", "kvaser", "ixxat", "systec", "usb2can")
_AS_A_SERVICE = ("At boot, as a service: installed (README.md, \"Install it\"), and set up there "
                 "as root: vscpwsd.py --setup")
_MOST_ADDRESSES = 8             # that are listed


def addresses(plan: Plan) -> List[str]:
    """Links to the page, the likeliest first. They carry the key of the login behind a ``#``, which
    no browser sends anywhere: who opens one needs only name and password."""
    scheme = "https" if plan.has_tls else "http"
    return ["%s://%s:%d/#key=%s" % (scheme, "[%s]" % name if ":" in name else name, plan.port,
                                    plan.key[:32])
            for name in reached_at(plan.host)[:_MOST_ADDRESSES]]


def next_steps(plan: Plan, start: str, is_running: bool) -> List[str]:
    """Commands that bring bus and daemon up, now and at boot; ``start`` is the one that starts it
    by hand, empty for the machine's own daemon."""
    lines = []
    missing = host.absence(plan.channel)
    if missing:
        lines += ["The bus: %s" % missing]
    if parse_channel(plan.channel).kind == SOCKETCAN:
        lines += ["The bus at boot, with systemd-networkd: cp %s /etc/systemd/network/"
                  % os.path.join(init_folder(), "can0.network")]
    if start:
        return lines + ["The daemon: %s" % start, _AS_A_SERVICE]
    return lines + _service_steps(plan, is_running)


def _drop_in(channel: str) -> str:
    """The file of ``init/`` that allows the unit this kind of adapter; empty if it needs none."""
    address = parse_channel(channel)
    if address.kind in _USB:
        return "usb.conf"
    return "serial.conf" if address.channel.startswith("/dev/") else ""


def _service_steps(plan: Plan, is_running: bool) -> List[str]:
    unit = host.unit()
    if unit.kind == "init":
        return ["The daemon: service vscpwsd restart"]
    if unit.kind != "systemd":
        return ["The daemon: vscpwsd.py %s" % ("restart" if is_running else "start")]
    steps = []
    if not unit.is_installed:
        folder = init_folder()
        steps += ["The service, once:",
                  "  cp %s/vscpwsd.service /etc/systemd/system/" % folder,
                  "  systemd-sysusers %s/vscpwsd.sysusers" % folder,
                  "  vscpwsd.py --setup --yes     (again: it gives the secrets to its group)"]
    name = _drop_in(plan.channel)
    if name and not os.path.exists(os.path.join(_DROP_INS, name)):
        steps += ["The adapter is more than the unit allows; once:",
                  "  install -D -m 644 %s %s" % (os.path.join(init_folder(), name),
                                                os.path.join(_DROP_INS, name))]
    if steps:
        steps.append("  systemctl daemon-reload")
    return steps + ["The daemon, now and at boot: systemctl enable vscpwsd; "
                    "systemctl restart vscpwsd"]
