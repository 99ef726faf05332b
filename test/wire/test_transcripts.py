"""Plays the transcripts against a session: exactly these messages, in this order."""

import hashlib
import json
import re

import pytest

from vscpws.access.attempts import Attempts
from vscpws.access.authority import Authority
from vscpws.access.credentials import encrypt
from vscpws.access.rate import Allowance
from vscpws.access.users import parse_users
from vscpws.codec.ws1 import Ws1Codec
from vscpws.codec.ws2 import Ws2Codec
from vscpws.daemon.names import load_names
from vscpws.memory.memory import Memory
from vscpws.memory.namesfile import NamesFile
from vscpws.model.event import format_datetime
from vscpws.model.guid import format_guid
from vscpws.questions import Questions
from vscpws.session import Session
from vscpws.settings import StateSettings
from wire import transcript
from wire.port import FAULTS, RecordingPort

KEY = bytes(range(16))
NOW = 1767323045_678901                 # 2026-01-02T03:04:05Z
INTERFACE = bytes.fromhex("FFFFFFFFFFFFFFFEB827EB0A11020000")
OBID, SOURCE = 7, 1                     # the session's, and that of whoever else sends
OTHER_IV = "000102030405060708090A0B0C0D0E0F"
FILES = transcript.all_files()


class SessionPlayer:
    """One transcript against one session, with a clock that stands still."""

    def __init__(self, script, folder):
        self.script = script
        self.sid = ""
        self.sids = set()
        self.clock = 0.0
        settings = script.settings
        codec = (Ws1Codec() if script.protocol == "ws1"
                 else Ws2Codec(settings.get("event-keys", "vscp")))
        self.port = RecordingPort(codec)
        authority = Authority(make_users(script.users), KEY,
                              settings.get("auth-iv", "sid"),
                              Attempts(0, 600, now=lambda: 1000.0))
        self.memory = Memory(StateSettings(state_size=int(settings.get("state-size", 4096))),
                             now=lambda: NOW // 1000000 + self.clock, clock=lambda: self.clock)
        self.session = Session(codec, authority, self.port, "127.0.0.1", obid=OBID,
                               interface_guid=INTERFACE, now=lambda: NOW,
                               login_attempts=int(settings.get("login-attempts", 5)),
                               allowance=Allowance(0, now=lambda: 0.0),
                               questions=Questions(codec, self.port, self.memory,
                                                   names_file(script.names, folder), lambda: NOW,
                                                   lambda: self.clock))

    def play(self):
        self.session.greet()
        for step in self.script.steps:
            try:
                getattr(self, "_" + step.kind.lower())(step.text)
            except AssertionError as error:
                raise AssertionError("line %d: %s: %s\n%s" % (
                    step.line, step.kind, step.text, error)) from None
        assert not self.port.sent, "more came than expected"
        assert not self.port.published, "an event went out that was not expected"
        assert self.port.closed is None, "closed unexpectedly"

    def _c(self, text):
        assert not self.port.sent, "not expected: %r" % self.port.sent
        self.session.receive(transcript.fill(text, self._word_sent))

    def _s(self, text):
        assert self.port.sent, "nothing came"
        self._compare(text, self.port.sent.pop(0))

    def _in(self, text):
        text = transcript.fill(text, self._word_sent)
        event = Ws1Codec().decode("E;" + text)._replace(obid=SOURCE)
        self.memory.store.hear([event])
        self.port.deliver(event)

    def _out(self, text):
        assert self.port.published, "no event went out"
        self._compare(text, Ws1Codec().event(self.port.published.pop(0))[2:])

    def _wait(self, text):
        self.clock += float(text)

    def _fault(self, text):
        self.port.fault = FAULTS[text]

    def _closed(self, text):
        assert not self.port.sent, "not expected: %r" % self.port.sent
        assert "%d %s" % (self.port.closed or (0, "")) == text
        self.port.closed = None

    def _compare(self, expected, seen):
        found = transcript.expectation(expected, self._word_expected).fullmatch(seen)
        assert found, "came: %s" % seen
        if "new" in found.groupdict():
            assert found["new"] not in self.sids, "an old session id"
            self.sid = found["new"]
            self.sids.add(self.sid)

    def _word_sent(self, name, rest):
        if name == "repeat":
            return transcript.repeated(rest)
        if name.startswith("crypto"):
            iv = OTHER_IV if name == "crypto-iv" else self.sid
            pad = b" " if name == "crypto-blanks" else b"\0"
            return encrypt(KEY, bytes.fromhex(iv), *rest.split(" "), pad=pad).hex()
        return {"sid": self.sid, "iv": OTHER_IV}[name]

    def _word_expected(self, name, rest):
        if name == "repeat":
            return re.escape(transcript.repeated(rest))
        return {
            "sid": self.sid, "new-sid": "(?P<new>[0-9A-F]{32})", "text": ".*", "obid": str(OBID),
            "source": str(SOURCE),
            "now": format_datetime(NOW), "stamp": str(NOW & 0xFFFFFFFF),
            "interface": format_guid(INTERFACE),
        }[name]


def make_users(entries):
    """The users that a transcript names, by way of a user file; old passwords, to save time."""
    stored = [dict(entry, password=hashlib.md5(
        ("%(name)s:%(password)s" % entry).encode()).hexdigest()) for entry in entries]
    users, problems = parse_users(json.dumps({"users": stored}), "users.json")
    assert not problems
    return users


def names_file(tables, folder):
    path = folder / "names.json"
    for table in tables:
        path.write_text(table)
    interfaces = {"can0": INTERFACE}
    names, problems = load_names(str(path) if tables else "", interfaces)
    assert not problems
    return NamesFile(str(path) if tables else "", names, interfaces)


@pytest.mark.parametrize("path", FILES, ids=["%s-%s" % (f.parent.name, f.stem) for f in FILES])
def test_transcript(path, tmp_path):
    SessionPlayer(transcript.read(path), tmp_path).play()


@pytest.mark.parametrize("protocol, code", [
    ("ws1", r"-;[^;]*;(\d+);"), ("ws2", r'"errcode":(\d+),')])
def test_the_transcripts_show_every_error(protocol, code):
    shown = {found for path in FILES if path.parent.name == protocol
             for step in transcript.read(path).steps if step.kind == "S"
             for found in re.findall(code, step.text)}
    assert shown == set(map(str, range(1, 11)))
