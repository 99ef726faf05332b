"""The plan: the files that are to be written, made of what is there and what is wanted.

Nothing is written here, and what is right already stays as it is: with the same wishes a second
plan has no files.
"""

from __future__ import annotations

import os
from typing import Dict, List, NamedTuple, Optional, Tuple

from ...access.credentials import DEFAULT_KEY, make_key
from ...can.address import parse_channel
from ...can.channel import resolve_channel
from ...can.requirements import adapter_complaint
from ...model.errors import ConfigurationError, Problem
from ..config.files import read_text
from ..process.atomicfile import Access, access_of
from ..process.certificate import certificate_texts, outdated
from ..process.errors import StartFailed
from ..process.hostnames import host_addresses, host_names
from ..process.privileges import Identity
from .driverlines import is_sample, new_file, with_interface
from .inilines import with_option, without_option
from .newfiles import NewFile
from .present import Present
from .wishes import Wishes

__all__ = ["Plan", "make_plan"]

CERTIFICATE, KEY = "vscpwsd.crt", "vscpwsd.key"
_ALL_ADDRESSES = "0.0.0.0"
_GUID_DIGITS = 45               # of a GUID as text: all but the last byte's


class Plan(NamedTuple):
    """``files`` in the order of their coming: what opens the daemon to others is the last."""

    files: Tuple[NewFile, ...]
    ini_text: str               # of the INI file, new or not
    named: Dict[Tuple[str, str], str]   # files that it names, by section and key
    channel: str                # the CAN interface, resolved
    host: str
    port: int
    has_tls: bool
    key: str                    # hex digits


def make_plan(present: Present, wishes: Wishes, service: Optional[Identity]) -> Plan:
    """``service``: whom the daemon runs as, if not as who calls; he may read the secrets.

    Raises ``ConfigurationError`` and ``StartFailed`` for what can't be.
    """
    channel = _channel(wishes.interface, present.folder)
    ini = _IniText(present.ini_text if os.path.lexists(present.ini) else "", present.ini_text)
    files = _Files(service)
    key = present.key.hex().upper()
    if present.is_new:
        key = make_key()
        files.secret(present.key_file, key + "\n", ["a new key" + (
            " in place of the published one" if present.key == DEFAULT_KEY else "")])
        if present.option("", "auth-iv") == "any":
            ini.leave_out("", "auth-iv", ", so that nobody can send a recorded login again")
    else:
        files.secret(present.key_file, None, [])
    text, changes = present.users.changed(wishes.password)
    files.secret(present.users_file, text if changes else None, changes)
    named = {("", "key-file"): present.key_file, ("", "path-users"): present.users_file}
    host = _host(present, wishes.is_on_lan)
    ini.put("", "interface", "%s://%s:%d" % (
        "wss" if wishes.has_tls else "ws", "[%s]" % host if ":" in host else host, wishes.port))
    if wishes.has_tls:
        named.update(zip((("tls", "cert"), ("tls", "key")),
                         _plan_certificate(present, ini, files)))
    else:
        for name in ("cert", "key", "ca"):
            ini.leave_out("tls", name)
    if channel not in present.channels:
        _plan_driver(present, channel, ini, files)
    files.public(present.ini, ini.text, ini.changes)
    return Plan(tuple(files.files), ini.text, named, channel, host, wishes.port, wishes.has_tls,
                key)


def _channel(interface: str, folder: str) -> str:
    try:
        channel = resolve_channel(interface, folder)
    except ValueError as error:
        raise ConfigurationError([Problem("", "--interface", str(error))]) from None
    complaint = adapter_complaint(parse_channel(channel).kind)
    if complaint:
        raise ConfigurationError([Problem("", "--interface", complaint)])
    return channel


def _host(present: Present, is_on_lan: bool) -> str:
    if is_on_lan == present.is_on_lan:
        return present.listen.host
    return _ALL_ADDRESSES if is_on_lan else "localhost"


def _plan_driver(present: Present, channel: str, ini: _IniText, files: _Files) -> None:
    """The CAN interface of the one driver block, or of the first one that there is."""
    if not present.config_text or is_sample(present.config_text):
        text: Optional[str] = new_file(channel)
    elif len(present.blocks) > 1:
        raise StartFailed("%s has %d driver blocks that run (%s): put %s into one of them, or add "
                          "one, by hand" % (present.config, len(present.blocks), ", ".join(
                              block.name for block in present.blocks), channel))
    else:
        text = with_interface(present.config_text, present.blocks[0], channel)
    if text is None:
        raise StartFailed("the driver block %s in %s has an unusual form: put %s into it by hand"
                          % (present.blocks[0].name, present.config, channel))
    files.public(present.config, text, ["the CAN interface %s" % channel])
    for block in present.blocks:
        ini.leave_out("variables", "%s_interface" % block.name)
    if _names_no_node(present):
        ini.leave_out("", "names-file", ", whose names are those of the demo")


