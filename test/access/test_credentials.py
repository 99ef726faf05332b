"""Keys, passwords and the encrypted login."""

import hashlib

import pytest
from cryptography.hazmat.primitives import padding
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vscpws.access import credentials
from vscpws.access.credentials import (
    DEFAULT_KEY,
    UNKNOWN_USER_PASSWORD,
    check_name,
    decrypt,
    encrypt,
    has_default_password,
    hash_password,
    is_legacy,
    is_valid_stored,
    make_key,
    new_sid,
    parse_crypto,
    parse_iv,
    parse_key,
    verify_password,
)
from vscpws.model.errors import ConfigurationError

# The key, iv and four blocks of the AES-128-CBC example in NIST SP 800-38A, F.2.1.
NIST_KEY = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
NIST_IV = bytes.fromhex("000102030405060708090a0b0c0d0e0f")
NIST_PLAIN = bytes.fromhex(
    "6bc1bee22e409f96e93d7e117393172a" "ae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52ef" "f69f2445df4f9b17ad2b417be66c3710")
NIST_CRYPTO = bytes.fromhex(
    "7649abac8119b246cee98e9b12e9197d" "5086cb9b507219ee95db113a917678b2"
    "73bed6b8e3c1743b7116e69e22229516" "3ff1caa1681fac09120eca307586e1a7")

SALT = bytes(range(16))


def salted(user, password, salt=SALT):
    derived = hashlib.pbkdf2_hmac("sha256", b"%s:%s" % (user, password), salt, 70000, 32)
    return "%s;%s" % (salt.hex(), derived.hex())


def md5(user, password):
    return hashlib.md5(b"%s:%s" % (user, password)).hexdigest()


# --- the key file -------------------------------------------------------------------------------

@pytest.mark.parametrize("text", [
    "2DBB079A38985AF00EBEEFE22F9FFA0E",
    "2dbb079a38985af00ebeefe22f9ffa0e\n",
    "2DBB 079A 3898 5AF0\r\n0EBE EFE2\t2F9F FA0E\n\n",
    "2DBB079A38985AF00EBEEFE22F9FFA0E0102",
    "2DBB079A38985AF00EBEEFE22F9FFA0E0",
    "2DBB079A38985AF00EBEEFE22F9FFA0E" + "00" * 16,
])
def test_a_key_is_the_first_16_bytes_of_hex(text):
    assert parse_key(text, "vscp.key") == DEFAULT_KEY


@pytest.mark.parametrize("text, reason", [
    ("", "not a key: 0 hex digits, at least 32"),
    ("2DBB079A38985AF00EBEEFE22F9FFA0", "not a key: 31 hex digits, at least 32"),
    ("2DBB079A38985AF00EBEEFE22F9FFA0G", "not a key: only hex digits belong here"),
    ("0x2DBB079A38985AF00EBEEFE22F9FFA0E", "not a key: only hex digits belong here"),
    ("# my key\n2DBB079A38985AF00EBEEFE22F9FFA0E", "not a key: only hex digits belong here"),
])
def test_a_broken_key_file_is_refused_without_quoting_it(text, reason):
    with pytest.raises(ConfigurationError) as caught:
        parse_key(text, "/etc/vscp.key")
    assert str(caught.value) == "/etc/vscp.key: %s" % reason


def test_a_made_key_is_one_and_new_each_time():
    text = make_key()
    assert parse_key(text + "\n", "") == bytes.fromhex(text)
    assert make_key() != text


def test_a_sid_is_32_upper_case_hex_digits_and_new_each_time():
    sids = {new_sid() for _ in range(100)}
    assert len(sids) == 100
    assert all(len(sid) == 32 and sid == sid.upper() and parse_iv(sid) for sid in sids)


# --- stored passwords ---------------------------------------------------------------------------

@pytest.mark.parametrize("stored", [
    salted(b"admin", b"secret"),
    salted(b"admin", b"secret").upper(),
    md5(b"admin", b"secret"),
    md5(b"admin", b"secret").upper(),
])
@pytest.mark.parametrize("user, password, good", [
    ("admin", "secret", True),
    ("admin", "Secret", False),
    ("admin", "", False),
    ("admi", "n:secret", False),
    ("user", "secret", False),
    ("", "", False),
])
def test_both_stored_forms_verify(stored, user, password, good):
    assert is_valid_stored(stored)
    assert verify_password(stored, user, password) is good


