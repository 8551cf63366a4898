"""What will fail, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .roles import date_text, own_chain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from analyzers.x509.certificate import Certificate

    from .member import MemberFiles

__all__ = ["Forecast", "forecast_of"]

_DAY = 86_400.0

_PUBLIC_AUTHORITIES = (
    "let's encrypt", "digicert", "sectigo", "globalsign", "entrust", "godaddy", "google trust services", "amazon", "ssl.com",
    "buypass", "zerossl", "identrust", "certum", "actalis", "geotrust", "thawte", "rapidssl", "verisign",
)  # fmt: skip
"""Organizations in the issuer names of public authorities, which end client authentication in server certificates in 2026."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """One day on which something ends."""

    at: float
    """Epoch seconds."""
    member: str
    cause: str
    text: str

    def days(self, now: float) -> int:
        """Whole days from `now` on; negative when it is past."""
        return int((self.at - now) // _DAY)


def _is_public(certificate: Certificate) -> bool:
    organizations = " ".join(certificate.issuer.values("O")).lower()
    return any(name in organizations for name in _PUBLIC_AUTHORITIES)


def _of_member(member: MemberFiles, at: float) -> Iterator[Forecast]:
    path = own_chain(member, at, None).path or member.certificates
    if not path:
        return
    for depth, certificate in enumerate(path):
        subject = certificate.subject.rfc4514()
        if "notAfter" in certificate.broken_times:
            continue
        if depth == 0:
            text = f"{subject} expires; from then on every new connection fails, and standing ones when they reconnect"
            yield Forecast(certificate.not_after, member.name, "certificate-expired", text)
        elif certificate.not_after < path[0].not_after:
            text = f"the issuer {subject} expires before the certificate that it issued"
            yield Forecast(certificate.not_after, member.name, "issuer-expired", text)
    leaf = path[0]
    if _is_public(leaf) and not leaf.broken_times:
        issuer = " ".join(leaf.issuer.values("O"))
        text = (
            f"the next certificate from {issuer}, due by {date_text(leaf.not_after)}, will lack clientAuth:"
            " public authorities issue for servers only"
        )
        yield Forecast(leaf.not_after, member.name, "renewal-loses-client-auth", text)


def forecast_of(members: Iterable[MemberFiles], at: float) -> tuple[Forecast, ...]:
    """Give, soonest first, every day on which a member's connections begin to fail."""
    return tuple(
        sorted(
            (entry for member in members for entry in _of_member(member, at)), key=lambda e: (e.at, e.member)
        )
    )
