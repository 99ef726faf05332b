"""Where the log of the library goes."""

import sys

import pytest

from vscpws.driver.record import Record
from vscpws.model.errors import ConfigurationError
from vscpws.settings import LogSettings


class Log:
    """Takes the place of what is applied; files in ``locked`` can't be opened."""

    def __init__(self):
        self.applied = []
        self.locked = set()

    def __call__(self, settings, foreground, debug):
        if settings.file_path in self.locked:
            raise ConfigurationError("no such folder")
        self.applied.append((settings.file_path, settings.console, foreground, debug))

    @property
    def files(self):
        return [file for file, _, _, _ in self.applied]


@pytest.fixture
def log(monkeypatch):
    log = Log()
    monkeypatch.setattr("vscpws.daemon.process.logs.apply", log)
    return log


def in_file(name):
    return LogSettings(console=False, file_path=name)


NOWHERE = ("", False, False, False)


def test_the_log_goes_where_the_handle_opened_last_has_it(log):
    record = Record()
    for number, file in ((1, "a"), (2, "b"), (3, "c")):
        record.open(number, in_file(file), False)
    for number in (3, 1, 2, 9):
        record.close(number)
    assert log.files == ["", "a", "b", "c", "b", "b", ""]
    assert log.applied[0] == log.applied[-1] == NOWHERE
    assert not any(foreground for _, _, foreground, _ in log.applied)


def test_each_handle_has_its_own_word_on_debugging(log):
    record = Record()
    record.open(1, in_file("a"), True)
    record.open(2, in_file("b"), False)
    record.close(2)
    assert [debug for _, _, _, debug in log.applied] == [False, True, False, True]


def test_a_file_that_can_not_be_opened_changes_nothing(log):
    log.locked.add("b")
    record = Record()
    record.open(1, in_file("a"), False)
    with pytest.raises(ConfigurationError):
        record.open(2, in_file("b"), False)
    record.close(2)
    assert log.files == ["", "a"]


def test_a_file_that_can_not_be_opened_again_is_left_for_nowhere(log):
    record = Record()
    record.open(1, in_file("a"), True)
    record.open(2, in_file("b"), False)
    log.locked.add("a")
    record.close(2)
    assert log.applied[-1] == ("", False, False, True)


@pytest.mark.parametrize("console, there, foreground", [
    (True, True, True), (True, False, False), (False, True, False)])
def test_standard_error_is_used_where_it_is_wanted_and_there(
        log, monkeypatch, console, there, foreground):
    real = object() if there else None
    monkeypatch.setattr(sys, "__stderr__", real)
    monkeypatch.setattr(sys, "stderr", "the host's own")
    Record().open(1, LogSettings(console=console), False)
    assert log.applied[-1] == ("", console, foreground, False)
    assert sys.stderr == (real if foreground else "the host's own")