def test_text_beyond_ascii_counts_as_utf8():
    user, password = "jürgen", "schlüssel:€"
    stored = salted(user.encode("utf-8"), password.encode("utf-8"))
    assert verify_password(stored, user, password)
    assert hash_password(user, password, SALT) == stored.upper()


def test_a_hash_has_a_new_salt_each_time():
    first, second = hash_password("admin", "secret"), hash_password("admin", "secret")
    assert first.split(";")[0] != second.split(";")[0]
    assert verify_password(first, "admin", "secret")
    assert verify_password(second, "admin", "secret")


@pytest.mark.parametrize("stored", [
    "", "secret", "00" * 15, "00" * 17, "00" * 16 + ";", "00" * 16 + ";" + "00" * 31,
    "00" * 16 + ";" + "00" * 33, "00" * 15 + ";" + "00" * 32, "zz" * 16, "00" * 16 + "\n",
    "00" * 16 + ":" + "00" * 32, "٠" * 32,
])
def test_any_other_stored_form_is_invalid_and_never_verifies(stored):
    assert not is_valid_stored(stored)
    assert not is_legacy(stored)
    assert not verify_password(stored, "admin", "secret")


def test_only_md5_is_legacy():
    assert is_legacy(md5(b"admin", b"secret"))
    assert not is_legacy(salted(b"admin", b"secret"))


@pytest.mark.parametrize("stored", [
    salted(b"admin", b"secret"), md5(b"admin", b"secret"), UNKNOWN_USER_PASSWORD, "nonsense"])
@pytest.mark.parametrize("password", ["secret", "wrong"])
def test_every_check_derives_one_hash_of_70000_rounds(monkeypatch, stored, password):
    derived = []
    real = hashlib.pbkdf2_hmac

    def counting(*args):
        derived.append((args[0], len(args[2]), args[3], args[4]))
        return real(*args)

    monkeypatch.setattr(credentials.hashlib, "pbkdf2_hmac", counting)
    verify_password(stored, "admin", password)
    assert derived == [("sha256", 16, 70000, 32)]


def test_the_unknown_user_has_a_well_formed_password_that_nobody_knows():
    assert is_valid_stored(UNKNOWN_USER_PASSWORD)
    assert not is_legacy(UNKNOWN_USER_PASSWORD)
    assert not verify_password(UNKNOWN_USER_PASSWORD, "admin", "secret")


BLANK = "can't be empty, nor begin or end with a blank"


@pytest.mark.parametrize("user, password, reason", [
    ("", "secret", "a name " + BLANK), ("admin", "", "a password " + BLANK),
    (" admin", "secret", "a name " + BLANK), ("admin", "secret ", "a password " + BLANK),
    ("admin", "\0secret", "a password " + BLANK), ("ad:min", "secret", "colon or control"),
    ("ad\tmin", "secret", "colon or control"), ("admin\n", "secret", "colon or control"),
    ("admin", "se\udcffcret", "bytes that are no text"), ("admin", "se\ud800", "are no text"),
    ("admin", "se\udfff", "bytes that are no text"), ("admin", "sec\0ret", "control characters"),
    ("admin", "secret\x01", "control characters"), ("admin", "sec\x1fret", "control characters"),
    ("x" * 101, "secret", "more than 100 characters"), ("ad\ud800min", "secret", "control"),
    ("admin", "x" * 251, "more than 255 bytes together"),
])
def test_what_could_not_be_sent_is_not_hashed(user, password, reason):
    with pytest.raises(ValueError, match=reason) as caught:
        hash_password(user, password)
    assert not password or password not in str(caught.value)


@pytest.mark.parametrize("password", ["two words", "\ud7ff\ue000", "!~\x7f"])
def test_what_can_be_sent_is_hashed(password):
    assert hash_password("x" * 100, password)


def test_the_longest_login_that_can_be_sent():
    user, password = "admin", "x" * 250
    assert verify_password(hash_password(user, password), user, password)
    assert len(encrypt(DEFAULT_KEY, SALT, user, password)) == credentials.MAX_CRYPTO


@pytest.mark.parametrize("name", ["a", "x" * 100, "jürgen", "a b", "a;b", "日本"])
def test_good_names(name):
    check_name(name)


# --- on the wire --------------------------------------------------------------------------------

