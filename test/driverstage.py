"""The driver library on a stage: built once, loaded by a host in C, with real clients."""

from __future__ import annotations

import atexit
import functools
import importlib.util
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import websocket as websocket_client

import needs
from local import free_port
from login import DEFAULT_KEY, crypto_text

__all__ = ["Host", "TIMEOUT", "asan", "build_module", "client_of", "host_program", "library",
           "until", "write_files"]

ROOT = Path(__file__).resolve().parents[1]
TIMEOUT = 60                    # s; no answer takes that long if all is well

_spec = importlib.util.spec_from_file_location("vscpws_driver_build", ROOT / "driver" / "build.py")
build_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(build_module)


@functools.lru_cache(maxsize=None)
def _folder():
    folder = tempfile.mkdtemp(prefix="vscpwsd-test-driver-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


@functools.lru_cache(maxsize=None)
def library(*flags):
    """The path of a library for this Python, with further flags of the compiler."""
    folder = _folder() / ("library" + "".join(flags).replace("/", "_"))
    try:
        return build_module.build(str(folder), "0.1.0", str(ROOT / "lib"),
                                  ("-Werror", *flags))
    except build_module.BuildFailed as error:
        if "missing" not in str(error):
            raise
        needs.condition(False, str(error))


@functools.lru_cache(maxsize=None)
def host_program(*flags):
    """The path of the host."""
    path = _folder() / ("host" + "".join(flags).replace("/", "_"))
    subprocess.run([needs.tool("gcc"), "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-pthread",
                    *flags, str(Path(__file__).parent / "driver" / "host.c"), "-o", str(path),
                    "-ldl"], check=True, timeout=120)
    return str(path)


@functools.lru_cache(maxsize=None)
def asan():
    """What to preload for AddressSanitizer: its library, and that of C++, whose exceptions it wants
    to see from the beginning."""
    paths = []
    for name in ("libasan.so", "libstdc++.so"):
        path = subprocess.run([needs.tool("gcc"), "-print-file-name=" + name], check=True,
                              text=True, stdout=subprocess.PIPE).stdout.strip()
        needs.condition(os.path.isabs(path), "gcc's " + name)
        paths.append(os.path.realpath(path))
    return " ".join(paths)


def write_files(folder, **options):
    """The C++ driver's file with these options, users and key; returns its path and the port."""
    conf = ROOT / "conf"
    for name in ("users.json", "vscp.key"):
        shutil.copy(conf / name, folder / name)
        (folder / name).chmod(0o600)
    port = free_port()
    content = {"interface": "ws://127.0.0.1:%d" % port, "key-file": "vscp.key",
               "path-users": "users.json", "max-message-rate": 0,
               "logging": {"file-path": "log"}, **options}
    path = folder / "websocksrv.json"
    path.write_text(json.dumps(content))
    return path, port


class Host:
    """A process that has loaded the library; ``how`` as in ``host.c``."""

    def __init__(self, *how, layout=56, path=None, program=None, environment=None):
        there, here = os.pipe(), os.pipe()
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [program or host_program(), path or library(), str(layout), str(there[0]),
             str(here[1]), *how], pass_fds=(there[0], here[1]), stderr=self.errors,
            stdout=self.errors, env=dict(os.environ, **environment or {}))
        os.close(there[0])
        os.close(here[1])
        self._in, self._out = os.fdopen(there[1], "w"), here[0]
        self._buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._in.close()
        try:
            self.process.wait(TIMEOUT)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            os.close(self._out)
            self.said = self.read_errors()
            self.errors.close()

    def read_errors(self):
        """What it wrote to its standard output and error."""
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace")

    def send(self, *words):
        self._in.write(" ".join(map(str, words)) + "\n")
        self._in.flush()

    def line(self, timeout=TIMEOUT):
        """The next line that it says."""
        end = time.monotonic() + timeout
        while b"\n" not in self._buffer:
            left = end - time.monotonic()
            assert left > 0 and select.select([self._out], [], [], left)[0], "the host hangs"
            piece = os.read(self._out, 1 << 16)
            assert piece, "the host is gone: %s" % self.read_errors()
            self._buffer += piece
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.decode()

    def ask(self, *words, timeout=TIMEOUT):
        """The answer to a command, without its name."""
        self.send(*words)
        name, _, rest = self.line(timeout).partition(" ")
        assert name == words[0], (name, rest)
        return rest

    def asked(self, *words, timeout=TIMEOUT):
        """The same as a dictionary of what has names."""
        return dict(each.split("=", 1) for each in self.ask(*words, timeout=timeout).split()
                    if "=" in each)

    def open(self, configuration, guid="-"):
        """The handle's number; 0 if it couldn't be opened."""
        return int(self.ask("open", guid, configuration).split()[0])

    def close(self, handle):
        """The code of VSCPClose."""
        return int(self.ask("close", handle).split()[0])


def client_of(port, path="/ws1", user="admin"):
    """A client that has logged in and opened its channel."""
    client = websocket_client.create_connection("ws://127.0.0.1:%d%s" % (port, path),
                                                timeout=TIMEOUT)
    if path == "/ws1":
        sid = client.recv().split(";")[2]
        client.send("C;AUTH;%s;%s" % (sid, crypto_text(user, "secret", sid, DEFAULT_KEY)))
        assert client.recv().startswith("+;AUTH1")
        client.send("C;OPEN")
        assert client.recv() == "+;OPEN"
        return client
    sid = json.loads(client.recv())["args"][1]
    for command, args in (("AUTH", {"iv": sid, "crypto": crypto_text(user, "secret", sid)}),
                          ("OPEN", None)):
        client.send(json.dumps({"type": "CMD", "command": command, "args": args}))
        assert json.loads(client.recv())["type"] == "+"
    return client


def until(condition, seconds=TIMEOUT):
    """Wait until it holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "not in %d s" % seconds
        time.sleep(0.02)
