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


def in_a_thread(function, *args):
    thread = threading.Thread(target=function, args=args)
    thread.start()
    thread.join(10)
    assert not thread.is_alive()


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


@pytest.mark.parametrize("turn, count, counts", [
    ((10,), 35, [10, 10, 10, 5]), ((), 2500, [1024, 1024, 452])])
def test_what_is_too_much_for_one_turn_comes_in_several_and_others_have_theirs(turn, count, counts):
    turns, others = [], []
    crossing = Crossing(lambda things: turns.append((len(things), len(others))), 5000, *turn)
    for number in range(count):
        crossing.put(number)
    while len(turns) < len(counts):
        gevent.sleep(0)
        others.append(1)
    assert [count for count, _ in turns] == counts
    assert len({turn for _, turn in turns}) > 1
    crossing.close()


def test_what_finds_no_room_is_counted(taken):
    crossing = Crossing(taken.extend, 3)
    assert [crossing.put(number) for number in range(5)] == [True, True, True, False, False]
    until(lambda: taken)
    assert (taken, crossing.dropped) == ([0, 1, 2], 2)
    crossing.close()


def test_threads_that_flood_it_find_no_more_room_than_there_is(taken):
    crossing = Crossing(None, 100)
    flood = [threading.Thread(target=lambda: [crossing.put(1) for _ in range(1000)])
             for _ in range(4)]
    for thread in flood:
        thread.start()
    for thread in flood:
        thread.join()
    assert (crossing.waiting, crossing.dropped) == (100, 3900)
    crossing.close()


def test_one_that_can_not_take_costs_what_it_was_given_and_hears_the_rest(taken, caplog):
    def take(things):
        if 1 in things:
            raise KeyError("broken")
        taken.extend(things)
    crossing = Crossing(take, 10)
    crossing.put(1)
    until(lambda: not crossing.waiting)
    crossing.put(2)
    until(lambda: taken)
    assert taken == [2]
    assert caplog.messages == ["1 things that came from a thread were not taken"]
    crossing.close()


# -- pulled --------------------------------------------------------------------------------------


def test_who_pulls_is_woken_and_takes_as_much_as_he_likes():
    crossing = Crossing(None, 10)
    greenlet = gevent.spawn(lambda: (crossing.wait(), crossing.pull(3), crossing.pull(3))[1:])
    gevent.sleep(0)
    assert not greenlet.ready()
    in_a_thread(lambda: [crossing.put(number) for number in range(5)])
    assert greenlet.get(timeout=10) == ([0, 1, 2], [3, 4])
    assert crossing.pull(3) == []
    crossing.close()


def test_who_pulls_is_woken_for_news_that_are_no_thing():
    crossing = Crossing(None, 10)
    greenlet = gevent.spawn(crossing.wait)
    gevent.sleep(0)
    in_a_thread(crossing.wake)
    greenlet.get(timeout=10)
    assert crossing.pull(10) == []
    crossing.close()


def test_news_that_came_before_somebody_waited_are_not_lost():
    crossing = Crossing(None, 10)
    in_a_thread(crossing.wake)
    gevent.sleep(0.01)                      # the loop has seen it
    with gevent.Timeout(10):
        crossing.wait()
    crossing.close()


def test_a_pulling_greenlet_misses_nothing_of_a_flood():
    crossing, pulled = Crossing(None, 100000), []
    thread = threading.Thread(target=lambda: [crossing.put(number) for number in range(20000)])
    thread.start()
    with gevent.Timeout(30):
        while len(pulled) < 20000:
            crossing.wait()
            pulled += crossing.pull(64)
    thread.join()
    assert pulled == list(range(20000))
    crossing.close()


# -- the end -------------------------------------------------------------------------------------


def test_what_waits_is_taken_at_the_end_and_nothing_after_it(taken):
    crossing = Crossing(taken.extend, 10)
    crossing.put(1)
    crossing.close()
    assert taken == [1]
    assert not crossing.put(2) and crossing.dropped == 1
    crossing.close()
    assert taken == [1]


def test_a_thread_may_end_it_and_what_it_has_put_is_taken(taken):
    crossing = Crossing(taken.extend, 10)
    in_a_thread(lambda: (crossing.put(1), crossing.close(), crossing.put(2), crossing.close()))
    assert crossing.closed and crossing.dropped == 1
    until(lambda: taken)
    crossing.close()
    assert taken == [1]


def test_the_end_wakes_who_pulls_and_leaves_him_what_waits():
    crossing = Crossing(None, 10)
    greenlet = gevent.spawn(lambda: (crossing.wait(), crossing.closed)[1])
    gevent.sleep(0)
    in_a_thread(crossing.close)
    assert greenlet.get(timeout=10) is True
    other = Crossing(None, 10)
    other.put(1)
    other.close()
    with gevent.Timeout(10):
        other.wait()
    assert other.pull(5) == [1]


def test_no_thing_is_lost_uncounted_when_the_loop_ends_it_in_a_flood(taken):
    for _ in range(20):
        del taken[:]
        crossing, results, started = Crossing(taken.extend, 1 << 20), [], threading.Event()

        def flood(put=crossing.put, results=results, started=started):
            while not results or results[-1]:
                results.append(put(1))
                started.set()
        thread = threading.Thread(target=flood)
        thread.start()
        started.wait(10)
        gevent.sleep(0)
        crossing.close()
        thread.join(10)
        assert (len(taken), crossing.dropped) == (results.count(True), 1)


def test_a_thread_may_outlive_the_loop():
    made = []

    def serve():
        made.append(Crossing(lambda things: None, 10))
        gevent.sleep(0)
        gevent.get_hub().destroy(destroy_loop=True)
    in_a_thread(serve)
    assert not any(made[0].put(number) for number in range(20))
    made[0].wake()
    made[0].close()


def test_a_loop_that_waits_for_something_else_is_woken(taken):
    woken = Flag()
    crossing = Crossing(lambda things: woken.set(), 10)
    timer = threading.Timer(0.05, crossing.put, (1,))
    timer.start()
    with gevent.Timeout(5):
        woken.wait()
    timer.join()
    crossing.close()
