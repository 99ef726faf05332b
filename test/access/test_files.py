"""Reading the files that the room needs: each failure names the file, none quotes it."""

import pytest

from vscpws.access.files import read_text
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


def test_a_file_without_end_is_refused():
    assert refusal("/dev/zero") == "not a regular file"
