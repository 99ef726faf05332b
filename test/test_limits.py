"""The page of limits names every limit, its default and a test that there is."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from vscpws.settings import BusLimits, ClientLimits, MqttSettings, StateSettings

TEST = Path(__file__).resolve().parent
PAGE = (TEST.parent / "doc" / "limits.md").read_text(encoding="utf-8")
LIMITS = [field for limits in (ClientLimits, BusLimits, StateSettings) for field in fields(limits)
          if field.type != "str"]
LIMITS += [field for field in fields(MqttSettings)
           if field.name in ("queue_size", "keep_events", "keep_age")]


@pytest.mark.parametrize("limit", [field.name.replace("_", "-") for field in LIMITS])
def test_every_limit_is_on_the_page(limit):
    assert re.search(r"^\| .*`%s`.* \|" % limit, PAGE, re.M)


@pytest.mark.parametrize("file, name", sorted(set(re.findall(r"`([\w/]+\.py)::(\w+)`", PAGE))))
def test_every_test_on_the_page_is_there(file, name):
    assert "def %s(" % name in (TEST / file).read_text(encoding="utf-8")


def test_the_page_has_a_test_for_every_row_of_a_limit():
    rows = [row for row in PAGE.splitlines() if row.startswith("| `") and row.count("|") == 6]
    assert len(rows) > 15
    assert all("::" in row for row in rows)
