"""Recorded logs, played with their own timing."""

import pytest

import can
from canfakes import Channel, Time, an_event, an_interface, until
from vscpws.can import replay
from vscpws.can.canbus import CanBus
from vscpws.can.replay import ReplaySource
from vscpws.can.source import BusMissing
from vscpws.codec.canframe import EXTENDED
from vscpws.settings import BusLimits

LOG = """\
(1600000000.000000) vcan0 0C0A0601#01
(1600000000.250000) vcan0 0C0A0602#02
(1600000000.250000) vcan0 123#03
(1600000002.000000) vcan0 0C0A0603#04
"""


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "house.log"
    path.write_text(LOG)
    return path


def play(path, turns):
    """What is read in so many turns: (seconds since the start, data), and the source."""
    time = Time()
    source = ReplaySource(str(path), time.microseconds, time.clock, time.sleep)
    source.open()
    start = time.now
    heard = []
    for _ in range(turns):
        heard += [(round(time.now - start, 6), frame[1], frame[2]) for frame in source.read(10)]
        assert heard[-1][2] == time.microseconds()
    return [(at, data) for at, data, _ in heard], source


def test_log_keeps_its_own_distances_and_starts_over_after_a_pause(log):
    heard, _ = play(log, 5)
    assert heard == [(0, b"\1"), (0.25, b"\2"), (0.25, b"\3"), (2.0, b"\4"),
                     (3.0, b"\1"), (3.25, b"\2"), (3.25, b"\3")]


@pytest.mark.parametrize("second, third", [
    ("1600000000.5", 0.5), ("1500000000.0", 0.0), ("1600086400.0", 86400.0), ("1600086401.0", 1.0),
    ("1700000000.0", 1.0),
    ("nan", 0.0), ("inf", 1.0),
])
def test_odd_times_in_a_log(tmp_path, second, third):
    path = tmp_path / "odd.log"
    path.write_text("(1600000000.0) can0 00000001#01\n(%s) can0 00000002#02\n" % second)
    heard, _ = play(path, 1 if third == 0 else 2)
    assert heard == [(0, b"\1"), (third, b"\2")]


@pytest.mark.parametrize("ending", [".asc", ".csv", ".blf", ".db", ".trc"])
def test_any_format_of_python_can_is_played(tmp_path, ending):
    path = tmp_path / ("house" + ending)
    writer = can.Logger(str(path))
    for number in range(3):
        writer.on_message_received(can.Message(
            timestamp=1600000000.5 + number, arbitration_id=0x0C0A0601 + number, data=[number],
            channel=1))
    writer.stop()
    time = Time()
    source = ReplaySource(str(path), time.microseconds, time.clock, time.sleep)
    source.open()
    frames = [frame for _ in range(3) for frame in source.read(10)]
    assert [frame[:2] for frame in frames] == [
        (EXTENDED | 0x0C0A0601 + number, bytes((number,))) for number in range(3)]
    source.close()


@pytest.mark.parametrize("name, content, reason", [
    ("none.log", None, "No such file"),
    ("empty.log", "", "holds no frames"),
    ("house.pdf", "x", "told by the ending of its name, .pdf"),
    ("broken.log", "this is no log\n", "holds no frames; line 1: no line of a candump log"),
    ("long.log", "(1600000000.0) can0 00000001##0%s\n" % ("00" * 65),
     "holds no frames; line 1: .* no data of a frame"),
    ("noise.blf", "noise", "can't open the log|can't be read"),
    ("noise.db", "noise", "frame 1: the file can't be read further"),
    ("noise.log.gz", "noise", "line 1: the file can't be read further"),
])
def test_log_that_can_not_be_played_is_a_clear_error(tmp_path, name, content, reason):
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
    time = Time()
    source = ReplaySource(str(path), time.microseconds, time.clock, time.sleep)
    with pytest.raises(BusMissing, match=reason):
        source.open()
    source.close()


def test_broken_line_costs_itself_and_is_told_once_with_its_number(tmp_path, caplog):
    path = tmp_path / "broken.log"
    path.write_text(LOG.replace("123#03", "nonsense") + "more nonsense\n")
    heard, source = play(path, 8)
    assert heard[:4] == [(0, b"\1"), (0.25, b"\2"), (2.0, b"\4"), (3.0, b"\1")]
    assert source.skipped == 5          # two whole rounds, and the first of the third
    assert [record.getMessage() for record in caplog.records] == [
        "%s: 2 lines are no frame and skipped, the first: line 3: no line of a candump log "
        "(candump -L writes them)" % path]


