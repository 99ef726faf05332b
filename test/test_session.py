"""The session beside its conversations, which test/wire plays: failures, reload, logs, faults."""

import dataclasses
import json
import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vscpws.access.attempts import Attempts
from vscpws.access.authority import Authority
from vscpws.access.credentials import encrypt, hash_password
from vscpws.access.rate import Allowance
from vscpws.access.remotes import Remotes
from vscpws.access.rights import (
    ADMIN,
    L1CTRL_EVENTS,
    RECEIVE_EVENTS,
    SEND_EVENTS,
    USER,
    WEBSOCKETS,
)
from vscpws.access.rules import EventRules
from vscpws.access.users import User, Users
from vscpws.codec.ws1 import Ws1Codec
from vscpws.codec.ws2 import Ws2Codec
from vscpws.model.errors import TransmitBufferFull
from vscpws.model.event import Event
from vscpws.model.filter import Filter, Pattern
from vscpws.session import Session
from wire.port import RecordingPort

KEY = bytes(range(16))
NOW = 1767323045_678901                 # 2026-01-02T03:04:05Z
INTERFACE = bytes.fromhex("FFFFFFFFFFFFFFFEB827EB0A11020000")
ADDRESS = "192.0.2.7"
ADMINISTRATOR = User(0, "admin", hash_password("admin", "secret"), rights=ADMIN)
ANN = User(1, "ann", hash_password("ann", "secret"), rights=USER)
EVENT = Event(96, 20, 3, 1, NOW, 5, bytes(15) + b"\1", b"\1")


class Client:
    """A session with everything around it, and what a client would do to it."""

    def __init__(self, authority=None, codec=None, login_attempts=5, rate=0):
        self.authority = authority or make_authority()
        codec = codec or Ws1Codec()
        self.port = RecordingPort(codec)
        self.session = Session(codec, self.authority, self.port, ADDRESS, obid=7,
                               interface_guid=INTERFACE, now=lambda: NOW,
                               login_attempts=login_attempts,
                               allowance=Allowance(rate, now=lambda: 0.0))

    def ask(self, text):
        """The replies to a message."""
        self.port.sent.clear()
        self.session.receive(text)
        return self.port.sent

    def login(self, name="admin", password="secret"):
        sid = self.session.sid
        crypto = encrypt(KEY, bytes.fromhex(sid), name, password)
        return self.ask("C;AUTH;%s;%s" % (sid, crypto.hex()))


def make_authority(limit=0, ann=ANN):
    return Authority(Users([ADMINISTRATOR, ann]), KEY, "sid",
                     Attempts(limit, 600, now=lambda: 1000.0))


@pytest.fixture
def client():
    return Client()


@pytest.fixture
def admin():
    client = Client()
    client.login()
    return client


def test_the_attributes_tell_the_state(client):
    session = client.session
    assert (session.authenticated, session.user, session.channel_open) == (False, None, False)
    client.login()
    client.ask("C;OPEN")
    assert (session.authenticated, session.user, session.channel_open) == (
        True, ADMINISTRATOR, True)
    client.ask("C;CLOSE")
    assert (session.authenticated, session.channel_open) == (True, False)


def test_each_session_has_its_own_id():
    assert len({Client().session.sid for _ in range(20)}) == 20


def test_the_port_is_told_once_of_each_change(admin):
    for text in ("C;OPEN", "C;OPEN", "C;CLRQ", "C;CLOSE", "C;CLOSE"):
        admin.ask(text)
    assert admin.port.calls == ["open", "clear", "close_channel"]


def test_the_reply_to_open_comes_before_what_waits(admin):
    admin.port.deliver(EVENT)
    assert [text[:6] for text in admin.ask("C;OPEN")] == ["+;OPEN", "E;96,2"]


def test_level1_data_depends_on_the_buses(admin):
    event = "E;0,20,3,0,,0,-" + ",0" * 64
    assert admin.ask(event) == ["-;EVENT;8;Parse error, invalid format."]
    admin.port.level1_data = 64
    assert admin.ask(event) == ["+;EVENT"]
    assert admin.ask(event + ",0") == ["-;EVENT;8;Parse error, invalid format."]


