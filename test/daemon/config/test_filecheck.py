"""TLS files: a pair that fits, and what else people put there."""

import datetime
import os
import tempfile

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from vscpws.daemon.config.filecheck import check_tls, file_complaint, folder_complaint
from vscpws.settings import TlsSettings


def pem(key, encryption):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                             encryption)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Paths of a certificate and several keys."""
    folder = tmp_path_factory.mktemp("tls")
    key, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    start = datetime.datetime(2024, 1, 1)
    cert = (x509.CertificateBuilder().subject_name(name).issuer_name(name)
            .public_key(key.public_key()).serial_number(1).not_valid_before(start)
            .not_valid_after(start + datetime.timedelta(days=36500)).sign(key, hashes.SHA256()))
    plain = serialization.NoEncryption()
    contents = {
        "cert": cert.public_bytes(serialization.Encoding.PEM),
        "key": pem(key, plain),
        "other": pem(other, plain),
        "locked": pem(key, serialization.BestAvailableEncryption(b"password")),
        "nonsense": b"nonsense",
    }
    for file, content in contents.items():
        (folder / file).write_bytes(content)
    return {file: str(folder / file) for file in [*contents, "missing"]}


@pytest.mark.parametrize("ca", ["", "cert"])
def test_a_pair_that_fits(made, ca):
    assert check_tls(TlsSettings(made["cert"], made["key"], made.get(ca, ""))) == []


@pytest.mark.parametrize("cert, key, ca, problems", [
    ("cert", "other", "", [("cert", "[tls] cert, key", "don't belong together")]),
    ("cert", "locked", "", [("cert", "[tls] cert, key", "encrypted key")]),
    ("nonsense", "key", "", [("nonsense", "[tls] cert, key", "not PEM")]),
    ("cert", "nonsense", "", [("cert", "[tls] cert, key", "not PEM")]),
    ("cert", "missing", "", [("cert", "[tls] cert, key", "No such file")]),
    ("cert", "key", "nonsense", [("nonsense", "[tls] ca", "no usable CA certificate")]),
    ("cert", "other", "missing", [("cert", "[tls] cert, key", "don't belong together"),
                                  ("missing", "[tls] ca", "No such file")]),
])
def test_what_does_not_fit(made, cert, key, ca, problems):
    found = check_tls(TlsSettings(made[cert], made[key], made.get(ca, "")))
    assert [(problem.file, problem.where) for problem in found] == [
        (made[file], where) for file, where, _ in problems]
    for problem, (_, _, part) in zip(found, problems):
        assert part in problem.reason


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_file_without_measure_is_not_read(made, tmp_path, place):
    paths = [made["cert"], made["key"], made["cert"]]
    paths[place] = str(tmp_path / "long")
    with open(paths[place], "wb") as file:
        file.truncate(200 << 20)
    [problem] = check_tls(TlsSettings(*paths))
    assert str(problem) == "%s: larger than 1 MiB" % paths[place]


def test_files_and_folders_are_told_apart(tmp_path):
    file = tmp_path / "file"
    file.write_text("x")
    assert file_complaint(str(file)) is None
    assert folder_complaint(str(tmp_path)) is None
    assert file_complaint(str(tmp_path)).endswith("not a regular file")
    assert folder_complaint(str(file)).endswith("not a folder")
    assert file_complaint("/dev/null").endswith("not a regular file")
    assert "No such file" in folder_complaint(str(tmp_path / "gone"))


@pytest.fixture
def not_root():
    """Root may read everything, so a test of permissions is somebody else for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.setresuid(65534, 65534, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


def test_what_must_not_be_read(not_root):
    with tempfile.NamedTemporaryFile() as file:
        os.chmod(file.name, 0)
        assert file_complaint(file.name).endswith("Permission denied")
