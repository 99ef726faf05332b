"""The reload matrix: of every option, a changed value is in force after a reload or warned of."""

import dataclasses
import json
import socket
import ssl
import threading
import time

import gevent
import pytest

from appstage import FRAME, Stage
from certificate import make_certificate
from hubthread import TIMEOUT
from optiontable import TABLE
from vscpws.access.credentials import has_default_password, hash_password
from vscpws.daemon import reload, shell
from vscpws.daemon.config.changes import changed_options, value_of
from vscpws.daemon.config.options import OPTIONS, RELOAD, RESTART
from vscpws.model.errors import Oddity
from vscpws.settings import (
    BusLimits,
    ClientLimits,
    HostSettings,
    Interface,
    LogSettings,
    MqttSettings,
    Settings,
    StateSettings,
    TlsSettings,
)

VALUES = {(row[0], row[1]): row[4] for row in TABLE}    # one that is not the default
PLACES = {ClientLimits: "clients", BusLimits: "bus", LogSettings: "logging", TlsSettings: "tls",
          StateSettings: "state", MqttSettings: "mqtt", HostSettings: "host_program"}
OLD = Settings((), key_file="old.key", path_users="old.json")


def changed(settings, option):
    """The settings with another value of the option."""
    value = VALUES[option.section, option.key]
    if option.group is None:
        return dataclasses.replace(settings, host="other.example", port=value.port)
    if option.group is Settings:
        return dataclasses.replace(settings, **{option.field: value})
    place = PLACES[option.group]
    group = dataclasses.replace(getattr(settings, place), **{option.field: value})
    return dataclasses.replace(settings, **{place: group})


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.where())
def test_a_changed_option_is_found_and_no_other(option):
    old = dataclasses.replace(OLD, tls=TlsSettings("a", "b"))
    new = changed(old, option)
    assert changed_options(old, new) == [option]
    assert changed_options(new, new) == []
    assert value_of(old, option) != value_of(new, option)


def test_encryption_switched_on_is_a_change_of_interface_alone():
    new = dataclasses.replace(OLD, tls=TlsSettings("a", "b"))
    for before, after in ((OLD, new), (new, OLD)):
        assert [option.key for option in changed_options(before, after)] == ["interface"]


@pytest.fixture
def stage(tmp_path, request):
    with Stage(tmp_path, request.node.name) as stage:
        yield stage


@pytest.mark.parametrize("option", [option for option in OPTIONS if option.reload == RESTART],
                         ids=lambda option: option.where())
def test_what_needs_a_restart_is_warned_of_at_each_reload(tmp_path, caplog, option):
    with Stage(tmp_path, "matrix") as stage:
        stage.settings = changed(stage.settings, option)
        stage.write_users(admin={"password": hash_password("admin", "mine")})
        stage.write(stage.key, "5A" * 16)       # a key of its own: the host may be any
        for times in (1, 2):
            stage.reload()
            assert caplog.messages.count("%s has changed: needs a restart"
                                         % option.where()) == times
    assert option.key not in "".join(line for line in caplog.messages if "reloaded" in line)


def limits(field):
    return lambda stage: getattr(stage.service.clients.limits, field)


def log_setting(field):
    return lambda stage: getattr(stage.logging[-1], field)


# What a reload changes: where its new value can be seen at work.
SEEN = {option.key: limits(option.field) for option in OPTIONS
        if option.reload == RELOAD and option.group is ClientLimits}
SEEN.update({option.key: log_setting(option.field) for option in OPTIONS
             if option.group is LogSettings})
SEEN.update({
    "batch-pause": lambda stage: stage.service.hub._pace.longest,
    "login-attempts-per-address": lambda stage: stage.service._authority.attempts._limit,
    "content-policy": lambda stage: stage.service._site.content_policy,
    "auth-iv": lambda stage: stage.service._authority._iv_rule,
    "state-size": lambda stage: stage.service.memory._settings.state_size,
    "state-size-per-guid": lambda stage: stage.service.memory.store._size_per_guid,
    "history-size": lambda stage: stage.service.memory.history._size,
})
# Of [mqtt] in test/mqtt/test_faults.py.
TESTED_BELOW = {"key-file", "path-users", "names-file", "cert", "key", "ca", "password-file"}


def test_every_option_that_a_reload_changes_is_tested():
    assert set(SEEN) | TESTED_BELOW == {option.key for option in OPTIONS
                                        if option.reload == RELOAD}


@pytest.mark.parametrize("option", [option for option in OPTIONS if option.key in SEEN],
                         ids=lambda option: option.where())
def test_a_reload_puts_the_new_value_in_force_and_says_so(tmp_path, caplog, option):
    caplog.set_level("INFO")
    with Stage(tmp_path, "matrix") as stage:
        stage.settings = changed(stage.settings, option)
        stage.reload()
        assert stage.call(lambda: SEEN[option.key](stage)) == VALUES[option.section, option.key]
    assert "reloaded: 1 users; new values of %s" % option.key in caplog.messages
    assert "restart" not in "".join(caplog.messages)