def test_an_event_is_completed_before_it_goes_out(admin):
    admin.ask("E;0x0300,20,3,99,,0,-,1")
    assert admin.port.published == [
        Event(0, 20, 3, 7, NOW, NOW & 0xFFFFFFFF, INTERFACE, b"\1")]


# -- failed logins -------------------------------------------------------------------------------


def test_each_failure_takes_longer_and_a_success_ends_that(client):
    for _ in range(4):
        client.login(password="wrong")
    assert client.port.pauses == [pytest.approx(0.1), 1, 2, 4]
    client.login()
    client.login(password="wrong")
    assert client.port.pauses[4:] == [pytest.approx(0.1)]


def test_the_pause_comes_before_the_answer(client):
    seen = []
    client.port.pause = lambda seconds: seen.append(list(client.port.sent))
    assert client.login(password="wrong") == ["-;AUTH;5;Not authorized."]
    assert seen == [[]]


def test_failures_are_counted_over_the_whole_connection():
    client = Client(login_attempts=3)
    for password in ("wrong", "secret", "wrong", "secret"):
        client.login(password=password)
    assert client.port.closed is None
    client.login(password="wrong")
    assert client.port.closed == (1008, "too many failed logins")


def test_after_that_nothing_is_answered():
    client = Client(login_attempts=1)
    client.login(password="wrong")
    assert client.login() == []
    assert client.ask("C;NOOP") == []
    assert not client.session.authenticated


@pytest.mark.parametrize("crypto, waits", [
    ("00" * 16, True),                  # can't be decrypted
    (None, True),                       # a wrong password
])
def test_no_failure_is_answered_sooner_for_what_is_in_it(client, crypto, waits):
    if crypto:
        client.ask("C;AUTH;%s;%s" % (client.session.sid, crypto))
    else:
        client.login(password="wrong")
    assert client.port.pauses == [pytest.approx(0.1)]


def test_a_login_waits_where_its_address_has_as_many_in_flight_as_may_fail():
    """The second client's AUTH comes while the first one's is checked; only one may fail."""
    authority = make_authority(limit=1)
    first, second = Client(authority), Client(authority)
    order = []

    def run_first(function, *args):
        second.login(password="wrong")
        order.append("first checked")
        return function(*args)

    def wait(register):
        order.append("second waits")
        raise Waits

    class Waits(BaseException):
        pass

    first.port.run, second.port.wait = run_first, wait
    with pytest.raises(Waits):
        first.login()
    assert order == ["second waits"]


def test_an_auth_that_cannot_be_tried_neither_counts_nor_waits_for_who_is_logged_in(admin, caplog):
    sid = admin.session.sid
    for _ in range(20):
        assert admin.ask("C;AUTH;x;y") == ["-;AUTH;1;Syntax error."]
    assert admin.session.authenticated and admin.session.sid == sid
    assert admin.port.pauses == [] and admin.port.closed is None
    assert admin.authority.failures == 0 and "login failed" not in caplog.text


def test_a_login_recorded_on_one_protocol_is_refused_on_the_other():
    authority = make_authority()
    first, second = Client(authority), Client(authority, Ws2Codec())
    sid = first.session.sid
    crypto = encrypt(KEY, bytes.fromhex(sid), "admin", "secret").hex()
    assert first.ask("C;AUTH;%s;%s" % (sid, crypto))[0].startswith("+;AUTH1")
    reply, = second.ask(json.dumps({"type": "C", "command": "AUTH",
                                    "args": {"iv": sid, "crypto": crypto}}))
    assert json.loads(reply)["errcode"] == 1
    assert not second.session.authenticated


def test_a_login_without_the_right_to_receive_says_so_in_the_log(client, caplog):
    caplog.set_level(logging.INFO)
    client.authority.replace(users=Users([dataclasses.replace(ANN, rights=WEBSOCKETS)]))
    client.login("ann")
    assert caplog.messages == [
        "login: address=192.0.2.7 user='ann' protocol=ws1; without receive-events among the "
        "rights, so no event is sent to it"]


def test_failures_are_counted_by_address_too():
    authority = make_authority(limit=3)
    first, second = Client(authority), Client(authority)
    first.login(password="wrong")
    first.ask("C;AUTH")                 # a malformed one counts like any other
    assert first.port.closed is None
    second.login(password="wrong")
    assert second.port.closed == (1008, "too many failed logins")


