"""Chains judged by the rules and by real OpenSSL at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.x509.chain import ChainReport, build_chain
from analyzers.x509.purposes import Purpose
from tests.x509.making import AT, Order, root
from tests.x509.openssl import Refusal, iris_library, system_library

if TYPE_CHECKING:
    from analyzers.x509.certificate import Certificate

__all__ = ["ISSUING", "LIBRARIES", "MEMBER", "ROOT", "judged", "kinds"]

LIBRARIES = (system_library(), iris_library())

ROOT = root()
ISSUING = root("Example Issuing CA", "ec-2")
MEMBER = Order()


def judged(
    presented: tuple[Certificate, ...],
    trust: tuple[Certificate, ...],
    *,
    purpose: Purpose = Purpose.CLIENT,
    known: tuple[Certificate, ...] = (),
    security_level: int = 1,
) -> ChainReport:
    """Judge a chain by the rules, and see that both OpenSSL libraries say the same."""
    report = build_chain(presented, trust, AT, purpose, known=known, security_level=security_level)
    expected = None if report.refusal is None else Refusal(report.refusal.code, report.refusal.depth)
    ders = tuple(certificate.der for certificate in presented)
    anchors = tuple(certificate.der for certificate in trust)
    if trust:
        for library in LIBRARIES:
            assert library.verify(ders, anchors, AT, purpose, security_level) == expected
    return report


def kinds(report: ChainReport) -> list[tuple[str, int, int]]:
    """Give kind, depth and code of every error."""
    return [(error.kind, error.depth, error.code) for error in report.errors]
