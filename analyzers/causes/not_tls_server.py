"""The server answers a ClientHello with something that is no TLS.

What it is:
    The client begins TLS, and what listens there speaks another protocol, or sends a greeting of its own
    first.

On the wire:
    A ClientHello, then bytes from the server that are no TLS record. An OpenSSL client answers with the
    alert 70 protocol_version, which is not about versions.

In the logs:
    Client: `wrong version number` (1408F10B, 0A00010B), `packet length too long`.
    Server: a line about a garbled request.

Why it happens in a mirror:
    The port belongs to another service, the superserver or agent of an instance without TLS, or to a
    proxy's error page.

What to do:
    - Check host and port of the member: ISCAgent 2188, superserver 1972 by default, others on hosts with
      several instances.
    - Enable TLS for the mirror on the member that answers, beginning with the primary.

References:
    - RFC 8446 section 5.1
    - InterSystems High Availability Guide: ISCAgent
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import EventKind, Party
from analyzers.counted import counted

from .entry import Blamed, Evidence, Fact, Family, Severity, State, Suspicion, entry
from .inquiry.speech import is_damaged_hello, may_be_tls, plain_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .inquiry.case import Case


_TLS = frozenset({EventKind.HANDSHAKE, EventKind.ALERT})
_RECORD_HEADER, _CLIENT_HELLO = 5, b"\x16\x01"

_ANSWERED, _GREETED = 0.96, 0.85
"""It answers the ClientHello with something else; or it greeted first a client that has no preamble of its own."""


def check(case: Case) -> Iterator[Suspicion]:
    """Suspect a server whose first bytes after the ClientHello are no TLS, or that had greeted a client which began at once."""
    if case.tls.server_hello is not None:
        return
    if may_be_tls(case.connection, Party.SERVER):
        yield from _echoes(case)
        return
    if is_damaged_hello(case.connection, Party.SERVER):
        return  # record-corrupt
    events = case.connection.events
    hello = next((place for place, event in enumerate(events) if event.name == "ClientHello"), None)
    if hello is None:
        return
    for event in events[hello:]:
        if event.sender is Party.SERVER and event.kind is EventKind.PLAINTEXT:
            text = f"the server answers the ClientHello with {counted(event.length, 'byte that is', 'bytes that are')} no TLS"
            source = None if event.frame is not None else "timeline"
            evidence = Evidence(text, frame=event.frame, source=source)
            summary = f"{case.name(Party.SERVER)} does not speak TLS"
            yield Suspicion(Blamed.SERVER, summary, (evidence,), _ANSWERED, State.OBSERVED)
            return
    yield from _greeted(case)


def _echoes(case: Case) -> Iterator[Suspicion]:
    """Suspect a server that gives the client its own ClientHello back."""
    head = bytes.fromhex(case.connection.preamble.server_hex)
    answer = plain_words(case.connection, Party.SERVER)
    if answer is None or head[:1] + head[_RECORD_HEADER : _RECORD_HEADER + 1] != _CLIENT_HELLO:
        return
    text = "the server answers the ClientHello with a ClientHello, as an echo does"
    evidence = Evidence(text, frame=answer.frame, source=None if answer.frame is not None else "timeline")
    summary = f"{case.name(Party.SERVER)} does not speak TLS"
    yield Suspicion(Blamed.SERVER, summary, (evidence,), _ANSWERED, State.OBSERVED)


def _greeted(case: Case) -> Iterator[Suspicion]:
    """Suspect a server that spoke first, of which nothing came after, where the client began TLS with its first byte."""
    preamble, refusal = case.connection.preamble, case.refusal
    if refusal is None or not preamble.server_bytes or preamble.client_bytes:
        return
    greeting = plain_words(case.connection, Party.SERVER)
    has_answered = any(
        event.sender is Party.SERVER and event.kind in _TLS for event in case.connection.events
    )
    if greeting is None or has_answered:
        return
    size = counted(greeting.length, "byte that is", "bytes that are")
    text = f"the server greets with {size} no TLS, and does not answer the ClientHello that the client opens with"
    evidence = Evidence(text, frame=greeting.frame, source=None if greeting.frame is not None else "timeline")
    summary = f"{case.name(Party.SERVER)} does not speak TLS"
    yield Suspicion(Blamed.SERVER, summary, (evidence, refusal.evidence), _GREETED, State.INFERRED)


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.TRANSPORT,
    severity=Severity.HIGH,
    needs=frozenset({Fact.CLIENT_HELLO}),
    check=check,
)
