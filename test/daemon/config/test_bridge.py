"""The section [mqtt] as a whole, and daemons without a bus."""

import dataclasses
import json

import pytest

from certificate import make_certificate
from vscpws.access.credentials import hash_password
from vscpws.daemon.config import bridge
from vscpws.daemon.config.printout import settings_text
from vscpws.daemon.vault import load_secrets
from vscpws.model.broker import Broker, parse_broker
from vscpws.model.errors import ConfigurationError
from vscpws.settings import MqttSettings, Settings

URL = "[mqtt]\nurl = mqtt://localhost\n"


@pytest.fixture(autouse=True)
def paho(monkeypatch):
    """Whether it is installed is nothing to these tests."""
    monkeypatch.setattr(bridge.importlib.util, "find_spec", lambda name: object())


def problems(folder, ini, **options):
    with pytest.raises(ConfigurationError) as caught:
        folder.load(ini, **options)
    return [(problem.where, problem.reason) for problem in caught.value.problems]


@pytest.mark.parametrize("text, broker", [
    ("mqtt://localhost", Broker("localhost", 1883, False)),
    ("mqtts://vscp@broker.local/", Broker("broker.local", 8883, True, "vscp")),
    ("mqtts://a%40b@[fe80::1%eth0]:1", Broker("fe80::1%eth0", 1, True, "a@b")),
])
def test_a_broker_is_a_url(text, broker):
    assert parse_broker(text) == broker
    assert "@" not in str(broker)


def test_a_password_in_the_url_is_refused_and_not_repeated(folder):
    (where, reason), = problems(folder, "[mqtt]\nurl = mqtt://vscp:hidden@localhost\n")
    assert where == "[mqtt] url" and "password-file" in reason and "hidden" not in reason


def test_without_paho_a_bridge_is_refused_with_what_to_install(folder, monkeypatch):
    monkeypatch.setattr(bridge.importlib.util, "find_spec", lambda name: None)
    assert problems(folder, URL) == [("[mqtt] url", bridge.MISSING_PAHO)]
    assert "pip install 'vscpwsd[mqtt]'" in bridge.MISSING_PAHO
    folder.load("")                         # nobody else needs it


@pytest.mark.parametrize("xml", ["<vscpconfig/>", "<driver enable='false'><name>a</name></driver>"])
def test_with_a_broker_no_driver_block_is_needed(folder, xml):
    settings = folder.load(URL, xml=xml)
    assert settings.interfaces == () and not settings.oddities
    assert problems(folder, "", xml=xml)[0][1].startswith("no driver block to run")
    assert problems(folder, URL, xml=xml, driver="can0")


@pytest.mark.parametrize("xml", ["<a", "<driver enable='true'><name>a</name></driver>" * 2])
def test_a_broken_file_of_blocks_stays_one(folder, xml):
    assert problems(folder, URL, xml="<c>%s</c>" % xml if "driver" in xml else xml)


def test_files_are_looked_at(folder):
    assert [where for where, _ in problems(folder, URL.replace("mqtt://", "mqtts://vscp@") + (
        "password-file = a\nca = b\ncert = c\nkey = d\nstate-directory = e\n"))] == [
        "[mqtt] %s" % key for key in ("password-file", "ca", "cert", "key", "state-directory")]


def test_certificates_without_encryption_are_a_mistake(folder, tmp_path):
    cert, key = make_certificate(tmp_path)
    assert [where for where, reason in problems(folder, URL + "ca = %s\ncert = %s\nkey = %s\n" % (
        cert, cert, key)) if "mqtts://" in reason] == ["[mqtt] ca", "[mqtt] cert", "[mqtt] key"]


@pytest.mark.parametrize("lines, where", [
    ("cert = %(cert)s", "[mqtt] key"), ("key = %(key)s", "[mqtt] cert"),
    ("cert = %(cert)s\nkey = %(other)s", "[mqtt] cert, key"), ("ca = %(key)s", "[mqtt] ca")])
