"""Brokers that go, refuse or never answer, and clients that send whatever they like."""

import dataclasses
import json
import signal
import socket
import subprocess
import threading
import urllib.error

import pytest

import needs
from appstage import FRAME, GUID
from broker import Mosquitto
from certificate import make_certificate
from hubthread import TIMEOUT
from local import free_port
from mqtthouse import House
from vscpws.model.event import Event

SEND = "vscpwsd/house/send"
LAMP = '{"class":30,"type":5,"data":[0,1,2]}'


def deliver(stage, numbers):
    """Events as from the bus, each with its number."""
    channel = stage.call(lambda: stage.service.hub.channel("bus"))
    for number in numbers:
        event = Event(96, 20, 3, channel.obid, 1764141611000000, number + 1, GUID,
                      number.to_bytes(4, "big"))
        stage.call(lambda event=event: channel.deliver([event]))
        yield number


def numbers_of(messages):
    return [int.from_bytes(bytes(json.loads(payload)["data"]), "big")
            for _, _, topic, payload in messages if topic.startswith("vscp/")]


def test_a_broker_killed_and_restarted_in_a_flood_costs_events_and_nothing_else(house, broker):
    stage = house()
    client = stage.open()
    heard = broker.sub("vscp/#")
    sent = 0
    for sent in deliver(stage, range(1000)):
        if sent == 500:
            before = numbers_of(heard.next() for _ in range(300))
            broker.kill()
        if sent == 700:
            broker.start()
    before += numbers_of(heard.all())
    stage.until(lambda: stage.bridge()["state"] == "up" and stage.bridge()["connects"] == 2)
    again = broker.sub("vscp/#")
    for _ in deliver(stage, range(1000, 1500)):
        pass
    after = numbers_of(again.next() for _ in range(500))
    assert after == list(range(1000, 1500))                 # all of them, once, in order
    assert before == list(range(len(before)))
    stage.until(lambda: stage.bridge()["sent"] + stage.bridge()["dropped"]["away"] >= 1500)
    assert stage.bridge()["dropped"]["away"] > 0
    for number in range(1500):                              # clients notice nothing
        assert client.recv().endswith(",".join("0x%02X" % byte for byte in
                                               number.to_bytes(4, "big")))


def test_events_are_kept_for_a_broker_that_is_away_if_that_is_asked_for(house, broker):
    stage = house(keep_events=100, keep_age=60.0)
    broker.kill()
    stage.until(lambda: stage.bridge()["state"] == "away")
    for _ in deliver(stage, range(300)):
        pass
    stage.until(lambda: stage.bridge()["dropped"]["away"] == 200)
    assert stage.bridge()["waiting"] == 100
    broker.start()
    stage.until(lambda: stage.bridge()["sent"] == 100 and not stage.bridge()["waiting"])


def test_a_late_event_is_dropped_when_the_broker_is_back(house, broker):
    stage = house(keep_events=100, keep_age=0.1)
    broker.kill()
    stage.until(lambda: stage.bridge()["state"] == "away")
    for _ in deliver(stage, range(30)):
        pass
    broker.start()
    stage.until(lambda: stage.bridge()["state"] == "up" and
                stage.bridge()["dropped"]["late"] == 30)


def test_no_broker_anywhere_is_one_line_and_no_harm(tmp_path, caplog):
    needs.module("paho.mqtt.client")
    with House(tmp_path, None, url="mqtt://127.0.0.1:%d" % free_port()) as stage:
        stage.until(lambda: stage.bridge()["state"] == "away")
        client = stage.open()
        stage.bus.send(FRAME)
        assert client.recv().startswith("E;")
        stage.until(lambda: stage.bridge()["dropped"]["away"] == 1)
        assert stage.health()["status"] == "ok"
        assert [line for line in caplog.messages if " is away" in line] == [
            "mqtt: %s is away (Connection refused)" % stage.bridge()["channel"]]


def test_a_broker_that_is_required_makes_the_daemon_ill(tmp_path):
    needs.module("paho.mqtt.client")
    with House(tmp_path, None, url="mqtt://127.0.0.1:%d" % free_port(), required=True) as stage:
        stage.until(lambda: stage.bridge()["state"] == "away")
        with pytest.raises(urllib.error.HTTPError) as answer:
            stage.health()
        assert answer.value.code == 503 and json.load(answer.value)["status"] == "mqtt down"