@pytest.mark.parametrize("text", [
    "000102030405060708090a0b0c0d0e0f", "000102030405060708090A0B0C0D0E0F",
    " 000102030405060708090a0b0c0d0e0F\n"])
def test_an_iv_is_32_hex_digits_in_any_case(text):
    assert parse_iv(text) == NIST_IV


@pytest.mark.parametrize("text", [
    "", "00" * 15, "00" * 17, "0" * 31, "0" * 33, "0x" + "00" * 15, "zz" * 16, "00 " * 16, "٠" * 32,
    "00" * 15 + "0\n", "00" * 8 + "  " + "00" * 8])
def test_any_other_iv_is_refused(text):
    with pytest.raises(ValueError):
        parse_iv(text)


@pytest.mark.parametrize("blocks", [1, 2, 15, 16])
def test_crypto_is_whole_blocks_in_any_case(blocks):
    assert parse_crypto("aB" * 16 * blocks) == b"\xab" * 16 * blocks


@pytest.mark.parametrize("text", [
    "", " ", "00" * 15, "00" * 17, "0" * 31, "00" * 272, "zz" * 16, "00" * 8 + " " + "00" * 8,
    "00" * 8 + "  " + "00" * 8, "é" * 32])
def test_any_other_crypto_is_refused(text):
    with pytest.raises(ValueError):
        parse_crypto(text)


@settings(deadline=None)
@given(st.text() | st.binary(max_size=300).map(bytes.hex))
def test_any_text_is_bytes_or_a_value_error(text):
    for parse in (parse_iv, parse_crypto):
        try:
            parsed = parse(text)
        except ValueError as error:
            assert len(str(error)) < 100
        else:
            assert parsed == bytes.fromhex(text)


def test_the_cipher_agrees_with_the_published_example():
    cipher = credentials._cipher(NIST_KEY, NIST_IV)
    assert cipher.encryptor().update(NIST_PLAIN) == NIST_CRYPTO
    assert cipher.decryptor().update(NIST_CRYPTO) == NIST_PLAIN


def test_a_login_encrypted_by_another_program():
    # printf 'admin:secret\0\0\0\0' | openssl enc -aes-128-cbc -nopad -K 2DBB... -iv 5A47...
    crypto = bytes.fromhex("e361cd51c033ac5c7bf9d4f744b55483")
    iv = bytes.fromhex("5A475C082C80DCDF7F2DFBD976253B24")
    assert decrypt(DEFAULT_KEY, iv, crypto) == ("admin", "secret")
    assert encrypt(DEFAULT_KEY, iv, "admin", "secret") == crypto


def encrypted(plain):
    encryptor = credentials._cipher(DEFAULT_KEY, SALT).encryptor()
    return encryptor.update(plain) + encryptor.finalize()


@pytest.mark.parametrize("plain, expected", [
    (b"admin:secret\0\0\0\0", ("admin", "secret")),
    (b"admin:secret    ", ("admin", "secret")),
    (b"admin:secret \0 \0", ("admin", "secret")),
    (b" admin : secret ", ("admin", "secret")),
    # whatever stands behind a NUL, text or not, a padding of its own or not
    (b"admin:secret\0\xff\x80:", ("admin", "secret")),
    (b"admin:secret\0abc", ("admin", "secret")),
    (b"admin:secret \0\0\x01", ("admin", "secret")),
    (b"admin:secret\0\0\0\0" + b"\x10" * 16, ("admin", "secret")),
    (b"admin:secret\0\0\0\0" + b"\xfe" * 16, ("admin", "secret")),
    # PKCS#7, alone and over blanks; a count that isn't one belongs to the text
    (b"admin:secret" + b"\x04" * 4, ("admin", "secret")),
    (b"admin:0123456789" + b"\x10" * 16, ("admin", "0123456789")),
    (b"admin:secret    " + b"\x10" * 16, ("admin", "secret")),
    (b"admin:012345678\x01", ("admin", "012345678")),
    (b"admin:012345678\x02", ("admin", "012345678\x02")),
    (b"admin:0123456\x03\x04\x03", ("admin", "0123456\x03\x04\x03")),
    (b"admin:0123456789", ("admin", "0123456789")),
    (b"admin:0123456789" + bytes(16), ("admin", "0123456789")),
    (b"admin:0123456789" + b" " * 16, ("admin", "0123456789")),
    (b"admin:se:cr:et\0\0", ("admin", "se:cr:et")),
    (b"admin::secret:\0\0", ("admin", ":secret:")),
    (b"ad min:se cret\0\0", ("ad min", "se cret")),
    (b":secret" + bytes(9), ("", "secret")),
    (b"admin:" + bytes(10), ("admin", "")),
    ("jürgen:€\0\0\0\0\0".encode("utf-8"), ("jürgen", "€")),
])
def test_padding_is_stripped_and_the_first_colon_splits(plain, expected):
    assert decrypt(DEFAULT_KEY, SALT, encrypted(plain)) == expected


