"""A TLS record could not be authenticated or read.

What it is:
    A record did not decrypt with the keys of the connection, or its header is none that TLS allows.
    Either the bytes were changed on the way, or the two ends do not hold the same keys, or one end could
    not make sense of the other's last word: an OpenSSL client refuses a TLS 1.3 server in clear, and then
    the cause stands one record earlier.

On the wire:
    The alert 20 bad_record_mac (21 or 22 from some), or a record with an impossible header. The alert 51
    decrypt_error, where the signature over the handshake is right, or by the right key for other bytes.

In the logs:
    Refusing side: `decryption failed or bad record mac` (1408F119, 0A000119), Go `local error: tls: bad
    record MAC`, GnuTLS `Decryption has failed`, Java `Insufficient buffer remaining for AEAD cipher
    fragment`.
    Other side: `sslv3 alert bad record mac` (140943FC, 0A0003FC).

Why it happens in a mirror:
    A device between the sites rewrites TCP data (optimizers, faulty offloading in a network card or
    hypervisor).

What to do:
    - Look for an alert in clear from the other end just before: that is the cause, and this is only its
      echo.
    - Capture on both hosts, and compare the record byte by byte.
    - Take WAN optimizers out of the path, and switch off offloading of the network card for a test.

References:
    - RFC 8446 sections 5.2 and 6.2
    - OpenSSL issue 27809
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import ProblemKind
from analyzers.x509.signatures import SignatureVerdict

from .entry import Fact, Family, Severity, State, Suspicion, entry, of_party
from .inquiry.progress import Stage
from .inquiry.speech import disturbed, malformed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzers.connection import Party

    from .inquiry.case import Case
    from .inquiry.refusal import Refusal


_ALERTS = {20: 0.85, 21: 0.85, 22: 0.85}

_PROTOCOL_VERSION = 70
_VERSION_OF_RECORD = 0.8
"""Once the version is settled, only that in a record's header can still be refused."""

_UNOPENED, _DISTURBED, _BROKEN = 0.85, 0.86, 0.6
"""The other end's record does not open for us either; it sent what nobody sends; or it is no TLS."""

_DECRYPT_ERROR = 51
_TLS12 = 0x0303
_CHANGED, _CHANGED_LATER, _PERHAPS_CHANGED = 0.92, 0.6, 0.55
"""The signature over the handshake is of the right key and for other bytes; or it is right here, and refused there,
where an older key in the verifier's CA file would explain it as well; or of a kind that does not tell (ECDSA)."""


def check(case: Case) -> Iterator[Suspicion]:
    """Take the refusing end at its word, and show what we could not read ourselves."""
    refusal = case.refusal
    broken = malformed(case.connection)
    if refusal is not None and (refusal.alert_code == _DECRYPT_ERROR or _is_altered(case, refusal)):
        yield from _changed(case, refusal)
        return
    confidence = 0.0 if refusal is None else _confidence(refusal)
    if refusal is not None and confidence:
        summary = (
            f"{case.name(refusal.party)} could not authenticate a record of {case.name(refusal.party.other)}"
        )
        yield Suspicion(
            of_party(refusal.party.other), summary, (refusal.evidence, *broken), confidence, State.OBSERVED
        )
    elif refusal is not None and (stray := disturbed(case.connection, refusal.party.other)) is not None:
        summary = f"what {case.name(refusal.party.other)} sent was changed on the way"
        evidence = (refusal.evidence, stray, *broken)
        yield Suspicion(of_party(None), summary, evidence, _DISTURBED, State.INFERRED)
    elif broken and refusal is not None:
        summary = "the stream of records breaks off into bytes that are no TLS"
        confidence = _UNOPENED if _is_unopened(case, refusal.party.other) else _BROKEN
        yield Suspicion(of_party(None), summary, (refusal.evidence, *broken), confidence, State.INFERRED)


def _is_altered(case: Case, refusal: Refusal) -> bool:
    """Say whether the end that was refused, or left, had signed other bytes than are seen here, and its chain is good."""
    presenter = refusal.party.other
    is_altered = case.tls.proof_of(presenter) is SignatureVerdict.ALTERED
    if not is_altered or (refusal.alert_code or 0) in _ALERTS:
        return False
    report = case.chain(presenter)
    return report is not None and not any(error.code for error in report.errors)


def _changed(case: Case, refusal: Refusal) -> Iterator[Suspicion]:
    """Suspect the path where a signature is by the right key, and was refused nevertheless."""
    presenter = refusal.party.other
    report = case.chain(presenter)
    if report is None or refusal.stage not in (Stage.SERVER_FLIGHT, Stage.CLIENT_FLIGHT):
        return
    proof = case.tls.proof_of(presenter)
    is_good = bool(case.trust) and report.is_complete and not report.errors
    if proof is SignatureVerdict.INVALID and case.tls.version == _TLS12:
        confidence, text = (
            _PERHAPS_CHANGED,
            "does not verify, which it would not if a byte before it was changed",
        )
    elif proof is SignatureVerdict.ALTERED:
        confidence, text = _CHANGED, "was made by its certificate's key, for other bytes than those seen here"
    elif proof is SignatureVerdict.VALID and is_good:
        confidence, text = _CHANGED_LATER, "is right for the bytes seen here, and so is its chain"
    else:
        return
    exhibit = case.exhibit(
        presenter, report.path[0], f"the {presenter}'s signature over the handshake {text}"
    )
    summary = f"{case.name(refusal.party)} and {case.name(presenter)} did not see the same handshake"
    yield Suspicion(of_party(None), summary, (refusal.evidence, exhibit), confidence, State.INFERRED)


def _confidence(refusal: Refusal) -> float:
    code = refusal.alert_code or 0
    if code == _PROTOCOL_VERSION and refusal.stage >= Stage.CLIENT_FLIGHT:
        return _VERSION_OF_RECORD
    return _ALERTS.get(code, 0.0)


def _is_unopened(case: Case, sender: Party) -> bool:
    """Say whether a record of `sender` did not open with secrets that open others."""
    tls = case.connection.tls
    return (tls is not None and tls.has_secrets) and any(
        problem.kind is ProblemKind.DECRYPTION and problem.sender is sender
        for problem in case.connection.problems
    )


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.TRANSPORT,
    severity=Severity.HIGH,
    needs=frozenset({Fact.TLS}),
    check=check,
)
