"""One end could not make sense of a handshake message of the other.

What it is:
    A message has a wrong length, a value that its version does not allow, an extension too many or too
    few, or comes out of turn. When an end answers so after the other has left, it is a mere consequence:
    OpenSSL 3 says decode_error to a connection that ended in the middle.

On the wire:
    The alert 50 decode_error; 47 illegal_parameter, 10 unexpected_message, 109 missing_extension or 110
    unsupported_extension say the same more exactly.

In the logs:
    Refusing side: `length mismatch`, `bad extension`, `unexpected message` (0A0000F4).
    Other side: `tlsv1 alert decode error` (1409441A, 0A00041A).

Why it happens in a mirror:
    A device in the path cuts or changes messages (a ClientHello of more than one packet, long CA lists);
    an old stack does not understand a new extension.

What to do:
    - Look at the evidence for the message that was sent just before.
    - Capture on both hosts, to see whether the message arrives as it was sent.
    - Shorten the list of trusted authorities on the server, if the CertificateRequest is very long.

References:
    - RFC 8446 section 6.2
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .entry import Fact, Family, Severity, State, Suspicion, entry, of_party
from .inquiry.alerts import CERTIFICATE_FAULTS
from .inquiry.speech import malformed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .inquiry.case import Case


_ALERTS = {50: 0.85, 47: 0.6, 10: 0.6, 109: 0.7, 110: 0.7}
"""The last four also have other causes, which entries of their own know."""

_CONFIRMED = 0.95


def check(case: Case) -> Iterator[Suspicion]:
    """Take the refusing end at its word, and show what we could not read ourselves."""
    refusal = case.refusal
    if refusal is None or refusal.alert_code not in _ALERTS:
        return
    broken = malformed(case.connection)
    confidence = _CONFIRMED if broken else _ALERTS[refusal.alert_code]
    summary = (
        f"{case.name(refusal.party)} could not make sense of a message of {case.name(refusal.party.other)}"
    )
    evidence = (refusal.evidence, *broken)
    yield Suspicion(of_party(refusal.party.other), summary, evidence, confidence, State.OBSERVED)


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.TRANSPORT,
    severity=Severity.HIGH,
    needs=frozenset({Fact.ALERT}),
    check=check,
    caused_by=frozenset(
        {
            "client-certificate-missing",
            "downgrade-detected",
            "inappropriate-fallback",
            "not-tls-server",
            "private-key-mismatch",
            "unsupported-key-type",
        }
        | CERTIFICATE_FAULTS
    ),
)
