"""The certificate, as TLS clients of Python see it."""

import os
import socket
import ssl
import threading

import pytest

from vscpws.daemon.config.filecheck import check_tls
from vscpws.daemon.process.certificate import write_certificate
from vscpws.daemon.process.errors import StartFailed
from vscpws.settings import TlsSettings

NAMES, ADDRESSES = ["house", "house.local", "localhost"], ["127.0.0.1", "192.0.2.7", "::1"]


@pytest.fixture
def pair(tmp_path):
    return write_certificate(str(tmp_path), NAMES, ADDRESSES, None)


def shake_hands(pair, trusted, name):
    """A whole handshake of a client that trusts ``trusted`` and calls the server ``name``."""
    ours, theirs = socket.socketpair()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(*pair)

    def serve():
        try:
            server.wrap_socket(ours, server_side=True).close()
        except OSError:
            pass
    thread = threading.Thread(target=serve)
    thread.start()
    try:
        client = ssl.create_default_context(cafile=trusted)
        client.wrap_socket(theirs, server_hostname=name).close()
    finally:
        theirs.close()
        thread.join(10)
        ours.close()


@pytest.mark.parametrize("name", NAMES + ADDRESSES)
def test_a_client_that_trusts_it_accepts_every_name(pair, name):
    shake_hands(pair, pair[0], name)


def test_another_name_is_refused(pair):
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(pair, pair[0], "elsewhere")


def test_the_daemon_takes_the_pair(pair):
    assert check_tls(TlsSettings(*pair)) == []


def test_the_key_is_its_owners_alone(pair):
    assert [os.stat(path).st_mode & 0o777 for path in pair] == [0o644, 0o600]


def test_files_that_are_there_stay(tmp_path, pair):
    before = [open(path, "rb").read() for path in pair]
    with pytest.raises(StartFailed, match="vscpwsd.crt exists already"):
        write_certificate(str(tmp_path), NAMES, ADDRESSES, None)
    assert [open(path, "rb").read() for path in pair] == before


def test_a_folder_that_is_missing_is_one_readable_line(tmp_path):
    with pytest.raises(StartFailed, match="can't write .*/no/vscpwsd.crt: No such file"):
        write_certificate(str(tmp_path / "no"), NAMES, ADDRESSES, None)