def test_other_key_and_user_files_are_read(stage, tmp_path):
    key, users = tmp_path / "other.key", tmp_path / "other.json"
    stage.write(key, "5A" * 16)
    stage.write(users, '{"users": [{"name": "other", "password": "%s", "rights": "admin"}]}'
                     % hash_password("other", "secret"))
    stage.change(key_file=str(key), path_users=str(users))
    stage.reload()
    stage.log_in("other", key=bytes.fromhex("5A" * 16)).close()
    stage.log_in("admin", expect="-;AUTH;5").close()


def test_who_is_connected_stays_and_gets_events_whatever_the_limits_are_now(stage):
    client = stage.open()
    stage.change(clients=ClientLimits(max_clients=1, max_client_queue_size=1))
    stage.reload()
    stage.bus.send(FRAME)
    assert client.recv().startswith("E;96,10,6,")
    client.close()


def test_another_bus_needs_a_restart_and_the_old_one_goes_on(stage, caplog):
    client = stage.open()
    stage.change(interfaces=(Interface("demo", "virtual:elsewhere", bytes(16)),))
    stage.reload()
    assert "the driver blocks or their remote variables have changed: needs a restart" in (
        caplog.messages)
    stage.bus.send(FRAME)
    assert client.recv().startswith("E;96,10,6,")
    client.close()


def certificate_seen(stage):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", stage.port), 10) as plain:
        with context.wrap_socket(plain) as wrapped:
            wrapped.settimeout(10)
            wrapped.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
            answer = wrapped.recv(100)      # with TLS 1.3 a refusal comes only now
            return wrapped.getpeercert(binary_form=True), answer[:8]


def test_new_certificate_key_and_authority_count_for_new_handshakes(tmp_path, caplog):
    first, second = make_certificate(tmp_path, "first"), make_certificate(tmp_path, "second")
    with Stage(tmp_path, "tls", tls=TlsSettings(*first)) as stage:
        before = certificate_seen(stage)
        stage.change(tls=TlsSettings(*second))
        stage.reload()
        after = certificate_seen(stage)
        assert before[0] != after[0] and before[1] == after[1] == b"HTTP/1.1"
        stage.change(tls=TlsSettings(*second, ca=first[0]))
        stage.reload()
        with pytest.raises(OSError):
            certificate_seen(stage)
        stage.change(tls=TlsSettings(*second))      # and without it again
        stage.reload()
        assert certificate_seen(stage) == after
        report = stage.call(stage.shell.report)
        assert report["certificate_expiry"] > report["started"]
    assert "restart" not in "".join(caplog.messages)


def test_a_broken_reload_shows_in_the_summary_until_a_good_one(stage):
    stage.until(lambda: stage.service.health()["status"] == "ok")
    assert stage.call(stage.shell.summary) == "0 clients, demo up"
    good = stage.users.read_text()
    stage.write(stage.users, "{")
    stage.reload()
    assert stage.call(stage.shell.summary) == "0 clients, demo up; the last reload was refused"
    stage.write(stage.users, good)
    stage.reload()
    assert stage.call(stage.shell.summary) == "0 clients, demo up"


def test_what_is_odd_about_the_new_files_is_logged_whether_they_are_taken_or_not(stage, caplog):
    odd = Oddity("vscpwsd.ini", "[variables] x_filter", "no driver called 'x' runs")
    stage.change(oddities=(odd,))
    stage.reload()
    assert [(record.levelname, record.getMessage()) for record in caplog.records].count(
        ("WARNING", str(odd))) == 1
    stage.write(stage.users, "{")
    stage.reload()
    said = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert said.count(("WARNING", str(odd))) == 2
    assert [line for level, line in said if level == "ERROR"] == [
        "reload refused, the old settings stay: %s" % problem
        for problem in stage.call(stage.shell.report)["reload_problems"]]
    problems = stage.call(stage.shell.report)["reload_problems"]
    assert not any("no driver" in text for text in problems)


# -- beside the loop -----------------------------------------------------------------------------


def test_the_published_secrets_are_judged_by_where_it_listens_and_not_by_the_new_file(
        tmp_path, caplog):
    with Stage(tmp_path, "loopback") as stage:      # with the published key and password
        stage.change(host="0.0.0.0")
        stage.reload()
        assert "interface has changed: needs a restart" in caplog.messages
        assert stage.call(stage.shell.report)["reloads"] == {"done": 1, "refused": 0}


