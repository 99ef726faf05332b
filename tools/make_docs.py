#!/usr/bin/env python3
"""Writes what is made of the program itself: manual pages, option tables, the sample INI file, the
map of the house, the tables of what appears in Home Assistant.

::

    python tools/make_docs.py

The sources are the options (``vscpws.daemon.config.options``), the texts beside them, the parser of
the command line, for the prose of the manual pages ``doc/configuration.md``, the rooms (``house``)
and the tables of what becomes which entity. A test fails when a committed file isn't what this
makes. The same sources give the same files, always and everywhere.
"""

from __future__ import annotations

import argparse
import pathlib
import re
import sys
import textwrap
from typing import Dict, Iterator, List

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "lib"), str(ROOT / "tools")]

import entitytables  # noqa: E402
import housemap  # noqa: E402
from roff import page  # noqa: E402

from vscpws import __version__  # noqa: E402
from vscpws.daemon.arguments import parser as _parser  # noqa: E402
from vscpws.daemon.config.driverkeys import DRIVER_KEYS, DriverKey  # noqa: E402
from vscpws.daemon.config.options import (  # noqa: E402
    RESTART,
    VARIABLES,
    Option,
    default_text,
    range_text,
)
from vscpws.daemon.config.texts import (  # noqa: E402
    ACTIONS,
    CHAPTERS,
    EXIT_CODES,
    SIGNALS,
    STATUS_CODES,
    Chapter,
    options_of,
)

DATE = "2026-11-24"             # of the manual pages; set by hand when their prose changes
SOURCE = "vscpwsd %s" % __version__
CONFIGURATION = ROOT / "doc" / "configuration.md"
MIGRATION = ROOT / "doc" / "migration.md"
ARCHITECTURE = ROOT / "doc" / "architecture.md"
HOMEASSISTANT = ROOT / "doc" / "homeassistant.md"
PACKAGE = ROOT / "lib" / "vscpws" / "__init__.py"
BEGIN_ROOMS, END_ROOMS = "<!-- rooms: made by tools/make_docs.py -->", "<!-- end of rooms -->"
BEGIN_KEYS, END_KEYS = "<!-- keys: made by tools/make_docs.py -->", "<!-- end of keys -->"
BEGIN_ENTITIES = "<!-- entities: made by tools/make_docs.py -->"
END_ENTITIES = "<!-- end of entities -->"
BEGIN, END = "<!-- options: made by tools/make_docs.py -->", "<!-- end of options -->"
WRITTEN_OUT = ("interface", "key-file", "path-users")   # in the sample file, though the defaults
IN_THE_DEMO = {                 # in the sample file, and why, though it is not the default
    "auth-iv": ("any", "Here it is any, for the published sample programs have a fixed iv. Take it "
                       "out when they are no longer needed."),
    "names-file": ("names.json", "Here it has the names of the demo's house."),
}


def files() -> Dict[pathlib.Path, str]:
    """Every file that is made, and its content."""
    documents = _with_tables(CONFIGURATION.read_text(encoding="utf-8"))
    man = ROOT / "doc" / "man"
    return {
        CONFIGURATION: documents,
        ARCHITECTURE: _with_map(ARCHITECTURE.read_text(encoding="utf-8")),
        HOMEASSISTANT: _with_entities(HOMEASSISTANT.read_text(encoding="utf-8")),
        PACKAGE: _with_rooms(PACKAGE.read_text(encoding="utf-8")),
        MIGRATION: _with_keys(MIGRATION.read_text(encoding="utf-8")),
        ROOT / "conf" / "vscpwsd.ini": sample(),
        man / "vscpwsd.8": _page("vscpwsd", 8, _daemon_text()),
        man / "vscpwsd.ini.5": _page("vscpwsd.ini", 5, _ini_text(documents)),
        man / "vscpwsd-driver.5": _page("vscpwsd-driver", 5, _driver_text(documents)),
    }


def _page(name: str, section: int, text: str) -> str:
    manual = "System administration" if section == 8 else "File formats"
    return page(name, section, DATE, SOURCE, manual, text)


