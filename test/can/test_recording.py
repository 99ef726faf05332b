"""Recorded logs, line by line, and what is found in them in the field."""

import base64
import gzip
import io
import os
import sqlite3
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

import can
from vscpws.can import recording as module
from vscpws.can.logformat import DECODERS
from vscpws.can.recording import Recording, recording_complaint
from vscpws.can.source import BusMissing, BusUnusable
from vscpws.codec.canframe import ERROR, EXTENDED, REMOTE

FRAME = (EXTENDED | 0x0C0A0601, b"\1\2")
GOOD = {
    ".log": "(1600000000.0) can0 0C0A0601#0102\n",
    ".asc": "   0.500000 1  0C0A0601x       Rx   d 2 01 02\n",
    ".csv": "1600000000.0,0x0C0A0601,1,0,0,2,%s\n" % base64.b64encode(b"\1\2").decode(),
    ".trc": "     1)     0.5 Rx     0C0A0601  2  01 02\n",
}
HEADER = {
    ".log": "", ".csv": "timestamp,arbitration_id,extended,remote,error,dlc,data\n",
    ".asc": "date Thu Apr 28 10:44:52.480 am 2022\nbase hex  timestamps absolute\n"
            "internal events logged\n// a comment\nBegin TriggerBlock Thu Apr 28 10:44:52 am 2022\n"
            "   0.000000 Start of measurement\n",
    ".trc": ";$FILEVERSION=1.1\n;$STARTTIME=43008.920986006946\n;   a comment\n",
}
TEXT = sorted(GOOD)


def read(path):
    """The frames of a log, and the recording after its end."""
    recording = Recording(str(path))
    frames = []
    while True:
        found = recording.next()
        if found is None:
            recording.close()
            return frames, recording
        can_id, data, moment = found[1]
        assert moment == 0              # a log has a clock of its own
        frames.append((can_id, data))


@pytest.fixture
def write(tmp_path):
    def write(ending, content, name="house"):
        path = tmp_path / (name + ending)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path
    return write


@pytest.mark.parametrize("ending", TEXT)
@pytest.mark.parametrize("dress", ["plain", "crlf", "bom", "utf-16", "packed"])
def test_log_in_any_dress_is_read(write, ending, dress):
    text = HEADER[ending] + GOOD[ending] * 3
    content = {"plain": text.encode(), "crlf": text.replace("\n", "\r\n").encode(),
               "bom": b"\xef\xbb\xbf" + text.encode(), "utf-16": text.encode("utf-16"),
               "packed": gzip.compress(text.encode())}[dress]
    frames, recording = read(write(ending + ".gz" * (dress == "packed"), content))
    assert frames == [FRAME] * 3 and recording.skipped == 0


@pytest.mark.parametrize("ending", [".log", ".asc", ".csv"])
def test_log_without_a_header_loses_no_frame(write, ending):
    assert read(write(ending, GOOD[ending] * 2))[0] == [FRAME] * 2


@pytest.mark.parametrize("ending", TEXT)
@pytest.mark.parametrize("odd", [
    "read: Network is down", "DROPCOUNT: dropped 5 CAN frames on 'can0' socket (total drops 5)",
    "\0\0\0garbage\0\0", "\x1b[31mred\x1b[0m", "(((", ",,,,,,,", "1)", "\u0661\u0662",
])
def test_odd_line_is_skipped_and_counted(write, ending, odd):
    text = HEADER[ending] + GOOD[ending] + odd + "\n" + GOOD[ending]
    frames, recording = read(write(ending, text))
    assert frames == [FRAME] * 2 and recording.skipped == 1
    number = text.count("\n") - 1
    assert "house%s: 1 line is no frame and skipped, the first: line %d: " % (
        ending, number) in recording.summary()


@pytest.mark.parametrize("ending, odd, reason", [
    (".log", "oops", "line 1: no line of a candump log (candump -L writes them)"),
    (".csv", "1600000000.0,0x0C0A0601,1,0,0,2,A", "line 2: Error: ")])
