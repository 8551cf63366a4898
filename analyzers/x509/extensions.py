"""The certificate extensions that decide about mirror TLS (RFC 5280 section 4.2), each read by itself.

A fault in one leaves the others readable: OpenSSL looks at each extension when it needs it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from ..errors import MalformedCertificate, MalformedInput
from ..wire import Cursor
from .der import (
    BIT_STRING,
    BOOLEAN,
    INTEGER,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    SEQUENCE,
    enter,
    expect,
    read_boolean,
    read_element,
    read_integer,
    read_oid,
    read_whole,
)
from .general_names import GeneralName, read_general_name, read_general_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .outline import Extension

__all__ = [
    "AUTHORITY_KEY_IDENTIFIER",
    "BASIC_CONSTRAINTS",
    "EXTENDED_KEY_USAGE",
    "KEY_USAGE",
    "NAME_CONSTRAINTS",
    "NETSCAPE_CERT_TYPE",
    "SUBJECT_ALTERNATIVE_NAME",
    "SUBJECT_KEY_IDENTIFIER",
    "AuthorityKeyIdentifier",
    "BasicConstraints",
    "ExtensionSet",
    "NameConstraints",
    "read_authority_key_identifier",
    "read_basic_constraints",
    "read_extended_key_usage",
    "read_key_usage",
    "read_name_constraints",
    "read_netscape_cert_type",
    "read_subject_alternative_name",
    "read_subject_key_identifier",
]

SUBJECT_KEY_IDENTIFIER = "2.5.29.14"
KEY_USAGE = "2.5.29.15"
SUBJECT_ALTERNATIVE_NAME = "2.5.29.17"
BASIC_CONSTRAINTS = "2.5.29.19"
NAME_CONSTRAINTS = "2.5.29.30"
AUTHORITY_KEY_IDENTIFIER = "2.5.29.35"
EXTENDED_KEY_USAGE = "2.5.29.37"
NETSCAPE_CERT_TYPE = "2.16.840.1.113730.1.1"

_SUPPORTED = frozenset(
    {
        KEY_USAGE,
        SUBJECT_ALTERNATIVE_NAME,
        BASIC_CONSTRAINTS,
        NAME_CONSTRAINTS,
        EXTENDED_KEY_USAGE,
        NETSCAPE_CERT_TYPE,
        "2.5.29.31",  # cRLDistributionPoints
        "2.5.29.32",  # certificatePolicies
        "2.5.29.33",  # policyMappings
        "2.5.29.36",  # policyConstraints
        "2.5.29.54",  # inhibitAnyPolicy
        "1.3.6.1.5.5.7.1.7",  # ipAddrBlocks (RFC 3779)
        "1.3.6.1.5.5.7.1.8",  # autonomousSysIds (RFC 3779)
        "1.3.6.1.5.5.7.1.14",  # proxyCertInfo (RFC 3820)
        "1.3.6.1.5.5.7.48.1.5",  # ocspNoCheck (RFC 6960)
    }
)
"""What OpenSSL accepts as critical (`X509_supported_extension`); for any other it refuses."""

_KEY_USAGES = (
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
)
"""By bit number (RFC 5280 section 4.2.1.3)."""

_NETSCAPE_CERT_TYPES = ("client", "server", "email", "objsign", "reserved", "sslCA", "emailCA", "objCA")
"""By bit number, as OpenSSL's configuration writes them."""

_EXTENDED_KEY_USAGES = {
    "2.5.29.37.0": "anyExtendedKeyUsage",
    "1.3.6.1.5.5.7.3.1": "serverAuth",
    "1.3.6.1.5.5.7.3.2": "clientAuth",
    "1.3.6.1.5.5.7.3.3": "codeSigning",
    "1.3.6.1.5.5.7.3.4": "emailProtection",
    "1.3.6.1.5.5.7.3.5": "ipsecEndSystem",
    "1.3.6.1.5.5.7.3.6": "ipsecTunnel",
    "1.3.6.1.5.5.7.3.7": "ipsecUser",
    "1.3.6.1.5.5.7.3.8": "timeStamping",
    "1.3.6.1.5.5.7.3.9": "OCSPSigning",
    "1.3.6.1.5.5.7.3.17": "ipsecIKE",
    "1.3.6.1.4.1.311.10.3.3": "msSGC",
    "1.3.6.1.4.1.311.20.2.2": "msSmartcardLogin",
    "2.16.840.1.113730.4.1": "nsSGC",
}