# ------------------------------------------------------------------------------------------------
# The sample INI file

SAMPLE_HEAD = '''\
# vscpwsd: the options of the daemon. This file works as it is, on localhost.
#
# A line "#key = value" shows an option's default; above it stand in brackets the values it takes,
# and "restart" where a change needs one and a reload is not enough. Relative paths begin at this
# file's folder. A value with a "#" in it needs quotes. Unknown keys stop the start, so a misspelt
# one shows. "vscpwsd.py --check-config" tells what would run. doc/configuration.md and
# vscpwsd.ini(5) have it all in tables.
'''
SAMPLE_VARIABLES = '''\
# Only the events of class 10 of the driver demo:
#   demo_filter = 0,10
#   demo_mask = 0,0xFFFF
'''


def sample() -> str:
    """``conf/vscpwsd.ini``: every option with its text, on its default but for the demo's few."""
    parts = [SAMPLE_HEAD]
    section = ""
    for chapter in CHAPTERS:
        parts.append("# --- %s %s\n" % (chapter.title, "-" * (93 - len(chapter.title))))
        if chapter.section != section:
            section = chapter.section
            parts[-1] += "\n[%s]\n" % section
        if chapter.text:
            parts.append(_comment(chapter.text))
        parts += map(_sample_option, options_of(chapter))
    return "\n".join(parts + [SAMPLE_VARIABLES])


def _sample_option(option: Option) -> str:
    values = " ".join(filter(None, [_unquoted(range_text(option)), option.unit]))
    needs = "; restart" if option.reload == RESTART else ""
    mark = "" if option.key in WRITTEN_OUT else "#"
    setting = mark + ("%s = %s" % (option.key, default_text(option))).rstrip()
    if option.key in IN_THE_DEMO:
        value, reason = IN_THE_DEMO[option.key]
        setting += "\n\n%s%s = %s" % (_comment(reason), option.key, value)
    return "%s# [%s%s]\n%s\n" % (_comment(option.text), values, needs, setting)


def _comment(text: str) -> str:
    return textwrap.fill(_unquoted(text), 100, initial_indent="# ", subsequent_indent="# ",
                         break_long_words=False, break_on_hyphens=False) + "\n"


def _unquoted(text: str) -> str:
    return text.replace("`", "")


# ------------------------------------------------------------------------------------------------
# The tables of doc/configuration.md


def _with_tables(document: str) -> str:
    before, _, rest = document.partition(BEGIN)
    after = rest.partition(END)[2]
    chapters = "\n".join("\n".join(_chapter(chapter)) for chapter in CHAPTERS
                         if chapter.section != VARIABLES)
    return "%s%s\n\n%s\n%s%s" % (before, BEGIN, chapters, END, after)


def _chapter(chapter: Chapter) -> Iterator[str]:
    yield "### %s\n" % _title(chapter)
    if chapter.text:
        yield textwrap.fill(chapter.text, 100, break_on_hyphens=False) + "\n"
    yield "| key | default | unit | values | a change needs | meaning |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for option in options_of(chapter):
        default = default_text(option)
        yield "| `%s` | %s | %s | %s | %s | %s |" % (
            option.key, "`%s`" % default if default else "empty", option.unit,
            range_text(option), option.reload, option.text)
    yield ""


def _title(chapter: Chapter) -> str:
    if not chapter.section:
        return chapter.title
    return "%s, section [%s]" % (chapter.title, chapter.section)


# ------------------------------------------------------------------------------------------------
# The table of doc/migration.md


def _with_keys(document: str) -> str:
    before, _, rest = document.partition(BEGIN_KEYS)
    after = rest.partition(END_KEYS)[2]
    rows: Dict[str, List[str]] = {}
    for row in DRIVER_KEYS:
        name = "%s.%s" % (row.section, row.key) if row.section else row.key
        rows.setdefault(_becomes(row), []).append("`%s`" % name)
    table = "\n".join(["| JSON | here |", "| --- | --- |"] + [
        "| %s | %s |" % (", ".join(keys), text) for text, keys in rows.items()])
    return "%s%s\n\n%s\n\n%s%s" % (before, BEGIN_KEYS, table, END_KEYS, after)


