"""Network namespaces for a test, each joined to the test's own by a cable.

::

    with Namespace(1) as house:
        with house:                     # this thread is in there: sockets, programs that it starts
            daemon.start()
        house.outside, house.inside     # the two ends' addresses

Needs the rights of root and veth in the kernel.
"""

from __future__ import annotations

import ctypes
import os
import subprocess

import needs

__all__ = ["Namespace"]

_CLONE_NEWNET = 0x40000000

_libc = ctypes.CDLL(None, use_errno=True)


class Namespace:
    """Number ``number`` (1 to 250). Entered like a block, again and again; ``close`` ends it."""

    def __init__(self, number):
        needs.root()
        self.inside, self.outside = ("10.77.%d.%d" % (number, end) for end in (2, 1))
        self._before = []
        own = _current()
        _call(_libc.unshare(_CLONE_NEWNET))
        try:
            self._namespace = _current()
            # Somebody has to live there, so that the cable's end can be put there by number.
            self._holder = subprocess.Popen(["sleep", "100000"])
            ip("link", "set", "lo", "up")
        finally:
            _call(_libc.setns(own, _CLONE_NEWNET))
            os.close(own)
        cable = "cable%d" % number
        ip("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns",
           str(self._holder.pid))
        ip("addr", "add", self.outside + "/24", "dev", cable)
        ip("link", "set", cable, "up")
        with self:
            ip("addr", "add", self.inside + "/24", "dev", "eth0")
            ip("link", "set", "eth0", "up")

    def __enter__(self):
        self._before.append(_current())
        _call(_libc.setns(self._namespace, _CLONE_NEWNET))
        return self

    def __exit__(self, *_):
        before = self._before.pop()
        _call(_libc.setns(before, _CLONE_NEWNET))
        os.close(before)

    def close(self):
        self._holder.kill()
        self._holder.wait()
        os.close(self._namespace)


def ip(*arguments):
    subprocess.run([needs.tool("ip"), *arguments], check=True)


def _current():
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY)


def _call(result):
    if result:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