def test_an_exhausted_address_gets_in_no_more_and_is_not_counted_on():
    authority = make_authority(limit=2)
    for _ in range(2):
        Client(authority).ask("C;AUTH")
    waiting = Client(authority)
    assert waiting.login() == ["-;AUTH;5;Not authorized."]
    assert waiting.port.closed == (1008, "too many failed logins")
    delay = authority.attempts.delay(ADDRESS, 0)
    Client(authority).ask("C;AUTH")
    assert authority.attempts.delay(ADDRESS, 0) == delay


@pytest.mark.parametrize("text, reason", [
    ("C;AUTH", "AUTH has 0 arguments, not iv and crypto"),
    ("C;AUTH;%s;" + "00" * 16, "the iv is not the session id (auth-iv = any allows that)"),
])
def test_the_log_line_of_a_failed_login_names_the_address_first(client, caplog, text, reason):
    client.ask(text.replace("%s", "00" * 16))
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (logging.WARNING, "login failed: address=%s user=- reason=%s" % (ADDRESS, reason))]


def test_a_wrong_password_is_logged_with_the_name_but_no_secret(client, caplog):
    caplog.set_level(logging.DEBUG)
    sid = client.session.sid
    client.login("ann\nlogin failed: address=10.0.0.1", "guess")
    client.login("ann", "guess")
    client.login("ann", "secret")
    warnings = [record.getMessage() for record in caplog.records
                if record.levelno == logging.WARNING]
    assert warnings == [
        "login failed: address=192.0.2.7 user='ann\\nlogin failed' reason=unknown user",
        "login failed: address=192.0.2.7 user='ann' reason=wrong password"]
    assert "login: address=192.0.2.7 user='ann' protocol=ws1" in caplog.text
    for secret in ("guess", "secret", sid, KEY.hex(), ANN.password):
        assert secret not in caplog.text


def test_an_unexpected_fault_in_a_login_leaves_nobody_authenticated(admin, caplog):
    sid = admin.session.sid
    admin.port.run = lambda function, *args: 1 / 0
    assert admin.login("ann") == ["-;AUTH;10;General error."]
    assert not admin.session.authenticated
    assert admin.session.sid != sid
    assert "Traceback" in caplog.text and "secret" not in caplog.text


# -- reload --------------------------------------------------------------------------------------


@pytest.mark.parametrize("user, reason", [
    (None, "the user is gone"),
    (dataclasses.replace(ADMINISTRATOR, remotes=Remotes.parse("-192.0.2.0/24")),
     "the user is no longer allowed: not from this address"),
    (dataclasses.replace(ADMINISTRATOR, rights=ADMIN & ~WEBSOCKETS),
     "the user is no longer allowed: no right to use websockets"),
])
def test_who_could_not_log_in_any_more_is_disconnected(admin, caplog, user, reason):
    admin.ask("C;OPEN")
    admin.session.recheck(user)
    assert admin.port.closed == (1008, reason)
    assert not admin.session.authenticated and not admin.session.channel_open
    assert not admin.port.selection.passes(EVENT)
    assert admin.ask("C;NOOP") == []
    assert reason in caplog.text


def test_new_rights_hold_from_now_on(admin):
    admin.ask("C;OPEN")
    admin.session.recheck(dataclasses.replace(ADMINISTRATOR, rights=WEBSOCKETS | RECEIVE_EVENTS))
    assert admin.ask("E;0,20,3,0,,0,-") == ["-;EVENT;6;Not authorized to send events."]
    assert admin.session.channel_open and admin.port.selection.passes(EVENT)
    admin.session.recheck(dataclasses.replace(ADMINISTRATOR, rights=WEBSOCKETS | SEND_EVENTS))
    assert admin.ask("E;0,20,3,0,,0,-") == ["+;EVENT"]
    assert not admin.port.selection.passes(EVENT)


