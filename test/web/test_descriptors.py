import logging
import resource

import pytest

from vscpws.web import descriptors


@pytest.fixture
def limits(monkeypatch):
    """Soft and hard limit of a process that may not raise the hard one."""
    found = [1024, 4096]

    def setrlimit(_, new):
        if new[0] > found[1] or new[1] > found[1]:
            raise ValueError("not allowed to raise maximum limit")
        found[:] = new
    monkeypatch.setattr(resource, "getrlimit", lambda _: tuple(found))
    monkeypatch.setattr(resource, "setrlimit", setrlimit)
    return found


@pytest.mark.parametrize("connections, soft", [
    (100, 1024), (976, 1024), (977, 1025), (4048, 4096)])
def test_the_soft_limit_is_raised_to_what_is_needed(limits, caplog, connections, soft):
    descriptors.provide(connections)
    assert limits == [soft, 4096]
    assert not caplog.records


def test_no_limit_of_connections_takes_all_there_are(limits, caplog):
    descriptors.provide(0)
    assert limits == [4096, 4096]
    assert not caplog.records


def test_too_few_are_warned_of(limits, caplog):
    caplog.set_level(logging.WARNING)
    limits[:] = [32, 64]
    descriptors.provide(100)
    assert limits == [64, 64]
    assert "only 64 file descriptors" in caplog.text and "about 16" in caplog.text


def test_the_last_descriptors_are_scarce(limits):
    limits[:] = [64, 64]
    assert [descriptors.is_scarce(number) for number in (3, 47, 48, 63)] == [
        False, False, True, True]


def test_the_next_one_is_looked_at_before_a_file_is_opened(limits):
    with open("/dev/null") as file:
        assert not descriptors.are_scarce(file.fileno())
        limits[0] = file.fileno() + descriptors.RESERVE
        assert descriptors.are_scarce(file.fileno())
