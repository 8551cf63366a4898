"""The server refuses the TCP connection: nothing listens at this address and port.

What it is:
    The server's host answered the SYN with RST.

On the wire:
    SYN, then RST. Not a byte of data.

In the logs:
    IRIS: `Agent is unreachable with ..., reason: ...` (#2086), `ISCAgent is not up on the local system`
    (#2118), `ECP connection to Mirror member ... is unreachable` (#2088).

Why it happens in a mirror:
    The ISCAgent or the instance is not running; it listens on another port or interface
    (`application_server.interface_address`); a firewall rejects.

What to do:
    - Start the ISCAgent (`systemctl start ISCAgent`) or the instance, and check its port and interface in
      iscagent.conf.
    - Compare the address and port with the mirror's configuration of that member.

References:
    - InterSystems High Availability Guide: ISCAgent
    - RFC 9293 section 3.10.7.1
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import NetworkErrorKind, Outcome, Party

from .entry import Blamed, Evidence, Family, Severity, State, Suspicion, entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .inquiry.case import Case


def check(case: Case) -> Iterator[Suspicion]:
    """Report what the host said."""
    error = case.connection.network_error
    is_refused = error is not None and error.kind is NetworkErrorKind.REFUSED
    if not is_refused and case.connection.outcome is not Outcome.REFUSED:
        return
    text = f"{case.connection.server} answered with RST" if error is None else error.text
    evidence = (Evidence(text, source="TCP"),)
    summary = f"nothing listens at {case.connection.server} of {case.name(Party.SERVER)}"
    yield Suspicion(Blamed.SERVER, summary, evidence, 0.99, State.OBSERVED)


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.TRANSPORT,
    severity=Severity.HIGH,
    needs=frozenset(),
    check=check,
)
