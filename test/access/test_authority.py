"""Logging in: key, iv, user, password, host, right and earlier failures together."""

import dataclasses
import hashlib

import pytest

from vscpws.access import rights
from vscpws.access.attempts import Attempts
from vscpws.access.authority import Authority, call, failure_line
from vscpws.access.credentials import DEFAULT_KEY, encrypt, hash_password, verify_password
from vscpws.access.kiosks import Kiosks, make_kiosk
from vscpws.access.remotes import Remotes
from vscpws.access.users import User, Users
from vscpws.model.errors import NotAuthorized

ADDRESS = "192.0.2.7"
IV = bytes(range(16))
OTHER_KEY = bytes(16)

ADMIN = User(0, "admin", hash_password("admin", "secret"), rights=rights.ADMIN)
OLD = User(1, "old", hashlib.md5(b"old:secret").hexdigest())
LOCAL = User(2, "local", hash_password("local", "secret"), remotes=Remotes.parse("127.0.0.1"))
DRIVER = User(3, "driver", hash_password("driver", "secret"), rights=rights.DRIVER)
USERS = Users([ADMIN, OLD, LOCAL, DRIVER])


@pytest.fixture
def authority():
    return Authority(USERS, DEFAULT_KEY, "sid", Attempts(3, 600, lambda: 1000.0))


def login(authority, name, password, address=ADDRESS, key=DEFAULT_KEY, run=call):
    return authority.authenticate(address, IV, encrypt(key, IV, name, password), run)


def refusal(authority, *args, **named):
    with pytest.raises(NotAuthorized) as caught:
        login(authority, *args, **named)
    assert caught.value.code == 5
    return caught.value.detail


@pytest.mark.parametrize("user, address", [
    (ADMIN, ADDRESS), (ADMIN, "2001:db8::1"), (OLD, ADDRESS), (LOCAL, "127.0.0.1"),
    (LOCAL, "::ffff:127.0.0.1"),
])
def test_who_may_log_in_is_logged_in(authority, user, address):
    assert login(authority, user.name, "secret", address) is user


def test_nobody_has_been_refused_at_first(authority):
    assert authority.failures == 0


def test_who_has_to_wait_and_can_t_is_a_fault_of_ours(authority):
    for _ in range(3):
        assert authority.attempts.begin(ADDRESS)
    with pytest.raises(RuntimeError, match="a login has to wait for another"):
        login(authority, "admin", "secret")


@pytest.mark.parametrize("name, password, named, user, reason", [
    ("admin", "wrong", {}, "'admin'", "wrong password"),
    ("admin", "", {}, "'admin'", "wrong password"),
    ("old", "wrong", {}, "'old'", "wrong password"),
    ("nobody", "secret", {}, "'nobody'", "unknown user"),
    ("Admin", "secret", {}, "'Admin'", "unknown user"),
    ("", "secret", {}, "''", "unknown user"),
    ("local", "secret", {}, "'local'", "not from this address"),
    ("driver", "secret", {}, "'driver'", "no right to use websockets"),
    ("admin", "secret", {"key": OTHER_KEY}, "-",
     "no user:password in what was encrypted; another key?"),
])
def test_everybody_else_is_refused_with_one_line_and_counted(
        authority, name, password, named, user, reason):
    assert refusal(authority, name, password, **named) == (
        "login failed: address=192.0.2.7 user=%s reason=%s" % (user, reason))
    for _ in range(2):
        assert not authority.attempts.exhausted(ADDRESS)
        refusal(authority, name, password, **named)
    assert authority.attempts.exhausted(ADDRESS)


def test_a_wrong_password_hides_host_and_right(authority):
    assert "wrong password" in refusal(authority, "local", "wrong")
    assert "wrong password" in refusal(authority, "driver", "wrong")


def test_an_exhausted_address_is_refused_without_a_check(authority):
    for _ in range(3):
        refusal(authority, "admin", "wrong")

    def never(*args):
        raise AssertionError("a password was checked")

    assert refusal(authority, "admin", "secret", run=never) == (
        "login failed: address=192.0.2.7 user=- reason=too many failures")
    assert login(authority, "admin", "secret", "192.0.2.8") is ADMIN


def test_success_ends_the_delays(authority):
    for _ in range(2):
        refusal(authority, "admin", "wrong")
    assert authority.attempts.delay(ADDRESS, 0) == 1
    login(authority, "admin", "secret")
    assert authority.attempts.delay(ADDRESS, 0) == 0


@pytest.mark.parametrize("name, password, key", [
    ("admin", "wrong", DEFAULT_KEY), ("old", "wrong", DEFAULT_KEY), ("nobody", "x", DEFAULT_KEY),
    ("local", "secret", DEFAULT_KEY), ("driver", "secret", DEFAULT_KEY),
    ("admin", "secret", OTHER_KEY), ("", "", DEFAULT_KEY), ("admin", "secret", DEFAULT_KEY),
    ("old", "secret", DEFAULT_KEY),
])
def test_every_login_that_is_tried_costs_one_check_through_run(
        authority, monkeypatch, name, password, key):
    calls, derived = [], []
    real = hashlib.pbkdf2_hmac

    def run(function, *args):
        calls.append(function)
        return function(*args)

    def counting(*args):
        derived.append(args[3])
        return real(*args)

    monkeypatch.setattr(hashlib, "pbkdf2_hmac", counting)
    try:
        login(authority, name, password, key=key, run=run)
    except NotAuthorized:
        pass
    assert (calls, derived) == ([verify_password], [70000])


