"""The whole daemon on a real SocketCAN bus, with foreign clients on both sides.

Runs where ``test/system/uml/run`` has made a machine with vcan0: User Mode Linux or a network
namespace. There CPU time is dear: whatever is waited for has a generous deadline.
"""

from __future__ import annotations

import pathlib
import re
import time
from contextlib import ExitStack

import pytest

from system import canbus
from system.canbus import Candump, Counting, cangen, cansend
from system.clients import Event, Ws1, Ws2
from system.daemon import Daemon, driver_block, wait_until

GUID = bytes.fromhex("FFFFFFFFFFFFFFFEB827EB0A11020000")
GUID_TEXT = "FF:FF:FF:FF:FF:FF:FF:FE:B8:27:EB:0A:11:02:00:00"
CLIENTS = (Ws1, Ws2)
MANY = 20000
FULL = 3                                    # error 3, "Transmit buffer full."

# The block and the variables of the documentation of vscpl2drv-websocksrv.
DOCUMENTED_BLOCK = """\
<driver enable="true" >
    <name>socketcan1</name>
    <path>/usr/lib/vscpl2drv_tcpiplink.so</path>
    <config>can</config>
    <guid>%s</guid>
</driver>
""" % GUID_TEXT


@pytest.fixture(autouse=True)
def vcan0():
    """The bus, up, whatever the test before has done to it."""
    if not canbus.exists():
        canbus.add()
    canbus.up()


@pytest.fixture
def start(tmp_path):
    """Starts daemons that are stopped, and must have ended well, at the end of the test."""
    running = []

    def started(config=None, **more):
        config = config or driver_block(config="vcan0", guid=GUID_TEXT)
        daemon = Daemon(tmp_path, config, **more)
        daemon.start()
        running.append(daemon)
        return daemon
    yield started
    for daemon in running:
        assert daemon.stop() == 0
        assert "Traceback" not in daemon.log()


@pytest.fixture
def connect():
    """Makes clients that are closed at the end of the test."""
    with ExitStack() as stack:
        yield lambda kind, daemon: stack.enter_context(kind(daemon.port))


@pytest.fixture
def candump(tmp_path):
    with Candump(tmp_path / "candump.log") as running:
        yield running


def bus_is_up(daemon):
    assert wait_until(lambda: daemon.health() == 200), daemon.log()


def without_time(events):
    return [event._replace(timestamp=0, datetime="") for event in events]


def marker(number):
    """An event whose data nothing else has: what was sent before it has come when it comes."""
    return Event(20, 49, 3, GUID[:15] + b"\x77", b"mark" + bytes((number,)))


def identifier_of(event):
    return (event.priority << 26 | event.hard_coded << 25 | event.vscp_class << 16
            | event.vscp_type << 8 | event.guid[15])


def send_on_bus(event):
    cansend("%08X#%s" % (identifier_of(event), event.data.hex()))


# ------------------------------------------------------------------------------------------------
# From the bus


def test_20000_frames_at_full_speed_reach_both_clients_in_order(start, connect, candump):
    daemon = start()
    bus_is_up(daemon)
    clients = [connect(kind, daemon) for kind in CLIENTS]
    cangen(MANY)
    candump.catch_up()
    frames = candump.frames()
    assert len(frames) == MANY
    expected = [frame.event(GUID) for frame in frames]
    for client in clients:
        client.wait(lambda client=client: len(client.events) >= MANY)
        assert len(client.events) == MANY, daemon.log()[-3000:]
        assert without_time(client.events) == expected


def test_an_event_has_the_time_at_which_the_kernel_saw_its_frame(start, connect, candump):
    daemon = start()
    bus_is_up(daemon)
    clients = [connect(kind, daemon) for kind in CLIENTS]
    cansend("0C0A0601#888100D7")
    candump.catch_up()
    frame, = candump.frames()
    for client in clients:
        assert client.wait(lambda client=client: client.events)
        event, = client.events
        assert event.timestamp == frame.moment & 0xFFFFFFFF
        seconds = frame.moment // 1000000
        assert event.datetime[17:] == "%02dZ" % (seconds % 60)


