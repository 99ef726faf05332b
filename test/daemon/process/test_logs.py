import io
import logging
import os
import socket
import sys
from dataclasses import replace

import pytest

from vscpws.daemon.process import logs, repeats
from vscpws.model.errors import ConfigurationError, Oddity
from vscpws.settings import LogSettings

SILENT = LogSettings(console=False)


@pytest.fixture(autouse=True)
def clean_root():
    root, library = logging.getLogger(), logging.getLogger("can")
    level, handlers, of_library = root.level, list(root.handlers), library.level
    yield
    for handler in set(root.handlers) - set(handlers):
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)
    library.setLevel(of_library)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "vscpwsd.log"


@pytest.fixture
def device(tmp_path, monkeypatch):
    """A syslog daemon's socket, and the targets set to use it."""
    path = str(tmp_path / "log")
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sock.bind(path)
    sock.settimeout(5)
    monkeypatch.setattr(logs._Syslog.__init__, "__defaults__", (path,))
    yield sock
    sock.close()


log = logging.getLogger("vscpws.some.room")


def test_the_console_gets_dated_lines_in_the_foreground(capsys):
    logs.apply(LogSettings(), foreground=True, debug=False)
    log.warning("bus %s is down", "can0")
    line = capsys.readouterr().err
    assert line.endswith(" WARNING bus can0 is down\n")
    assert line[:4].isdigit()


def test_a_daemon_writes_nothing_to_the_console(capsys, file):
    logs.apply(LogSettings(file_path=str(file)), foreground=False, debug=False)
    log.warning("hello")
    assert capsys.readouterr().err == ""
    assert file.read_text().endswith(" WARNING hello\n")


def test_a_daemon_without_a_target_uses_syslog(device):
    logs.apply(LogSettings(), foreground=False, debug=False)
    log.error("no target")
    assert device.recv(1000) == b"<27>vscpwsd[%d]: no target" % os.getpid()


def test_without_a_syslog_daemon_nothing_is_raised(tmp_path, monkeypatch):
    monkeypatch.setattr(logs._Syslog.__init__, "__defaults__", (str(tmp_path / "none"),))
    monkeypatch.setattr(logging, "raiseExceptions", True)
    logs.apply(LogSettings(), foreground=False, debug=False)
    log.error("into the void")


