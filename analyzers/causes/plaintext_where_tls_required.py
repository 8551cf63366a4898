"""Two members exchange data in plaintext, although the mirror requires TLS.

What it is:
    The mirror requires TLS, because journals or databases are encrypted or because its definition says
    so, and this connection of its own carries data that anybody on the path can read and change. Traffic
    with an arbiter is plaintext by design, and does not count.

On the wire:
    Data in both directions, none of it TLS.

In the logs:
    IRIS, when it notices: `SSL/TLS is required for incoming connections`, `SSL required to mirror
    encrypted database` (#2092).

Why it happens in a mirror:
    TLS was disabled for the mirror, or never enabled on the primary; or a member that was disconnected
    during the change still works as before.

What to do:
    - Enable TLS for the mirror on the primary; the other members learn it when they connect.
    - Create %MirrorClient and %MirrorServer on every member beforehand: they must exist when TLS is
      enabled.

References:
    - InterSystems: Configuring IRIS to Use TLS with Mirroring
    - InterSystems: Encryption Guide, journal file encryption
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import PARTIES, EventKind, Outcome, Party

from .entry import Bearing, Blamed, CheckName, Evidence, Fact, Family, Severity, State, Suspicion, entry
from .inquiry.speech import alert_in_place_of_hello

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .inquiry.case import Case


_BEFORE_TLS_SECONDS = 60.0
"""Several times the quality of service timeout of IRIS: who speaks of other things for so long is not about to begin TLS."""


def check(case: Case) -> Iterator[Suspicion]:
    """Report plaintext in both directions."""
    if (
        case.mirror is None
        or not case.mirror.tls_required
        or case.connection.outcome is not Outcome.PLAINTEXT
    ):
        return
    spoken = [event for event in case.connection.events if event.kind is EventKind.PLAINTEXT]
    if {event.sender for event in spoken} != set(Party) or alert_in_place_of_hello(
        case.connection
    ) is not None:
        return
    if case.connection.closed_by is None and case.connection.ended - spoken[0].at < _BEFORE_TLS_SECONDS:
        return  # It was just made: what was said may be a preamble, with TLS to follow.
    frame = spoken[0].frame
    sent = ", ".join(f"{party} {case.connection.application_bytes(party)}" for party in PARTIES)
    text = f"bytes of plaintext: {sent}"
    evidence = (Evidence(text, frame=frame, source=None if frame else "timeline"),)
    summary = f"{case.name(Party.CLIENT)} and {case.name(Party.SERVER)} exchange data without TLS"
    yield Suspicion(Blamed.BOTH, summary, evidence, 1.0, State.OBSERVED, Bearing.STANDS)


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.TRANSPORT,
    severity=Severity.CRITICAL,
    needs=frozenset({Fact.NO_TLS, Fact.MIRROR}),
    check=check,
    fails=(CheckName.ENCRYPTION, CheckName.MUTUAL_AUTHENTICATION),
)
