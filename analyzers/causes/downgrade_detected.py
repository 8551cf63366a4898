"""A lower version was negotiated than both ends can do.

What it is:
    A server that can do TLS 1.3 and negotiates an older version writes so into the last eight bytes of
    its random value. A client that offered TLS 1.3 and reads this knows that its offer was changed on the
    way.

On the wire:
    A ServerHello whose random ends with `DOWNGRD` although the client offered the newer version; a client
    that checks answers with the alert 47 illegal_parameter.

In the logs:
    Client: `inappropriate fallback` or `illegal parameter`.
    Server: `sslv3 alert illegal parameter` (0A000417).

Why it happens in a mirror:
    A firewall or proxy between the sites takes TLS apart, or removes what it does not know from the
    ClientHello.

What to do:
    - Capture on both hosts and compare the ClientHello as it left and as it arrived.
    - Exempt the mirror's ports from TLS inspection.

References:
    - RFC 8446 section 4.1.3
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import Party
from analyzers.tls.codepoints import version_name

from .entry import Bearing, Blamed, CheckName, Fact, Family, Severity, State, Suspicion, entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .inquiry.case import Case

_ILLEGAL_PARAMETER = 47


def check(case: Case) -> Iterator[Suspicion]:
    """Compare what the server says that it could have done with what the client offered."""
    hello, answer, refusal = case.tls.client_hello, case.tls.server_hello, case.refusal
    if hello is None or answer is None or answer.downgraded_from is None:
        return
    if answer.downgraded_from not in hello.versions or answer.version >= answer.downgraded_from:
        return
    able, chosen = version_name(answer.downgraded_from), version_name(answer.version)
    text = f"the client offers {able}; the server chooses {chosen}, and its random says that it can do {able}"
    evidence = (case.quote(Party.SERVER, "ServerHello", text),)
    summary = f"the connection was brought down from {able} to {chosen} on the way"
    if refusal is not None and refusal.party is Party.CLIENT and refusal.alert_code == _ILLEGAL_PARAMETER:
        yield Suspicion(Blamed.NETWORK, summary, (refusal.evidence, *evidence), 0.97, State.OBSERVED)
    else:
        yield Suspicion(Blamed.NETWORK, summary, evidence, 1.0, State.OBSERVED, Bearing.STANDS)


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.NEGOTIATION,
    severity=Severity.HIGH,
    needs=frozenset({Fact.CLIENT_HELLO, Fact.SERVER_HELLO}),
    check=check,
    fails=(CheckName.PROTOCOL,),
)
