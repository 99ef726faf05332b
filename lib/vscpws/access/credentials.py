"""Passwords as they are stored, and as they come over the wire.

Stored: ``SALT;HASH`` in hex, PBKDF2-HMAC-SHA256 (RFC 8018) with 70000 rounds over
``user:password``, or the old form, the MD5 of ``user:password`` without salt.

On the wire: ``user:password`` encrypted with AES-128 in CBC mode (FIPS 197, SP 800-38A) under the
key that clients and server share. The text is padded to whole blocks with NUL or blanks, and a
client may add a block of padding to a text that needs none; so both ends of both parts are stripped
of them.

Every check of a password does one whole PBKDF2, whatever is stored and whether it fits, so that its
time tells nothing about the user.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from typing import Optional, Tuple

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from ..model.errors import ConfigurationError, Problem
from .files import read_text

__all__ = [
    "DEFAULT_KEY", "DEFAULT_PASSWORD", "MAX_CRYPTO", "PADDING", "UNKNOWN_USER_PASSWORD",
    "check_name", "decrypt", "encrypt", "hash_password", "is_legacy", "is_valid_stored", "load_key",
    "make_key", "new_sid", "parse_crypto", "parse_iv", "verify_password",
]

DEFAULT_KEY = bytes.fromhex("2DBB079A38985AF00EBEEFE22F9FFA0E")     # published: for loopback only
DEFAULT_PASSWORD = "secret"                                         # published: for loopback only
MAX_CRYPTO = 256                # bytes of encrypted user:password
PADDING = " \0"

_BLOCK = 16                     # bytes; also the length of key, iv and salt
_ROUNDS = 70000
_HASH = 32                      # bytes

_HEX = re.compile(r"[0-9A-Fa-f]*\Z")
_SALTED = re.compile(r"([0-9A-Fa-f]{32});([0-9A-Fa-f]{64})\Z")
_LEGACY = re.compile(r"[0-9A-Fa-f]{32}\Z")

UNKNOWN_USER_PASSWORD = ";".join((secrets.token_hex(_BLOCK), secrets.token_hex(_HASH)))


def load_key(path: str) -> bytes:
    """The 16 bytes of a key file: hex digits with blanks and line ends anywhere, 32 or more.

    Raises ``ConfigurationError``; its text never quotes the file.
    """
    digits = "".join(read_text(path).split())
    if not _HEX.match(digits):
        raise ConfigurationError([Problem(path, "", "not a key: only hex digits belong here")])
    if len(digits) < 2 * _BLOCK:
        raise ConfigurationError([Problem(path, "", "not a key: %d hex digits, at least %d" % (
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
    if len(_joined(user, password)) > MAX_CRYPTO:
        raise ValueError("name and password have more than %d bytes together" % (MAX_CRYPTO - 1))
    salt = secrets.token_bytes(_BLOCK) if salt is None else salt
    return ("%s;%s" % (salt.hex(), _pbkdf2(user, password, salt).hex())).upper()


def check_name(name: str) -> None:
    """Raise ``ValueError`` with the reason if no user can log in by this name."""
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
    legacy = hashlib.md5(_joined(user, password)).hexdigest()
    return is_legacy(stored) and hmac.compare_digest(legacy, stored.lower())


def is_valid_stored(stored: str) -> bool:
    """Whether ``stored`` has one of the two forms."""
    return bool(_SALTED.match(stored) or _LEGACY.match(stored))


def is_legacy(stored: str) -> bool:
    """Whether ``stored`` has the old form, MD5."""
    return bool(_LEGACY.match(stored))


def _pbkdf2(user: str, password: str, salt: bytes) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", _joined(user, password), salt, _ROUNDS, _HASH)


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


def decrypt(key: bytes, iv: bytes, crypto: bytes) -> Tuple[str, str]:
    """User and password of an encrypted login.

    Raises ``ValueError`` if it doesn't hold both, which usually means another key.
    """
    decryptor = _cipher(key, iv).decryptor()
    plain = decryptor.update(crypto) + decryptor.finalize()
    try:
        text = plain.decode("utf-8")
    except UnicodeDecodeError:
        text = ""               # not raised from here: that error carries the whole plain text
    user, colon, password = text.partition(":")
    if not colon:
        raise ValueError("no user:password in what was encrypted; another key?")
    return user.strip(PADDING), password.strip(PADDING)


def encrypt(key: bytes, iv: bytes, user: str, password: str, pad: bytes = b"\0") -> bytes:
    """The other direction, as a client does it; ``pad`` is one byte, NUL or a blank."""
    plain = _joined(user, password)
    plain += pad * (-len(plain) % _BLOCK)
    encryptor = _cipher(key, iv).encryptor()
    return encryptor.update(plain) + encryptor.finalize()


def _cipher(key: bytes, iv: bytes) -> Cipher:
    return Cipher(algorithms.AES(key), modes.CBC(iv))
