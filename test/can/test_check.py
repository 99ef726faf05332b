"""What keeps a bus from ever working, told before the start."""

import pytest

from canfakes import an_interface
from vscpws.can.check import bus_problems

FILE = "vscpd.conf"


@pytest.fixture
def empty(tmp_path):
    path = tmp_path / "house.log"
    path.write_text("no log\n")
    return path


def test_every_bus_is_looked_at_and_each_told_of(empty):
    interfaces = iter([an_interface("slcn:/dev/ttyUSB0"), an_interface("replay:%s" % empty),
                       an_interface("virtual:house"), an_interface("replay:/no/such.log")])
    problems = bus_problems(interfaces, FILE)
    assert [(problem.file, problem.where) for problem in problems] == [
        (FILE, "driver house: interface"), (FILE, "driver house: recorded log %s" % empty),
        (FILE, "driver house: recorded log /no/such.log")]
    assert "did you mean slcan" in problems[0].reason
    assert "the log holds no frames" in problems[1].reason
    assert "No such file" in problems[2].reason


def test_a_log_that_holds_a_frame_is_well(empty):
    empty.write_text("(1.0) can0 0C0A0601#01\n")
    assert bus_problems([an_interface("replay:%s" % empty)], FILE) == []


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home for files of python-can's own."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("CAN_CONFIG", raising=False)
    return tmp_path


@pytest.mark.parametrize("name, content", [
    (".canrc", b"[default\n"), (".canrc", b"interface = slcan\n"), (".can", b"\xff\xfe\x00"),
    ("can.conf", b"[default]\nchannel = %(nothing)s\n"), (".canrc", b"[default]\nport = any\n"),
    (".canrc", b"[default]\nfd = 1\nfd = 0\n")])
def test_settings_of_python_can_s_own_that_it_can_t_read_are_told_once(home, name, content):
    (home / name).write_bytes(content)
    problem, = bus_problems([an_interface("virtual:a"), an_interface("can0")], FILE)
    assert str(problem).startswith("python-can's own settings (/etc/can.conf, ")
    assert "\n" not in problem.reason


def test_so_are_those_of_the_environment(home, monkeypatch):
    monkeypatch.setenv("CAN_CONFIG", "{nonsense")
    problem, = bus_problems([an_interface("virtual:a")], FILE)
    assert "CAN_CONFIG" in problem.reason


def test_they_matter_only_where_python_can_opens_the_interface(home):
    (home / ".canrc").write_text("nonsense\n")
    assert bus_problems([an_interface("demo:")], FILE) == []


def test_settings_that_it_can_read_are_no_problem(home):
    (home / ".canrc").write_text("[default]\ninterface = socketcan\nbitrate = 125000\n")
    assert bus_problems([an_interface("virtual:a"), an_interface("can0")], FILE) == []
