"""One end proved itself with a key that does not belong to its certificate.

What it is:
    Beside the certificate an end shows a signature over the handshake, made with the certificate's
    private key. Here it does not verify, as is seen wherever the signature can be read: in TLS 1.2, and
    in TLS 1.3 with a key log. OpenSSL and IRIS refuse to start with a key that does not fit, so this is
    rare; then nothing is sent at all (see client-configuration).

On the wire:
    The alert 51 decrypt_error after ServerKeyExchange or CertificateVerify; Go's clients say 10
    unexpected_message, and BearSSL and wolfSSL just leave. A re-keyed authority gives the same alert: see
    ca-rekeyed.

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

from analyzers.x509.signatures import SignatureVerdict

from .entry import Fact, Family, Severity, State, Suspicion, entry, of_party
from .inquiry.alerts import CERTIFICATE_ALERTS
from .inquiry.progress import Stage
from .inquiry.wordless import WORDLESS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzers.x509.chain import ChainReport

    from .inquiry.case import Case
    from .inquiry.refusal import Refusal

_DECRYPT_ERROR, _HANDSHAKE_FAILURE = 51, 40
_TLS12 = 0x0303
_OTHER_WORDS = CERTIFICATE_ALERTS | {10, 40, 47, 50}
"""unexpected_message (Go), handshake_failure, illegal_parameter and decode_error beside the alerts that certificates are
refused with: what some say of a signature that does not verify."""

_NOT_ITS_KEY = frozenset({SignatureVerdict.OTHER_KEY, SignatureVerdict.INVALID})

_SAID, _SEEN, _OR_DAMAGED, _BESIDE_ANOTHER = 0.97, 0.9, 0.6, 0.5
"""A signature that does not verify: refused as such; refused otherwise; one that tells another key from other content
as little as ECDSA does, where the handshake may have been damaged on the way; refused perhaps for a fault of the chain,
which comes first."""

_VERIFIED, _PRESUMED = 0.7, 0.4
"""Whether the chain was verified here against a known root, so that its signatures are none of the reasons, and
none of them is of a kind that a verifier may not know (rustls calls a short key or SHA-1 a signature that fails)."""


def check(case: Case) -> Iterator[Suspicion]:
    """Suspect the key of the end whose signature was refused, if its certificates' signatures are in order."""
    refusal = case.refusal
    if refusal is None or refusal.stage not in (Stage.SERVER_FLIGHT, Stage.CLIENT_FLIGHT):
        return
    presenter = refusal.party.other
    report = case.chain(presenter)
    is_fit = refusal.alert_code in _OTHER_WORDS or refusal.signal in WORDLESS
    if report is None or not is_fit:
        return
    proof = case.tls.proof_of(presenter)
    if proof in _NOT_ITS_KEY:
        yield _seen(case, refusal, report)
    elif proof in (None, SignatureVerdict.UNSUPPORTED) and refusal.alert_code == _DECRYPT_ERROR:
        yield from _presumed(case, refusal, report)


def _seen(case: Case, refusal: Refusal, report: ChainReport) -> Suspicion:
    """Blame the key: its signature is there, and does not verify with the certificate."""
    presenter = refusal.party.other
    is_faulty = any(error.code > 0 for error in report.errors)
    confidence = _SAID if refusal.alert_code == _DECRYPT_ERROR else _SEEN
    if is_faulty and refusal.alert_code != _DECRYPT_ERROR:
        confidence = _BESIDE_ANOTHER
    elif case.tls.proof_of(presenter) is SignatureVerdict.INVALID and not _was_read(case, refusal):
        confidence = _OR_DAMAGED
    text = f"the {presenter}'s signature over the handshake does not verify with this certificate's key"
    exhibit = case.exhibit(presenter, report.path[0], text)
    summary = f"the private key of {case.name(presenter)} does not belong to its certificate"
    return Suspicion(of_party(presenter), summary, (refusal.evidence, exhibit), confidence, State.OBSERVED)


def _was_read(case: Case, refusal: Refusal) -> bool:
    """Say whether the verifier had the same handshake before it: in TLS 1.3 nothing else opens the records."""
    return case.tls.version != _TLS12 and refusal.alert_code in CERTIFICATE_ALERTS | {_HANDSHAKE_FAILURE}


def _presumed(case: Case, refusal: Refusal, report: ChainReport) -> Iterator[Suspicion]:
    """Suspect it where the signature is not to be seen, and is what was refused."""
    presenter = refusal.party.other
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
    needs=frozenset({Fact.REFUSAL, Fact.CERTIFICATE}),
    check=check,
)
