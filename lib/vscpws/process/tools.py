"""The tools beside the daemon, which do one thing and end: a new key, a user's entry, a
certificate. Each returns what to print."""

from __future__ import annotations

import os
from typing import Optional

from .privileges import Identity

__all__ = ["new_certificate", "new_entry", "new_key"]


def new_key(path: str, owner: Optional[Identity]) -> str:
    """Writes a key; raises ``StartFailed``."""
    from .secret import write_key

    write_key(path, owner)
    return "wrote a new key to %s; the daemon and its clients need it" % path


def new_entry(user: str) -> str:
    """Asks for a password; raises ``StartFailed``, ``ConfigurationError``."""
    from .secret import ask_password, user_entry

    return user_entry(user, ask_password(user))


def new_certificate(folder: str, ini: str, owner: Optional[Identity]) -> str:
    """Writes certificate and key for this host, beside ``ini`` where ``folder`` is empty; raises
    ``StartFailed``."""
    from .certificate import write_certificate
    from .hostnames import host_addresses, host_names

    names, addresses = host_names(), host_addresses()
    cert, key = write_certificate(folder or os.path.dirname(ini), names, addresses, owner)
    return ("wrote a certificate for %s\n\nIn %s:\n\ninterface = wss://%s:8884\n\n"
            "[tls]\ncert = %s\nkey = %s" % (", ".join(names + addresses), ini, names[0], cert, key))
