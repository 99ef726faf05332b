"""What python-can's interfaces need on this machine."""

import re
from pathlib import Path

import pytest

import can
from vscpws.can import requirements
from vscpws.can.requirements import ADAPTERS, adapter_complaint, adapter_problems, known_kinds
from vscpws.model.filter import PASS_ALL
from vscpws.model.guid import ZERO
from vscpws.settings import Interface

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("kind, meant", [
    ("slcn", "slcan"), ("sockecand", "socketcand"), ("udp-multicast", "udp_multicast"),
    ("virtaul", "virtual"), ("reply", "replay"), ("dmo", "demo"), ("seeedstudo", "seeedstudio"),
])
def test_misspelt_kind_names_what_was_meant(kind, meant):
    assert "no kind of CAN interface; did you mean" in adapter_complaint(kind)
    assert meant in adapter_complaint(kind)


def test_kind_that_is_like_nothing_is_told_what_there_is():
    complaint = adapter_complaint("zzzzzz")
    assert all(kind in complaint for kind in ("slcan", "virtual", "replay"))


@pytest.mark.parametrize("kind", ["virtual", "socketcand", "socketcan", "replay", "demo", "pcan"])
def test_kind_that_needs_nothing_more_is_well(kind):
    assert adapter_complaint(kind) is None


@pytest.mark.parametrize("kind, extra, package", [
    ("slcan", "serial", "pyserial"), ("robotell", "serial", "pyserial"), ("udp_multicast", "udp",
                                                                        "msgpack"),
    ("gs_usb", "gs_usb", "pyusb and gs-usb"), ("neovi", "neovi", "python-ics"),
])
def test_missing_package_says_what_to_install(monkeypatch, kind, extra, package):
    monkeypatch.setattr(requirements, "_is_there", lambda module: False)
    assert ("%s needs the Python package %s, which is not installed: pip install 'vscpwsd[%s]'"
            % (kind, package, extra)) in adapter_complaint(kind)


@pytest.mark.parametrize("module, there", [
    ("json", True), ("no_such_module", False), ("no_such_package.module", False), ("", False)])
def test_a_module_is_looked_for_without_a_traceback(module, there):
    assert requirements._is_there(module) is there


def test_of_many_similar_kinds_three_are_named(monkeypatch):
    monkeypatch.setattr(requirements, "ADAPTERS", {"slcan%d" % number: () for number in range(5)})
    assert adapter_complaint("slcan").count("slcan") == 4      # and what was written


class Points(list):
    """Entry points as Python gives them since 3.10."""

    def select(self, group):
        return self if group == "can.interface" else []


class Point:
    name = "house_can"


@pytest.mark.parametrize("found", [Points([Point]), {"can.interface": [Point], "x": []}])
def test_kinds_that_other_packages_add_are_known(monkeypatch, found):
    monkeypatch.setattr(requirements, "entry_points", lambda: found)
    assert "house_can" in known_kinds() and adapter_complaint("house_can") is None


def test_python_can_has_no_kind_that_we_don_t_know():
    assert set(can.VALID_INTERFACES) <= set(known_kinds())


def test_every_extra_that_is_advised_exists():
    text = (ROOT / "setup.py").read_text()
    page = (ROOT / "doc" / "bus.md").read_text()
    for need in (need for needs in ADAPTERS.values() for need in needs):
        assert re.search(r'^    "%s": \[.*"%s' % (need.extra, need.package), text, re.M), need
        assert "vscpwsd[%s]" % need.extra in page


def test_every_kind_is_in_the_page_of_the_buses():
    page = (ROOT / "doc" / "bus.md").read_text()
    assert [kind for kind in known_kinds() if "`%s`" % kind not in page] == []


def test_broken_metadata_of_another_package_is_left_alone(monkeypatch):
    def fail():
        raise ValueError("metadata")

    monkeypatch.setattr(requirements, "entry_points", fail)
    assert "slcan" in known_kinds()


def test_problem_names_the_driver(monkeypatch):
    interface = Interface("house", "slcn:/dev/ttyUSB0", ZERO, PASS_ALL)
    problem, = adapter_problems([interface], "vscpd.conf")
    assert str(problem).startswith("vscpd.conf: driver house: interface: 'slcn' is no kind")
