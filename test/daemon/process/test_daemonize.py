"""In processes of their own: a fork of the test runner would be one test runner too many."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import needs
from local import wait_until

LIB = str(Path(__file__).resolve().parents[3] / "lib")

PROGRAM = """
import json, os, sys
sys.path.insert(0, %r)
from vscpws.daemon.process import daemonize
folder = sys.argv[1]
%s
code, text = daemonize.background(work, keep)
print(text)
sys.exit(code)
"""


def run(tmp_path, program, **options):
    return subprocess.run([sys.executable, "-c", PROGRAM % (LIB, program), str(tmp_path)],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, **options)


def wait_for_end(reading):
    """Returns when the last process that holds the pipe's other end is gone."""
    assert os.read(reading, 1) == b""


@pytest.fixture
def life():
    """A pipe that every process of a test inherits: its end of file is their end."""
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    yield reading, writing
    os.close(reading)


def test_the_starter_gets_the_ready_of_a_daemon_that_goes_on(tmp_path, life):
    reading, writing = life
    done = run(tmp_path, """
keep = [int(%d)]
def work(report):
    facts = {"cwd": os.getcwd(), "umask": os.umask(0), "pid": os.getpid(),
             "leader": os.getsid(0), "streams": [os.path.realpath("/proc/self/fd/%%d" %% n)
                                                 for n in range(3)]}
    with open(folder + "/facts", "w") as file:
        json.dump(facts, file)
    report.ready()
    report.failed(1, "later answers are dropped")
    os.mkfifo(folder + "/more"); open(folder + "/more").read()
    open(folder + "/ended", "w").close()
    return 0
""" % writing, pass_fds=[writing])
    os.close(writing)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"\n", b"")
    facts = json.loads((tmp_path / "facts").read_text())
    assert facts["cwd"] == "/"
    assert facts["umask"] == 0o027
    assert facts["streams"] == ["/dev/null"] * 3
    assert facts["leader"] != facts["pid"]      # so no terminal can ever control it
    os.kill(facts["pid"], 0)                    # it lives on
    assert wait_until((tmp_path / "more").exists, 30)
    open(str(tmp_path / "more"), "w").close()
    wait_for_end(reading)
    assert (tmp_path / "ended").exists()


def test_the_starter_gets_error_text_and_code(tmp_path):
    done = run(tmp_path, """
keep = []
def work(report):
    report.failed(2, "users.json: no user\\nvscp.key: löst nicht")
    return 2
""")
    assert done.returncode == 2
    assert done.stdout.decode() == "users.json: no user\nvscp.key: löst nicht\n"


@pytest.mark.parametrize("end", ["os._exit(0)", "os.kill(os.getpid(), 9)",
                                 "raise SystemExit(0)", "1 / 0"])
def test_a_daemon_that_ends_without_a_report_is_a_failed_start(tmp_path, end):
    done = run(tmp_path, "keep = []\ndef work(report):\n    %s\n" % end)
    assert done.returncode == 1
    assert done.stdout == b"the daemon ended while it was starting\n"
    assert done.stderr == b""


def test_a_kept_file_is_open_in_the_daemon_and_others_are_not(tmp_path):
    done = run(tmp_path, """
kept, other = open(folder + "/kept", "w"), open(folder + "/other", "w")
keep = [kept]
def work(report):
    kept.write("written by the daemon"); kept.flush()
    try:
        os.fstat(other.fileno())
    except OSError:
        report.ready()
    return 0
""")
    assert done.returncode == 0
    assert (tmp_path / "kept").read_text() == "written by the daemon"


def test_an_event_loop_before_the_fork_is_refused(tmp_path):
    done = run(tmp_path, "import gevent\nkeep = []\nwork = None\n")
    assert b"can't fork: gevent is imported already" in done.stderr


def test_a_huge_limit_of_open_files_costs_no_time_and_no_memory(tmp_path):
    import resource
    needs.condition(resource.getrlimit(resource.RLIMIT_NOFILE)[1] > 65536
                    or os.geteuid() == 0, "a high limit of open files")

    def raise_limit():
        soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, 1 << 20))
        except (OSError, ValueError):
            pass    # not allowed in this container: the limit is low then

    done = run(tmp_path, """
import resource
keep = []
def work(report):
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    report.failed(0 if limits[0] <= limits[1] <= 65536 else 1, str(limits))
    return 0
""", preexec_fn=raise_limit)
    assert done.returncode == 0, done.stdout


def test_closed_standard_streams_are_replaced(tmp_path):
    code = ("import sys; sys.path.insert(0, %r)\n"
            "from vscpws.daemon.process import daemonize\n"
            "daemonize.open_standard_streams()\n"
            "import os\n"
            "for n in range(3):\n"
            "    assert os.path.realpath('/proc/self/fd/%%d' %% n) == '/dev/null'\n"
            "print('no harm'); print('no harm', file=sys.stderr); sys.stdin.read()\n"
            "open(sys.argv[1], 'w').write('fine')\n" % LIB)
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", sys.executable, "-c", code,
         str(tmp_path / "out")], timeout=60)
    assert done.returncode == 0
    assert (tmp_path / "out").read_text() == "fine"
