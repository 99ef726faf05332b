"""Who logs in: what a client sends, against key, user file and earlier failures.

The log line of a failed login is fixed, for programs that watch for it::

    login failed: address=192.0.2.7 user='admin' reason=wrong password

The address stands before all that the client chose; the user name is quoted and escaped as in
Python, and ``-`` where none is known.

Whoever has recorded a login and sends parts of it again must not learn from the time of the answer
whether they can be decrypted. So every login that is tried costs one check of a password, whatever
is in it and whatever it fails for.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, Callable, NamedTuple, Optional, Tuple

from ..model.errors import NotAuthorized, Problem
from .addresses import shown_address
from .attempts import Attempts
from .credentials import UNKNOWN_USER_PASSWORD, decrypt, verify_password
from .kiosks import Kiosks
from .users import User, Users

__all__ = ["Authority", "Secrets", "IV_RULES", "call", "failure_line"]

IV_RULES = ("sid", "any", "default")

Register = Callable[[Callable[[], None]], None]     # of who is to be woken

_LONGEST_NAME = 64              # characters of a name in a log line


def call(function: Callable[..., Any], *args: Any) -> Any:
    """Runs ``function`` here and now."""
    return function(*args)


def _nobody_waits(register: Register) -> None:
    raise RuntimeError("a login has to wait for another, but was told no way to")


def failure_line(address: str, user: Optional[str], reason: str) -> str:
    """The log line of a failed login; ``user`` is ``None`` where it isn't known."""
    name = "-" if user is None else repr(user[:_LONGEST_NAME])
    return "login failed: address=%s user=%s reason=%s" % (shown_address(address), name, reason)


class Secrets(NamedTuple):
    """Who may log in, with what key (16 bytes), and the TLS context, where it is encrypted.

    ``problems`` are what whoever loaded them found wrong but bearable. ``names`` (of
    ``reading.names``, where there are any) are no secret, but loaded with the others. ``kiosks``
    are the tokens that stand for a password, ``broker_password`` is the one at the MQTT broker.
    """

    users: Users
    key: bytes
    problems: Tuple[Problem, ...] = ()
    context: Any = None
    names: Any = None
    kiosks: Kiosks = Kiosks()
    broker_password: str = ""


def _known(iv_rule: str) -> str:
    if iv_rule not in IV_RULES:
        raise ValueError("iv rule %r is not one of %s" % (iv_rule, ", ".join(IV_RULES)))
    return iv_rule


class Authority:
    """Decides on logins; one for all sessions.

    ``key`` is 16 bytes, ``iv_rule`` is ``sid`` (the session id), ``any`` or ``default`` (ws1 needs
    the session id, ws2 takes any). ``attempts`` is public: a session asks it how long to wait and
    when to give up; ``failures`` counts the AUTH that were refused for any reason.
    """

    def __init__(self, users: Users, key: bytes, iv_rule: str, attempts: Attempts,
                 kiosks: Optional[Kiosks] = None):
        self.attempts = attempts
        self.failures = 0
        self._users = users
        self._kiosks = Kiosks() if kiosks is None else kiosks
        self._key = key
        self._iv_rule = _known(iv_rule)

    @property
    def users(self) -> Users:
        return self._users

    def replace(self, users: Optional[Users] = None, key: Optional[bytes] = None,
                iv_rule: Optional[str] = None, kiosks: Optional[Kiosks] = None) -> None:
        """What is given takes the place of what was, for logins from now on."""
        self._iv_rule = self._iv_rule if iv_rule is None else _known(iv_rule)
        self._users = self._users if users is None else users
        self._kiosks = self._kiosks if kiosks is None else kiosks
        self._key = self._key if key is None else key

    def current(self, user: User) -> Optional[User]:
        """The entry of somebody who is logged in as it is now; ``None`` if there is none any more,
        or if the kiosk that he came by was withdrawn."""
        entry = self._users.get(user.name)
        if entry is None or not user.kiosk:
            return entry
        kiosk = self._kiosks.get(user.kiosk)
        return replace(entry, kiosk=kiosk.id) if kiosk and kiosk.user == user.name else None

    def accepts_iv(self, protocol: str, iv: bytes, sid: str) -> bool:
        """Whether a session of ``protocol`` (``ws1``, ``ws2``) may use this iv."""
        rule = self._iv_rule
        if rule == "default":
            rule = "sid" if protocol == "ws1" else "any"
        return rule == "any" or iv == bytes.fromhex(sid)

    def authenticate(self, address: str, iv: bytes, crypto: bytes, run: Callable[..., Any] = call,
                     wait: Callable[[Register], None] = _nobody_waits) -> User:
        """The user who sent ``crypto`` from ``address``; counts the success or the failure.

        ``run(function, *args)`` gives the function's result; the slow part goes through it, so that
        it may happen elsewhere. ``wait(register)`` calls ``register(wake)`` and returns when
        ``wake()`` has been called. Raises ``NotAuthorized`` with the log line as its detail. An
        exhausted address is refused without a check and without counting again.
        """
        while not self.attempts.begin(address):
            if self.attempts.exhausted(address):
                raise NotAuthorized(failure_line(address, None, "too many failures"))
            wait(partial(self.attempts.on_end, address))
        passed = False
        try:
            user, name, reason = self._check(address, iv, crypto, run)
            passed = not reason
        finally:                # a guess counts, too, whose client is gone before it is answered
            self.attempts.end(address, passed)
        if user is None or reason:
            raise NotAuthorized(failure_line(address, name, reason))
        return user

    def _check(self, address: str, iv: bytes, crypto: bytes, run: Callable[..., Any]
               ) -> Tuple[Optional[User], Optional[str], str]:
        """The user, the name as it was sent, and why he can't log in; the same work for all."""
        key = self._key
        login = decrypt(key, iv, crypto)
        name, password = login or ("", "")
        stored = self._entry(name, password)[1]
        correct = run(verify_password, stored, name, password)
        user, stored_now = self._entry(name, password)  # the files may have been read meanwhile
        if login is None or key != self._key:
            return None, None, "no user:password in what was encrypted; another key?"
        if user is None:
            return None, name, "unknown user"
        if not correct or stored_now != stored:
            return user, name, "wrong password"
        return user, name, user.barred(address)

    def _entry(self, name: str, password: str) -> Tuple[Optional[User], str]:
        """The user, and what is stored of the password or the kiosk's token that this would be."""
        user, kiosk = self._users.get(name), self._kiosks.meant(name, password)
        if user is None:
            return None, UNKNOWN_USER_PASSWORD
        return (replace(user, kiosk=kiosk.id), kiosk.token) if kiosk else (user, user.password)