def _with_map(document: str) -> str:
    before, _, rest = document.partition(BEGIN_ROOMS)
    after = rest.partition(END_ROOMS)[2]
    return "%s%s\n\n```\n%s\n```\n\n%s\n\n%s%s" % (
        before, BEGIN_ROOMS, housemap.picture(), housemap.table(), END_ROOMS, after)


def _with_entities(document: str) -> str:
    before, _, rest = document.partition(BEGIN_ENTITIES)
    after = rest.partition(END_ENTITIES)[2]
    return "%s%s\n\n%s\n\n%s%s" % (
        before, BEGIN_ENTITIES, entitytables.tables(), END_ENTITIES, after)


def _with_rooms(module: str) -> str:
    """The list of the package's docstring, behind its ``::``."""
    before, _, rest = module.partition("::\n")
    return '%s::\n\n%s\n"""%s' % (before, housemap.docstring(), rest.partition('"""')[2])


def _becomes(row: DriverKey) -> str:
    section, key = row.takes
    if row.advice:
        return re.sub(r"\[\w+\]", r"`\g<0>`", row.advice)
    if key == row.key and section == row.section:
        return "the same key, %s" % ("in `[%s]`" % section if section else "at the top")
    return "`%s` in `[%s]`" % (key, section)


# ------------------------------------------------------------------------------------------------
# vscpwsd(8)

DAEMON_HEAD = '''\
# Name
vscpwsd - VSCP websocket server for CAN
# Synopsis
**vscpwsd.py** [*OPTION*...] [**start**|**stop**|**restart**|**reload**|**status**]
# Description
**vscpwsd** takes VSCP events from CAN buses and gives them to browsers and other clients over the
VSCP websocket protocols ws1 (text) and ws2 (JSON), and takes theirs to the buses, with users,
rights, filters and TLS.

Driver blocks in an XML file name the CAN interfaces, see vscpwsd-driver(5); an INI file holds
everything else, see vscpwsd.ini(5). Until key and passwords of one's own are in place it listens on
loopback only.

An error is one readable line each, on standard error, or in the log once the daemon has detached.
'''
DAEMON_TAIL = '''\
# Files
`/etc/vscp/vscpd.conf`
: The driver blocks.

`/etc/vscp/vscpwsd.ini`
: The options and remote variables.

`/etc/vscp/vscp.key`, `/etc/vscp/users.json`
: The key of the login and the users, where the INI file of the samples looks for them.

`/run/vscpwsd/vscpwsd.pid`
: The PID file of the machine's own daemon. Without the right to write there it is `vscpwsd.pid` in
`XDG_RUNTIME_DIR`, or `/tmp/vscpwsd-UID.pid`.

`/run/vscpwsd/vscpwsd.status`
: The socket beside the PID file through which **status** asks the daemon.

In a checkout the configuration is that in its folder `conf/`.
# Environment
`NOTIFY_SOCKET`
: Where the service manager is told that the daemon is ready, in the foreground.

`WATCHDOG_USEC`, `WATCHDOG_PID`
: How often the service manager wants a sign of life, in the foreground.

`LISTEN_FDS`, `LISTEN_PID`
: Listening sockets that the service manager passes on, in the foreground. They take the place of
the address in `interface`.

`VSCPWSD_PASSWORD`
: The password for `--monitor`.

`JOURNAL_STREAM`
: Where it is standard error, lines have a priority and no time of their own.

`XDG_RUNTIME_DIR`
: The folder of an ordinary user's PID file.
# Examples
Look at what would run:

    vscpwsd.py --check-config

From the demo to a house, and once more without questions:

    vscpwsd.py --setup
    vscpwsd.py --setup --yes --interface can0 --lan --tls --admin-password-file FILE

Replace the published secrets alone:

    vscpwsd.py --make-key /etc/vscp/vscp.key
    vscpwsd.py --make-password admin

Watch the temperatures that a server sends:

    vscpwsd.py --monitor --filter measurement,temperature

Bring up a CAN interface for VSCP and serve it from a checkout, on the terminal:

    ip link set can0 up type can bitrate 125000 restart-ms 100
    ./vscpwsd.py --foreground
# See also
vscpwsd.ini(5), vscpwsd-driver(5), candump(1), ip-link(8)
'''


