import json
import re
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest

from vscpws.web.site import PAGE, Site

HEALTH = {"status": "ok", "clients": 3}


def ask(site, path, method="GET"):
    """Status, headers and body of one request."""
    environ = {"PATH_INFO": path, "REQUEST_METHOD": method, "QUERY_STRING": "", "SCRIPT_NAME": ""}
    setup_testing_defaults(environ)
    answer = []
    result = validator(site)(environ, lambda status, headers, exc_info=None:
                             answer.extend((status, dict(headers))))
    body = b"".join(result)
    result.close()
    return answer[0], answer[1], body


@pytest.fixture
def site(tmp_path):
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "index.html").write_text("<p>front")
    (root / "sub" / "index.html").write_text("<p>sub")
    (root / "data.json").write_text("{}")
    (root / "code.js").write_text("1")
    (tmp_path / "secret.txt").write_text("secret")
    return Site(str(root), ["/ws1"], lambda: HEALTH)


class TestFiles:
    @pytest.mark.parametrize("path, kind, body", [
        ("/", "text/html", b"<p>front"), ("/sub/", "text/html", b"<p>sub"),
        ("/data.json", "application/json", b"{}"), ("/code.js", "javascript", b"1"),
    ])
    def test_are_served_with_their_type(self, site, path, kind, body):
        status, headers, got = ask(site, path)
        assert (status, got) == ("200 OK", body)
        assert kind in headers["Content-Type"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'self'" in headers["Content-Security-Policy"]

    def test_head_has_no_body(self, site):
        status, headers, body = ask(site, "/data.json", "HEAD")
        assert (status, headers["Content-Length"], body) == ("200 OK", "2", b"")

    @pytest.mark.parametrize("path", [
        "/missing", "/../secret.txt", "/sub/../../secret.txt", "/%2e%2e/secret.txt",
        "//secret.txt", "/..\\secret.txt", "/\0", "/root/index.html", "/./../secret.txt",
    ])
    def test_nothing_else_is_found(self, site, path):
        status, _, body = ask(site, path)
        assert status == "404 Not Found"
        assert b"secret" not in body

    def test_a_link_out_of_the_root_shows_only_what_was_linked_at_the_start(self, tmp_path, site):
        (tmp_path / "root" / "later.txt").symlink_to(tmp_path / "secret.txt")
        assert ask(site, "/later.txt")[0] == "404 Not Found"

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
    def test_only_get_and_head(self, site, method):
        status, headers, _ = ask(site, "/", method)
        assert status == "405 Method Not Allowed"
        assert headers["Allow"] == "GET, HEAD"

    def test_without_a_root_nothing_is_served(self):
        assert ask(Site("", [], lambda: HEALTH), "/")[0] == "404 Not Found"

    def test_the_built_in_page_is_complete(self):
        site = Site(PAGE, [], lambda: HEALTH)
        front = ask(site, "/")[2].decode()
        for name in ("page.js", "page.css", "icon.svg"):
            assert name in front
            assert ask(site, "/" + name)[0] == "200 OK"
        assert "<script>" not in front and "style=" not in front


class TestLibrary:
    @pytest.mark.parametrize("name, kind", [("vscp.js", "javascript"),
                                            ("catalog.json", "application/json")])
    def test_is_there_beside_any_web_root(self, site, name, kind):
        status, headers, body = ask(site, "/vscp/" + name)
        assert status == "200 OK"
        assert kind in headers["Content-Type"]
        assert len(body) > 100

    def test_every_module_that_is_imported_is_served(self, site):
        todo, seen = ["vscp.js"], set()
        while todo:
            name = todo.pop()
            seen.add(name)
            status, _, body = ask(site, "/vscp/" + name)
            assert status == "200 OK", name
            todo += set(re.findall(r'^(?!//).*from "\./([^"]+)"', body.decode(), re.M)) - seen
        assert len(seen) > 5

    def test_is_not_there_without_pages(self):
        assert ask(Site("", [], lambda: HEALTH), "/vscp/vscp.js")[0] == "404 Not Found"


class TestHealth:
    def test_is_200_while_all_is_well(self, site):
        status, headers, body = ask(site, "/healthz")
        assert (status, json.loads(body)) == ("200 OK", HEALTH)
        assert headers["Content-Type"] == "application/json"
        assert headers["Cache-Control"] == "no-store"

    def test_is_503_with_the_same_report_when_not(self):
        status, _, body = ask(Site("", [], lambda: {"status": "bus down"}), "/healthz")
        assert (status, json.loads(body)) == ("503 Service Unavailable", {"status": "bus down"})


def test_a_websocket_path_without_an_upgrade_says_what_it_is(site):
    status, headers, _ = ask(site, "/ws1")
    assert status == "426 Upgrade Required"
    assert headers["Sec-WebSocket-Version"] == "13"
