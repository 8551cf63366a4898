"""Certificates made to order, for tests that need one fault and no other."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from analyzers.x509.certificate import Certificate, parse_certificate
from analyzers.x509.der import OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, wrap, write_oid
from tests.x509.population import NOW, USAGES, key, name
from tests.x509.rewriting import edited

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["AT", "Order", "certificate_named", "extended", "issue", "member", "replaced", "root"]

AT = NOW.timestamp()


@dataclass(frozen=True, slots=True)
class Order:
    """What a certificate shall be; the defaults give a healthy member."""

    subject: x509.Name = field(default_factory=lambda: name("irisa.example.com/IRISA"))
    label: str = "ec-1"
    """The label of its key."""
    is_ca: bool | None = False
    """None leaves basic constraints out."""
    path_length: int | None = None
    begin: datetime = NOW - timedelta(days=30)
    end: datetime = NOW + timedelta(days=30)
    has_key_ids: bool = True
    extensions: tuple[x509.ExtensionType, ...] = ()
    """Further extensions, critical ones."""
    names: tuple[x509.GeneralName, ...] = ()
    serial: int = 7


def _extensions(order: Order, issuer_label: str) -> Iterable[tuple[x509.ExtensionType, bool]]:
    if order.is_ca is not None:
        yield x509.BasicConstraints(ca=order.is_ca, path_length=order.path_length), True
    if order.has_key_ids:
        yield x509.SubjectKeyIdentifier.from_public_key(key(order.label).public_key()), False
        yield x509.AuthorityKeyIdentifier.from_issuer_public_key(key(issuer_label).public_key()), False
    if order.names:
        yield x509.SubjectAlternativeName(order.names), False
    yield from ((extension, True) for extension in order.extensions)


def issue(order: Order, issuer: Order | None = None, *, signed_by: str | None = None) -> Certificate:
    """Make a certificate: self-signed without an issuer; `signed_by` is the label of another key that signs."""
    above = issuer or order
    builder = (
        x509.CertificateBuilder()
        .subject_name(order.subject)
        .issuer_name(above.subject)
        .public_key(key(order.label).public_key())
        .serial_number(order.serial)
        .not_valid_before(order.begin)
        .not_valid_after(order.end)
    )
    for extension, is_critical in _extensions(order, above.label):
        builder = builder.add_extension(extension, is_critical)
    signer = key(signed_by or above.label)
    built = builder.sign(signer, None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256())
    return parse_certificate(built.public_bytes(serialization.Encoding.DER))


def root(common: str = "Example Root CA", label: str = "ec-0", **changes: object) -> Order:
    """Order an authority."""
    return Order(subject=name(common), label=label, is_ca=True, **changes)


def certificate_named(subject: x509.Name) -> bytes:
    """Make a certificate with a subject."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key("ec-0").public_key())
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(NOW)
    )
    return builder.sign(key("ec-0"), hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def member(**changes: object) -> bytes:
    """Make a plain certificate of a member."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(name("irisa.example.com/IRISA"))
        .issuer_name(name("Root CA"))
        .public_key(changes.get("public", key("ec-1").public_key()))
        .serial_number(0x1234)
        .not_valid_before(NOW)
        .not_valid_after(NOW.replace(year=2027))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=False)
        .add_extension(
            x509.KeyUsage(
                **{bit: bit.startswith("digital") for bit in USAGES},
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
    )
    built = builder.sign(key("ec-0"), hashes.SHA256())
    return built.public_bytes(serialization.Encoding.DER)


def replaced(at: int, part: bytes) -> bytes:
    """Give a certificate with one part of its TBSCertificate replaced."""
    return edited(member(), key("ec-0"), lambda fields: [*fields[:at], part, *fields[at + 1 :]])


def extended(*extensions: tuple[str, bytes, bytes]) -> bytes:
    """Give a certificate with other extensions: identifier, `critical` as DER or nothing, value."""
    encoded = b"".join(
        wrap(SEQUENCE, wrap(OBJECT_IDENTIFIER, write_oid(oid)) + critical + wrap(OCTET_STRING, value))
        for oid, critical, value in extensions
    )
    return replaced(7, wrap(0xA3, wrap(SEQUENCE, encoded)))
