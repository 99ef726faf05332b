"""The server as a component of other programs: one with gevent, one of threads."""

import contextlib
import os
import queue
import re
import subprocess
import sys
import threading
from pathlib import Path

import gevent
import gevent.event
import gevent.socket
import pytest
import websocket as websocket_client

from canfakes import until
from local import free_port
from login import crypto_text
from vscpws.access.credentials import DEFAULT_KEY, hash_password
from vscpws.access.rights import ADMIN
from vscpws.access.users import User, Users
from vscpws.loop.crossing import Crossing
from vscpws.model.errors import TransmitBufferFull
from vscpws.model.event import Event
from vscpws.model.status import EndStatus
from vscpws.service import Secrets, Service
from vscpws.settings import Settings

PAGE = Path(__file__).resolve().parents[1] / "doc" / "embedding.md"
USERS = Users([User(0, "admin", hash_password("admin", "secret"), rights=ADMIN)])
SECRETS = Secrets(USERS, DEFAULT_KEY)
LAMP = bytes(15) + b"\7"


def client_of(port):
    """A logged-in client with its channel open; blocks, so it needs a thread of its own."""
    client = websocket_client.create_connection("ws://127.0.0.1:%d/ws1" % port, timeout=20)
    sid = client.recv().split(";")[2]
    client.send("C;AUTH;%s;%s" % (sid, crypto_text("admin", "secret", sid, DEFAULT_KEY.hex())))
    assert client.recv().startswith("+;AUTH1")
    client.send("C;OPEN")
    assert client.recv() == "+;OPEN"
    return client


def in_a_thread(function):
    """The outcome of a blocking function, while the loop goes on."""
    return gevent.get_hub().threadpool.spawn(function).get(timeout=30)


def test_the_example_of_the_documentation_runs():
    block = re.search(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.S).group(1)
    assert len(block.splitlines()) <= 35 and "service.start()" in block
    port = free_port()
    program = compile(block.replace("port=8884", "host='127.0.0.1', port=%d" % port),
                      str(PAGE), "exec")
    names = {}
    running = gevent.spawn(exec, program, names)

    def converse():
        client = client_of(port)
        client.send("E;0,30,5,0,,0,-:07,1,2,3")
        assert client.recv() == "+;EVENT"
        return client.recv()
    until(lambda: "service" in names)
    assert re.match(r"E;0,20,3,0,.*,0x01,0x02,0x03\Z", in_a_thread(converse))
    running.get(timeout=10)
    names["service"].stop()


class Lamp:
    """A carrier that this file adds: it takes commands while it has power."""

    kind, name, guid, level1_data = "lamp", "ceiling", LAMP, 8

    def __init__(self, hub):
        self.channel = hub.channel(self.kind)
        self.powered, self.taken, self.missed = True, [], 0
        hub.add(self)

    def carries(self, event):
        return event.vscp_class == 30

    def has_room(self):
        return self.powered

    def put(self, event):
        self.taken.append(event)

    def miss(self, event):
        self.missed += 1

    def start(self):
        self.started = True

    def stop(self):
        self.started = False

    def status(self):
        return EndStatus(self.kind, self.name, "up" if self.powered else "dark",
                         usable=self.powered, details={"sent": len(self.taken)})


class Broken(Lamp):
    """A carrier whose author made mistakes."""

    kind = "broken"

    def stop(self):
        raise ValueError("does not stop")

    def status(self):
        raise ValueError("does not tell")


@pytest.fixture
def house():
    service = Service(Settings((), "127.0.0.1", free_port()), SECRETS, ends=[Lamp])
    service.start()
    yield service
    service.stop()
    assert not service.ends[0].started


def test_a_carrier_of_one_s_own_is_asked_before_an_event_is_accepted(house):
    lamp = house.ends[0]
    assert lamp.started

    def converse(expected):
        client = client_of(house.addresses[0][1])
        client.send("E;0,30,5,0,,0,-:07,1")
        assert client.recv() == expected
        client.close()
    in_a_thread(lambda: converse("+;EVENT"))
    assert [event.vscp_type for event in lamp.taken] == [5]
    lamp.powered = False
    in_a_thread(lambda: converse("-;EVENT;3;Transmit buffer full."))
    assert house.hub.came == {"lamp": 0, "client": 1}


def test_status_health_and_metrics_tell_of_it_by_its_kind_and_name(house):
    assert house.health()["status"] == "ok"
    assert house.status()["ends"][0]["name"] == "ceiling"
    house.ends[0].powered = False
    assert house.health()["status"] == "lamp down"
    assert house.health()["ends"] == [{"kind": "lamp", "name": "ceiling", "state": "dark"}]


def test_the_program_is_refused_like_a_client_where_nothing_takes_its_event(house):
    lamp = house.ends[0]
    lamp.powered = False
    with pytest.raises(TransmitBufferFull, match="ceiling"):
        lamp.channel.submit(Event(0, 30, 5, lamp.channel.obid, 1, 1, LAMP, b""))


