"""Sockets whose owners have no greenlet of their own."""

import gc
import socket
from types import SimpleNamespace

import gevent
import greenlet
import pytest
from gevent.event import Event as Flag

from vscpws.loop import parked as module
from vscpws.loop.crew import Crew
from vscpws.loop.parked import Parked


class Owner:
    """Reads a byte a turn, and says what its socket says; the turns of all are in ``order``."""

    def __init__(self, crew, order, name="x", known=True):
        self.socket, self.peer = socket.socketpair()
        self.socket.setblocking(False)
        self.known, self.waits_for, self.turns = known, None, 0
        self._order, self._name = order, name
        self.parked = Parked(self.socket.fileno(), self, crew)
        self.parked.queue()

    def turn(self):
        self.turns += 1
        if self.waits_for is not None:
            self.waits_for.wait()
        try:
            data = self.socket.recv(1)
        except BlockingIOError:
            return False
        self._order.append(self._name)
        if not data:
            self.close()
        return bool(data) and self._has_more()

    def _has_more(self):
        try:
            return bool(self.socket.recv(1, socket.MSG_PEEK))
        except BlockingIOError:
            return False

    def close(self):
        self.parked.close()
        self.socket.close()
        self.peer.close()


@pytest.fixture
def crew():
    return Crew()


@pytest.fixture
def order():
    return []


@pytest.fixture
def owner(crew, order):
    made = []

    def make(*args, kind=Owner, **options):
        made.append(kind(crew, order, *args, **options))
        return made[-1]
    yield make
    for one in made:
        if one.socket.fileno() >= 0:
            one.close()


def until(condition):
    with gevent.Timeout(10):
        while not condition():
            gevent.sleep(0.001)


@pytest.mark.parametrize("known", [True, False])
def test_it_has_a_turn_when_something_comes_and_each_time(owner, order, known):
    one = owner(known=known)
    gevent.sleep(0.005)
    assert order == []
    for number in range(1, 4):
        one.peer.send(b"x")
        until(lambda number=number: len(order) == number)
    gevent.sleep(0.005)
    assert len(order) == 3


def test_as_long_as_nothing_comes_it_has_no_turn_but_the_one_it_queued_for(owner):
    one = owner()
    until(lambda: one.turns)
    gevent.sleep(0.005)
    assert one.turns == 1
    one.peer.send(b"x")
    until(lambda: one.turns == 2)
    gevent.sleep(0.005)
    assert one.turns == 2


@pytest.mark.parametrize("known", [True, False])
def test_a_turn_that_leaves_something_is_followed_by_another(owner, order, known):
    one = owner(known=known)
    one.peer.send(b"x" * 100)
    until(lambda: len(order) == 100)


def test_what_was_there_before_it_was_parked_is_read(owner, order):
    one = owner()
    one.peer.send(b"x")
    until(lambda: order)


def test_hundreds_that_have_nothing_to_say_have_no_greenlet(owner, order):
    def greenlets():
        gc.collect()
        return sum(isinstance(one, greenlet.greenlet) for one in gc.get_objects())
    before = greenlets()
    many = [owner(number) for number in range(400)]
    gevent.sleep(0.005)
    for one in many:
        one.peer.send(b"x")
    until(lambda: len(order) == 400)
    gevent.sleep(0.005)
    assert greenlets() <= before + 10


@pytest.mark.parametrize("known", [True, False])
def test_of_many_that_are_ready_at_once_nobody_is_left_behind(owner, order, known):
    many = [owner(number, known) for number in range(300)]
    for one in many:
        one.peer.send(b"x" * 20)
    until(lambda: len(order) == 6000)
    # The loop hears of some of them at a time, so it isn't quite one turn of each.
    assert set(order[:1200]) == set(range(300))
    assert max(order[:3000].count(number) for number in range(300)) <= 13


