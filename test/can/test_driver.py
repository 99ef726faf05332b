"""How python-can's drivers are opened, and what their exceptions mean."""

import configparser
import errno
import socket

import pytest

import can
from vscpws.can import driver
from vscpws.can.address import parse_channel
from vscpws.can.driver import (
    chain_of,
    error_line,
    is_timeout,
    open_bus,
    opening_error,
    tells_the_end,
    typed,
)
from vscpws.can.source import BusMissing, BusUnusable

SLCAN = parse_channel("slcan:/dev/ttyUSB0@125000,flow=true")


def caused(error, cause):
    """``error`` as a driver raises it from ``cause``."""
    error.__cause__ = cause
    return error


def while_handling(error, context):
    """``error`` as a driver raises it without a word of ``context``, at which it was."""
    error.__context__ = context
    return error


# ---- opening -----------------------------------------------------------------------------------


@pytest.fixture
def opened(monkeypatch):
    """What ``can.Bus`` was called with, and which kinds were mended before."""
    calls = []
    monkeypatch.setattr(driver, "mend_driver", lambda kind: calls.append(kind))
    monkeypatch.setattr(driver.can, "Bus", lambda **arguments: calls.append(arguments) or "bus")
    return calls


@pytest.mark.parametrize("text, arguments", [
    ("slcan:/dev/ttyUSB0@125000,flow=true,x=1.5,name=ab", {
        "interface": "slcan", "channel": "/dev/ttyUSB0", "bitrate": 125000, "flow": True,
        "x": 1.5, "name": "ab"}),
    ("virtual:house", {"interface": "virtual", "channel": "house"}),
])
def test_a_bus_is_opened_with_its_options_after_its_driver_is_mended(opened, text, arguments):
    assert open_bus(parse_channel(text)) == "bus"
    assert opened == [arguments["interface"], arguments]


@pytest.mark.parametrize("error, kind", [
    (OSError(2, "No such file"), BusMissing), (TypeError("flow"), BusUnusable)])
def test_what_opening_raises_is_a_source_s_error(opened, monkeypatch, error, kind):
    def refuse(**_):
        raise error

    monkeypatch.setattr(driver.can, "Bus", refuse)
    with pytest.raises(BusMissing) as caught:
        open_bus(SLCAN)
    assert type(caught.value) is kind and caught.value.__suppress_context__


@pytest.mark.parametrize("text, value", [
    ("true", True), ("True", True), ("FALSE", False), ("125000", 125000), ("-1", -1),
    ("0.5", 0.5), ("0x10", "0x10"), ("rtr", "rtr"), ("", ""),
])
def test_an_option_is_a_number_a_truth_value_or_the_text(text, value):
    assert typed(text) == value and type(typed(text)) is type(value)


# ---- who is to blame for what opening raises ---------------------------------------------------


@pytest.mark.parametrize("error", [
    ImportError("No module named 'serial'"), can.CanInterfaceNotImplementedError("no backend"),
    NotImplementedError("not here"), TypeError("no argument 'flow'"), ValueError("bitrate"),
    KeyError("x"), AttributeError("x"), configparser.Error("x"),
    OSError("libfoo.so: cannot open shared object file: No such file or directory"),
    caused(can.CanInitializationError("driver"), ImportError("no module named canlib")),
    caused(can.CanInitializationError("driver"), OSError("cannot open shared object file")),
])
def test_what_no_retry_mends_is_unusable(error):
    assert type(opening_error(error, SLCAN)) is BusUnusable


@pytest.mark.parametrize("error", [
    OSError(errno.ENOENT, "No such file"), can.CanInitializationError("no adapter"), EOFError(),
    OSError("no device found"), UnicodeDecodeError("ascii", b"\xff", 0, 1, "ordinal"),
    caused(ValueError("could not open port"), OSError(errno.ENODEV, "No such device")),
    OSError(errno.ELIBACC, "Can not access a needed shared object"),
    caused(can.CanInitializationError("x"), OSError(errno.ELIBACC, "needed shared object")),
    caused(ImportError("backend"), OSError("no device found")), RuntimeError("busy"),
])
def test_what_a_plugged_in_device_mends_is_missing(error):
    assert type(opening_error(error, SLCAN)) is BusMissing


