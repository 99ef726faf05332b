"""A self-signed certificate for this host, so that TLS on a LAN is one command."""

from __future__ import annotations

import datetime
import ipaddress
import os
from typing import Optional, Sequence, Tuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from .atomicfile import Access, replace_file, target
from .errors import StartFailed, reason
from .privileges import Identity

__all__ = ["certificate_texts", "outdated", "write_certificate"]

_SOON = datetime.timedelta(days=30)
_VALID_DAYS = 825               # some browsers take no certificate that lives longer
_LONGEST_NAME = 64              # of a common name, RFC 5280


def write_certificate(folder: str, names: Sequence[str], addresses: Sequence[str],
                      owner: Optional[Identity], like: Optional[Access] = None) -> Tuple[str, str]:
    """Writes ``vscpwsd.crt``, for everybody to read, and ``vscpwsd.key``; returns their paths.

    Files that are there are never replaced. ``owner``: whom to give them to; without one the key
    gets the access that is ``like``. Raises ``StartFailed``.
    """
    paths = tuple(target(os.path.join(os.path.abspath(folder), "vscpwsd" + end))
                  for end in (".crt", ".key"))
    for path in paths:
        if os.path.lexists(path):
            raise StartFailed("%s exists already; remove it first, if it is no longer used" % path)
    texts = certificate_texts(names, addresses)
    ways = (0o644, None), (0o600, like)
    for path, text, (mode, access) in zip(paths, texts, ways):
        try:
            replace_file(path, text, owner, mode, access)
        except OSError as error:
            raise StartFailed("can't write %s: %s" % (path, reason(error))) from None
    return paths[0], paths[1]


def certificate_texts(names: Sequence[str], addresses: Sequence[str]) -> Tuple[str, str]:
    """A new certificate and its key, PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    return _certificate(key, names, addresses).decode("ascii"), key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption()).decode("ascii")


def outdated(text: str, names: Sequence[str], addresses: Sequence[str]) -> str:
    """Why a certificate of ours (PEM) had better be made anew: it ends soon, or lacks a name or an
    address; empty if it is good, or not ours to replace. Raises ``ValueError`` for what is none."""
    found = x509.load_pem_x509_certificate(text.encode("utf-8"))
    if found.issuer != found.subject:
        return ""
    utc = datetime.timezone.utc
    end = getattr(found, "not_valid_after_utc", None)       # None: before cryptography 42
    end = end or found.not_valid_after.replace(tzinfo=utc)
    if end < datetime.datetime.now(utc) + _SOON:
        return "it ends on %s" % end.strftime("%Y-%m-%d")
    try:
        known = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        known = x509.SubjectAlternativeName([])
    has = {*known.get_values_for_type(x509.DNSName),
           *map(str, known.get_values_for_type(x509.IPAddress))}
    missing = [each for each in (*names, *addresses) if each not in has]
    return "it lacks %s" % ", ".join(missing) if missing else ""


def _certificate(key: ec.EllipticCurvePrivateKey, names: Sequence[str],
                 addresses: Sequence[str]) -> bytes:
    now = datetime.datetime.now(datetime.timezone.utc)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:_LONGEST_NAME])])
    known_as = ([x509.DNSName(name) for name in names]
                + [x509.IPAddress(ipaddress.ip_address(address)) for address in addresses])
    public = key.public_key()
    usage = dict.fromkeys(("content_commitment", "key_encipherment", "data_encipherment",
                           "key_agreement", "key_cert_sign", "crl_sign", "encipher_only",
                           "decipher_only"), False)
    return (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))    # clocks of clients are late
        .not_valid_after(now + datetime.timedelta(days=_VALID_DAYS))
        .add_extension(x509.SubjectAlternativeName(known_as), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=True, **usage), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public), critical=False)
        .sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
