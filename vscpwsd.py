#!/usr/bin/env python3
"""The vscpwsd daemon; in a checkout it runs from the ``lib/`` beside it."""

import os
import sys
import warnings

if sys.version_info < (3, 8):
    sys.exit("vscpwsd: needs Python 3.8 or later, this is %d.%d" % sys.version_info[:2])

if not sys.warnoptions:     # a library's warnings are for its developers
    warnings.simplefilter("ignore")

_here = os.path.dirname(os.path.realpath(__file__))
_is_checkout = os.path.isdir(os.path.join(_here, "lib", "vscpws"))
if _is_checkout:
    sys.path.insert(0, os.path.join(_here, "lib"))

from vscpws.cli import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(checkout=_here if _is_checkout else None))
