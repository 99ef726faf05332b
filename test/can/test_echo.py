"""Own frames that an interface gives back."""

from vscpws.can.echo import ECHO_TIME, Echoes
from vscpws.codec.canframe import EXTENDED

SENT = (EXTENDED | 5, b"abc", 1)
OTHER = (EXTENDED | 6, b"abc", 2)


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def test_own_frame_is_taken_out_once():
    echoes = Echoes(Clock())
    echoes.expect(5, b"abc")
    assert echoes.remove([OTHER, SENT, SENT]) == [OTHER, SENT]
    assert echoes.remove([SENT]) == [SENT]


def test_each_of_several_equal_frames_is_taken_out():
    echoes = Echoes(Clock())
    echoes.expect(5, b"abc")
    echoes.expect(5, b"abc")
    assert echoes.remove([SENT, SENT, SENT]) == [SENT]


def test_frame_that_does_not_come_back_is_forgotten():
    clock = Clock()
    echoes = Echoes(clock)
    echoes.expect(5, b"abc")
    clock.now += ECHO_TIME
    assert echoes.remove([SENT]) == [SENT]


def test_the_forgotten_one_is_not_the_next_that_is_sent():
    clock = Clock()
    echoes = Echoes(clock)
    echoes.expect(5, b"abc")
    clock.now += ECHO_TIME * 0.5
    echoes.expect(5, b"abc")
    clock.now += ECHO_TIME * 0.5
    assert echoes.remove([SENT, SENT]) == [SENT]


def test_it_is_waited_for_a_second():
    assert ECHO_TIME == 1.0


def test_late_forgetting_does_not_take_a_newer_expectation():
    clock = Clock()
    echoes = Echoes(clock)
    echoes.expect(5, b"abc")
    assert echoes.remove([SENT]) == []
    clock.now += ECHO_TIME * 0.9
    echoes.expect(5, b"abc")
    clock.now += ECHO_TIME * 0.2
    assert echoes.remove([SENT]) == []
