"""The page's editor of names, against the real daemon and its file."""

from __future__ import annotations

import json
import os

import pytest

from browser.chromium import DESKTOP, PHONE, faults, look
from browser.memory import guid, remembering, state
from browser.test_page import Page
from system.clients import Ws2

pytestmark = pytest.mark.browser

NAMES = {"nodes": [{"guid": guid(3), "name": "Living room", "area": "Ground floor", "sensors": [
    {"class": "measurement", "type": "temperature", "name": "Air"}]}],
    "zones": [{"zone": 2, "subzone": 1, "name": "Ceiling lamp"}],
    "things": [{"name": "Ceiling", "kind": "light", "zone": 2, "subzone": 1}]}
TAB, ENTER, ESCAPE = "\ue004", "\ue007", "\ue00c"


class Editor:
    """The dialog, and what one does in it."""

    def __init__(self, page, eventually):
        self.page, self._eventually = page, eventually

    def open(self):
        self.page.press("#open-naming")
        self._eventually(lambda: self.page.all("#naming fieldset"))
        return self

    def field(self, label, within="#naming"):
        """The input with this label; of a fieldset if ``within`` is what its legend ends with."""
        return self.page.browser.execute_script("""
            const [label, within] = arguments;
            const boxes = [...document.querySelectorAll('#naming fieldset')].filter(
              at => at.querySelector('legend').textContent.endsWith(within));
            const box = boxes.length ? boxes.at(-1) : document.querySelector('#naming');
            const found = [...box.querySelectorAll('label')].filter(
              at => at.textContent === label).at(-1);
            return found && document.getElementById(found.htmlFor);""", label, within)

    def write(self, text, label, within="#naming"):
        self.page.write(text, lambda: self.field(label, within))

    def save(self, says):
        self.page.press("#naming-save")
        self._eventually(lambda: says in self.page.text("#naming-result"),
                         "it says: " + self.page.text("#naming-result"))


@pytest.fixture
def daemon(tmp_path):
    with remembering(tmp_path, "naming") as running:
        running.remember([state(10, 6, bytes.fromhex("888100D6"), 3),
                          state(10, 6, bytes.fromhex("8981012C"), 3),
                          state(10, 14, bytes.fromhex("60019F"), 10)], names=NAMES)
        yield running


@pytest.fixture
def file(tmp_path, daemon):
    path = tmp_path / "names.json"

    def table():
        return json.loads(path.read_text(encoding="utf-8"))
    return table


@pytest.fixture
def page(browser, daemon, eventually):
    return Page(browser, daemon.port, eventually)


@pytest.fixture
def editor(page, eventually):
    page.open()
    return Editor(page, eventually).open()


def test_names_are_saved_and_used_at_once(editor, page, file, eventually):
    editor.write("Hall", "Name", ":03")
    editor.write("Floor", "Temperature #1", ":03")
    editor.write("Meter", "Name", ":0A")
    page.press("#naming-add-zone")
    editor.write("4", "Zone")
    editor.write("Kitchen", "Name")
    editor.save("4 names saved.")
    hall, meter = file()["nodes"]
    assert (hall["name"], hall["area"]) == ("Hall", "Ground floor")
    assert hall["sensors"] == NAMES["nodes"][0]["sensors"] + [
        {"class": 10, "type": 6, "index": 1, "name": "Floor"}]
    assert meter == {"guid": guid(10), "name": "Meter"}
    assert file()["zones"] == NAMES["zones"] + [{"zone": 4, "name": "Kitchen"}]
    assert file()["things"] == NAMES["things"]
    page.press("#naming [data-close]")
    eventually(lambda: "Hall" in page.text("#nodes") and "Floor" in page.text("#nodes"))
    assert "Air" in page.text("#nodes") and "Living room" not in page.text("#nodes")
    assert faults(page.browser) == []


def test_what_is_deleted_is_forgotten(editor, file):
    for label in ("Name", "Area", "Measurement temperature"):
        editor.write("", label, ":03")
    editor.save("3 names saved.")
    assert file() == dict(NAMES, nodes=[])


def test_a_node_that_was_never_heard_is_named_by_its_guid(editor, page, file):
    page.press("#naming-add-node")
    editor.write("::17", "GUID")
    editor.write("Attic", "Name", "Another node")
    editor.save("1 name saved.")
    assert file()["nodes"][-1] == {"guid": "::17", "name": "Attic"}


