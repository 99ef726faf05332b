"""Lines for a terminal, pipe or socket that isn't always read."""

import io
import os
import pty
import socket
import tty

import pytest

from vscpws.daemon.process.console import open_console

LINE = b"%06d " + b"x" * 90 + b"\n"
MOST = 100000                   # lines: more than anything between two processes holds


def ends(kind):
    """A descriptor to read from, one to write to, and what keeps them open."""
    if kind == "terminal":
        reader, writer = pty.openpty()
        tty.setraw(writer)
        return reader, writer, None
    if kind == "pipe":
        return (*os.pipe(), None)
    pair = socket.socketpair()
    return pair[0].fileno(), pair[1].fileno(), pair


@pytest.fixture(params=["terminal", "pipe", "socket"])
def between(request):
    reader, writer, pair = ends(request.param)
    with open(writer, "w", closefd=pair is None) as stream:
        console = open_console(stream)
        yield console, reader, writer
        console.close()
    if pair is None:
        os.close(reader)
    else:
        for end in pair:
            end.close()


def read_lines(reader):
    os.set_blocking(reader, False)
    data = b""
    while True:
        try:
            piece = os.read(reader, 65536)
        except BlockingIOError:
            return data.split(b"\n")
        data += piece


def test_who_does_not_read_loses_lines_and_nobody_waits_for_him(between):
    console, reader, _ = between
    number = 0
    while console.lost < 5:
        console.put(LINE % number)
        number += 1
        assert number < MOST
    lines = read_lines(reader)
    assert lines[:-1] == [(LINE % each)[:-1] for each in range(len(lines) - 1)]
    console.put(b"again\n")
    assert console.lost == 0
    # Of the last one that was taken the rest comes first.
    assert (lines[-1] + b"\n".join(read_lines(reader))).endswith(b"again\n")
    assert len(lines) + 4 <= number <= len(lines) + 6


def test_the_stream_itself_still_waits(between):
    assert os.get_blocking(between[2])


@pytest.mark.parametrize("make", [
    lambda path: io.StringIO(), lambda path: open(path / "file", "w")])
def test_a_file_needs_no_console(tmp_path, make):
    with make(tmp_path) as stream:
        assert open_console(stream) is None
