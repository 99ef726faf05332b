"""Watching a server that comes and goes; and the command as its users see it."""

import contextlib
import io
import itertools
import json
import os
import pty
import re
import signal
import ssl
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from certificate import make_certificate
from local import free_port, wait_until
from vscpws.daemon.process.errors import StartFailed
from vscpws.model.event import Event
from vscpws.settings import TlsSettings
from vscpws.watch.plan import Plan
from vscpws.watch.run import watch
from vscpws.watch.target import Target
from vscpws.web.tls import server_context
from watch.foreign import SID, Foreign
from web.stage import KEY, Stage

SCRIPT = str(Path(__file__).resolve().parents[2] / "vscpwsd.py")
PATIENCE = 60.0                 # s; a new interpreter on a busy machine
TEMPERATURE = Event(0x60, 10, 6, 7, 1700000000000000, 42, bytes(15) + b"\5",
                    bytes.fromhex("80810107"))


@pytest.fixture
def stage(tmp_path):
    with Stage(tmp_path) as stage:
        yield stage


def deliver(stage, *events, ended=lambda: False):
    """Deliver events once somebody watches."""
    def is_watched():
        return stage.call(lambda: any(client.session.channel_open for client in stage.clients))
    assert wait_until(lambda: is_watched() or ended(), PATIENCE)
    stage.call(lambda: stage.hub.deliver("bus", list(events)))


class Enough(Exception):
    pass


class Output(io.StringIO):
    """Ends the watching after some lines."""

    def __init__(self, lines):
        super().__init__()
        self._lines = lines

    def flush(self):
        if self.getvalue().count("\n") >= self._lines:
            raise Enough


def plan(port, **changes):
    return Plan(Target("127.0.0.1", port, "/ws2", False), None, KEY, "admin", None,
                False)._replace(**changes)


REFUSED, UNANSWERED = "refused", "unanswered"


def house(*endings):
    """A server whose clients get an event each and are closed with these codes in turn.

    An ending may be a pair of what becomes of the login instead, and the code after it.
    """
    endings = iter(endings)

    async def talk(websocket):
        ending = next(endings)
        login, code = ending if isinstance(ending, tuple) else ("", ending)
        await websocket.send('{"type":"+","args":["AUTH0","%s"]}' % SID)
        for _ in range(3):
            command = json.loads(await websocket.recv())["command"]
            if login == REFUSED:
                await websocket.send('{"type":"-","command":"AUTH","errcode":5,"errstr":"no"}')
            if login:
                await websocket.close(code)
                return
            await websocket.send('{"type":"+","command":"%s","args":null}' % command)
        await websocket.send('{"type":"EVENT","event":{"class":20,"type":3,"data":[1,2,3]}}')
        if code:
            await websocket.close(code)
        await websocket.wait_closed()
    return talk


def assert_grown(pauses, longest):
    """That the pauses are these, but for chance."""
    assert len(pauses) == len(longest)
    for pause, most in zip(pauses, longest):
        assert 0.75 * most <= pause <= most


def test_a_lost_server_is_tried_again_with_a_pause(capsys):
    pauses, output = [], Output(3)
    with Foreign(house(1001, 1013, None)) as server:
        with pytest.raises(Enough):
            watch(plan(server.port), "secret", output, pauses.append)
    line = r"Information: On +index 1, zone 2, subzone 3  \[01 02 03\]\n"
    assert len(re.findall(line, output.getvalue())) == 3
    assert_grown(pauses, [1, 2])
    said = capsys.readouterr().err
    assert "vscpwsd: the server closed the connection: 1001 it stops; next try in 1 s\n" in said
    assert said.count("connected again") == 2


def test_pauses_grow_while_nobody_answers(capsys):
    pauses = []
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(Foreign(house(1001)))

        def sleep(pause):
            stack.close()           # from now on nobody is there
            pauses.append(pause)
            if len(pauses) == 8:
                raise Enough
        with pytest.raises(Enough):
            watch(plan(server.port), "secret", io.StringIO(), sleep)
    assert_grown(pauses, [1, 2, 4, 8, 16, 30, 30, 30])
    assert "refused" in capsys.readouterr().err


def test_who_was_too_slow_or_had_no_place_comes_back_in_growing_pauses(capsys):
    pauses, output = [], Output(5)
    with Foreign(house(1008, (UNANSWERED, 1008), 1008, (UNANSWERED, 1013), 1008, 1008,
                       None)) as server:
        with pytest.raises(Enough):
            watch(plan(server.port), "secret", output, pauses.append,
                  clock=itertools.count(0, 100).__next__)
    assert_grown(pauses, [1, 2, 4, 8, 16, 30])
    assert "1008; next try in 1 s" in capsys.readouterr().err


def test_after_a_connection_that_held_the_pauses_are_short_again():
    for seconds, longest in ((9.9, [1, 2, 4]), (10, [1, 1, 1])):
        pauses = []
        with Foreign(house(1001, 1001, 1001, None)) as server:
            with pytest.raises(Enough):
                watch(plan(server.port), "secret", Output(4), pauses.append,
                      clock=itertools.count(0, seconds).__next__)
        assert_grown(pauses, longest)


@pytest.mark.parametrize("code", [1000, 1008, 1013])
def test_a_refused_login_ends_it_even_later(code):
    with Foreign(house(1001, 1008, (REFUSED, code))) as server:
        with pytest.raises(StartFailed, match="login of 'admin' refused: no"):
            watch(plan(server.port), "secret", io.StringIO(), lambda pause: None)


