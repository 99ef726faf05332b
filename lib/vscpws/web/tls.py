"""TLS: the server's context, checked before it is used and renewed while it is."""

from __future__ import annotations

import ssl

from gevent.ssl import SSLContext

from ..config.settings import TlsSettings

__all__ = ["renew", "server_context"]


def server_context(tls: TlsSettings, context_class=SSLContext) -> ssl.SSLContext:
    """A context for TLS 1.2 and up. With ``ca`` clients must present a certificate.

    Raises ``OSError`` (``ssl.SSLError`` among them) if a file is missing, broken, or the key is
    not the certificate's.
    """
    context = context_class(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _load(context, tls)
    return context


def renew(context: ssl.SSLContext, tls: TlsSettings) -> None:
    """New handshakes use the files as they are now; connections go on. Raises like the above,
    and then nothing has changed."""
    server_context(tls, ssl.SSLContext)
    _load(context, tls)


def _load(context: ssl.SSLContext, tls: TlsSettings) -> None:
    context.load_cert_chain(tls.cert, tls.key)
    if tls.ca:
        context.load_verify_locations(tls.ca)
        context.verify_mode = ssl.CERT_REQUIRED