def test_reason_of_ours_is_told_as_it_is_and_a_foreign_one_with_its_kind(write, ending, odd,
                                                                        reason):
    _, recording = read(write(ending, HEADER[ending] + odd + "\n"))
    assert "the first: " + reason in recording.summary()


@pytest.mark.parametrize("ending, odd", [
    (".log", "(1.0) can0 0C0A0601#010"), (".log", "(1.0) can0 0C0A06010#01"),
    (".log", "(1.0) can0 0A1##4000000#0102"), (".log", "(1.0) can0 123###0081234567801"),
    (".log", "(1.0) can0 0C0A06\0\0\0\0(2.0) can0 0C0A0602#01"), (".log", "(1.0) can0 0C0A0601"),
    (".asc", "   0.500000 1  0C0A0601x       Rx   d 2 01 0"),
    (".asc", "   0.500000 1  0C0A0601x       Rx   d 2 01"),
    (".asc", "   0.500000 1  0C0A0601x       Rx   d 2 01 0G"),
    (".asc", "   0.500000 1  0C0A0601x       Rx   d 2 +1 02"),
    (".asc", "   0.500000 1  2C0A0601x       Rx   d 2 01 02"),
    (".asc", "   0.500000 1  800             Rx   d 2 01 02"),
    (".csv", "1600000000.0,0x0C0A0601,1,0,0,2,AQ=="), (".csv", "x,0x0C0A0601,1,0,0,2,AQI="),
    (".csv", "1600000000.0,0x2C0A0601,1,0,0,2,AQI="), (".csv", "1.0,0xC0A0601,1,0,0,2,AQI=,"),
    (".csv", "1600000000.0,0x0C0A0601,1,0,0,2,A*QI="), (".csv", "1.0,0x1,yes,0,0,2,AQI="),
    (".trc", "     1)     0.5 Rx     0C0A0601  2  01 0"),
    (".trc", "     1)     0.5 Rx     0C0A0601  2  01"),
    (".trc", "     1)     0.5 Rx     4C0A0601  2  01 02"),
    (".trc", "     1)     0.5 Rx     0C0A0601  -  01 02"),
])
def test_half_a_frame_is_none(write, ending, odd):
    frames, recording = read(write(ending, HEADER[ending] + odd + "\n" + GOOD[ending]))
    assert frames == [FRAME] and recording.skipped == 1


@pytest.mark.parametrize("ending", TEXT)
def test_last_line_without_its_end_is_not_taken(write, ending):
    text = HEADER[ending] + GOOD[ending] * 2
    frames, recording = read(write(ending, text[:-1]))
    assert frames == [FRAME] and recording.skipped == 1
    assert "the last line has no end" in recording.summary()


@pytest.mark.parametrize("line", ["", "# a comment", "; another", "// and another", "   \t"])
def test_comments_and_blank_lines_are_not_odd(write, line):
    frames, recording = read(write(".log", "%s\n%s%s\n" % (line, GOOD[".log"], line)))
    assert frames == [FRAME] and recording.summary() == ""


def test_nuls_before_a_line_are_what_a_crash_left(write):
    frames, recording = read(write(".log", GOOD[".log"] + "\0" * 512 + GOOD[".log"]))
    assert frames == [FRAME] * 2


@pytest.mark.parametrize("ending, line, flags", [
    (".log", "(1.0) can0 20000004#0008000000000000", ERROR),
    (".log", "(1.0) can0 2000000C#0000000000000000", ERROR),
    (".log", "(1.0) can0 20000080#0000000000000000", ERROR),
    (".log", "(1.0) can0 0C0A0601#R", REMOTE),
    (".asc", "   0.500000 1  ErrorFrame", ERROR), (".csv", "1.0,0x4,1,0,1,8,AAAAAAAAAAA=", ERROR),
    (".csv", "1.0,0x4,1,1,0,8,", REMOTE),
])
def test_error_frames_and_remote_requests_are_marked(write, ending, line, flags):
    (can_id, _), = read(write(ending, HEADER[ending] + line + "\n"))[0]
    assert can_id & (ERROR | REMOTE) == flags


