"""Helper processes: one line of JSON in is a method call, one line out its result."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
from typing import Any, Optional

from machine import pin

__all__ = ["Failure", "Helper", "answer_commands"]

_HERE = pathlib.Path(__file__).resolve().parent


class Failure(Exception):
    """A measurement could not be done; the text says why."""


class Helper:
    """The process of ``script``, on a core of its own. Ended by ``close``."""

    def __init__(self, script: str, core: Optional[int]):
        self._process = subprocess.Popen(
            [sys.executable, str(_HERE / script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            encoding="utf-8")
        pin(self._process.pid, core)

    def begin(self, method: str, *args: Any) -> None:
        """Call without waiting."""
        self.say(json.dumps([method, *args]))

    def say(self, line: str) -> None:
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def result(self) -> Any:
        """The result of the call that has begun; raises ``Failure`` with its error."""
        line = self._process.stdout.readline()
        if not line:
            raise Failure("a helper process ended")
        result, error = json.loads(line)
        if error:
            raise Failure(error)
        return result

    def call(self, method: str, *args: Any) -> Any:
        self.begin(method, *args)
        return self.result()

    def close(self) -> None:
        self._process.stdin.close()
        self._process.stdout.close()
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def answer_commands(target: Any) -> None:
    """The helper's side: serve until the input ends."""
    while True:
        line = sys.stdin.readline()
        if not line:
            return
        method, *args = json.loads(line)
        try:
            answer = [getattr(target, method)(*args), ""]
        except Exception as error:      # whatever it is, the caller has to know
            answer = [None, "%s: %s" % (type(error).__name__, error)]
        try:
            print(json.dumps(answer), flush=True)
        except BrokenPipeError:         # the run has been ended meanwhile
            os._exit(1)
