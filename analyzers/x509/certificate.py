"""What a certificate says, read once."""

from __future__ import annotations

import re
from binascii import Error as Base64Error
from binascii import a2b_base64
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, TypeVar

from ..errors import MalformedCertificate, MalformedInput
from ..wire import Cursor
from . import extensions as ext
from .der import read_time, read_whole
from .extensions import AuthorityKeyIdentifier, ExtensionSet, NameConstraints
from .general_names import GeneralName
from .keys import KeyFacts, read_key
from .names import DistinguishedName
from .outline import outline
from .signatures import SignatureFacts, read_signature_algorithm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = [
    "LARGEST_CERTIFICATE",
    "AuthorityKeyIdentifier",
    "Certificate",
    "GeneralName",
    "NameConstraints",
    "load_pem_certificates",
    "parse_certificate",
]

LARGEST_CERTIFICATE = 65536
"""Octets: real ones have 1 to 4 KiB, those of large shared hosts up to 40."""

_CACHED_CERTIFICATE = 16384
"""Octets up to which a certificate is kept: no member's is larger; a stranger's must not fill memory."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Certificate:
    """One X.509 certificate (RFC 5280); where `problem` is set, what could not be read is empty."""

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
    """Epoch seconds."""
    broken_times: tuple[str, ...] = ()
    """`notBefore`, `notAfter`: the times that are none, though they have the type of one."""
    has_broken_key: bool = False
    """Whether no public key can be made of what stands there for one."""
    has_broken_extensions: bool = False
    """Whether an extension that OpenSSL always decodes is broken or there twice."""
    version: int = 0
    """1, 2 or 3; 0 where it could not be read."""
    key_type: str = "unknown"
    """`RSA`, `RSA-PSS`, `EC`, `DSA`, `DH`, `Ed25519`, `Ed448`, or the dotted object identifier."""
    key_bits: int | None = None
    """The size of the modulus, of the prime, or of the curve's order."""
    curve: str | None = None
    """The named curve of an EC key (`secp256r1`), `explicit` where its parameters are spelled out."""
    spki: bytes = field(default=b"", repr=False)
    """The SubjectPublicKeyInfo, DER."""
    spki_sha256: str = ""
    signature: str = ""
    """The signature algorithm's name (`sha256WithRSAEncryption`), or its dotted object identifier."""
    signature_hash: str | None = None
    """`sha256`, ...; None where the algorithm has no separate hash."""
    signature_key_type: str | None = None
    """The type of key that makes such signatures, as in `key_type`; None where the algorithm is unknown."""
    key_usage: tuple[str, ...] | None = None
    """RFC 5280 names in the order of their bits; None where the extension is absent."""
    key_usage_critical: bool = False
    extended_key_usage: tuple[str, ...] | None = None
    """`clientAuth`, `serverAuth`, `anyExtendedKeyUsage`, ... or dotted; None where it is absent."""
    netscape_cert_type: tuple[str, ...] | None = None
    """`client`, `server`, `sslCA`, ...; None where the extension is absent."""
    has_basic_constraints: bool = False
    is_ca: bool = False
    """What basicConstraints says; False where it is absent."""
    path_length: int | None = None
    alternative_names: tuple[GeneralName, ...] = ()
    subject_key_id: bytes | None = None
    authority_key: AuthorityKeyIdentifier | None = None
    name_constraints: NameConstraints | None = None
    critical_extensions_unknown: tuple[str, ...] = ()
    """Dotted identifiers of critical extensions that OpenSSL does not support."""
    problem: str | None = None
    """Why it could not be read, or could not be read in full."""

    def __eq__(self, other: object) -> bool:
        """Two certificates are equal when their bytes are."""
        return self.der == other.der if isinstance(other, Certificate) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.sha256)

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
    def san(self) -> tuple[str, ...]:
        """The subject's alternative names: `DNS:x`, `IP:x`, `email:x`, `URI:x`, `DN:x`, `RID:x`, ..."""
        return tuple(map(str, self.alternative_names))

    @property
    def serial_number(self) -> int:
        """The serial number as a number."""
        return int(self.serial or "0", 16)

    @property
    def authority_key_id(self) -> bytes | None:
        """The identifier of the key that signed, where the certificate names it."""
        return None if self.authority_key is None else self.authority_key.key_id

    @property
    def is_self_issued(self) -> bool:
        """Whether subject and issuer are the same name, character by character."""
        return bool(self.subject) and self.subject == self.issuer


class _Reader:
    """Reads the parts of one certificate, and keeps what went wrong."""

    __slots__ = ("broken_times", "problems")

    def __init__(self, problem: str | None) -> None:
        self.problems = [] if problem is None else [problem]
        self.broken_times: list[str] = []

    def read(self, what: str, reader: Callable[[bytes], T], encoded: bytes, default: T) -> T:
        """Give what `reader` makes of `encoded`; `default` where it is empty, or broken: then a problem."""
        if not encoded:
            return default
        try:
            return reader(encoded)
        except MalformedInput as error:
            self.problems.append(f"{what}: {error.what}")
            return default

    def time(self, what: str, encoded: tuple[int, bytes]) -> float:
        """Read a time; 0 where it is broken."""
        tag, content = encoded
        if not tag:
            return 0.0
        try:
            return read_time(tag, content)
        except MalformedInput as error:
            self.problems.append(f"{what}: {error.what}")
            self.broken_times.append(what)
            return 0.0


