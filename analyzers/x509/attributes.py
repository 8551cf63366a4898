"""One attribute of a distinguished name, and the types that names are made of.

The short names are those that OpenSSL prints, because an IRIS instance shows and stores what its OpenSSL
printed; the other spellings are what RFC 4514, Java, Microsoft and NSS write for the same object identifier.
`SN` is the trap among them: OpenSSL and Microsoft mean the surname, others write it for the serial number
(see `comparison`).
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "STRING_TYPES",
    "UNKNOWN_TAG",
    "Attribute",
    "decode_string",
    "find_type",
    "is_usual_spelling",
    "type_name",
]

UNKNOWN_TAG = 0
"""The string type of a value that was written as text: the notations do not say it."""

STRING_TYPES = {
    12: "UTF8String",
    18: "NumericString",
    19: "PrintableString",
    20: "TeletexString",
    22: "IA5String",
    26: "VisibleString",
    28: "UniversalString",
    30: "BMPString",
}
"""The string types of X.680 by universal tag."""

# TeletexString is read as Latin-1, as OpenSSL and every CA tool of the field write it; the alphabets of the
# others are not enforced, because OpenSSL does not, and a name that a peer reads must be readable here.
_CODECS = {
    12: "utf-8",
    18: "latin-1",
    19: "latin-1",
    20: "latin-1",
    22: "latin-1",
    26: "latin-1",
    28: "utf-32-be",
    30: "utf-16-be",
}

_TYPES: dict[str, tuple[str, ...]] = {
    "2.5.4.3": ("CN", "commonName"),
    "2.5.4.4": ("SN", "surname"),
    "2.5.4.5": ("serialNumber",),
    "2.5.4.6": ("C", "countryName", "country"),
    "2.5.4.7": ("L", "localityName", "locality"),
    "2.5.4.8": ("ST", "stateOrProvinceName", "S", "SP", "state"),
    "2.5.4.9": ("street", "streetAddress"),
    "2.5.4.10": ("O", "organizationName", "organization"),
    "2.5.4.11": ("OU", "organizationalUnitName", "organizationalUnit"),
    "2.5.4.12": ("title", "T"),
    "2.5.4.13": ("description",),
    "2.5.4.15": ("businessCategory",),
    "2.5.4.16": ("postalAddress",),
    "2.5.4.17": ("postalCode",),
    "2.5.4.18": ("postOfficeBox", "POBox"),
    "2.5.4.20": ("telephoneNumber", "Phone"),
    "2.5.4.41": ("name",),
    "2.5.4.42": ("GN", "givenName", "G"),
    "2.5.4.43": ("initials", "I"),
    "2.5.4.44": ("generationQualifier", "generation"),
    "2.5.4.45": ("x500UniqueIdentifier",),
    "2.5.4.46": ("dnQualifier", "DNQ"),
    "2.5.4.51": ("houseIdentifier",),
    "2.5.4.54": ("dmdName",),
    "2.5.4.65": ("pseudonym",),
    "2.5.4.72": ("role",),
    "2.5.4.97": ("organizationIdentifier",),
    "2.5.4.98": ("c3", "countryCode3c"),
    "2.5.4.99": ("n3", "countryCode3n"),
    "0.9.2342.19200300.100.1.1": ("UID", "userId"),
    "0.9.2342.19200300.100.1.3": ("mail", "rfc822Mailbox"),
    "0.9.2342.19200300.100.1.9": ("host",),
    "0.9.2342.19200300.100.1.25": ("DC", "domainComponent"),
    "0.9.2342.19200300.100.1.44": ("uniqueIdentifier",),
    "1.2.840.113549.1.9.1": ("emailAddress", "E", "email"),
    "1.2.840.113549.1.9.2": ("unstructuredName",),
    "1.2.840.113549.1.9.8": ("unstructuredAddress",),
    "1.3.6.1.4.1.311.60.2.1.1": ("jurisdictionL", "jurisdictionLocalityName"),
    "1.3.6.1.4.1.311.60.2.1.2": ("jurisdictionST", "jurisdictionStateOrProvinceName"),
    "1.3.6.1.4.1.311.60.2.1.3": ("jurisdictionC", "jurisdictionCountryName"),
}
"""Every type that is known by name: first the spelling that OpenSSL prints, then the others."""

_OID_OF = {name.lower(): oid for oid, names in _TYPES.items() for name in names}

_USUAL = {"2.5.4.9": frozenset({"street", "STREET"})}
"""Types for which RFC 4514 and OpenSSL differ in spelling; neither is remarked upon."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """One AttributeTypeAndValue (RFC 5280 section 4.1.2.4)."""

    oid: str
    """The type, as a dotted object identifier."""
    value: str
    """The value as text; `#` and the hexadecimal DER where it is no readable string."""
    tag: int = UNKNOWN_TAG
    """The string type's universal tag (12 UTF8String, ...); `UNKNOWN_TAG` where the name came from text."""
    raw: bytes = b""
    """The value's content octets; empty where text said the name."""

    @property
    def name(self) -> str:
        """The type's short name, or its dotted identifier."""
        return type_name(self.oid)

    @property
    def is_text(self) -> bool:
        """Whether the value is a readable string, and not DER in hexadecimal."""
        return self.tag == UNKNOWN_TAG or decode_string(self.tag, self.raw) is not None

    @property
    def string_type(self) -> str | None:
        """The string type (`UTF8String`), `tag N` where it is none, None where the name came from text."""
        return None if self.tag == UNKNOWN_TAG else STRING_TYPES.get(self.tag, f"tag {self.tag}")


def type_name(oid: str) -> str:
    """Give the short name that OpenSSL prints for an attribute type, or the dotted identifier itself."""
    names = _TYPES.get(oid)
    return oid if names is None else names[0]


def find_type(name: str) -> str | None:
    """Give the identifier of the attribute type that goes by `name`, in any case; None where none does."""
    return _OID_OF.get(name.lower())


def is_usual_spelling(oid: str, spelling: str) -> bool:
    """Say whether the type is normally printed as `spelling`: not an alias, a number or another case."""
    return spelling == type_name(oid) or spelling in _USUAL.get(oid, ())


def decode_string(tag: int, raw: bytes) -> str | None:
    """Decode the octets of a string type; None where `tag` is no string type or they do not fit it."""
    codec = _CODECS.get(tag)
    if codec is None:
        return None
    try:
        return raw.decode(codec)
    except UnicodeDecodeError:
        return None