def test_standard_remote_and_error_frames_are_no_events(start, connect, candump):
    daemon = start()
    bus_is_up(daemon)
    clients = [connect(kind, daemon) for kind in CLIENTS]
    cansend("123#1122")                     # standard
    cansend("0C140901#R")                   # remote, extended
    cansend("321#R")                        # remote, standard
    cansend("20000004#0004000000000000")    # error: receive buffer overrun
    send_on_bus(marker(1))
    candump.catch_up()
    frames = candump.frames()
    assert [(frame.extended, frame.remote, frame.error) for frame in frames] == [
        (False, False, False), (True, True, False), (False, True, False), (False, False, True),
        (True, False, False)]
    for client in clients:
        assert client.wait(lambda client=client: marker(1) in without_time(client.events))
        assert without_time(client.events) == [marker(1)]


# ------------------------------------------------------------------------------------------------
# To the bus

LEVEL1 = Event(30, 5, 2, GUID[:15] + b"\x2A", bytes((1, 2, 3)))
FULL_LEVEL1 = Event(511, 255, 0, bytes(15) + b"\xFF", bytes(range(8)), hard_coded=True)
EMPTY_LEVEL1 = Event(0, 0, 7, GUID[:15] + b"\x01")
OVER_LEVEL2 = Event(512 + 30, 6, 1, GUID[:15] + b"\x05", GUID + bytes((0, 1, 0xFF)))
FULL_OVER_LEVEL2 = Event(1023, 255, 7, GUID[:15] + b"\xFE", GUID + bytes(range(8, 0, -1)))


@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.parametrize("event, identifier, data", [
    (LEVEL1, 0x081E052A, "010203"),
    (FULL_LEVEL1, 0x03FFFFFF, "0001020304050607"),
    (EMPTY_LEVEL1, 0x1C000001, ""),
    (OVER_LEVEL2, 0x041E0605, "0001FF"),
    (FULL_OVER_LEVEL2, 0x1DFFFFFE, "0807060504030201"),
], ids=["level I", "level I full", "level I empty", "over level II", "over level II full"])
def test_a_clients_event_is_a_frame_on_the_bus(start, connect, candump, kind, event, identifier,
                                               data):
    daemon = start()
    bus_is_up(daemon)
    sender = connect(kind, daemon)
    others = [connect(other, daemon) for other in CLIENTS]
    assert sender.send_event(event) == 0
    assert wait_until(candump.frames)
    for other in others:
        assert other.wait(lambda other=other: other.events)
    # The frame doesn't come back from the bus, neither to the sender nor once more to the others.
    send_on_bus(marker(1))
    for client in [sender, *others]:
        assert client.wait(lambda client=client: marker(1) in without_time(client.events))
    assert without_time(sender.events) == [marker(1)]
    for other in others:
        assert without_time(other.events) == [event, marker(1)]
    candump.catch_up()
    sent, _ = candump.frames()
    assert (sent.extended, sent.remote, sent.identifier, sent.data) == (
        True, False, identifier, bytes.fromhex(data))


def test_a_level2_event_is_for_clients_only(start, connect, candump):
    daemon = start()
    bus_is_up(daemon)
    sender, other = (connect(kind, daemon) for kind in CLIENTS)
    level2 = Event(1040, 6, 3, GUID, b"\0\0\0\x0121.5")
    assert sender.send_event(level2) == 0
    assert sender.send_event(LEVEL1) == 0
    assert other.wait(lambda: len(other.events) == 2)
    assert without_time(other.events) == [level2, LEVEL1]
    assert wait_until(candump.frames)
    candump.catch_up()
    assert [frame.identifier for frame in candump.frames()] == [identifier_of(LEVEL1)]


@pytest.mark.parametrize("kind", CLIENTS)
def test_long_level1_events_are_can_fd_frames_both_ways(start, connect, candump, kind):
    daemon = start()
    bus_is_up(daemon)
    sender = connect(kind, daemon)
    others = [connect(other, daemon) for other in CLIENTS]
    long = Event(20, 9, 3, GUID[:15] + b"\x10", bytes(range(64)))
    assert sender.send_event(long) == 0
    assert wait_until(candump.frames)
    cansend("0C140911##0" + bytes(range(100, 164)).hex())
    received = Event(20, 9, 3, GUID[:15] + b"\x11", bytes(range(100, 164)))
    for client in [sender, *others]:
        assert client.wait(lambda client=client: received in without_time(client.events))
    assert without_time(sender.events) == [received]
    for other in others:
        assert without_time(other.events) == [long, received]
    assert (candump.frames()[0].identifier, candump.frames()[0].data) == (0x0C140910, long.data)


