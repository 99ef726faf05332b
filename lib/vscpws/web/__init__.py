"""Websockets and HTTP: the server, its clients, the static page and the health report."""
