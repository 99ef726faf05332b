import pytest

from vscpws.web.mediatypes import media_type


@pytest.mark.parametrize("name, kind", [
    ("index.html", "text/html; charset=utf-8"), ("A.HTM", "text/html; charset=utf-8"),
    ("code.js", "text/javascript; charset=utf-8"), ("code.mjs", "text/javascript; charset=utf-8"),
    ("style.css", "text/css; charset=utf-8"), ("data.json", "application/json"),
    ("icon.svg", "image/svg+xml"), ("a.png", "image/png"), ("font.woff2", "font/woff2"),
    ("code.wasm", "application/wasm"), ("log.tar.gz", "application/gzip"),
    ("favicon.ico", "image/vnd.microsoft.icon"),
    ("README", "application/octet-stream"), ("a.unknown", "application/octet-stream"),
    ("", "application/octet-stream"), ("html", "application/octet-stream"),
])
def test_the_end_of_the_name_says_it(name, kind):
    assert media_type(name) == kind
