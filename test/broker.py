"""A real mosquitto on loopback, and its own tools as foreign peers."""

from __future__ import annotations

import collections
import itertools
import os
import queue
import socket
import subprocess
import threading
import time

import needs
from local import free_port

__all__ = ["Heard", "Mosquitto"]

DEADLINE = 60.0

_numbers = itertools.count(1)


class Mosquitto:
    """Runs from ``start`` (or ``with``) to ``kill``; ``lines`` are those of its configuration."""

    def __init__(self, folder, *lines, port=None, user="", password="", ca=""):
        self.program = needs.tool("mosquitto")
        self.folder = folder
        self.port = port or free_port()
        self.login = []
        if user:
            self.login += ["-u", user, "-P", password]
        if ca:
            self.login += ["--cafile", ca, "--insecure"]     # we call it by its address
        self.config = folder / ("mosquitto-%d.conf" % self.port)
        self.log = folder / ("mosquitto-%d.log" % self.port)
        if not any(line.startswith("allow_anonymous") for line in lines):
            lines = ("allow_anonymous true", *lines)
        self.config.write_text("\n".join((
            "listener %d 127.0.0.1" % self.port, "user root", "max_queued_messages 100000",
            "log_dest file %s" % self.log, *lines)) + "\n")
        self.process = None
        self.listeners = []

    @property
    def url(self):
        return "mqtt://127.0.0.1:%d" % self.port

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exception):
        for listener in self.listeners:
            listener.end()
        self.kill()

    def start(self):
        self.process = subprocess.Popen([self.program, "-c", str(self.config)],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + DEADLINE
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                assert self.process.poll() is None, self.log.read_text()
                assert time.monotonic() < end
                time.sleep(0.02)

    def kill(self):
        """As if its machine had lost its power."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def pub(self, topic, payload, *options):
        """mosquitto_pub; ``payload`` is text or bytes."""
        if isinstance(payload, str):
            payload = payload.encode()
        subprocess.run([needs.tool("mosquitto_pub"), "-h", "127.0.0.1", "-p", str(self.port),
                        *self.login, "-t", topic, *options, "-s"], input=payload, check=True,
                       timeout=DEADLINE)

    def clear(self, topic):
        """Publish nothing, retained."""
        subprocess.run([needs.tool("mosquitto_pub"), "-h", "127.0.0.1", "-p", str(self.port),
                        *self.login, "-t", topic, "-r", "-n"], check=True, timeout=DEADLINE)

    def sub(self, *topics):
        """mosquitto_sub, which hears when this returns."""
        heard = Heard(self, topics)
        self.listeners.append(heard)
        return heard


class Heard:
    """What one mosquitto_sub prints: retained flag, topic, payload."""

    def __init__(self, broker, topics):
        marker = "marker/%d/%d" % (os.getpid(), next(_numbers))
        arguments = [needs.tool("mosquitto_sub"), "-h", "127.0.0.1", "-p", str(broker.port),
                     *broker.login, "-F", "%r %q %t %p", "-t", marker]
        for topic in topics:
            arguments += ["-t", topic]
        self._lines = queue.Queue()
        self._process = subprocess.Popen(arguments, stdout=subprocess.PIPE,
                                         stderr=subprocess.DEVNULL)
        threading.Thread(target=self._read, daemon=True).start()
        self._marker = marker
        self._early = collections.deque()       # what is retained comes before the marker
        end = time.monotonic() + DEADLINE
        while True:
            broker.pub(marker, "x")
            try:
                while True:
                    line = self._lines.get(timeout=0.2)
                    if line[2] == marker:
                        return
                    self._early.append(line)
            except queue.Empty:
                assert time.monotonic() < end

    def _read(self):
        for line in self._process.stdout:
            retained, qos, topic, payload = line.rstrip(b"\n").split(b" ", 3)
            self._lines.put((retained == b"1", int(qos), topic.decode(), payload))

    def next(self, seconds=DEADLINE):
        """The next message, as (retained, qos, topic, payload)."""
        while True:
            message = self._early.popleft() if self._early else self._lines.get(timeout=seconds)
            if message[2] != self._marker:
                return message

    def until(self, topic, payload=None, seconds=DEADLINE):
        """The next message on a topic (with a payload); what comes before is passed over."""
        end = time.monotonic() + seconds
        while True:
            message = self.next(max(0.01, end - time.monotonic()))
            if message[2] == topic and payload in (None, message[3]):
                return message

    def all(self):
        """What has come so far."""
        found = list(self._early)
        self._early.clear()
        while True:
            try:
                found.append(self._lines.get_nowait())
            except queue.Empty:
                return [each for each in found if each[2] != self._marker]

    def end(self):
        self._process.kill()
        self._process.wait()
