"""Certificates made to order, for tests that need one fault and no other."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from analyzers.x509.certificate import Certificate, parse_certificate
from tests.x509.population import NOW, key, name

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["AT", "Order", "issue", "root"]

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