def test_very_long_line_costs_little_memory_and_only_itself(write):
    path = write(".log", b"")
    with open(path, "wb") as file:
        for _ in range(200):
            file.write(b"x" * (1 << 20))
        file.write(b"\n" + GOOD[".log"].encode())
    turns = []
    tracemalloc.start()
    try:
        recording = Recording(str(path), lambda: turns.append(1))
        found = recording.next()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        path.unlink()
    recording.close()
    assert found[1][:2] == FRAME and recording.skipped == 1 and "over 4096" in recording.summary()
    assert peak < 5 << 20 and len(turns) > 100


@pytest.mark.parametrize("cut", [1, 10, 60, 100])
def test_packed_log_that_ends_early_gives_what_was_whole(write, cut):
    text = "".join("(%d.0) can0 0C0A0601#%04X\n" % (n, n) for n in range(2000)).encode()
    packed = gzip.compress(text)
    frames, recording = read(write(".log.gz", packed[:-cut]))
    assert recording.skipped == 1 and "can't be read further" in recording.summary()


def test_packed_log_is_read_line_by_line_too(write):
    packed = gzip.compress(("oops\n" + GOOD[".log"]).encode())
    frames, recording = read(write(".log.gz", packed))
    assert frames == [FRAME] and "the first: line 1: " in recording.summary()


@pytest.mark.parametrize("lines, turns", [(63, 0), (64, 1), (127, 1), (128, 2)])
def test_others_have_a_turn_after_so_many_lines(write, lines, turns):
    given = []
    recording = Recording(str(write(".log", "oops\n" * lines)), lambda: given.append(1))
    assert recording.next() is None and len(given) == turns
    recording.close()


def open_descriptors(path):
    links = []
    for name in os.listdir("/proc/self/fd"):
        try:
            links.append(os.readlink("/proc/self/fd/" + name))
        except OSError:                 # that of the folder itself
            pass
    return links.count(str(path))


@pytest.mark.parametrize("ending", [".log", ".log.gz", ".csv", ".blf", ".db"])
def test_log_that_is_closed_is_at_its_end_and_open_nowhere(tmp_path, ending):
    path = tmp_path / ("house" + ending)
    writer = can.Logger(str(path))
    for _ in range(3):
        writer.on_message_received(can.Message(
            timestamp=1600000000.5, arbitration_id=0x0C0A0601, data=b"\1\2", channel=1))
    writer.stop()
    recording = Recording(str(path))
    assert recording.next()[1][:2] == FRAME and open_descriptors(path) == 1
    for _ in range(2):
        recording.close()
        assert open_descriptors(path) == 0
        assert recording.next() is None and recording.skipped == 0


class Reader(list):
    """One of python-can's, with its messages."""

    is_stopped = False

    def stop(self):
        self.is_stopped = True


def test_others_have_a_turn_while_a_binary_log_is_read(monkeypatch):
    given, reader = [], Reader([can.Message(arbitration_id=1)] * 128)
    monkeypatch.setattr(module, "_open_regular", lambda path: io.BytesIO())
    monkeypatch.setattr(module, "_reader", lambda path, ending: reader)
    recording = Recording("house.blf", lambda: given.append(1))
    while recording.next():
        pass
    assert len(given) == 2


def test_what_was_opened_is_closed_though_somebody_holds_it(monkeypatch):
    raw = io.BytesIO(gzip.compress(GOOD[".log"].encode()))
    monkeypatch.setattr(module, "_open_regular", lambda path: raw)
    recording = Recording("house.log.gz")
    assert recording.next() and not raw.closed
    recording.close()
    assert raw.closed
    raw, reader = io.BytesIO(), Reader([can.Message(arbitration_id=0x0C0A0601)])
    monkeypatch.setattr(module, "_reader", lambda path, ending: reader)
    recording = Recording("house.blf")
    assert raw.closed and recording.next() and not reader.is_stopped
    recording.close()
    assert reader.is_stopped


