"""The key of a handshake; the foreign peer is the ``websockets`` package."""

import pytest
from websockets.utils import accept_key, generate_key

from vscpws.codec.wshandshake import accept_of, is_key, new_key


def test_a_key_is_answered_as_others_answer_it():
    # The first is the example of RFC 6455, section 1.3.
    assert accept_of("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    key = new_key()
    assert accept_of(key) == accept_key(key)


def test_a_new_key_is_a_key_and_another_one_each_time():
    keys = {new_key() for _ in range(20)}
    assert len(keys) == 20 and all(map(is_key, keys))
    assert is_key(generate_key())


@pytest.mark.parametrize("text", [
    "", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZTEy",
    "dGhlIHNhbXBsZSBub25j*Q==", "dGhlIHNhbXBsZSBub25jZQ== ", "dGhlIHNhbXBsZSBub25j\xe4Q=="])
def test_other_texts_are_none(text):
    assert not is_key(text)
