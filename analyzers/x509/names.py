"""Distinguished names: from certificates and from text, compared and printed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .attributes import UNKNOWN_TAG, Attribute
from .comparison import NameComparison, NameMatch

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "UNKNOWN_TAG",
    "Attribute",
    "DistinguishedName",
    "NameComparison",
    "NameMatch",
    "aligned_difference",
    "closest_name",
    "compare_names",
    "parse_dn",
]


@dataclass(frozen=True, slots=True)
class DistinguishedName:
    """A sequence of relative distinguished names in certificate order: the most general (country) usually first."""

    rdns: tuple[tuple[Attribute, ...], ...] = ()
    der: bytes | None = field(default=None, compare=False, repr=False)
    """The encoding, where the name came from one."""
    remarks: tuple[str, ...] = field(default=(), compare=False, repr=False)
    """What is unusual about the way the name was written as text: an alias, an escape that was missing or not needed."""

    @classmethod
    def from_der(cls, der: bytes) -> DistinguishedName:
        """Read a DER Name (RFC 5280 section 4.1.2.4); raises MalformedName."""
        raise NotImplementedError

    def rfc4514(self) -> str:
        """Print as RFC 4514 does: `CN=irisa,O=Example,C=US`, the most specific first."""
        raise NotImplementedError

    def comma_space(self) -> str:
        """Print in the order of RFC 4514 with a space after each comma: `CN=irisa, O=Example, C=US`."""
        raise NotImplementedError

    def slash(self) -> str:
        """Print on one line as OpenSSL does: `/C=US/O=Example/CN=irisa`, in certificate order."""
        raise NotImplementedError

    def spaced(self) -> str:
        """Print as `openssl x509 -subject` does: `C = US, O = Example, CN = irisa`, in certificate order."""
        raise NotImplementedError

    def values(self, name: str) -> tuple[str, ...]:
        """The values of all attributes of one type, given by its name (`CN`), in certificate order."""
        raise NotImplementedError

    def __bool__(self) -> bool:
        """Whether there is any attribute."""
        return bool(self.rdns)


def parse_dn(text: str) -> DistinguishedName:
    """Read a name in RFC 4514, comma-space, slash or `attr = value` notation; raises MalformedName, nothing else."""
    raise NotImplementedError


def compare_names(presented: DistinguishedName, listed: DistinguishedName) -> NameComparison:
    """Compare in two steps: exactly, then after normalization."""
    raise NotImplementedError


def closest_name(presented: DistinguishedName, candidates: Iterable[DistinguishedName]) -> DistinguishedName | None:
    """Give the candidate that differs least from `presented`, None where there is no candidate."""
    raise NotImplementedError


def aligned_difference(presented: DistinguishedName, listed: DistinguishedName) -> tuple[str, ...]:
    """Set both names out attribute by attribute in lines of plain text, with the difference marked."""
    raise NotImplementedError