# ------------------------------------------------------------------------------------------------
# The bus goes and comes back


def go_down():
    canbus.down()


def come_up():
    canbus.up()


def vanish():
    canbus.delete()


def appear():
    canbus.add()
    canbus.up()


@pytest.mark.parametrize("go, come", [(go_down, come_up), (vanish, appear)],
                         ids=["down and up", "deleted and made again"])
def test_clients_stay_and_traffic_resumes_when_the_bus_was_away(start, connect, candump, go, come):
    daemon = start()
    bus_is_up(daemon)
    clients = [connect(kind, daemon) for kind in CLIENTS]
    sent_while_up, refused = [], []
    with Counting("vcan0") as traffic:
        for round_ in range(2):
            for client in clients:
                flows(client, traffic, daemon)
                sent_while_up.append(send_numbered(client, 10 * round_))
            go()
            for client in clients:
                refused.extend(send_until_refused(client, 10 * round_))
            come()
            bus_is_up(daemon)
        for client in clients:
            flows(client, traffic, daemon)
            sent_while_up.append(send_numbered(client, 99))
        candump.catch_up()
        assert wait_until(lambda: numbered_frames(candump)[-2:] == sent_while_up[-2:])
    for client in clients:
        assert client.close_code is None
        counters = counters_of(client)
        assert counters == sorted(set(counters))            # in order, nothing twice
        assert set(counters) <= set(traffic.sent)
    candump.catch_up()
    assert numbered_frames(candump) == sent_while_up        # and nothing that was sent meanwhile
    assert refused


def test_a_clock_that_is_set_neither_stalls_nor_disconnects(start, connect):
    if "User Mode Linux" not in pathlib.Path("/proc/cpuinfo").read_text():
        pytest.skip("a host's clock is not for a test to set")
    daemon = start(settings={"limits": {"ping-interval": "2", "pong-wait": "30"}})
    bus_is_up(daemon)
    clients = [connect(kind, daemon) for kind in CLIENTS]
    with Counting("vcan0") as traffic:
        for number, jump in enumerate((7200, -14400, 7200)):
            time.clock_settime(time.CLOCK_REALTIME, time.time() + jump)
            for client in clients:
                flows(client, traffic, daemon)
                send_numbered(client, number)
    assert [client.close_code for client in clients] == [None, None]


def flows(client, traffic, daemon):
    """The client gets frames that were sent after this call."""
    first = traffic.sent[-1] if traffic.sent else 0
    assert client.wait(lambda: any(counter > first for counter in counters_of(client)[-5:])), (
        daemon.log()[-3000:])


def counters_of(client):
    return [int.from_bytes(event.data, "little") for event in list(client.events)
            if event.vscp_type == 9]


def numbered(client, number, attempt):
    kind = CLIENTS.index(type(client))
    return Event(20, 49, 3, GUID[:15] + b"\x55", bytes((kind, number)) + attempt.to_bytes(4, "big"))


def send_numbered(client, number):
    """Send an event that must be accepted; its data."""
    event = numbered(client, number, 0)
    assert client.send_event(event) == 0
    return event.data


def send_until_refused(client, number):
    """Send events until one gets error 3; the data of all of them."""
    tried = []

    def refused():
        event = numbered(client, number + 1, len(tried))
        tried.append(event.data)
        answer = client.send_event(event)
        assert answer in (0, FULL)
        return answer == FULL
    assert wait_until(refused)
    return tried


def numbered_frames(candump):
    return [frame.data for frame in candump.frames() if frame.identifier & 0xFF == 0x55]


@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.parametrize("go, come", [(go_down, come_up), (vanish, appear)],
                         ids=["down and up", "deleted and made again"])
def test_an_event_that_meets_a_bus_just_gone_is_never_sent_late(start, connect, candump, kind, go,
                                                                come):
    daemon = start()
    bus_is_up(daemon)
    client = connect(kind, daemon)
    # The event reaches the daemon before the news does: it may be accepted, and is lost then.
    daemon.freeze()
    client.post_event(LEVEL1)
    go()
    daemon.thaw()
    assert client.answer() in (0, FULL)
    assert wait_until(lambda: daemon.health() == 503)
    come()
    bus_is_up(daemon)
    assert client.send_event(marker(1)) == 0
    assert wait_until(candump.frames)
    candump.catch_up()
    assert [frame.data for frame in candump.frames()] == [marker(1).data]


