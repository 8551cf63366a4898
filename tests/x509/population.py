"""Chains of every kind of fault, made from a seed: for the rules to be held to real OpenSSL."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_network
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from analyzers.x509.purposes import Purpose

from .rewriting import to_version_1, with_hash

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

__all__ = ["LEAF_NAMES", "NOW", "Chain", "Made", "Maker", "chains", "key", "name"]

NOW = datetime(2026, 6, 1, tzinfo=UTC)

NETSCAPE = x509.ObjectIdentifier("2.16.840.1.113730.1.1")
STRANGE = x509.ObjectIdentifier("1.3.6.1.4.1.32473.1")

USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
)
EXTENDED = (
    ExtendedKeyUsageOID.CLIENT_AUTH,
    ExtendedKeyUsageOID.SERVER_AUTH,
    ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
    ExtendedKeyUsageOID.CODE_SIGNING,
    x509.ObjectIdentifier("1.3.6.1.4.1.311.10.3.3"),
    x509.ObjectIdentifier("2.16.840.1.113730.4.1"),
)


@cache
def key(label: str) -> CertificateIssuerPrivateKeyTypes:
    """Give the key of a label `KIND-NUMBER`, the same for the whole run."""
    kind = label.partition("-")[0]
    if kind == "ec":
        return ec.generate_private_key(ec.SECP256R1())
    if kind == "p384":
        return ec.generate_private_key(ec.SECP384R1())
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    if kind == "dsa":
        return dsa.generate_private_key(2048)
    return rsa.generate_private_key(65537, int(kind.removeprefix("rsa")))


@dataclass(frozen=True, slots=True)
class Chain:
    """What one peer presents and the other trusts."""

    number: int
    presented: tuple[bytes, ...]
    trust: tuple[bytes, ...]
    at: float
    purpose: Purpose


@dataclass(slots=True)
class Made:
    """A certificate with what is needed to issue the next one."""

    certificate: x509.Certificate
    """As it was built; `der` may be a later version of it."""
    key: CertificateIssuerPrivateKeyTypes
    der: bytes


class Maker:
    """Makes certificates with faults chosen by chance."""

    def __init__(self, chance: random.Random, *, fault: float, has_edges: bool = False) -> None:
        self.chance = chance
        self.fault = fault
        self.has_edges = has_edges

    def happens(self, weight: float = 1.0) -> bool:
        """Say whether a fault of this weight befalls."""
        return self.chance.random() < self.fault * weight

    def usage(self, *, is_ca: bool) -> x509.KeyUsage | None:
        """Choose a key usage, fit for the certificate or any."""
        if self.happens():
            bits = {name: self.chance.random() < 0.4 for name in USAGES}
            if not any(bits.values()):
                return None
        elif self.chance.random() < 0.5:
            return None
        else:
            good = {"key_cert_sign", "crl_sign"} if is_ca else {"digital_signature", "key_encipherment"}
            bits = {name: name in good for name in USAGES}
        return x509.KeyUsage(**bits, encipher_only=False, decipher_only=False)

    def extended(self, *, is_ca: bool) -> x509.ExtendedKeyUsage | None:
        """Choose an extended key usage, fit for the certificate or any."""
        if self.happens():
            return x509.ExtendedKeyUsage(self.chance.sample(EXTENDED, self.chance.randint(1, 3)))
        if is_ca or self.chance.random() < 0.5:
            return None
        return x509.ExtendedKeyUsage(EXTENDED[:2])

    def validity(self) -> tuple[datetime, datetime]:
        """Choose a validity around NOW, or one that has passed, is to come, or turns at NOW."""
        chance = self.chance
        begin = NOW - timedelta(days=chance.randint(1, 400))
        end = NOW + timedelta(days=chance.randint(1, 400))
        if self.happens(0.5):
            long = timedelta(days=800)
            return (begin - long, begin) if chance.random() < 0.5 else (end, end + long)
        if self.has_edges and self.happens(0.2):
            return (NOW, end) if chance.random() < 0.5 else (begin, NOW)
        return begin, end

    def constraints(self) -> x509.NameConstraints:
        """Choose name constraints of any kind."""
        bases: list[x509.GeneralName] = [
            x509.DNSName("example.com"),
            x509.DNSName(".example.com"),
            x509.DNSName("sub.example.com"),
            x509.DirectoryName(name("x", country="US")),
            x509.DirectoryName(x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "US")])),
            x509.DirectoryName(x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "DE")])),
            x509.IPAddress(ip_network("10.0.0.0/8")),
            x509.RFC822Name("example.com"),
            x509.RFC822Name(".example.com"),
            x509.RFC822Name("a@example.com"),
            x509.UniformResourceIdentifier("example.com"),
            x509.UniformResourceIdentifier(".example.com"),
            x509.RegisteredID(x509.ObjectIdentifier("1.2.3")),
        ]
        permitted = self.chance.sample(bases, self.chance.randint(0, 2))
        excluded = self.chance.sample(bases, self.chance.randint(0 if permitted else 1, 2))
        return x509.NameConstraints(permitted or None, excluded or None)

    def alternative_names(self) -> x509.SubjectAlternativeName:
        """Choose names of any kind."""
        names: list[x509.GeneralName] = [
            x509.DNSName("irisa.example.com"),
            x509.DNSName("IRISA.sub.Example.com"),
            x509.DNSName("example.com"),
            x509.DNSName("badexample.com"),
            x509.IPAddress(ip_network("10.1.2.3/32").network_address),
            x509.IPAddress(ip_network("192.168.1.1/32").network_address),
            x509.IPAddress(ip_network("fe80::1/128").network_address),
            x509.RFC822Name("a@example.com"),
            x509.RFC822Name("A@Example.com"),
            x509.RFC822Name("b@mail.example.com"),
            x509.UniformResourceIdentifier("https://example.com/x"),
            x509.UniformResourceIdentifier("https://irisa.example.com:443/x"),
            x509.UniformResourceIdentifier("urn:x"),
            x509.DirectoryName(name("x", country="US")),
            x509.RegisteredID(x509.ObjectIdentifier("1.2.3")),
        ]
        return x509.SubjectAlternativeName(self.chance.sample(names, self.chance.randint(1, 3)))

    def make(
        self, subject: x509.Name, label: str, issuer: Made | None, *, is_ca: bool, signs: str | None = None
    ) -> Made:
        """Make one certificate; `signs` names the key that signs, where it is not the issuer's."""
        own = key(label)
        signer = key(signs) if signs else (own if issuer is None else issuer.key)
        begin, end = self.validity()
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject if issuer is None else self.respelled(issuer.certificate.subject))
            .public_key(own.public_key())
            .serial_number(self.chance.getrandbits(64) + 1)
            .not_valid_before(begin)
            .not_valid_after(end)
        )
        for extension, is_critical in self.extensions(own, issuer, is_ca=is_ca):
            builder = builder.add_extension(extension, is_critical)
        built = builder.sign(
            signer, None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256()
        )
        return Made(built, own, self.rewritten(built.public_bytes(serialization.Encoding.DER), signer))

    def rewritten(self, der: bytes, signer: CertificateIssuerPrivateKeyTypes) -> bytes:
        """Give the certificate, at times signed with SHA-1, of version 1, or damaged."""
        if self.happens(0.2) and not isinstance(signer, ed25519.Ed25519PrivateKey):
            return with_hash(der, signer, "sha1")
        if self.happens(0.2):
            return to_version_1(der, signer)
        if self.happens(0.1):
            return der[:-1] + bytes([der[-1] ^ 1])
        return der

    def respelled(self, subject: x509.Name) -> x509.Name:
        """Give the issuer's name, at times in another case, spacing and string type."""
        if not self.happens(0.3):
            return subject
        change = self.chance.choice(
            (str.upper, lambda value: f"  {value} ", lambda value: value.replace(" ", "   "))
        )
        return x509.Name(
            x509.RelativeDistinguishedName(
                x509.NameAttribute(attribute.oid, change(attribute.value))
                if attribute.oid != NameOID.COUNTRY_NAME
                else attribute
                for attribute in rdn
            )
            for rdn in subject.rdns
        )

    def extensions(
        self, own: CertificateIssuerPrivateKeyTypes, issuer: Made | None, *, is_ca: bool
    ) -> Iterator[tuple[x509.ExtensionType, bool]]:
        """Choose the extensions, with whether each is critical."""
        yield from self.roles(is_ca=is_ca)
        if self.chance.random() < 0.6:
            digest = x509.SubjectKeyIdentifier.from_public_key(own.public_key())
            yield digest, self.happens(0.05)
        if issuer is not None and self.chance.random() < 0.6:
            yield self.authority(issuer), False
        if self.happens(0.1):
            yield x509.UnrecognizedExtension(STRANGE, b"\x05\x00"), self.chance.random() < 0.7
        if is_ca and self.happens(0.5):
            yield self.constraints(), True
        if self.chance.random() < 0.5:
            yield self.alternative_names(), False

    def roles(self, *, is_ca: bool) -> Iterator[tuple[x509.ExtensionType, bool]]:
        """Choose the extensions that say what a certificate may do."""
        chance = self.chance
        if is_ca and not self.happens(0.7):
            length = chance.choice((0, 1, None)) if chance.random() < 0.4 else None
            yield x509.BasicConstraints(ca=True, path_length=length), True
        elif chance.random() < 0.5:
            is_wrong = not is_ca and self.happens(0.3)
            yield x509.BasicConstraints(ca=is_wrong, path_length=None), chance.random() < 0.5
        usage, extended = self.usage(is_ca=is_ca), self.extended(is_ca=is_ca)
        if usage is not None:
            yield usage, chance.random() < 0.5
        if extended is not None:
            yield extended, chance.random() < 0.3
        if self.happens(0.4):
            bits = bytes([chance.randrange(1, 256)])
            yield x509.UnrecognizedExtension(NETSCAPE, b"\x03\x02\x00" + bits), False

    def authority(self, issuer: Made) -> x509.AuthorityKeyIdentifier:
        """Choose how to name the issuer's key, rightly or wrongly."""
        identifier = x509.SubjectKeyIdentifier.from_public_key(issuer.key.public_key()).digest
        if self.happens(0.3):
            identifier = b"another key"
        names = [x509.DirectoryName(issuer.certificate.issuer)]
        serial = issuer.certificate.serial_number + self.happens(0.5)
        choice = self.chance.random()
        if choice < 0.7:
            return x509.AuthorityKeyIdentifier(identifier, None, None)
        return x509.AuthorityKeyIdentifier(identifier if choice < 0.85 else None, names, serial)


