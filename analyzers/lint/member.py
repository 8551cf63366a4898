"""What lint looks at, and what it finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzers.causes.entry import Severity

if TYPE_CHECKING:
    from analyzers.x509.certificate import Certificate

__all__ = ["Finding", "MemberFiles", "Severity", "Source"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where something was read."""

    path: str
    line: int | None = None

    def __str__(self) -> str:
        """Give the path, with the line where there is one."""
        return self.path if self.line is None else f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class MemberFiles:
    """The files with which one member speaks TLS, as far as they were given."""

    name: str
    certificates: tuple[Certificate, ...] = ()
    """The certificate file in its order: the own certificate should stand first."""
    authorities: tuple[Certificate, ...] = ()
    """The CA file in its order."""
    has_authorities: bool = False
    """Whether a CA file was given at all."""
    key_spki: bytes | None = None
    """The public half of the private key, as SubjectPublicKeyInfo; None where no key was given, or none could be read."""
    listed_dn: str | None = None
    """The DN that the mirror's definition lists for the member."""
    certificate_source: Source = Source("certificate")
    authority_source: Source = Source("CA file")
    key_source: Source = Source("private key")

    @property
    def leaf(self) -> Certificate | None:
        """The certificate that OpenSSL would present: the first of the file."""
        return self.certificates[0] if self.certificates else None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, or will be."""

    check: str
    """What was checked, in a few fixed words; IRIS's own "Verify SSL" words where it has that check (domain facts 1.4)."""
    cause: str | None
    """The id of the root cause that a connection would fail with; None where none would."""
    severity: Severity
    member: str
    source: Source
    text: str
    remedy: str
    judged_by: str
    """`OpenSSL` (a handshake fails), `InterSystems` (its documentation forbids it), or `mirrorprobe` (a warning)."""
    due: float | None = None
    """Epoch seconds at which it begins to fail; None: it does now, or is no matter of time."""
