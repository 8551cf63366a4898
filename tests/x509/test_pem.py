"""PEM files, with and without certificates in them."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.errors import MalformedCertificate
from analyzers.x509.certificate import load_pem_certificates, parse_certificate
from tests.x509.making import member
from tests.x509.population import key
from tests.x509.rewriting import to_version_1


def pem(der: bytes, label: str = "CERTIFICATE") -> bytes:
    """Wrap bytes in a PEM block."""
    body = base64.encodebytes(der).decode()
    return f"-----BEGIN {label}-----\n{body}-----END {label}-----\n".encode()


def test_pem_files() -> None:
    """Certificates come in the order of the file, whatever stands between them."""
    one, two = member(), to_version_1(member(), key("ec-0"))
    data = (
        b"subject=a\r\n"
        + pem(one).replace(b"\n", b"\r\n")
        + pem(b"key", "PRIVATE KEY")
        + pem(two, "X509 CERTIFICATE")
    )
    assert load_pem_certificates(data) == (parse_certificate(one), parse_certificate(two))


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "there is no PEM block"),
        (b"nonsense", "there is no PEM block"),
        (member(), "DER where PEM is wanted"),
        (pem(b"key", "PRIVATE KEY"), "no certificate in it, only PRIVATE KEY"),
        (
            pem(b"key", "PRIVATE KEY") + pem(b"r", "CERTIFICATE REQUEST"),
            "only CERTIFICATE REQUEST, PRIVATE KEY",
        ),
        (pem(b"nonsense"), "is no certificate: "),
        (pem(member()[:-9]), "is no certificate: "),
        (
            b"-----BEGIN CERTIFICATE-----\nAAAAA\n-----END CERTIFICATE-----",
            "the Base64 of a certificate is broken",
        ),
        (pem(member())[:-20], "the block of a certificate has no end"),
        (pem(b"key", "PRIVATE KEY")[:-20], "only PRIVATE KEY"),
    ],
)
def test_pem_files_without_certificates(data: bytes, what: str) -> None:
    """Whatever is wrong with a file is said in a word."""
    with pytest.raises(MalformedCertificate, match=what):
        load_pem_certificates(data)


@given(
    st.binary(max_size=300).map(
        lambda data: b"-----BEGIN CERTIFICATE-----" + data + b"-----END CERTIFICATE-----"
    )
)
def test_any_pem_is_certificates_or_malformed(data: bytes) -> None:
    """Whatever stands in a PEM block, only MalformedCertificate is raised."""
    try:
        load_pem_certificates(data)
    except MalformedCertificate as error:
        assert error.offset == 0  # noqa: PT017


def test_a_certificate_behind_a_block_without_end() -> None:
    """A key that was cut off does not hide the certificate behind it."""
    data = pem(b"key", "PRIVATE KEY")[:-30] + pem(member())
    assert len(load_pem_certificates(data)) == 1


def test_blocks_that_begin_and_never_end() -> None:
    """Very many beginnings before one end are one block, looked through once."""
    with pytest.raises(MalformedCertificate):
        load_pem_certificates(b"-----BEGIN CERTIFICATE-----" * 40_000 + b"-----END CERTIFICATE-----")
