"""What a target is: it composes inputs, and says whether the program behaved on one."""

from __future__ import annotations

import contextlib
import logging
import os
import random
import tempfile
from pathlib import Path
from typing import Iterator, List, Optional, Sequence, Tuple

from .mutator import Mutator

__all__ = ["Broken", "FileTarget", "Target", "load_input", "require", "save_input"]

PROGRAM = "vscpws"              # whose log is watched
CORPUS = Path(__file__).resolve().parent / "corpus"


class Broken(AssertionError):
    """The program kept quiet and yet did what it must not do."""


def require(condition: object, text: str, *values: object) -> None:
    """Raise ``Broken`` with ``text % values`` unless the condition holds."""
    if not condition:
        raise Broken(text % values)


class Target:
    """One public entry point of the program.

    ``name`` is also the corpus's folder; ``share`` is how many of a thousand inputs are this
    target's when all run; ``longest`` is in characters.
    """

    name = ""
    share = 0
    longest = 20000
    tokens: Sequence[str] = ()
    encoding = "utf-8"

    def __init__(self) -> None:
        self.corpus: List[Tuple[str, bytes]] = load_corpus(CORPUS / self.name)
        self._texts = [self._decode(data) for _, data in self.corpus]
        self._mutator = Mutator(self.tokens, self._texts, self.longest)
        self._log = _LogWatch()

    def compose(self, rng: random.Random) -> str:
        """A text that the target's grammar may well allow."""
        raise NotImplementedError

    def check(self, data: bytes) -> None:
        """Feed the program; raises whatever should not have come out of it."""
        raise NotImplementedError

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """What must be around all calls of ``check``: the program's log goes to this target."""
        log = logging.getLogger(PROGRAM)
        before = log.level, log.propagate, log.handlers[:]
        log.setLevel(logging.DEBUG)
        log.propagate, log.handlers[:] = False, [self._log]
        try:
            yield
        finally:
            log.setLevel(before[0])
            log.propagate, log.handlers[:] = before[1:]

    def logged_error(self) -> Optional[BaseException]:
        """The exception that the program has logged since the last call."""
        error, self._log.error = self._log.error, None
        return error

    def make(self, rng: random.Random) -> bytes:
        """The input that this generator's state stands for."""
        text = self.compose(rng) if rng.random() < 0.6 else rng.choice(self._texts)
        return self._mutator.damage(rng, text).encode(self.encoding, self._errors())

    def _decode(self, data: bytes) -> str:
        return data.decode(self.encoding, self._errors())

    def _errors(self) -> str:
        return "surrogateescape" if self.encoding == "utf-8" else "replace"


class FileTarget(Target):
    """A target that reads a file: the input is put into one, in a folder for temporary files."""

    ending = ""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory(prefix="vscpwsd-fuzz-")
        self.path = os.path.join(self._folder.name, "input" + self.ending)

    def write(self, data: bytes) -> str:
        """The path of a file that holds ``data``."""
        with open(self.path, "wb") as file:
            file.write(data)
        return self.path


class _LogWatch(logging.Handler):
    """Renders every record, as a log would, and keeps the exception that one carries."""

    def __init__(self) -> None:
        super().__init__()
        self.error: Optional[BaseException] = None

    def emit(self, record: logging.LogRecord) -> None:
        record.getMessage()
        if record.exc_info:
            self.error = record.exc_info[1]


def load_corpus(folder: Path) -> List[Tuple[str, bytes]]:
    """The entries of a corpus folder: names and contents, in the order of their names."""
    return [(path.name, load_input(path)) for path in sorted(folder.iterdir())]


def load_input(path: Path) -> bytes:
    """An input as it is kept: ``.hex`` holds hex digits, with comments after ``#``; else as is."""
    if path.suffix != ".hex":
        return path.read_bytes()
    lines = path.read_text(encoding="ascii").splitlines()
    return bytes.fromhex("".join(line.partition("#")[0] for line in lines))


def save_input(path: Path, data: bytes) -> Path:
    """Keep an input, as text if it is UTF-8 and as hex otherwise; returns where."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        digits = data.hex()
        path = path.with_suffix(".hex")
        path.write_text("".join(digits[at:at + 80] + "\n" for at in range(0, len(digits), 80)))
    else:
        path = path.with_suffix(".txt")
        path.write_bytes(data)
    return path
