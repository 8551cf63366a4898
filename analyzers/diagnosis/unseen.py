"""What an alert may mean where the certificate that it is about does not tell.

In TLS 1.3 without keys the alert of an OpenSSL client is readable and the certificate that it refuses is
not. Elsewhere the chain is there, and nothing in it explains the alert: then the fault is above what was
sent, in the verifier's trust store, its clock, its revocation lists. Either way the alert leaves some
causes and excludes others. They are offered as inferences, and never become the verdict: nothing blames a
certificate that was not seen.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from analyzers.causes.entry import Bearing, Fact, State, Suspicion, of_party
from analyzers.causes.inquiry.alerts import CERTIFICATE_ALERTS
from analyzers.causes.inquiry.progress import Stage
from analyzers.causes.inquiry.refusal import Signal
from analyzers.causes.inquiry.stack import Stack
from analyzers.causes.inquiry.wordless import LEFT, may_have_judged
from analyzers.connection import Party

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from analyzers.causes.entry import Cause
    from analyzers.causes.inquiry.case import Case

__all__ = ["suspect_unseen"]

_BLANKET = {
    "unknown-ca": 0.3,
    "certificate-expired": 0.25,
    "role-purpose": 0.2,
    "incomplete-chain": 0.15,
    "certificate-not-yet-valid": 0.1,
}
"""What a stack may mean that says one thing for everything, or says it under encryption."""

_PRIORS: Mapping[int | None, Mapping[str, float]] = MappingProxyType(
    {
        42: {"certificate-not-yet-valid": 0.5, "weak-key": 0.2, "weak-signature": 0.2},
        43: {"role-purpose": 0.75, "issuer-purpose": 0.25},
        44: {"certificate-revoked": 0.9},
        45: {"certificate-expired": 0.7, "issuer-expired": 0.25, "revocation-unknown": 0.05},
        46: {"name-constraint-violated": 0.3, "unhandled-critical-extension": 0.3},
        48: {
            "unknown-ca": 0.45,
            "incomplete-chain": 0.3,
            "self-signed-certificate": 0.15,
            "issuer-not-a-ca": 0.05,
        },
        51: {"ca-rekeyed": 0.5, "private-key-mismatch": 0.3, "signature-invalid": 0.1},
        None: _BLANKET,
    }
)
"""How OpenSSL's alerts divide among causes, before anything is seen of the certificate (`domain`:
ssl_x509err2alert)."""

_IN_LEAF = frozenset(
    {
        "role-purpose",
        "certificate-expired",
        "certificate-not-yet-valid",
        "self-signed-certificate",
        "weak-key",
        "weak-signature",
        "unhandled-critical-extension",
        "certificate-revoked",
        "private-key-mismatch",
        "unknown-ca",
        "incomplete-chain",
        "ca-rekeyed",
    }
)
"""Causes that a look at the chain that was sent decides, or whose own entries judge a chain that was seen."""

_TELLING = frozenset({Stack.OPENSSL, Stack.BORINGSSL, Stack.MBEDTLS, Stack.NSS, Stack.SCHANNEL})
"""Stacks whose alerts tell causes apart."""

_TRUST = frozenset({"unknown-ca", "incomplete-chain"})
"""What may be wrong with a chain in which nothing is, where its verifier left without a word."""

_EXPLAINED_FROM = 0.5

_DESCRIBE = frozenset({"closed-during-handshake", "reset-during-handshake"})
"""Causes that say that an end left, and not why."""


def suspect_unseen(case: Case, suspected: list[tuple[Cause, Suspicion]]) -> Iterator[tuple[str, Suspicion]]:
    """Yield what may be behind a refused certificate, where nothing that was seen explains it."""
    refusal = case.refusal
    if refusal is None or not _is_about_certificate(case):
        return
    if any(
        suspicion.bearing is Bearing.EXPLAINS
        and suspicion.confidence >= _EXPLAINED_FROM
        and cause.id not in _DESCRIBE
        and not suspicion.blames_unseen
        for cause, suspicion in suspected
    ):
        return
    presenter = refusal.party.other
    was_seen = bool(case.certificates(presenter))
    named = {cause.id for cause, suspicion in suspected if suspicion.bearing is Bearing.EXPLAINS}
    for key, prior in _priors(case, refusal.alert_code).items():
        if was_seen and key in _IN_LEAF and not (refusal.alert is None and key in _TRUST):
            continue
        cause = f"{presenter}-certificate-purpose" if key == "role-purpose" else key
        if cause in named:
            continue
        where = (
            "above the chain that was sent, or with the verifier"
            if was_seen
            else "in a certificate that was not seen"
        )
        did = "may have refused" if refusal.signal in LEFT else "refused"
        summary = (
            f"{case.name(refusal.party)} {did} the {presenter}'s certificate; the reason may lie {where}"
        )
        yield (
            cause,
            Suspicion(
                of_party(presenter), summary, (refusal.evidence,), prior, State.INFERRED, blames_unseen=True
            ),
        )


def _priors(case: Case, alert: int | None) -> Mapping[str, float]:
    refusal = case.refusal
    if refusal is None or alert is None:
        return _PRIORS[None]
    guess = case.stack(refusal.party)
    is_specific = alert in (43, 44, 45, 48)
    if guess.stack in _TELLING or guess.stack is Stack.UNKNOWN or is_specific:
        return _PRIORS.get(alert, _BLANKET)
    return _BLANKET


def _is_about_certificate(case: Case) -> bool:
    refusal = case.refusal
    if refusal is None or Fact.SERVER_HELLO not in case.facts:
        return False
    if refusal.signal in LEFT:
        return may_have_judged(case)
    if refusal.signal is Signal.ENCRYPTED_ALERT:
        # What a server says under encryption has an entry of its own: client-certificate-refused.
        return refusal.party is Party.CLIENT and refusal.stage is Stage.SERVER_FLIGHT
    if refusal.alert_code not in CERTIFICATE_ALERTS - {80, 51}:
        return refusal.alert_code == 51 and refusal.stage in (Stage.SERVER_FLIGHT, Stage.CLIENT_FLIGHT)
    if refusal.party is Party.CLIENT:
        return refusal.stage in (Stage.SERVER_FLIGHT, Stage.CLIENT_FLIGHT)
    return refusal.stage in (Stage.CLIENT_FLIGHT, Stage.AFTER_COMPLETION)