def test_a_broker_that_accepts_and_never_answers_is_given_up(tmp_path, monkeypatch):
    needs.module("paho.mqtt.client")
    monkeypatch.setattr("vscpws.mqtt.connection._CONNECT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        with House(tmp_path, None, url="mqtt://127.0.0.1:%d" % silent.getsockname()[1]) as stage:
            stage.until(lambda: stage.bridge()["state"] == "away")
            assert stage.bridge()["reason"] == "no answer to the login within 0.2 s"
            client = stage.open()
            stage.bus.send(FRAME)
            assert client.recv().startswith("E;")


def test_one_that_falls_silent_later_holds_nobody_up(house, broker):
    """Its socket fills up, then the queue: the oldest go, and the clients notice nothing."""
    stage = house(queue_size=100)
    broker.process.send_signal(signal.SIGSTOP)
    try:
        client = stage.open()
        channel = stage.call(lambda: stage.service.hub.channel("bus"))
        event = Event(96, 1024, 3, channel.obid, 1764141611000000, 1, GUID, bytes(500))
        rounds = 0
        while not stage.bridge()["dropped"]["full"]:
            stage.call(lambda: channel.deliver([event] * 100))
            rounds += 1
            assert rounds < 2000
            for _ in range(100):
                client.recv()
        assert stage.bridge()["waiting"] <= 100
    finally:
        broker.process.send_signal(signal.SIGCONT)


def test_what_answers_is_no_broker(tmp_path):
    needs.module("paho.mqtt.client")

    def answer(listener):
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            with peer:
                peer.recv(1000)
                peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 5)

    with socket.create_server(("127.0.0.1", 0)) as web:
        threading.Thread(target=answer, args=(web,), daemon=True).start()
        with House(tmp_path, None, url="mqtt://127.0.0.1:%d" % web.getsockname()[1]) as stage:
            stage.until(lambda: stage.bridge()["state"] == "away")
            assert stage.bridge()["reason"]
        web.shutdown(socket.SHUT_RDWR)


# ---- logins ------------------------------------------------------------------------------------


def guarded(folder, *lines, **options):
    """A broker that wants the user vscp with the password ``right``."""
    passwords = folder / "passwords"
    subprocess.run([needs.tool("mosquitto_passwd"), "-c", "-b", str(passwords), "vscp", "right"],
                   check=True, capture_output=True)
    return Mosquitto(folder, "allow_anonymous false", "password_file %s" % passwords, *lines,
                     user="vscp", password="right", **options)


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
def test_a_wrong_password_is_said_and_a_new_one_counts_after_a_reload(tmp_path, caplog, protocol):
    needs.module("paho.mqtt.client")
    file = tmp_path / "password"
    file.touch(mode=0o600)
    file.write_text("hidden\n")
    with guarded(tmp_path) as broker, House(
            tmp_path, broker, url="mqtt://vscp@127.0.0.1:%d" % broker.port, protocol=protocol,
            password_file=str(file)) as stage:
        stage.until(lambda: stage.bridge()["state"] == "refused")
        assert stage.health()["status"] == "ok"
        file.write_text("right\n")
        stage.reload()
        stage.until(lambda: stage.bridge()["state"] == "up")
        assert len([line for line in caplog.messages if " is refused (" in line]) == 1
        assert "hidden" not in caplog.text and "right" not in caplog.text.replace("rights", "")


def test_a_broker_that_wants_a_certificate_gets_one(tmp_path):
    needs.module("paho.mqtt.client")
    cert, key = make_certificate(tmp_path)
    with Mosquitto(tmp_path, "cafile %s" % cert, "certfile %s" % cert, "keyfile %s" % key,
                   "require_certificate true") as broker:
        url = "mqtts://localhost:%d" % broker.port
        with House(tmp_path, None, name="known", url=url, ca=cert, cert=cert, key=key) as stage:
            stage.up()
        with House(tmp_path, None, name="strange", url=url, ca=cert) as stage:
            stage.until(lambda: stage.bridge()["state"] == "away")
            assert stage.bridge()["reason"]


def test_one_that_takes_the_login_and_no_subscription_is_given_up(tmp_path, monkeypatch):
    needs.module("paho.mqtt.client")
    monkeypatch.setattr("vscpws.mqtt.connection._CONNECT", 0.2)

    def answer(listener):
        kept = []
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            peer.sendall(b"\x20\x02\0\0")
            kept.append(peer)

    with socket.create_server(("127.0.0.1", 0)) as half:
        threading.Thread(target=answer, args=(half,), daemon=True).start()
        with House(tmp_path, None, url="mqtt://127.0.0.1:%d" % half.getsockname()[1]) as stage:
            stage.until(lambda: stage.bridge()["reason"] ==
                        "no answer to a subscription within 0.2 s")
        half.shutdown(socket.SHUT_RDWR)