def test_log_that_was_mended_and_broken_again_is_told_again(tmp_path, caplog):
    path = tmp_path / "changing.log"
    path.write_text("oops\n" + LOG)
    time = Time()
    source = ReplaySource(str(path), time.microseconds, time.clock, time.sleep)
    source.open()
    rounds = iter((LOG, "oops\n" + LOG))
    new = tmp_path / "new.log"
    for _ in range(24):
        if source.read(10)[-1][1] == b"\4":
            new.write_text(next(rounds, LOG))
            new.replace(path)
    assert len(caplog.records) == 2


def test_log_that_shrinks_to_nothing_fails_after_its_last_frame(log):
    time = Time()
    source = ReplaySource(str(log), time.microseconds, time.clock, time.sleep)
    source.open()
    log.write_text("")
    heard = []
    with pytest.raises(BusMissing, match="holds no frames"):
        while True:
            heard += source.read(10)
    assert len(heard) in (3, 4)


def test_a_log_that_failed_is_played_again_once_it_is_opened(log):
    time = Time()
    source = ReplaySource(str(log), time.microseconds, time.clock, time.sleep)
    source.open()
    log.rename(log.with_suffix(".old"))
    with pytest.raises(BusMissing, match="No such file"):
        while True:
            source.read(10)
    log.with_suffix(".old").rename(log)
    source.open()
    assert source.read(10)[0][1] == b"\1"


def test_what_was_skipped_is_counted_though_the_log_has_gone(log):
    log.write_text("oops\n" + LOG.splitlines(True)[0])
    time = Time()
    source = ReplaySource(str(log), time.microseconds, time.clock, time.sleep)
    source.open()
    log.unlink()
    assert len(source.read(10)) == 1 and source.skipped == 1


def test_no_more_frames_are_read_than_were_asked_for(log):
    log.write_text(LOG.splitlines(True)[0] * 5)
    time = Time()
    source = ReplaySource(str(log), time.microseconds, time.clock, time.sleep)
    source.open()
    assert [len(source.read(limit)) for limit in (1, 2, 2)] == [1, 2, 2]


def test_a_log_that_is_closed_is_not_read_further(log):
    time = Time()
    source = ReplaySource(str(log), time.microseconds, time.clock, time.sleep)
    for _ in range(2):
        source.open()
        source.read(10)
        source.close()
        source.close()
        with pytest.raises(BusMissing, match="the log is closed"):
            source.read(10)


def test_every_round_closes_the_log_of_the_one_before(log, monkeypatch):
    opened, closed = [], []

    class Noted(replay.Recording):
        def __init__(self, *args):
            super().__init__(*args)
            opened.append(self)

        def close(self):
            super().close()
            closed.append(self)

    monkeypatch.setattr(replay, "Recording", Noted)
    _, source = play(log, 10)
    assert len(opened) == 4 and closed == opened[:-1]
    source.close()
    assert closed == opened


def test_many_lines_that_are_no_frames_give_turns(tmp_path, monkeypatch):
    path = tmp_path / "long.log"
    path.write_text("nonsense\n" * 5000 + LOG)
    turns = []
    monkeypatch.setattr(replay, "take_turn", lambda known: turns.append(known))
    ReplaySource(str(path), lambda: 0).open()
    assert len(turns) >= 5000 // 100 and all(turns)


def test_bus_off_in_a_log_does_not_stop_the_play(tmp_path):
    path = tmp_path / "off.log"
    path.write_text("(1.0) can0 20000040#0000000000000000\n(1.0) can0 20000004#0030000000000000\n"
                    "(1.0) can0 0C0A0601#01\n")
    events = []
    bus = CanBus(an_interface("replay:%s" % path), BusLimits(), Channel(events.extend))
    bus.start()
    try:
        until(lambda: events)
        assert bus.state == "up" and bus.counters.error_frames == 2
        assert [event.vscp_class for event in events] == [10]
    finally:
        bus.stop()


def test_replay_as_a_bus_delivers_and_takes_what_is_sent(log, caplog):
    caplog.set_level("INFO")
    events = []
    bus = CanBus(an_interface("replay:%s" % log), BusLimits(), Channel(events.extend))
    bus.start()
    try:
        until(lambda: len(events) == 2)
        bus.put(events[0])
        bus.put(an_event(bytes(60)))        # as long as CAN FD has them
        until(lambda: bus.counters.sent == 2)
        assert bus.is_replay and bus.counters.standard == 1
        assert "a recorded log, not a bus" in caplog.text
    finally:
        bus.stop()


def test_broken_log_leaves_the_bus_waiting(tmp_path, caplog):
    path = tmp_path / "broken.log"
    path.write_text("nonsense\n")
    bus = CanBus(an_interface("replay:%s" % path), BusLimits(), Channel(list))
    bus.start()
    try:
        until(lambda: bus.state == "waiting")
        assert "the log holds no frames; line 1: no line of a candump log" in caplog.text
        assert "Traceback" not in caplog.text
        path.write_text(LOG)
        until(lambda: bus.state == "up")
    finally:
        bus.stop()
