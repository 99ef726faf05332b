"""The benchmark's check of what clients receive: it finds whatever is not as it was sent."""

from __future__ import annotations

import pathlib
import sys

import pytest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "bench"))

from events import FILTERS, Schedule, filters_of  # noqa: E402
from stream import Stream  # noqa: E402

PLAN = Schedule(first=1000, count=300, rate=1000, start=5.0, base=1700000000000000)
PLANS = [PLAN, PLAN._replace(size=8), PLAN._replace(empty=True)]


def length(text):
    return bytes((len(text),)) if len(text) < 126 else b"\x7e" + len(text).to_bytes(2, "big")


def frames(plan=PLAN, chosen=None):
    """What a server sends for it, a frame each."""
    numbers = plan.passing(chosen)
    return [b"\x81" + length(text) + text.encode()
            for number, text in zip(plan.numbers, plan.texts()) if number in numbers]


def ends(pieces, plan=PLAN, chosen=None):
    stream = Stream(plan, chosen, "ws1")
    stream.data += b"".join(pieces)
    return stream.ends()


@pytest.mark.parametrize("plan", PLANS, ids=["data", "full", "empty"])
def test_takes_what_was_sent(plan):
    pieces = frames(plan)
    assert ends(pieces, plan)[-1] == sum(map(len, pieces))


@pytest.mark.parametrize("plan", PLANS, ids=["data", "full", "empty"])
def test_knows_when_the_last_event_is_there(plan):
    stream = Stream(plan, None, "ws1")
    for piece in frames(plan):
        assert not stream.complete
        stream.data += piece
    assert stream.complete


@pytest.mark.parametrize("chosen", FILTERS)
def test_each_filter_passes_half(chosen):
    pieces = frames(PLAN, chosen)
    assert 0.3 < len(pieces) / PLAN.count < 0.7
    assert len(ends(pieces, PLAN, chosen)) == len(pieces)


def test_there_are_a_hundred_different_filters_with_a_quarter_of_the_events_each():
    plan = Schedule(77, 5000, 1000.0, 0.0, 0)
    chosen = filters_of(100)
    assert len(set(chosen)) == len({one.ws1() for one in chosen}) == 100
    for one in chosen:
        passing = plan.passing(one)
        assert passing == [number for number in plan.numbers if one.passes(number)]
        assert 0.2 < len(passing) / plan.count < 0.3
    assert filters_of(0) == (None,) and filters_of(20) == FILTERS


@pytest.mark.parametrize("change", [
    lambda pieces: pieces[:7] + pieces[8:],                             # a gap
    lambda pieces: pieces[:-1],                                         # the end is missing
    lambda pieces: pieces[:3] + [pieces[4], pieces[3]] + pieces[5:],    # another order
    lambda pieces: pieces[:5] + [pieces[4]] + pieces[5:],               # one came twice
    lambda pieces: pieces + [pieces[0]],                                # one too many
    lambda pieces: [],
    # Contents: number 1010 is looked at in all its fields.
    lambda pieces: pieces[:10] + [pieces[10].replace(b"E;96", b"E;64")] + pieces[11:],
    lambda pieces: pieces[:10] + [pieces[10].replace(b"FE:02", b"FE:03")] + pieces[11:],
])
@pytest.mark.parametrize("plan", PLANS, ids=["data", "full", "empty"])
def test_finds_a_fault(change, plan):
    pieces = frames(plan)
    changed = change(pieces)
    assert changed != pieces
    with pytest.raises(ValueError):
        ends(changed, plan)
