"""Every option is whole: text, unit, chapter, manual page, sample file, a value that is refused."""

import re
from pathlib import Path

import pytest

from vscpws.daemon.config.ini import read_ini
from vscpws.daemon.config.options import (
    OPTIONS,
    RELOAD,
    RESTART,
    VARIABLES,
    configspec,
    default_text,
    range_text,
)
from vscpws.daemon.config.texts import CHAPTERS, options_of
from vscpws.model.errors import ConfigurationError

ROOT = Path(__file__).resolve().parents[3]
MANUAL = (ROOT / "doc" / "man" / "vscpwsd.ini.5").read_text(encoding="ascii")
SAMPLE = (ROOT / "conf" / "vscpwsd.ini").read_text(encoding="utf-8")
PATHS = [option for option in OPTIONS if option.check == "path()"]

each_option = pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.where())


def plain(roff):
    """A manual page's text without its macros' marks."""
    roff = re.sub(r"\\\[u([0-9A-F]{4})\]", lambda match: chr(int(match.group(1), 16)), roff)
    roff = re.sub(r"\\f[BIR]|\\&", "", roff)
    return roff.replace(r"\-", "-").replace(r"\(ti", "~").replace(r"\(aq", "'").replace(r"\e", "\\")


def entry(option):
    """The option's entry in its section of the manual page, on one line."""
    heading = r"^\.SH \".*\[%s\]\"$" % option.section if option.section else r"^\.SH \"[^\[]*\"$"
    for section in re.split(r"^(?=\.SH )", MANUAL, flags=re.M):
        if re.match(heading, section.splitlines()[0]):
            for text in section.split(".TP\n")[1:]:
                term, _, rest = plain(text).partition("\n")
                if term == option.key:
                    return " ".join(rest.split())
    raise AssertionError("%s is not in the manual page" % option.where())


@each_option
def test_an_option_has_a_text_a_unit_and_says_when_a_change_counts(option):
    assert option.text.endswith(".") and option.text[0].isupper() or option.text[0] == "`"
    assert option.text.count("`") % 2 == 0
    assert option.reload in (RELOAD, RESTART)
    assert bool(option.unit) == option.check.startswith(("whole(", "seconds("))


@each_option
def test_the_manual_page_has_text_default_values_and_reload(option):
    text = entry(option)
    assert text.startswith(option.text.replace("`", ""))
    assert "Default: %s." % (default_text(option) or "empty") in text
    values = " ".join(filter(None, [range_text(option).replace("`", ""), option.unit]))
    assert "Values: %s." % values in text
    assert text.endswith("A change needs a restart." if option.reload == RESTART
                         else "A change counts after a reload.")


def test_the_manual_page_has_every_key_of_the_configspec():
    section = ""
    for line in configspec():
        if line.startswith("["):
            section = line.strip("[]")
        elif section != VARIABLES:
            key = line.partition(" ")[0]
            option, = (one for one in OPTIONS if (one.section, one.key) == (section, key))
            assert entry(option)


def test_every_option_is_in_one_chapter():
    assert [option for chapter in CHAPTERS for option in options_of(chapter)] == list(OPTIONS)
    assert [chapter.title for chapter in CHAPTERS
            if bool(chapter.first) != bool(options_of(chapter))] == []


def test_the_sample_file_has_every_option_on_its_default(tmp_path):
    demo = SAMPLE
    # For the published samples, and the names of the demo's house.
    for line in ("auth-iv = any", "names-file = names.json"):
        assert "\n%s\n" % line in demo
        demo = demo.replace("\n%s\n" % line, "\n")
    settings = re.sub(r"^#(?=[\w-]+ =)", "", demo, flags=re.M)
    ini, problems = [], []
    for text in (demo, settings, ""):
        (tmp_path / "vscpwsd.ini").write_text(text, encoding="utf-8")
        found, wrong = read_ini(str(tmp_path / "vscpwsd.ini"))
        ini.append(found)
        problems += wrong
    assert not problems
    assert ini[0] == ini[1] == ini[2]
    assert [key for key in re.findall(r"^([\w-]+) =", settings, re.M)] == [
        option.key for option in OPTIONS]


@pytest.mark.parametrize("option", PATHS, ids=lambda option: option.where())
def test_a_path_that_leads_nowhere_is_a_problem_of_its_option(folder, option):
    """Any text is a path; what is there is looked at when the files are put together."""
    setting = "%s = nowhere/at/all\n" % option.key
    text = "[%s]\n%s" % (option.section, setting) if option.section else setting
    if option.key in ("names-file", "state-file", "history-file"):
        folder.load(text)               # no reason not to start: ``vault`` tells of them
        return
    with pytest.raises(ConfigurationError) as caught:
        folder.load(text)
    assert option.where() in [problem.where for problem in caught.value.problems]
