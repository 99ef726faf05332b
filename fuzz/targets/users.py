"""The user file.

Allowed is ``ConfigurationError`` for the whole file and a problem for an entry, each one line. A
user that comes out can be used for everything a user is used for, and what is told about him reads
back.
"""

from __future__ import annotations

import json
import random

from vscpws.access.credentials import is_valid_stored
from vscpws.access.remotes import Remotes
from vscpws.access.rights import class_right
from vscpws.access.rules import EventRules
from vscpws.access.selection import Selection
from vscpws.access.users import User, parse_users
from vscpws.codec.ws1 import Ws1Codec
from vscpws.daemon.config.files import read_text
from vscpws.model.errors import ConfigurationError, NotAllowed
from vscpws.model.event import Event, priority_of
from vscpws.model.filter import parse_pattern

from ..mutator import CHARACTERS
from ..target import FileTarget, require
from .configured import check_problems
from .events import GUIDS, some_number

__all__ = ["UsersTarget"]

_SALTED = "9DF07800A52B8001C724F08A4F3859D1;" + "0123456789ABCDEF" * 4
_PASSWORDS = (_SALTED, _SALTED.lower(), "0" * 32, "g" * 32, "0" * 31, "secret", "", _SALTED + "0")
_NAMES = ("admin", "user", "\u20ac", "", " x ", "a:b", "a\nb", "x" * 500, "\0", "\ud800", "\u202e")
_RIGHTS = ("admin", "user", "driver/test", "0x10", "4294967296", 0, 5, -1, True, 1.5, None,
           ["web", 2], "WEB,send_events", "//", [[]], "x", 10 ** 40)
_REMOTES = ("+192.168.0.0/16", "-10.0.0.1", "::1", "-fe80::1%eth0/64", "::ffff:1.2.3.4/120", "+",
            "-", "+ 1.2.3.4", "::/0", "0.0.0.0/0", "1.2.3.4/33", "1.2.3.4/-1", "::ffff:0:0/95",
            "1.2.3", "*", "::1/" + "9" * 50, "1.2.3.4/", "1.2.3.4/\u0663")
_EVENTS = ("10:*", "*:*", "0x14:3", "TX;10;6;3", "RX;*;*;", "BOTH;-1;-1;-1", "BOTH;20;3",
           "both;1;2;8", "-1:-1", ":", "TX;;", "x:y", "65536:0", "1:2:3:4:5", ";", "TX:1:2:3")
_ADDRESSES = ("192.168.1.1", "10.0.0.1", "::1", "fe80::1%eth0", "::ffff:1.2.3.4", "", "no address")
_SENT = tuple(Event(head, vscp_class, 3, 7, 1, 1, bytes(16), b"")
              for head in (0, 0xE0) for vscp_class in (0, 10, 20, 1024))


class UsersTarget(FileTarget):
    name = "users"
    share = 100
    ending = ".json"
    tokens = ('{"users":[', "]}", "{", "}", "[", "]", '"', ":", ",", "null", "true",
              '"name":"admin",', "\\ud800", '"password":"%s",' % _SALTED, '"rights":', '"remotes":',
              '"events":', '"filter":', '"mask":', '"note":', "\\u0000", "1e400", "NaN", "-", "/",
              "%") + _REMOTES + _EVENTS + GUIDS

    def compose(self, rng: random.Random) -> str:
        users = [_user(rng) for _ in range(rng.choice((0, 1, 1, 2, 3)))]
        if rng.random() < 0.05:
            users.append(rng.choice((None, 1, "x", [], {})))
        return json.dumps({"users": users}, indent=rng.choice((None, 2)))

    def check(self, data: bytes) -> None:
        try:
            path = self.write(data)
            users, problems = parse_users(read_text(path), path)
        except ConfigurationError as error:
            check_problems(error.problems)
            return
        check_problems(problems, needed=not len(users))
        for user in users:
            require(users.get(user.name) is user, "lost user %r", user.name)
            _check_user(user)


def _check_user(user: User) -> None:
    require(is_valid_stored(user.password), "password of %r", user)
    require(0 <= user.rights < 1 << 64, "rights %r", user.rights)
    require(Remotes.parse(str(user.remotes)) == user.remotes, "remotes %s", user.remotes)
    require(EventRules.parse(str(user.rules)) == user.rules, "events %s", user.rules)
    for pattern in user.filter:
        require(parse_pattern(str(pattern)) == pattern, "filter %r", pattern)
    reply = Ws1Codec().authenticated("AUTH", user)
    reply.encode("utf-8")
    require(reply.count(";") == 10 and "\n" not in reply, "reply %.300r", reply)
    for address in _ADDRESSES:
        user.remotes.allows(address)
    selection = Selection.of(user)
    hash(selection)
    for event in _SENT:
        selection.passes(event)
        class_right(event.vscp_class)
        try:
            allowed = user.rules.may_send(event)
        except NotAllowed:
            continue
        require(priority_of(allowed.head) >= priority_of(event.head), "raised to %r", allowed)


def _user(rng: random.Random):
    user = {rng.choice(("name", "user")): rng.choice(_NAMES),
            rng.choice(("password", "credentials")): rng.choice(_PASSWORDS[:rng.choice((2, 2, 8))])}
    if rng.random() < 0.7:
        user["name"] = "user %d" % rng.randrange(3)
    for key, value in (("rights", rng.choice(_RIGHTS)), ("remotes", _some(rng, _REMOTES)),
                       ("events", _some(rng, _EVENTS)), ("allow-events", _some(rng, _EVENTS)),
                       ("filter", _pattern(rng)), ("mask", _pattern(rng)),
                       ("full-name", _odd(rng)), ("note", _odd(rng)), ("other", 1)):
        if rng.random() < 0.25:
            user[key] = value
    return user


def _odd(rng: random.Random) -> str:
    return rng.choice(CHARACTERS)


def _some(rng: random.Random, items):
    chosen = [rng.choice(items) for _ in range(rng.randint(0, 4))]
    return chosen if rng.random() < 0.5 else ",".join(chosen)


def _pattern(rng: random.Random) -> str:
    parts = [some_number(rng, 7), some_number(rng, 0xFFFF), some_number(rng, 0xFFFF),
             rng.choice(GUIDS)]
    return ",".join(parts[:rng.randint(0, 4)])
