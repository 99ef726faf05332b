"""A whole client: commands, control frames, close codes, silence, stalls and the end."""

import logging
import socket

import gevent
import pytest
from websocket import ABNF
from websockets.frames import Close, Frame, Opcode

from vscpws.loop.turns import Turns
from vscpws.web.connection import Connection
from web.stage import Stage, read_all

PING = b"\x89\x00"


def close_of(client):
    """The code and reason of the close frame that comes next."""
    opcode, data = client.recv_data()
    assert opcode == ABNF.OPCODE_CLOSE
    close = Close.parse(data)
    return close.code, close.reason


def frame(opcode, payload=b"", **options):
    return Frame(Opcode(opcode), payload, **options).serialize(mask=True)


class TestMessages:
    def test_it_is_greeted_and_answered(self, stage):
        client = stage.connect("/ws1")
        assert client.recv().startswith("+;AUTH0;")
        client.send("C;NOOP")
        assert client.recv() == "+;NOOP"
        client.close()

    def test_both_protocols_on_one_server(self, stage):
        client = stage.connect("/ws2")
        assert client.recv().startswith('{"type":"+","args":["AUTH0"')
        client.close()

    def test_pipelined_commands_are_answered_in_order(self, stage):
        client = stage.connect()
        client.recv()
        client.sock.sendall(b"".join(frame(1, b"C;X%d" % number) for number in range(500)))
        assert [client.recv() for _ in range(500)] == [
            "-;X%d;5;Not authorized." % number for number in range(500)]
        client.close()

    def test_events_that_come_together_are_passed_on_in_order_among_all_else(self, stage):
        hearing, client = stage.log_in(), stage.log_in()
        sent, replies = b"", []
        for number in range(200):
            sent += frame(1, b"E;0,20,9,0,,0,-,0x%02X" % number)
            replies.append("+;EVENT")
            if number % 7 == 3:
                sent += frame(9) + frame(1, b"C;NOOP")
                replies.append("+;NOOP")
            if number % 40 == 12:
                sent += frame(1, b"E;0,20,9,0,,0,-,0x100")
                replies.append("-;EVENT;8;Parse error, invalid format.")
        client.sock.sendall(sent + frame(1, b"no message") + frame(2))
        assert [client.recv() for _ in replies] == replies
        assert client.recv().startswith("-;;")
        assert close_of(client)[0] == 1003
        assert [int(hearing.recv()[-4:], 16) for _ in range(200)] == list(range(200))
        hearing.close()
        client.shutdown()

    def test_of_much_that_comes_together_the_first_replies_go_before_all_is_handled(
            self, stage, monkeypatch):
        sent = []

        def send_now(connection, data, send=Connection.send_now):
            sent.append(len(data))
            return send(connection, data)
        monkeypatch.setattr(Connection, "send_now", send_now)
        monkeypatch.setattr(Turns, "may_go_on", lambda turns: True)     # however slow we are
        client = stage.log_in()
        del sent[:]
        client.sock.sendall(frame(1, b"C;NOOP") * 200)
        assert [client.recv() for _ in range(200)] == ["+;NOOP"] * 200
        assert sent == [70 * 8, 70 * 8, 60 * 8]
        client.close()

    def test_events_flow_to_it_and_between_clients(self, stage):
        first, second = stage.log_in(), stage.log_in()
        stage.deliver(1, 2)
        first.send("E;0,20,9,0,,0,-,1,2")
        assert [first.recv()[:9] for _ in range(3)] == ["E;0,10,1,", "E;0,10,2,", "+;EVENT"]
        assert [second.recv()[:9] for _ in range(3)] == ["E;0,10,1,", "E;0,10,2,", "E;0,20,9,"]
        first.close()
        second.close()