def test_an_end_that_fails_is_told_of_and_costs_the_others_nothing(caplog):
    service = Service(Settings((), "127.0.0.1", free_port()), SECRETS, ends=[Broken, Lamp])
    service.start()
    assert service.health()["status"] == "end down"
    assert [(end["name"], end["state"], end["reason"]) for end in service.status()["ends"]] == [
        ("Broken", "failed", "does not tell"), ("ceiling", "up", "")]
    service.stop()
    assert not service.ends[1].started
    assert "Broken failed to stop" in caplog.text


class Ear:
    """A receiver that this file adds: a queue that other threads read."""

    label = "ear"

    def __init__(self, hub):
        self.channel, self.heard = hub.channel("thread"), queue.Queue()
        hub.attach(self)

    def take(self, batch):
        for event in batch.events:
            self.heard.put(event)
        return len(batch.events)

    def fail(self, reason):
        raise AssertionError(reason)

    def start(self):
        pass

    def stop(self):
        pass

    def status(self):
        return EndStatus("thread", self.label, "up")


def test_in_a_plain_program_events_go_in_and_out_by_calls_of_other_threads():
    port, ready, ways = free_port(), threading.Event(), {}

    def serve():
        service = Service(Settings((), "127.0.0.1", port), SECRETS, ends=[Ear])
        ear, stopped = service.ends[0], gevent.event.Event()
        ways.update(ear=ear, put=Crossing(ear.channel.deliver, 100),
                    stop=Crossing(lambda _: stopped.set(), 1))
        service.start()
        ready.set()
        stopped.wait()
        service.stop()
        ways["put"].close()
        ways["stop"].close()
        gevent.get_hub().destroy(destroy_loop=True)
    thread = threading.Thread(target=serve)
    thread.start()
    assert ready.wait(20)
    client = client_of(port)
    ways["put"].put(Event(0, 20, 3, ways["ear"].channel.obid, 0, 0, LAMP, b"\1\2\3"))
    assert client.recv().endswith(",0x01,0x02,0x03")
    client.send("E;0,30,5,0,,0,-:07,9")
    assert client.recv() == "+;EVENT"
    heard = [ways["ear"].heard.get(timeout=20) for _ in range(2)]
    assert [(event.vscp_class, event.data) for event in heard] == [(20, b"\1\2\3"), (30, b"\x09")]
    client.close()
    ways["stop"].put(None)
    thread.join(20)
    assert not thread.is_alive()


def open_files(path):
    """How many descriptors of this process are of that file."""
    links = (os.path.join("/proc/self/fd", number) for number in os.listdir("/proc/self/fd"))
    return sum(os.path.realpath(link) == str(path) for link in links)


def head_of(connection):
    """The head of an answer, of whose body some may be left out."""
    head = b""
    while b"\r\n\r\n" not in head:
        head += connection.recv(1024)
    return head


def test_its_end_ends_what_is_under_way_over_http_and_leaves_nothing_open(tmp_path):
    big = tmp_path / "big.bin"
    with open(big, "wb") as file:
        file.truncate(1 << 28)
    service = Service(Settings((), "127.0.0.1", free_port(), web_root=str(tmp_path)), SECRETS,
                      ends=[])
    service.start()
    address = service.addresses[0]
    silent, idle, slow = (gevent.socket.create_connection(address) for _ in range(3))
    idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b" 200 " in head_of(idle)
    slow.sendall(b"GET /big.bin HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b" 200 " in head_of(slow)
    assert open_files(big) == 1
    with gevent.Timeout(20):
        service.stop()
        assert (service.clients.connections, open_files(big)) == (0, 0)
        for connection in (silent, idle, slow):
            with connection, contextlib.suppress(ConnectionResetError):
                while connection.recv(1 << 20):
                    pass


def test_it_changes_nothing_that_belongs_to_the_whole_program():
    code = ("import gc, sys, signal, logging, resource\n"
            "sys.path.insert(0, %r)\n"
            "import gevent, can\n"
            "def globals_():\n"
            "    return (sys.getswitchinterval(), gc.get_threshold(),\n"
            "            resource.getrlimit(resource.RLIMIT_NOFILE),\n"
            "            logging.getLogger('can').level, logging.getLogger().level,\n"
            "            logging.getLogger().handlers[:], sys.stderr, sys.excepthook,\n"
            "            gevent.get_hub().print_exception,\n"
            "            [signal.getsignal(n) for n in (1, 2, 10, 12, 13, 15)])\n"
            "before = globals_()\n"
            "from vscpws.access.users import Users\n"
            "from vscpws.service import Secrets, Service\n"
            "from vscpws.settings import Interface, Settings\n"
            "service = Service(Settings((Interface('v', 'virtual:x', bytes(16)),), '127.0.0.1',\n"
            "                  %d), Secrets(Users(), bytes(16)))\n"
            "service.start(); gevent.sleep(0.05); service.stop()\n"
            "assert globals_() == before, (globals_(), before)\n"
            % (str(PAGE.parents[1] / "lib"), free_port()))
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
