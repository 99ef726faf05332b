"""``--setup`` from its beginning to its end."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from typing import Callable, Dict, List, Optional, Sequence, Tuple

from ...model.errors import ConfigurationError, Oddity, Problem
from ...settings import Settings
from ..config.safety import is_loopback
from ..process import control, listener, privileges, terminal
from ..process.atomicfile import Access
from ..process.errors import StartFailed
from ..process.failures import complain, text_of
from ..process.privileges import Identity
from ..process.qrcode import qr_code
from . import host
from .farewell import addresses, next_steps
from .inilines import with_option
from .newfiles import NewFile, put_in_place, staged, staged_path
from .plan import Plan, make_plan
from .present import Present, look_around
from .wishes import agrees, wishes

__all__ = ["Look", "set_up"]

#: What the daemon would make of ``config`` and ``ini``, read with its rights; raises
#: ``ConfigurationError``.
Look = Callable[[str, str], Tuple[Settings, List[Problem]]]
_DONE, _NOT_DONE = 0, 1


def set_up(options: argparse.Namespace, service: Optional[Identity], look: Look) -> int:
    """From what there is to a daemon with a bus and secrets of its own; returns the exit code.

    ``service``: whom the daemon runs as, if not as who calls. The plan is shown first, and written
    if somebody agrees or has agreed before (``--yes``). Raises ``ConfigurationError`` and
    ``StartFailed`` where it can't be, and has then written nothing.
    """
    present = look_around(options.config, options.ini, options.driver)
    can_ask = sys.stdin.isatty() and not options.yes
    plan = make_plan(present, wishes(options, present, can_ask), service)
    pid = _check_possible(plan, options.pidfile, service)
    missing = host.absence(plan.channel)
    if missing:
        complain("WARNING: " + missing)
    if not plan.has_tls and not is_loopback(plan.host):
        complain("WARNING: not encrypted: others on this network can read along; --tls mends it")
    if not plan.files:
        terminal.say("Nothing to change.")
    else:
        terminal.say("\n".join(_shown(plan)))
        if not options.yes and not (can_ask and agrees()):
            complain("nothing was written%s" % ("" if can_ask else "; --yes does it"))
            return _NOT_DONE
    _write(present, plan, look)
    _say_farewell(options, plan, pid)
    return _DONE


def _check_possible(plan: Plan, pidfile: str, service: Optional[Identity]) -> Optional[int]:
    """Refuses what can't be done here; returns the process that runs already."""
    for file in plan.files:
        folder = os.path.dirname(file.path)
        while not os.path.lexists(folder):
            folder = os.path.dirname(folder)
        if not os.path.isdir(folder):
            raise StartFailed("can't write %s: %s is no folder" % (file.path, folder))
        if not os.access(folder, os.W_OK | os.X_OK, effective_ids=True):
            raise StartFailed("can't write %s: no right to write %s; as root, or with a folder of "
                              "your own: --setup FOLDER" % (file.path, folder))
    pid = control.running(pidfile) if pidfile else None
    with privileges.acting_as(service):
        try:
            listener.check_free(plan.host, plan.port, "interface", pid)
        except StartFailed as error:
            raise StartFailed("%s; end what is there, or choose another with --port" % error
                              ) from None
    return pid


def _shown(plan: Plan) -> List[str]:
    """The plan for people: each file with its changes."""
    lines = ["To be written:"]
    for file in plan.files:
        lines.append("  %s" % file.path)
        lines += ["    %s" % change for change in file.changes]
    return lines


def _write(present: Present, plan: Plan, look: Look) -> None:
    """All files, if the daemon takes them: it reads them beside their places first."""
    places = {file.path: staged_path(file.path) for file in plan.files}
    trial = NewFile(os.path.join(present.folder, "trial.ini"), _trial_text(plan, places),
                    Access(os.geteuid(), os.getegid(), 0o644), [])
    with staged([*plan.files, trial]):
        names = dict({staged_path(trial.path): present.ini},
                     **{place: path for path, place in places.items()})
        try:
            settings, odd = look(places.get(present.config, present.config),
                                 staged_path(trial.path))
        except ConfigurationError as error:
            raise ConfigurationError([
                *_renamed(error.problems, names), Problem("", "", "nothing was written")]) from None
        complain(text_of(_renamed(odd, names)))
        if plan.channel not in [interface.channel for interface in settings.interfaces]:
            raise StartFailed("the CAN interface of the driver block in %s is said elsewhere, too, "
                              "such as in [variables] of %s: put %s there by hand"
                              % (present.config, present.ini, plan.channel))
        put_in_place(plan.files)


def _trial_text(plan: Plan, places: Dict[str, str]) -> str:
    """The INI file's text that names the files where they are for now."""
    text = plan.ini_text
    for (section, key), path in plan.named.items():
        if path in places:
            text = with_option(text, section, key, places[path])
    return text


def _renamed(problems: Sequence[Problem], names: Dict[str, str]) -> List[Problem]:
    """The problems by the names that the files will have."""
    def plain(text: str) -> str:
        for place, path in names.items():
            text = text.replace(place, path)
        return text

    return [(Oddity if isinstance(problem, Oddity) else Problem)(*map(plain, problem))
            for problem in problems]


def _say_farewell(options: argparse.Namespace, plan: Plan, pid: Optional[int]) -> None:
    links = addresses(plan)
    terminal.say("\n".join(["", "Open it, and log in as admin:", *("  " + link for link in links)]))
    terminal.say("(The link holds the key of the login: for whoever may log in, and nobody else.)")
    if not is_loopback(plan.host):
        print(qr_code(links[0]))
    terminal.say("\n".join(["Next:", *next_steps(plan, _start(options), pid is not None)]))


def _start(options: argparse.Namespace) -> str:
    """How to start it by hand; empty where it is the machine's own daemon."""
    if options.is_installed and options.is_usual_place and os.geteuid() == 0:
        return ""
    files = "" if options.is_usual_place else " --config %s --ini %s" % (
        shlex.quote(options.config), shlex.quote(options.ini))
    return ("vscpwsd.py --foreground" if options.is_installed else "tools/run") + files