class TestControlFrames:
    def test_a_ping_is_answered_in_its_place(self, stage):
        client = stage.connect()
        client.recv()
        client.sock.sendall(frame(1, b"C;NOOP") + frame(9, b"abc") + frame(1, b"C;NOOP"))
        assert client.recv() == "+;NOOP"
        assert client.recv_data(control_frame=True) == (ABNF.OPCODE_PONG, b"abc")
        assert client.recv() == "+;NOOP"
        client.close()

    def test_a_pong_nobody_asked_for_is_ignored(self, stage):
        client = stage.connect()
        client.recv()
        client.pong(b"x")
        client.send("C;NOOP")
        assert client.recv() == "+;NOOP"
        client.close()

    @pytest.mark.parametrize("code, answer", [(1000, 1000), (1001, 1001), (4000, 4000)])
    def test_a_close_is_answered_with_its_code_behind_the_replies(self, stage, code, answer):
        client = stage.connect()
        client.recv()
        client.sock.sendall(frame(1, b"C;NOOP") + frame(8, Close(code, "bye").serialize()))
        assert client.recv() == "+;NOOP"
        assert close_of(client) == (answer, "")
        assert client.sock.recv(1) == b""

    def test_a_close_without_a_code_is_answered_with_1000(self, stage):
        client = stage.connect()
        client.recv()
        client.sock.sendall(frame(8))
        assert close_of(client)[0] == 1000

    @pytest.mark.parametrize("sent, code", [
        (Frame(Opcode.TEXT, b"C;NOOP").serialize(mask=False), 1002),
        (b"\xc1\x81\0\0\0\0x", 1002),
        (frame(0, b"x"), 1002),
        (frame(2, b"x"), 1003),
        (frame(1, b"\xff"), 1007),
        (b"\x81\xff" + (1 << 62).to_bytes(8, "big"), 1009),
        (frame(1, b"", fin=False) + frame(0, b"", fin=False) * 1024, 1009),
    ])
    def test_a_fault_is_answered_with_its_code_and_costs_nobody_else(self, stage, sent, code):
        other, client = stage.log_in(), stage.connect()
        client.recv()
        client.sock.sendall(frame(1, b"C;NOOP") + sent)
        assert client.recv() == "+;NOOP"
        assert close_of(client)[0] == code
        stage.deliver(5)
        assert other.recv().startswith("E;0,10,5,")
        other.close()
        client.shutdown()


class TestSilence:
    def test_no_login_in_time_is_closed_with_1008(self, tmp_path):
        with Stage(tmp_path, login_time=60, ping_interval=0) as stage:
            late, inside = stage.connect(), stage.log_in()
            late.recv()
            stage.tick(60)
            late.send("C;NOOP")
            assert late.recv() == "+;NOOP"
            stage.tick()
            assert close_of(late) == (1008, "no login in time")
            inside.send("C;NOOP")
            assert inside.recv() == "+;NOOP"
            inside.close()

    def test_a_pause_that_is_the_client_s_own_fault_counts_against_it(self, tmp_path):
        with Stage(tmp_path, login_time=60, ping_interval=0) as stage:
            talker = stage.connect()
            talker.recv()
            client, = stage.clients
            stage.call(lambda: gevent.spawn(client.port.pause, 1000))
            stage.until(lambda: client.port.waits)
            stage.tick(61)
            assert close_of(talker) == (1008, "no login in time")

    def test_who_waits_for_the_check_of_another_s_login_keeps_slot_and_time(self, tmp_path):
        with Stage(tmp_path, login_time=60, ping_interval=25) as stage:
            waiting = stage.connect()
            waiting.recv()
            client, = stage.clients
            woken = []
            stage.call(lambda: gevent.spawn(client.port.wait, woken.append))
            stage.until(lambda: woken)
            stage.tick(1000)
            assert not stage.clients.slots.make_room()      # nobody who may be sent away
            stage.call(lambda: woken[0]())
            waiting.send("C;NOOP")
            assert waiting.recv() == "+;NOOP"
            waiting.close()

    def test_who_was_inside_for_long_has_the_time_again_after_a_login_that_failed(self, tmp_path):
        with Stage(tmp_path, login_time=60, ping_interval=0) as stage:
            client = stage.log_in()
            stage.tick(1000)
            client.send("C;CHALLENGE")
            sid = client.recv().split(";")[2]
            client.send("C;AUTH;%s;%s" % (sid, "00" * 16))
            assert client.recv().startswith("-;AUTH;5;")
            stage.tick(60)
            client.send("C;NOOP")
            assert client.recv() == "+;NOOP"
            stage.tick()
            assert close_of(client) == (1008, "no login in time")

    # The foreign client would answer a ping by itself, so these read its socket.

    def test_a_silent_client_is_pinged_and_cut_if_it_does_not_answer(self, tmp_path, caplog):
        caplog.set_level(logging.INFO)
        with Stage(tmp_path, ping_interval=25, pong_wait=10) as stage:
            client = stage.log_in()
            stage.tick(35)
            assert len(stage.clients) == 1
            stage.tick()
            stage.until(lambda: len(stage.clients) == 0)
            assert read_all(client.sock) == PING
        assert "no sign of life" in caplog.text

    def test_any_sign_of_life_will_do(self, tmp_path):
        with Stage(tmp_path, ping_interval=25, pong_wait=10) as stage:
            client = stage.log_in()
            for _ in range(3):
                stage.tick(35)
                client.send("C;NOOP")
                answer = b""
                while not answer.endswith(b"+;NOOP"):
                    answer += client.sock.recv(100)
                assert answer.startswith(PING)
            client.close()

    def test_without_an_interval_there_are_no_pings(self, tmp_path):
        with Stage(tmp_path, ping_interval=0) as stage:
            client = stage.log_in()
            stage.tick(10000)
            client.send("C;NOOP")
            assert client.recv() == "+;NOOP"
            client.close()