def test_a_refused_event_goes_to_nobody(start, connect):
    daemon = start()
    bus_is_up(daemon)
    sender, other = (connect(kind, daemon) for kind in CLIENTS)
    canbus.down()
    assert wait_until(lambda: daemon.health() == 503)
    assert sender.send_event(LEVEL1) == FULL
    level2 = Event(1040, 6, 3, GUID, b"\0\0\0\x0121.5")
    assert sender.send_event(level2) == 0                   # not for the bus: nothing stops it
    assert other.wait(lambda: other.events)
    assert without_time(other.events) == [level2]


@pytest.mark.parametrize("there", [False, True], ids=["missing", "down"])
def test_a_bus_that_is_away_at_start_is_waited_for(start, connect, there):
    (canbus.down if there else canbus.delete)()
    daemon = start()
    assert daemon.health() == 503
    clients = [connect(kind, daemon) for kind in CLIENTS]
    for client in clients:
        assert client.send_event(LEVEL1) == FULL
    complaints = [line for line in daemon.log().splitlines()
                  if "vcan0" in line and re.search("warning|error", line, re.IGNORECASE)]
    assert len(complaints) == 1, daemon.log()
    (canbus.up if there else appear)()
    bus_is_up(daemon)
    send_on_bus(marker(1))
    for client in clients:
        assert client.wait(lambda client=client: client.events)
        assert without_time(client.events) == [marker(1)]


# ------------------------------------------------------------------------------------------------
# The documentation's example block with its variables

A, B, C, D = (Event(10, 6, 3, GUID[:15] + b"\x01", b"\x88\x81\0\xD7"),
              Event(10, 6, 3, GUID[:15] + b"\x02", b"\x88\x81\0\xD7"),
              Event(20, 6, 3, GUID[:15] + b"\x01"),
              Event(10, 35, 0, GUID[:15] + b"\x01", b"\x60\x2A"))
ANY_GUID = "00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00"
LAST_BYTE = "00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:FF"


@pytest.mark.parametrize("filter_, mask, passed", [
    ("", "", [A, B, C, D]),
    ("0,0x000A,0x0000,-", "0,0xFFFF,0x0000,-", [A, B, D]),
    ("0,0x0000,0x0006," + ANY_GUID, "0,0x0000,0xFFFF," + ANY_GUID, [A, B, C]),
    ("0,10,6,-", "7,0xFFFF,0xFFFF,-", []),
    ("3,10", "7,0xFFFF", [A, B]),
    ("0,0,0," + GUID_TEXT[:-2] + "01", "0,0,0," + LAST_BYTE, [A, C, D]),
    ("1,0x0000,0x0006,ff:ff:ff:ff:ff:ff:ff:01:00:00:00:00:00:00:00:00",
     "1,0x0000,0x0006,-", [A, B, C]),
    ("1,0x0000,0x0006,ff:ff:ff:ff:ff:ff:ff:01:00:00:00:00:00:00:00:00",
     "1,0x0000,0x0006,ff:ff:ff:ff:ff:ff:ff:01:00:00:00:00:00:00:00:00", []),
])
def test_the_documented_variables_choose_what_is_taken_from_the_bus(start, connect, candump,
                                                                    filter_, mask, passed):
    daemon = start(DOCUMENTED_BLOCK, settings={"logging": {"log-level": "debug"}}, variables={
        "socketcan1_interface": "vcan0", "socketcan1_filter": filter_, "socketcan1_mask": mask})
    bus_is_up(daemon)
    clients = [connect(kind, daemon) for kind in CLIENTS]
    for event in (A, B, C, D):
        send_on_bus(event)
    # It logs the frames that it takes: what a client sends after that is behind them.
    assert wait_until(lambda: all("%08X#" % identifier_of(event) in daemon.log()
                                  for event in (A, B, C, D)))
    # What comes from a client is no matter of the filter, neither to others nor to the bus.
    for sender, other, answer in ((*clients, marker(1)), (*reversed(clients), marker(2))):
        assert sender.send_event(answer) == 0
        assert other.wait(lambda other=other, answer=answer: answer in without_time(other.events))
        assert without_time(other.events) == passed + [answer]
    assert wait_until(lambda: len(candump.frames()) == 6)
