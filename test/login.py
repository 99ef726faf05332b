"""The crypto text of a login, made by the test's own means."""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

__all__ = ["DEFAULT_KEY", "crypto_text"]

DEFAULT_KEY = "2DBB079A38985AF00EBEEFE22F9FFA0E"


def crypto_text(user: str, password: str, iv: str, key: str = DEFAULT_KEY) -> str:
    """AES-128-CBC over ``user:password``, padded with NULs, as upper-case hex."""
    plain = ("%s:%s" % (user, password)).encode("utf-8")
    encryptor = Cipher(algorithms.AES(bytes.fromhex(key)[:16]),
                       modes.CBC(bytes.fromhex(iv))).encryptor()
    return encryptor.update(plain + bytes(-len(plain) % 16)).hex().upper()
