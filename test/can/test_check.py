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