# ---- several interfaces ------------------------------------------------------------------------


def test_one_interface_of_several_is_chosen(write):
    path = write(".log", "".join("(1.0) can%d 0C0A0601#%02d\n" % (n % 3, n) for n in range(9)))
    frames, _ = read("%s@can1" % path)
    assert [data for _, data in frames] == [b"\x01", b"\x04", b"\x07"]
    assert len(read(path)[0]) == 9


def test_channel_of_an_asc_log_has_the_number_that_stands_there(write):
    path = write(".asc", GOOD[".asc"] + GOOD[".asc"].replace(" 1  0C0A0601x", " 2  0C0A0602x"))
    assert [can_id & 0xFF for can_id, _ in read("%s@2" % path)[0]] == [2]


def test_channel_of_a_binary_log_is_counted_from_1(tmp_path):
    path = tmp_path / "house.blf"
    writer = can.Logger(str(path))
    writer.on_message_received(can.Message(
        timestamp=1600000000.5, arbitration_id=0x0C0A0601, data=b"\1\2", channel=1))
    writer.stop()
    assert read("%s@2" % path)[0] == [FRAME] and read("%s@1" % path)[0] == []


def test_interface_that_the_log_does_not_have_is_told_what_it_has(write):
    path = write(".log", GOOD[".log"] + GOOD[".log"].replace("can0", "can1"))
    assert recording_complaint("%s@can7" % path) == (
        "the log holds no frames of can7, but of can0, can1")


def test_of_many_interfaces_eight_are_named_each_once(write):
    text = "".join("(1.0) can%d 0C0A0601#01\n" % number for number in range(12)) * 2
    assert recording_complaint("%s@can99" % write(".log", text)) == (
        "the log holds no frames of can99, but of " + ", ".join("can%d" % n for n in range(8)))


# ---- binary ------------------------------------------------------------------------------------


