"""Whoever has not logged in costs the daemon little, however long and odd his messages are.

The daemon, the crowd of strangers and the two good clients are three processes. What is measured
is the way of an event from one good client to the other.
"""

import pathlib
import subprocess
import sys

import pytest

from system.daemon import Daemon, driver_block
from system.latency import Pair, slowest_of_99_percent

pytestmark = pytest.mark.attack

STRANGERS = 95
NEVER = 25                      # times what is good; messages that were read in full took more
SCRIPT = pathlib.Path(__file__).with_name("strangers.py")
LONG = 60000                    # characters

MESSAGES = {
    "ws1 data": ("/ws1", "E;0,1040,5,0,,0,-" + ",0" * (LONG // 2)),
    "ws1 bytes beyond range": ("/ws1", "E;0,1040,5,0,,0,-" + ",9999" * (LONG // 5)),
    "ws1 fields": ("/ws1", "C;NOOP" + ";x" * (LONG // 2)),
    "ws1 filter": ("/ws1", "C;SF;" + "0," * (LONG // 2) + ";0"),
    "ws2 data": ("/ws2", '{"type":"EVENT","event":{"vscpClass":1040,"vscpType":5,"vscpData":[0%s]}}'
                 % (",0" * (LONG // 2))),
    "ws2 nesting": ("/ws2", '{"type":"CMD","command":"NOOP","args":' + "[" * LONG),
    "ws2 digits": ("/ws2", '{"type":"CMD","command":"NOOP","args":%s}' % ("9" * LONG)),
    "ws2 a short list": ("/ws2", '{"type":"EVENT","event":{"vscpData":[0%s]}}' % (",0" * 900)),
}


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    folder = tmp_path_factory.mktemp("strangers")
    with Daemon(folder, driver_block(config="virtual:strangers"), settings={
            "max-clients": 200,
            "limits": {"max-clients-per-address": 0, "max-http-connections": 200}}) as daemon:
        yield daemon


@pytest.mark.parametrize("path, message", MESSAGES.values(), ids=list(MESSAGES))
def test_good_clients_do_not_wait_for_what_strangers_send(daemon, path, message):
    with Pair(daemon.port) as pair, subprocess.Popen(
            [sys.executable, str(SCRIPT), str(daemon.port), path, str(STRANGERS)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE) as crowd:
        try:
            crowd.stdin.write(message.encode())
            crowd.stdin.close()
            assert crowd.stdout.readline() == b"here\n"
            slowest_of_99_percent(pair.send_event)      # the crowd comes
            tries = pair.tries()
            assert crowd.poll() is None
        finally:
            crowd.kill()
    assert tries[-1].is_good, tries
    assert max(each.took for each in tries) <= NEVER * tries[-1].allowed
