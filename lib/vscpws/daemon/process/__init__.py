"""The process around the daemon: detaching, rights, PID file, listener, logs, signals."""
