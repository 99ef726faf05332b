import gevent
import pytest

from vscpws.loop.turns import Turns, may_go_on, take_turn


class Clock:
    """Time passes by pieces of work only."""

    def __init__(self):
        self.time = 0.0

    def __call__(self):
        return self.time


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def turns(clock):
    return Turns(gevent.get_hub().loop, clock)


def worker(turns, clock, name, known, pieces, cost, done):
    def work():
        for _ in range(pieces):
            turns.wait(known)
            clock.time += cost
            done.append(name)
    return gevent.spawn(work)


def test_cheap_pieces_share_a_round_and_dear_ones_have_one_each(turns, clock):
    rounds, done = [], []
    check = gevent.get_hub().loop.check()
    check.start(lambda: rounds.append(len(done)))
    try:
        gevent.joinall([worker(turns, clock, name, False, 1, 0.0001, done) for name in range(8)])
        cheap = len(set(rounds) - {0})
        del rounds[:], done[:]
        gevent.joinall([worker(turns, clock, name, False, 1, 0.002, done) for name in range(8)])
        dear = len(set(rounds) - {0})
    finally:
        check.stop()
        check.close()
    assert cheap <= 1 and dear >= 7


def test_each_has_a_turn_before_anybody_has_another(turns, clock):
    done = []
    gevent.joinall([worker(turns, clock, name, False, 3, 0.002, done) for name in "abc"])
    assert done == list("abc") * 3


def test_who_is_known_comes_first_and_keeps_nobody_out(turns, clock):
    done = []
    gevent.joinall([worker(turns, clock, "stranger", False, 3, 0.002, done),
                    worker(turns, clock, "known", True, 3, 0.002, done)])
    assert done == ["known", "stranger"] * 3


def test_sockets_and_timers_are_seen_to_between_two_pieces(turns, clock):
    done = []
    work = worker(turns, clock, "x", False, 10 ** 9, 0.002, done)
    gevent.sleep(0.02)                  # would not come back
    work.kill()
    assert done
    before = len(done)
    turns.wait(False)                   # nobody waits for the one that was killed
    assert len(done) == before


def test_everybody_in_one_loop_shares_its_turns():
    order = []

    def work(name):
        for _ in range(2):
            take_turn()
            order.append(name)
    gevent.joinall([gevent.spawn(work, name) for name in "ab"])
    assert order == list("abab")


def test_who_says_nothing_of_himself_is_not_known():
    order = []

    def work(name, *known):
        take_turn(*known)
        order.append(name)
    gevent.joinall([gevent.spawn(work, "stranger"), gevent.spawn(work, "known", True)])
    assert order == ["known", "stranger"]


def test_who_asks_for_a_turn_is_called_in_it_by_the_loop_and_queues_like_who_waits(turns, clock):
    done = []

    def call(name):
        def turn(_):
            clock.time += 0.002
            done.append((name, gevent.getcurrent() is gevent.get_hub()))
        return turn
    turns.ask(call("stranger"), False)
    waiting = worker(turns, clock, "waiting", True, 1, 0.002, done)
    gevent.sleep(0)
    turns.ask(call("known"), True)
    waiting.join()
    while len(done) < 3:
        gevent.sleep(0.001)
    assert done == ["waiting", ("stranger", True), ("known", True)]


class Watcher:
    """One of a loop's: whether it runs, and how often it was started."""

    def __init__(self):
        self.runs, self.starts = False, 0

    def start(self, callback):
        self.runs, self.starts, self.callback = True, self.starts + 1, callback

    def stop(self):
        self.runs = False


@pytest.mark.parametrize("kinds", [(True, True), (False, False), (True, False)])
def test_the_loop_is_kept_awake_only_as_long_as_somebody_waits(clock, kinds):
    lets_in, awake, loop = Watcher(), Watcher(), Loop()
    loop.check, loop.idle = lambda: lets_in, lambda: awake
    turns, done = Turns(loop, clock), []
    for name, known in enumerate(kinds):
        worker(turns, clock, name, known, 1, 0.002, done)
    gevent.sleep(0)
    for _ in kinds:
        assert lets_in.runs == awake.runs == (len(done) < 2)
        gevent.get_hub().loop.run_callback(lets_in.callback)
        gevent.sleep(0)
    assert (done, lets_in.runs, awake.runs) == ([0, 1], False, False)
    assert lets_in.starts == awake.starts == 1


class Loop:
    """One whose turns a test counts."""

    def __init__(self):
        self.iteration = 7

    def check(self):
        return None

    idle = check


def test_small_pieces_go_on_at_once_until_they_were_a_round_in_one_turn_of_the_loop(clock):
    loop = Loop()
    turns = Turns(loop, clock)
    for _ in range(2):
        went_on = 0
        while turns.may_go_on():
            went_on += 1
            clock.time += 0.00030001
        assert went_on == 4             # the last one begins before the millisecond is over
        assert not turns.may_go_on()
        loop.iteration += 1


def test_where_the_loop_doesn_t_tell_its_turns_everybody_queues(clock):
    loop = Loop()
    loop.iteration = -1
    assert not Turns(loop, clock).may_go_on()


def test_nobody_goes_on_for_ever_in_a_real_loop():
    """Who only goes on never lets the loop turn, and so must queue before long."""
    with gevent.Timeout(10):
        take_turn(True)
        assert may_go_on()
        while may_go_on():
            pass
        take_turn(True)
