"""Distinguished names: from certificates and from text, compared and printed."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from ..errors import MalformedInput, MalformedName
from ..wire import Cursor
from .alignment import AlignedAttribute, align_names, aligned_difference
from .attributes import UNKNOWN_TAG, Attribute, decode_string, find_type
from .comparison import NameComparison, NameMatch, closest_name, compare_names
from .der import OBJECT_IDENTIFIER, SEQUENCE, SET, expect, read_element, read_oid
from .notations import parse_rdns
from .printing import print_rfc4514, print_slash, print_spaced

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "UNKNOWN_TAG",
    "AlignedAttribute",
    "Attribute",
    "DistinguishedName",
    "NameComparison",
    "NameMatch",
    "align_names",
    "aligned_difference",
    "closest_name",
    "compare_names",
    "parse_dn",
]

_MOST_ATTRIBUTES = 128
"""Attributes of one name: real ones have fewer than twenty, and each costs far more here than in DER."""

_SMALL_NAME = 2048
"""Octets of value up to which a name is worth caching: IRIS stores at most 1024 characters of one."""


@dataclass(frozen=True, slots=True)
class DistinguishedName:
    """Relative distinguished names in certificate order: the most general (country) usually first.

    Names are equal when they hold the same attributes with the same string types, written with the same
    peculiarities.
    """

    rdns: tuple[tuple[Attribute, ...], ...] = ()
    der: bytes | None = field(default=None, compare=False, repr=False)
    """The encoding, where the name came from one."""
    remarks: tuple[str, ...] = field(default=(), repr=False)
    """What is unusual about the text that the name came from: an alias, an escape missing or not needed."""
    _hash: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Hash once: names are looked up for every connection, and hold many small objects."""
        object.__setattr__(self, "_hash", hash((self.rdns, self.remarks)))

    def __hash__(self) -> int:
        """Give the hash of the attributes and remarks."""
        return self._hash

    def __bool__(self) -> bool:
        """Whether there is any attribute."""
        return bool(self.rdns)

    @classmethod
    def from_der(cls, der: bytes) -> DistinguishedName:
        """Read a DER Name (RFC 5280 section 4.1.2.4).

        Raises:
            MalformedName: the bytes are no Name, something follows it, or it has more than 128 attributes.
        """
        cursor = Cursor(der)
        try:
            rdns = tuple(_read_rdns(Cursor(expect(cursor, SEQUENCE, "Name"))))
            cursor.end("Name")
        except MalformedName:
            raise
        except MalformedInput as error:
            raise MalformedName(error.offset, error.what) from error
        return cls(rdns, der)

    @property
    def is_small(self) -> bool:
        """Whether it is of ordinary size, and so worth a place in a cache."""
        return self.der is None or len(self.der) <= _SMALL_NAME

    def attributes(self) -> Iterator[Attribute]:
        """Give all attributes in certificate order."""
        return (attribute for rdn in self.rdns for attribute in rdn)

    def values(self, name: str) -> tuple[str, ...]:
        """Give the values of all attributes of a type, by any of its names (`CN`), in certificate order."""
        oid = find_type(name)
        return tuple(attribute.value for attribute in self.attributes() if attribute.oid == oid)

    def rfc4514(self) -> str:
        """Print as RFC 4514 does: `CN=irisa,O=Example,C=US`, the most specific first."""
        return _rfc4514(self) if self.is_small else print_rfc4514(self.rdns)

    def comma_space(self) -> str:
        """Print in the order of RFC 4514 with a space after each comma: `CN=irisa, O=Example, C=US`."""
        return print_rfc4514(self.rdns, ", ")

    def slash(self) -> str:
        """Print on one line as OpenSSL does: `/C=US/O=Example/CN=irisa`, in certificate order."""
        return print_slash(self.rdns)

    def spaced(self) -> str:
        """Print as `openssl x509 -subject` does: `C = US, O = Example, CN = irisa`, in certificate order."""
        return print_spaced(self.rdns)


@lru_cache(maxsize=256)  # the names in a mirror's certificates are quoted for every connection
def _rfc4514(name: DistinguishedName) -> str:
    return print_rfc4514(name.rdns)


def _read_rdns(cursor: Cursor) -> Iterator[tuple[Attribute, ...]]:
    count = 0
    while cursor.remaining:
        members = Cursor(expect(cursor, SET, "RelativeDistinguishedName"))
        rdn: list[Attribute] = []
        while members.remaining:
            rdn.append(_read_attribute(Cursor(expect(members, SEQUENCE, "AttributeTypeAndValue"))))
            count += 1
            if count > _MOST_ATTRIBUTES:
                raise MalformedName(0, f"the name has more than {_MOST_ATTRIBUTES} attributes")
        yield tuple(rdn)


def _read_attribute(cursor: Cursor) -> Attribute:
    oid = read_oid(expect(cursor, OBJECT_IDENTIFIER, "attribute type"))
    whole = cursor.rest()
    value = Cursor(whole)
    tag, raw = read_element(value)
    value.end("AttributeTypeAndValue")
    text = decode_string(tag, raw)
    return Attribute(oid, f"#{whole.hex()}" if text is None else text, tag, raw)


@lru_cache(maxsize=256)  # the listed names of a mirror are parsed again wherever they are looked at
def parse_dn(text: str) -> DistinguishedName:
    """Read a name in RFC 4514, comma-space, slash or `attr = value` notation.

    Raises:
        MalformedName: it is in none of them; nothing else is raised.
    """
    rdns, remarks = parse_rdns(text)
    return DistinguishedName(rdns, None, remarks)
