import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vscpws.hub.batch import Batch
from vscpws.model.event import Event
from vscpws.web.outbox import Outbox


class Everything:
    def passes(self, event):
        return True


def encode(event):
    return b"<%d>" % event.vscp_type


def batch(*numbers, obid=1):
    return Batch([Event(0, 10, number, obid, 0, 0, bytes(16), b"") for number in numbers])


class Socket:
    """Takes ``room`` bytes, then none."""

    def __init__(self, room=1 << 30):
        self.room = room
        self.got = b""
        self.sends = []         # their sizes
        self.stuck = 0
        self.gone = False

    def send(self, data):
        if self.gone:
            raise ConnectionResetError("gone")
        self.sends.append(len(data))
        taken = min(self.room, len(data))
        self.room -= taken
        self.got += bytes(data[:taken])
        return taken

    def is_stuck(self):
        self.stuck += 1


def make(socket, max_events=100, max_bytes=10000, is_open=True, lost=None):
    outbox = Outbox("client 1", encode, 99, max_events, max_bytes, socket.send, socket.is_stuck,
                    lost)
    outbox.select(Everything())
    if is_open:
        outbox.open()
    return outbox


class TestChannel:
    def test_nothing_is_collected_before_something_is_selected(self):
        socket = Socket()
        outbox = Outbox("c", encode, 99, 9, 999, socket.send, socket.is_stuck, None)
        assert outbox.take(batch(1)) == 0
        outbox.select(Everything())
        outbox.open()
        outbox.flush()
        assert socket.got == b""

    def test_events_wait_while_it_is_closed_and_go_behind_the_reply_to_open(self):
        socket = Socket()
        outbox = make(socket, is_open=False)
        assert outbox.take(batch(1, 2)) == 2
        assert (socket.got, outbox.waiting) == (b"", 2)
        outbox.put(b"+OPEN")
        outbox.open()
        outbox.flush()
        outbox.take(batch(3))
        assert socket.got == b"+OPEN<1><2><3>"
        assert (outbox.sent, outbox.waiting, outbox.waiting_bytes) == (3, 0, 0)

    def test_closing_stops_the_flow_and_collecting_goes_on(self):
        socket = Socket()
        outbox = make(socket)
        outbox.take(batch(1))
        outbox.close()
        outbox.take(batch(2))
        assert (socket.got, outbox.waiting) == (b"<1>", 1)
        outbox.open()
        outbox.flush()
        assert socket.got == b"<1><2>"

    def test_clearing_forgets_all_that_waits_but_no_reply(self):
        socket = Socket(room=0)
        outbox = make(socket)
        outbox.put(b"reply")
        outbox.flush()
        outbox.take(batch(1, 2))
        outbox.put(b"+CLRQ")
        outbox.clear()
        socket.room = 100
        assert outbox.flush_stuck()
        assert socket.got == b"reply+CLRQ"
        assert (outbox.waiting, outbox.cleared, outbox.dropped) == (0, 2, 0)


    def test_clearing_forgets_what_is_held_too(self):
        socket = Socket()
        outbox = make(socket, is_open=False)
        outbox.take(batch(1, 2))
        outbox.clear()
        outbox.open()
        outbox.flush()
        assert (socket.got, outbox.waiting, outbox.cleared) == (b"", 0, 2)

    def test_its_own_events_are_nothing_to_take(self):
        assert make(Socket()).take(batch(1, obid=99)) == 0

    def test_events_that_are_held_are_sent_by_no_reply(self):
        socket = Socket()
        outbox = make(socket, is_open=False)
        outbox.put(b"+A")
        outbox.take(batch(1))
        assert socket.got == b""        # who has put the reply has not flushed yet
        outbox.flush()
        assert socket.got == b"+A"


