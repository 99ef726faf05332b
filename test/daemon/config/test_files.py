"""Reading what the configuration names: each failure names the file, none quotes it."""

import os

import pytest

from vscpws.daemon.config.files import read_file, read_text
from vscpws.model.errors import ConfigurationError


def refusal(path):
    with pytest.raises(ConfigurationError) as caught:
        read_text(str(path))
    (problem,) = caught.value.problems
    assert problem.file == str(path)
    return problem.reason


def test_text_is_utf8_with_or_without_a_byte_order_mark(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"\xef\xbb\xbfgr\xc3\xbc\xc3\x9fe")
    assert read_text(str(path)) == "grüße"
    path.write_bytes(b"gr\xc3\xbc\xc3\x9fe")
    assert read_text(str(path)) == "grüße"


def test_a_missing_file(tmp_path):
    assert refusal(tmp_path / "none") == "No such file or directory"


def test_a_folder(tmp_path):
    assert refusal(tmp_path) == "Is a directory"


def test_bytes_that_are_no_text(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"abc\xff\xfe")
    assert refusal(path) == "not UTF-8 at byte 3"


def test_a_file_may_be_as_large_as_the_limit_and_no_larger(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"x" * 1048576)
    assert read_text(str(path)) == "x" * 1048576
    path.write_bytes(b"x" * 1048577)
    assert refusal(path) == "larger than 1 MiB"


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "FIFO", "link to a FIFO"])
def test_what_never_ends_or_never_comes_is_not_waited_for(tmp_path, path):
    os.mkfifo(str(tmp_path / "FIFO"))
    (tmp_path / "link to a FIFO").symlink_to("FIFO")
    with pytest.raises(ConfigurationError, match="%s: not a regular file" % path):
        read_file(str(tmp_path / path))


def test_reading_a_long_file_ends(tmp_path):
    path = tmp_path / "long"
    path.write_bytes(bytes((1 << 20) + 1))
    with pytest.raises(ConfigurationError, match="long: larger than 1 MiB"):
        read_file(str(path))


@pytest.mark.parametrize("path", ["/", "/nowhere/x", "a\0b"])
def test_reading_what_is_no_file_is_a_problem(path):
    with pytest.raises(ConfigurationError) as error:
        read_file(path)
    assert error.value.problems[0].file == path
