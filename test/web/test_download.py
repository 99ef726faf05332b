"""Files over HTTP, to foreign clients: curl, http.client and plain sockets."""

import email.utils
import http.client
import os
import socket
import subprocess
import threading

import pytest

import needs
from hubthread import TIMEOUT
from vscpws.web.download import PIECE
from vscpws.web.folder import Folder
from web.stage import Stage

CONTENT = bytes(range(256)) * 4
BIG = 24 << 20                  # bytes: far more than sockets hold on the way
LIMIT = b"GET /next.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    (root / "file.bin").write_bytes(CONTENT)
    (root / "empty.txt").write_bytes(b"")
    (root / "next.txt").write_bytes(b"next")
    os.utime(root / "file.bin", (1700000000.5, 1700000000.5))
    return root


@pytest.fixture
def stage(tmp_path, root):
    with Stage(tmp_path, web_root=str(root)) as stage:
        yield stage


@pytest.fixture
def connection(stage):
    connection = http.client.HTTPConnection("127.0.0.1", stage.port, timeout=TIMEOUT)
    yield connection
    connection.close()


def rest_of(connection):
    """Everything until the server ends the connection."""
    pieces = []
    while True:
        pieces.append(connection.recv(1 << 20))
        if not pieces[-1]:
            return b"".join(pieces)


