"""Keys that are not known but nearly are, or say the same in other words: which one is meant.

A key that other programs know may be passed over. A misspelt ``remotes`` may not, nor one that is
called ``hosts`` or ``deny``: the user file would be open to all that its author has shut out.
"""

from __future__ import annotations

import re
from typing import FrozenSet, Iterable, Optional

__all__ = ["LOGIN", "meant", "restriction"]

LOGIN = "login"                 # what is no key, but may be meant to be restricted

_LONGEST = 40                   # characters of a key that is compared
_SHORT = 6                      # letters; in a name with fewer only one slip is near
_OTHER = re.compile("[^a-z]+")
_WORD = re.compile("[A-Z]?[a-z]+|[A-Z]+")


def _words(text: str) -> FrozenSet[str]:
    return frozenset(text.split())


# What a key tells of by itself, and what it forbids or allows together with one of them.
_OF_HOSTS = _words("host hosts hostname hostnames ip ips ipv addr addrs address addresses acl "
                   "acls network networks net nets subnet subnets cidr origin origins source "
                   "sources from local loopback lan")
_OF_RIGHTS = _words("permission permissions privilege privileges role roles access accesses "
                    "capability capabilities")
_OF_EVENTS = _words("event events class classes type types guid guids zone zones")
_OF_TIME = _words("disable disabled enable enabled active inactive lock locked suspend suspended "
                  "revoke revoked ban banned expire expires expired expiry expiration until valid "
                  "invalid")
_FORBIDDING = re.compile("allow|den(y|ie)|forbid|block|restrict|refus|reject|exclud|except|permit|"
                         "prohibit|(white|black|gr[ea]y|allow|deny|safe)list|.*only$")
_OF_PEOPLE = _words("mail email postal street home")        # an address of these is no host


def meant(key: str, names: Iterable[str]) -> Optional[str]:
    """The one of ``names`` that ``key`` is near to; ``None`` if to none.

    Near is: the same letters but for case and separators; one slip (a letter too many, missing or
    wrong, or two of them swapped); or two slips in a longer name behind the same first letter. So
    is a key of several words of which one is the name.
    """
    names, key = list(names), key[:_LONGEST]
    written, words = _letters(key), [word.lower() for word in _WORD.findall(key)]
    return next((name for name in names if _near(written, _letters(name))),
                next((name for name in names if name in words), None))


def restriction(key: str) -> Optional[str]:
    """What an unknown ``key`` would restrict if it were known, in words: the hosts, rights or
    events of a user, or that he may log in at all; ``None`` if it doesn't look like that."""
    words = {word.lower() for word in _WORD.findall(key[:_LONGEST])}
    forbids = any(_FORBIDDING.match(word) for word in words)
    if words & _OF_PEOPLE and not forbids:
        return None
    if words & _OF_EVENTS and forbids:
        return "events"
    if words & _OF_RIGHTS or any(word.endswith("only") for word in words):
        return "rights"
    if words & _OF_HOSTS or forbids:
        return "remotes"
    return LOGIN if words & _OF_TIME else None


def _near(written: str, name: str) -> bool:
    slips = _slips(written, name)
    return slips < 2 or slips == 2 and len(name) >= _SHORT and written[:1] == name[0]


def _letters(text: str) -> str:
    return _OTHER.sub("", text.lower())


def _slips(one: str, other: str) -> int:
    """How many slips lie between two words: their optimal string alignment distance."""
    rows = [list(range(len(other) + 1))]
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, wanted in enumerate(other, 1):
            slips = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                slips = min(slips, rows[-2][j - 2] + 1)
            row.append(slips)
        rows.append(row)
    return rows[-1][-1]
