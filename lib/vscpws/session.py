"""One client's protocol life, from the greeting on: a message in, replies and effects out.

A session is connected, then authenticated; while it is authenticated its channel is open or closed.
It does no input or output itself. Texts come in through ``receive``, everything else goes out
through its *port* (``port.Port``). What it is asked about states, history, names, the user and the
buses is ``questions``' matter.

The port's ``run``, ``pause`` and ``wait`` may let other work in, so ``recheck`` can be called
meanwhile; ``receive`` is not called again before it has returned.

An AUTH can be tried if it has an iv and a crypto text of the right form, and the iv that it must
have. By a client that is authenticated, one that is tried ends that login first, whatever comes of
the new one: the channel is closed, the waiting events and the filter are forgotten. So nobody gets
events that were collected with another user's rights, and a failed AUTH never leaves anybody
authenticated. One that can't be tried is refused, and that is all.

VSCP specification, "VSCP over websocket"; the decisions are in ``doc/ws1.md`` and ``doc/ws2.md``.
"""

from __future__ import annotations

import logging
from collections import Counter
from typing import Any, Callable, Dict, NamedTuple, NoReturn, Optional, Sequence, Tuple

from .access.addresses import shown_address
from .access.admission import Admission
from .access.authority import Authority, failure_line
from .access.credentials import new_sid, parse_crypto, parse_iv
from .access.hosts import host_of
from .access.rate import Allowance, StrangersTalk
from .access.rights import INTERFACE, RECEIVE_EVENTS, SET_FILTER
from .access.selection import NOTHING, Selection
from .access.users import User
from .codec.request import EVENT, Codec, Command, DecodeFault
from .codec.wsframe import POLICY
from .model.errors import (
    BadSyntax,
    GeneralError,
    NotAllowed,
    NotAuthorized,
    OutOfMemory,
    TransmitBufferFull,
    UnknownCommand,
    VscpError,
)
from .model.event import Event
from .model.filter import PASS_ALL
from .port import Port
from .questions import Questions

__all__ = ["Session", "refusal_counters"]

log = logging.getLogger(__name__)

_REFUSAL = 0.002                # s that a message over the rate costs its sender


class _Rule(NamedTuple):
    """What a command needs, and what carries it out."""

    authenticated: bool
    right: int                  # 0 for none
    handler: Callable[[Any, Command], None]