def ask(connection, path="/file.bin", method="GET", **headers):
    """Status, headers and body; the connection stays for the next."""
    connection.request(method, path, headers={
        name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    return answer.status, answer.headers, answer.read()


class TestWhole:
    def test_a_file_is_served_with_what_tells_its_state(self, connection):
        status, headers, body = ask(connection)
        assert (status, body) == (200, CONTENT)
        assert headers["Content-Length"] == str(len(CONTENT))
        assert headers["Last-Modified"] == "Tue, 14 Nov 2023 22:13:20 GMT"
        assert headers["Cache-Control"] == "no-cache"
        assert headers["ETag"].startswith('"') and headers["Accept-Ranges"] == "bytes"
        assert "Access-Control-Allow-Origin" not in headers

    @pytest.mark.parametrize("path", ["/file.bin", "/empty.txt"])
    def test_head_says_the_same_and_nothing_more(self, connection, path):
        whole = ask(connection, path)
        head = ask(connection, path, "HEAD")
        assert head[2] == b""
        for name in ("Content-Length", "Content-Type", "ETag", "Last-Modified"):
            assert head[1][name] == whole[1][name]

    def test_one_connection_stays_in_step_while_the_file_changes(self, connection, root):
        tags = set()
        for number in range(30):
            content = os.urandom(number * 37 % 5000) + b"%d" % number
            (root / "file.bin").write_bytes(content)
            status, headers, body = ask(connection)
            assert (status, body) == (200, content)
            tags.add(headers["ETag"])
        (root / "file.bin").unlink()
        assert ask(connection)[0] == 404
        (root / "file.bin").write_bytes(b"again")
        assert ask(connection)[2] == b"again"
        assert len(tags) == 30

    def test_curl_gets_a_file_of_many_pieces_and_goes_on_from_its_middle(self, stage, root,
                                                                         tmp_path):
        curl = needs.tool("curl")
        content = os.urandom(PIECE * 5 + 17)
        (root / "big.bin").write_bytes(content)
        out = tmp_path / "out"
        out.write_bytes(content[:PIECE + 1])
        url = "http://127.0.0.1:%d/big.bin" % stage.port
        for more in (["-C", "-"], []):
            subprocess.run([curl, "-sSf", "-m", "20", "-o", str(out), *more, url], check=True)
            assert out.read_bytes() == content

    def test_names_are_unquoted_once(self, connection, root):
        (root / "a%20b.txt").write_text("quoted")
        (root / "a b.txt").write_text("blank")
        (root / os.fsdecode(b"caf\xe9.txt")).write_text("latin")
        assert ask(connection, "/a%20b.txt")[2] == b"blank"
        assert ask(connection, "/a%2520b.txt")[2] == b"quoted"
        assert ask(connection, "/caf%E9.txt")[2] == b"latin"
        for path in ("/%2e%2e/users.json", "/..%2fusers.json", "/%00", "/a%00b", "/%5c..%5cx",
                     "//users.json", "/%2f"):
            assert ask(connection, path)[0] == 404


class TestWhileItIsSent:
    def begun(self, stage, root):
        """A connection that has got the head and the first bytes of a big file."""
        with open(root / "big.bin", "wb") as file:
            file.truncate(BIG)
        connection = stage.socket()
        connection.sendall(b"GET /big.bin HTTP/1.1\r\nHost: x\r\n\r\n" + LIMIT)
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(4096)
        assert b"Content-Length: %d\r\n" % BIG in head
        return connection, len(head.partition(b"\r\n\r\n")[2])

    @pytest.mark.parametrize("size", [0, 100])
    def test_a_file_that_becomes_shorter_ends_the_connection(self, stage, root, caplog, size):
        connection, got = self.begun(stage, root)
        os.truncate(root / "big.bin", size)
        rest = rest_of(connection)
        assert got + len(rest) < BIG and not rest.strip(b"\0")
        assert "'big.bin': has become shorter while it was sent" in caplog.text
        assert not any(record.exc_info for record in caplog.records)

    @pytest.mark.parametrize("change", [
        lambda path: os.truncate(path, BIG + 1000), lambda path: path.unlink(),
        lambda path: os.replace(path.with_name("next.txt"), path)])
    def test_a_file_that_grows_goes_or_is_replaced_is_sent_as_announced(self, stage, root, change):
        connection, got = self.begun(stage, root)
        before = (root / "next.txt").read_bytes()
        change(root / "big.bin")
        rest = rest_of(connection)
        body, answer = rest[:BIG - got], rest[BIG - got:]
        assert len(body) == BIG - got and not body.strip(b"\0")
        assert answer.startswith(b"HTTP/1.1 200" if (root / "next.txt").exists()
                                 else b"HTTP/1.1 404")
        assert answer.endswith(before) == (root / "next.txt").exists()

    def test_a_client_that_goes_leaves_no_open_file(self, stage, root, caplog):
        connection, _ = self.begun(stage, root)
        connection.close()
        # Another test's big.bin may be open yet: its stage went when the client had all of it.
        stage.until(lambda: str(root / "big.bin") not in {
            os.path.realpath("/proc/self/fd/%s" % name) for name in os.listdir("/proc/self/fd")})
        assert not any(record.exc_info for record in caplog.records)


def test_who_reads_slowly_keeps_nobody_out(tmp_path, root):
    with open(root / "big.bin", "wb") as file:
        file.truncate(BIG)
    with Stage(tmp_path, web_root=str(root), max_http_connections=3) as stage:
        slow = [socket.create_connection(("127.0.0.1", stage.port), TIMEOUT, ("127.0.0.2", 0))
                for _ in range(3)]
        for connection in slow:
            connection.sendall(b"GET /big.bin HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.recv(12) == b"HTTP/1.1 200"
        stage.log_in().close()
        for connection in slow:
            connection.close()


def test_a_disk_that_does_not_answer_costs_those_who_want_its_files_alone(stage, monkeypatch):
    answer, opened = threading.Event(), Folder.open

    def slow(folder, path):
        assert answer.wait(TIMEOUT)
        return opened(folder, path)
    monkeypatch.setattr(Folder, "open", slow)
    waiting = [stage.socket() for _ in range(20)]
    for connection in waiting:
        connection.sendall(LIMIT)
    stage.log_in().close()
    answer.set()
    for connection in waiting:
        assert rest_of(connection).endswith(b"\r\n\r\nnext")
        connection.close()


class TestConditions:
    def test_what_is_known_isn_t_sent_again(self, connection):
        headers = ask(connection)[1]
        tag, date = headers["ETag"], headers["Last-Modified"]
        for condition in ({"If_None_Match": tag}, {"If_None_Match": 'W/%s' % tag},
                          {"If_None_Match": '"other", %s' % tag}, {"If_None_Match": "*"},
                          {"If_Modified_Since": date},
                          {"If_Modified_Since": "Tuesday, 14-Nov-23 22:13:20 GMT"},
                          {"If_Modified_Since": "Tue Nov 14 22:13:20 2023"},
                          {"If_None_Match": tag, "Range": "bytes=0-1"}):
            for method in ("GET", "HEAD"):
                status, again, body = ask(connection, method=method, **condition)
                assert (status, body, again["ETag"]) == (304, b"", tag), condition

    @pytest.mark.parametrize("condition", [
        {"If_None_Match": '"other"'}, {"If_None_Match": ""}, {"If_None_Match": ',,"'},
        {"If_Modified_Since": "Tue, 14 Nov 2023 22:13:19 GMT"},
        {"If_Modified_Since": "never"}, {"If_Modified_Since": ""},
        {"If_Modified_Since": "Tue, 14 Nov 99999999999999999999 22:13:20 GMT"},
        {"If_Modified_Since": "9" * 5000},
        # The tag says it better than the date.
        {"If_None_Match": '"other"', "If_Modified_Since": email.utils.formatdate(2e9, usegmt=True)},
        {"If_Match": "*"}, {"If_Unmodified_Since": email.utils.formatdate(2e9, usegmt=True)},
    ])
    def test_anything_else_gets_the_file(self, connection, condition):
        assert ask(connection, **condition)[::2] == (200, CONTENT)

    @pytest.mark.parametrize("condition", [
        {"If_Match": '"other"'}, {"If_Unmodified_Since": email.utils.formatdate(1e9, usegmt=True)}])
    def test_a_file_that_is_another_than_the_wanted_one_is_refused(self, connection, condition):
        assert ask(connection, **condition)[::2] == (412, b"")
        assert ask(connection, If_Match=ask(connection)[1]["ETag"])[0] == 200

    def test_a_changed_file_is_sent(self, connection, root):
        tag = ask(connection)[1]["ETag"]
        (root / "file.bin").write_bytes(CONTENT[::-1])
        assert ask(connection, If_None_Match=tag)[::2] == (200, CONTENT[::-1])


class TestRanges:
    @pytest.mark.parametrize("asked, first, last", [
        ("bytes=0-0", 0, 0), ("bytes=0-", 0, 1023), ("bytes=10-20", 10, 20),
        ("bytes=-1", 1023, 1023), ("bytes=-5000", 0, 1023), ("bytes=1000-999999", 1000, 1023),
        ("BYTES=1023-1023", 1023, 1023), ("bytes=5-999999999999999999", 5, 1023)])
    def test_a_part_is_sent_as_asked(self, connection, asked, first, last):
        status, headers, body = ask(connection, Range=asked)
        assert (status, body) == (206, CONTENT[first:last + 1])
        assert headers["Content-Range"] == "bytes %d-%d/1024" % (first, last)

    @pytest.mark.parametrize("asked", ["bytes=1024-", "bytes=5000-6000", "bytes=-0"])
    def test_beyond_the_end_is_416(self, connection, asked):
        status, headers, body = ask(connection, Range=asked)
        assert (status, headers["Content-Range"], body) == (416, "bytes */1024", b"")
        assert ask(connection)[2] == CONTENT

    def test_of_an_empty_file_there_is_none(self, connection):
        assert ask(connection, "/empty.txt", Range="bytes=0-")[0] == 416

    @pytest.mark.parametrize("asked", [
        "", "bytes", "bytes=", "bytes=-", "bytes=a-b", "lines=1-2", "bytes=2-1", "bytes=0-1,5-6",
        "bytes=+1-2", "bytes=0x1-2", "bytes=\u0661-2", "bytes=0-" + "9" * 4000])
    def test_what_is_no_single_range_gets_all(self, connection, asked):
        connection.putrequest("GET", "/file.bin")
        connection.putheader("Range", asked.encode("utf-8"))
        connection.endheaders()
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, CONTENT)

    def test_head_has_no_part(self, connection):
        status, headers, _ = ask(connection, method="HEAD", Range="bytes=0-0")
        assert (status, headers["Content-Length"]) == (200, "1024")

    def test_a_part_of_a_file_that_is_another_now_is_all_of_it(self, connection):
        headers = ask(connection)[1]
        for condition, status in ((headers["ETag"], 206), (headers["Last-Modified"], 206),
                                  ('"other"', 200), ("W/" + headers["ETag"], 200),
                                  (email.utils.formatdate(2e9, usegmt=True), 200), ("x", 200)):
            assert ask(connection, Range="bytes=1-2", If_Range=condition)[0] == status
