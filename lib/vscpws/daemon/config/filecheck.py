"""Files named by the configuration, checked before the start.

What is wrong with a file should be said before the daemon detaches, while somebody is looking.
"""

from __future__ import annotations

import os
import ssl
import stat
from typing import Callable, List, Optional

from ...model.errors import Problem
from ...settings import TlsSettings
from .files import MAX_FILE

__all__ = ["check_tls", "file_complaint", "folder_complaint", "tls_reason"]


def file_complaint(path: str) -> Optional[str]:
    """Why ``path`` is not a regular file that can be read, or None if it is."""
    return _complaint(path, stat.S_ISREG, "a regular file", os.R_OK)


def folder_complaint(path: str) -> Optional[str]:
    """Why ``path`` is not a folder that can be entered and read, or None if it is."""
    return _complaint(path, stat.S_ISDIR, "a folder", os.R_OK | os.X_OK)


def _complaint(path: str, is_kind: Callable[[int], bool], kind: str, access: int) -> Optional[str]:
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError) as error:
        return "%s: %s" % (path, _reason(error))
    if not is_kind(mode):
        return "%s: not %s" % (path, kind)
    if not os.access(path, access, effective_ids=True):
        return "%s: Permission denied" % path
    return None


def check_tls(tls: TlsSettings) -> List[Problem]:
    """The problems of the TLS files: too long, not PEM, encrypted, or key and certificate don't
    fit."""
    long = [Problem(path, "", "larger than %d MiB" % (MAX_FILE >> 20))
            for path in (tls.cert, tls.key, tls.ca)
            if os.path.isfile(path) and os.path.getsize(path) > MAX_FILE]
    if long:
        return long
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    problems = []
    try:
        # Without the empty password an encrypted key would ask for one on the terminal.
        context.load_cert_chain(tls.cert, tls.key, password=lambda: b"")
    except (OSError, ValueError) as error:
        problems.append(Problem(tls.cert, "[tls] cert, key", "no usable pair with %s (%s)"
                                % (tls.key, tls_reason(error))))
    if tls.ca:
        try:
            context.load_verify_locations(tls.ca)
        except (OSError, ValueError) as error:
            problems.append(Problem(tls.ca, "[tls] ca", "no usable CA certificate (%s)"
                                    % tls_reason(error)))
    return problems


def tls_reason(error: Exception) -> str:
    """Why a PEM file can't be used, in words."""
    if not isinstance(error, ssl.SSLError):
        return _reason(error)
    if error.reason == "KEY_VALUES_MISMATCH":
        return "key and certificate don't belong together"
    return "not PEM of the right kind, or an encrypted key"


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
