"""A daemon that is told to end while it is starting: it ends in order, whatever it is doing."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from local import free_port, wait_until
from system.daemon import driver_block

ROOT = Path(__file__).resolve().parents[2]

# The process sends the signal to itself where the start has come to a function.
PROGRAM = """
import os, signal, sys
sys.path.insert(0, %r)
where, name, number = sys.argv[1], sys.argv[2], int(sys.argv[3])
import importlib
module, _, owner = where.partition(":")
holder = importlib.import_module("vscpws." + module)
if owner:
    holder = getattr(holder, owner)
arguments = [each for each in sys.argv[4:] if each != "--swallow"]
original = getattr(holder, name)

def told(*args, **more):
    setattr(holder, name, original)
    try:
        os.kill(os.getpid(), number)
    except BaseException:
        if "--swallow" not in sys.argv:
            raise
    return original(*args, **more)

setattr(holder, name, told)
from vscpws.daemon.cli import main
sys.exit(main(arguments))
""" % str(ROOT / "lib")

# From the first look at the options to the last step before the daemon says that it is ready.
EARLY = [("daemon.checking", "checked"), ("daemon.checking", "load_settings"),
         ("daemon.process.listener", "look_up"), ("daemon.process.pidfile:PidFile", "acquire"),
         ("daemon.process.listener", "bind"),
         ("daemon.process.inquiry", "listen"), ("daemon.process.pidfile:PidFile", "write"),
         ("daemon.process.privileges", "drop"), ("daemon.process.logs", "apply"),
         ("daemon.process.logs", "record"), ("daemon.process.signals", "install")]
# These modules would bring gevent in before a fork.
LATE = [("daemon.shell:Shell", "__init__"), ("daemon.shell:Shell", "run"),
        ("service:Service", "start"), ("daemon.shell:Shell", "_announce")]


@pytest.fixture
def conf(tmp_path):
    (tmp_path / "vscpd.conf").write_text(driver_block(config="virtual:%s" % tmp_path.name))
    (tmp_path / "vscpwsd.ini").write_text(
        "interface = ws://localhost:%d\nkey-file = key\npath-users = users.json\n" % free_port())
    for name, sample in (("key", "vscp.key"), ("users.json", "users.json")):
        (tmp_path / name).write_text((ROOT / "conf" / sample).read_text())
        (tmp_path / name).chmod(0o600)
    return tmp_path


def execute(*args):
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", *args], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, timeout=120)


def start(conf, where, name, number, *more):
    return execute(
        PROGRAM, where, name, str(int(number)), *more, "--config", str(conf / "vscpd.conf"),
        "--ini", str(conf / "vscpwsd.ini"), "--pidfile", str(conf / "pid"))


def left(conf):
    """What a daemon that has ended leaves behind."""
    return [each.name for each in conf.iterdir() if each.name.startswith("pid")]


@pytest.mark.parametrize("where, name", EARLY)
def test_it_ends_with_0_and_one_line(conf, where, name):
    done = start(conf, where, name, signal.SIGTERM, "--foreground")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert done.stderr == "vscpwsd: SIGTERM: ended while it was starting\n"
    assert left(conf) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT, signal.SIGALRM])
def test_so_does_every_signal_that_ends(conf, number):
    done = start(conf, "daemon.process.listener", "bind", number, "--foreground")
    assert done.returncode == 0 and left(conf) == []
    assert done.stderr == "vscpwsd: %s: ended while it was starting\n" % signal.Signals(number).name


@pytest.mark.parametrize("where, name", LATE)
def test_once_signals_are_the_loop_s_it_ends_as_one_that_runs(conf, where, name):
    done = start(conf, where, name, signal.SIGTERM, "--foreground")
    assert (done.returncode, left(conf)) == (0, [])
    assert "Traceback" not in done.stderr
    assert done.stderr.count("SIGTERM") == 1


def test_one_that_somebody_has_swallowed_still_ends_it(conf):
    """Python only prints what is raised in a callback of its own, as a module's lock has one."""
    done = start(conf, "daemon.process.privileges", "drop", signal.SIGTERM, "--swallow",
                 "--foreground")
    assert (done.returncode, left(conf)) == (0, [])
    assert done.stderr.count("SIGTERM: stopping") == 1


@pytest.mark.parametrize("where, name", [
    ("daemon.process.pidfile:PidFile", "write"), ("daemon.process.privileges", "drop"),
    ("daemon.process.logs", "apply"), ("daemon.process.logs", "record")])
def test_whoever_waits_for_it_hears_that_there_is_none(conf, where, name):
    done = start(conf, where, name, signal.SIGTERM)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "vscpwsd: SIGTERM: ended while it was starting\n"
    assert wait_until(lambda: left(conf) == [], 20)


# The signal comes while the program is being loaded.
LOADING = """
import os, runpy, signal, sys
path, number = sys.argv[1], int(sys.argv[2])
sys.argv[1:3] = []
sys.argv[0] = path

class Loading:
    def find_spec(self, name, *more):
        if name == "vscpws.daemon.process":
            os.kill(os.getpid(), number)

sys.meta_path.insert(0, Loading())
runpy.run_path(path, run_name="__main__")
"""


def load(number, *args):
    return execute(LOADING, str(ROOT / "vscpwsd.py"), str(int(number)), *args)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_a_start_that_is_still_being_loaded_ends_as_well(conf, number):
    done = load(number, "-f", "--config", str(conf / "vscpd.conf"),
                "--ini", str(conf / "vscpwsd.ini"), "--pidfile", str(conf / "pid"))
    assert (done.returncode, left(conf)) == (0, [])
    assert done.stderr == "vscpwsd: %s: ended while it was starting\n" % signal.Signals(number).name


@pytest.mark.parametrize("number, code, text", [
    (signal.SIGTERM, -signal.SIGTERM, ""), (signal.SIGHUP, -signal.SIGHUP, ""),
    (signal.SIGINT, 1, "vscpwsd: interrupted\n")])
def test_every_other_command_ends_as_any_program_does(conf, number, code, text):
    done = load(number, "status", "--pidfile", str(conf / "pid"))
    assert (done.returncode, done.stdout, done.stderr) == (code, "", text)
