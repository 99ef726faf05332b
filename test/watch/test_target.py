import pytest

from vscpws.settings import Settings, TlsSettings
from vscpws.watch.target import Target, own_daemon, parse_url


@pytest.mark.parametrize("text, target", [
    ("ws://house:1234/ws2", Target("house", 1234, "/ws2", False)),
    ("wss://house", Target("house", 8884, "/ws2", True)),
    ("WSS://House/", Target("house", 8884, "/ws2", True)),
    ("house:99", Target("house", 99, "/ws2", False)),
    ("ws://[::1]:99/vscp/ws2?x=1", Target("::1", 99, "/vscp/ws2?x=1", False)),
])
def test_a_url_may_leave_out_what_is_usual(text, target):
    assert parse_url(text) == target


@pytest.mark.parametrize("text, reason", [
    ("http://house", "starts with ws://"), ("ws://", "no host"), ("ws://a b", "no blanks"),
    ("ws://house:port", "ort"), ("ws://house:99999", "ort"), ("ws://admin@house", "--login"),
    ("ws://[::1", "IPv6"), ("ws://höuse", "ASCII"), ("ws://house/\r\nX: y", "no blanks"),
])
def test_what_is_no_url_is_refused_with_a_reason(text, reason):
    with pytest.raises(ValueError, match=reason):
        parse_url(text)


@pytest.mark.parametrize("target, text", [
    (Target("house", 99, "/ws2", True), "wss://house:99/ws2"),
    (Target("::1", 99, "/ws2", False), "ws://[::1]:99/ws2")])
def test_a_target_is_shown_as_a_url(target, text):
    assert str(target) == text
    assert parse_url(text) == target


@pytest.mark.parametrize("host, reached", [
    ("localhost", "localhost"), ("0.0.0.0", "localhost"), ("::", "localhost"),
    ("192.0.2.1", "192.0.2.1")])
def test_the_own_daemon_is_reached_where_it_listens(host, reached):
    settings = Settings((), host=host, port=99, url_ws2="/live")
    assert own_daemon(settings) == Target(reached, 99, "/live", False)


def test_the_own_daemon_is_spoken_to_as_it_listens():
    assert own_daemon(Settings((), tls=TlsSettings("cert", "key"))).tls
