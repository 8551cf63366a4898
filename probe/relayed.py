"""One relayed connection as it is told: both legs, their verdicts, and who really refused whom.

A failure on one leg is carried to the other, where it looks like a failure of its own. So the record names
the leg on which a real peer began it, and that leg's verdict is the connection's; what the other leg shows is
our copy.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from analyzers.connection import Outcome, Party
from analyzers.diagnosis.findings import CheckStatus

from .account import Telling, is_failure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from analyzers.causes.entry import CheckName
    from analyzers.connection import Connection, Endpoint
    from analyzers.diagnosis.findings import Finding, Verdict
    from analyzers.x509.certificate import Certificate

__all__ = ["Enforcement", "Leg", "LegName", "Origin", "Relayed", "shows_the_same"]


class LegName(StrEnum):
    """One of the two TLS connections that a relay joins."""

    CLIENT = "client"
    """From the connecting member to the relay."""
    UPSTREAM = "upstream"
    """From the relay to the member that it stands before."""

    @property
    def peer(self) -> Party:
        """The end of this leg that is a real member."""
        return Party.CLIENT if self is LegName.CLIENT else Party.SERVER

    @property
    def other(self) -> LegName:
        """The leg to which what happens on this one is carried."""
        return LegName.UPSTREAM if self is LegName.CLIENT else LegName.CLIENT


class Origin(StrEnum):
    """Who ended the connection, or began to."""

    PEER = "peer"
    """The real member on the leading leg."""
    RELAY = "relay"
    """The relay itself: it enforced a rule, met a limit, or its engine could not go on."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg: what was seen, and what it means."""

    connection: Connection
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Enforcement:
    """What the rules say against a connection: done with `enforce`, only noted with `shadow`."""

    leg: LegName
    """The leg whose peer broke the rule."""
    cause: str
    alert: int | None
    """The TLS alert that an IRIS or OpenSSL peer would have sent; None: it closes after the handshake."""
    is_done: bool


