"""The certificates that members showed last, in each of their roles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analyzers.causes.renewal_loses_client_auth import will_lose_client_auth
from analyzers.connection import Party, Road
from analyzers.report.json import certificate_record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzers.mirror.definition import Mirror
    from analyzers.x509.certificate import Certificate

    from .account import Account

__all__ = ["Shown", "ShownCertificate"]

_DAY = 86_400.0

_LISTED = ("subject", "issuer", "sha256", "key", "signature", "not_before", "not_after")
"""What a list of certificates shows of each, by the names of the record."""


@dataclass(frozen=True, slots=True)
class ShownCertificate:
    """A certificate that a member showed."""

    member: str
    role: Party
    certificate: Certificate
    seen: float
    """When the last connection was made in which it was shown, epoch seconds."""
    ended: float

    @property
    def loses_client_auth(self) -> bool:
        """Whether the certificate that follows it will not allow the member to dial."""
        return will_lose_client_auth(self.certificate)

    def row(self, now: float) -> dict[str, Any]:
        """Give what the API shows of it; `now` is in epoch seconds."""
        record = certificate_record(self.certificate)
        return {
            "member": self.member,
            "role": self.role.value,
            **{name: record[name] for name in _LISTED},
            "days_left": round((self.certificate.not_after - now) / _DAY, 1),
            "seen": self.seen,
        }


class Shown:
    """The last certificate of each member and role."""

    def __init__(self) -> None:
        """Begin with none."""
        self._last: dict[tuple[str, Party], ShownCertificate] = {}

    def __iter__(self) -> Iterator[ShownCertificate]:
        return iter(self._last.values())

    def rows(self, now: float) -> list[dict[str, Any]]:
        """Give every certificate as the API shows it; `now` is in epoch seconds."""
        return [shown.row(now) for shown in self]

    def reconfigure(self, mirror: Mirror) -> None:
        """Forget the certificates of members that are gone."""
        members = {member.name for member in mirror.members}
        self._last = {key: shown for key, shown in self._last.items() if key[0] in members}

    def see(self, account: Account) -> None:
        """Learn from a connection. The client of a check is the probe, so its certificate tells of no member."""
        for member, role, certificate in account.certificates():
            if account.road == Road.CHECK and role is Party.CLIENT:
                continue
            shown = ShownCertificate(
                member, role, certificate, account.negotiated.started, account.negotiated.ended
            )
            before = self._last.get((member, role))
            # A connection that lasted is told of after later ones, whose certificates are the newer.
            if before is None or not shown.seen < before.seen <= shown.ended:
                self._last[member, role] = shown
