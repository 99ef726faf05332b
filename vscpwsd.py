#!/usr/bin/env python3
"""The vscpwsd daemon; in a checkout it runs from the ``lib/`` beside it."""

import os
import signal
import sys
import warnings

if sys.version_info < (3, 8):
    sys.exit("vscpwsd: needs Python 3.8 or later, this is %d.%d" % sys.version_info[:2])

# Loading takes its time, and only then it is known what a signal should end, and how: ``main`` lets
# them through.
signal.pthread_sigmask(signal.SIG_BLOCK, (
    signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2))

if not sys.warnoptions:     # a library's warnings are for its developers
    warnings.simplefilter("ignore")

_here = os.path.dirname(os.path.realpath(__file__))
_is_checkout = os.path.isdir(os.path.join(_here, "lib", "vscpws"))
if _is_checkout:
    sys.path.insert(0, os.path.join(_here, "lib"))

from vscpws.daemon.cli import main  # noqa: E402
from vscpws.daemon.process.packages import absent  # noqa: E402


def use_environment():
    """In a checkout, where this Python lacks packages: go on with the one of ``.venv``, which
    ``tools/venv`` has made."""
    folder = os.path.join(_here, ".venv")
    python = os.path.join(folder, "bin", "python")
    tried = os.environ.get("VSCPWSD_ENVIRONMENT") == folder
    if _is_checkout and not tried and os.access(python, os.X_OK) and absent():
        os.environ["VSCPWSD_ENVIRONMENT"] = folder
        os.execv(python, [python, os.path.abspath(__file__), *sys.argv[1:]])


if __name__ == "__main__":
    use_environment()
    sys.exit(main(checkout=_here if _is_checkout else None))
