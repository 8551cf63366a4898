"""The server closed on a bare ClientHello, without a byte of its own.

What it is:
    The server did not accept TLS as the first thing on this connection. On the ports of a mirror that is
    expected of whoever dials without the preamble that members exchange first; it says nothing about
    certificates.

On the wire:
    A ClientHello, then FIN or RST by the server. No alert.

In the logs:
    Client: `unexpected eof while reading` (0A000126), or `SSL_ERROR_SYSCALL: I/O error (104)`.
    Server: often nothing.

Why it happens in a mirror:
    A test with another TLS program against an ISCAgent or superserver port; %MirrorServer missing or not
    activated (its files do not fit together); Service_Mirror disabled; a firewall that cuts TLS off.

What to do:
    - Do not conclude from a bare TLS test that the mirror's TLS is broken: put this probe's relay between
      two members instead.
    - On the server: check that %MirrorServer exists and is enabled, that its key fits its certificate,
      and that Service_Mirror is enabled.
    - Look for a firewall that inspects TLS, if members themselves meet this.

References:
    - InterSystems: the Test button of a TLS configuration: tests may fail when the target does not expect
      to make a TLS handshake immediately
    - InterSystems High Availability Guide: ISCAgent
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import Party

from .entry import Blamed, Fact, Family, Severity, State, Suspicion, entry
from .inquiry.offers import is_cut_down
from .inquiry.progress import Stage
from .inquiry.refusal import Signal
from .inquiry.speech import has_spoken, malformed
from .inquiry.wordless import left_late

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .inquiry.case import Case


_PLAIN, _UNUSUAL = 0.9, 0.7
"""It left at once what nearly every TLS server would have taken; or it left late, or on an offer that is broken, or so
cut down that it may have left for that: Mono does so without a word."""

_SILENT_ENDS = frozenset({Signal.FIN, Signal.RST})


def check(case: Case) -> Iterator[Suspicion]:
    """Suspect a server that left on the ClientHello, if it had said nothing before either."""
    refusal = case.refusal
    if refusal is None or refusal.party is not Party.SERVER or refusal.signal not in _SILENT_ENDS:
        return
    if refusal.stage is not Stage.BEFORE_SERVER_HELLO or has_spoken(case.connection, Party.SERVER):
        return
    if case.connection.preamble.client_bytes:
        return  # It was no bare ClientHello.
    hello = case.tls.client_hello
    is_broken = bool(malformed(case.connection))
    is_unusual = is_broken or left_late(case) or (hello is not None and is_cut_down(hello))
    confidence = _UNUSUAL if is_unusual else _PLAIN
    summary = f"{case.name(Party.SERVER)} does not accept TLS at once, without a preamble before it"
    yield Suspicion(Blamed.SERVER, summary, (refusal.evidence,), confidence, State.OBSERVED)


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.TRANSPORT,
    severity=Severity.MEDIUM,
    needs=frozenset({Fact.CLIENT_HELLO, Fact.REFUSAL}),
    check=check,
)