def test_a_syslog_daemon_that_was_restarted_gets_the_next_line(device, tmp_path):
    logs.apply(SILENT, foreground=False, debug=False)
    log.error("one")
    assert device.recv(1000).endswith(b": one")
    device.close()
    os.unlink(str(tmp_path / "log"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as second:
        second.bind(str(tmp_path / "log"))
        second.settimeout(5)
        log.error("two")
        assert second.recv(1000).endswith(b": two")


def test_a_syslog_daemon_that_does_not_read_is_not_waited_for(device):
    logs.apply(SILENT, foreground=False, debug=False)
    for _ in range(10000):      # far more than the kernel's queue holds
        log.error("flood")
    assert device.recv(1000).endswith(b"flood")


def test_each_line_of_a_traceback_is_a_syslog_message_of_its_own(device):
    logs.apply(SILENT, foreground=False, debug=False)
    try:
        raise ValueError("inner\nforged line")
    except ValueError:
        log.exception("a loop died")
    assert device.recv(1000).endswith(b"]: a loop died")
    assert device.recv(1000).endswith(b"]:     Traceback (most recent call last):")


@pytest.mark.parametrize("level, debug, seen", [
    ("debug", False, "DIWE"), ("info", False, "IWE"), ("warning", False, "WE"),
    ("error", False, "E"), ("error", True, "DIWE"),
])
def test_the_level_decides_and_debug_wins(file, level, debug, seen):
    logs.apply(replace(SILENT, level=level, file_path=str(file)), False, debug)
    for name in ("debug", "info", "warning", "error"):
        log.log(getattr(logging, name.upper()), "line")
    words = [line.split()[2] for line in file.read_text().splitlines()]
    assert "".join(word[0] for word in words) == seen


@pytest.mark.parametrize("sent, logged", [
    ("two\nlines", "two\\x0alines"),
    ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
    ("tab\there\r", "tab\\x09here\\x0d"),
    ("\x7f\x9b31m", "\\x7f\\x9b31m"),
    ("line\u2028end", "line\\u2028end"),
    ("\u202egnp.exe", "\\u202egnp.exe"),
    ("half \ud83d a character", "half \\ud83d a character"),
    ("Grüße 温度", "Grüße 温度"),
])
def test_what_strangers_sent_cannot_forge_or_colour_a_line(file, sent, logged):
    logs.apply(replace(SILENT, file_path=str(file)), False, False)
    log.info("user %s failed", sent)
    text = file.read_text(encoding="utf-8")
    assert text.endswith(" INFO user %s failed\n" % logged)
    assert text.count("\n") == 1


def test_the_lines_of_a_traceback_are_indented(file):
    logs.apply(replace(SILENT, file_path=str(file)), False, False)
    try:
        raise ValueError("x\n2026-11-24 00:00:00,000 INFO forged")
    except ValueError:
        log.exception("it broke")
    first, *rest = file.read_text().splitlines()
    assert first.endswith(" ERROR it broke")
    assert any("forged" in line for line in rest)
    assert all(line.startswith("    ") for line in rest)


def test_under_systemd_lines_have_priorities_and_no_date(monkeypatch, tmp_path):
    with open(str(tmp_path / "journal"), "w+") as stream:
        found = os.fstat(stream.fileno())
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setenv("JOURNAL_STREAM", "%d:%d" % (found.st_dev, found.st_ino))
        logs.apply(LogSettings(), foreground=True, debug=True)
        log.debug("a")
        log.info("b")
        log.warning("c")
        try:
            raise ValueError("d")
        except ValueError:
            log.exception("e")
        stream.seek(0)
        lines = stream.read().splitlines()
    assert lines[:4] == ["<7>a", "<6>b", "<4>c", "<3>e"]
    assert lines[4:] and all(line.startswith("<3>    ") for line in lines[4:])


def test_another_stream_than_the_journal_is_written_for_people(monkeypatch, capfd):
    monkeypatch.setenv("JOURNAL_STREAM", "1:2")
    monkeypatch.setattr(sys, "stderr", sys.__stderr__)
    logs.apply(LogSettings(), foreground=True, debug=False)
    log.warning("hello")
    assert capfd.readouterr().err.endswith(" WARNING hello\n")


def test_a_file_is_rotated_by_size_and_only_so_many_are_kept(tmp_path, file):
    logs.apply(replace(SILENT, file_path=str(file), file_max_size=4096, file_max_files=2),
               False, True)
    for number in range(1000):
        log.debug("line number %d", number)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["vscpwsd.log", "vscpwsd.log.1", "vscpwsd.log.2"]
    assert all(path.stat().st_size <= 4096 for path in tmp_path.iterdir())
    assert file.read_text().endswith("line number 999\n")


def test_where_rotating_fails_writing_goes_on(file, monkeypatch):
    logs.apply(replace(SILENT, file_path=str(file), file_max_size=4096), False, False)

    def refuse(*_args):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "rename", refuse)
    for number in range(200):
        log.info("line number %d", number)
    assert len(file.read_text().splitlines()) == 200


def test_a_full_disk_raises_nothing(capsys, monkeypatch):
    monkeypatch.setattr(logging, "raiseExceptions", True)
    logs.apply(replace(SILENT, file_path="/dev/full"), False, False)
    for number in range(100):
        log.error("line %d", number)
    logs.apply(SILENT, True, False)
    assert capsys.readouterr().err == ""


def test_lines_are_written_again_when_the_disk_has_room(file):
    logs.apply(replace(SILENT, file_path=str(file)), False, False)
    [handler] = [each for each in logging.getLogger().handlers if isinstance(each, logs._File)]
    handler.stream.close()
    handler.stream = open("/dev/full", "a")
    log.error("lost")
    log.error("written")
    assert file.read_text().endswith(" ERROR written\n")
    assert "lost" not in file.read_text()


def test_a_terminal_that_is_gone_raises_nothing(monkeypatch):
    class Gone(io.StringIO):
        def write(self, _text):
            raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr(sys, "stderr", Gone())
    logs.apply(LogSettings(), foreground=True, debug=False)
    log.error("hello")


def test_applying_again_changes_the_level_and_doubles_no_line(file):
    settings = replace(SILENT, file_path=str(file))
    logs.apply(settings, False, False)
    log.info("one")
    logs.apply(replace(settings, level="warning"), False, False)
    log.info("two")
    log.warning("three")
    assert [line.split()[-1] for line in file.read_text().splitlines()] == ["one", "three"]


def test_applying_again_opens_a_file_that_was_moved_away(file, tmp_path):
    settings = replace(SILENT, file_path=str(file))
    logs.apply(settings, False, False)
    log.info("old")
    moved = tmp_path / "moved"
    file.rename(moved)
    logs.apply(settings, False, False)
    log.info("new")
    assert moved.read_text().endswith("old\n")
    assert file.read_text().endswith("new\n")


def test_a_file_that_is_moved_while_the_log_is_set_is_opened_under_its_name(file, monkeypatch):
    """Whoever moved it has asked for that before the new target was at work."""
    made = logs._handlers

    def moved_meanwhile(*args):
        handlers = made(*args)
        file.rename(file.with_suffix(".1"))
        logs.reopen()
        return handlers
    monkeypatch.setattr(logs, "_handlers", moved_meanwhile)
    logs.apply(replace(SILENT, file_path=str(file)), False, False)
    log.info("new")
    assert file.read_text().endswith("new\n")


@pytest.mark.parametrize("leads_to, why", [
    ("vscpwsd.log", "Too many levels of symbolic links"),       # to itself
    ("no/such/log", "No such file or directory"), ("elsewhere.log", ""), (None, "")])
def test_a_check_makes_no_file_and_tells_why_there_could_be_none(file, tmp_path, leads_to, why):
    if leads_to:
        file.symlink_to(leads_to)
    settings = replace(SILENT, file_path=str(file))
    if why:
        with pytest.raises(ConfigurationError, match="can't write the log file: %s" % why):
            logs.check(settings)
        with pytest.raises(ConfigurationError, match="can't write the log file: %s" % why):
            logs.apply(settings, False, False)
    else:
        logs.check(settings)
        assert not file.exists()
        logs.apply(settings, False, False)
        log.info("written")
        assert file.read_text().endswith(" INFO written\n")


def test_a_file_that_cannot_be_opened_leaves_the_old_targets_at_work(file, tmp_path):
    logs.apply(replace(SILENT, file_path=str(file)), False, False)
    wrong = str(tmp_path / "no" / "such")
    with pytest.raises(ConfigurationError, match="can't write the log file: No such file"):
        logs.apply(replace(SILENT, file_path=wrong), False, False)
    log.info("still here")
    assert file.read_text().endswith("still here\n")


def test_what_the_terminal_was_told_before_is_for_the_other_targets_alone(capsys, file):
    logs.apply(LogSettings(file_path=str(file)), foreground=True, debug=False)
    logs.record([Oddity("vscpd.conf", "guid", "the last byte is zeroed"), Oddity("", "", "b\nc")])
    assert capsys.readouterr().err == ""
    assert [line.split(" ", 2)[2] for line in file.read_text().splitlines()] == [
        "WARNING vscpd.conf: guid: the last byte is zeroed", "WARNING b\\x0ac"]


@pytest.mark.parametrize("debug", [False, True])
def test_the_bus_library_stays_silent_however_often_the_log_is_set(file, debug):
    library = logging.getLogger("can")
    library.setLevel(logging.NOTSET)
    for _ in range(2):
        logs.apply(replace(SILENT, file_path=str(file)), False, debug)
        logging.getLogger("can.interfaces.socketcan").error("send failed")
        assert library.level == logging.CRITICAL
    assert file.read_text() == ""


def test_the_bus_library_does_not_log_every_frame(file):
    logs.apply(replace(SILENT, file_path=str(file)), False, True)
    logging.getLogger("can.interfaces.socketcan").debug("one frame")
    assert file.read_text() == ""


def test_of_one_kind_of_line_only_so_many_pass_and_the_rest_is_counted(file, device):
    settings = replace(SILENT, file_path=str(file), syslog=True)
    logs.apply(settings, False, False)
    for number in range(repeats.MOST + 7):
        log.info("client %d connected", number)
    log.info("another kind")
    assert file.read_text().splitlines()[-2:] == [
        line for line in file.read_text().splitlines()
        if line.endswith("another kind") or line.endswith("client %d connected"
                                                          % (repeats.MOST - 1))]
    logs.apply(settings, False, False)
    last = file.read_text().splitlines()[-1]
    assert last.endswith(" INFO and 7 more like this one: client %d connected"
                         % (repeats.MOST + 6))


def test_who_comes_back_each_second_makes_a_few_lines_and_others_have_theirs(file):
    logs.apply(replace(SILENT, file_path=str(file)), False, False)
    for number in range(300):
        for host in ("192.0.2.1", "2001:db8::/64"):
            if host == "192.0.2.1" or number < 3:
                log.info("client %d (%s): connected", number, host, extra={"host": host})
    lines = file.read_text().splitlines()
    assert len([line for line in lines if "192.0.2.1" in line]) == repeats.MOST_OF_HOST
    assert len([line for line in lines if "2001" in line]) == 3
    logs.apply(SILENT, False, False)
    assert file.read_text().splitlines()[-1].endswith(
        " INFO and %d more like this one: client 299 (192.0.2.1): connected"
        % (300 - repeats.MOST_OF_HOST))


def test_held_back_lines_are_told_of_when_their_while_is_over(file):
    logs.apply(replace(SILENT, file_path=str(file)), False, False)
    time = [0.0]
    [handler] = [each for each in logging.getLogger().handlers if isinstance(each, logs._File)]
    handler._repeats = repeats.Repeats(1, 10.0, lambda: time[0])
    for number in range(3):
        log.warning("number %d", number)
    logs.settle()
    time[0] = 10.0
    logs.settle()
    words = [line.split(" ", 2)[2] for line in file.read_text().splitlines()]
    assert words == ["WARNING number 0", "WARNING and 2 more like this one: number 2"]


def test_lines_for_debugging_all_pass(file):
    logs.apply(replace(SILENT, file_path=str(file)), False, True)
    for number in range(repeats.MOST + 7):
        log.debug("frame %d", number)
    assert len(file.read_text().splitlines()) == repeats.MOST + 7


def test_a_file_that_was_moved_is_opened_again_under_its_name(file):
    logs.apply(replace(SILENT, file_path=str(file)), False, False)
    log.info("one")
    moved = file.with_suffix(".1")
    file.rename(moved)
    log.info("two")
    logs.reopen()
    log.info("three")
    assert len(moved.read_text().splitlines()) == 2
    assert file.read_text().endswith(" INFO three\n")


def test_a_console_that_is_not_read_stops_nobody_and_is_told_what_it_missed(monkeypatch):
    reader, writer = os.pipe()
    with open(reader, "rb") as reading, open(writer, "w") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        logs.apply(LogSettings(), True, True)
        for number in range(3000):
            logging.getLogger("x").debug("line %d", number)
        os.set_blocking(reader, False)
        shown = reading.read().count(b"\n")
        logging.getLogger("x").debug("last")
        rest = reading.read().decode().split("\n")
        logs.apply(LogSettings(console=False), False, False)
    assert 100 < shown < 3000
    assert rest[-3].startswith("(%d lines are missing here" % (3000 - shown))
    assert rest[-2].endswith("x: last")
