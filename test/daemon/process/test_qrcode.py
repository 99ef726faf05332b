import importlib.util
import io
import sys

import pytest

from vscpws.daemon.process.qrcode import qr_code

LINK = "https://192.0.2.7:8884/#key=00112233445566778899AABBCCDDEEFF"
KIOSK = ("https://192.0.2.7:8884/panel.html#kiosk=Frau%20M%C3%BCller:3f9a1c20." + "x" * 43
         + "&key=" + "0" * 32)


def squares(text):
    """The light modules of a drawn code, two rows in each line, without its margin."""
    rows = []
    for line in text.split("\n"):
        rows.append([sign in "█▀" for sign in line])
        rows.append([sign in "█▄" for sign in line])
    return [row[2:-2] for row in rows[2:]]


@pytest.mark.parametrize("link", [LINK, KIOSK], ids=["setup", "kiosk"])
def test_the_qr_code_is_that_of_the_link(link):
    segno = pytest.importorskip("segno")
    made = segno.make(link, micro=False)
    size = made.symbol_size(border=0)[0]
    drawn = squares(qr_code(link))[:size]
    assert [[not light for light in row] for row in drawn] == [
        [bool(module) for module in row] for row in made.matrix]


def test_without_the_library_it_is_said_how_to_come_by_it(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert "pip install 'vscpwsd[qr]'" in qr_code(LINK)


def test_a_terminal_without_blocks_gets_no_code(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="latin-1"))
    assert qr_code(LINK) == ""