@dataclass(frozen=True, slots=True)
class Relayed(Telling):
    """One finished connection through a relay."""

    id: str
    relay: str
    action: str
    client: Leg
    upstream: Leg
    leading: LegName
    """The leg on which a real peer closed, reset or refused first."""
    origin: Origin
    carried: str | None
    """What of it was carried to the other leg: the alert's name, or the kind of close; None where nothing had
    to be."""
    stand_in: bool
    """Whether the relay had to show an identity that is not the one that the real peer showed."""
    is_untouched: bool
    """Whether the bytes were passed on as they were: no TLS, or a hello that our engine cannot make."""
    handshake_seconds: float | None
    """From the ClientHello until both legs were established."""
    enforcement: Enforcement | None
    trouble: str | None
    """Why our own engine gave up, where it did."""

    def leg(self, name: LegName) -> Leg:
        """Give one of the legs."""
        return self.client if name is LegName.CLIENT else self.upstream

    @property
    def lead(self) -> Leg:
        """The leg whose verdict is the connection's."""
        return self.leg(self.leading)

    @property
    def root(self) -> Finding | None:
        """The root cause of the failure, where the evidence decides."""
        return self.lead.verdict.root

    @property
    def road(self) -> str:
        """How it was seen."""
        return "relay"

    @property
    def mode(self) -> str:
        """How it was carried."""
        return "terminate"

    @property
    def lasted(self) -> tuple[float, float]:
        """When it began and ended, in epoch seconds."""
        legs = self.client.connection, self.upstream.connection
        return legs[0].started, max(leg.ended for leg in legs)

    @property
    def leading_name(self) -> str:
        """The leg whose verdict is the connection's."""
        return self.leading.value

    @property
    def negotiated(self) -> Connection:
        """The leg on which the real server chose."""
        return self.upstream.connection

    @property
    def outcome(self) -> Outcome:
        """How far the connection came."""
        return self.lead.connection.outcome

    @property
    def has_failed(self) -> bool:
        """Whether the connection could not be used: TCP, TLS, or the peer's refusal right after."""
        if self.enforcement is not None and self.enforcement.is_done:
            return True
        return is_failure(self.lead.connection, self.lead.verdict)

    @property
    def refused_by(self) -> str | None:
        """Which real end refused, or that the relay did."""
        if self.origin is Origin.RELAY:
            return Origin.RELAY.value
        party = self.lead.verdict.refused_by
        return party.value if party is self.leading.peer else None

    @property
    def tls_version(self) -> int | None:
        """The version that was negotiated on the leading leg."""
        tls = self.lead.connection.tls
        return tls.version if tls else None

    @property
    def source(self) -> Endpoint:
        """Where the connection came from."""
        return self.client.connection.client

    @property
    def destination(self) -> Endpoint:
        """Where it went to."""
        return self.upstream.connection.server

    @property
    def client_member(self) -> str | None:
        """The member that connected: by the certificate that it showed, or where it came from."""
        return self.client.verdict.client_member or self.upstream.verdict.client_member

    @property
    def server_member(self) -> str | None:
        """The member that it connected to."""
        return self.upstream.verdict.server_member or self.client.verdict.server_member

    @property
    def checks(self) -> Mapping[CheckName, CheckStatus]:
        """The seven checks: failed where they failed on either leg, else as on the leading one."""
        lead, other = self.lead.verdict.checks, self.leg(self.leading.other).verdict.checks
        return {
            name: CheckStatus.FAIL if other[name].status is CheckStatus.FAIL else check.status
            for name, check in lead.items()
        }

    @property
    def enforced(self) -> dict[str, Any] | None:
        """What the rules say against it, as it is written."""
        if self.enforcement is None:
            return None
        return {
            "leg": self.enforcement.leg.value,
            "cause": self.enforcement.cause,
            "alert": self.enforcement.alert,
            "done": self.enforcement.is_done,
        }

    @property
    def details(self) -> dict[str, Any]:
        """How the relay stood between the two ends."""
        return {
            "carried": self.carried,
            "stand_in": self.stand_in,
            "untouched": self.is_untouched,
            "trouble": self.trouble,
        }

    def shown(self, party: Party) -> Certificate | None:
        """Give the certificate that the real client or server showed."""
        leg = self.client if party is Party.CLIENT else self.upstream
        chain = leg.connection.certificates_of(party)
        return chain[0] if chain else None

    def judged(self) -> Iterator[tuple[str, Connection, Verdict]]:
        """Give both legs."""
        for name in LegName:
            leg = self.leg(name)
            yield name.value, leg.connection, leg.verdict


def shows_the_same(one: Connection, other: Connection) -> bool:
    """Tell whether nothing that a verdict rests on differs between two established legs.

    Where the one has no finding, the other has none either, and need not be judged by itself.
    """
    mine, theirs = one.tls, other.tls
    if mine is None or theirs is None or one.outcome is not Outcome.ESTABLISHED:
        return False
    return (
        _ends_the_same(one, other)
        and (one.preamble, one.problems, one.verify_errors)
        == (other.preamble, other.problems, other.verify_errors)
        and (mine.version, mine.cipher_suite, mine.group, mine.resumed, mine.certificate_requested)
        == (theirs.version, theirs.cipher_suite, theirs.group, theirs.resumed, theirs.certificate_requested)
        and _fingerprints(one) == _fingerprints(other)
        and [alert.code for alert in mine.alerts] == [alert.code for alert in theirs.alerts]
    )


def _ends_the_same(one: Connection, other: Connection) -> bool:
    """Tell whether the end of two established legs means the same.

    Who closed first is a matter of how long a close takes through the relay. It matters only where an end left without
    a byte of its own, as it does when it refuses the other's name (`dn-refused-by-peer`).
    """
    if other.outcome is not Outcome.ESTABLISHED:
        return False
    if all(leg.application_bytes(party) for leg in (one, other) for party in Party):
        return True
    return (one.closed_by, one.close_kind) == (other.closed_by, other.close_kind)


def _fingerprints(connection: Connection) -> list[list[str] | None]:
    chains = (connection.certificates_of(party) for party in Party)
    return [None if chain is None else [certificate.sha256 for certificate in chain] for chain in chains]