_KEY_ID, _ISSUER, _SERIAL = 0x80, 0xA1, 0x82
"""The identifier octets in an AuthorityKeyIdentifier (RFC 5280 section 4.2.1.1)."""

_MINIMUM = 0x80
"""The identifier octet of a subtree's minimum, which may only be 0 (RFC 5280 section 4.2.1.10)."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class BasicConstraints:
    """RFC 5280 section 4.2.1.9."""

    is_ca: bool
    path_length: int | None


@dataclass(frozen=True, slots=True)
class AuthorityKeyIdentifier:
    """RFC 5280 section 4.2.1.1: the key that signed, by identifier or by its certificate's number."""

    key_id: bytes | None
    issuer: tuple[GeneralName, ...]
    serial: int | None


@dataclass(frozen=True, slots=True)
class NameConstraints:
    """RFC 5280 section 4.2.1.10."""

    permitted: tuple[GeneralName, ...] = ()
    excluded: tuple[GeneralName, ...] = ()
    has_distances: bool = False
    """Whether a subtree has a minimum or maximum, which OpenSSL does not support."""


@dataclass(slots=True)
class ExtensionSet:
    """The extensions of one certificate; a mutable list keeps what was wrong with those that were read."""

    extensions: Iterable[Extension]
    problems: list[str] = field(default_factory=list)
    is_broken: bool = False
    """Whether one that was read is broken, or there twice."""
    _by_oid: dict[str, Extension] = field(init=False)
    _repeated: set[str] = field(init=False)

    def __post_init__(self) -> None:
        self._by_oid = {}
        self._repeated = set()
        for extension in self.extensions:
            if self._by_oid.setdefault(extension.oid, extension) is not extension:
                self.problems.append(f"extension {extension.oid} appears twice")
                self._repeated.add(extension.oid)

    def read(self, oid: str, reader: Callable[[bytes], T]) -> T | None:
        """Give what `reader` makes of the extension's value; None where it is absent or broken."""
        extension = self._by_oid.get(oid)
        if extension is None:
            return None
        self.is_broken |= oid in self._repeated
        try:
            cursor = Cursor(extension.value)
            value = read_whole(extension.value, cursor)
            if cursor.remaining:  # OpenSSL does not mind
                self.problems.append(f"extension {oid} is followed by {cursor.remaining} unexpected bytes")
            return reader(value)
        except MalformedInput as error:
            self.is_broken = True
            self.problems.append(f"extension {oid}: {error.what}")
            return None

    def is_critical(self, oid: str) -> bool:
        """Say whether the extension is there and marked critical."""
        return oid in self._by_oid and self._by_oid[oid].is_critical

    def unhandled(self) -> tuple[str, ...]:
        """Give the critical extensions that OpenSSL does not support."""
        return tuple(
            oid for oid, extension in self._by_oid.items() if extension.is_critical and oid not in _SUPPORTED
        )


def _named_bits(value: bytes, names: tuple[str, ...]) -> tuple[str, ...]:
    cursor = Cursor(value)
    content = expect(cursor, BIT_STRING, "BIT STRING")
    cursor.end("BIT STRING")
    unused = content[0] if content else 8
    if unused > 7 or (unused and len(content) == 1):
        raise MalformedCertificate(0, "the BIT STRING does not say how many bits it has")
    bits = int.from_bytes(content[1:], "big") >> unused << unused
    size = 8 * (len(content) - 1)
    return tuple(name for at, name in enumerate(names) if at < size and bits >> (size - 1 - at) & 1)


def read_key_usage(value: bytes) -> tuple[str, ...]:
    """Read KeyUsage (RFC 5280 section 4.2.1.3) as the names of its bits; raises MalformedInput."""
    usages = _named_bits(value, _KEY_USAGES)
    if not usages:
        raise MalformedCertificate(0, "KeyUsage has no bit set")
    return usages


def read_netscape_cert_type(value: bytes) -> tuple[str, ...]:
    """Read Netscape's forerunner of the usage extensions as the names of its bits; raises MalformedInput."""
    return _named_bits(value, _NETSCAPE_CERT_TYPES)


