import base64
import errno
import hashlib
import json
import os
import pathlib
import re
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest

from vscpws.settings import Settings
from vscpws.web.site import PAGE, STRICT, Site

HEALTH = {"status": "ok", "clients": 3}


def ask(site, path, method="GET", query=""):
    """Status, headers and body of one request."""
    environ = {"PATH_INFO": path, "REQUEST_METHOD": method, "QUERY_STRING": query,
               "SCRIPT_NAME": ""}
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
        assert "Access-Control-Allow-Origin" not in headers

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

    @pytest.mark.parametrize("change, body", [
        (lambda root: (root / "data.json").write_text('{"longer": true}'), b'{"longer": true}'),
        (lambda root: (root / "data.json").write_text(""), b""),
        (lambda root: (root / "new.json").replace(root / "data.json"), b"new"),
    ])
    def test_what_has_changed_is_served_as_it_is_now(self, tmp_path, site, change, body):
        before = ask(site, "/data.json")[1]
        (tmp_path / "root" / "new.json").write_text("new")
        change(tmp_path / "root")
        status, headers, got = ask(site, "/data.json")
        assert (status, got) == ("200 OK", body)
        assert headers["Content-Length"] == str(len(body))
        assert headers["ETag"] != before["ETag"]

    def test_what_is_new_is_found_and_what_is_gone_is_not(self, tmp_path, site):
        (tmp_path / "root" / "new").mkdir()
        (tmp_path / "root" / "new" / "index.html").write_text("new")
        (tmp_path / "root" / "data.json").unlink()
        assert ask(site, "/new/")[2] == b"new"
        assert ask(site, "/data.json")[0] == "404 Not Found"

    def test_the_root_may_be_a_link_that_changes(self, tmp_path):
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            (tmp_path / name / "index.html").write_text(name)
        current = tmp_path / "current"
        current.symlink_to("one")
        site = Site(str(current), [], lambda: HEALTH)
        assert ask(site, "/")[2] == b"one"
        current.unlink()
        assert ask(site, "/")[0] == "404 Not Found"
        current.symlink_to("two")
        assert ask(site, "/")[2] == b"two"

    @pytest.mark.parametrize("path, query, place", [
        ("/sub", "", "sub/"), ("/sub", "a=1&b", "sub/?a=1&b"),
        ("/sub/a:b c", "", "a%3Ab%20c/"), ("/\\evil.example", "", "%5Cevil.example/"),
    ])
    def test_a_folder_without_its_slash_is_redirected_within_the_site(self, tmp_path, site, path,
                                                                      query, place):
        (tmp_path / "root" / path[1:]).mkdir(exist_ok=True)
        status, headers, _ = ask(site, path, query=query)
        assert (status, headers["Location"]) == ("302 Found", place)

    @pytest.mark.parametrize("error, status, said", [
        (errno.EACCES, "403 Forbidden", True), (errno.EMFILE, "503 Service Unavailable", True),
        (errno.EIO, "500 Internal Server Error", True), (errno.ESTALE, "404 Not Found", False),
    ])
    def test_what_can_t_be_opened_is_answered_and_said_in_a_line(self, site, monkeypatch, caplog,
                                                                 error, status, said):
        def refuse(*args, **kwargs):
            raise OSError(error, os.strerror(error))
        monkeypatch.setattr(os, "open", refuse)
        assert ask(site, "/data.json\n")[0] == status
        assert [record.getMessage() for record in caplog.records] == said * [
            "'/data.json\\n' can't be served: %s" % os.strerror(error)]
        assert not any(record.exc_info for record in caplog.records)

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
        assert front.count("<script>") == 1 and "style=" not in front


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

    def test_a_folder_of_the_user_s_with_the_same_name_has_the_rest(self, tmp_path, site):
        (tmp_path / "root" / "vscp").mkdir()
        for name in ("vscp.js", "mine.js"):
            (tmp_path / "root" / "vscp" / name).write_text("mine")
        assert ask(site, "/vscp/mine.js")[2] == b"mine"
        assert ask(site, "/vscp/vscp.js")[2] != b"mine"

    def test_is_not_there_without_pages(self):
        assert ask(Site("", [], lambda: HEALTH), "/vscp/vscp.js")[0] == "404 Not Found"


class TestContentPolicy:
    NAME = "Content-Security-Policy"

    def test_of_the_root_is_the_one_that_is_set_now(self, site):
        assert ask(site, "/")[1][self.NAME] == Settings.content_policy == "frame-ancestors 'self'"
        site.content_policy = "default-src https:"
        assert ask(site, "/")[1][self.NAME] == "default-src https:"
        site.content_policy = ""
        assert self.NAME not in ask(site, "/")[1]

    @pytest.mark.parametrize("path", [
        "/vscp/vscp.js", "/vscp/catalog.json", "/healthz", "/ws1", "/missing", "/sub"])
    def test_of_all_that_is_ours_is_strict(self, site, path):
        site.content_policy = ""
        assert ask(site, path)[1][self.NAME] == STRICT

    @pytest.mark.parametrize("page", ["index.html", "panel.html"])
    def test_the_script_in_a_page_is_the_one_that_is_allowed(self, page):
        text = (pathlib.Path(PAGE) / page).read_text(encoding="utf-8")
        script, = re.findall(r"<script>(.*?)</script>", text, re.S)
        digest = hashlib.sha256(script.encode("utf-8")).digest()
        assert "'sha256-%s'" % base64.b64encode(digest).decode("ascii") in STRICT

    @pytest.mark.parametrize("path", ["/", "/page.js", "/panel.html"])
    def test_of_the_built_in_page_is_strict(self, path):
        site = Site(PAGE, [], lambda: HEALTH, "default-src *")
        status, headers, _ = ask(site, path)
        assert (status, headers[self.NAME]) == ("200 OK", STRICT)


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
