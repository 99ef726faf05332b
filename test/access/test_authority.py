"""Logging in: key, iv, user, password, host, right and earlier failures together."""

import dataclasses
import hashlib

import pytest

from vscpws.access import rights
from vscpws.access.attempts import Attempts
from vscpws.access.authority import Authority, call, failure_line
from vscpws.access.credentials import DEFAULT_KEY, encrypt, hash_password, verify_password
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
    return Authority(USERS, DEFAULT_KEY, "default", Attempts(3, 600, lambda: 1000.0))


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
    assert authority.attempts.delay(ADDRESS) == 1
    login(authority, "admin", "secret")
    assert authority.attempts.delay(ADDRESS) == 0


@pytest.mark.parametrize("name", ["admin", "old", "nobody"])
def test_known_and_unknown_users_cost_one_check_each_through_run(authority, name):
    calls = []

    def run(function, *args):
        calls.append((function, args[1:]))
        return function(*args)

    refusal(authority, name, "wrong", run=run)
    assert calls == [(verify_password, (name, "wrong"))]


def test_another_key_costs_no_check(authority):
    calls = []
    refusal(authority, "admin", "secret", key=OTHER_KEY, run=lambda *args: calls.append(args))
    assert calls == []


def test_an_unknown_user_is_refused_whatever_the_check_says(authority):
    assert "unknown user" in refusal(authority, "nobody", "secret", run=lambda *args: True)


@pytest.mark.parametrize("after", [
    Users(), Users([dataclasses.replace(ADMIN, password=OLD.password)])])
def test_a_reload_during_the_check_counts(authority, after):
    def reload_meanwhile(function, *args):
        authority.replace(users=after)
        return function(*args)

    refusal(authority, "admin", "secret", run=reload_meanwhile)


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
    with pytest.raises(ValueError, match="'never' is not one of default, sid, any"):
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
