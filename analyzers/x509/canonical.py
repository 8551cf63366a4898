"""Names as OpenSSL compares them when it looks for an issuer or applies name constraints.

OpenSSL compares a canonical form (`x509_name_canon`): string types become UTF-8, ASCII letters lower case,
runs of white space one space, and none at the ends. The order of the RDNs counts. So a CA that was re-encoded
on renewal still is the issuer by name.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from .attributes import UNKNOWN_TAG

if TYPE_CHECKING:
    from .attributes import Attribute
    from .names import DistinguishedName

__all__ = ["CanonicalName", "are_same_name", "canonical_name", "is_within"]

CanonicalName = tuple[tuple[tuple[str, int, bytes], ...], ...]

_CANONICAL_TAGS = frozenset({UNKNOWN_TAG, 12, 19, 20, 22, 26, 28, 30})
"""The string types that are made canonical (`ASN1_MASK_CANON`); NumericString is not among them."""

_SPACES = re.compile(r"[ \t\n\v\f\r]+")
_UPPER_TO_LOWER = {ord(upper): ord(upper) + 32 for upper in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


def _canonical(attribute: Attribute) -> tuple[str, int, bytes]:
    if attribute.tag not in _CANONICAL_TAGS or not attribute.is_text:
        return attribute.oid, attribute.tag, attribute.raw
    text = _SPACES.sub(" ", attribute.value).strip(" ").translate(_UPPER_TO_LOWER)
    return attribute.oid, UNKNOWN_TAG, text.encode("utf-8", "surrogatepass")


@lru_cache(
    maxsize=1024
)  # the issuers and subjects of a mirror's certificates and of a store of trusted roots
def canonical_name(name: DistinguishedName) -> CanonicalName:
    """Give the canonical form of a name."""
    return tuple(tuple(sorted(map(_canonical, rdn))) for rdn in name.rdns)


def are_same_name(one: DistinguishedName, other: DistinguishedName) -> bool:
    """Say whether OpenSSL takes two names for the same."""
    return one == other or canonical_name(one) == canonical_name(other)


def is_within(name: DistinguishedName, subtree: DistinguishedName) -> bool:
    """Say whether a name begins with the RDNs of `subtree` (RFC 5280 section 7.1)."""
    base = canonical_name(subtree)
    return canonical_name(name)[: len(base)] == base
