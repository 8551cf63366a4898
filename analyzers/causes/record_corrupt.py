"""A TLS record could not be authenticated or read.

What it is:
    A record did not decrypt with the keys of the connection, or its header is none that TLS allows.
    Either the bytes were changed on the way, or the two ends do not hold the same keys, or one end could
    not make sense of the other's last word: an OpenSSL client refuses a TLS 1.3 server in clear, and then
    the cause stands one record earlier.

On the wire:
    The alert 20 bad_record_mac (21 or 22 from some), or a record with an impossible header.

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

from .entry import Fact, Family, Severity, State, Suspicion, entry, of_party
from .inquiry.speech import malformed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .inquiry.case import Case


_ALERTS = {20: 0.85, 21: 0.85, 22: 0.85}


def check(case: Case) -> Iterator[Suspicion]:
    """Take the refusing end at its word, and show what we could not read ourselves."""
    refusal = case.refusal
    broken = malformed(case.connection)
    confidence = 0.0 if refusal is None else _ALERTS.get(refusal.alert_code or 0, 0.0)
    if refusal is not None and confidence:
        summary = (
            f"{case.name(refusal.party)} could not authenticate a record of {case.name(refusal.party.other)}"
        )
        yield Suspicion(
            of_party(refusal.party.other), summary, (refusal.evidence, *broken), confidence, State.OBSERVED
        )
    elif broken and refusal is not None:
        summary = "the stream of records breaks off into bytes that are no TLS"
        yield Suspicion(of_party(None), summary, (refusal.evidence, *broken), 0.6, State.INFERRED)


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.TRANSPORT,
    severity=Severity.HIGH,
    needs=frozenset({Fact.TLS}),
    check=check,
)
