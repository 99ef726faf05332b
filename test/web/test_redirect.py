import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vscpws.web.redirect import is_plain_http, redirection


def answer(request):
    head, _, body = redirection(io.BytesIO(request.encode("latin-1")), 8192).decode().partition(
        "\r\n\r\n")
    status, *lines = head.split("\r\n")
    return status.split()[1], dict(line.split(": ", 1) for line in lines)


@pytest.mark.parametrize("request_text, location", [
    ("GET / HTTP/1.1\r\nHost: house:8884\r\n\r\n", "https://house:8884/"),
    ("GET /a?b=c HTTP/1.1\r\nHost: [::1]:8884\r\n\r\n", "https://[::1]:8884/a?b=c"),
    ("HEAD / HTTP/1.1\r\nhost:  192.0.2.1 \r\n\r\n", "https://192.0.2.1/"),
    ("GET / HTTP/1.1\r\nHost: [fe80::1%25eth0]\r\n\r\n", "https://[fe80::1%25eth0]/"),
    ("GET http://other/x HTTP/1.1\r\nHost: house\r\n\r\n", "https://other/x"),
    ("GET http://other HTTP/1.1\r\nHost: house\r\n\r\n", "https://other/"),
    ("OPTIONS * HTTP/1.1\r\nHost: house\r\n\r\n", "https://house/"),
    ("GET //evil.example/ HTTP/1.1\r\nHost: house\r\n\r\n", "https://house//evil.example/")])
def test_the_same_place_by_tls(request_text, location):
    status, headers = answer(request_text)
    assert status == "308"
    assert headers["Location"] == location
    assert headers["Connection"] == "close"


@pytest.mark.parametrize("host", [
    "user@evil", "a/b", "", "a b", "[::1", "a:b", "x?y", "x#y", "\xe4"])
def test_a_host_that_is_none_is_not_sent_anywhere(host):
    status, headers = answer("GET / HTTP/1.1\r\nHost: %s\r\n\r\n" % host)
    assert status == "400"
    assert "Location" not in headers


@pytest.mark.parametrize("request_text, status", [
    ("GET / HTTP/1.1\r\n\r\n", "400"), ("GET / HTTP/1.0\r\n\r\n", "400"), ("", "400"),
    ("GET / HTTP/1.1\r\nHost: a\r\nX: %s\r\n\r\n" % ("x" * 9000), "431"), ("GET\r\n", "400"),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", "413")])
def test_what_is_no_request_has_its_own_answer(request_text, status):
    assert answer(request_text)[0] == status


@given(st.text(st.characters(max_codepoint=255), max_size=40), st.text(max_size=20))
def test_no_request_makes_a_header_of_its_own(host, path):
    text = "GET /%s HTTP/1.1\r\nHost: %s\r\n\r\n" % (path.encode("unicode_escape").decode(), host)
    assert answer(text)[0] in ("308", "400", "413", "431")
    assert set(answer(text)[1]) <= {"Connection", "Content-Type", "Content-Length", "Location",
                                    "Cache-Control"}


def test_what_begins_as_a_request_does():
    assert all(is_plain_http(method.encode()[:1]) for method in (
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"))
    assert not any(is_plain_http(start) for start in (b"", b"\x16\x03", b"\x80", b"x"))
