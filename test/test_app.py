"""The wiring: start, health, reload, loops that die, and the end; on python-can's virtual bus."""

import dataclasses
import gc
import hashlib
import json
import logging
import socket
import time
import urllib.request

import gevent
import pytest
import websocket as websocket_client

import can
from appstage import FRAME, GUID, Stage
from certificate import make_certificate
from hubthread import TIMEOUT
from login import crypto_text
from vscpws.access import authority, credentials
from vscpws.access.credentials import DEFAULT_KEY, hash_password
from vscpws.daemon import shell
from vscpws.daemon.shell import Shell
from vscpws.model.errors import ConfigurationError, Problem
from vscpws.model.event import Event
from vscpws.settings import ClientLimits, Interface, TlsSettings


@pytest.fixture
def stage(tmp_path, request):
    with Stage(tmp_path, request.node.name) as stage:
        stage.until(lambda: stage.service.health()["status"] == "ok")
        yield stage


class TestWay:
    def test_from_the_bus_to_a_client_and_back(self, stage):
        client = stage.open()
        stage.bus.send(FRAME)
        fields = client.recv().split(",")
        assert fields[:3] == ["E;96", "10", "6"]
        assert fields[6:] == ["FF:FF:FF:FF:FF:FF:FF:FE:02:00:00:00:00:01:00:05",
                              "0x88", "0x81", "0x00", "0xD7"]
        client.send("E;0,30,5,0,,0,-:09,1,2,3")
        assert client.recv() == "+;EVENT"
        frame = stage.bus.recv(TIMEOUT)
        assert (frame.arbitration_id, bytes(frame.data)) == (0x001E0509, b"\1\2\3")
        client.close()

    def test_a_batch_is_no_work_for_the_garbage_collector(self, stage):
        looks = []

        def look(phase, info):
            looks.append(phase)

        def deliver(count):
            hub = stage.service.hub
            before = hub.counters["batches"]
            hub.channel("bus").deliver([
                Event(0, 10, 6, 0, number, number, GUID, b"\x88\1") for number in range(count)])
            while hub.counters["batches"] == before:
                gevent.sleep(0.001)

        def watch():
            deliver(1)          # the first of its kind
            gc.collect()
            gc.callbacks.append(look)
            deliver(5000)
            gc.callbacks.remove(look)

        stage.call(watch)
        assert not looks

    def test_health_tells_of_buses_and_clients(self, stage):
        client = stage.open()
        health = stage.health()
        assert health.pop("uptime") >= 0
        assert health == {"status": "ok", "demo": False, "clients": 1,
                          "ends": [{"kind": "bus", "name": "demo", "state": "up"}],
                          "buses": [{"name": "demo", "state": "up"}],
                          "paths": {"ws1": "/ws1", "ws2": "/ws2"}}
        client.close()

    def test_what_is_switched_off_is_not_there(self, tmp_path):
        with Stage(tmp_path, "off", enable_ws1=False, enable_static=False) as stage:
            for path in ("ws1", ""):
                with pytest.raises(urllib.error.HTTPError, match="404"):
                    urllib.request.urlopen("http://127.0.0.1:%d/%s" % (stage.port, path))
            assert stage.service.health()["clients"] == 0

    def test_a_replayed_log_is_called_a_demo(self, tmp_path, caplog):
        caplog.set_level(logging.INFO)
        log = tmp_path / "a.log"
        log.write_text("(1.0) can0 0C0A0605#888100D7\n(3601.0) can0 0C0A0605#888100D7\n")
        with Stage(tmp_path, "unused") as stage:
            pass
        assert "DEMO" not in caplog.text
        stage = Stage(tmp_path, "unused")
        stage.shell._settings = dataclasses.replace(
            stage.settings, interfaces=(Interface("demo", "replay:%s" % log, GUID),))
        with stage:
            assert stage.health()["demo"] is True
        assert "DEMO: demo replays recorded events" in caplog.text

    def test_a_simulated_house_is_called_a_demo(self, tmp_path, caplog):
        stage = Stage(tmp_path, "unused")
        stage.shell._settings = dataclasses.replace(
            stage.settings, interfaces=(Interface("demo", "demo:2", GUID),))
        with stage:
            assert stage.health()["demo"] is True
        assert "DEMO: demo is a simulated house (demo:2), there is no real bus" in caplog.text


    def test_a_zone_in_the_address_is_announced_as_it_is(self, tmp_path, caplog):
        caplog.set_level(logging.INFO)
        stage = Stage(tmp_path, "zone")
        stage.shell._settings = dataclasses.replace(stage.settings, host="fe80::1%sd0")
        with stage:
            pass
        assert "ws1 at ws://[fe80::1%%sd0]:%d/ws1" % stage.port in caplog.text

    def test_an_ipv6_address_is_announced_as_a_url_has_it(self, tmp_path, caplog):
        caplog.set_level(logging.INFO)
        stage = Stage(tmp_path, "v6")
        stage.shell._settings = dataclasses.replace(stage.settings, host="::1")
        with stage:
            pass
        assert "ws1 at ws://[::1]:%d/ws1" % stage.port in caplog.text


    def test_an_address_with_a_zone_is_announced_as_it_is(self, tmp_path, caplog):
        caplog.set_level("INFO")
        with Stage(tmp_path, "zone") as stage:
            stage.shell._settings = dataclasses.replace(stage.settings, host="fe80::1%s%eth0")
            stage.call(stage.shell._announce)
        assert "ws1 at ws://[fe80::1%%s%%eth0]:%d/ws1" % stage.port in caplog.messages


