"""Two requests to the guest's kernel, so that the guest needs neither kmod nor an init system.

::

    kernel.py load FILE...      loads modules, in this order
    kernel.py off               switches the machine off, at once
"""

from __future__ import annotations

import ctypes
import os
import sys

_FINIT_MODULE = 313 if sys.maxsize > 2 ** 32 else 350       # x86, the only UML there is
_POWER_OFF = 0x4321FEDC                                     # reboot(2)

_libc = ctypes.CDLL(None, use_errno=True)


def load(files):
    for file in files:
        with open(file, "rb") as module:
            if _libc.syscall(_FINIT_MODULE, module.fileno(), b"", 0):
                sys.exit("%s: %s" % (file, os.strerror(ctypes.get_errno())))


def off():
    os.sync()
    _libc.reboot(ctypes.c_int(_POWER_OFF))


if __name__ == "__main__":
    if sys.argv[1] == "load":
        load(sys.argv[2:])
    else:
        off()
