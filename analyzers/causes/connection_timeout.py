"""The TCP connection does not come about: there is no answer, no way, or no such name.

What it is:
    The SYN is not answered at all, or the network says that the host cannot be reached, or the host name
    does not resolve.

On the wire:
    SYN, repeated, without an answer; or an ICMP message; or nothing at all where the name does not
    resolve.

In the logs:
    IRIS: `Agent is unreachable` (#2086), `Mirror member ... is unreachable` (#2087).

Why it happens in a mirror:
    A firewall drops the port between the sites; the mirror private address is not routed; a host name
    resolves to another address on this member than on that one.

What to do:
    - Test the port from the member that dials: mirror private address, superserver port and 2188.
    - Open the ports in both directions: members change roles.
    - Compare what the name resolves to on both members.

References:
    - InterSystems High Availability Guide: network configuration for mirrors
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import NetworkErrorKind, Outcome, Party

from .entry import Blamed, Evidence, Family, Severity, State, Suspicion, entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .inquiry.case import Case


_KINDS = frozenset({NetworkErrorKind.TIMEOUT, NetworkErrorKind.UNREACHABLE, NetworkErrorKind.NAME})


def check(case: Case) -> Iterator[Suspicion]:
    """Report a connection that never opened."""
    error = case.connection.network_error
    if error is not None:
        if error.kind not in _KINDS:
            return
        text = f"{error.text}, after {error.after_seconds:.1f} s"
    elif case.connection.outcome is Outcome.TIMEOUT and not case.connection.events:
        text = f"{case.connection.server} did not answer"
    else:
        return
    if error is not None and error.kind is NetworkErrorKind.NAME:
        summary = f"{case.connection.server.address!r} is the name of no host that this one can find"
    else:
        summary = f"{case.name(Party.SERVER)} cannot be reached at {case.connection.server}"
    yield Suspicion(Blamed.NETWORK, summary, (Evidence(text, source="TCP"),), 0.97, State.OBSERVED)


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.TRANSPORT,
    severity=Severity.HIGH,
    needs=frozenset(),
    check=check,
)
