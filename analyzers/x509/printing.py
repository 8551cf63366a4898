"""Names as text, in the notations that administrators meet.

What cannot be seen is never printed as it is: control characters, unusual spaces and characters without width
come out as hexadecimal pairs of their UTF-8 (RFC 4514 section 2.4 allows that), so that a name which only
looks like another one does not.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .der import wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .attributes import Attribute

__all__ = ["ATTRIBUTE_START", "escape_rfc4514", "print_rfc4514", "print_slash", "print_spaced", "visible"]

Rdns = tuple[tuple["Attribute", ...], ...]

_PLAIN = re.compile(r"(?:[A-Za-z0-9._:/@()*=-]+(?: [A-Za-z0-9._:/@()*=-]+)*)?")
"""Values that need no escape in any notation but the slash form; nearly every value is one."""

_SPECIAL = frozenset('"+,;<>\\')
"""Characters that RFC 4514 section 2.4 escapes wherever they stand."""

_QUOTED = _SPECIAL - frozenset('"\\')
"""Characters for which OpenSSL puts a value in quotation marks; it escapes the other two in either case."""

ATTRIBUTE_START = re.compile(
    r"[ \t]*([A-Za-z][A-Za-z0-9-]{0,63}|(?:OID\.|oid\.)?[0-9]{1,39}(?:\.[0-9]{1,39}){1,32})[ \t]*="
)
"""Where an attribute begins in text: its type as a name or as a dotted identifier, and the equals sign."""


def _pairs(character: str, prefix: str) -> str:
    return "".join(f"{prefix}{octet:02X}" for octet in character.encode("utf-8", "surrogatepass"))


def visible(value: str) -> str:
    """Show a value to a reader, with what cannot be seen as hexadecimal pairs."""
    if value.isprintable():
        return value
    return "".join(character if character.isprintable() else _pairs(character, "\\") for character in value)


def _hexadecimal(attribute: Attribute) -> str:
    return "#" + wrap(attribute.tag, attribute.raw).hex().upper()


def escape_rfc4514(value: str) -> str:
    """Write a string value as RFC 4514 section 2.4 does."""
    if _PLAIN.fullmatch(value):
        return value
    last = len(value) - 1
    written: list[str] = []
    for at, character in enumerate(value):
        if character in _SPECIAL or (at == 0 and character in " #") or (at == last and character == " "):
            written.append("\\" + character)
        else:
            written.append(character if character.isprintable() else _pairs(character, "\\"))
    return "".join(written)


def _quote(value: str) -> str:
    """Write a string value as OpenSSL's one-line options do: quoted where RFC 4514 would escape."""
    shown = visible(value.replace("\\", "\\\\").replace('"', '\\"'))
    needs_marks = bool(value) and (value[0] in " #" or value[-1] == " " or not _QUOTED.isdisjoint(value))
    return f'"{shown}"' if needs_marks else shown


def _escape_slash(value: str) -> str:
    r"""Write a string value for the slash form: a slash or plus is escaped where it would begin an attribute.

    OpenSSL of old escapes no slash, that of today every one (`X509_NAME_oneline`); the old way is easier on
    the eye, and both are read.
    """
    value = value.replace("\\", "\\\\")
    written: list[str] = []
    for at, character in enumerate(value):
        if (character in "/+" and ATTRIBUTE_START.match(value, at + 1)) or (character == "#" and at == 0):
            written.append("\\" + character)
        elif character.isprintable() and not (character == " " and at in (0, len(value) - 1)):
            written.append(character)
        else:
            written.append(_pairs(character, "\\x"))
    return "".join(written)


def _join(
    rdns: Sequence[Sequence[Attribute]], equals: str, plus: str, between: str, write: Callable[[str], str]
) -> str:
    return between.join(
        plus.join(
            attribute.name
            + equals
            + (write(attribute.value) if attribute.is_text else _hexadecimal(attribute))
            for attribute in rdn
        )
        for rdn in rdns
    )


def print_rfc4514(rdns: Rdns, between: str = ",") -> str:
    """Print the most specific RDN first, as RFC 4514 section 2.1 asks."""
    return _join([rdn[::-1] for rdn in reversed(rdns)], "=", "+", between, escape_rfc4514)


def print_spaced(rdns: Rdns) -> str:
    """Print in certificate order as `openssl x509 -subject` of OpenSSL 1.1 to 3.1 does."""
    return _join(rdns, " = ", " + ", ", ", _quote)


def print_slash(rdns: Rdns) -> str:
    """Print in certificate order as OpenSSL's `X509_NAME_oneline` does."""
    return "".join("/" + _join([rdn], "=", "+", "", _escape_slash) for rdn in rdns)
