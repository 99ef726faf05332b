import os
import subprocess
import sys
import threading
from pathlib import Path

import gevent
import pytest
from gevent.event import Event as Flag

from vscpws.loop.aside import FileThread, NoAnswer, read_aside, run_aside

LIB = str(Path(__file__).resolve().parents[2] / "lib")


def priority():
    return threading.get_native_id(), os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


def test_the_result_comes_from_another_thread_of_lower_priority():
    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    for _ in range(3):
        thread, nice = run_aside(priority)
        assert thread != threading.get_native_id()
        assert nice == min(own + 10, 19)
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == own


@pytest.mark.parametrize("own, expected", [(0, 10), (5, 15), (15, 19), (19, 19)])
def test_a_thread_gives_way_to_a_loop_that_is_nice_itself(own, expected):
    """In a process of its own: nobody but root can take niceness back."""
    code = ("import os, sys, threading\n"
            "os.setpriority(os.PRIO_PROCESS, 0, int(sys.argv[1]))\n"
            "from vscpws.loop.aside import FileThread, run_aside\n"
            "def priority():\n"
            "    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())\n"
            "files = FileThread()\n"
            "print(run_aside(priority), run_aside(priority), files.run(10, priority),\n"
            "      files.run(10, priority), priority())\n")
    if own < os.getpriority(os.PRIO_PROCESS, 0):
        pytest.skip("the tests run with more niceness than that")
    done = subprocess.run([sys.executable, "-c", code, str(own)], stdout=subprocess.PIPE,
                          universal_newlines=True, timeout=60, check=True,
                          env=dict(os.environ, PYTHONPATH=LIB))
    assert list(map(int, done.stdout.split())) == [expected] * 4 + [own]


def test_a_file_that_gives_no_answer_costs_its_reader_alone():
    files, answer = FileThread(), threading.Event()
    with pytest.raises(NoAnswer):
        files.run(0.01, answer.wait)
    with pytest.raises(NoAnswer):       # the thread is still busy with the first
        files.run(0.01, divmod, 17, 5)
    assert run_aside(divmod, 17, 5) == (3, 2)
    answer.set()
    assert files.run(10, divmod, 17, 5) == (3, 2)


def test_files_are_read_by_another_thread_of_lower_priority():
    thread, nice = FileThread().run(10, priority)
    assert thread != threading.get_native_id() and nice >= 10
    with pytest.raises(ZeroDivisionError):
        FileThread().run(10, divmod, 1, 0)


def test_arguments_and_exceptions_pass():
    assert run_aside(divmod, 17, 5) == (3, 2)
    with pytest.raises(ZeroDivisionError):
        run_aside(divmod, 1, 0)


def failing():
    raise LookupError("nothing there")


@pytest.mark.parametrize("run", [
    lambda: read_aside(failing), lambda: run_aside(failing),
    lambda: run_aside(failing, unwanted=Flag()), lambda: FileThread().run(10, failing)])
def test_an_error_is_the_caller_s_alone(run, monkeypatch):
    reported = []
    monkeypatch.setattr(gevent.get_hub(), "handle_error", lambda *what: reported.append(what))
    monkeypatch.setattr(type(gevent.get_hub()), "print_exception",
                        lambda *what: reported.append(what))
    with pytest.raises(LookupError, match="nothing there"):
        run()
    assert reported == []


def test_files_that_are_sent_keep_the_priority_and_take_no_thread_of_the_others():
    answer = threading.Event()
    assert read_aside(priority)[1] == os.getpriority(os.PRIO_PROCESS, 0)
    stuck = [gevent.spawn(read_aside, answer.wait, 10) for _ in range(20)]
    gevent.sleep(0)
    assert run_aside(divmod, 17, 5) == (3, 2)
    answer.set()
    assert gevent.joinall(stuck, timeout=10) and all(each.value for each in stuck)
