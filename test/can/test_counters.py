"""What a bus has counted."""

import json

from vscpws.can.counters import DROP_REASONS, Counters


def test_all_begin_at_nothing_and_are_json():
    numbers = json.loads(json.dumps(Counters().as_dict()))
    assert numbers.pop("dropped") == dict.fromkeys(DROP_REASONS, 0)
    assert set(numbers.values()) == {0}


def test_what_is_told_is_a_copy():
    counters = Counters()
    counters.as_dict()["dropped"]["aged"] = 5
    assert counters.dropped["aged"] == 0
