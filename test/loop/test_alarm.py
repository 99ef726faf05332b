"""Short sleeps: by the kernel's timer where there is one, by the loop's elsewhere."""

import os
import sys
import time

import gevent
import pytest

from vscpws.loop import alarm as module
from vscpws.loop.alarm import Alarm


@pytest.fixture(params=["timerfd", "loop"])
def alarm(request, monkeypatch):
    if request.param == "loop":
        monkeypatch.setattr(module, "_libc", object())
    elif not sys.platform.startswith("linux"):
        pytest.skip("timerfd is Linux's")
    made = Alarm()
    yield made
    made.close()


@pytest.mark.parametrize("seconds", [0.0001, 0.003, 0.02])
def test_it_never_sleeps_too_short(alarm, seconds):
    for _ in range(10):
        start = time.monotonic()
        alarm.sleep(seconds)
        assert time.monotonic() - start >= seconds * 0.99


@pytest.mark.parametrize("seconds", [0, -1, 0.0001, 0.001])
def test_meanwhile_the_others_run(alarm, seconds):
    ran = []
    gevent.spawn(ran.append, 1)
    alarm.sleep(seconds)
    assert ran == [1]


def test_a_sleep_that_is_ended_leaves_nothing_for_the_next(alarm):
    sleeper = gevent.spawn(alarm.sleep, 0.002)
    gevent.sleep(0)
    sleeper.kill()
    start = time.monotonic()
    alarm.sleep(0.02)
    assert time.monotonic() - start >= 0.0198


def test_closed_it_sleeps_as_the_loop_does_and_holds_no_descriptor():
    before = set(os.listdir("/proc/self/fd"))
    made = Alarm()
    made.close()
    made.close()
    assert set(os.listdir("/proc/self/fd")) == before
    start = time.monotonic()
    made.sleep(0.002)
    assert time.monotonic() - start >= 0.0019


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="timerfd is Linux's")
def test_the_kernel_s_timer_is_finer_than_the_loop_s():
    made, took = Alarm(), []
    for _ in range(50):
        start = time.monotonic()
        made.sleep(0.0002)
        took.append(time.monotonic() - start)
    made.close()
    assert min(took) < 0.0009