class TestStart:
    def test_broken_secrets_stop_it_all_at_once(self, tmp_path):
        stage = Stage(tmp_path, "broken")
        stage.users.write_text("{")
        stage.key.write_text("xyz")
        with pytest.raises(ConfigurationError) as error:
            Shell(stage.settings, [], None, None)
        assert [problem.file for problem in error.value.problems] == [
            str(stage.users), str(stage.key)]

    def test_published_secrets_stay_on_loopback(self, tmp_path):
        stage = Stage(tmp_path, "exposed")      # its settings say 127.0.0.1
        with socket.create_server(("0.0.0.0", 0)) as everywhere:
            with pytest.raises(ConfigurationError) as error:
                Shell(stage.settings, [stage.listener, everywhere], None, None)
        assert "--make-key" in str(error.value)
        assert "--make-password" in str(error.value)

    def test_a_certificate_that_does_not_fit_its_key_stops_it(self, tmp_path):
        stage = Stage(tmp_path, "tls")
        cert, _ = make_certificate(tmp_path, "one")
        _, key = make_certificate(tmp_path, "two")
        stage.change(tls=TlsSettings(cert, key))
        with pytest.raises(ConfigurationError, match="tls"):
            Shell(stage.settings, [], None, None)


class TestRefusals:
    """Each refused login is one log line, with the address before all that the client chose."""

    @staticmethod
    def lines(caplog):
        return [record.getMessage() for record in caplog.records
                if "login failed" in record.getMessage()]

    @pytest.mark.parametrize("entry, key, reason", [
        ({"password": hash_password("admin", "other")}, DEFAULT_KEY, "wrong password"),
        ({}, bytes(16), ""),
        ({"remotes": "-127.0.0.0/8"}, DEFAULT_KEY, "not from this address"),
        ({"rights": "send-events"}, DEFAULT_KEY, "no right to use websockets"),
    ])
    def test_a_login_that_may_not_be(self, tmp_path, caplog, entry, key, reason):
        stage = Stage(tmp_path, "refusals")
        stage.write_users(admin=entry)
        with stage:
            stage.reload()
            stage.log_in(expect="-;AUTH;5;Not authorized.", key=key).close()
        line, = self.lines(caplog)
        assert line.startswith("login failed: address=127.0.0.1 user=")
        assert reason in line

    def test_an_auth_that_is_played_again(self, tmp_path, caplog):
        with Stage(tmp_path, "replay") as stage:
            url = "ws://127.0.0.1:%d/ws2" % stage.port
            first, second = (websocket_client.create_connection(url, timeout=TIMEOUT)
                             for _ in range(2))
            sid = json.loads(first.recv())["args"][1]
            second.recv()
            auth = json.dumps({"type": "CMD", "command": "AUTH", "args": {
                "iv": sid, "crypto": crypto_text("admin", "secret", sid)}})
            for client in (first, second):
                client.send(auth)
            assert json.loads(first.recv())["type"] == "+"
            assert json.loads(second.recv())["errcode"] == 1
            first.close()
            second.close()
        assert self.lines(caplog) == [
            "login failed: address=127.0.0.1 user=- reason=the iv is not the session id "
            "(auth-iv = any allows that)"]


    def test_no_failure_comes_sooner_whatever_it_failed_for(self, tmp_path):
        users = {"md5": {"password": hashlib.md5(b"md5:secret").hexdigest()}, "admin": {},
                 "far": {"remotes": "+192.0.2.1"}, "low": {"rights": "driver"}}
        texts = [("admin", "wrong"), ("md5", "wrong"), ("nobody", "x"), ("far", "secret"),
                 ("low", "secret"), None]
        stage = Stage(tmp_path, "times")
        stage.write_users(**users)
        with stage:
            stage.reload()
            for login in texts:
                stage.call(lambda: stage.service._authority.attempts.succeeded("127.0.0.1"))
                client = websocket_client.create_connection(
                    "ws://127.0.0.1:%d/ws1" % stage.port, timeout=TIMEOUT)
                sid = client.recv().split(";")[2]
                crypto = crypto_text(*login, sid) if login else "5A" * 16
                begin = time.monotonic()
                client.send("C;AUTH;%s;%s" % (sid, crypto))
                assert client.recv().startswith("-;AUTH;5;")
                assert time.monotonic() - begin >= 0.1
                client.close()

    def test_of_many_logins_at_once_no_more_are_checked_than_may_fail(
            self, tmp_path, monkeypatch):
        checked = []
        real = credentials.verify_password
        monkeypatch.setattr(authority, "verify_password",
                            lambda *args: checked.append(args) or real(*args))
        limits = ClientLimits(login_attempts_per_address=4)
        with Stage(tmp_path, "raced", clients=limits) as stage:
            crowd = [websocket_client.create_connection(
                "ws://127.0.0.1:%d/ws1" % stage.port, timeout=TIMEOUT) for _ in range(20)]
            logins = []
            for client in crowd:
                sid = client.recv().split(";")[2]
                logins.append("C;AUTH;%s;%s" % (sid, crypto_text("admin", "guess", sid)))
            for client, login in zip(crowd, logins):
                client.send(login)
            for client in crowd:
                assert client.recv().startswith("-;AUTH;5;")
                client.close()
        assert len(checked) == 4

    def test_of_many_good_logins_at_once_all_get_in(self, tmp_path):
        limits = ClientLimits(login_attempts_per_address=2)
        with Stage(tmp_path, "crowd", clients=limits) as stage:
            crowd = [websocket_client.create_connection(
                "ws://127.0.0.1:%d/ws1" % stage.port, timeout=TIMEOUT) for _ in range(20)]
            for client in crowd:
                sid = client.recv().split(";")[2]
                client.send("C;AUTH;%s;%s" % (sid, crypto_text("admin", "secret", sid)))
            for client in crowd:
                assert client.recv().startswith("+;AUTH1;")
                client.close()