def test_odd_rows_of_a_database_are_skipped(tmp_path):
    path = tmp_path / "house.db"
    writer = can.Logger(str(path))
    for number in range(3):
        writer.on_message_received(can.Message(
            timestamp=1600000000.0 + number, arbitration_id=0x0C0A0601, data=b"\1\2"))
    writer.stop()
    with sqlite3.connect(str(path)) as connection:
        for row in [("x", 1, 1, 0, 0, 1, b"a"), (1.0, None, 1, 0, 0, 1, b"a"),
                    (1.0, 1, 1, 0, 0, 1, 5), (1.0, 1, 1, 0, 0, 5, b"a"),
                    (1.0, 0x800, 0, 0, 0, 1, b"a"), (1.0, 1, 1, 0, 0, 1, "text")]:
            connection.execute("INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    connection.close()
    frames, recording = read(path)
    assert frames == [FRAME] * 3 and recording.skipped == 6
    assert "frame 4: " in recording.summary()


def test_blf_that_breaks_off_gives_what_was_whole(tmp_path):
    path = tmp_path / "house.blf"
    writer = can.Logger(str(path))
    for number in range(20000):
        writer.on_message_received(can.Message(
            timestamp=1600000000.0 + number, arbitration_id=0x0C0A0601, data=b"\1\2"))
    writer.stop()
    content = path.read_bytes()
    path.write_bytes(content[:len(content) // 2] + b"\xff" * (len(content) // 2))
    frames, recording = read(path)
    assert set(frames) == {FRAME} and recording.skipped >= 1


def test_text_in_a_database_that_is_none_costs_itself(tmp_path):
    path = tmp_path / "house.db"
    with sqlite3.connect(str(path)) as connection:
        connection.execute("CREATE TABLE messages "
                           "(ts, arbitration_id, extended, remote, error, dlc, data)")
        for data in ("CAST(x'ff' AS TEXT)", "x'0102'"):
            connection.execute("INSERT INTO messages VALUES (1.0, 0x0C0A0601, 1, 0, 0, 2, %s)"
                               % data)
    connection.close()
    frames, recording = read(path)
    assert frames == [FRAME] and recording.skipped == 1


def test_binary_log_that_can_not_be_opened_is_waited_for(write):
    with pytest.raises(BusMissing, match="can't open the log: ") as caught:
        Recording(str(write(".blf", "noise")))
    assert type(caught.value) is BusMissing


def test_binary_log_that_can_not_be_read_further_says_where(write):
    complaint = recording_complaint(str(write(".db", "noise")))
    assert "frame 1: the file can't be read further: " in complaint


# ---- what is no log ----------------------------------------------------------------------------


def test_what_is_no_regular_file_is_refused_at_once(tmp_path):
    pipe = tmp_path / "pipe.log"
    os.mkfifo(pipe)
    (tmp_path / "folder.log").mkdir()
    (tmp_path / "loop.log").symlink_to("loop.log")
    for path, reason in [(pipe, "not a regular file"), (tmp_path / "folder.log", "not a regular"),
                         ("/dev/zero", "not a regular file"), (tmp_path / "loop.log", "symbolic"),
                         (tmp_path / "none.log", "No such file")]:
        with pytest.raises(BusMissing, match=reason):
            Recording(str(path))
        assert reason in recording_complaint(str(path))
        assert open_descriptors(path) == 0


@pytest.mark.parametrize("ending, told", [
    (".pdf", ".pdf"), ("", "and it has none"), (".pdf.gz", ".pdf")])
def test_ending_that_stands_for_no_format_is_mended_by_no_retry(write, ending, told):
    with pytest.raises(BusUnusable, match="%s.*: known are .log, .asc, .csv, .trc, .blf" % told):
        Recording(str(write(ending, "x")))


@pytest.mark.parametrize("content", ["", "no log\n" * 3, "\0" * 5000, "(1.0) can0 0C0A0601#01"])
def test_file_that_is_no_log_has_a_complaint(write, content):
    assert "the log holds no frames" in recording_complaint(str(write(".log", content)))


def test_looking_for_the_first_frame_ends(write):
    path = write(".log", "no log\n" * 20000 + GOOD[".log"])
    assert "holds no frames; line 1" in recording_complaint(str(path))


@pytest.mark.parametrize("odd, is_log", [(10000, True), (10001, False)])
def test_a_file_is_no_log_after_ten_thousand_lines_without_a_frame(write, odd, is_log):
    path = write(".log", "no log\n" * odd + GOOD[".log"])
    assert (recording_complaint(str(path)) is None) is is_log


def test_looking_for_the_first_frame_leaves_the_log_closed(write, monkeypatch):
    closed = []
    monkeypatch.setattr(module.Recording, "close", lambda self: closed.append(self))
    recording_complaint(str(write(".log", GOOD[".log"])))
    recording_complaint(str(write(".log", "no log\n")))
    assert len(closed) == 2


def test_log_with_a_frame_has_no_complaint(write):
    assert recording_complaint(str(write(".log", "oops\n" + GOOD[".log"]))) is None


@pytest.mark.parametrize("ending", TEXT)
@given(text=st.text(max_size=80))
def test_no_line_gives_a_frame_that_can_not_be(ending, text):
    decode = DECODERS[ending]()
    try:
        line = decode(text)
    except Exception:
        return
    assert line is None or len(line.data) <= 64


@pytest.mark.parametrize("ending", [".asc", ".csv", ".trc"])
@given(can_id=st.integers(0, 0x1FFFFFFF), data=st.binary(max_size=8))
def test_what_python_can_writes_is_read_back(tmp_path_factory, ending, can_id, data):
    path = tmp_path_factory.mktemp("log") / ("house" + ending)
    writer = can.Logger(str(path))
    writer.on_message_received(can.Message(
        timestamp=1600000000.5, arbitration_id=can_id, data=data, channel=0))
    writer.stop()
    frames, recording = read(path)
    assert frames == [(can_id | EXTENDED, data)] and recording.skipped == 0
