import pytest

from vscpws.web.handshake import is_asked, refusal, response_headers, tokens

GOOD = {
    "REQUEST_METHOD": "GET", "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_CONNECTION": "Upgrade",
    "HTTP_HOST": "house:8884", "HTTP_SEC_WEBSOCKET_VERSION": "13",
    "HTTP_SEC_WEBSOCKET_KEY": "dGhlIHNhbXBsZSBub25jZQ==",
}


def status(origins=(), **changes):
    environ = {name: value for name, value in dict(GOOD, **changes).items() if value is not None}
    found = refusal(environ, origins)
    return found and int(found.status[:3])


def test_a_good_request_is_not_refused():
    assert status() is None


@pytest.mark.parametrize("changes, wanted", [
    ({"REQUEST_METHOD": "POST"}, 405), ({"REQUEST_METHOD": "HEAD"}, 405),
    ({"SERVER_PROTOCOL": "HTTP/1.0"}, 400), ({"SERVER_PROTOCOL": "HTTP/0.9"}, 400),
    ({"HTTP_CONNECTION": None}, 400), ({"HTTP_CONNECTION": "close"}, 400),
    ({"HTTP_CONNECTION": "upgrades"}, 400), ({"HTTP_CONNECTION": "keep-alive, UPGRADE"}, None),
    ({"HTTP_HOST": None}, 400), ({"HTTP_HOST": ""}, 400), ({"HTTP_HOST": "a,b"}, 400),
    ({"HTTP_HOST": "["}, 400), ({"HTTP_HOST": "a b"}, 400), ({"HTTP_HOST": "a@b"}, 400),
    ({"HTTP_HOST": "a/b"}, 400), ({"HTTP_HOST": "a:port"}, 400), ({"HTTP_HOST": "a:"}, 400),
    ({"HTTP_HOST": "a"}, None), ({"HTTP_HOST": "[fe80::1%eth0]:8884"}, None),
    ({"HTTP_SEC_WEBSOCKET_VERSION": None}, 426), ({"HTTP_SEC_WEBSOCKET_VERSION": "8"}, 426),
    ({"HTTP_SEC_WEBSOCKET_VERSION": "13, 8"}, 426), ({"HTTP_SEC_WEBSOCKET_VERSION": " 13 "}, None),
    ({"HTTP_SEC_WEBSOCKET_KEY": None}, 400), ({"HTTP_SEC_WEBSOCKET_KEY": ""}, 400),
    ({"HTTP_SEC_WEBSOCKET_KEY": "c2hvcnQ="}, 400), ({"HTTP_SEC_WEBSOCKET_KEY": "\xe4" * 24}, 400),
    ({"HTTP_SEC_WEBSOCKET_KEY": "dGhlIHNhbXBsZSBub25jZQ==,dGhlIHNhbXBsZSBub25jZQ=="}, 400),
    ({"HTTP_SEC_WEBSOCKET_KEY": "dGhlIHNhbXBsZSBub25jZQ===="}, 400),
    ({"HTTP_SEC_WEBSOCKET_KEY": "dGhlIHNhbXBsZSBub25jZQ"}, 400),
    ({"HTTP_SEC_WEBSOCKET_KEY": "dGhlIHNhbXBsZSBub25jZTEy"}, 400),
    ({"HTTP_SEC_WEBSOCKET_PROTOCOL": "a\r\n X: y"}, 400),
    ({"HTTP_SEC_WEBSOCKET_PROTOCOL": "a b"}, 400), ({"HTTP_SEC_WEBSOCKET_PROTOCOL": "\xe4"}, 400),
    ({"HTTP_SEC_WEBSOCKET_PROTOCOL": "good, a/b"}, 400),
    ({"HTTP_SEC_WEBSOCKET_PROTOCOL": "a, b"}, None), ({"HTTP_SEC_WEBSOCKET_PROTOCOL": ""}, None),
])
def test_what_the_rfc_asks_for(changes, wanted):
    assert status(**changes) == wanted


def test_a_refused_version_names_ours():
    found = refusal(dict(GOOD, HTTP_SEC_WEBSOCKET_VERSION="8"), ())
    assert ("Sec-WebSocket-Version", "13") in found.headers


