r"""Names read from text, in the notations that administrators meet.

* RFC 4514, `CN=irisa,O=Example,C=US`: the most specific first; with a space after the comma it is what
  InterSystems prints.
* `C = US, O = Example, CN = irisa`: what `openssl x509 -subject` printed up to OpenSSL 3.1, in certificate
  order.
* `/C=US/O=Example/CN=irisa`: OpenSSL on one line, in certificate order. A value may hold slashes
  (`/CN=irisa.example.com/IRISA`), so a slash begins an RDN only where the name of a known attribute type and
  `=` follow.

The notation decides the order. What a person is likely to have meant is read, and what is unusual about the
way it is written is remarked upon: a comma that is not escaped, a type under an alias, an escape where none
is needed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ..errors import MalformedInput, MalformedName
from ..wire import Cursor
from .attributes import Attribute, decode_string, find_type, is_usual_spelling, type_name
from .der import read_element, read_oid, write_oid
from .printing import ATTRIBUTE_START, escape_rfc4514

__all__ = ["LONGEST_NAME", "parse_rdns"]

LONGEST_NAME = 65536
"""Characters: IRIS stores at most 1024, but our largest certificate could hold a name of this length."""

_BLANK = " \t\r\n"
_HEX = re.compile(r"#((?:[0-9A-Fa-f]{2})+)")
_HEX_PAIR = re.compile(r"[0-9A-Fa-f]{2}")
_SLASH_ESCAPE = re.compile(r"x([0-9A-Fa-f]{2})|([/\\+#])")

Rdns = tuple[tuple[Attribute, ...], ...]


@dataclass(slots=True)
class _Value:
    """A value while it is being read: text, and the octets of a run of hexadecimal pairs."""

    text: list[str] = field(default_factory=list)
    octets: bytearray = field(default_factory=bytearray)
    kept: int = 0
    """How many pieces of `text` stay when unescaped spaces at the end are dropped."""

    def literal(self, character: str, *, is_escaped: bool = False) -> None:
        self.flush()
        self.text.append(character)
        if character != " " or is_escaped:
            self.kept = len(self.text)

    def flush(self) -> None:
        if self.octets:
            try:
                self.text.append(self.octets.decode("utf-8", "surrogatepass"))
            except UnicodeDecodeError:
                self.text.append(self.octets.decode("latin-1"))
            self.octets.clear()
            self.kept = len(self.text)

    def trimmed(self) -> str:
        self.flush()
        return "".join(self.text[: self.kept])

    def whole(self) -> str:
        self.flush()
        return "".join(self.text)


class _Reader:
    """A position in the text of a name, and what was remarked on the way."""

    __slots__ = ("at", "remarks", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.remarks: list[str] = []

    @property
    def is_done(self) -> bool:
        return self.at >= len(self.text)

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def skip_blanks(self) -> None:
        while not self.is_done and self.text[self.at] in _BLANK:
            self.at += 1

    def attribute_type(self) -> str:
        """Read a type and its equals sign."""
        match = ATTRIBUTE_START.match(self.text, self.at)
        if match is None:
            raise MalformedName(
                self.at,
                f"{self.text[self.at : self.at + 24]!r} does not begin with an attribute type and '='",
            )
        spelling = match[1]
        oid = _type_of(spelling)
        if oid is None:
            raise MalformedName(self.at, f"{spelling!r} is no attribute type that we know")
        if not is_usual_spelling(oid, spelling):
            self.remarks.append(f"attribute alias: {type_name(oid)} is written {spelling!r}")
        self.at = match.end()
        return oid

    def begins_attribute(self, offset: int, *, known: bool) -> bool:
        """Say whether an attribute begins at `offset`, of a type that is known where `known` is set."""
        match = ATTRIBUTE_START.match(self.text, offset)
        return match is not None and (not known or _type_of(match[1]) is not None)

    def hexadecimal(self, oid: str) -> Attribute | None:
        """Read `#` and the DER of a value, where they stand here and the value ends after them."""
        match = _HEX.match(self.text, self.at)
        if match is None or not self.value_ends(match.end()):
            return None
        attribute = _from_hexadecimal(oid, bytes.fromhex(match[1]))
        if attribute is not None:
            self.at = match.end()
            if attribute.is_text:
                self.remarks.append(f"escaping: the value of {type_name(oid)} is written in hexadecimal")
        return attribute

    def value_ends(self, offset: int) -> bool:
        """Say whether a value may end before `offset`."""
        return offset >= len(self.text)


def _type_of(spelling: str) -> str | None:
    dotted = spelling[4:] if spelling[:4].upper() == "OID." else spelling
    if not dotted[0].isdigit():
        return find_type(spelling)
    try:
        return read_oid(write_oid(dotted))
    except MalformedInput:
        return None


def _from_hexadecimal(oid: str, der: bytes) -> Attribute | None:
    cursor = Cursor(der)
    try:
        tag, content = read_element(cursor)
        cursor.end()
    except MalformedInput:
        return None
    text = decode_string(tag, content)
    return Attribute(oid, f"#{der.hex()}" if text is None else text, tag, content)


class _CommaReader(_Reader):
    """Reads the notations with commas (RFC 4514, and the quotation marks of RFC 2253 section 4)."""

    __slots__ = ("is_spaced",)

    _END = re.compile(r"[ \t\r\n]*(?:[,;+]|\Z)")

    def value_ends(self, offset: int) -> bool:
        return self._END.match(self.text, offset) is not None

    def rdns(self) -> Rdns:
        match = ATTRIBUTE_START.match(self.text)
        self.is_spaced = match is not None and match[0][-2:-1] in {" ", "\t"}
        found: list[tuple[Attribute, ...]] = []
        while True:
            found.append(self._rdn())
            if self.is_done:
                return tuple(found) if self.is_spaced else tuple(rdn[::-1] for rdn in reversed(found))
            self.at += 1
            self.skip_blanks()

    def _rdn(self) -> tuple[Attribute, ...]:
        attributes = [self._attribute()]
        while self.peek() == "+":
            self.at += 1
            self.skip_blanks()
            attributes.append(self._attribute())
        return tuple(attributes)

    def _attribute(self) -> Attribute:
        oid = self.attribute_type()
        self.skip_blanks()
        if self.peek() == '"':
            return Attribute(oid, self._quoted(type_name(oid)))
        attribute = self.hexadecimal(oid)
        if attribute is not None:
            self.skip_blanks()
            return attribute
        return Attribute(oid, self._string(type_name(oid)))

    def _quoted(self, name: str) -> str:
        start = self.at
        value = _Value()
        self.at += 1
        while self.peek() != '"':
            if self.is_done:
                raise MalformedName(start, f"the quotation mark before the value of {name} is not closed")
            if self.peek() == "\\":
                self._escape(value, name)
            else:
                value.literal(self.peek())
                self.at += 1
        self.at += 1
        self.skip_blanks()
        if not self.is_done and self.peek() not in ",;+":
            raise MalformedName(self.at, f"text follows the quotation mark after the value of {name}")
        if not self.is_spaced:
            self.remarks.append(f"escaping: the value of {name} is in quotation marks")
        return value.whole()

    def _string(self, name: str) -> str:
        value = _Value()
        while not self.is_done:
            character = self.peek()
            if character == "\\":
                self._escape(value, name)
                continue
            if character in ",;+":
                if self._is_separator(character):
                    break
                self.remarks.append(f"escaping: {character!r} in the value of {name} is not escaped")
            value.literal(character)
            self.at += 1
        return value.trimmed()

    def _is_separator(self, character: str) -> bool:
        after = self.at + 1
        while after < len(self.text) and self.text[after] in _BLANK:
            after += 1
        if after == len(self.text) and character != "+":
            raise MalformedName(self.at, f"nothing follows the last {character!r}")
        return self.begins_attribute(after, known=character == "+")

    def _escape(self, value: _Value, name: str) -> None:
        start = self.at
        pair = _HEX_PAIR.match(self.text, start + 1)
        if pair is not None:
            octet = int(pair[0], 16)
            value.octets.append(octet)
            self.at = pair.end()
            is_usual = not 0x20 < octet < 0x7F
        else:
            escaped = self.text[start + 1 : start + 2]
            if not escaped:
                raise MalformedName(start, f"the backslash at the end of the value of {name} escapes nothing")
            value.literal(escaped, is_escaped=True)
            self.at = start + 2
            is_usual = escaped in " #=" or escape_rfc4514(escaped) != escaped
        if not is_usual:
            self.remarks.append(
                f"escaping: the value of {name} has {self.text[start : self.at]}, an escape that is not usual"
            )


class _SlashReader(_Reader):
    """Reads OpenSSL's notation on one line."""

    __slots__ = ()

    def value_ends(self, offset: int) -> bool:
        return offset >= len(self.text) or self._is_separator(offset)

    def rdns(self) -> Rdns:
        found: list[list[Attribute]] = []
        while not self.is_done:
            separator = self.peek()
            self.at += 1
            attribute = self._attribute()
            if separator == "+":
                found[-1].append(attribute)
            else:
                found.append([attribute])
        return tuple(tuple(rdn) for rdn in found)

    def _attribute(self) -> Attribute:
        oid = self.attribute_type()
        attribute = self.hexadecimal(oid)
        if attribute is not None:
            return attribute
        value = _Value()
        while not self.value_ends(self.at):
            escape = _SLASH_ESCAPE.match(self.text, self.at + 1) if self.peek() == "\\" else None
            if escape is None:
                value.literal(self.peek())
                self.at += 1
                continue
            if escape[1]:
                value.octets.append(int(escape[1], 16))
            else:
                value.literal(escape[2])
            self.at = escape.end()
        return Attribute(oid, value.whole())

    def _is_separator(self, offset: int) -> bool:
        return self.text[offset] in "/+" and self.begins_attribute(offset + 1, known=True)


def parse_rdns(text: str) -> tuple[Rdns, tuple[str, ...]]:
    """Read a name in any notation: its RDNs in certificate order, and remarks on how it is written.

    Raises:
        MalformedName: it is in none of them, or longer than `LONGEST_NAME`.
    """
    if len(text) > LONGEST_NAME:
        raise MalformedName(LONGEST_NAME, f"a name of {len(text)} characters is longer than {LONGEST_NAME}")
    padded = text.lstrip(_BLANK)
    stripped = padded.rstrip(_BLANK)
    if (
        len(stripped) - len(stripped.rstrip("\\"))
    ) % 2:  # The last blank is escaped: it belongs to the value.
        stripped = padded[: len(stripped) + 1]
    if not stripped:
        return (), ()
    reader = _SlashReader(stripped) if stripped.startswith("/") else _CommaReader(stripped)
    return reader.rdns(), tuple(dict.fromkeys(reader.remarks))
