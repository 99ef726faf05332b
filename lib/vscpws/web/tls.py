"""TLS: the server's context, and how long its certificate is valid.

Other files mean another context: one that is in use would go on trusting the authority it had.
"""

from __future__ import annotations

import ssl
from datetime import timezone

from cryptography.x509 import load_pem_x509_certificate
from gevent.ssl import SSLContext

from ..settings import TlsSettings

__all__ = ["expiry", "server_context"]


def server_context(tls: TlsSettings) -> ssl.SSLContext:
    """A context for TLS 1.2 and up. With ``ca`` clients must present a certificate.

    Raises ``OSError`` (``ssl.SSLError`` among them) if a file is missing, broken, or the key is
    not the certificate's.
    """
    context: ssl.SSLContext = SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION      # a client could ask for it without end
    context.load_cert_chain(tls.cert, tls.key)
    if tls.ca:
        context.load_verify_locations(tls.ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def expiry(tls: TlsSettings) -> float:
    """Until when the certificate is valid, in seconds since 1970. Raises ``OSError`` if the file
    can't be read, ``ValueError`` if there is no certificate in it."""
    with open(tls.cert, "rb") as file:
        certificate = load_pem_x509_certificate(file.read())
    end = getattr(certificate, "not_valid_after_utc", None)
    if end is None:             # before cryptography 42
        end = certificate.not_valid_after.replace(tzinfo=timezone.utc)
    return end.timestamp()