class TestOnePath:
    def test_replies_and_events_keep_their_order(self):
        socket = Socket()
        outbox = make(socket)
        outbox.put(b"+A")
        outbox.take(batch(1))
        outbox.put(b"+B")
        outbox.flush()
        assert socket.got == b"+A<1>+B"

    def test_an_event_takes_the_reply_before_it_along(self):
        socket = Socket()
        outbox = make(socket)
        outbox.put(b"+A")
        outbox.take(batch(1))
        assert socket.got == b"+A<1>"

    def test_what_waits_goes_in_one_send(self):
        socket = Socket()
        outbox = make(socket, is_open=False)
        for number in range(10):
            outbox.take(batch(number))
        outbox.open()
        outbox.flush()
        assert len(socket.sends) == 1

    @pytest.mark.parametrize("first, size", [(1024, 262144), (1023, 262143 + 1024)])
    def test_a_send_joins_frames_up_to_256_KiB(self, first, size):
        socket = Socket()
        outbox = make(socket)
        outbox.put(bytes(first))
        for _ in range(299):
            outbox.put(bytes(1024))
        outbox.flush()
        assert socket.sends == [size, first + 299 * 1024 - size]

    def test_a_full_socket_calls_the_writer(self):
        socket = Socket(room=0)
        outbox = make(socket)
        outbox.put(b"reply")
        outbox.flush()
        outbox.flush()
        assert socket.stuck == 1

    def test_what_the_socket_leaves_goes_first_when_it_is_ready(self):
        socket = Socket(room=4)
        outbox = make(socket)
        outbox.take(batch(1, 2, 3))
        outbox.put(b"+R")
        outbox.flush()
        assert (socket.got, socket.stuck) == (b"<1><", 1)
        socket.room = 100
        outbox.take(batch(4))               # nobody but the writer sends now
        assert socket.got == b"<1><"
        assert outbox.flush_stuck()
        assert socket.got == b"<1><2><3>+R<4>"
        assert outbox.empty

    def test_the_writer_goes_on_until_all_is_taken(self):
        socket = Socket(room=0)
        outbox = make(socket)
        outbox.take(batch(1, 2))
        socket.room = 3
        assert not outbox.flush_stuck()
        socket.room = 3
        assert outbox.flush_stuck()
        outbox.take(batch(3))
        assert socket.stuck == 2            # the room was used up: the writer is called again
        assert socket.got == b"<1><2>"

    def test_nothing_comes_after_the_close_frame(self):
        socket = Socket(room=0)
        outbox = make(socket)
        outbox.take(batch(1))
        outbox.finish(b"CLOSE")
        outbox.put(b"late")
        assert outbox.take(batch(2)) == 0
        socket.room = 100
        outbox.flush_stuck()
        assert socket.got == b"<1>CLOSE"

    def test_what_is_held_doesn_t_follow_the_close_frame(self):
        socket = Socket()
        outbox = make(socket, is_open=False)
        outbox.take(batch(1))
        outbox.finish(b"CLOSE")
        outbox.open()
        outbox.flush()
        assert socket.got == b"CLOSE"

    def test_replies_that_wait_are_counted(self):
        socket = Socket(room=0)
        outbox = make(socket)
        outbox.put(b"12345")
        assert outbox.replies_waiting == 5
        outbox.flush()
        assert (outbox.replies_waiting, outbox.waiting_bytes) == (0, 5)

    def test_all_that_waits_is_in_its_bytes(self):
        outbox = make(Socket(room=0))
        outbox.take(batch(1))               # with the socket
        outbox.take(batch(20))
        outbox.put(b"reply")
        assert outbox.waiting_bytes == len("<1>") + len("<20>") + len("reply")

    def test_it_is_empty_when_nothing_is_queued_and_nothing_left_over(self):
        socket = Socket(room=0)
        outbox = make(socket)
        assert outbox.empty
        outbox.put(b"reply")
        assert not outbox.empty
        outbox.flush()
        assert not outbox.empty
        socket.room = 100
        outbox.flush_stuck()
        assert outbox.empty


