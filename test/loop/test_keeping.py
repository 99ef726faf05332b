import logging

from vscpws.loop.keeping import DEATHS, WINDOW, keep_running


class Loop:
    """Dies at the given times, by an exception or by just ending."""

    def __init__(self, times, error=RuntimeError):
        self.times = list(times)
        self.error = error
        self.time = 0.0
        self.restarts = 0
        self.given_up = False

    def __call__(self):
        if not self.times:
            raise KeyboardInterrupt     # the end of the test
        self.time = self.times.pop(0)
        if self.error:
            raise self.error("injected")

    def restarted(self):
        self.restarts += 1

    def give_up(self):
        self.given_up = True

    def run(self):
        try:
            keep_running("hub", self, self.restarted, self.give_up, lambda: self.time)
        except KeyboardInterrupt:
            pass
        return self.restarts, self.given_up


def test_it_is_given_up_when_it_dies_again_and_again(caplog):
    assert Loop([0.0] * 10).run() == (DEATHS - 1, True)
    assert caplog.records[-1].levelno == logging.CRITICAL


def test_so_many_deaths_over_a_long_life_are_forgiven():
    step = WINDOW / (DEATHS - 1)
    assert Loop([step * number for number in range(100)]).run() == (100, False)


def test_only_those_within_the_window_count_together():
    times = [0.0] * (DEATHS - 1) + [WINDOW + number for number in range(DEATHS - 1)]
    assert Loop(times).run() == (len(times), False)
    assert Loop(times + [WINDOW + DEATHS]).run() == (len(times), True)


def test_each_death_is_logged_with_its_traceback(caplog):
    Loop([0.0]).run()
    assert caplog.records[0].exc_info
    assert caplog.messages == ["the hub loop died", "the hub loop is restarted"]


def test_a_loop_that_just_ends_is_restarted_too():
    assert Loop([0.0], None).run() == (1, False)