def test_one_that_waits_in_its_turn_keeps_nobody_else_and_has_one_turn_at_a_time(owner, order):
    flag = Flag()
    waiting, other = owner("waiting"), owner("other")
    gevent.sleep(0.005)
    waiting.waits_for = flag
    waiting.peer.send(b"x")
    gevent.sleep(0.005)
    waiting.peer.send(b"x")
    other.peer.send(b"xx")
    until(lambda: len(order) == 2)
    assert order == ["other", "other"]
    waiting.waits_for = None
    flag.set()
    until(lambda: len(order) == 4)


def test_the_loop_rests_while_one_that_could_be_read_waits_for_something_else(owner, order):
    """It is told of once, and not each time the loop turns."""
    one = owner()
    gevent.sleep(0.005)
    one.waits_for = flag = Flag()
    one.peer.send(b"xx")
    gevent.sleep(0.005)
    before = gevent.get_hub().loop.iteration
    gevent.sleep(0.05)
    if before >= 0:                 # libuv's loop doesn't tell
        assert gevent.get_hub().loop.iteration - before < 10
    one.waits_for = None
    flag.set()
    until(lambda: len(order) == 2)
    one.peer.send(b"x")             # and is told again of what comes later
    until(lambda: len(order) == 3)


class Counting:
    """A watcher of the event loop, and how often it is started."""

    def __init__(self, descriptor, events):
        self._watcher, self.starts = gevent.get_hub().loop.io(descriptor, events), 0
        self.stop, self.close = self._watcher.stop, self._watcher.close

    def start(self, callback):
        self.starts += 1
        self._watcher.start(callback)


def test_it_is_watched_from_its_first_turn_on_and_not_anew_after_each(owner, order, monkeypatch):
    watchers = []

    def watcher(*args):
        watchers.append(Counting(*args))
        return watchers[-1]
    monkeypatch.setattr(
        module, "get_hub", lambda: SimpleNamespace(loop=SimpleNamespace(io=watcher)))
    one = owner()
    gevent.sleep(0.005)
    for number in range(1, 11):
        one.peer.send(b"x")
        until(lambda number=number: len(order) == number)
    # libuv's loop doesn't tell its turns: there all queue, and are told of meanwhile.
    if gevent.get_hub().loop.iteration >= 0:
        assert [each.starts for each in watchers] == [1]


def test_only_who_is_known_may_go_on_without_queueing(owner):
    gevent.sleep(0.001)             # a turn of the loop in which nobody has gone on yet
    assert not owner(known=False).parked.may_go_on()
    if gevent.get_hub().loop.iteration >= 0:
        assert owner(known=True).parked.may_go_on()


def test_the_end_is_told_of_like_what_comes(owner, order):
    one = owner()
    gevent.sleep(0.005)
    one.peer.shutdown(socket.SHUT_WR)
    until(lambda: order)
    assert one.socket.fileno() == -1


def test_closed_it_has_no_turn_when_another_gets_its_descriptor(owner, order):
    one = owner("old")
    gevent.sleep(0.005)
    number = one.socket.fileno()
    one.close()
    new = owner("new")
    assert number in (new.socket.fileno(), new.peer.fileno())
    gevent.sleep(0.005)
    new.peer.send(b"x")
    until(lambda: order)
    gevent.sleep(0.005)
    assert (order, one.turns) == (["new"], 1)


def test_closed_in_a_turn_in_which_more_came_it_has_no_other(owner, order):
    class Ending(Owner):
        def turn(self):
            super().turn()
            if self.waits_for is not None:
                self.close()
            return False
    one = owner(kind=Ending)
    gevent.sleep(0.005)
    one.waits_for = flag = Flag()
    one.peer.send(b"xx")
    until(lambda: one.turns == 2)
    gevent.sleep(0.005)             # the loop tells of what is left, and is asked no more
    flag.set()
    until(lambda: order)
    new = owner("new")
    new.peer.send(b"x")
    until(lambda: len(order) == 2)
    gevent.sleep(0.005)
    assert one.turns == 2