def test_a_node_that_the_file_names_by_its_interface_stays_so(daemon, page, file, eventually):
    daemon.remember(names={"nodes": [{"interface": "demo", "nickname": 3, "name": "Hall"}]})
    page.open()
    editor = Editor(page, eventually).open()
    editor.write("Porch", "Name", "FF:FE:02:00:00:00:00:01:00:03")
    editor.save("1 name saved.")
    assert file()["nodes"] == [{"interface": "demo", "nickname": 3, "name": "Porch"}]


def test_of_two_who_edit_at_a_time_each_keeps_the_other_s(editor, daemon, file):
    editor.write("Hall", "Name", ":03")
    with Ws2(daemon.port) as other:
        other.command("SETNAMES", nodes=NAMES["nodes"], zones=[{"zone": 9, "name": "Garden"}])
    editor.save("1 name saved.")
    assert file()["zones"] == [{"zone": 9, "name": "Garden"}]
    assert file()["nodes"][0]["name"] == "Hall"


@pytest.mark.parametrize("write, says", [
    ([("", "Name", ":03")], "needs a name, too"),
    ([("xyz", "GUID"), ("A", "Name", "Another node")], "Refused: nodes[1] (A): "),
    ([("300", "Zone"), ("A", "Name")], "zone is no whole number in 0-255 (error 1)"),
    ([("A", "Name")], "Not saved: a name without a zone"),
    ([], "Not saved: nothing was changed")])
def test_a_mistake_is_said_and_changes_nothing(editor, page, file, write, says):
    page.press("#naming-add-node")
    page.press("#naming-add-zone")
    page.browser.execute_script("document.querySelector('#naming-form').noValidate = true")
    for text, *where in write:
        editor.write(text, *where)
    editor.save(says)
    assert file() == NAMES


def test_a_file_that_was_taken_away_from_the_daemon_is_said(editor, file, tmp_path):
    editor.write("Hall", "Name", ":03")
    (tmp_path / "names.json").unlink()
    (tmp_path / "names.json").mkdir()
    editor.save("can't be written: ")
    assert os.path.isdir(str(tmp_path / "names.json"))


def test_what_is_written_stays_when_the_dialog_was_closed_by_mistake(editor, page, eventually):
    editor.write("Hall", "Name", ":03")
    page.keys(ESCAPE, lambda: editor.field("Name", ":03"))
    eventually(lambda: not page.is_shown("#naming"))
    editor.open()
    assert editor.field("Name", ":03").get_attribute("value") == "Hall"
    page.press("#naming [data-close]")
    page.press("#log-out")               # whoever logs in next begins anew
    page.open()
    editor.open()
    eventually(lambda: editor.field("Name", ":03").get_attribute("value") == "Living room")


def test_who_may_not_sees_nothing_of_it(daemon, page, eventually):
    daemon.write_users(admin={}, viewer={"rights": "websockets/receive-events"})
    daemon.reload()
    page.log_in("viewer")
    eventually(lambda: page.text("#connection-text") == "connected as viewer")
    eventually(lambda: "Living room" in page.text("#nodes"))
    assert not page.is_shown("#open-naming")


def test_nor_does_anybody_where_no_file_is_set(daemon, page, eventually):
    daemon.change(names_file="")
    daemon.reload()
    page.open()
    eventually(lambda: page.all("#nodes > li"))
    assert not page.is_shown("#open-naming")


def test_by_keyboard(daemon, page, file, eventually):
    page.open()
    page.keys(ENTER, "#open-naming")
    eventually(lambda: page.all("#naming fieldset input:focus"))        # the first has it
    page.keys_at_focus("Hall")
    page.keys_at_focus(ENTER)
    eventually(lambda: "saved" in page.text("#naming-result"))
    assert "Hall" in file()["nodes"][0]["name"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_nothing_keeps_anybody_out(editor, page, axe, scheme, size):
    look(page.browser, scheme, size)
    page.press("#naming-add-node")
    page.press("#naming-add-zone")
    editor.write("x", "GUID")
    editor.write("y", "Name", "Another node")
    editor.save("error 1")
    assert axe(page.browser) == []
    width = "return [document.documentElement.scrollWidth <= innerWidth,"
    width += " document.querySelector('#naming').scrollWidth <= innerWidth]"
    assert page.browser.execute_script(width) == [True, True]
