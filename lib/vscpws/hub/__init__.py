"""The hub: every event passes here once and leaves for every client that wants it."""