class Session:
    """One client; its attributes are for reading.

    ``codec`` is the protocol, ``address`` the remote address without port, ``obid`` the number that
    no other session or bus has, ``interface_guid`` the GUID (16 bytes) for events that have none,
    ``now`` gives microseconds since 1970, ``login_attempts`` is how many AUTH may fail before the
    connection is closed, ``allowance`` says how many messages may come in a while: those beyond it
    are refused with error 3, and a flood ends the connection. ``refusals`` counts what is refused,
    by error code, as ``refusal_counters`` makes them. ``questions`` answers what is asked of the
    memory; without it such commands are unknown.
    """

    def __init__(self, codec: Codec, authority: Authority, port: Port, address: str, obid: int,
                 interface_guid: bytes, now: Callable[[], int], login_attempts: int,
                 allowance: Allowance, refusals: Optional[Dict[str, Counter[str]]] = None,
                 questions: Optional[Questions] = None):
        self.address = address
        self.obid = obid
        self.sid = new_sid()
        self.channel_open = False
        self._codec = codec
        self._authority = authority
        self._port = port
        self._interface_guid = interface_guid
        self._now = now
        self._login_attempts = login_attempts
        self._allowance = allowance
        self._refusals = refusals
        self._questions = questions
        self._event_accepted = codec.event_accepted()
        self._admission: Optional[Admission] = None     # the user's, once there is one
        self._failures = 0
        self._strange = StrangersTalk()
        self._filter = PASS_ALL
        self._due = 0                   # events that are accepted, and not answered yet
        self._ended = False

    @property
    def user(self) -> Optional[User]:
        """Who is logged in."""
        return None if self._admission is None else self._admission.user

    @user.setter
    def user(self, user: Optional[User]) -> None:
        self._admission = None if user is None else Admission(
            user, self.obid, self._interface_guid, lambda: self._port.level1_data, self._now)

    @property
    def authenticated(self) -> bool:
        return self._admission is not None

    def __str__(self) -> str:
        """How the log names it."""
        return "client %d (%s, %s, %s)" % (
            self.obid, self._codec.name, self.address,
            self.user.name if self.user else "not authenticated")

    def greet(self) -> None:
        """Send the session id, the first message of a connection."""
        self._port.send(self._codec.greeting(self.sid))

    def receive(self, text: str) -> None:
        """Handle one message completely. Raises nothing: what goes wrong is a reply, too."""
        if self._ended:
            return
        name = ""
        is_stranger = self._admission is None
        if is_stranger:
            wait = self._strange.say(len(text))
            if wait:
                self._port.pause(wait)
        try:
            message = self._codec.decode(text, is_stranger)
            name = EVENT if isinstance(message, Event) else message.name
            if not self._allowance.take():
                self._port.pause(_REFUSAL)
                raise TransmitBufferFull("over the rate that one client may send at")
            if isinstance(message, Event):
                self._accept_event(message)
            else:
                self._execute(message)
        except DecodeFault as fault:
            if not self._allowance.take():
                self._port.pause(_REFUSAL)
            # A stranger isn't told what is wrong with a command or an event of his.
            stranger = fault.name and not self.authenticated
            self._refuse(fault.name, NotAuthorized() if stranger else fault.error)
        except Exception as error:
            self._refuse(name, self._told(error, len(text)))
        if self._allowance.refused and self._allowance.flooding:
            log.warning("%s: floods", self)
            self._disconnect("too many messages")

    def receive_events(self, texts: Sequence[str]) -> int:
        """Handle as many of these messages, from the first on, as are events that recur, all in
        one go; returns how many. What comes of each is what ``receive`` makes of it."""
        admission = self._admission
        if admission is None or self._ended:
            return 0
        events = admission.admit_known(map(self._codec.recurring_event, texts))
        if not events:
            return 0
        allowed = self._allowance.grant(len(events))
        handled, error = 0, None
        try:
            for event in events[:allowed]:
                if self._admission is not admission or self._ended:     # publishing may take time
                    break
                self._port.publish(event)
                handled += 1
                self._due += 1
        except Exception as fault:
            error = self._told(fault, len(texts[handled]))
        self.settle()
        if error is not None:
            self._refuse(EVENT, error)
            handled += 1
        self._allowance.give_back(allowed - handled)
        return handled

    def settle(self) -> None:
        """Send the replies that are due; for who looks in while ``receive_events`` waits."""
        if self._due:
            self._port.send(self._event_accepted, self._due)
            self._due = 0

    def end(self) -> None:
        """The client is closed, or has gone: what is due is sent, and nothing more is handled."""
        self._ended = True
        self.settle()

    def _told(self, error: Exception, size: int) -> VscpError:
        """What the client is told of an error with a message of so many characters; the log is
        told of ours."""
        if isinstance(error, VscpError):
            return error
        if isinstance(error, MemoryError):
            log.error("%s: no memory for a message of %d characters", self, size)
            return OutOfMemory()
        log.exception("%s: a message could not be handled", self)
        return GeneralError()

    def recheck(self, user: Optional[User]) -> None:
        """Apply the user's entry as it is now, after the user file was read again.

        ``user`` is ``None`` if there is none any more, or the kiosk that he came by was withdrawn.
        A user who could no longer log in from here is disconnected; another's rights and filter
        hold from now on. A new password changes nothing for who is authenticated already.
        """
        if not self.authenticated:
            return
        if user is not None:
            barred = user.barred(self.address)
            refusal = barred and "the user is no longer allowed: " + barred
        else:
            refusal = ("the kiosk's link was withdrawn" if self._logged_in().kiosk else
                       "the user is gone")
        if refusal:
            log.warning("%s: disconnected: %s", self, refusal)
            self._leave()
            self._disconnect(refusal)
        elif user is not None and user != self.user:
            self.user = user
            self._port.select(Selection.of(user, self._filter))

    # -- events ------------------------------------------------------------------------------

    def _accept_event(self, event: Event) -> None:
        if self._admission is None:
            raise NotAuthorized("an event before authentication")
        self._port.publish(self._admission.admit(event))
        self._port.send(self._event_accepted)

    # -- commands ----------------------------------------------------------------------------

    def _execute(self, command: Command) -> None:
        rule = self._COMMANDS.get(command.action, self._UNKNOWN)
        if rule.authenticated:
            self._logged_in()
        if rule.right and not self._logged_in().rights & rule.right:
            raise NotAllowed("no right to do this")
        rule.handler(self, command)

    def _logged_in(self) -> User:
        """The user; raises ``NotAuthorized`` without one."""
        if self.user is None:
            raise NotAuthorized("a command before authentication")
        return self.user

    def _noop(self, command: Command) -> None:
        self._port.send(self._codec.positive(command.name))

    def _challenge(self, command: Command) -> None:
        self._port.send(self._codec.challenge(command.name, self.sid))

    def _version(self, command: Command) -> None:
        self._port.send(self._codec.version(command.name))

    def _copyright(self, command: Command) -> None:
        self._port.send(self._codec.copyright(command.name))

    def _open(self, command: Command) -> None:
        self._port.send(self._codec.positive(command.name))     # before the events that wait
        if not self.channel_open:
            self.channel_open = True
            self._port.open()

    def _close(self, command: Command) -> None:
        self._close_channel()
        self._port.send(self._codec.positive(command.name))     # after the last event

    def _set_filter(self, command: Command) -> None:
        self._filter = self._codec.filter_args(command.args)
        self._port.select(Selection.of(self._logged_in(), self._filter))
        self._port.send(self._codec.positive(command.name))

    def _clear_queue(self, command: Command) -> None:
        self._port.clear()
        self._port.send(self._codec.positive(command.name))

    def _ask(self, command: Command) -> None:
        if self._questions is None:
            self._refuse_unknown(command)
        user = self._logged_in()
        self._questions.answer(command, user, Selection.of(user, self._filter))

    def _refuse_unknown(self, command: Command) -> NoReturn:
        raise UnknownCommand("unknown command %r" % command.name)

    # -- authentication ----------------------------------------------------------------------

    def _authenticate(self, command: Command) -> None:
        came = self._authority.attempts.now()
        try:
            iv, crypto = self._auth_args(command.args)
        except BadSyntax as error:
            if self.authenticated:
                raise
            if not self._authority.attempts.exhausted(self.address):
                self._authority.attempts.failed(self.address)
            self.sid = new_sid()
            self._login_failed(command.name, error, came)
            return
        self._leave()
        sid, self.sid = self.sid, new_sid()         # a failure of any kind leaves the new one
        try:
            user = self._authority.authenticate(self.address, iv, crypto, self._port.run,
                                                self._port.wait)
        except VscpError as error:
            self._login_failed(command.name, error, came)
            return
        self.sid = sid
        self.user = user
        log.info("login: address=%s user=%r protocol=%s%s%s", shown_address(self.address),
                 user.name, self._codec.name, user.kiosk and " kiosk=" + user.kiosk,
                 "" if user.rights & RECEIVE_EVENTS else
                 "; without receive-events among the rights, so no event is sent to it",
                 extra={"host": "%s %s" % (host_of(self.address), user.name)})
        self._port.select(Selection.of(user, self._filter))
        self._port.send(self._codec.authenticated(command.name, user))

    def _auth_args(self, args: Any) -> Tuple[bytes, bytes]:
        """iv and crypto of an AUTH that can be tried; ``BadSyntax`` with the log line if not."""
        try:
            iv_text, crypto_text = self._codec.auth_args(args)
            iv, crypto = parse_iv(iv_text), parse_crypto(crypto_text)
            if not self._authority.accepts_iv(self._codec.name, iv, self.sid):
                raise ValueError("the iv is not the session id (auth-iv = any allows that)")
        except (BadSyntax, ValueError) as error:
            raise BadSyntax(failure_line(self.address, None, str(error))) from None
        return iv, crypto

    def _login_failed(self, name: str, error: VscpError, came: float) -> None:
        """Log, wait, answer and perhaps give up; ``error.detail`` is the documented log line, and
        the AUTH ``came`` at that time of the attempts' clock."""
        log.warning("%s", error.detail)
        self._failures += 1
        self._authority.failures += 1
        attempts = self._authority.attempts
        self._port.pause(attempts.delay(self.address, came))
        self._refuse(name, error)
        if self._failures >= self._login_attempts or attempts.exhausted(self.address):
            self._disconnect("too many failed logins")

    def _leave(self) -> None:
        """Be as unauthenticated as at the start; the port collects nothing and holds nothing."""
        if not self.authenticated:
            return
        self.user = None
        self._filter = PASS_ALL
        self._port.select(NOTHING)
        self._close_channel()
        self._port.clear()

    # -- replies -----------------------------------------------------------------------------

    def _close_channel(self) -> None:
        if self.channel_open:
            self.channel_open = False
            self._port.close_channel()

    def _refuse(self, name: str, error: VscpError) -> None:
        log.debug("%s: %r refused: %s", self, name, error)
        if self._refusals is not None:
            self._refusals["event" if name == EVENT else "command"][str(error.code)] += 1
        self._port.send(self._codec.negative(name, error))

    def _disconnect(self, reason: str) -> None:
        self.end()
        self._port.disconnect(POLICY, reason)

    _COMMANDS = {
        "NOOP": _Rule(False, 0, _noop),
        "CHALLENGE": _Rule(False, 0, _challenge),
        "AUTH": _Rule(False, 0, _authenticate),
        "VERSION": _Rule(False, 0, _version),
        "COPYRIGHT": _Rule(False, 0, _copyright),
        "OPEN": _Rule(True, 0, _open),
        "CLOSE": _Rule(True, 0, _close),
        "SETFILTER": _Rule(True, SET_FILTER, _set_filter),
        "CLRQUEUE": _Rule(True, 0, _clear_queue),
        "STATE": _Rule(True, RECEIVE_EVENTS, _ask),
        "HISTORY": _Rule(True, RECEIVE_EVENTS, _ask),
        "NAMES": _Rule(True, 0, _ask),
        "SETNAMES": _Rule(True, INTERFACE, _ask),
        "WHOAMI": _Rule(True, 0, _ask),
        "BUSES": _Rule(True, RECEIVE_EVENTS, _ask),
    }
    _UNKNOWN = _Rule(True, 0, _refuse_unknown)


def refusal_counters() -> Dict[str, Counter[str]]:
    """Counters of refused messages, an ``event`` or a ``command``, by error code; all zero."""
    return {kind: Counter({str(code): 0 for code in range(1, 11)}) for kind in ("event", "command")}
