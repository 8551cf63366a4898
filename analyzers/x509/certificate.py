"""What a certificate says, read once."""

from __future__ import annotations

from dataclasses import dataclass, field

from .names import DistinguishedName

__all__ = ["Certificate", "NameConstraints", "load_pem_certificates", "parse_certificate"]


@dataclass(frozen=True, slots=True)
class NameConstraints:
    """The subtrees of RFC 5280 section 4.2.1.10, as (kind, base) pairs: ("DNS", "example.com"), ("DN", name), ..."""

    permitted: tuple[tuple[str, str | DistinguishedName], ...] = ()
    excluded: tuple[tuple[str, str | DistinguishedName], ...] = ()


@dataclass(frozen=True, slots=True)
class Certificate:
    """One X.509 certificate (RFC 5280). Where `problem` is set, what could not be read holds an empty value."""

    der: bytes = field(repr=False)
    sha256: str
    """Lower-case hexadecimal, of the whole certificate."""
    subject: DistinguishedName = field(default_factory=DistinguishedName)
    issuer: DistinguishedName = field(default_factory=DistinguishedName)
    serial: str = ""
    """Hexadecimal, upper case, as OpenSSL prints it; negative ones begin with `-`."""
    not_before: float = 0.0
    """Epoch seconds."""
    not_after: float = 0.0
    version: int = 0
    """1, 2 or 3."""
    key_type: str = "unknown"
    """`RSA`, `RSA-PSS`, `EC`, `DSA`, `DH`, `Ed25519`, `Ed448`, or the dotted object identifier."""
    key_bits: int | None = None
    curve: str | None = None
    """The named curve of an EC key (`secp256r1`), `explicit` where its parameters are spelled out."""
    spki: bytes = field(default=b"", repr=False)
    """The SubjectPublicKeyInfo, DER."""
    spki_sha256: str = ""
    signature: str = ""
    """The signature algorithm's name (`sha256WithRSAEncryption`), or its dotted object identifier."""
    signature_hash: str | None = None
    """`sha256`, ...; None where the algorithm has no separate hash."""
    key_usage: tuple[str, ...] | None = None
    """RFC 5280 names in the order of their bits; None where the extension is absent."""
    key_usage_critical: bool = False
    extended_key_usage: tuple[str, ...] | None = None
    """`clientAuth`, `serverAuth`, `anyExtendedKeyUsage`, ... or dotted; None where the extension is absent."""
    extended_key_usage_critical: bool = False
    netscape_cert_type: tuple[str, ...] | None = None
    has_basic_constraints: bool = False
    is_ca: bool = False
    """What basicConstraints says; False where it is absent."""
    path_length: int | None = None
    san: tuple[str, ...] = ()
    """`DNS:x`, `IP:x`, `email:x`, `URI:x`, `DN:x`, `RID:x`, `other:oid`."""
    subject_key_id: bytes | None = None
    authority_key_id: bytes | None = None
    authority_serial: str | None = None
    name_constraints: NameConstraints | None = None
    critical_extensions_unknown: tuple[str, ...] = ()
    """Dotted identifiers of critical extensions that neither we nor OpenSSL know."""
    problem: str | None = None
    """Why it could not be read, or could not be read in full."""

    @property
    def is_readable(self) -> bool:
        """Whether all of it could be read."""
        return self.problem is None

    @property
    def key(self) -> str:
        """The key in a word: `RSA 2048`, `EC secp256r1`, `Ed25519`."""
        detail = self.curve if self.curve is not None else self.key_bits
        return self.key_type if detail is None else f"{self.key_type} {detail}"

    @property
    def is_self_issued(self) -> bool:
        """Whether subject and issuer are the same name."""
        return bool(self.subject) and self.subject == self.issuer


def parse_certificate(der: bytes) -> Certificate:
    """Read one certificate; never raises on bad bytes, says the `problem` instead. Cached by content."""
    raise NotImplementedError


def load_pem_certificates(data: bytes) -> tuple[Certificate, ...]:
    """Read every CERTIFICATE block of a PEM file in its order; raises MalformedCertificate."""
    raise NotImplementedError
