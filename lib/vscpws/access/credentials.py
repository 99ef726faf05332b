"""Passwords as they are stored, and as they come over the wire.

Stored: ``SALT;HASH`` in hex, PBKDF2-HMAC-SHA256 (RFC 8018) with 70000 rounds over
``user:password``, or the old form, the MD5 of ``user:password`` without salt.

On the wire: ``user:password`` encrypted with AES-128 in CBC mode (FIPS 197, SP 800-38A) under the
key that clients and server share. Clients in the field fill up the last block in every way there
is: with NULs, with a NUL and what happened to stand behind it in memory, with blanks, as PKCS#7
(RFC 5652, section 6.3) has it, or with that over a text that was already filled up with NULs.

Every check of a password does one whole PBKDF2, whatever is stored and whether it fits, so that its
time tells nothing about the user.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from functools import lru_cache
from typing import Optional, Tuple

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from ..model.errors import ConfigurationError, Problem

__all__ = [
    "DEFAULT_KEY", "DEFAULT_PASSWORD", "MAX_CRYPTO", "PADDING", "UNKNOWN_USER_PASSWORD",
    "check_name", "decrypt", "encrypt", "has_default_password", "hash_password", "is_legacy",
    "is_valid_stored", "make_key", "new_sid", "parse_crypto", "parse_iv", "parse_key",
    "verify_password",
]

DEFAULT_KEY = bytes.fromhex("2DBB079A38985AF00EBEEFE22F9FFA0E")     # published: for loopback only
DEFAULT_PASSWORD = "secret"                                         # published: for loopback only
MAX_CRYPTO = 256                # bytes of encrypted user:password
PADDING = " \0"

_BLOCK = 16                     # bytes; also the length of key, iv and salt
_LONGEST_NAME = 100             # characters; name and password must fit into MAX_CRYPTO
_ROUNDS = 70000
_HASH = 32                      # bytes

_HEX = re.compile(r"[0-9A-Fa-f]*\Z")
_SALTED = re.compile(r"([0-9A-Fa-f]{32});([0-9A-Fa-f]{64})\Z")
_LEGACY = re.compile(r"[0-9A-Fa-f]{32}\Z")

UNKNOWN_USER_PASSWORD = ";".join((secrets.token_hex(_BLOCK), secrets.token_hex(_HASH)))


def parse_key(text: str, file: str) -> bytes:
    """The 16 bytes that a key file's text says: hex digits with blanks and line ends anywhere, 32
    or more.

    Raises ``ConfigurationError`` that names ``file`` and never quotes it.
    """
    digits = "".join(text.split())
    if not _HEX.match(digits):
        raise ConfigurationError([Problem(file, "", "not a key: only hex digits belong here")])
    if len(digits) < 2 * _BLOCK:
        raise ConfigurationError([Problem(file, "", "not a key: %d hex digits, at least %d" % (
            len(digits), 2 * _BLOCK))])
    return bytes.fromhex(digits[:2 * _BLOCK])


def make_key() -> str:
    """A new random key as a key file holds it, without a line end."""
    return secrets.token_hex(_BLOCK).upper()


def new_sid() -> str:
    """A new session id: 16 random bytes as upper-case hex."""
    return secrets.token_hex(_BLOCK).upper()


def hash_password(user: str, password: str, salt: Optional[bytes] = None) -> str:
    """What the user file stores for this password; ``salt`` is 16 bytes, random by default.

    Raises ``ValueError`` for what could never come over the wire.
    """
    check_name(user)
    if not password or password != password.strip(PADDING):
        raise ValueError("a password can't be empty, nor begin or end with a blank")
    if any("\ud800" <= character <= "\udfff" for character in password):
        raise ValueError("a password can't hold bytes that are no text")
    if any(character < " " for character in password):      # on the wire they would be padding
        raise ValueError("a password can't hold control characters")
    if len(_joined(user, password)) > MAX_CRYPTO:
        raise ValueError("name and password have more than %d bytes together" % (MAX_CRYPTO - 1))
    salt = secrets.token_bytes(_BLOCK) if salt is None else salt
    return ("%s;%s" % (salt.hex(), _pbkdf2(user, password, salt).hex())).upper()


def check_name(name: str) -> None:
    """Raise ``ValueError`` with the reason if no user can log in by this name."""
    if len(name) > _LONGEST_NAME:
        raise ValueError("a name can't have more than %d characters" % _LONGEST_NAME)
    if not name or name != name.strip(PADDING):
        raise ValueError("a name can't be empty, nor begin or end with a blank")
    if ":" in name or not name.isprintable():
        raise ValueError("a name can't hold a colon or control characters")


def verify_password(stored: str, user: str, password: str) -> bool:
    """Whether ``password`` is the one stored for ``user``.

    Takes tens of milliseconds, the same for a good, a wrong and an unusable stored form.
    """
    salted = _SALTED.match(stored)
    salt = salted.group(1) if salted else "00" * _BLOCK
    derived = _pbkdf2(user, password, bytes.fromhex(salt))
    if salted:
        return hmac.compare_digest(derived, bytes.fromhex(salted.group(2)))
    return is_legacy(stored) and hmac.compare_digest(_legacy(user, password), stored.lower())


@lru_cache(maxsize=1024)        # as many as a user file has; the daemon asks again at each reload
def has_default_password(stored: str, user: str) -> bool:
    """Whether the published password is the one stored for ``user``.

    Tells nobody by its time, so it is quick for the old form; else it takes tens of milliseconds,
    but only the first time.
    """
    if is_legacy(stored):
        return _legacy(user, DEFAULT_PASSWORD) == stored.lower()
    return verify_password(stored, user, DEFAULT_PASSWORD)


def is_valid_stored(stored: str) -> bool:
    """Whether ``stored`` has one of the two forms."""
    return bool(_SALTED.match(stored) or _LEGACY.match(stored))


def is_legacy(stored: str) -> bool:
    """Whether ``stored`` has the old form, MD5."""
    return bool(_LEGACY.match(stored))


def _pbkdf2(user: str, password: str, salt: bytes) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", _joined(user, password), salt, _ROUNDS, _HASH)


def _legacy(user: str, password: str) -> str:
    return hashlib.md5(_joined(user, password)).hexdigest()


def _joined(user: str, password: str) -> bytes:
    return ("%s:%s" % (user, password)).encode("utf-8")


def parse_iv(text: str) -> bytes:
    """The 16 bytes of an initialization vector; ``ValueError`` if it isn't 32 hex digits."""
    iv = _parse_hex(text)
    if len(iv) != _BLOCK:
        raise ValueError("%d bytes of iv, not %d" % (len(iv), _BLOCK))
    return iv