class TestLoss:
    def test_an_event_that_can_t_be_sent_says_so_at_once(self):
        lost = []
        socket = Socket()
        outbox = make(socket, lost=lost.append)
        socket.gone = True
        outbox.take(batch(1))
        assert lost == ["connection lost: gone"]

    def test_replies_go_with_the_connection_and_none_is_counted_any_more(self):
        socket = Socket(room=0)
        outbox = make(socket, lost=lambda reason: None)
        outbox.take(batch(1))
        outbox.put(b"reply")
        outbox.fail("test")
        assert (outbox.replies_waiting, outbox.waiting_bytes, outbox.empty) == (0, 0, True)
        outbox.put(b"late")
        assert (outbox.replies_waiting, outbox.waiting_bytes, outbox.empty) == (0, 0, True)

    def test_a_connection_that_is_gone_is_said_once_and_takes_nothing_more(self):
        lost = []
        socket = Socket()
        outbox = make(socket, lost=lost.append)
        socket.gone = True
        assert outbox.take(batch(1, 2)) == 2
        outbox.put(b"reply")
        outbox.flush()
        assert outbox.take(batch(3)) == 0
        assert lost == ["connection lost: gone"]
        assert (outbox.waiting_bytes, outbox.empty) == (0, True)

    def test_what_waited_is_accounted_for(self):
        lost = []
        socket = Socket(room=0)
        outbox = make(socket, lost=lost.append)
        outbox.take(batch(1))           # is with the socket
        outbox.take(batch(2, 3))
        socket.gone = True
        assert outbox.flush_stuck()
        assert (outbox.sent, outbox.cleared, outbox.waiting) == (1, 2, 0)
        assert lost == ["connection lost: gone"]


