"""``--setup``: from the demo to a house in one command."""