def test_a_daemon_that_others_can_reach_takes_no_published_secrets_whatever_the_file_says(
        tmp_path, caplog):
    with Stage(tmp_path, "reachable") as stage:
        stage.shell._hosts = ["127.0.0.1", "192.0.2.7"]   # as if it had been given this socket, too
        stage.reload()
        assert stage.call(stage.shell.report)["reloads"] == {"done": 0, "refused": 1}
        assert "refused to listen on 192.0.2.7, for anybody knows" in caplog.text
        assert "the documented key and the documented password of admin" in caplog.text


def test_other_clients_go_on_while_a_file_gives_no_answer_and_the_next_reload_waits_for_it(
        tmp_path, caplog):
    answer = threading.Event()

    class Asleep(Stage):
        def reloaded(self):
            assert answer.wait(TIMEOUT)
            return super().reloaded()

    with Asleep(tmp_path, "asleep") as stage:
        client = stage.open()
        rounds = [stage.call(lambda: gevent.spawn(stage.shell.reload)) for _ in range(5)]
        stage.bus.send(FRAME)
        assert client.recv().startswith("E;96,10,6,")
        stage.log_in().close()              # and the threads that check passwords are free
        answer.set()
        stage.call(lambda: gevent.joinall(rounds, TIMEOUT))
        report = stage.call(stage.shell.report)
        assert report["reloads"] == {"done": 2, "refused": 0}      # one, and one for all after it
        client.close()


def test_a_file_that_never_answers_refuses_the_reload_and_the_daemon_still_ends(
        tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(reload, "_LONGEST", 0.05)
    never = threading.Event()

    class Hung(Stage):
        def reloaded(self):
            never.wait()

    with Hung(tmp_path, "hung") as stage:
        for _ in range(2):
            stage.reload()
        assert stage.call(stage.shell.report)["reloads"] == {"done": 0, "refused": 2}
        assert caplog.messages.count("reload refused, the old settings stay: no answer from the "
                                     "disk or the network within 0.05 s") == 2
        stage.log_in().close()
    assert stage.result == 0
    never.set()


def test_a_reload_that_compares_many_passwords_stops_nobody(tmp_path):
    """Beyond loopback each password is compared with the published one: a second and more."""
    stored = hash_password("x", "y")
    users = {"user%d" % number: {"password": stored} for number in range(25)}
    with Stage(tmp_path, "many") as stage:
        stage.write_users(admin={"password": hash_password("admin", "mine")})
        stage.write(stage.key, "5A" * 16)
        stage.reload()
        stage.shell._hosts = ["192.0.2.7"]
        stage.write(stage.users, json.dumps({"users": [
            {"name": name, "password": entry["password"]} for name, entry in users.items()]}))
        turns = []

        def turn():
            while True:
                turns.append(time.monotonic())
                gevent.sleep(0.001)

        def measured():
            ticker = gevent.spawn(turn)
            stage.shell.reload()
            ticker.kill()

        best = 1.0
        for _ in range(10):             # a busy machine may hold up any of them
            has_default_password.cache_clear()
            turns.clear()
            stage.call(measured)
            assert turns[-1] - turns[0] > 0.2       # it was slow, all the same
            steps = sorted(map(float.__sub__, turns[1:], turns))
            best = min(best, steps[int(len(steps) * 0.99)])
            if best < 0.02:
                break
        assert best < 0.02
        assert stage.call(stage.shell.report)["reloads"]["refused"] == 0
        known = has_default_password.cache_info().misses
        stage.reload()                  # nothing has changed: nothing is computed again
        assert has_default_password.cache_info().misses == known


# -- what is written while the files are read ------------------------------------------------------


def test_names_that_a_client_gives_while_files_are_read_stay_in_force(tmp_path, monkeypatch):
    """The reload has read the older ones already, and comes to its end only now."""
    old, new = ({"nodes": [], "zones": [{"zone": 1, "name": name}]} for name in ("Hall", "Attic"))
    path = tmp_path / "names.json"
    path.write_text(json.dumps(old))
    has_read, go_on = threading.Event(), threading.Event()

    def held_up(settings):
        has_read.set()
        assert go_on.wait(TIMEOUT)

    with Stage(tmp_path, "names", names_file=str(path)) as stage:
        monkeypatch.setattr(shell, "_tls_context", held_up)     # comes last of what is read
        reloading = stage.call(lambda: gevent.spawn(stage.shell.reload))
        assert has_read.wait(TIMEOUT)
        writing = stage.call(lambda: gevent.spawn(stage.service.names.write, new, "x"))
        stage.call(lambda: writing.join(0.2))
        go_on.set()
        stage.call(lambda: gevent.joinall([reloading, writing], TIMEOUT, raise_error=True))
        assert json.loads(path.read_text()) == new == json.loads(stage.service.names.text)
        stage.reload()
        assert json.loads(stage.service.names.text) == new
        assert stage.call(stage.shell.report)["reloads"] == {"done": 2, "refused": 0}
