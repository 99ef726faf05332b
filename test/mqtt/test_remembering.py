"""The memo's file, requests to forget a node, and the end that clears what was told."""

import json
import logging
import os

import gevent
import pytest

from hass import CAN0, NODE_ID, Broker, Stage
from vscpws.mqtt.homeassistant.memo import MEMO, read_memo
from vscpws.mqtt.ports import House
from vscpws.mqtt.remembering import Leaving, Remembering, speakers
from vscpws.reading.names import Names

DEADLINE = 30.0


def until(condition):
    with gevent.Timeout(DEADLINE):
        while not condition():
            gevent.sleep(0.005)


def house(folder, prefix="homeassistant"):
    return House("house", CAN0, "1.2", prefix, str(folder) if folder else "", Names(),
                 {"can0": CAN0})


class Run:
    """A speaker that lives; its ticks are the test's."""

    def __init__(self, folder, broker=None, make=Remembering):
        self.broker = broker or Broker()
        self.now = 0.0
        more = [lambda: self.now] if make is Remembering else []
        self.speaker = make(self.broker, house(folder), *more)
        self.speaker.connected()

    def hear(self, nickname=9):
        self.speaker.take([Stage(connect=False).event(20, 3, "000201",
                                                      CAN0[:15] + bytes((nickname,)))])

    def tick(self, count=1):
        for _ in range(count):
            self.now += 1
            self.speaker.tick(self.now)
            gevent.sleep(0)


def nodes(folder):
    try:
        return [node.id for node in read_memo((folder / MEMO).read_bytes()).nodes]
    except FileNotFoundError:
        return None


def test_what_was_heard_is_in_the_file_and_the_next_run_knows_it(tmp_path):
    run = Run(tmp_path)
    run.hear()
    run.tick()
    until(lambda: nodes(tmp_path) == [NODE_ID])
    run.speaker.stop()
    assert Run(tmp_path).speaker.status()["nodes"] == 1
    assert os.listdir(str(tmp_path)) == [MEMO]


def test_the_end_writes_what_is_new(tmp_path):
    run = Run(tmp_path)
    run.tick()
    run.hear()
    run.speaker.stop()
    assert nodes(tmp_path) == [NODE_ID]


