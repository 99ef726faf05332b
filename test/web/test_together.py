import gevent
import pytest

from vscpws.web.together import Together


class Outbox:
    """Notes in ``order`` when it is flushed."""

    label = "client 1"

    def __init__(self, order, error=None):
        self.order, self.error, self.failed = order, error, None

    def flush(self):
        self.order.append(self)
        if self.error:
            raise self.error

    def fail(self, reason):
        self.failed = reason


@pytest.fixture
def order():
    return []


def test_all_are_flushed_in_their_order_once_the_loop_goes_on(order):
    together, outboxes = Together(), [Outbox(order) for _ in range(100)]
    for _ in range(2):
        for outbox in outboxes:
            together.flush(outbox)
        assert order == []
        gevent.sleep(0.001)
        assert order == outboxes
        del order[:]


def test_one_alone_is_flushed_once(order):
    together, outbox = Together(), Outbox(order)
    for count in (1, 2):
        together.flush(outbox)
        gevent.sleep(0.001)
        assert order == [outbox] * count


def test_one_that_fails_costs_no_other(order, caplog):
    together, bad, good = Together(), Outbox(order, ValueError("x")), Outbox(order)
    together.flush(bad)
    together.flush(good)
    gevent.sleep(0.001)
    assert order == [bad, good]
    assert (bad.failed, good.failed) == ("internal error", None)
    assert caplog.text.count("failed to send") == 1
