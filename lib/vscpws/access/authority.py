"""Who logs in: what a client sends, against key, user file and earlier failures.

The log line of a failed login is fixed, for programs that watch for it::

    login failed: address=192.0.2.7 user='admin' reason=wrong password

The address stands before all that the client chose; the user name is quoted and escaped as in
Python, and ``-`` where none is known.
"""

from __future__ import annotations

from typing import Any, Callable, Optional

from ..model.errors import NotAuthorized
from .addresses import parse_address
from .attempts import Attempts
from .credentials import UNKNOWN_USER_PASSWORD, decrypt, verify_password
from .rights import WEBSOCKETS
from .users import User, Users

__all__ = ["Authority", "IV_RULES", "call", "failure_line"]

IV_RULES = ("default", "sid", "any")

_LONGEST_NAME = 64              # characters of a name in a log line


def call(function: Callable[..., Any], *args: Any) -> Any:
    """Runs ``function`` here and now."""
    return function(*args)


def failure_line(address: str, user: Optional[str], reason: str) -> str:
    """The log line of a failed login; ``user`` is ``None`` where it isn't known."""
    try:
        address = str(parse_address(address))
    except ValueError:
        address = ascii(address)
    name = "-" if user is None else repr(user[:_LONGEST_NAME])
    return "login failed: address=%s user=%s reason=%s" % (address, name, reason)


class Authority:
    """Decides on logins; one for all sessions.

    ``key`` is 16 bytes, ``iv_rule`` is ``default`` (ws1 needs the session id, ws2 takes any),
    ``sid`` or ``any``. ``attempts`` is public: a session asks it how long to wait and when to give
    up; ``failures`` counts the AUTH that were refused for any reason.
    """

    def __init__(self, users: Users, key: bytes, iv_rule: str, attempts: Attempts):
        self.attempts = attempts
        self.failures = 0
        self.replace(users, key, iv_rule)

    @property
    def users(self) -> Users:
        return self._users

    def replace(self, users: Optional[Users] = None, key: Optional[bytes] = None,
                iv_rule: Optional[str] = None) -> None:
        """What is given takes the place of what was, for logins from now on."""
        if iv_rule is not None and iv_rule not in IV_RULES:
            raise ValueError("iv rule %r is not one of %s" % (iv_rule, ", ".join(IV_RULES)))
        self._users = self._users if users is None else users
        self._key = self._key if key is None else key
        self._iv_rule = self._iv_rule if iv_rule is None else iv_rule

    def accepts_iv(self, protocol: str, iv: bytes, sid: str) -> bool:
        """Whether a session of ``protocol`` (``ws1``, ``ws2``) may use this iv."""
        rule = self._iv_rule
        if rule == "default":
            rule = "sid" if protocol == "ws1" else "any"
        return rule == "any" or iv == bytes.fromhex(sid)

    def authenticate(self, address: str, iv: bytes, crypto: bytes,
                     run: Callable[..., Any] = call) -> User:
        """The user who sent ``crypto`` from ``address``; counts the success or the failure.

        ``run(function, *args)`` gives the function's result; the slow part goes through it, so that
        it may happen elsewhere. Raises ``NotAuthorized`` with the log line as its detail. An
        exhausted address is refused without a check and without counting again.
        """
        if self.attempts.exhausted(address):
            raise NotAuthorized(failure_line(address, None, "too many failures"))
        try:
            name, password = decrypt(self._key, iv, crypto)
        except ValueError as error:
            # No password check: only who has the key can make the server work.
            raise self._failure(address, None, str(error)) from None
        user = self._users.get(name)
        stored = user.password if user else UNKNOWN_USER_PASSWORD
        correct = run(verify_password, stored, name, password)
        user = self._users.get(name)    # the file may have been read again meanwhile
        correct = correct and user is not None and user.password == stored
        if user is None or not correct:
            raise self._failure(address, name, "wrong password" if user else "unknown user")
        if not user.remotes.allows(address):
            raise self._failure(address, name, "not from this address")
        if not user.rights & WEBSOCKETS:
            raise self._failure(address, name, "no right to use websockets")
        self.attempts.succeeded(address)
        return user

    def _failure(self, address: str, name: Optional[str], reason: str) -> NotAuthorized:
        self.attempts.failed(address)
        return NotAuthorized(failure_line(address, name, reason))
