"""GeneralName (RFC 5280 section 4.2.1.6), as several extensions use it."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

from ..errors import MalformedCertificate
from .der import read_element, read_oid
from .names import DistinguishedName
from .printing import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..wire import Cursor

__all__ = ["GeneralName", "read_general_name", "read_general_names"]


@dataclass(frozen=True, slots=True)
class GeneralName:
    """One general name."""

    kind: str
    """`DNS`, `IP`, `email`, `URI`, `DN`, `RID` (a registered identifier), `other`, `X400` or `EDI`."""
    text: str
    """The name as text, as RFC 4514 prints it for a `DN`; `address/mask` for the subtree of an IP
    constraint."""
    name: DistinguishedName | None = None
    """The name itself, for a `DN`."""
    raw: bytes = b""
    """The octets, for an `IP`."""

    def __str__(self) -> str:
        """Give kind and name, with what cannot be seen made visible."""
        return f"{self.kind}:{self.text if self.name is not None else visible(self.text)}"


_TEXTS = {0x81: "email", 0x82: "DNS", 0x86: "URI"}
_OTHERS = {0xA0: "other", 0xA3: "X400", 0xA5: "EDI"}
_DIRECTORY_NAME = 0xA4
_IP_ADDRESS = 0x87
_REGISTERED_ID = 0x88


def _address(octets: bytes) -> str:
    """Print an address, or the address and mask of a constraint; hexadecimal where it is neither."""
    if len(octets) in (4, 16):
        return str(ip_address(octets))
    if len(octets) in (8, 32):
        half = len(octets) // 2
        return f"{ip_address(octets[:half])}/{ip_address(octets[half:])}"
    return octets.hex()


def read_general_name(cursor: Cursor) -> GeneralName:
    """Read the next general name; raises MalformedInput."""
    offset = cursor.offset
    tag, content = read_element(cursor)
    if tag in _TEXTS:
        return GeneralName(_TEXTS[tag], content.decode("latin-1"))
    if tag == _IP_ADDRESS:
        return GeneralName("IP", _address(content), raw=content)
    if tag == _DIRECTORY_NAME:
        name = DistinguishedName.from_der(content)
        return GeneralName("DN", name.rfc4514(), name)
    if tag == _REGISTERED_ID:
        return GeneralName("RID", read_oid(content))
    if tag in _OTHERS:
        return GeneralName(_OTHERS[tag], content.hex())
    raise MalformedCertificate(offset, f"a GeneralName has the identifier octet 0x{tag:02x}")


def read_general_names(cursor: Cursor) -> Iterator[GeneralName]:
    """Read general names to the end of `cursor`; raises MalformedInput."""
    while cursor.remaining:
        yield read_general_name(cursor)
