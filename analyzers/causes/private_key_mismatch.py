"""One end proved itself with a key that does not belong to its certificate.

What it is:
    Beside the certificate an end shows a signature over the handshake, made with the certificate's
    private key. Here it does not verify. OpenSSL and IRIS refuse to start with a key that does not fit,
    so this is rare; then nothing is sent at all (see client-configuration).

On the wire:
    The alert 51 decrypt_error after ServerKeyExchange or CertificateVerify. A re-keyed authority gives
    the same alert: see ca-rekeyed.

In the logs:
    Verifier: `bad signature` (1417B07B, 0A00007B). A member that notices by itself: `key values mismatch`
    (0B080074, 05800074), IRIS: `The public key in certificate ... and the private key in ... do not
    match`.

Why it happens in a mirror:
    A certificate was renewed with a new key, and only one of the two files replaced, in a product that
    does not compare them; or a device in the path that intercepts TLS mixes two handshakes.

What to do:
    - Compare the public key of the certificate file with that of the key file, and put the pair right.
    - Compare the certificate on the wire with the member's file, to find a device that intercepts TLS.

References:
    - RFC 8446 section 4.4.3, RFC 5246 section 7.4.8
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .entry import Fact, Family, Severity, State, Suspicion, entry, of_party
from .inquiry.progress import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .inquiry.case import Case

_DECRYPT_ERROR = 51

_VERIFIED, _PRESUMED = 0.85, 0.4
"""Whether the chain was verified here against a known root, so that its signatures are none of the reasons, and
none of them is of a kind that a verifier may not know (rustls calls a short key or SHA-1 a signature that fails)."""


def check(case: Case) -> Iterator[Suspicion]:
    """Suspect the key of the end whose signature was refused, if its certificates' signatures are in order."""
    refusal = case.refusal
    if refusal is None or refusal.alert_code != _DECRYPT_ERROR:
        return
    presenter = refusal.party.other
    report = case.chain(presenter)
    if report is None or refusal.stage not in (Stage.SERVER_FLIGHT, Stage.CLIENT_FLIGHT):
        return
    if any(error.kind in ("ca-rekeyed", "signature-invalid") for error in report.errors):
        return
    is_weak = any(error.kind in ("weak-key", "weak-signature") for error in report.errors)
    is_verified = bool(case.trust) and report.is_complete
    exhibit = case.exhibit(
        presenter, report.path[0], "its chain's own signatures are not at fault, as far as seen"
    )
    summary = f"the private key of {case.name(presenter)} may not belong to its certificate"
    confidence = _VERIFIED if is_verified and not is_weak else _PRESUMED
    yield Suspicion(of_party(presenter), summary, (refusal.evidence, exhibit), confidence, State.INFERRED)


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.MUTUAL_AUTHENTICATION,
    severity=Severity.HIGH,
    needs=frozenset({Fact.ALERT, Fact.CERTIFICATE}),
    check=check,
)