def test_a_text_without_a_colon_costs_the_same(authority):
    calls = []
    crypto = encrypt(DEFAULT_KEY, IV, "x", "y")
    no_colon = bytes([IV[0], IV[1] ^ ord(":") ^ ord(";"), *IV[2:]])
    with pytest.raises(NotAuthorized, match="another key"):
        authority.authenticate(ADDRESS, no_colon, crypto,
                               lambda *args: calls.append(args[0]))
    assert calls == [verify_password]


@pytest.mark.parametrize("right", [False, True])
def test_no_more_logins_are_checked_at_once_than_may_fail(authority, right):
    """Ten clients of one address on an authority that lets three of them fail."""
    checked, refused, entered, waiting = [], [], [], []

    def attempt(number):
        def run(function, *args):
            checked.append(number)
            greenlet.getcurrent().parent.switch()       # the check takes its time
            return function(*args)

        def wait(register):
            register(lambda: waiting.append(number))
            greenlet.getcurrent().parent.switch()

        try:
            authority.authenticate(ADDRESS, IV, crypto, run, wait)
            entered.append(number)
        except NotAuthorized as error:
            refused.append(error.detail.rpartition("=")[2])

    greenlet = pytest.importorskip("greenlet")
    crypto = encrypt(DEFAULT_KEY, IV, "admin", "secret" if right else "wrong")
    greenlets = [greenlet.greenlet(attempt) for _ in range(10)]
    for number, each in enumerate(greenlets):
        each.switch(number)
    assert checked == [0, 1, 2]
    running = [0, 1, 2]
    while running:
        greenlets[running.pop(0)].switch()
        ready, waiting[:] = waiting[:], []
        for number in ready:
            before = len(checked)
            greenlets[number].switch()
            running += [number] * (len(checked) - before)
    assert all(each.dead for each in greenlets)
    if right:
        assert sorted(entered) == list(range(10))
    else:
        assert len(checked) == 3
        assert refused.count("wrong password") == 3
        assert refused.count("too many failures") == 7


def test_a_guess_whose_client_is_gone_before_the_answer_counts(authority):
    class Gone(BaseException):
        pass

    def run(*args):
        raise Gone

    for _ in range(3):
        with pytest.raises(Gone):
            login(authority, "admin", "wrong", run=run)
    assert authority.attempts.exhausted(ADDRESS)


def test_an_unknown_user_is_refused_whatever_the_check_says(authority):
    assert "unknown user" in refusal(authority, "nobody", "secret", run=lambda *args: True)


@pytest.mark.parametrize("after", [
    Users(), Users([dataclasses.replace(ADMIN, password=OLD.password)])])
def test_a_reload_during_the_check_counts(authority, after):
    def reload_meanwhile(function, *args):
        authority.replace(users=after)
        return function(*args)

    refusal(authority, "admin", "secret", run=reload_meanwhile)


def test_another_key_during_the_check_counts(authority):
    def reload_meanwhile(function, *args):
        authority.replace(key=OTHER_KEY)
        return function(*args)

    assert "another key?" in refusal(authority, "admin", "secret", run=reload_meanwhile)


def test_a_reload_during_the_check_gives_the_new_entry(authority):
    changed = dataclasses.replace(ADMIN, rights=rights.USER)

    def reload_meanwhile(function, *args):
        authority.replace(users=Users([changed]))
        return function(*args)

    assert login(authority, "admin", "secret", run=reload_meanwhile) is changed


@pytest.mark.parametrize("rule, protocol, same, other", [
    ("default", "ws1", True, False),
    ("default", "ws2", True, True),
    ("sid", "ws1", True, False),
    ("sid", "ws2", True, False),
    ("any", "ws1", True, True),
    ("any", "ws2", True, True),
])
def test_which_iv_is_accepted(authority, rule, protocol, same, other):
    authority.replace(iv_rule=rule)
    sid = IV.hex().upper()
    assert authority.accepts_iv(protocol, IV, sid) is same
    assert authority.accepts_iv(protocol, bytes(16), sid) is other


def test_a_reload_replaces_what_is_given_and_only_that(authority):
    authority.replace(key=OTHER_KEY)
    assert login(authority, "admin", "secret", key=OTHER_KEY) is ADMIN
    refusal(authority, "admin", "secret")
    assert authority.users is USERS
    authority.replace(users=Users([OLD]))
    assert list(authority.users) == [OLD]
    assert login(authority, "old", "secret", key=OTHER_KEY) is OLD
    refusal(authority, "admin", "secret", key=OTHER_KEY)
    assert not authority.accepts_iv("ws1", bytes(16), IV.hex())
    authority.replace(iv_rule="any")
    assert authority.accepts_iv("ws1", bytes(16), IV.hex())
    assert login(authority, "old", "secret", key=OTHER_KEY) is OLD


