"""What the rules say against a peer, and how an IRIS or OpenSSL peer would have refused it.

The judging is the analyzers': a finding of `diagnose` on a leg whose handshake is under way. Here stands only
which findings are grounds for refusal, and the alert for each: what OpenSSL's `ssl_x509err2alert` makes of
the verify error, and what its state machine sends for the rest. A name that is near the listed one is no
ground: whether IRIS compares names exactly or normalized is not public.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzers.causes.entry import Blamed, Severity
from analyzers.diagnosis.engine import diagnose
from analyzers.tls import codepoints

if TYPE_CHECKING:
    from analyzers.connection import Connection, Party
    from analyzers.mirror.definition import Mirror

__all__ = ["Breach", "breach"]

HANDSHAKE_FAILURE, BAD_CERTIFICATE, UNSUPPORTED_CERTIFICATE, CERTIFICATE_REVOKED = 40, 42, 43, 44
CERTIFICATE_EXPIRED, CERTIFICATE_UNKNOWN, UNKNOWN_CA, DECRYPT_ERROR = 45, 46, 48, 51
PROTOCOL_VERSION, CERTIFICATE_REQUIRED = 70, 116

AFTER_HANDSHAKE = None
"""No alert: the connection is closed when the handshake is complete."""

ALERTS: dict[str, int | None] = {
    "client-certificate-purpose": UNSUPPORTED_CERTIFICATE,
    "server-certificate-purpose": UNSUPPORTED_CERTIFICATE,
    "issuer-purpose": UNSUPPORTED_CERTIFICATE,
    "certificate-expired": CERTIFICATE_EXPIRED,
    "issuer-expired": CERTIFICATE_EXPIRED,
    "certificate-not-yet-valid": BAD_CERTIFICATE,
    "certificate-revoked": CERTIFICATE_REVOKED,
    "unknown-ca": UNKNOWN_CA,
    "incomplete-chain": UNKNOWN_CA,
    "self-signed-certificate": UNKNOWN_CA,
    "issuer-not-a-ca": UNKNOWN_CA,
    "path-length-exceeded": UNKNOWN_CA,
    "name-constraint-violated": CERTIFICATE_UNKNOWN,
    "unhandled-critical-extension": CERTIFICATE_UNKNOWN,
    "ca-rekeyed": DECRYPT_ERROR,
    "signature-invalid": DECRYPT_ERROR,
    "weak-key": BAD_CERTIFICATE,
    "weak-signature": BAD_CERTIFICATE,
    "client-certificate-missing": CERTIFICATE_REQUIRED,
    "client-certificate-not-requested": HANDSHAKE_FAILURE,
    "protocol-below-policy": PROTOCOL_VERSION,
    "cipher-below-policy": HANDSHAKE_FAILURE,
    "dn-not-allowed": AFTER_HANDSHAKE,
}
"""Grounds for refusal, with the alert (domain facts 4.2; OpenSSL's statem for what is no verify error)."""


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that a peer broke."""

    cause: str
    alert: int | None
    """None: the connection is closed after the handshake."""


def breach(connection: Connection, mirror: Mirror, peer: Party) -> Breach | None:
    """Find the gravest rule that `peer` broke, as far as the handshake has come."""
    own = Blamed(peer.value)
    for finding in diagnose(connection, mirror).findings:
        if finding.id not in ALERTS or finding.party not in (own, Blamed.BOTH):
            continue
        if finding.severity.rank > Severity.HIGH.rank and "below-policy" not in finding.id:
            continue
        return Breach(finding.id, _alert(finding.id, connection))
    return None


def _alert(cause: str, connection: Connection) -> int | None:
    """Give the alert; before TLS 1.3 there was none of its own for a missing certificate."""
    alert = ALERTS[cause]
    version = connection.tls.version if connection.tls else None
    if alert == CERTIFICATE_REQUIRED and (version is None or not codepoints.is_tls13(version)):
        return HANDSHAKE_FAILURE
    return alert