@pytest.mark.parametrize("origin, host, wanted", [
    (None, "house:8884", None), ("http://house", "house:8884", None),
    ("https://HOUSE:3000", "house:8884", None), ("http://house", "House", None),
    ("http://[fd00::1]", "[fd00::1]:8884", None), ("http://127.0.0.1", "127.0.0.1:8884", None),
    ("http://house.evil", "house:8884", 403), ("http://evil", "house:8884", 403),
    ("http://house@evil", "house:8884", 403), ("null", "house:8884", 403), ("", "house", 403),
    ("file://", "house", 403), ("http://[", "house", 403),
    ("http://house/", "house", 403), ("http://house/,http://evil", "house", 403),
    ("http://evil@house", "house", 403), ("http://house#", "house", 403), ("house", "house", 403),
])
def test_pages_of_the_same_host_may_connect(origin, host, wanted):
    assert status(HTTP_ORIGIN=origin, HTTP_HOST=host) == wanted


@pytest.mark.parametrize("origins, origin, wanted", [
    (["https://hmi"], "https://hmi", None), (["https://hmi"], "https://HMI", None),
    (["https://hmi"], "http://hmi", 403), (["https://hmi"], "https://hmi:444", 403),
    (["null"], "null", None), (["*"], "http://anything", None), (["*"], "null", None),
])
def test_others_must_be_listed(origins, origin, wanted):
    assert status(origins, HTTP_ORIGIN=origin) == wanted


@pytest.mark.parametrize("origin, shown", [
    ("http://evil:80", "http://evil:80"), ("http://ev\xe4l", r"http://ev\xe4l"),
    ("chrome-extension://abc", "chrome-extension://abc"),
    ("http://" + "x" * 1000, "http://" + "x" * 93)])
def test_the_refusal_names_the_origin_to_list(origin, shown):
    assert refusal(dict(GOOD, HTTP_ORIGIN=origin), ()).text == (
        "pages of %s may not connect unless origins lists %s" % (shown, shown))


@pytest.mark.parametrize("origin", ["x\r\ny", "localhost", "http:///x"])
def test_what_is_no_origin_can_not_be_listed(origin):
    assert refusal(dict(GOOD, HTTP_ORIGIN=origin), ()).text == (
        "pages of no valid origin may not connect")


@pytest.mark.parametrize("origin, listed", [
    ("null", "null"), ("", "null"), ("http://", "null"), ("app:", "null"), ("content://", "null"),
    ("file://", "file://"), ("FILE://", "file://"), ("file:///home/me/page.html", "file://"),
    ("file://localhost", "file://")])
def test_an_origin_without_a_host_is_refused_with_what_to_list_and_then_taken(origin, listed):
    asked = dict(GOOD, HTTP_ORIGIN=origin)
    assert refusal(asked, ()).text == "pages of %s may not connect unless origins lists %s" % (
        origin or "an empty origin", listed)
    assert refusal(asked, (listed,)) is None
    assert refusal(asked, ("https://house", "null" if listed == "file://" else "file://"))


@pytest.mark.parametrize("value, found", [
    ("Upgrade, close", ["upgrade", "close"]), ("close", ["close"]),
    (",\tClose ,, x", ["close", "x"]),
    ("closed", ["closed"]), ("", [])])
def test_a_list_of_words_is_read_as_one(value, found):
    assert tokens(value) == found


@pytest.mark.parametrize("upgrade, asked", [
    ("websocket", True), ("WebSocket", True), ("h2c, websocket", True), ("websocket,h2c", True),
    ("h2c", False), ("websockets", False), ("", False), (None, False)])
def test_a_websocket_is_asked_for_by_name_in_a_list(upgrade, asked):
    assert is_asked({} if upgrade is None else {"HTTP_UPGRADE": upgrade}) == asked


def test_the_answer_of_the_rfcs_example():
    assert dict(response_headers(GOOD)) == {
        "Upgrade": "websocket", "Connection": "Upgrade",
        "Sec-WebSocket-Accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="}


@pytest.mark.parametrize("offered, taken", [("vscp", "vscp"), ("a, b", "a"), (" x ", "x"),
                                           (", x", "x")])
def test_the_first_subprotocol_is_taken(offered, taken):
    headers = dict(response_headers(dict(GOOD, HTTP_SEC_WEBSOCKET_PROTOCOL=offered)))
    assert headers["Sec-WebSocket-Protocol"] == taken