class TestStalls:
    @staticmethod
    def stuck(stage):
        """A client that reads nothing, with small buffers."""
        client = stage.log_in(sockopt=[(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)])
        return client

    def flood(self, stage, client, watcher):
        """Events until the stuck client's outbox drops; the watcher gets them all."""
        sent = 0
        while not stage.call(lambda: any(one.outbox.dropped for one in stage.clients)):
            stage.deliver(*range(1000))
            for number in range(1000):
                assert watcher.recv().startswith("E;0,10,%d," % (number & 0xFF))
            sent += 1000
        return sent

    def test_a_client_that_reads_nothing_loses_the_oldest_and_the_others_none(self, tmp_path):
        with Stage(tmp_path, max_client_queue_size=500) as stage:
            client, watcher = self.stuck(stage), stage.log_in(skip_utf8_validation=True)
            sent = self.flood(stage, client, watcher)
            stuck, = [one for one in stage.clients if one.outbox.dropped]
            assert stage.call(lambda: stuck.outbox.waiting) <= 500
            client.send("C;NOOP")
            received = []
            while not received or received[-1] != "+;NOOP":
                received.append(client.recv())
            dropped, taken = stage.call(lambda: (stuck.outbox.dropped, stuck.outbox.sent))
            assert len(received) - 1 == taken == sent - dropped
            client.close()
            watcher.close()

    def test_a_client_that_takes_nothing_for_too_long_is_cut(self, tmp_path, caplog):
        with Stage(tmp_path, max_client_queue_size=500, write_time=0.2) as stage:
            client, watcher = self.stuck(stage), stage.log_in(skip_utf8_validation=True)
            self.flood(stage, client, watcher)
            stage.until(lambda: len(stage.clients) == 1)
            assert "took nothing for 0.2 s" in caplog.text
            stage.deliver(9)
            assert watcher.recv().startswith("E;0,10,9,")
            watcher.close()
            client.shutdown()


class TestEnd:
    def test_shutdown_closes_with_1001_behind_what_is_queued(self, stage):
        client = stage.log_in()
        stage.deliver(*range(100))
        client.send("C;NOOP")
        stage.until(lambda: not stage.hub.counters["delivered"] % 100)
        got = [client.recv() for _ in range(101)]
        assert "+;NOOP" in got

        def shut_down():
            stage.clients.shut_down(5)
            return len(stage.clients)
        import threading
        left = []
        thread = threading.Thread(target=lambda: left.append(stage.call(shut_down)))
        thread.start()
        assert close_of(client) == (1001, "shutting down")
        client.shutdown()
        thread.join(10)
        assert left == [0]

    def test_shutdown_cuts_who_does_not_answer(self, stage, caplog):
        client = stage.log_in()
        assert stage.call(lambda: stage.clients.shut_down(0.1)) is None
        assert "not drained in 0.1 s" in caplog.text
        stage.until(lambda: len(stage.clients) == 0)
        client.shutdown()

    def test_every_event_is_sent_dropped_cleared_or_waits(self, tmp_path):
        with Stage(tmp_path, max_client_queue_size=10) as stage:
            client = stage.log_in()
            client.send("C;CLOSE")
            assert client.recv() == "+;CLOSE"
            stage.deliver(*range(25))
            stage.until(lambda: stage.hub.counters["delivered"] == 25)
            totals = stage.call(stage.clients.totals)
            assert (totals["waiting"], totals["dropped"]) == (10, 15)
            client.close()
            stage.until(lambda: len(stage.clients) == 0)
            totals = stage.call(stage.clients.totals)
            assert (totals["waiting"], totals["dropped"], totals["cleared"]) == (0, 15, 10)

    def test_close_codes_are_counted_and_those_a_client_makes_up_together(self, stage):
        for code in (1000, 1001, 4000, 4001, 4002):
            client = stage.connect()
            client.recv()
            client.send_close(code)
            close_of(client)
            client.shutdown()
        client = stage.connect()
        client.recv()
        client.shutdown()
        stage.until(lambda: sum(stage.clients.closed.values()) == 6)
        assert stage.clients.closed == {"1000": 1, "1001": 1, "other": 3, "1006": 1}

    def test_totals_add_up_over_clients_that_left(self, stage):
        first, second = stage.log_in(), stage.log_in()
        stage.deliver(1, 2, 3)
        for client in (first, second):
            for _ in range(3):
                client.recv()
        first.close()
        stage.until(lambda: len(stage.clients) == 1)
        assert stage.call(stage.clients.totals) == {
            "clients": 1, "authenticated": 1, "accepted": 2, "waiting": 0,
            "waiting_most": 0, "waiting_bytes": 0, "sent": 6, "dropped": 0, "cleared": 0}
        second.close()
