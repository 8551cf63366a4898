"""The connection was reset in the middle of the handshake.

What it is:
    The handshake was under way, and one end left. Programs that drop the alert of a failed handshake do
    so for any fault of the certificate, and a close with data unread is a reset; else the process ended, or
    gave up. So this is the verdict only where the end that left had been shown nothing that it could dislike.

On the wire:
    RST before the handshake was complete, and no alert. A reset may be sent by a device in the path in
    the name of an end.

In the logs:
    Other side: `SSL_ERROR_SYSCALL: I/O error (104)`, `Connection reset by peer`.

Why it happens in a mirror:
    A firewall ends connections that it does not like, or has forgotten; the process on one end crashed or
    was forced down; a program closed with data unread, which makes the kernel send a reset.

What to do:
    - Read the log of the end that left, at this time to the second.
    - Look at the certificates in the evidence of the other findings: a fault there explains it.
    - If both logs deny it, capture on both hosts to see whether the end came from the network.

References:
    - RFC 8446 section 6.1
    - RFC 9293 section 3.10.7
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import Party

from .entry import Fact, Family, Severity, State, Suspicion, entry, of_party
from .inquiry.progress import Stage
from .inquiry.refusal import Signal
from .inquiry.speech import has_spoken
from .inquiry.wordless import REASONS_TO_LEAVE, certainty_of_leaving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .inquiry.case import Case


_SIGNALS = frozenset({Signal.RST})


def check(case: Case) -> Iterator[Suspicion]:
    """Report who left, where the handshake had begun and no other entry says that it had not."""
    refusal = case.refusal
    if refusal is None or refusal.signal not in _SIGNALS:
        return
    if refusal.stage in (Stage.BEFORE_CLIENT_HELLO, Stage.AFTER_COMPLETION):
        return
    is_bare = refusal.stage is Stage.BEFORE_SERVER_HELLO and not has_spoken(case.connection, Party.SERVER)
    if is_bare and refusal.party is Party.SERVER and not case.connection.preamble.client_bytes:
        return  # tls-not-started says more.
    summary = f"{case.name(refusal.party)} reset the connection {refusal.stage.words}, without an alert"
    certainty = certainty_of_leaving(case)
    yield Suspicion(of_party(refusal.party), summary, (refusal.evidence,), certainty, State.OBSERVED)


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.TRANSPORT,
    severity=Severity.HIGH,
    needs=frozenset({Fact.TLS, Fact.REFUSAL}),
    check=check,
    caused_by=REASONS_TO_LEAVE,
)