def parse_crypto(text: str) -> bytes:
    """The encrypted bytes, 16 to 256 and whole blocks; ``ValueError`` otherwise."""
    crypto = _parse_hex(text)
    if not crypto or len(crypto) > MAX_CRYPTO or len(crypto) % _BLOCK:
        raise ValueError("%d encrypted bytes, not a multiple of %d from %d to %d" % (
            len(crypto), _BLOCK, _BLOCK, MAX_CRYPTO))
    return crypto


def _parse_hex(text: str) -> bytes:
    digits = text.strip()
    if len(digits) % 2 or not _HEX.match(digits):
        raise ValueError("not pairs of hex digits")
    return bytes.fromhex(digits)


def decrypt(key: bytes, iv: bytes, crypto: bytes) -> Optional[Tuple[str, str]]:
    """User and password of an encrypted login.

    ``None`` if it doesn't hold both, which usually means another key.
    """
    decryptor = _cipher(key, iv).decryptor()
    plain = decryptor.update(crypto) + decryptor.finalize()
    try:
        text = _without_padding(plain).decode("utf-8")
    except UnicodeDecodeError:
        return None
    user, colon, password = text.partition(":")
    return (user.strip(PADDING), password.strip(PADDING)) if colon else None


def _without_padding(plain: bytes) -> bytes:
    """Up to the first NUL; where there is none, without a valid PKCS#7 padding.

    Blanks needn't be looked for: those around user and password don't count anyway.
    """
    text, nul, _ = plain.partition(b"\0")
    if nul:
        return text
    count = plain[-1]
    if 1 <= count <= _BLOCK and plain.endswith(plain[-1:] * count):
        return plain[:-count]
    return plain


def encrypt(key: bytes, iv: bytes, user: str, password: str, pad: bytes = b"\0") -> bytes:
    """The other direction, as a client does it; ``pad`` is one byte, NUL or a blank."""
    plain = _joined(user, password)
    plain += pad * (-len(plain) % _BLOCK)
    encryptor = _cipher(key, iv).encryptor()
    return encryptor.update(plain) + encryptor.finalize()


def _cipher(key: bytes, iv: bytes) -> Cipher[modes.CBC]:
    return Cipher(algorithms.AES(key), modes.CBC(iv))
