"""The client speaks plaintext to a server that expects TLS.

What it is:
    The server waits for a ClientHello, and what comes is no TLS. Where a plaintext preamble goes before
    TLS, the client has sent that and nothing after it.

On the wire:
    Bytes from the client that are no TLS record; then an alert, or the end, from the server.

In the logs:
    Server: `wrong version number` (1408F10B, 0A00010B), `http request` (0A00009C).
    Client: the end of the connection, or bytes that it does not understand.

Why it happens in a mirror:
    The mirror was switched to TLS and this member has not learnt it yet; or something else dials: a
    health check, a port scanner, a browser.

What to do:
    - Connect the member to the primary, from which it learns that TLS is required, or enable TLS on the
      member.
    - Find out by its address what dials, if it is no member.

References:
    - InterSystems: SYS.Mirror, UpdateMirrorUseSSL
    - RFC 8446 section 5.1
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import Party
from analyzers.counted import counted

from .entry import Blamed, Evidence, Family, Severity, State, Suspicion, entry
from .inquiry.speech import has_spoken, is_damaged_hello, may_be_tls, plain_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .inquiry.case import Case


_ANSWERED, _REQUIRED, _PRESUMED = 0.95, 0.88, 0.5
"""The server answered in TLS; it left without an answer, and the mirror requires TLS; nothing is known of
it."""


def check(case: Case) -> Iterator[Suspicion]:
    """Suspect a client that sent only plaintext, where the server answered in TLS or left without an
    answer.
    """
    connection, refusal = case.connection, case.refusal
    if connection.tls is not None and connection.tls.client_hello is not None:
        return
    if may_be_tls(connection, Party.CLIENT) or is_damaged_hello(connection, Party.CLIENT):
        return
    spoken = plain_words(connection, Party.CLIENT)
    if spoken is None or plain_words(connection, Party.SERVER) is not None:
        return
    text = f"the client sent {counted(spoken.length, 'byte that is', 'bytes that are')} no TLS"
    said = Evidence(text, frame=spoken.frame, source=None if spoken.frame is not None else "timeline")
    summary = f"{case.name(Party.CLIENT)} speaks plaintext, and {case.name(Party.SERVER)} expects TLS"
    if refusal is not None and refusal.party is Party.SERVER and refusal.alert is not None:
        yield Suspicion(Blamed.CLIENT, summary, (said, refusal.evidence), _ANSWERED, State.OBSERVED)
    elif connection.tls is not None and connection.tls.alerts:
        alert = connection.tls.alerts[0]
        answer = Evidence(
            f"the {alert.sender} answers with the TLS alert {alert.code} {alert.description}",
            frame=alert.frame,
            source=None if alert.frame is not None else "timeline",
        )
        yield Suspicion(Blamed.CLIENT, summary, (said, answer), _ANSWERED, State.OBSERVED)
    elif connection.closed_by is Party.SERVER and not has_spoken(connection, Party.SERVER):
        confidence = _REQUIRED if case.mirror is not None and case.mirror.tls_required else _PRESUMED
        left = Evidence("the server left without a word", source="timeline")
        yield Suspicion(Blamed.CLIENT, summary, (said, left), confidence, State.INFERRED)


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.TRANSPORT,
    severity=Severity.HIGH,
    needs=frozenset(),
    check=check,
)