def read_extended_key_usage(value: bytes) -> tuple[str, ...]:
    """Read ExtKeyUsageSyntax (RFC 5280 section 4.2.1.12), dotted without a name; raises MalformedInput."""
    cursor = Cursor(value)
    usages = enter(cursor, SEQUENCE, "ExtKeyUsageSyntax")
    cursor.end("ExtKeyUsageSyntax")
    found: list[str] = []
    while usages.remaining:
        oid = read_oid(expect(usages, OBJECT_IDENTIFIER, "KeyPurposeId"))
        found.append(_EXTENDED_KEY_USAGES.get(oid, oid))
    return tuple(found)


def read_basic_constraints(value: bytes) -> BasicConstraints:
    """Read BasicConstraints (RFC 5280 section 4.2.1.9); raises MalformedInput."""
    cursor = Cursor(value)
    fields = enter(cursor, SEQUENCE, "BasicConstraints")
    cursor.end("BasicConstraints")
    is_ca, path_length = False, None
    while fields.remaining:
        tag, content = read_element(fields)
        if tag == BOOLEAN and path_length is None:
            is_ca = read_boolean(content)
        elif tag == INTEGER and path_length is None:
            path_length = read_integer(content)
        else:
            raise MalformedCertificate(0, f"BasicConstraints holds the identifier octet 0x{tag:02x}")
    if path_length is not None and (path_length < 0 or (path_length > 0 and not is_ca)):
        raise MalformedCertificate(
            0, f"BasicConstraints has a path length of {path_length}, and cA is {is_ca}"
        )
    return BasicConstraints(is_ca, path_length)


def read_subject_key_identifier(value: bytes) -> bytes:
    """Read SubjectKeyIdentifier (RFC 5280 section 4.2.1.2); raises MalformedInput."""
    cursor = Cursor(value)
    key_id = expect(cursor, OCTET_STRING, "SubjectKeyIdentifier")
    cursor.end("SubjectKeyIdentifier")
    return key_id


def read_authority_key_identifier(value: bytes) -> AuthorityKeyIdentifier:
    """Read AuthorityKeyIdentifier (RFC 5280 section 4.2.1.1); raises MalformedInput."""
    cursor = Cursor(value)
    fields = enter(cursor, SEQUENCE, "AuthorityKeyIdentifier")
    cursor.end("AuthorityKeyIdentifier")
    found: dict[int, bytes] = {}
    while fields.remaining:
        tag, content = read_element(fields)
        found[tag] = content
    if not found.keys() <= {_KEY_ID, _ISSUER, _SERIAL}:
        raise MalformedCertificate(0, "AuthorityKeyIdentifier holds what does not belong there")
    serial = found.get(_SERIAL)
    return AuthorityKeyIdentifier(
        key_id=found.get(_KEY_ID),
        issuer=tuple(read_general_names(Cursor(found.get(_ISSUER, b"")))),
        serial=None if serial is None else read_integer(serial),
    )


def read_subject_alternative_name(value: bytes) -> tuple[GeneralName, ...]:
    """Read SubjectAltName (RFC 5280 section 4.2.1.6); raises MalformedInput."""
    cursor = Cursor(value)
    names = enter(cursor, SEQUENCE, "SubjectAltName")
    cursor.end("SubjectAltName")
    return tuple(read_general_names(names))


def read_name_constraints(value: bytes) -> NameConstraints:
    """Read NameConstraints (RFC 5280 section 4.2.1.10); raises MalformedInput."""
    cursor = Cursor(value)
    fields = enter(cursor, SEQUENCE, "NameConstraints")
    cursor.end("NameConstraints")
    subtrees: dict[int, tuple[GeneralName, ...]] = {}
    has_distances = False
    while fields.remaining:
        tag, content = read_element(fields)
        bases: list[GeneralName] = []
        trees = Cursor(content)
        while trees.remaining:
            tree = enter(trees, SEQUENCE, "GeneralSubtree")
            bases.append(read_general_name(tree))
            while tree.remaining:
                bound, distance = read_element(tree)
                has_distances |= bound != _MINIMUM or any(distance)
        subtrees[tag] = tuple(bases)
    return NameConstraints(subtrees.get(0xA0, ()), subtrees.get(0xA1, ()), has_distances)