def name(common: str, *, country: str = "US", email: str | None = None) -> x509.Name:
    """Give a name of the usual form."""
    attributes = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, country),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example"),
        x509.NameAttribute(NameOID.COMMON_NAME, common),
    ]
    if email is not None:
        attributes.append(x509.NameAttribute(NameOID.EMAIL_ADDRESS, email))
    return x509.Name(attributes)


LEAF_NAMES = (
    name("irisa.example.com/IRISA"),
    name("irisa.example.com"),
    name("IRISA"),
    name("irisa.example.com", country="DE", email="a@example.com"),
    name("irisa.elsewhere.org", email="nobody"),
    x509.Name([x509.NameAttribute(NameOID.EMAIL_ADDRESS, "a@example.com", _type=_ASN1Type.UTF8String)]),
)


def _family(maker: Maker, labels: list[str]) -> tuple[list[Made], Made]:
    """Make a root, intermediates below it, and a leaf."""
    chance = maker.chance
    authorities = [maker.make(name("Root CA"), labels[0], None, is_ca=True)]
    for depth in range(chance.choice((0, 1, 1, 1, 2, 3))):
        subject = (
            name(f"Issuing CA {depth}") if not maker.happens(0.1) else authorities[-1].certificate.subject
        )
        signs = labels[-1] if maker.happens(0.2) else None
        authorities.append(maker.make(subject, labels[1 + depth], authorities[-1], is_ca=True, signs=signs))
    signs = labels[-1] if maker.happens(0.2) else None
    leaf = maker.make(chance.choice(LEAF_NAMES), labels[5], authorities[-1], is_ca=False, signs=signs)
    return authorities, leaf


