from vscpws.hub.batch import Batch
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
    assert share.without(2) == ((b"<3>",), b"<3>")
    assert share.without(3).frames == ()