class TestReload:
    def test_new_users_and_key_are_in_force_at_once(self, stage):
        key = bytes(range(16))
        stage.write_users(admin={}, other={})
        stage.write(stage.key, key.hex())
        stage.reload()
        stage.log_in("other", key=key).close()
        stage.log_in("admin", expect="-;AUTH;5").close()

    @pytest.mark.parametrize("entries", [
        {"other": {}}, {"admin": {"remotes": "-127.0.0.1"}}, {"admin": {"rights": "0"}}])
    def test_who_could_not_log_in_any_more_is_closed_with_1008(self, stage, entries):
        client = stage.open()
        stage.write_users(**entries)
        stage.reload()
        opcode, data = client.recv_data()
        assert (opcode, data[:2]) == (8, (1008).to_bytes(2, "big"))

    def test_others_stay_connected_with_their_new_rights(self, stage):
        client = stage.open()
        stage.write_users(admin={"rights": ["user"], "filter": "0,30", "mask": "0,0xFFFF"})
        stage.reload()
        client.send("C;SF;0;0")
        assert client.recv() == "-;SF;7;Not allowed to do that."
        stage.bus.send(FRAME)
        stage.bus.send(can.Message(arbitration_id=0x0C1E0505, is_extended_id=True, data=[]))
        assert client.recv().startswith("E;96,30,5,")
        client.close()

    @pytest.mark.parametrize("break_it", [
        lambda stage: stage.write(stage.users, "{"),
        lambda stage: stage.write(stage.key, "no key"),
        lambda stage: setattr(stage, "settings",
                              ConfigurationError([Problem("x.ini", "port", "is wrong")])),
    ])
    def test_a_broken_file_changes_nothing_and_is_logged(self, stage, break_it, caplog):
        client = stage.open()
        break_it(stage)
        stage.reload()
        assert "reload refused, the old settings stay" in caplog.text
        assert stage.logging == []
        stage.bus.send(FRAME)
        assert client.recv().startswith("E;96,10,6,")
        client.close()
        stage.log_in().close()

    def test_limits_and_log_settings_are_in_force_at_once(self, stage):
        client = stage.open()
        log_settings = dataclasses.replace(stage.settings.logging, level="debug")
        stage.change(clients=ClientLimits(max_clients=1), logging=log_settings)
        stage.reload()
        assert stage.logging == [log_settings]
        with pytest.raises(websocket_client.WebSocketBadStatusException, match="503"):
            stage.log_in()
        client.close()

    def test_what_needs_a_restart_is_said(self, stage, caplog):
        stage.change(port=1, url_ws1="/other")
        stage.reload()
        assert "interface has changed: needs a restart" in caplog.text
        assert "url-ws1 has changed: needs a restart" in caplog.text
        stage.log_in().close()