@pytest.mark.parametrize("fields, event, reply", [
    ({"rights": ADMIN & ~SEND_EVENTS}, "E;0,20,3,0,,,-,0x01",
     "-;EVENT;6;Not authorized to send events."),
    ({"rights": ADMIN & ~L1CTRL_EVENTS}, "E;0,0,3,0,,,-,0x01",
     "-;EVENT;7;Not allowed to do that."),
    ({"rules": EventRules.parse("10:6")}, "E;0,20,3,0,,,-,0x01",
     "-;EVENT;7;Not allowed to do that."),
])
def test_they_hold_for_events_like_those_that_were_admitted_before(admin, fields, event, reply):
    for _ in range(3):
        assert admin.ask(event) == ["+;EVENT"]
    admin.session.recheck(dataclasses.replace(ADMINISTRATOR, **fields))
    for _ in range(2):
        assert admin.ask(event) == [reply]
    admin.session.recheck(ADMINISTRATOR)
    assert admin.ask(event) == ["+;EVENT"]


def test_a_lower_priority_holds_for_them_too(admin):
    admin.ask("E;0,20,3,0,,,-,0x01")
    admin.session.recheck(
        dataclasses.replace(ADMINISTRATOR, rules=EventRules.parse("TX;20;3;4")))
    admin.ask("E;0,20,3,0,,,-,0x01")
    assert [event.head for event in admin.port.published] == [0, 0x80]


def test_after_another_login_another_s_rights_hold():
    admin = Client(make_authority(ann=dataclasses.replace(ANN, rights=WEBSOCKETS)))
    admin.login()
    assert admin.ask("E;0,20,3,0,,,-,0x01") == ["+;EVENT"]
    admin.login("ann")
    assert admin.ask("E;0,20,3,0,,,-,0x01") == ["-;EVENT;6;Not authorized to send events."]
    admin.login("ann", "wrong")
    assert admin.ask("E;0,20,3,0,,,-,0x01") == ["-;EVENT;5;Not authorized."]


def test_a_new_filter_of_the_user_holds_together_with_the_session_s(admin):
    admin.ask("C;SF;0,0,3,-;0,0,0xFFFF,-")
    admin.session.recheck(dataclasses.replace(
        ADMINISTRATOR, filter=Filter(Pattern(0, 20), Pattern(0, 0xFFFF))))
    passes = admin.port.selection.passes
    assert passes(EVENT)
    assert not passes(EVENT._replace(vscp_type=4)) and not passes(EVENT._replace(vscp_class=10))


def test_a_recheck_says_nothing_to_who_is_not_authenticated(client):
    client.session.recheck(None)
    assert client.port.closed is None
    assert client.ask("C;NOOP") == ["+;NOOP"]


# -- faults --------------------------------------------------------------------------------------


def test_an_unexpected_fault_is_logged_with_its_traceback(admin, caplog):
    admin.port.fault = RuntimeError("broken on purpose")
    assert admin.ask("E;0,20,3,0,,0,-") == ["-;EVENT;10;General error."]
    assert "Traceback" in caplog.text
    assert "client 7 (ws1, 192.0.2.7, admin)" in caplog.text


def test_a_fault_before_the_message_is_known_is_answered_too(client, monkeypatch):
    monkeypatch.setattr(Ws1Codec, "decode", lambda codec, text: 1 / 0)
    assert client.ask("C;NOOP") == ["-;;10;General error."]


WORDS = st.sampled_from([
    "C", "E", ";", ",", "AUTH", "SF", "OPEN", "NOOP", "0", "20", "3", "-", "::", "0x", "9" * 5000,
    "2024-11-24T09:20:00Z", '{"type":"CMD","command":"', '{"type":"EVENT","event":{"class":',
    '","args":', "}", '"', "[", "null", "1.5", "\x00", "\u0130"])
SHARED = {(codec.name, known): Client(codec=codec, login_attempts=10 ** 9)
          for codec in (Ws1Codec(), Ws2Codec()) for known in (False, True)}


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(sorted(SHARED)), st.one_of(st.text(), st.lists(WORDS).map("".join)))
def test_every_message_has_exactly_one_reply(which, text):
    client = SHARED[which]
    if which[1]:
        client.session.user = ADMINISTRATOR
    assert len(client.ask(text)) == 1


