"""Giving up root: the user and group that the daemon runs as."""

from __future__ import annotations

import grp
import os
import pwd
from contextlib import contextmanager
from typing import Iterator, NamedTuple, Optional, Tuple

from ...model.errors import ConfigurationError, Problem
from .errors import StartFailed, reason
from .places import RUN_FOLDER

__all__ = ["Identity", "acting_as", "drop", "identity", "identity_of", "owner_of_service"]

_SERVICE = "vscp"       # the user of the packages, see init/vscpwsd.sysusers


class Identity(NamedTuple):
    """Whom to become; ``groups`` are all groups, the first one first."""

    uid: int
    gid: int
    groups: Tuple[int, ...]


def identity(user: str, group: str) -> Optional[Identity]:
    """The identity behind ``--user`` and ``--group`` (names or numbers); None where both are empty.

    Raises ConfigurationError for an unknown one and StartFailed where only root could become it.
    """
    if not user and not group:
        return None
    account = _account(user) if user else None
    gid = account.pw_gid if account and not group else _group(group)
    uid = account.pw_uid if account else os.getuid()
    groups = tuple(os.getgrouplist(account.pw_name, gid)) if account else (gid,)
    if os.geteuid() != 0 and (uid, gid) != (os.getuid(), os.getgid()):
        raise StartFailed("only root can run the daemon as another user or group")
    return Identity(uid, gid, groups)


def drop(target: Optional[Identity]) -> None:
    """Becomes ``target`` for good: groups, group, user, in this order. None: stays as it is."""
    if target is None or os.geteuid() != 0:
        return
    try:
        os.setgroups(target.groups)
        os.setgid(target.gid)
        os.setuid(target.uid)
    except OSError as error:
        raise StartFailed("can't change to user %d, group %d: %s"
                          % (target.uid, target.gid, reason(error))) from None


@contextmanager
def acting_as(target: Optional[Identity]) -> Iterator[None]:
    """Has ``target``'s rights for a while, and no others: what it can't read can't be read.

    None, or where we are not root: as it is. Not for a process with threads.
    """
    if target is None or os.geteuid() != 0:
        yield
        return
    group, groups = os.getegid(), os.getgroups()
    try:
        os.setgroups(target.groups)
        os.setegid(target.gid)
        os.seteuid(target.uid)
    except OSError as error:
        raise StartFailed("can't act as user %d, group %d: %s"
                          % (target.uid, target.gid, reason(error))) from None
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(group)
        os.setgroups(groups)


def identity_of(pid: int) -> Optional[Identity]:
    """Whom a process runs as; None for one that isn't there or hides it."""
    found = {}
    try:
        with open("/proc/%d/status" % pid, encoding="ascii", errors="replace") as lines:
            for line in lines:
                name, _, numbers = line.partition(":")
                if name in ("Uid", "Gid", "Groups"):
                    found[name] = tuple(map(int, numbers.split()))
        gid = found["Gid"][1]
        return Identity(found["Uid"][1], gid, (gid, *found["Groups"]))
    except (OSError, LookupError, ValueError):
        return None


def owner_of_service(pidfile: str) -> Optional[Identity]:
    """Whom the machine's own daemon runs as, as far as that shows: the owner of its PID file's
    folder, or the user that its package has made; None where we are not root or nothing shows."""
    if os.geteuid() != 0 or os.path.dirname(pidfile) != RUN_FOLDER:
        return None
    owner = os.stat(RUN_FOLDER).st_uid if os.path.isdir(RUN_FOLDER) else 0
    try:
        return identity(str(owner) if owner else _SERVICE, "")
    except ConfigurationError:      # not a package's machine
        return None


def _account(user: str) -> pwd.struct_passwd:
    try:
        return pwd.getpwuid(int(user)) if user.isdigit() else pwd.getpwnam(user)
    except (KeyError, OverflowError):
        raise ConfigurationError([Problem("", "--user", "no user %s" % user)]) from None


def _group(group: str) -> int:
    try:
        return (grp.getgrgid(int(group)) if group.isdigit() else grp.getgrnam(group)).gr_gid
    except (KeyError, OverflowError):
        raise ConfigurationError([Problem("", "--group", "no group %s" % group)]) from None
