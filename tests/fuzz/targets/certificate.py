"""Certificates and chains: any bytes make a certificate, readable or not, and any list of them a report.

The input is a TLS 1.2 certificate list: each certificate behind three bytes of length; the last may be cut.
"""

from __future__ import annotations

import contextlib

from analyzers.errors import MalformedCertificate
from analyzers.x509.certificate import Certificate, load_pem_certificates, parse_certificate
from analyzers.x509.chain import build_chain
from analyzers.x509.purposes import Purpose, openssl_purpose, vendor_purpose

NOW = 1_800_000_000.0
MAX_CERTIFICATES = 8


def one_input(data: bytes) -> None:
    """Read the certificates, judge each, and build the chain from the first to the last."""
    with contextlib.suppress(MalformedCertificate):
        load_pem_certificates(data)
    certificates = []
    while len(data) >= 3 and len(certificates) < MAX_CERTIFICATES:
        length = int.from_bytes(data[:3], "big")
        certificates.append(judge(data[3 : 3 + length]))
        data = data[3 + length :]
    for purpose in (None, Purpose.CLIENT, Purpose.SERVER):
        build_chain(tuple(certificates), (), NOW, purpose)
        build_chain(tuple(certificates[:1]), tuple(certificates[1:]), NOW, purpose)


def judge(der: bytes) -> Certificate:
    """Read and judge one certificate, whatever it is."""
    certificate = parse_certificate(der)
    assert certificate.is_readable == (certificate.problem is None)
    for purpose in Purpose:
        vendor_purpose(certificate, purpose)
        for depth in (0, 1):
            openssl_purpose(certificate, purpose, depth)
    assert certificate.key
    return certificate
