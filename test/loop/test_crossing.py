"""The way in from native threads."""

import threading

import gevent
import pytest
from gevent.event import Event as Flag

from canfakes import until
from vscpws.loop.crossing import Crossing


@pytest.fixture
def taken():
    return []


def test_what_a_thread_puts_is_taken_in_the_loop_s_thread_and_in_order(taken):
    threads = set()
    crossing = Crossing(lambda things: (taken.extend(things),
                                        threads.add(threading.get_ident())), 10000)
    thread = threading.Thread(target=lambda: [crossing.put(number) for number in range(5000)])
    thread.start()
    until(lambda: len(taken) == 5000)
    thread.join()
    assert taken == list(range(5000)) and threads == {threading.get_ident()}
    crossing.close()


def test_several_threads_lose_nothing(taken):
    crossing = Crossing(taken.extend, 100000)
    threads = [threading.Thread(target=lambda base=base: [
        crossing.put(base + number) for number in range(2000)]) for base in (0, 10000, 20000)]
    for thread in threads:
        thread.start()
    until(lambda: len(taken) == 6000)
    assert [each for each in taken if each < 10000] == list(range(2000))
    crossing.close()


def test_one_wake_up_brings_all_that_waits():
    turns = []
    crossing = Crossing(turns.append, 1000)
    for number in range(100):
        crossing.put(number)
    until(lambda: turns)
    assert turns == [list(range(100))]
    crossing.close()


def test_what_finds_no_room_is_counted(taken):
    crossing = Crossing(taken.extend, 3)
    assert [crossing.put(number) for number in range(5)] == [True, True, True, False, False]
    until(lambda: taken)
    assert (taken, crossing.dropped) == ([0, 1, 2], 2)
    crossing.close()


def test_what_waits_is_taken_at_the_end_and_nothing_after_it(taken):
    crossing = Crossing(taken.extend, 10)
    crossing.put(1)
    crossing.close()
    assert taken == [1]
    assert not crossing.put(2) and crossing.dropped == 1
    crossing.close()
    assert taken == [1]


def test_a_loop_that_waits_for_something_else_is_woken(taken):
    woken = Flag()
    crossing = Crossing(lambda things: woken.set(), 10)
    timer = threading.Timer(0.05, crossing.put, (1,))
    timer.start()
    with gevent.Timeout(5):
        woken.wait()
    timer.join()
    crossing.close()
