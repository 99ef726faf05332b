"""Loops that are kept running, waits that grow, work aside, and the way in from native threads."""