def test_closed_for_what_it_said_it_does_not_come_back():
    with Foreign(house(1001, 1002)) as server:
        with pytest.raises(StartFailed, match="1002"):
            watch(plan(server.port), "secret", io.StringIO(), lambda pause: None)


@pytest.mark.parametrize("code, tries", [(1008, 5), (1013, 5), (1001, 1), (1002, 1)])
def test_a_first_login_is_tried_again_only_where_the_server_was_too_busy_for_it(code, tries):
    pauses = []
    with Foreign(house(*[(UNANSWERED, code)] * tries)) as server:
        with pytest.raises(StartFailed, match=str(code)):
            watch(plan(server.port), "secret", io.StringIO(), pauses.append)
    assert_grown(pauses, [1, 2, 4, 8][:tries - 1])


def test_a_server_that_never_was_there_is_not_waited_for():
    with pytest.raises(StartFailed, match="can't connect to"):
        watch(plan(free_port()), "secret", io.StringIO(), lambda pause: None)


def test_over_tls_with_a_trusted_certificate(tmp_path):
    pair = make_certificate(tmp_path)
    context = ssl.create_default_context(cafile=pair[0])
    output = Output(1)
    with Stage(tmp_path, tls=server_context(TlsSettings(*pair))) as stage:
        target = Target("localhost", stage.port, "/ws2", True)
        thread = threading.Thread(target=deliver, args=(stage, TEMPERATURE))
        thread.start()
        with pytest.raises(Enough):
            watch(plan(stage.port, target=target, context=context), "secret", output, None)
        thread.join(PATIENCE)
    assert "Temperature  26.3 K" in output.getvalue()


class Command:
    """``vscpwsd.py --monitor`` as a process."""

    def __init__(self, stage, folder, *args, password="secret\n", **options):
        (folder / "key").write_text(KEY.hex())
        environment = {name: value for name, value in os.environ.items()
                       if name not in ("NO_COLOR", "VSCPWSD_PASSWORD")}
        environment.update(options.pop("environment", {}), TERM="xterm")
        self.process = subprocess.Popen(
            [sys.executable, SCRIPT, "--monitor", "ws://127.0.0.1:%d" % stage.port, "--key-file",
             str(folder / "key"), *args], stdin=subprocess.PIPE, stderr=subprocess.PIPE,
            env=environment, **dict({"stdout": subprocess.PIPE}, **options))
        self.process.stdin.write(password.encode())
        self.process.stdin.close()
        self.process.stdin = None
        self._stage = stage

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def deliver(self, *events):
        deliver(self._stage, *events, ended=lambda: self.process.poll() is not None)

    def end(self):
        """What it wrote to standard error, and its exit code."""
        _, error = self.process.communicate(timeout=PATIENCE)
        assert b"Traceback" not in error and b"Exception ignored" not in error
        return error.decode(), self.process.returncode


def test_events_are_lines_without_colour_in_a_pipe_and_ctrl_c_ends_it_well(stage, tmp_path):
    with Command(stage, tmp_path) as command:
        command.deliver(TEMPERATURE)
        line = command.process.stdout.readline().decode()
        command.process.send_signal(signal.SIGINT)
        assert command.end() == ("", 0)
    assert line.split(None, 1)[1] == (
        "node 5    Measurement: Temperature  26.3 K     index 0   [80 81 01 07]\n")


def test_json_lines_and_a_filter_by_name(stage, tmp_path):
    with Command(stage, tmp_path, "--json", "--filter", "measurement,temperature") as command:
        command.deliver(TEMPERATURE._replace(vscp_type=7), TEMPERATURE)
        found = json.loads(command.process.stdout.readline().decode())
    assert (found["type"], found["reading"]["value"]) == (6, 26.3)


@pytest.mark.parametrize("environment, coloured", [({}, True), ({"NO_COLOR": "1"}, False)])
def test_on_a_terminal_there_is_colour_unless_it_is_not_wanted(
        stage, tmp_path, environment, coloured):
    ours, theirs = pty.openpty()
    with Command(stage, tmp_path, stdout=theirs, environment=environment) as command:
        os.close(theirs)
        command.deliver(TEMPERATURE)
        line = b""
        while b"\n" not in line:
            line += os.read(ours, 1000)
    os.close(ours)
    assert (b"\033[" in line) == coloured
    assert "26.3 K".encode() in line


def test_a_reader_that_goes_away_ends_it_quietly(stage, tmp_path):
    reading, writing = os.pipe()
    with Command(stage, tmp_path, stdout=writing) as command:
        os.close(writing)
        os.close(reading)
        command.deliver(TEMPERATURE)
        assert command.end()[0] == ""


@pytest.mark.parametrize("args, password, code, said", [
    ((), "wrong\n", 1, "vscpwsd: login of 'admin' refused: Not authorized. (user, password or key "
                       "is wrong)\n"),
    ((), "", 1, "vscpwsd: no password: "),
    (("--login", "nobody"), "secret\n", 1, "vscpwsd: login of 'nobody' refused"),
    (("--filter", "warp"), "secret\n", 2, "vscpwsd: --filter: no class is called 'warp'\n"),
    (("--key-file", "/nowhere"), "secret\n", 2, "vscpwsd: /nowhere: No such file or directory\n"),
])
def test_what_is_wrong_is_one_line(stage, tmp_path, args, password, code, said):
    with Command(stage, tmp_path, *args, password=password) as command:
        text, status = command.end()
    assert status == code
    assert text.startswith(said) and text.count("\n") == 1
