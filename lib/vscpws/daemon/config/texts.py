"""What help, manual pages and documentation share beyond the options: chapters, actions, signals.

``tools/make_docs.py`` makes the pages of it; ``cli`` shows the last three with ``--help``.
"""

from __future__ import annotations

from typing import List, NamedTuple

from .options import OPTIONS, VARIABLES, Option

__all__ = ["ACTIONS", "CHAPTERS", "Chapter", "EXIT_CODES", "SIGNALS", "STATUS_CODES",
           "epilog", "options_of"]


class Chapter(NamedTuple):
    """Options that are shown together: those from ``first`` on, in one section of the file."""

    title: str
    section: str                # empty: top level
    first: str                  # key of its first option; empty: it has none of its own
    text: str = ""


CHAPTERS = (
    Chapter("Where to listen", "", "interface"),
    Chapter("Clients", "", "max-clients"),
    Chapter("Driver library", "", "event-layout",
            "What the library `vscpl2drv-websocksrv.so` has to know of the program that loads it; "
            "the daemon takes no notice. `doc/driver.md` tells of it."),
    Chapter("Encryption", "tls", "cert",
            "Needed for `wss://`, and a problem with `ws://`: who names a certificate expects "
            "encryption. `vscpwsd.py --make-cert` makes a self-signed one."),
    Chapter("Logging", "logging", "log-level"),
    Chapter("Metrics", "metrics", "listen"),
    Chapter("States and history", "state", "state-size",
            "What is on right now, and what was. `doc/state.md` says what counts as a state. A "
            "file that can't be read or written is told in the log and in the status, and keeps "
            "nobody from working."),
    Chapter("MQTT", "mqtt", "url",
            "The bridge to a broker; `doc/mqtt.md` says what it is good for. It needs the Python "
            "package paho-mqtt. The daemon then starts without a driver block, too: as a front-end "
            "of others."),
    Chapter("Limits of clients", "limits", "max-clients-per-address",
            "Nothing grows without end. Where a reload changes a limit of single clients, it "
            "counts for those that connect from then on."),
    Chapter("Limits of CAN buses", "limits", "transmit-queue-size"),
    Chapter("Limits of the driver library", "limits", "host-queue-size"),
    Chapter("Remote variables", VARIABLES, "",
            "`NAME_interface`, `NAME_filter`, `NAME_mask` and `NAME_config`, where `NAME` is a "
            "driver's name with `_` for blanks. They win over the driver's configuration string. "
            "Filter and mask are `priority,class,type,GUID` and choose what is taken from the "
            "bus. A change needs a restart."),
)

ACTIONS = (
    ("start", "Start the daemon; the default. It detaches unless it is told --foreground, and "
              "returns when it listens. A second start with the same PID file is refused."),
    ("stop", "End the daemon and wait for its end: clients get what waits for them, up to "
             "drain-time, and close code 1001. One that hangs is killed five seconds later. One "
             "that doesn't run is no failure."),
    ("restart", "Stop and start. With a wrong configuration, or an address that can't be had, the "
                "old daemon goes on."),
    ("reload", "Check the configuration, make the daemon read it again, and say what came of it; "
               "vscpwsd.ini(5) says what counts at once and what needs a restart."),
    ("status", "Say whether the daemon runs, and to its user and root also how it is: clients, "
               "buses, the last reload."),
)

EXIT_CODES = ((0, "all well"), (1, "it failed, and may do later"),
              (2, "wrong configuration or usage"))

# LSB core specification, "init script actions"
STATUS_CODES = ((0, "running"), (1, "dead with a PID file"), (3, "not running"), (4, "unknown"))

SIGNALS = (
    ("TERM, INT and QUIT", "end the daemon in order, a second one at once"),
    ("HUP", "reloads; from a terminal that was closed it ends a daemon in the foreground"),
    ("USR1", "opens the log file again"),
    ("USR2", "writes the daemon's state to the log"),
)


def options_of(chapter: Chapter) -> List[Option]:
    """The options of a chapter, in the order of ``OPTIONS``."""
    begins = {(each.section, each.first) for each in CHAPTERS}
    found: List[Option] = []
    inside = False
    for option in OPTIONS:
        if (option.section, option.key) in begins:
            inside = (option.section, option.key) == (chapter.section, chapter.first)
        inside = inside and option.section == chapter.section
        if inside:
            found.append(option)
    return found


def epilog() -> str:
    """What ``--help`` says after the options: exit codes and signals."""
    return "Exit codes: %s; of status: %s. Signals: %s." % tuple(
        ", ".join("%s %s" % pair for pair in pairs)
        for pairs in (EXIT_CODES, STATUS_CODES, SIGNALS))