def test_what_is_missing_on_this_machine_stands_before_the_driver_s_own_words(monkeypatch):
    monkeypatch.setattr(driver, "adapter_complaint", lambda kind: "%s needs pyserial" % kind)
    assert str(opening_error(ImportError("serial"), SLCAN)) == (
        "slcan needs pyserial (python-can: ImportError: serial)")
    monkeypatch.setattr(driver, "adapter_complaint", lambda kind: None)
    assert str(opening_error(ImportError("serial"), SLCAN)) == "ImportError: serial"


def test_trouble_with_python_can_s_files_is_told_before_all_else(monkeypatch):
    asked = []

    def load(config):
        asked.append(config)
        raise configparser.Error("no section\n[x]")

    monkeypatch.setattr(driver.can.util, "load_config", load)
    error = opening_error(OSError(2, "No such file"), SLCAN)
    assert type(error) is BusUnusable
    assert str(error).startswith("python-can's own settings (")
    assert str(error).endswith("can't be read: Error: no section [x]")
    assert asked == [{"interface": "slcan", "channel": "/dev/ttyUSB0"}]


@pytest.mark.parametrize("error", [
    can.CanInterfaceNotImplementedError("unknown"), NotImplementedError("unknown")])
def test_a_kind_that_python_can_does_not_know_is_no_trouble_with_its_files(monkeypatch, error):
    def load(config):
        raise error

    monkeypatch.setattr(driver.can.util, "load_config", load)
    assert str(opening_error(OSError(errno.ENOENT, "gone"), SLCAN)) == "[Errno 2] gone"


# ---- what an exception of an open bus means ----------------------------------------------------


@pytest.mark.parametrize("error, ended", [
    (OSError(errno.EIO, "Input/output error"), True), (EOFError(), True),
    (ConnectionResetError(), True), (OSError("no number"), True),
    (caused(can.CanOperationError("x"), OSError(errno.ENODEV, "x")), True),
    (while_handling(can.CanOperationError("x"), OSError(errno.ENODEV, "x")), True),
    (ValueError("x"), False), (can.CanOperationError("full"), False), (MemoryError(), False),
    (TimeoutError(), False), (socket.timeout(), False), (can.CanTimeoutError("x"), False),
    (OSError(errno.EAGAIN, "x"), False), (OSError(errno.EINTR, "x"), False),
    (OSError(errno.ENOBUFS, "x"), False), (OSError(errno.EMSGSIZE, "x"), False),
    (OSError(errno.EPERM, "x"), False),
])
def test_the_device_is_gone_or_one_message_is_wrong(error, ended):
    assert tells_the_end(error) is ended


@pytest.mark.parametrize("error, timeout", [
    (TimeoutError(), True), (socket.timeout(), True), (can.CanTimeoutError("x"), True),
    (type("SerialTimeoutException", (OSError,), {})("x"), True),
    (caused(ValueError("x"), TimeoutError()), True), (OSError(errno.EIO, "x"), False),
    (ValueError("Timeout"), False),
])
def test_nothing_in_time_has_many_names(error, timeout):
    assert is_timeout(error) is timeout


def test_a_chain_is_what_each_error_came_from_and_no_longer_than_ten():
    inner, middle, outer = OSError(), KeyError(), ValueError()
    assert list(chain_of(caused(outer, caused(middle, inner)))) == [outer, middle, inner]
    assert list(chain_of(None)) == []
    error = EOFError()
    for _ in range(9):
        error = caused(ValueError(), error)
    assert len(list(chain_of(error))) == 10 and tells_the_end(error)
    assert len(list(chain_of(caused(ValueError(), error)))) == 10
    assert not tells_the_end(caused(ValueError(), error))


def test_a_cause_that_was_hidden_is_no_cause():
    try:
        try:
            raise OSError(errno.ENODEV, "x")
        except OSError:
            raise ValueError("x") from None
    except ValueError as error:
        assert list(chain_of(error)) == [error]


@pytest.mark.parametrize("error, line", [
    (OSError(19, "No such device"), "[Errno 19] No such device"),
    (can.CanOperationError("bus  off\n now"), "bus off now"),
    (ValueError("x"), "ValueError: x"), (ValueError(), "ValueError"), (EOFError(), "EOFError"),
    (OSError(), "OSError"), (can.CanError(" : "), "CanError"),
    (ValueError("\x1b[31mred\u202e"), "ValueError: ?[31mred?"),
    (ValueError("x" * 300), "ValueError: " + "x" * 188),
])
def test_an_error_is_one_short_line_fit_for_a_terminal(error, line):
    assert error_line(error) == line
