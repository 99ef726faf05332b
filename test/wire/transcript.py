"""Transcripts: conversations of a client with the server, for people to read and tests to play.

A file has one line per step; ``#`` begins a comment. First what the server is set up with::

    USER: NAME PASSWORD {…}     a user; {…} is his entry in the user file, without name and password
    SETTING: KEY=VALUE          auth-iv, event-keys, login-attempts, state-size; the client is on
                                loopback
    NAMES: {…}                  what is in the file of names; without it there is none

Then what happens::

    C: TEXT         the client sends this message
    S: TEXT         the server sends this one, and nothing before it
    IN: EVENT       an event reaches the server from elsewhere, in ws1 form without its ``E;``; the
                    obid in it is the sender's own idea
    OUT: EVENT      everybody else gets this event, in the same form
    WAIT: SECONDS   time goes by, which stands still else
    FAULT: WHAT     from here on handing on an event fails: bus-full, no-memory, broken; or none
    CLOSED: CODE REASON     the server closes the connection

Texts hold placeholders in braces. What the client sends::

    {sid}                       the session id as the server sent it last
    {iv}                        a fixed one that is no session id
    {crypto NAME PASSWORD}      encrypted with the session id as iv
    {crypto-iv …}               encrypted with the fixed iv
    {crypto-blanks …}           padded with blanks instead of NUL

What the server sends::

    {sid}, {new-sid}            the session id as it was before, or one never seen so far
    {now}, {stamp}              the time in ISO 8601, and as a timestamp
    {obid}, {source}            the number of the client's session, and of whoever sent IN
    {interface}                 the GUID of the interface
    {text}                      anything

And both: ``{repeat N TEXT}`` is TEXT N times.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Callable, Dict, List, NamedTuple, Tuple

__all__ = ["ROOT", "Step", "Transcript", "all_files", "expectation", "fill", "read",
           "repeated"]

ROOT = Path(__file__).parent
_KINDS = ("C", "S", "IN", "OUT", "WAIT", "FAULT", "CLOSED")
_SETTINGS = ("auth-iv", "event-keys", "login-attempts", "state-size")
_PLACEHOLDER = re.compile(r"\{([a-z][a-z-]*)( [^{}]*)?\}")


class Step(NamedTuple):
    line: int
    kind: str
    text: str


class Transcript(NamedTuple):
    """One file: users as entries of the user file but with a clear ``password``."""

    protocol: str
    users: List[dict]
    settings: Dict[str, str]
    steps: List[Step]
    names: List[str]            # at most one


def read(path: Path) -> Transcript:
    """The transcript in a file below ``ROOT/ws1`` or ``ROOT/ws2``."""
    transcript = Transcript(path.parent.name, [], {}, [], [])
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        kind, colon, text = line.partition(":")
        text = text[1:] if text.startswith(" ") else text
        if kind == "USER":
            name, password, entry = text.split(" ", 2)
            transcript.users.append(dict(json.loads(entry), name=name, password=password))
        elif kind == "SETTING" and text.partition("=")[0] in _SETTINGS:
            key, _, value = text.partition("=")
            transcript.settings[key] = value
        elif kind == "NAMES":
            transcript.names.append(text)
        elif kind in _KINDS and colon:
            transcript.steps.append(Step(number, kind, text))
        else:
            raise ValueError("%s:%d: not a line of a transcript: %r" % (path, number, line))
    return transcript


def fill(text: str, words: Callable[[str, str], str]) -> str:
    """``text`` with each placeholder replaced by ``words(name, rest)``."""
    return _PLACEHOLDER.sub(lambda found: words(found[1], (found[2] or "")[1:]), text)


def expectation(text: str, words: Callable[[str, str], str]) -> re.Pattern:
    """A pattern for ``text`` in which ``words(name, rest)`` gives each placeholder's pattern."""
    parts: List[str] = []
    end = 0
    for found in _PLACEHOLDER.finditer(text):
        parts += re.escape(text[end:found.start()]), words(found[1], (found[2] or "")[1:])
        end = found.end()
    return re.compile("".join(parts) + re.escape(text[end:]), re.DOTALL)


def repeated(rest: str) -> str:
    """The text of ``{repeat N TEXT}``."""
    count, _, text = rest.partition(" ")
    return text * int(count)


def all_files() -> Tuple[Path, ...]:
    return tuple(sorted(ROOT.glob("ws[12]/*.txt")))
