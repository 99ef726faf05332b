import ssl

import pytest
from websocket import WebSocketException

from certificate import make_certificate
from vscpws.settings import TlsSettings
from vscpws.web.tls import expiry, server_context
from web.stage import Stage


@pytest.fixture
def pair(tmp_path):
    return make_certificate(tmp_path, "first")


def plain(tls):
    return server_context(tls)


def test_clients_must_have_a_certificate_only_with_ca(pair):
    assert plain(TlsSettings(*pair)).verify_mode == ssl.CERT_NONE
    assert plain(TlsSettings(*pair, ca=pair[0])).verify_mode == ssl.CERT_REQUIRED


def test_the_oldest_version_is_tls_1_2(pair):
    assert plain(TlsSettings(*pair)).minimum_version == ssl.TLSVersion.TLSv1_2


def test_files_that_do_not_fit_are_refused(tmp_path, pair):
    other = make_certificate(tmp_path, "other")
    for cert, key in ((pair[0], other[1]), (pair[0], str(tmp_path / "none")), (pair[1], pair[1])):
        with pytest.raises(OSError):
            plain(TlsSettings(cert, key))


def test_a_half_written_certificate_is_refused(tmp_path, pair):
    cert, key = make_certificate(tmp_path, "second")
    half = tmp_path / "half.crt"
    with open(cert, encoding="ascii") as file:
        half.write_text(file.read()[:200])
    with pytest.raises(OSError):
        plain(TlsSettings(str(half), key))


def test_the_end_of_a_certificate_is_known(pair):
    end = ssl.cert_time_to_seconds(ssl._ssl._test_decode_cert(pair[0])["notAfter"])
    assert expiry(TlsSettings(*pair)) == end


@pytest.mark.parametrize("text, error", [(None, OSError), ("no certificate", ValueError)])
def test_the_end_of_what_is_no_certificate_is_not(tmp_path, text, error):
    path = tmp_path / "x.crt"
    if text:
        path.write_text(text)
    with pytest.raises(error):
        expiry(TlsSettings(str(path), ""))


class TestLive:
    """Against the whole server."""

    def test_with_ca_only_clients_with_a_certificate_are_served(self, tmp_path):
        own, others = make_certificate(tmp_path, "own"), make_certificate(tmp_path, "others")
        pair = make_certificate(tmp_path, "localhost")
        with Stage(tmp_path, tls=server_context(TlsSettings(*pair, ca=own[0]))) as stage:
            good = {"certfile": own[0], "keyfile": own[1], "cert_reqs": ssl.CERT_NONE}
            client = stage.log_in(sslopt=good)
            for wrong in ({}, {"certfile": others[0], "keyfile": others[1]}):
                # With TLS 1.3 the refusal comes after the client's part of the handshake.
                with pytest.raises((OSError, WebSocketException)):
                    stage.log_in(sslopt=dict(wrong, cert_reqs=ssl.CERT_NONE))
            stage.deliver(3)
            assert client.recv().startswith("E;0,10,3,")
            client.close()

    def test_a_renewed_certificate_drops_nobody(self, tmp_path):
        context = server_context(TlsSettings(*make_certificate(tmp_path, "first")))
        with Stage(tmp_path, tls=context) as stage:
            before = stage.log_in()
            stage.call(lambda: stage.server.renew(server_context(
                TlsSettings(*make_certificate(tmp_path, "second")))))
            after = stage.log_in()
            assert before.sock.getpeercert(True) != after.sock.getpeercert(True)
            stage.deliver(4)
            for client in (before, after):
                assert client.recv().startswith("E;0,10,4,")
                client.close()