def test_an_unknown_iv_rule_changes_nothing(authority):
    with pytest.raises(ValueError, match="'never' is not one of sid, any, default"):
        authority.replace(users=Users(), iv_rule="never")
    assert login(authority, "admin", "secret") is ADMIN


@pytest.mark.parametrize("address, user, reason, line", [
    ("192.0.2.7", "admin", "wrong password",
     "login failed: address=192.0.2.7 user='admin' reason=wrong password"),
    ("::ffff:192.0.2.7", None, "no iv", "login failed: address=192.0.2.7 user=- reason=no iv"),
    ("fe80::1%eth0", "a b", "x", "login failed: address=fe80::1 user='a b' reason=x"),
    ("192.0.2.7", "x\nlogin failed: address=198.51.100.1", "x",
     r"login failed: address=192.0.2.7 user='x\nlogin failed: address=198.51.100.1' reason=x"),
    ("192.0.2.7", "\x1b[31m\u202e", "x",
     r"login failed: address=192.0.2.7 user='\x1b[31m\u202e' reason=x"),
    ("192.0.2.7", "jürgen", "x", "login failed: address=192.0.2.7 user='jürgen' reason=x"),
    ("192.0.2.7", "x" * 300, "x",
     "login failed: address=192.0.2.7 user='%s' reason=x" % ("x" * 64)),
    ("no\naddress", None, "x", r"login failed: address='no\naddress' user=- reason=x"),
])
def test_the_log_line_is_one_line_with_the_address_before_all_that_was_sent(
        address, user, reason, line):
    assert failure_line(address, user, reason) == line


def test_no_refusal_shows_a_secret(authority):
    for attempt in (dict(name="admin", password="my-Secret"),
                    dict(name="nobody", password="my-Secret"),
                    dict(name="x", password="my-Secret", key=OTHER_KEY)):
        detail = refusal(authority, **attempt)
        for secret in ("my-Secret", DEFAULT_KEY.hex(), ADMIN.password, IV.hex()):
            assert secret.lower() not in detail.lower()


class TestKiosks:
    KIOSK, TOKEN = make_kiosk("local", "Hall", "2026-11-26", Kiosks())

    @pytest.fixture
    def authority(self):
        return Authority(USERS, DEFAULT_KEY, "sid", Attempts(3, 600, lambda: 1000.0),
                         Kiosks([self.KIOSK]))

    def test_a_token_lets_in_as_its_user_and_the_password_still_does(self, authority):
        user = login(authority, "local", self.TOKEN, "127.0.0.1")
        assert user == dataclasses.replace(LOCAL, kiosk=self.KIOSK.id)
        assert login(authority, "local", "secret", "127.0.0.1").kiosk == ""

    @pytest.mark.parametrize("name, password", [
        ("local", TOKEN[:-1]), ("local", TOKEN.partition(".")[0] + "."), ("admin", TOKEN),
        ("local", TOKEN.partition(".")[2]), ("nobody", TOKEN), ("local", KIOSK.id + ".secret")])
    def test_any_other_text_is_a_failed_login_like_any_other(self, authority, name, password):
        detail = refusal(authority, name, password, "127.0.0.1")
        assert "wrong password" in detail or "unknown user" in detail
        assert self.TOKEN not in detail
        assert authority.attempts.delay("127.0.0.1", 1000.0) > 0

    def test_the_user_s_remotes_hold(self, authority):
        assert "not from this address" in refusal(authority, "local", self.TOKEN)

    @pytest.mark.parametrize("password", [TOKEN, KIOSK.id + ".wrong", "secret", "wrong", ""])
    def test_each_login_costs_one_check(self, authority, password):
        checks = []

        def run(function, *args):
            checks.append(function)
            return function(*args)

        try:
            login(authority, "local", password, "127.0.0.1", run=run)
        except NotAuthorized:
            pass
        assert checks == [verify_password]

    def test_one_that_is_withdrawn_while_it_is_checked_lets_nobody_in(self, authority):
        def run(function, *args):
            authority.replace(kiosks=Kiosks())
            return function(*args)

        with pytest.raises(NotAuthorized):
            login(authority, "local", self.TOKEN, "127.0.0.1", run=run)

    def test_who_came_by_it_is_nobody_when_it_is_withdrawn(self, authority):
        by_token = login(authority, "local", self.TOKEN, "127.0.0.1")
        by_password = login(authority, "local", "secret", "127.0.0.1")
        assert authority.current(by_token) == by_token
        authority.replace(kiosks=Kiosks())
        assert authority.current(by_token) is None
        assert authority.current(by_password) == LOCAL
        authority.replace(users=Users(), kiosks=Kiosks([self.KIOSK]))
        assert authority.current(by_token) is None
