"""One attribute of a distinguished name, and the types that names are made of.

The short names are those that OpenSSL prints, because an IRIS instance shows and stores what its OpenSSL printed; the
other spellings are what RFC 4514, Java, Microsoft and NSS write for the same object identifier.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["UNKNOWN_TAG", "Attribute"]

UNKNOWN_TAG = 0
"""The string type of a value that was written as text: the notations do not say it."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """One AttributeTypeAndValue (RFC 5280 section 4.1.2.4)."""

    oid: str
    """The type, as a dotted object identifier."""
    value: str
    """The value as text; `#` and the hexadecimal DER where it is no readable string."""
    tag: int = UNKNOWN_TAG
    """The universal tag of the string type (12 UTF8String, 19 PrintableString, ...); `UNKNOWN_TAG` where text said the name."""
    raw: bytes = b""
    """The value's content octets; empty where text said the name."""