def test_a_file_that_can_t_be_written_is_said_once_and_the_house_goes_on(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    folder = tmp_path / "gone"
    folder.mkdir()
    run = Run(folder)
    folder.rmdir()
    for nickname in range(1, 4):
        run.hear(nickname)
        run.tick(6)
        until(lambda: not run.speaker._saving)
    assert run.speaker.status()["memo"]["failed"] >= 2
    assert len([line for line in caplog.messages if "can't be written" in line]) == 1
    folder.mkdir()
    run.hear(9)
    run.tick(6)
    until(lambda: nodes(folder) is not None)
    until(lambda: run.speaker.status()["memo"]["failure"] == "")
    assert "written again" in caplog.text


@pytest.mark.parametrize("content", [b"\xff" * 100, b"{" * 1000, b'{"memo": 1}\n'])
def test_a_broken_file_is_said_and_no_hindrance(tmp_path, content, caplog):
    (tmp_path / MEMO).write_bytes(content)
    run = Run(tmp_path)
    assert "1 lines are wrong" in caplog.text
    run.hear()
    run.tick()
    until(lambda: nodes(tmp_path) == [NODE_ID])


def test_what_is_no_file_is_said(tmp_path, caplog):
    os.mkfifo(str(tmp_path / MEMO))
    Run(tmp_path)
    assert "not a regular file" in caplog.text


def test_without_a_directory_it_is_said_that_nothing_is_remembered(caplog):
    run = Run("")
    run.hear()
    run.tick(3)
    run.speaker.stop()
    assert "there is no state-directory" in caplog.text


def test_a_request_makes_a_node_leave(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    run = Run(tmp_path)
    run.hear()
    run.tick(30)
    device = "homeassistant/device/vscp_%s/config" % NODE_ID
    assert device in run.broker.retained
    (tmp_path / "forget-a").write_text(NODE_ID + "\n")
    (tmp_path / "forget-b").write_text("nobody\x1b\n")
    (tmp_path / "forget-c").write_bytes(b"\xff")
    (tmp_path / "forget-d").write_bytes(b"x" * 5000)
    (tmp_path / "forget-e").mkdir()
    os.mkfifo(str(tmp_path / "forget-f"))
    run.tick(6)
    until(lambda: not run.speaker._looking)
    run.tick(2)
    assert not [topic for topic in run.broker.retained if NODE_ID in topic]
    until(lambda: sorted(os.listdir(str(tmp_path))) == ["forget-e", MEMO])
    assert "node %s is forgotten" % NODE_ID in caplog.text
    assert "a node nobody\\x1b, which was to be forgotten, isn't known" in caplog.text


def test_a_request_that_can_t_be_removed_costs_itself(tmp_path, monkeypatch, caplog):
    """Somebody else's, in a folder with a sticky bit."""
    caplog.set_level(logging.INFO)
    run = Run(tmp_path)
    for nickname in (1, 2, 3):
        run.hear(nickname)
    for number, nickname in enumerate((1, 2, 3)):
        (tmp_path / ("forget-%d" % number)).write_text(NODE_ID[:-2] + "%02X" % nickname)
    for number in range(1100):          # what is none is not counted
        (tmp_path / ("a%04d" % number)).touch()
    unlink = os.unlink

    def of_two_alone(path, *args, **kwargs):
        if str(path).endswith("forget-1"):
            raise PermissionError(1, "Operation not permitted")
        unlink(path, *args, **kwargs)

    monkeypatch.setattr(os, "unlink", of_two_alone)
    run.tick()
    until(lambda: not run.speaker._looking)
    assert run.speaker.status()["nodes"] == 1
    assert [line[-14:] for line in caplog.messages if "forgotten" in line] == [
        "1 is forgotten", "3 is forgotten"]


@pytest.mark.parametrize("last", ["1e300", "253402300800", "-1", "1e999", "true"])
def test_a_time_that_is_none_costs_its_line_and_no_start(tmp_path, last, caplog):
    run = Run(tmp_path)
    run.hear(1)
    run.hear(2)
    run.speaker.stop()
    lines = (tmp_path / MEMO).read_text().splitlines()
    node = json.loads(lines[1])
    lines[1] = lines[1].replace('"last":%d' % node["last"], '"last":' + last)
    (tmp_path / MEMO).write_text("\n".join(lines))
    again = Run(tmp_path)
    assert again.speaker.status()["nodes"] == 1 and "1 lines are wrong" in caplog.text


def test_a_request_that_was_left_while_nobody_ran_is_taken_at_the_start(tmp_path):
    run = Run(tmp_path)
    run.hear()
    run.tick(30)
    run.speaker.stop()
    (tmp_path / "forget-a").write_text(NODE_ID)
    again = Run(tmp_path, run.broker)
    again.tick()
    until(lambda: not again.speaker._looking)
    again.tick(3)
    assert not [topic for topic in again.broker.retained if NODE_ID in topic]
    again.speaker.stop()
    assert nodes(tmp_path) == []


def test_where_home_assistant_is_switched_off_all_that_was_told_is_cleared(tmp_path):
    run = Run(tmp_path)
    run.hear()
    run.tick(30)
    run.speaker.stop()
    assert len(run.broker.retained) > 5
    assert speakers(True, str(tmp_path)) == [Remembering]
    assert speakers(False, str(tmp_path)) == [Leaving]
    end = Run(tmp_path, run.broker, Leaving)
    end.speaker.take([])
    end.speaker.message("x", b"", False)
    end.speaker.replace(Names())
    assert end.speaker.subscriptions() == ()
    end.tick(2)
    assert end.broker.retained == {} and end.speaker.status() == {"to_clear": 0}
    until(lambda: not (tmp_path / MEMO).exists())
    assert speakers(False, str(tmp_path)) == [] == speakers(False, "")


def test_it_waits_for_the_broker_with_it(tmp_path):
    run = Run(tmp_path)
    run.hear()
    run.tick(30)
    run.speaker.stop()
    end = Run(tmp_path, run.broker, Leaving)
    end.speaker.lost()
    end.tick(3)
    assert run.broker.retained and (tmp_path / MEMO).exists()
    end.speaker.stop()


def test_a_status_is_fit_for_json(tmp_path):
    run = Run(tmp_path)
    run.hear()
    run.tick(3)
    status = json.loads(json.dumps(run.speaker.status()))
    assert status["directory"] == str(tmp_path) and status["memo"]["saved"] >= 0