def _read(der: bytes) -> Certificate:
    digest = sha256(der).hexdigest()
    if len(der) > LARGEST_CERTIFICATE:
        return Certificate(der, digest, problem=f"it has {len(der)} bytes, more than {LARGEST_CERTIFICATE}")
    found = outline(der)
    reader = _Reader(found.problem)
    extensions = ExtensionSet(found.extensions)
    signature = reader.read(
        "signature algorithm", read_signature_algorithm, found.algorithm, SignatureFacts("")
    )
    key = reader.read("public key", read_key, found.spki, KeyFacts("unknown", is_broken=True))
    constraints = extensions.read(ext.BASIC_CONSTRAINTS, ext.read_basic_constraints)
    not_before, not_after = (
        reader.time("notBefore", found.not_before),
        reader.time("notAfter", found.not_after),
    )
    certificate = Certificate(
        der=der,
        sha256=digest,
        subject=reader.read("subject", DistinguishedName.from_der, found.subject, DistinguishedName()),
        issuer=reader.read("issuer", DistinguishedName.from_der, found.issuer, DistinguishedName()),
        serial=_hexadecimal(found.serial),
        not_before=not_before,
        not_after=not_after,
        broken_times=tuple(reader.broken_times),
        version=found.version,
        key_type=key.key_type,
        has_broken_key=key.is_broken and bool(found.spki),
        key_bits=key.bits,
        curve=key.curve,
        spki=found.spki,
        spki_sha256=sha256(found.spki).hexdigest() if found.spki else "",
        signature=signature.name,
        signature_hash=signature.hash,
        signature_key_type=signature.key_type,
        key_usage=extensions.read(ext.KEY_USAGE, ext.read_key_usage),
        key_usage_critical=extensions.is_critical(ext.KEY_USAGE),
        extended_key_usage=extensions.read(ext.EXTENDED_KEY_USAGE, ext.read_extended_key_usage),
        netscape_cert_type=extensions.read(ext.NETSCAPE_CERT_TYPE, ext.read_netscape_cert_type),
        has_basic_constraints=constraints is not None,
        is_ca=constraints is not None and constraints.is_ca,
        path_length=None if constraints is None else constraints.path_length,
        alternative_names=extensions.read(ext.SUBJECT_ALTERNATIVE_NAME, ext.read_subject_alternative_name)
        or (),
        subject_key_id=extensions.read(ext.SUBJECT_KEY_IDENTIFIER, ext.read_subject_key_identifier),
        authority_key=extensions.read(ext.AUTHORITY_KEY_IDENTIFIER, ext.read_authority_key_identifier),
        name_constraints=extensions.read(ext.NAME_CONSTRAINTS, ext.read_name_constraints),
        critical_extensions_unknown=extensions.unhandled(),
    )
    problems = reader.problems + extensions.problems
    if not problems:
        return certificate
    return replace(certificate, problem="; ".join(problems), has_broken_extensions=extensions.is_broken)


def _hexadecimal(number: int) -> str:
    """Print a serial number as OpenSSL does, whole octets in upper case."""
    digits = f"{abs(number):X}"
    return ("-" if number < 0 else "") + digits.zfill(len(digits) + len(digits) % 2)


_read_cached = lru_cache(maxsize=1024)(_read)
"""A mirror has a few dozen certificates; a capture of the open Internet a few hundred."""


def parse_certificate(der: bytes) -> Certificate:
    """Read one certificate; never raises on bad bytes, says the `problem` instead. Cached by content."""
    return _read_cached(der) if len(der) <= _CACHED_CERTIFICATE else _read(der)


_PEM_BEGIN = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----")
_TRUSTED = "TRUSTED CERTIFICATE"
"""OpenSSL's own label: behind the certificate stand settings of trust, which do not belong to it."""
_CERTIFICATE_LABELS = frozenset({"CERTIFICATE", "X509 CERTIFICATE", _TRUSTED})
"""The labels under which OpenSSL looks for a certificate (RFC 7468 section 5)."""


def load_pem_certificates(data: bytes) -> tuple[Certificate, ...]:
    """Read every certificate of a PEM file in its order.

    Raises:
        MalformedCertificate: there is none, or one that cannot be read; the offset is that of its block.
    """
    found: list[Certificate] = []
    others: set[str] = set()
    for offset, label, body in _pem_blocks(data):
        if label in _CERTIFICATE_LABELS:
            found.append(_from_block(offset, label, body))
        else:
            others.add(label)
    if found:
        return tuple(found)
    if others:
        raise MalformedCertificate(0, f"there is no certificate in it, only {', '.join(sorted(others))}")
    if data[:1] == b"\x30":
        raise MalformedCertificate(0, "it is DER where PEM is wanted")
    raise MalformedCertificate(0, "there is no PEM block in it")


def _pem_blocks(data: bytes) -> Iterator[tuple[int, str, bytes | None]]:
    """Give offset, label and Base64 of each block; None instead of the Base64 where a block has no end."""
    at = 0
    while (begin := _PEM_BEGIN.search(data, at)) is not None:
        end = data.find(b"-----END " + begin[1] + b"-----", begin.end())
        yield begin.start(), begin[1].decode("ascii"), data[begin.end() : end] if end >= 0 else None
        at = max(begin.end(), end)


def _from_block(offset: int, label: str, body: bytes | None) -> Certificate:
    if body is None:
        raise MalformedCertificate(offset, "the block of a certificate has no end")
    try:
        der = a2b_base64(body)
    except Base64Error as error:
        raise MalformedCertificate(offset, f"the Base64 of a certificate is broken: {error}") from error
    certificate = parse_certificate(_first_element(der) if label == _TRUSTED else der)
    if not certificate.spki:
        raise MalformedCertificate(offset, f"a block is no certificate: {certificate.problem}")
    return certificate


def _first_element(der: bytes) -> bytes:
    """Give the first element; all of it where that cannot be told, for the reader to say why."""
    try:
        return read_whole(der, Cursor(der))
    except MalformedInput:
        return der