@pytest.mark.parametrize("plain", [
    b"adminsecret\0\0\0\0\0", bytes(16), b"admin:\xff\xfe        ", b"\0admin:secret\0\0\0",
    b"admin\0:secret\0\0\0", b"\x10" * 16, b"\x01" * 16])
def test_what_is_no_login_is_none(plain):
    assert decrypt(DEFAULT_KEY, SALT, encrypted(plain)) is None


visible = st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters=" ")
passwords = st.lists(st.text(visible, min_size=1), min_size=1, max_size=4).map(" ".join)
names = passwords.map(lambda text: text.replace(":", "_"))


@settings(deadline=None)
@given(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16), names, passwords,
       st.sampled_from([b"\0", b" "]))
@example(DEFAULT_KEY, SALT, "admin", "0123456789", b" ")
@example(DEFAULT_KEY, SALT, "admin", ":", b"\0")
def test_what_is_encrypted_decrypts_to_the_same(key, iv, user, password, pad):
    crypto = encrypt(key, iv, user, password, pad)
    assert len(crypto) % 16 == 0
    assert decrypt(key, iv, crypto) == (user, password)
    extended = encrypt(key, iv, user, password + pad.decode("ascii") * 16, pad)
    assert len(extended) == len(crypto) + 16
    assert decrypt(key, iv, extended) == (user, password)


def pkcs7(plain):
    padder = padding.PKCS7(128).padder()
    return padder.update(plain) + padder.finalize()


def filled(plain, byte):
    return plain + byte * (-len(plain) % 16)


@settings(deadline=None)
@given(names, passwords, st.binary(max_size=40))
def test_every_way_to_fill_up_the_last_block_gives_the_same_login(user, password, rubbish):
    text = ("%s:%s" % (user, password)).encode("utf-8")
    behind = text + b"\0" + rubbish
    for plain in (filled(text, b"\0"), filled(text, b" "), filled(text, b"\0") + bytes(16),
                  filled(text, b" ") + b" " * 16, pkcs7(text), pkcs7(filled(text + b"\0", b"\0")),
                  pkcs7(filled(text, b" ")), filled(behind, b"\0"), filled(behind, b"\xa5"),
                  pkcs7(behind)):
        assert decrypt(DEFAULT_KEY, SALT, encrypted(plain)) == (user, password)


@settings(deadline=None)
@given(st.binary(min_size=16, max_size=256).map(lambda some: some[len(some) % 16:]))
def test_any_bytes_are_a_login_or_none(crypto):
    login = decrypt(DEFAULT_KEY, SALT, crypto)
    assert login is None or all(isinstance(part, str) for part in login)


# --- the published password ---------------------------------------------------------------------

@pytest.mark.parametrize("stored, published", [
    (salted(b"admin", b"secret"), True), (salted(b"admin", b"other"), False),
    (md5(b"admin", b"secret").upper(), True), (md5(b"admin", b"other"), False),
    (salted(b"user", b"secret"), False)])
def test_who_has_the_published_password(stored, published):
    assert has_default_password(stored, "admin") is published


def test_the_same_entry_is_compared_with_it_once_and_one_in_the_old_form_at_no_cost(monkeypatch):
    derived = []
    real = hashlib.pbkdf2_hmac
    monkeypatch.setattr(credentials.hashlib, "pbkdf2_hmac",
                        lambda *args: derived.append(args[1]) or real(*args))
    has_default_password.cache_clear()
    entries = [(salted(b"a", b"x"), "a"), (salted(b"b", b"x"), "b"), (md5(b"c", b"x"), "c")]
    derived.clear()
    for _ in range(3):
        for stored, name in entries:
            assert not has_default_password(stored, name)
    assert derived == [b"a:secret", b"b:secret"]
