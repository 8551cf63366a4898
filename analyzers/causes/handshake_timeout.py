"""One end fell silent in the middle of the handshake.

What it is:
    TCP opened, TLS began or was awaited, and one end did not answer until the other gave up. IRIS gives
    up after its quality of service timeout, 8 seconds by default.

On the wire:
    A ClientHello, or a part of the handshake, then nothing for seconds, then the end by the side that
    waited.

In the logs:
    The waiting side: `SSL_ERROR_WANT_READ: operation did not complete`, or a timeout of its own.

Why it happens in a mirror:
    The server waits for a preamble, or is no TLS server at all; the process is stuck; a path with a
    smaller MTU drops the large packets (a ClientHello with post-quantum keys, or a long chain, takes more
    than one).

What to do:
    - Capture on both hosts: does the packet arrive that the silent end should answer?
    - If only large packets are lost, mend path MTU discovery, or lower the MTU.
    - Look at the silent end: is the instance hung, does another service listen there?

References:
    - InterSystems High Availability Guide: Quality of Service timeout
    - RFC 4821
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import NetworkErrorKind

from .entry import Fact, Family, Severity, State, Suspicion, entry, of_party
from .inquiry.alerts import CERTIFICATE_FAULTS
from .inquiry.refusal import Signal
from .inquiry.wordless import LEFT, left_late, may_have_judged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .inquiry.case import Case


_DEADLINE, _GAVE_UP = 0.97, 0.88
"""We were waiting ourselves; or we saw that an end closed after it had waited."""

_LEFT_IN_THE_END = 0.65
"""The end that owed an answer closed, after as long as somebody waits for something else."""

_PERHAPS_REFUSING = 0.75
"""The end that fell silent had just been shown a certificate, and some refuse so (s2n-tls)."""


def check(case: Case) -> Iterator[Suspicion]:
    """Suspect the end that did not answer."""
    refusal = case.refusal
    if refusal is not None and refusal.signal in LEFT and left_late(case):
        summary = f"{case.name(refusal.party)} did not go on with the handshake, and left in the end"
        yield Suspicion(
            of_party(refusal.party), summary, (refusal.evidence,), _LEFT_IN_THE_END, State.INFERRED
        )
        return
    if refusal is None or refusal.signal is not Signal.SILENCE:
        return
    error = case.connection.network_error
    is_open = error is not None and error.kind is NetworkErrorKind.HANDSHAKE_TIMEOUT
    if not is_open and (error is not None or not case.connection.events):
        return  # TCP did not open: connection-timeout.
    confidence = _DEADLINE if error is not None else _PERHAPS_REFUSING if may_have_judged(case) else _GAVE_UP
    summary = f"{case.name(refusal.party)} did not go on with the handshake"
    yield Suspicion(of_party(refusal.party), summary, (refusal.evidence,), confidence, State.OBSERVED)


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.TRANSPORT,
    severity=Severity.HIGH,
    needs=frozenset({Fact.REFUSAL}),
    check=check,
    caused_by=CERTIFICATE_FAULTS,
)
