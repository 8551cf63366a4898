"""What to write into a certificate of the lab.

A `Recipe` says all that a certificate holds apart from its issuer; the default is the certificate of a mirror
member that the vendor's page asks for: usable as client and as server, by Key Usage and by Extended Key
Usage. Variants are made with `dataclasses.replace`, so that a fault reads as the one thing that it changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from ipaddress import ip_address
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from .keys import KeyKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = [
    "CLIENT_AND_SERVER",
    "LOOPBACK",
    "NetscapeType",
    "Recipe",
    "Signature",
    "authority_recipe",
    "distinguished_name",
    "extensions_of",
    "member_recipe",
]

CLIENT_AND_SERVER = ("clientAuth", "serverAuth")

LOOPBACK: Mapping[str, str] = {"IRISA": "127.0.0.11", "IRISB": "127.0.0.12", "IRISC": "127.0.0.13"}
"""The members of the lab's mirror, each with an address of its own; Linux answers on all of 127.0.0.0/8."""

_KEY_USAGES: Mapping[str, str] = {
    "digitalSignature": "digital_signature",
    "nonRepudiation": "content_commitment",
    "keyEncipherment": "key_encipherment",
    "dataEncipherment": "data_encipherment",
    "keyAgreement": "key_agreement",
    "keyCertSign": "key_cert_sign",
    "cRLSign": "crl_sign",
    "encipherOnly": "encipher_only",
    "decipherOnly": "decipher_only",
}
"""RFC 5280 section 4.2.1.3 to the library's names."""

_EXTENDED_KEY_USAGES: Mapping[str, ObjectIdentifier] = {
    "clientAuth": ExtendedKeyUsageOID.CLIENT_AUTH,
    "serverAuth": ExtendedKeyUsageOID.SERVER_AUTH,
    "codeSigning": ExtendedKeyUsageOID.CODE_SIGNING,
    "emailProtection": ExtendedKeyUsageOID.EMAIL_PROTECTION,
    "anyExtendedKeyUsage": ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
}

_NETSCAPE_CERT_TYPE = ObjectIdentifier("2.16.840.1.113730.1.1")


class NetscapeType(Enum):
    """The Netscape certificate types that matter to TLS; the value is the whole DER of the BIT STRING."""

    SSL_CLIENT = bytes.fromhex("03020780")
    SSL_SERVER = bytes.fromhex("03020640")


class Signature(Enum):
    """How the issuer signs."""

    SHA256 = "sha256"
    SHA1 = "sha1"
    """By RSA issuers only."""
    BROKEN = "broken"
    """SHA-256, and then one bit of the signature is flipped."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that a certificate holds apart from its issuer; None leaves an extension out."""

    subject: x509.Name
    key: KeyKind = KeyKind.RSA_2048
    key_label: str | None = None
    """Tells apart keys of one subject; None: the subject itself is the label."""
    valid_from: timedelta = timedelta(days=-1)
    """Counted from the authority's clock, as `valid_until`."""
    valid_until: timedelta = timedelta(days=365)
    key_usage: tuple[str, ...] | None = ("digitalSignature", "keyEncipherment")
    """RFC 5280 names."""
    extended_key_usage: tuple[str, ...] | None = CLIENT_AND_SERVER
    netscape_type: NetscapeType | None = None
    is_ca: bool = False
    path_length: int | None = None
    permitted_names: tuple[str, ...] = ()
    """DNS names of the name constraints' permitted subtrees."""
    critical_extension: str | None = None
    """The object identifier of an extension that nobody knows, marked critical."""
    alternative_names: tuple[str, ...] = ()
    """Host names and IP addresses."""
    key_identifiers: bool = True
    """Whether it names its own key and its issuer's; without, only a signature tells a re-keyed issuer."""
    signature: Signature = Signature.SHA256

    @property
    def label(self) -> str:
        """The label of the key."""
        return self.subject.rfc4514_string() if self.key_label is None else self.key_label


def distinguished_name(text: str) -> x509.Name:
    """Read an RFC 4514 name; its values are encoded as UTF8String, countries as PrintableString.

    Raises:
        ValueError: `text` is no such name.
    """
    return x509.Name.from_rfc4514_string(text)


def member_recipe(member: str) -> Recipe:
    """Give the certificate that a mirror member should have: the CN holds host name and instance name.

    The alternative names play no role in a mirror; they let other TLS stacks, which check host names, be
    peers on loopback.
    """
    host = f"{member.lower()}.example.com"
    own_address = (LOOPBACK[member],) if member in LOOPBACK else ()
    return Recipe(
        subject=distinguished_name(f"CN={host}/{member},O=Example,C=US"),
        alternative_names=(host, "localhost", "127.0.0.1", *own_address),
    )


def authority_recipe(name: str) -> Recipe:
    """Give the certificate of a certificate authority with this common name."""
    return Recipe(
        subject=x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "US"),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example"),
                x509.NameAttribute(NameOID.COMMON_NAME, name),
            ]
        ),
        valid_from=timedelta(days=-30),
        valid_until=timedelta(days=3650),
        key_usage=("keyCertSign", "cRLSign"),
        extended_key_usage=None,
        is_ca=True,
    )


def extensions_of(recipe: Recipe) -> Iterator[tuple[x509.ExtensionType, bool]]:
    """Yield the extensions that the recipe itself asks for, each with whether it is critical."""
    yield x509.BasicConstraints(ca=recipe.is_ca, path_length=recipe.path_length), True
    if recipe.key_usage is not None:
        yield _key_usage(recipe.key_usage), True
    if recipe.extended_key_usage is not None:
        yield x509.ExtendedKeyUsage([_EXTENDED_KEY_USAGES[name] for name in recipe.extended_key_usage]), False
    if recipe.netscape_type is not None:
        yield x509.UnrecognizedExtension(_NETSCAPE_CERT_TYPE, recipe.netscape_type.value), False
    if recipe.alternative_names:
        yield x509.SubjectAlternativeName([_general_name(name) for name in recipe.alternative_names]), False
    if recipe.permitted_names:
        permitted = [x509.DNSName(name) for name in recipe.permitted_names]
        yield x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=None), True
    if recipe.critical_extension is not None:
        der_null = b"\x05\x00"
        yield x509.UnrecognizedExtension(ObjectIdentifier(recipe.critical_extension), der_null), True


def _key_usage(names: tuple[str, ...]) -> x509.KeyUsage:
    wanted = {_KEY_USAGES[name] for name in names}
    return x509.KeyUsage(**{name: name in wanted for name in _KEY_USAGES.values()})


def _general_name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(text))
    except ValueError:
        return x509.DNSName(text)