def test_tls_with_a_certificate_of_ours(tmp_path, caplog):
    needs.module("paho.mqtt.client")
    cert, key = make_certificate(tmp_path)
    with guarded(tmp_path, "cafile %s" % cert, "certfile %s" % cert, "keyfile %s" % key,
                 ca=str(cert)) as broker:
        file = tmp_path / "password"
        file.touch(mode=0o600)
        file.write_text("right\n")
        url = "mqtts://vscp@localhost:%d" % broker.port
        with House(tmp_path, None, name="trusts", url=url, ca=str(cert), password_file=str(file),
                   accept_as="admin") as stage:
            stage.up()
            heard = broker.sub("vscp/#")
            broker.pub("vscpwsd/trusts/send", LAMP)
            assert bytes(stage.bus.recv(TIMEOUT).data) == b"\0\1\2"
            assert heard.next()[2].endswith("/30/5/0")
            for _ in deliver(stage, range(2000)):
                pass
            assert numbers_of(heard.next() for _ in range(2000)) == list(range(2000))
        with House(tmp_path, None, name="doubts", url=url, password_file=str(file)) as stage:
            stage.until(lambda: stage.bridge()["state"] == "away")
            assert "certificate verify failed" in stage.bridge()["reason"].lower()


# ---- bad input ---------------------------------------------------------------------------------


def test_malformed_payloads_are_counted_and_said_once_a_kind(house, broker, caplog):
    stage = house(accept_as="admin", subscribe=("vscp/#",))
    for topic in (SEND, "vscp/x/1/2"):
        for payload in (b"{", b"\0\1", b"[1]", b"<a/>", b"x,y", b'{"class":1}', b"\xff", b" ",
                        b'{"class":30,"type":5,"data":["\xc3\xa4\\u0007' + b"x" * 1000 + b'"]}'):
            broker.pub(topic, payload)
            broker.pub(topic, payload)
    broker.pub(SEND, LAMP)
    assert bytes(stage.bus.recv(TIMEOUT).data) == b"\0\1\2"
    stage.until(lambda: sum(stage.bridge()["refused"].values()) == 36)
    assert stage.bridge()["refused"] == {"json": 4, "binary": 4, "array": 4, "xml": 4, "string": 8,
                                         "event": 8, "empty": 4}
    lines = [line for line in caplog.messages if "mqtt: refused" in line]
    assert len(lines) == 7
    assert all(len(line) <= 200 and line.isprintable() and "vscp" in line for line in lines)


@pytest.mark.parametrize("qos", "012")
def test_a_message_over_64_kib_is_passed_over(house, broker, qos):
    stage = house(accept_as="admin", subscribe=("vscp/#",))
    for topic in (SEND, "vscp/x/1/2", "vscpwsd/x/status"):
        broker.pub(topic, LAMP + " " * 1000000, "-q", qos)
        broker.pub(topic, LAMP + " " * 65536, "-q", qos)
    broker.pub(SEND, LAMP, "-q", qos)
    assert bytes(stage.bus.recv(TIMEOUT).data) == b"\0\1\2"
    stage.until(lambda: stage.bridge()["refused"] == {"size": 6})
    assert stage.bridge()["connects"] == 1


def test_a_flood_of_commands_is_held_to_the_rate_of_a_client(tmp_path, broker):
    limits = dataclasses.replace(House.limits, max_message_rate=50)
    with House(tmp_path, broker, accept_as="admin", clients=limits) as stage:
        stage.up()
        subprocess.run([needs.tool("mosquitto_pub"), "-p", str(broker.port), "-t", SEND, "-l"],
                       input=(LAMP + "\n").encode() * 3000, check=True)
        stage.until(lambda: sum(stage.bridge()[key] for key in ("commands",)) +
                    stage.bridge()["refused"].get("rate", 0) == 3000)
        assert 50 <= stage.bridge()["commands"] < 1000


def test_who_writes_into_our_topics_is_put_right(house, broker, caplog):
    stage = house()
    broker.pub("vscpwsd/house/status", "offline", "-r")
    broker.sub("vscpwsd/house/status").until("vscpwsd/house/status", b"online")
    assert stage.bridge()["meddled"] == 1
    broker.pub("vscpwsd/other/info", "[")
    stage.until(lambda: stage.bridge()["refused"] == {"meddled": 1, "info": 1})


# ---- two of one name ---------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
def test_of_two_daemons_with_one_name_the_later_steps_back_and_says_so(house, broker, caplog,
                                                                       tmp_path, protocol):
    first = house(protocol=protocol)
    with House(tmp_path / "..", broker, folder_name="twin-%s" % tmp_path.name,
               protocol=protocol) as second:
        second.until(lambda: second.bridge()["state"] == "stepped-back")
        assert "another daemon has the name" in second.bridge()["reason"]
        assert any("give this daemon another name in [mqtt]" in line for line in caplog.messages)
        assert first.bridge()["connects"] == 1          # it was not disturbed
        first.call(lambda: first.service.bridge.stop())
        second.until(lambda: second.bridge()["state"] == "up")


def test_a_status_that_nobody_answers_for_is_an_old_one(house, broker):
    broker.pub("vscpwsd/house/status", "online", "-r")
    broker.pub("vscpwsd/house/info", '{"instance":"gone"}', "-r")
    assert house().bridge()["state"] == "up"
