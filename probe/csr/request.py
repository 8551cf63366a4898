"""The request itself: subject, usages and signature (RFC 2986)."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

if TYPE_CHECKING:
    from collections.abc import Iterable

    from analyzers.x509.names import Attribute, DistinguishedName

    from ..identity import PrivateKey

__all__ = ["Request", "build_request", "key_pem", "new_key"]

_KEY_USAGE = x509.KeyUsage(
    digital_signature=True,
    key_encipherment=True,
    content_commitment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)
"""Both usages that the vendor's page asks for."""

_STRING_TYPES = {kind.value: kind for kind in _ASN1Type}


@dataclass(frozen=True, slots=True)
class Request:
    """A signed request."""

    name: x509.Name
    names: tuple[x509.GeneralName, ...]
    """Subject alternative names: mirroring does not look at them, public authorities insist on one."""
    csr: x509.CertificateSigningRequest

    @property
    def pem(self) -> bytes:
        """The request in PEM."""
        return self.csr.public_bytes(Encoding.PEM)


def new_key(kind: str) -> PrivateKey:
    """Make a key: `rsa2048`, `rsa3072`, `rsa4096`, `p256` or `p384`."""
    if kind.startswith("rsa"):
        return rsa.generate_private_key(65537, int(kind.removeprefix("rsa")))
    return ec.generate_private_key(ec.SECP256R1() if kind == "p256" else ec.SECP384R1())


def key_pem(key: PrivateKey, password: bytes | None) -> bytes:
    """Write a key as PKCS #8 in PEM, encrypted where there is a password."""
    protection = NoEncryption() if password is None else BestAvailableEncryption(password)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection)


def _attribute(attribute: Attribute) -> x509.NameAttribute[str]:
    # A renewal that changes the string type changes the DN.
    kind = _STRING_TYPES.get(attribute.tag)
    return x509.NameAttribute(ObjectIdentifier(attribute.oid), attribute.value, kind)


def _subject(name: DistinguishedName) -> x509.Name:
    return x509.Name([x509.RelativeDistinguishedName([_attribute(a) for a in rdn]) for rdn in name.rdns])


def _alternative_names(name: DistinguishedName) -> Iterable[x509.GeneralName]:
    for common in name.values("CN"):
        host = common.partition("/")[0].strip()
        try:
            yield x509.IPAddress(ip_address(host))
        except ValueError:
            if "." in host and host.isascii() and all(c.isalnum() or c in ".-" for c in host):
                yield x509.DNSName(host)


def build_request(name: DistinguishedName, key: PrivateKey) -> Request:
    """Sign a request for `name`, usable as TLS client and as TLS server.

    Raises:
        ValueError: X.509 does not allow the name (a country of three letters, an empty value).
    """
    subject = _subject(name)
    names = tuple(_alternative_names(name))
    builder = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(subject)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_KEY_USAGE, critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]),
            critical=False,
        )
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    digest = None if isinstance(key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey) else SHA256()
    return Request(subject, names, builder.sign(key, digest))