def _names_no_node(present: Present) -> bool:
    """Whether the names are those of the demo's house, whose nodes are no longer heard."""
    path = present.option("", "names-file")
    if not path or present.bus:
        return False
    names = read_text(path).upper() if os.path.exists(path) else ""
    return not names or any(block.guid[:_GUID_DIGITS].upper() in names for block in present.blocks
                            if len(block.guid) > _GUID_DIGITS)


def _plan_certificate(present: Present, ini: _IniText, files: _Files) -> Tuple[str, str]:
    """The one that is named or lies there, or a new one where that is none or outdated; its paths
    and its key's."""
    named = [present.option("tls", key) for key in ("cert", "key")]
    cert, key = named if all(named) else [
        os.path.join(present.folder, name) for name in (CERTIFICATE, KEY)]
    names = host_names()
    addresses = [address for address in host_addresses() if ":" not in address]
    reason = _reason_for_new(cert, key, names, addresses)
    if reason:
        texts = certificate_texts(names, host_addresses())
        files.public(cert, texts[0], ["a certificate for %s%s" % (
            ", ".join(names + addresses), reason)])
        files.secret(key, texts[1], ["its key"])
    for option, path in (("cert", cert), ("key", key)):
        if present.option("tls", option) != path:
            inside = os.path.dirname(path) == present.folder
            ini.put("tls", option, os.path.basename(path) if inside else path)
    return cert, key


def _reason_for_new(cert: str, key: str, names: List[str], addresses: List[str]) -> str:
    """Why there must be a new certificate, for a line; empty if there needn't."""
    there = [path for path in (cert, key) if os.path.lexists(path)]
    if not there:
        return ", made here"
    if len(there) == 1:
        raise StartFailed("%s is there without %s: remove it, or bring the other back"
                          % (there[0], key if there[0] == cert else cert))
    if os.path.basename(cert) != CERTIFICATE:
        return ""
    try:
        reason = outdated(read_text(cert), names, addresses)
    except ValueError:          # the look at all that is new says what is wrong with it
        return ""
    return reason and ", in place of the old one, for " + reason


class _IniText:
    """The INI file's text, option by option. ``old`` is what is there; may be empty."""

    def __init__(self, old: str, text: str):
        self.text = text
        self.changes: List[str] = [] if old else ["all options with their explanations"]

    def put(self, section: str, key: str, value: str) -> None:
        self._change(with_option(self.text, section, key, value),
                     "%s = %s" % (_name(section, key), value))

    def leave_out(self, section: str, key: str, why: str = "") -> None:
        self._change(without_option(self.text, section, key),
                     "without %s%s" % (_name(section, key), why))

    def _change(self, text: str, change: str) -> None:
        if text != self.text:
            self.text = text
            self.changes.append(change)


def _name(section: str, key: str) -> str:
    return "[%s] %s" % (section, key) if section else key


class _Files:
    """The files that have to be written, because text or access aren't as they should be."""

    def __init__(self, service: Optional[Identity]):
        self.files: List[NewFile] = []
        self._service = service

    def public(self, path: str, text: str, changes: List[str]) -> None:
        """A file for everybody to read; one that is there keeps owner and mode."""
        if not changes:
            return
        access = Access(os.geteuid(), os.getegid(), 0o644)
        if os.path.exists(path):
            found = os.stat(path)
            access = Access(found.st_uid, found.st_gid, found.st_mode & 0o777)
        self.files.append(NewFile(path, text, access, changes))

    def secret(self, path: str, text: Optional[str], changes: List[str]) -> None:
        """A file for the daemon alone; ``text`` None: what it says stays."""
        access = access_of(path)
        if access is None or not self._is_read_by_daemon(access):
            access = self._own_access()
            if text is None:
                changes = ["to be read by %s alone" % (
                    "root and the daemon's group" if self._service else "its owner")]
        elif text is None:
            return
        if text is None:
            text = read_text(path)
        self.files.append(NewFile(path, text, access, changes))

    def _own_access(self) -> Access:
        if self._service is not None and os.geteuid() == 0:
            return Access(0, self._service.gid, 0o640)
        return Access(os.geteuid(), os.getegid(), 0o600)

    def _is_read_by_daemon(self, access: Access) -> bool:
        if self._service is None:
            return os.geteuid() in (0, access.uid)
        return access.uid == self._service.uid or (
            access.gid in self._service.groups and bool(access.mode & 0o040))
