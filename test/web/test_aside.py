import os
import threading

import pytest

from vscpws.web.aside import run_aside


def priority():
    return threading.get_native_id(), os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


def test_the_result_comes_from_another_thread_of_lower_priority():
    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    for _ in range(3):
        thread, nice = run_aside(priority)
        assert thread != threading.get_native_id()
        assert nice == max(own, 10)
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == own


def test_arguments_and_exceptions_pass():
    assert run_aside(divmod, 17, 5) == (3, 2)
    with pytest.raises(ZeroDivisionError):
        run_aside(divmod, 1, 0)
