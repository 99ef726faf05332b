"""The map of the house: what is drawn is what the rooms' table says."""

from house import Room
from housemap import docstring, floors, picture, table

ROOMS = (
    Room("ground", "the words", frozenset(), True),
    Room("other", "stands alone", frozenset()),
    Room("first", "on the `ground`", frozenset(["ground"]), True),
    Room("roof.top", "over all: " + "what takes more than one line is continued below, " * 2,
         frozenset(["first", "ground", "other"])),
)


def test_a_room_stands_one_floor_over_the_highest_that_it_imports():
    assert [[room.name for room in floor] for floor in floors(ROOMS)] == [
        ["ground", "other"], ["first"], ["roof.top"]]


def test_the_picture_has_the_ground_below_and_marks_the_pure_rooms():
    assert picture(ROOMS) == "roof.top\nfirst*\nground*   other"


def test_the_table_names_what_each_may_import_from_the_inside_out():
    rows = table(ROOMS).splitlines()
    assert rows[2] == "| `ground` | the words | |"
    assert rows[5].endswith(" | ground, other, first |")


def test_the_docstring_has_the_texts_beside_the_names_and_keeps_to_the_width():
    lines = docstring(ROOMS).splitlines()
    assert lines[:3] == ["    ground          the words", "    other           stands alone",
                         "    first           on the ground"]
    assert len(lines) == 5 and all(len(line) <= 100 for line in lines)
    assert lines[4].startswith(" " * 20)
