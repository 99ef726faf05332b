"""What the clients of one batch get, and what of it is made only once."""

import logging
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from vscpws.hub.batch import Batch, Share
from vscpws.hub.verdicts import Verdicts
from vscpws.model.event import Event

GUID = bytes(16)


def event(number, vscp_class=10, obid=1):
    return Event(0, vscp_class, number, obid, 0, 0, GUID, b"")


class Everything:
    def passes(self, event):
        return True


class OnlyClass:
    """Equal instances are equal, as selections are; counts how often it is asked."""

    def __init__(self, vscp_class, asked=None):
        self.vscp_class = vscp_class
        self.asked = asked if asked is not None else []

    def __eq__(self, other):
        return self.vscp_class == other.vscp_class

    def __hash__(self):
        return self.vscp_class

    def passes(self, event):
        self.asked.append(event.vscp_type)
        return event.vscp_class == self.vscp_class


def encoder(written):
    def encode(event):
        written.append(event.vscp_type)
        return b"<%d>" % event.vscp_type
    return encode


def test_a_share_holds_what_passes_in_order():
    batch = Batch([event(1), event(2, 20), event(3), event(4, 20)])
    share = batch.share(encoder([]), OnlyClass(20), obid=99)
    assert share.frames == (b"<2>", b"<4>")
    assert share.wire == b"<2><4>"


def test_nothing_that_passes_is_no_share():
    assert Batch([event(1)]).share(encoder([]), OnlyClass(20), obid=99) is None


def test_equal_clients_share_the_same_bytes():
    encode, batch = encoder([]), Batch([event(1), event(2)])
    first = batch.share(encode, OnlyClass(10), obid=98)
    assert batch.share(encode, OnlyClass(10), obid=99) is first


def test_an_event_is_written_once_per_encoder_and_asked_once_per_selection():
    written, asked = [], []
    encode, other = encoder(written), encoder(written)
    batch = Batch([event(1), event(2)])
    for obid in range(10, 20):
        batch.share(encode, OnlyClass(10, asked), obid)
        batch.share(encode, Everything(), obid)
        batch.share(other, OnlyClass(10, asked), obid)
    assert asked == [1, 2]
    assert written == [1, 2, 1, 2]


def test_what_nobody_wants_is_never_written():
    written = []
    Batch([event(1), event(2, 20)]).share(encoder(written), OnlyClass(20), obid=9)
    assert written == [2]


def test_a_sender_gets_all_but_its_own():
    batch = Batch([event(1, obid=7), event(2, obid=8), event(3, obid=7)])
    assert batch.share(encoder([]), Everything(), obid=7).frames == (b"<2>",)
    assert batch.share(encoder([]), Everything(), obid=8).frames == (b"<1>", b"<3>")
    assert batch.share(encoder([]), Everything(), obid=9).frames == (b"<1>", b"<2>", b"<3>")
    assert Batch([event(1, obid=7)]).share(encoder([]), Everything(), obid=7) is None


def test_a_receiver_of_events_gets_what_passes_but_its_own():
    first, second, third = event(1, obid=7), event(2, 20, obid=8), event(3, obid=8)
    batch = Batch([first, second, third])
    assert batch.passing(Everything(), obid=9) == (first, second, third)
    assert batch.passing(Everything(), obid=8) == (first,)
    assert batch.passing(OnlyClass(10), obid=7) == (third,)
    assert batch.passing(OnlyClass(30), obid=9) == ()


def test_an_event_that_cannot_be_written_costs_only_itself(caplog):
    def encode(event):
        if event.vscp_type == 2:
            raise RuntimeError("no")
        return b"<%d>" % event.vscp_type
    batch = Batch([event(1), event(2), event(3)])
    assert batch.unwritable == 0
    for obid in (8, 9):
        assert batch.share(encode, Everything(), obid).frames == (b"<1>", b"<3>")
    assert (batch.unwritable, len(caplog.records)) == (1, 1)
    assert Batch([event(2)]).share(encode, Everything(), 9) is None


def test_a_share_can_lose_its_oldest():
    share = Batch([event(1), event(2), event(3)]).share(encoder([]), Everything(), 9)
    assert share.without(2) == [((b"<3>",), b"<3>")]
    assert share.without(3) == []


def test_what_is_left_of_a_share_comes_in_shares_of_64_events():
    events = [event(number & 0xFF) for number in range(200)]
    share = Batch(events).share(encoder([]), Everything(), 9)
    left = share.without(3)
    assert [len(each.frames) for each in left] == [64, 64, 64, 5]
    assert tuple(frame for each in left for frame in each.frames) == share.frames[3:]
    assert all(each.wire == b"".join(each.frames) for each in left)


class Masked(NamedTuple):
    """Equal instances are equal; what passes has its type's bit set."""

    mask: int

    def passes(self, event):
        return bool(self.mask >> event.vscp_type & 1)


def framed(event):
    if event.vscp_class == 13:
        raise RuntimeError("no")
    return b"<%d:%d>" % (event.vscp_type, event.datetime)


def framed_otherwise(event):
    return b"[%d]" % event.datetime


batches = st.lists(st.tuples(st.integers(0, 3), st.sampled_from([10, 10, 10, 13]),
                             st.integers(1, 3)), max_size=12).map(lambda made: [
    event(vscp_type, vscp_class, obid)._replace(datetime=number)
    for number, (vscp_type, vscp_class, obid) in enumerate(made)])
asked = st.lists(st.tuples(st.sampled_from([framed, framed_otherwise]),
                           st.integers(0, 15).map(Masked), st.integers(1, 5)), max_size=8)


@given(st.lists(st.tuples(batches, asked), max_size=4))
def test_shares_are_what_a_plain_loop_gives(rounds):
    logging.disable(logging.ERROR)
    try:
        verdicts = Verdicts()
        for events, receivers in rounds:
            batch, failed = Batch(events, verdicts), set()
            for encode, selection, obid in receivers:
                wanted = [each for each in events if selection.passes(each) and each.obid != obid]
                expected = []
                for each in wanted:
                    try:
                        expected.append(encode(each))
                    except RuntimeError:
                        failed.add(each.datetime)
                share = batch.share(encode, selection, obid)
                assert (share or Share((), b"")) == (tuple(expected), b"".join(expected))
                assert (share is None) == (not expected)
                assert batch.passing(selection, obid) == tuple(wanted)
            assert batch.unwritable == len(failed)
    finally:
        logging.disable(logging.NOTSET)


def test_selections_that_say_the_same_of_a_batch_share_the_same_bytes():
    encode, batch = encoder([]), Batch([event(1), event(2)])
    first = batch.share(encode, Masked(0b0110), obid=98)
    assert batch.share(encode, Masked(0b1111), obid=99) is first
    assert batch.share(encode, Masked(0b0010), obid=99) is not first


def test_events_are_sorted_once_for_all_selections_and_whoever_else_asks():
    batch = Batch([event(1), event(2), event(1)])
    batch.share(encoder([]), Masked(6), obid=9)
    by_kind = batch.by_kind
    batch.share(encoder([]), Masked(2), obid=9)
    assert batch.by_kind is by_kind
    assert by_kind.numbers == [0, 1, 0]