class TestDescription:
    def test_it_is_logged_whatever_the_level_and_names_users_and_addresses(self, stage, caplog):
        client = stage.open()
        logging.getLogger("vscpws").setLevel(logging.ERROR)
        try:
            stage.call(stage.shell.describe)
        finally:
            logging.getLogger("vscpws").setLevel(logging.NOTSET)
        lines = [record.getMessage() for record in caplog.records
                 if record.levelno == logging.ERROR]
        assert lines[0].startswith("state: version ")
        assert lines[-1] == ("state: client 1 (ws1 127.0.0.1): user 'admin', open, "
                             "0 events (0 bytes) wait, 0 sent, 0 dropped")
        client.close()

    def test_a_description_names_those_first_who_get_along_worst(self, stage, caplog, monkeypatch):
        monkeypatch.setattr("vscpws.daemon.shell._MOST_CLIENTS", 1)
        first, second = stage.open(), stage.log_in()
        stage.bus.send(FRAME)
        first.recv()
        stage.until(lambda: stage.service.statistics()["clients"]["waiting"] == 1)
        caplog.set_level(logging.INFO)
        stage.call(stage.shell.describe)
        assert "client 2 (ws1 127.0.0.1): user 'admin', authenticated, 1 events" in (
            caplog.messages[-2])
        assert caplog.messages[-1] == "state: and 1 more clients"
        first.close()
        second.close()

    def test_for_debugging_it_has_all_stacks(self, stage, caplog, monkeypatch):
        monkeypatch.setattr(shell, "_MOST_STACKS", 1 << 20)     # other tests have left theirs
        caplog.set_level(logging.DEBUG)
        stage.call(stage.shell.describe)
        assert any("hub.py" in line for line in caplog.messages)


class TestLoops:
    def test_what_nobody_catches_is_logged(self, stage, caplog):
        stage.call(lambda: gevent.spawn(lambda: 1 / 0).join())
        assert "ZeroDivisionError" in caplog.text

    def test_a_hub_that_dies_is_restarted_and_loses_nothing_else(self, stage, caplog):
        client = stage.open()
        healthy = stage.service.hub._fan_out

        def fail(batch):
            stage.service.hub._fan_out = healthy
            raise RuntimeError("injected")
        stage.service.hub._fan_out = fail
        stage.bus.send(FRAME)
        stage.until(lambda: stage.service.hub._fan_out == healthy)
        stage.bus.send(can.Message(arbitration_id=0x0C0A0705, is_extended_id=True, data=[1]))
        assert client.recv().startswith("E;96,10,7,")
        assert "the hub loop died" in caplog.text
        assert "the hub loop is restarted" in caplog.text
        assert stage.call(stage.shell.report)["restarts"] == {"hub": 1, "tick": 0}
        assert "injected" in caplog.text
        client.close()

    def test_a_loop_that_goes_on_dying_ends_the_daemon_with_1(self, stage, caplog):
        def fail(batch):
            raise RuntimeError("injected")
        stage.service.hub._fan_out = fail
        deadline = time.monotonic() + TIMEOUT
        while stage.running and time.monotonic() < deadline:
            stage.bus.send(FRAME)           # one batch each, or several in one
            stage.join(0.01)
        assert not stage.running
        assert stage.result == 1
        assert "died 5 times within 10 minutes, the daemon ends" in caplog.text


def test_the_end_is_ordered_and_its_code_is_0(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    with Stage(tmp_path, "end") as stage:
        client = stage.open()
        stage.call(stage.shell.stop)
        opcode, data = client.recv_data()
        assert (opcode, data[:2]) == (8, (1001).to_bytes(2, "big"))
        client.shutdown()
    assert stage.result == 0
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", stage.port), 1)
    assert "ended: clients: clients 0" in caplog.text


def test_the_end_within_a_burst_lets_out_what_is_queued_and_cuts_who_takes_nothing(tmp_path):
    burst = 20000
    with Stage(tmp_path, "burst", clients=ClientLimits(drain_time=0.5)) as stage:
        good = [stage.open() for _ in range(3)]
        stuck = stage.open()            # reads no more
        begin = Event(96, 10, 6, 0, 0, 0, bytes(16), bytes(8))

        def stop_within():
            stage.service.hub.deliver("bus", [begin._replace(vscp_type=number & 0xFF)
                                    for number in range(burst)])
            stage.shell.stop()
        stage.call(stop_within)
        for client in good:
            for number in range(burst):
                assert client.recv().split(",")[2] == str(number & 0xFF)
            opcode, data = client.recv_data()
            assert (opcode, data[:2]) == (8, (1001).to_bytes(2, "big"))
            client.shutdown()
        stage.join(TIMEOUT)
        stuck.shutdown()
    assert stage.result == 0
