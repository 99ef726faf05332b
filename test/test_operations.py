"""The page of operations says what is so."""

import re
from pathlib import Path

import pytest

from vscpws.access.authority import failure_line
from vscpws.daemon.process import repeats
from vscpws.web.metrics import METRICS

PAGE = (Path(__file__).resolve().parents[1] / "doc" / "operations.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_each_metric_has_its_line(metric):
    labels = r"[a-z, ]*"
    assert re.search(r"^\| `%s` \| %s \| %s \|$" % (metric.name, labels, re.escape(metric.text)),
                     PAGE, re.M)


def test_no_metric_is_on_the_page_that_is_not_there():
    known = {metric.name for metric in METRICS}
    assert set(re.findall(r"vscpwsd_\w+", PAGE)) <= known


@pytest.mark.parametrize("address", ["192.0.2.7", "2001:db8::1"])
@pytest.mark.parametrize("user", ["admin", None, "address=1.2.3.4 user=", "' reason=x\n"])
def test_the_pattern_for_failed_logins_finds_them_and_the_right_address(address, user):
    failregex = re.search(r"^failregex = (.*)$", PAGE, re.M).group(1)
    pattern = failregex.replace("<ADDR>", "(?P<addr>[0-9a-fA-F.:]+)")
    line = failure_line(address, user, "wrong password")
    # As fail2ban has them, without the date: of the journal or syslog, and of our own file.
    for prefix in ("host vscpwsd[812]: ", " WARNING "):
        assert re.search(pattern, prefix + line).group("addr") == address
        assert not re.search(pattern, prefix + "192.0.2.1: websocket refused: " + line)


def test_the_line_of_a_failed_login_is_the_one_shown():
    assert failure_line("192.0.2.7", "admin", "wrong password") in PAGE.splitlines()


def test_how_many_lines_of_a_kind_pass_is_as_told():
    assert "Of one kind of line %d pass in ten seconds" % repeats.MOST in PAGE
    assert repeats.WINDOW == 10