def _presented(maker: Maker, labels: list[str], authorities: list[Made], leaf: Made) -> list[Made]:
    """Choose what is presented: at times with a link missing, one too many, or in another order."""
    chance = maker.chance
    if maker.happens(0.3):
        return [maker.make(chance.choice(LEAF_NAMES), labels[5], None, is_ca=False)]
    above = authorities[:0:-1]
    if maker.happens() or chance.random() < 0.3:
        above.append(authorities[0])
    if maker.happens() and above:
        above.pop(chance.randrange(len(above)))
    if maker.happens():
        chance.shuffle(above)
    return [leaf, *above]


def _trust(maker: Maker, authorities: list[Made]) -> list[Made]:
    """Choose what is trusted: the root, at times another of its name, at times intermediates alone."""
    trust = [] if maker.happens() else authorities[:1]
    if maker.happens() or not trust:
        trust += _family(maker, [f"ec-{at}" for at in (1, 0, 2, 1, 0, 2, 1)])[0][:1]
    if maker.happens():
        trust += maker.chance.sample(authorities, min(2, len(authorities)))
    return trust


def chains(
    count: int, *, seed: int = 20260601, fault: float = 0.12, has_edges: bool = False
) -> Iterator[Chain]:
    """Make `count` chains; `has_edges`: at times a validity begins or ends at the very moment of judgement."""
    chance = random.Random(seed)
    kinds = ("ec", "ec", "ec", "rsa2048", "rsa1024", "p384", "ed25519")
    for number in range(count):
        maker = Maker(chance, fault=chance.choice((0.0, fault, fault, 3 * fault)), has_edges=has_edges)
        labels = [f"{chance.choice(kinds)}-{chance.randrange(3)}" for _ in range(7)]
        authorities, leaf = _family(maker, labels)
        presented, trust = _presented(maker, labels, authorities, leaf), _trust(maker, authorities)
        if maker.happens(0.3):
            trust.append(presented[0])
        yield Chain(
            number,
            tuple(made.der for made in presented),
            tuple(made.der for made in trust),
            NOW.timestamp(),
            chance.choice(tuple(Purpose)),
        )
