"""What is on right now, and what was: the store of states, and the history of values."""