def _daemon_text() -> str:
    parts = [DAEMON_HEAD, "# Actions"]
    parts += ["**%s**\n: %s\n" % action for action in ACTIONS]
    parts += ["# Options"] + ["%s\n: %s\n" % item for item in _arguments(_parser())]
    parts += ["# Signals"] + ["**%s**\n: %s\n" % (name, _sentence(text)) for name, text in SIGNALS]
    parts += ["# Exit status"] + ["**%d**\n: %s\n" % (code, _sentence(text))
                                  for code, text in EXIT_CODES]
    parts += ["Of **status**:\n"] + ["**%d**\n: %s\n" % (code, _sentence(text))
                                     for code, text in STATUS_CODES]
    return "\n".join(parts + [DAEMON_TAIL])


def _arguments(parser: argparse.ArgumentParser) -> Iterator:
    """Each option as its forms and what it is for."""
    for action in parser._actions:
        if action.option_strings:
            value = " *%s*" % action.metavar if action.metavar else ""
            value = " [%s]" % value.strip() if action.nargs == "?" else value
            yield (", ".join("`%s`%s" % (form, value) for form in action.option_strings),
                   _sentence(action.help or "show the version and exit"))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "."


# ------------------------------------------------------------------------------------------------
# vscpwsd.ini(5) and vscpwsd-driver(5): the prose of doc/configuration.md

INI_HEAD = '''\
# Name
vscpwsd.ini - options and remote variables of vscpwsd
# Synopsis
`/etc/vscp/vscpwsd.ini`
# Description
'''
DRIVER_HEAD = '''\
# Name
vscpwsd-driver - the driver blocks that name the CAN interfaces of vscpwsd
# Synopsis
`/etc/vscp/vscpd.conf`
# Description
'''


def _ini_text(document: str) -> str:
    parts = [INI_HEAD, _prose(document, "The INI file")]
    for chapter in CHAPTERS:
        parts += ["# %s" % _title(chapter), chapter.text, ""]
        parts += map(_definition, options_of(chapter))
    parts += ["# Reload", _prose(document, "Reload"),
              "# Safe by default", _prose(document, "Safe by default"),
              "# See also", "vscpwsd(8), vscpwsd-driver(5)"]
    return "\n".join(parts)


def _definition(option: Option) -> str:
    default = default_text(option)
    values = " ".join(filter(None, [range_text(option), option.unit]))
    needs = "needs a restart" if option.reload == RESTART else "counts after a reload"
    return "`%s`\n: %s Default: %s. Values: %s. A change %s.\n" % (
        option.key, option.text, "`%s`" % default if default else "empty", values, needs)


def _driver_text(document: str) -> str:
    parts = [DRIVER_HEAD, _prose(document, "Driver blocks")]
    for title in ("Configuration string", "Remote variables"):
        parts += ["# %s" % title, _prose(document, title)]
    return "\n".join(parts + ["# See also", "vscpwsd(8), vscpwsd.ini(5)"])


def _prose(document: str, title: str) -> str:
    """What stands under a heading of the document, up to the next heading or generated part."""
    found = re.search(r"^#+ %s\n\n(.*?)(?=^#|^<!--|\Z)" % re.escape(title), document, re.M | re.S)
    if not found:
        raise SystemExit("doc/configuration.md has no heading %r" % title)
    return found.group(1)


def main() -> List[pathlib.Path]:
    """Writes the files that differ; their paths."""
    changed = []
    for path, content in files().items():
        if not path.exists() or path.read_text(encoding="utf-8") != content:
            path.parent.mkdir(exist_ok=True)
            path.write_text(content, encoding="utf-8")
            changed.append(path)
            print("wrote %s" % path.relative_to(ROOT))
    return changed


if __name__ == "__main__":
    main()