class TestLimits:
    @pytest.mark.parametrize("is_open", [False, True])
    def test_the_oldest_events_go_and_are_counted(self, is_open):
        socket = Socket(room=0)
        outbox = make(socket, max_events=3, is_open=is_open)
        if is_open:
            outbox.take(batch(0))           # is with the socket, not in the queue
        for number in range(1, 6):
            outbox.take(batch(number))
        assert (outbox.waiting, outbox.dropped) == (3, 2)
        socket.room = 1000
        outbox.open()
        outbox.flush_stuck()
        assert socket.got.endswith(b"<3><4><5>")
        assert b"<1>" not in socket.got and b"<2>" not in socket.got

    def test_a_batch_larger_than_the_queue_leaves_its_newest(self):
        socket = Socket()
        outbox = make(socket, max_events=3, is_open=False)
        outbox.take(batch(*range(10)))
        outbox.open()
        outbox.flush()
        assert (socket.got, outbox.dropped) == (b"<7><8><9>", 7)

    def test_bytes_are_limited_too(self):
        socket = Socket()
        outbox = make(socket, max_bytes=10, is_open=False)
        outbox.take(batch(1, 2, 3, 4))
        outbox.open()
        outbox.flush()
        assert (socket.got, outbox.dropped) == (b"<2><3><4>", 1)

    @pytest.mark.parametrize("limits", [dict(max_events=3), dict(max_bytes=9)])
    def test_a_limit_may_be_reached(self, limits, caplog):
        socket = Socket()
        outbox = make(socket, is_open=False, **limits)
        outbox.take(batch(1, 2, 3))
        assert (outbox.waiting, outbox.dropped, caplog.records) == (3, 0, [])
        outbox.take(batch(4))
        assert (outbox.waiting, outbox.waiting_bytes, outbox.dropped) == (3, 9, 1)
        outbox.open()
        outbox.flush()
        assert socket.got == b"<2><3><4>"

    def test_the_bytes_of_other_batches_count(self):
        socket = Socket()
        outbox = make(socket, max_bytes=9, is_open=False)
        outbox.take(batch(1, 2))
        outbox.take(batch(3, 4))
        assert (outbox.waiting, outbox.waiting_bytes, outbox.dropped) == (3, 9, 1)
        outbox.open()
        outbox.flush()
        assert socket.got == b"<2><3><4>"

    @pytest.mark.parametrize("max_bytes, kept", [
        (3, b""), (4, b"<10>"), (8, b"<10>"), (9, b"<100><10>"), (11, b"<100><10>"),
        (12, b"<5><100><10>")])
    def test_as_many_of_the_newest_stay_as_the_bytes_allow(self, max_bytes, kept):
        socket = Socket()
        outbox = make(socket, max_bytes=max_bytes, is_open=False)
        outbox.take(batch(5, 100, 10))
        assert outbox.waiting_bytes == len(kept)
        outbox.open()
        outbox.flush()
        assert socket.got == kept

    def test_what_is_ready_is_older_than_what_is_held_and_goes_first(self):
        socket = Socket(room=0)
        outbox = make(socket, max_events=3)
        outbox.take(batch(0))               # is with the socket
        outbox.take(batch(1, 2))
        outbox.put(b"+CLOSE")
        outbox.close()
        outbox.take(batch(3, 4))
        outbox.put(b"+OPEN")
        outbox.open()
        socket.room = 100
        outbox.flush_stuck()
        assert socket.got == b"<0><2>+CLOSE+OPEN<3><4>"

    def test_what_is_held_goes_when_only_replies_are_ready(self):
        socket = Socket(room=0)
        outbox = make(socket, max_events=2, is_open=False)
        outbox.put(b"+A")
        outbox.put(b"+B")
        outbox.take(batch(1, 2, 3))
        outbox.open()
        socket.room = 100
        outbox.flush()
        assert (socket.got, outbox.dropped) == (b"+A+B<2><3>", 1)

    def test_replies_between_the_events_stay_and_keep_their_order(self):
        socket = Socket(room=0)
        outbox = make(socket, max_events=2)
        outbox.put(b"+0")
        outbox.flush()
        for number in (1, 2, 3):
            outbox.put(b"+%d" % number)
            outbox.take(batch(number))
        socket.room = 100
        outbox.flush_stuck()
        assert socket.got == b"+0+1+2<2>+3<3>"

    def test_replies_that_drops_have_passed_are_kept_as_one(self):
        """Else each batch would pass all of them: milliseconds, if they are thirty thousand."""
        socket = Socket(room=0)
        outbox = make(socket, max_events=2)
        outbox.put(b"+")
        outbox.flush()
        for number in range(1000):
            outbox.put(b"<%d>" % number)
        outbox.take(batch(1, 2, 3))
        assert len(outbox._ready) == 2
        outbox.put(b"+")
        outbox.take(batch(4))
        assert len(outbox._ready) == 4
        socket.room = 100000
        outbox.flush_stuck()
        assert socket.got == b"+%b<3>+<4>" % b"".join(b"<%d>" % number for number in range(1000))

    def test_so_are_those_that_clearing_has_passed(self):
        socket = Socket(room=0)
        outbox = make(socket)
        outbox.put(b"+")
        outbox.flush()
        for number in range(100):
            outbox.put(b"<%d>" % number)
            outbox.take(batch(number))
        outbox.clear()
        assert len(outbox._ready) == 1
        ready = outbox._ready
        outbox.put(b"+")
        outbox.clear()                      # there is nothing to forget
        assert outbox._ready is ready and len(ready) == 2
        socket.room = 100000
        outbox.flush_stuck()
        assert socket.got == b"+%b+" % b"".join(b"<%d>" % number for number in range(100))
        assert (outbox.replies_waiting, outbox.cleared) == (0, 100)

    def test_an_episode_of_drops_is_said_once_at_its_begin_and_its_end(self, caplog):
        caplog.set_level(logging.WARNING)
        socket = Socket(room=0)
        outbox = make(socket, max_events=1)
        for number in range(6):
            outbox.take(batch(number))
        assert len(caplog.records) == 1
        socket.room = 1000
        outbox.flush_stuck()
        assert "4 events were lost" in caplog.records[1].getMessage()
        outbox.take(batch(7))
        assert len(caplog.records) == 2
        outbox.put(b"reply")
        outbox.flush()
        assert len(caplog.records) == 2

    def test_a_reply_ends_no_episode_while_events_are_held(self, caplog):
        caplog.set_level(logging.WARNING)
        outbox = make(Socket(), max_events=1, is_open=False)
        outbox.take(batch(1, 2, 3))
        outbox.put(b"reply")
        outbox.flush()
        assert len(caplog.records) == 1
        outbox.open()
        outbox.flush()
        assert "2 events were lost" in caplog.records[1].getMessage()

    @given(st.lists(st.one_of(st.integers(1, 7), st.sampled_from(["open", "close", "clear", "send"])
                              ), max_size=60))
    def test_every_event_is_sent_dropped_cleared_or_waits_and_order_holds(self, steps):
        socket = Socket(room=0)
        outbox = make(socket, max_events=10, max_bytes=55, is_open=False)
        taken = 0
        for step in steps:
            if isinstance(step, int):
                taken += outbox.take(batch(*range(taken + 100, taken + 100 + step)))
            elif step == "send":
                socket.room = 17
                outbox.flush_stuck()
            else:
                getattr(outbox, step)()
            assert outbox.waiting <= 10
            assert outbox.sent + outbox.dropped + outbox.cleared + outbox.waiting == taken
        socket.room = 1 << 20
        outbox.open()
        outbox.flush_stuck()
        numbers = [int(number) for number in socket.got.decode().strip("<>").split("><") if number]
        assert numbers == sorted(set(numbers))
        assert len(numbers) == outbox.sent


