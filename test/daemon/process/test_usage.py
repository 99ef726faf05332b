"""What the process uses, beside what others say of it."""

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vscpws.daemon.process import usage as module
from vscpws.daemon.process.usage import usage

LIB = Path(module.__file__).resolve().parents[3]
TICK = 0.02                     # s; the kernel counts the start in hundredths


def status(name):
    """A line of /proc/self/status, in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    raise AssertionError(name)


def test_cpu_time_grows_with_work():
    before = usage()["cpu_seconds"]
    while usage()["cpu_seconds"] == before:
        sum(range(1000))


def test_open_files_are_counted():
    before = usage()["open_fds"]
    with open(os.devnull), open(os.devnull):
        assert usage()["open_fds"] == before + 2
    assert usage()["open_fds"] == before


def test_as_many_files_as_the_limit_says_may_be_open():
    assert usage()["max_fds"] == resource.getrlimit(resource.RLIMIT_NOFILE)[0]


@pytest.mark.parametrize("key, name", [("resident_memory_bytes", "VmRSS"),
                                       ("virtual_memory_bytes", "VmSize")])
def test_memory_is_about_what_the_kernel_says_elsewhere(key, name):
    assert usage()[key] == pytest.approx(status(name), rel=0.2)


def test_the_start_is_that_of_the_process_and_not_of_the_question():
    before = time.time()
    with subprocess.Popen(
            [sys.executable, "-c", "import sys; sys.path.insert(0, sys.argv[1]); print(); "
             "sys.stdout.flush(); sys.stdin.readline(); "
             "from vscpws.daemon.process.usage import usage; print(usage()['start_time_seconds'])",
             str(LIB)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        is_up = time.time()
        answer, _ = process.communicate(b"\n")
    assert before - TICK <= float(answer) < is_up


def test_where_there_is_no_proc_it_isn_t_known(monkeypatch):
    def refuse(*args):
        raise FileNotFoundError(2, "No such file or directory")
    monkeypatch.setattr(os, "listdir", refuse)
    monkeypatch.setattr("builtins.open", refuse)
    module._start_time.cache_clear()
    found = usage()
    monkeypatch.undo()
    module._start_time.cache_clear()
    assert {name for name, value in found.items() if value is None} == {
        "virtual_memory_bytes", "resident_memory_bytes", "open_fds", "start_time_seconds"}
