"""Home Assistant itself takes minutes and an environment of its own: asked for, or left out."""

import os

collect_ignore = [] if os.environ.get("HASS") else ["test_hass.py"]