class TestBlock:
    def test_what_comes_meanwhile_stands_behind_it(self):
        socket = Socket()
        outbox = make(socket)
        outbox.take(batch(1))
        with outbox.block():
            outbox.put(b"[a]")
            outbox.flush()
            outbox.take(batch(2))
            outbox.put(b"[b]")
            outbox.take(batch(3))
            outbox.flush()
            assert socket.got == b"<1>[a][b]"
        assert socket.got == b"<1>[a][b]<2><3>"

    def test_it_overtakes_nothing_that_waits_for_the_socket(self):
        socket = Socket(room=0)
        outbox = make(socket)
        outbox.take(batch(1))
        with outbox.block():
            outbox.put(b"[a]")
            outbox.take(batch(2))
        socket.room = 100
        assert outbox.flush_stuck()
        assert socket.got == b"<1>[a]<2>"

    def test_it_is_sent_while_the_channel_is_closed(self):
        socket = Socket()
        outbox = make(socket, is_open=False)
        outbox.take(batch(1))
        with outbox.block():
            outbox.put(b"[a]")
            outbox.take(batch(2))
        assert socket.got == b"[a]"
        outbox.open()
        outbox.flush()
        assert socket.got == b"[a]<1><2>"

    def test_its_bytes_count(self):
        socket = Socket(room=0)
        outbox = make(socket, max_bytes=12)
        outbox.take(batch(1))           # the socket's
        with outbox.block():
            outbox.take(batch(2, 3))
            outbox.put(b"[abc]")
            outbox.take(batch(4))
            assert outbox.waiting_bytes == 3 + 5 + 2 * 3
            outbox.put(b"[defgh]")
        assert (outbox.waiting, outbox.dropped) == (0, 3)
        socket.room = 100
        outbox.flush_stuck()
        assert socket.got == b"<1>[abc][defgh]"

    def test_events_go_behind_it_also_after_something_went_wrong(self):
        socket = Socket()
        outbox = make(socket)
        with pytest.raises(KeyError):
            with outbox.block():
                outbox.take(batch(1))
                raise KeyError
        outbox.take(batch(2))
        assert socket.got == b"<1><2>"

    def test_nothing_comes_behind_a_close_frame_within_it(self):
        socket = Socket()
        outbox = make(socket)
        with outbox.block():
            outbox.put(b"[a]")
            outbox.take(batch(1))
            outbox.finish(b"(close)")
            outbox.put(b"[b]")
            outbox.take(batch(2))
        assert socket.got == b"[a](close)"