def test_tls_files_must_fit(folder, tmp_path, lines, where):
    cert, key = make_certificate(tmp_path)
    other = make_certificate(tmp_path, "other")[1]
    ini = "[mqtt]\nurl = mqtts://localhost\n" + lines % {"cert": cert, "key": key, "other": other}
    assert [found for found, _ in problems(folder, ini + "\n")] == [where]
    folder.load("[mqtt]\nurl = mqtts://localhost\ncert = %s\nkey = %s\nca = %s\n" % (
        cert, key, cert))


def test_a_password_needs_a_user_and_had_better_not_go_in_clear(folder):
    file = folder.write("password", "x")
    line = "password-file = %s\n" % file
    assert "names no user" in problems(folder, URL + line)[0][1]
    assert not folder.load("[mqtt]\nurl = mqtt://vscp@localhost\n" + line).oddities
    assert not folder.load("[mqtt]\nurl = mqtts://vscp@broker.example\n" + line).oddities
    odd, = folder.load("[mqtt]\nurl = mqtt://vscp@broker.example\n" + line).oddities
    assert "mqtts://" in odd.reason


def test_a_daemon_does_not_forward_to_itself(folder):
    assert problems(folder, URL + "name = house\nforward-to = house\n") == [
        ("[mqtt] forward-to", "house is this daemon's own name")]


def test_options_without_a_broker_are_odd(folder):
    odd = folder.load("[mqtt]\naccept-as = admin\nkeep-events = 5\n").oddities
    assert [problem.where for problem in odd] == ["[mqtt] accept-as", "[mqtt] keep-events"]


def test_what_would_run_is_shown(folder):
    text = settings_text(folder.load(URL + 'subscribe = "vscp/#"\n', xml="<a/>"))
    assert " *  url                          mqtt://localhost" in text
    assert " *  subscribe                    vscp/#" in text


# ---- the files' contents -----------------------------------------------------------------------


@pytest.fixture
def secrets(tmp_path):
    def load(rights="mqtt", password=None, **mqtt):
        users = tmp_path / "users.json"
        users.write_text(json.dumps({"users": [{"name": "lamp", "rights": rights,
                                                "password": hash_password("lamp", "own")}]}))
        key = tmp_path / "key"
        key.write_text("5A" * 16)
        for file in (users, key):
            file.chmod(0o600)
        if password is not None:
            file = tmp_path / "password"
            file.write_bytes(password)
            file.chmod(mqtt.pop("mode", 0o600))
            mqtt["password_file"] = str(file)
        settings = Settings((), key_file=str(key), path_users=str(users), mqtt=dataclasses.replace(
            MqttSettings(url="mqtt://vscp@localhost"), **mqtt))
        return load_secrets(settings)
    return load


def refusal(load, *args, **options):
    with pytest.raises(ConfigurationError) as caught:
        load(*args, **options)
    return str(caught.value)


def test_the_password_is_one_line(secrets):
    assert secrets(password="gr\u00fcn \n".encode()).broker_password == "gr\u00fcn "
    assert secrets().broker_password == ""
    for wrong in (b"", b"\n", b"one\ntwo\n", b"\xff"):
        assert "two" not in refusal(secrets, password=wrong)


def test_the_password_s_file_is_for_its_owner(secrets):
    problem, = secrets(password=b"x", mode=0o644).problems
    assert "chmod o-r" in problem.reason
    assert "chmod o-w" in refusal(secrets, password=b"x", mode=0o602)


@pytest.mark.parametrize("rights, missing", [
    ("websockets", "mqtt"), (1 << 5, "send-events"), ("ws", "mqtt")])
def test_commands_need_a_user_with_rights(secrets, rights, missing):
    text = refusal(secrets, rights=rights, accept_as="lamp")
    assert "[mqtt] accept-as" in text and "has not the right %s" % missing in text
    assert "there is no user 'nobody'" in refusal(secrets, accept_as="nobody")
    assert secrets(accept_as="lamp").problems == ()
    assert secrets(rights=rights, accept_as="lamp", url="").problems == ()
