import threading

import gevent
from gevent.event import Event
from gevent.hub import Hub

from hubthread import TIMEOUT
from vscpws.daemon.stacks import stacks


def waits_here(flag):
    flag.wait(TIMEOUT)


def waits(lines):
    return any(line.endswith(", in waits_here") for line in lines)


def after(head, lines):
    """The lines below the first one that begins so."""
    at = next(n for n, line in enumerate(lines) if line.startswith(head))
    rest = lines[at + 1:]
    return rest[:next((n for n, line in enumerate(rest) if line[:1] != " "), len(rest))]


class Stubborn(gevent.Greenlet):
    def __repr__(self):
        raise OSError("not me")


class Unfinished(Hub):
    """As a hub is that found no descriptor: there, but with nothing in it."""

    def __init__(self):
        pass

    def __bool__(self):
        return True


def test_a_greenlet_has_its_stack():
    flag = Event()
    waiting = gevent.spawn(waits_here, flag)
    gevent.sleep(0)
    assert waits(after("greenlet %r" % waiting, list(stacks())))
    flag.set()
    waiting.join()
    assert not waits(stacks())


def test_the_one_that_asks_has_that_of_its_thread():
    lines = after("thread MainThread", list(stacks()))
    assert any(line.endswith(", in " + test_the_one_that_asks_has_that_of_its_thread.__name__)
               for line in lines)


def test_a_thread_has_its_stack():
    flag = threading.Event()
    thread = threading.Thread(target=waits_here, args=(flag,), name="the waiting one")
    thread.start()
    try:
        assert waits(after("thread the waiting", list(stacks())))
    finally:
        flag.set()
        thread.join()


def test_one_that_cannot_say_what_it_is_costs_nothing_else():
    flag = Event()
    stubborn, other = Stubborn.spawn(waits_here, flag), gevent.spawn(waits_here, flag)
    gevent.sleep(0)
    lines = list(stacks())
    [head] = [line for line in lines if line.endswith(": OSError('not me')")]
    assert head.startswith("greenlet of Stubborn at 0x")
    assert waits(after(head, lines))
    assert after("greenlet %r" % other, lines)
    flag.set()
    gevent.joinall([stubborn, other])


def test_a_hub_that_was_never_whole_costs_nothing_else():
    unfinished = Unfinished()
    head = "greenlet of Unfinished at 0x%x: AttributeError(" % id(unfinished)
    assert any(line.startswith(head) for line in stacks())
