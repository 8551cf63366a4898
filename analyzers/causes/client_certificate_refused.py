"""The server refused the client after its certificate, for a reason that encryption hides.

What it is:
    A TLS 1.3 client has finished before the server looks at its certificate. A server that refuses it
    answers, under encryption, with one alert in place of the session tickets that it would send
    otherwise. Who refused is plain; why is in that alert, and opens only with the keys.

On the wire:
    After the client's part one encrypted record of 19 bytes from the server (two of alert, one of content
    type, sixteen of tag), no tickets, and the end. A record of that length after tickets or data is a
    mere close_notify. Servers that drop the alert (Node.js) close in that place without any record.

In the logs:
    Client: the handshake succeeds, and the first read fails with the real reason, such as `tlsv1 alert
    unknown ca` or `sslv3 alert unsupported certificate`.
    Server: `certificate verify failed`, with the reason in its trace.

Why it happens in a mirror:
    Any fault of the client's certificate: purpose, validity, trust, no certificate at all. Between IRIS
    members on TLS 1.3 it is what a passive capture shows of them all.

What to do:
    - Read the client's log: its first read after the handshake names the alert.
    - Capture again with a key log, or let the connection run through this probe's relay, which sees both
      certificates.
    - Or examine the client's certificate and the server's CA file off line.

References:
    - RFC 8446 section 4.4.2.4 and appendix D.4; OpenSSL issues 8500 and 11118
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import Party

from .entry import Blamed, CheckName, Fact, Family, Severity, State, Suspicion, entry
from .inquiry.progress import Stage
from .inquiry.refusal import Signal
from .inquiry.wordless import may_have_judged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .inquiry.case import Case

_CONFIDENCE = 0.9
"""What else could be a lone alert in place of tickets: a fault in the client's Finished, which would be a
bug of its stack."""

_OR_UNREADABLE = 0.6
"""The same where something of the client's part could not be read here either."""

_WITHOUT_WORDS = 0.6
"""What else could be an end in that place: a server that was stopped in this moment."""


def check(case: Case) -> Iterator[Suspicion]:
    """Suspect it where the server's answer to the client's part is an alert that cannot be read, or the end."""
    refusal = case.refusal
    if refusal is None or refusal.party is not Party.SERVER or refusal.stage is not Stage.CLIENT_FLIGHT:
        return
    if case.certificates(Party.CLIENT):
        return
    ends = f"{case.name(Party.SERVER)} refused {case.name(Party.CLIENT)} after its certificate"
    if refusal.signal is Signal.ENCRYPTED_ALERT:
        summary = f"{ends}; the reason is encrypted"
        is_broken = any(problem.sender is Party.CLIENT for problem in case.connection.problems)
        confidence = _OR_UNREADABLE if is_broken else _CONFIDENCE
        yield Suspicion(Blamed.CLIENT, summary, (refusal.evidence,), confidence, State.INFERRED)
    elif may_have_judged(case):
        summary = f"{ends}, as it seems, and left without a word"
        yield Suspicion(Blamed.CLIENT, summary, (refusal.evidence,), _WITHOUT_WORDS, State.INFERRED)


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.MUTUAL_AUTHENTICATION,
    severity=Severity.HIGH,
    needs=frozenset({Fact.SERVER_HELLO, Fact.REFUSAL}),
    check=check,
    caused_by=frozenset({"client-certificate-missing"}),
    fails=(CheckName.MUTUAL_AUTHENTICATION,),
)
