"""Fuzzing: random input for everything that reads what others wrote. ``doc/fuzzing.md``."""
