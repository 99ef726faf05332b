"""Kiosk tokens: what lets a screen on the wall in, with a user's rights and without his password.

``{"kiosks": [{"id": …, "user": …, "label": …, "made": …, "token": …}, …]}``, written by
``vscpwsd.py --make-kiosk`` and ``--withdraw-kiosk`` alone. A token is ``ID.SECRET``, 8 hex digits
and 256 random bits; it stands in the place of the user's password in an AUTH of either protocol,
and is stored as passwords are. So a login by token costs what any login costs, whether there is
such a token or not.
"""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass, field
from typing import Any, Dict, Iterable, Iterator, List, Optional, Tuple

from ..model.errors import ConfigurationError, Oddity, Problem
from .credentials import PADDING, check_name, hash_password, is_legacy, is_valid_stored
from .users import Users

__all__ = ["LONGEST_LABEL", "MAX_KIOSKS", "Kiosk", "Kiosks", "check_label", "kiosks_text",
           "make_kiosk", "parse_kiosks"]

MAX_KIOSKS = 256                # screens of one house
LONGEST_LABEL = 100             # characters

_ID = re.compile(r"[0-9a-f]{8}\Z")
_SECRET = 32                    # bytes: 256 bits, so that nobody guesses it
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Kiosk:
    """One token; ``token`` as stored, ``made`` the day (ISO 8601) on which it was."""

    id: str
    user: str
    label: str
    made: str
    token: str = field(repr=False)


class Kiosks:
    """All tokens by their id."""

    def __init__(self, kiosks: Iterable[Kiosk] = ()):
        self._kiosks: Dict[str, Kiosk] = {kiosk.id: kiosk for kiosk in kiosks}

    def __iter__(self) -> Iterator[Kiosk]:
        return iter(self._kiosks.values())

    def __len__(self) -> int:
        return len(self._kiosks)

    def get(self, id: str) -> Optional[Kiosk]:
        return self._kiosks.get(id)

    def meant(self, user: str, password: str) -> Optional[Kiosk]:
        """The kiosk of this user whose token this password would be; its secret is not looked
        at."""
        kiosk = self._kiosks.get(password.partition(".")[0])
        return kiosk if kiosk and kiosk.user == user else None

    def without(self, id: str) -> Kiosks:
        return Kiosks(kiosk for kiosk in self if kiosk.id != id)


def make_kiosk(user: str, label: str, made: str, kiosks: Kiosks) -> Tuple[Kiosk, str]:
    """A new kiosk beside those that there are, and its token in clear, which nobody keeps.

    Raises ``ValueError`` with the reason for a label or a name that can't be, or if there are too
    many.
    """
    check_label(label)
    if len(kiosks) >= MAX_KIOSKS:
        raise ValueError("there are %d kiosks, at most %d" % (len(kiosks), MAX_KIOSKS))
    id = secrets.token_hex(4)
    while kiosks.get(id):
        id = secrets.token_hex(4)
    token = "%s.%s" % (id, secrets.token_urlsafe(_SECRET))
    return Kiosk(id, user, label, made, hash_password(user, token)), token


def check_label(label: str) -> None:
    """Raise ``ValueError`` with the reason if this is no label."""
    if len(label) > LONGEST_LABEL:
        raise ValueError("a label can't have more than %d characters" % LONGEST_LABEL)
    if not label.isprintable() or _SURROGATE.search(label):
        raise ValueError("a label can't hold control characters")


def kiosks_text(kiosks: Kiosks) -> str:
    """The file that ``parse_kiosks`` reads back."""
    return json.dumps({"kiosks": [
        {"id": kiosk.id, "user": kiosk.user, "label": kiosk.label, "made": kiosk.made,
         "token": kiosk.token} for kiosk in kiosks]}, indent=4) + "\n"


def parse_kiosks(text: str, file: str, users: Optional[Users] = None
                 ) -> Tuple[Kiosks, List[Problem]]:
    """The kiosks of a file's text, and what is wrong with it: the entries that were left out, and
    those whose user is not among ``users``.

    Raises ``ConfigurationError`` if this isn't the text of such a file. Neither that nor a problem
    quotes a token; all name ``file``.
    """
    entries = _entries(text, file)
    found: Dict[str, Kiosk] = {}
    problems: List[Problem] = []
    for place, entry in enumerate(entries[:MAX_KIOSKS]):
        try:
            kiosk = _kiosk(entry)
            if kiosk.id in found:
                raise ValueError("a kiosk of this id stands before it")
        except ValueError as error:
            problems.append(Problem(file, "kiosk number %d" % (place + 1),
                                    "%s; left out" % error))
            continue
        found[kiosk.id] = kiosk
        if users is not None and users.get(kiosk.user) is None:
            problems.append(Oddity(file, "kiosk %s" % kiosk.id,
                                   "there is no user %r, so it lets nobody in" % kiosk.user))
    if len(entries) > MAX_KIOSKS:
        problems.append(Problem(file, "kiosks", "%d of them, at most %d: the others are left out"
                                % (len(entries), MAX_KIOSKS)))
    return Kiosks(found.values()), problems


def _entries(text: str, file: str) -> List[Any]:
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        reason = "not JSON: %s in line %d, column %d" % (error.msg, error.lineno, error.colno)
        raise ConfigurationError([Problem(file, "", reason)]) from None
    except (ValueError, RecursionError):        # a number or a nesting beyond all measure
        raise ConfigurationError([Problem(file, "", "not JSON that can be read")]) from None
    entries = content.get("kiosks") if isinstance(content, dict) else None
    if not isinstance(entries, list):
        raise ConfigurationError([Problem(file, "kiosks", 'not {"kiosks": [...]}')])
    return entries


def _kiosk(entry: Any) -> Kiosk:
    if not isinstance(entry, dict):
        raise ValueError("not a JSON object")
    values = {key: entry.get(key, "") for key in ("id", "user", "label", "made", "token")}
    for key, value in values.items():
        if not isinstance(value, str):
            raise ValueError("%s: not a text" % key)
    if not _ID.match(values["id"]):
        raise ValueError("id: not 8 hex digits in small letters")
    check_name(values["user"].strip(PADDING))
    check_label(values["label"])
    check_label(values["made"])
    if not is_valid_stored(values["token"]) or is_legacy(values["token"]):
        raise ValueError("token: not SALT;HASH (32 and 64 hex digits)")
    return Kiosk(**values)
