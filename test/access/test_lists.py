"""Lists in the user file."""

import pytest

from vscpws.access.lists import split_list


@pytest.mark.parametrize("value, items", [
    (None, ()),
    ("", ()),
    ([], ()),
    (" , ,", ()),
    ("a", ("a",)),
    (" a , b,", ("a", "b")),
    (["a ", "", "b"], ("a", "b")),
    (["a,b"], ("a,b",)),
])
def test_items_are_stripped_and_blank_ones_left_out(value, items):
    assert split_list(value, "it") == items


def test_there_may_be_256_items_and_no_more():
    assert len(split_list("a," * 256, "it")) == 256
    with pytest.raises(ValueError, match="257 entries, at most 256"):
        split_list(["a"] * 257, "it")


@pytest.mark.parametrize("value", [1, True, {}, {"a": 1}, [1], ["a", None], [["a"]]])
def test_anything_but_texts_is_refused(value):
    with pytest.raises(ValueError, match="events is neither a text nor a list of texts"):
        split_list(value, "events")