class TestFlood:
    def test_messages_over_the_rate_get_error_3_and_then_the_connection_ends(self):
        client = Client(rate=3)
        assert [client.ask("C;NOOP")[0] for _ in range(3)] == ["+;NOOP"] * 3
        for _ in range(3):
            assert client.port.closed is None
            assert client.ask("C;NOOP") == ["-;NOOP;3;Transmit buffer full."]
        assert client.port.closed == (1008, "too many messages")
        assert client.port.pauses == [0.002] * 3        # a flood slows itself down
        assert client.ask("C;NOOP") == []

    def test_who_goes_on_talking_without_a_login_waits_for_each_message(self):
        client = Client(rate=0)
        for _ in range(31):
            client.ask("C;NOOP")
        assert client.port.pauses == []
        client.ask("x" * 60000)
        client.ask("C;NOOP")
        client.ask("x" * 60000)
        assert client.port.pauses == [pytest.approx(0.05, rel=0.01), 2.0]

    def test_a_login_ends_that(self):
        client = Client(rate=0)
        client.ask("x" * 60000)
        client.session.user = ADMINISTRATOR
        client.ask("C;NOOP")
        assert client.port.pauses == []

    def test_garbage_counts_too(self):
        client = Client(rate=2)
        for _ in range(4):
            assert client.ask("x") == ['-;;9;Unknown type, only know "COMMAND" and "EVENT".']
        assert client.port.closed == (1008, "too many messages")

    def test_an_event_over_the_rate_goes_nowhere(self):
        client = Client(rate=2)
        client.login()
        client.ask("E;0,20,3,0,,0,-")
        published = list(client.port.published)
        assert client.ask("E;0,20,3,0,,0,-") == ["-;EVENT;3;Transmit buffer full."]
        assert client.port.published == published


class TestInOneGo:
    """Of several messages those that are events of kinds that recur are handled together."""

    LINE = "E;0,20,3,0,,,-,0x01"

    def test_they_are_published_and_answered(self, admin):
        admin.ask(self.LINE)
        admin.port.sent.clear()
        assert admin.session.receive_events([self.LINE] * 5) == 5
        assert admin.port.sent == ["+;EVENT"] * 5
        assert admin.port.published == admin.port.published[:1] * 6

    @pytest.mark.parametrize("other", ["C;NOOP", "E;0,21,3,0,,,-,0x01", "E;0,20,3,0,,,-,0x", ""])
    def test_they_end_before_any_other(self, admin, other):
        admin.ask(self.LINE)
        admin.port.sent.clear()
        assert admin.session.receive_events([self.LINE, other, self.LINE]) == 1
        assert admin.port.sent == ["+;EVENT"]

    def test_a_stranger_has_none(self, admin, client):
        admin.ask(self.LINE)
        assert client.session.receive_events([self.LINE]) == 0
        assert client.port.sent == []

    def test_who_is_over_the_rate_has_no_more(self):
        client = Client(rate=6)
        client.login()
        client.ask(self.LINE)
        assert client.session.receive_events([self.LINE] * 6) == 4
        assert client.session.receive_events([self.LINE]) == 0
        assert client.ask(self.LINE) == ["-;EVENT;3;Transmit buffer full."]

    def test_one_that_is_not_taken_is_refused_and_others_may_follow(self, admin):
        admin.ask(self.LINE)
        admin.port.sent.clear()
        admin.port.published = Refusing(3)
        assert admin.session.receive_events([self.LINE] * 5) == 3
        assert admin.port.sent == ["+;EVENT", "+;EVENT", "-;EVENT;3;Transmit buffer full."]

    def test_what_fails_is_refused_and_logged(self, admin, caplog):
        admin.ask(self.LINE)
        admin.port.sent.clear()
        admin.port.fault = RuntimeError("broken on purpose")
        assert admin.session.receive_events([self.LINE] * 5) == 1
        assert admin.port.sent == ["-;EVENT;10;General error."]
        assert "broken on purpose" in caplog.text

    def test_who_has_other_rights_meanwhile_has_the_rest_judged_by_these(self, admin):
        admin.ask(self.LINE)

        def publish(event):         # it waits, and the users' file is read again
            published.append(event)
            admin.session.recheck(dataclasses.replace(ADMINISTRATOR, rights=USER))
        published, admin.port.publish = [], publish
        assert admin.session.receive_events([self.LINE] * 5) == 1

    def test_who_is_closed_meanwhile_has_the_replies_that_are_due_and_sends_no_more(self, admin):
        admin.ask(self.LINE)
        admin.port.sent.clear()
        seen = []

        def publish(event):         # the third one waits, and the client is closed
            admin.port.published.append(event)
            if len(admin.port.published) == 3:
                admin.session.end()
                seen.extend(admin.port.sent)
        admin.port.published, admin.port.publish = [], publish
        admin.session.receive_events([self.LINE] * 5)
        admin.session.receive(self.LINE)
        assert len(admin.port.published) == 3
        assert seen == ["+;EVENT"] * 2

    def test_who_is_no_longer_allowed_has_them_before_the_end_too(self, admin):
        admin.ask(self.LINE)
        admin.port.sent.clear()
        seen = []

        def publish(event):
            published.append(event)
            if len(published) == 3:
                admin.session.recheck(None)
        published, admin.port.publish = [], publish
        admin.port.disconnect = lambda *why: seen.append(list(admin.port.sent))
        admin.session.receive_events([self.LINE] * 5)
        assert len(published) == 3
        assert seen[0] == ["+;EVENT"] * 2

    def test_replies_that_are_due_are_sent_once(self, admin):
        admin.ask(self.LINE)
        admin.port.sent.clear()

        def publish(event):
            admin.session.settle()
            seen.append(len(admin.port.sent))
        seen, admin.port.publish = [], publish
        assert admin.session.receive_events([self.LINE] * 4) == 4
        assert seen == [0, 1, 2, 3]
        assert admin.port.sent == ["+;EVENT"] * 4

    def test_what_was_not_handled_is_not_counted_against_the_rate(self):
        client = Client(rate=20)
        client.login()
        client.ask(self.LINE)
        for _ in range(3):
            client.port.published = Refusing(1)
            assert client.session.receive_events([self.LINE] * 10) == 1
        client.port.published = []
        assert client.session.receive_events([self.LINE] * 20) == 15


