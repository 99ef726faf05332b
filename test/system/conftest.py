"""The tests on a CAN bus switch vcan0 off and delete it: only where a machine was made for that.

``test/system/uml/run`` makes one and sets VSCPWSD_TEST_BUS; ``test_uml.py`` calls it.
"""

from __future__ import annotations

import os

collect_ignore = [] if os.environ.get("VSCPWSD_TEST_BUS") else [
    "test_pages.py", "test_socketcan.py"]
