import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vscpws.web.head import BadHead, Head

LIMIT = 1000


def read(data, limit=LIMIT, first=8192):
    """The lines of a head, read as pywsgi does, and the HTTP status of the fault that ended it."""
    head, lines = Head(io.BytesIO(data), limit), []
    try:
        lines.append(head.readline(first))
        while lines[-1] not in (b"\r\n", b"\n", b""):
            lines.append(head.readline(65537))
    except BadHead as bad:
        return lines, int(bad.status[:3])
    return lines, None


def status(*fields, line=b"GET / HTTP/1.1"):
    return read(b"\r\n".join((line, b"Host: x") + fields + (b"", b"")))[1]


def test_a_good_head_comes_through_as_it_is():
    lines = [b"GET /a?b HTTP/1.1\r\n", b"Host: house\r\n", b"X:\r\n", b"Y: \t \xe4 b\t\r\n",
             b"\r\n"]
    assert read(b"".join(lines) + b"behind it") == (lines, None)


def test_bare_line_feeds_will_do():
    assert read(b"GET / HTTP/1.1\nHost: x\n\n")[1] is None


def test_the_end_before_any_request_is_none():
    assert read(b"") == ([b""], None)


@pytest.mark.parametrize("data", [b"GET /", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n",
                                  b"GET / HTTP/1.1\r\nHost: x\r\n\r"])
def test_the_end_within_a_head(data):
    head = Head(io.BytesIO(data), LIMIT)
    with pytest.raises(BadHead, match="ended within its head") as caught:
        for _ in range(5):
            head.readline()
    assert caught.value.status == "400 Bad Request"


@pytest.mark.parametrize("line", [
    b"", b"GET", b"GET /", b"GET  / HTTP/1.1", b"GET /a b HTTP/1.1", b" GET / HTTP/1.1",
    b"GET / http/1.1", b"GET / HTTP/1", b"GET / HTTP/1.1 ", b"GET /\xe4 HTTP/1.1",
    b"GET /\x1b HTTP/1.1", b"GET /\0 HTTP/1.1", b"GET\t/\tHTTP/1.1", b"\x16\x03\x01\x02\x00"])
def test_lines_that_ask_for_nothing(line):
    assert status(line=line) == 400


@pytest.mark.parametrize("field", [
    b"rubbish", b": x", b"X : y", b" folded", b"\tfolded", b"X: a\rb", b"X: a\0", b"X: \x1b[31m",
    b"X: \x7f", b"X\xe4: y", b"(X): y", b"X: a\x0bb"])
def test_lines_that_are_no_header(field):
    assert status(field) == 400


@pytest.mark.parametrize("name", [b"HOST", b"Origin", b"Content-Length", b"Sec-WebSocket-Key",
                                  b"Sec-WebSocket-Version"])
def test_headers_that_may_come_once(name):
    assert status(name + b": 0", name.lower() + b": 0") == 400


def test_others_may_come_again():
    assert status(b"Connection: keep-alive", b"Connection: Upgrade") is None


@pytest.mark.parametrize("line, wanted", [(b"GET / HTTP/1.1", 400), (b"GET / HTTP/1.0", None)])
def test_only_an_old_request_has_no_host(line, wanted):
    assert read(line + b"\r\n\r\n")[1] == wanted


@pytest.mark.parametrize("field, wanted", [
    (b"Content-Length: 0", None), (b"Content-Length: 00 ", None), (b"content-length:5", 413),
    (b"Content-Length: " + b"9" * 500, 413), (b"Content-Length: -1", 400),
    (b"Content-Length: +1", 400), (b"Content-Length: 1_0", 400), (b"Content-Length: x", 400),
    (b"Content-Length:", 400), (b"Content-Length: \xb2", 400), (b"Content-Length: 0, 5", 400),
    (b"Transfer-Encoding: chunked", 413), (b"Transfer-Encoding:", 413),
    (b"TRANSFER-ENCODING: identity", 413)])
def test_there_is_no_body(field, wanted):
    assert status(field) == wanted


class TestSize:
    HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"

    def test_up_to_the_limit_and_no_further(self):
        assert read(self.HEAD, len(self.HEAD))[1] is None
        for limit in range(len(self.HEAD)):
            assert read(self.HEAD, limit)[1] == 431

    def test_a_line_is_never_given_in_parts(self):
        assert read(self.HEAD, first=16)[1] is None
        assert read(self.HEAD, first=15) == ([], 431)

    def test_no_more_is_read_than_the_limit_and_a_byte(self):
        file = io.BytesIO(b"x" * 10 * LIMIT)
        with pytest.raises(BadHead):
            Head(file, LIMIT).readline()
        assert file.tell() == LIMIT + 1

    @pytest.mark.parametrize("count, wanted", [(89, None), (90, 431)])
    def test_header_lines_are_counted(self, count, wanted):
        assert status(*[b"X:"] * count) == wanted


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from([
    b"GET / HTTP/1.1", b"\r", b"\n", b"\r\n", b"\r\n\r\n", b" ", b"Host: x", b"X: y", b"\0", b":",
    b"Content-Length: ", b"5"]) | st.binary(max_size=4), max_size=20).map(b"".join))
def test_whatever_comes_is_whole_or_a_fault(data):
    lines, fault = read(data)
    assert data.startswith(b"".join(lines))
    if fault is None:
        assert lines == [b""] or lines[-1] in (b"\r\n", b"\n")
    else:
        assert fault in (400, 413, 431)