class Refusing(list):
    """What was published, of which the one of this number is refused; something else happens
    while that of the number ``when`` is."""

    def __init__(self, number, when=0, happens=None):
        self._number, self._when, self._happens = number, when, happens

    def append(self, event):
        super().append(event)
        if len(self) == self._when:
            self._happens()
        if len(self) == self._number:
            raise TransmitBufferFull("full")


MESSAGES = ["E;0,20,3,0,,,-,0x01", "E;0,20,3,0,,,-,0x01,0x02", "E;0,20,3,0,,,-",
            "E;96,30,5,0,,,-,1",
            "E;0,20,3,0,,,-,0x1", "E;0,20,3,0,,,-" + ",0x01" * 9, "E;0,20,300,0,,,-", "C;NOOP",
            "C;WRONG", "C;OPEN", "?", "E;0,1040,6,0,,,-,0x00", "E;0,20,3,0,,5,-,0x01"]


#: What may happen to a client while one of its events is being published.
MEANWHILE = {
    "nothing": lambda session: None,
    "other rights": lambda session: session.recheck(
        dataclasses.replace(ADMINISTRATOR, rights=ADMIN & ~L1CTRL_EVENTS & ~SEND_EVENTS)),
    "another list": lambda session: session.recheck(
        dataclasses.replace(ADMINISTRATOR, rules=EventRules.parse("TX;20;*;5"))),
    "no user": lambda session: session.recheck(None),
    "the end": lambda session: session.end(),
    "a look in": lambda session: session.settle()}


@given(st.lists(st.sampled_from(MESSAGES), max_size=40), st.sampled_from([0, 12, 30]),
       st.one_of(st.none(), st.integers(1, 20)), st.integers(1, 10),
       st.sampled_from(sorted(MEANWHILE)), st.integers(1, 20))
@settings(max_examples=200)
def test_what_is_handled_in_one_go_is_handled_alike(messages, rate, refused, size, meanwhile,
                                                    number):
    together, single = Client(rate=rate), Client(rate=rate)
    for client in (together, single):
        client.login()
        client.port.published = Refusing(refused, number, lambda client=client: MEANWHILE[
            meanwhile](client.session))
        client.port.sent.clear()
    for text in messages:
        single.session.receive(text)
    for start in range(0, len(messages), size):
        some = messages[start:start + size]
        for text in some[together.session.receive_events(some):]:
            together.session.receive(text)
    assert together.port.sent == single.port.sent
    assert together.port.published == single.port.published
    assert together.port.closed == single.port.closed
