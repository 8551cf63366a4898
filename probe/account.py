"""One finished connection as the probe tells of it, by whatever road it was seen.

Everything that is told of connections (metrics, events, history, the live page) takes an `Account`. A relay that
ends TLS gives one with two legs (`relayed`); whatever reads one TLS connection between two real members, or makes
one itself, gives a `Witnessed`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from analyzers.connection import Outcome, Party
from analyzers.report.json import SCHEMA_NAME, connection_record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from analyzers.causes.entry import CheckName
    from analyzers.connection import Connection, Endpoint
    from analyzers.diagnosis.findings import CheckStatus, Finding, Verdict
    from analyzers.x509.certificate import Certificate

__all__ = ["DIRECT", "Account", "Telling", "Witnessed", "is_failure"]

DIRECT = "direct"
"""The leg of a connection that has only one."""

_UNUSABLE = (Outcome.FAILED, Outcome.REFUSED, Outcome.TIMEOUT)


def is_failure(connection: Connection, verdict: Verdict) -> bool:
    """Tell whether a connection could not be used: TCP, TLS, or the peer's refusal right after."""
    return connection.outcome in _UNUSABLE or (verdict.root is not None and verdict.root.is_explanation)


class Account(Protocol):
    """What is told of one finished connection."""

    @property
    def id(self) -> str:
        """The identifier, unique among all probes."""

    @property
    def relay(self) -> str:
        """The name of the relay, the check or the live capture that saw it."""

    @property
    def road(self) -> str:
        """How it was seen: `relay`, `passthrough`, `check` or `sniff`."""

    @property
    def mode(self) -> str:
        """How it was carried: `terminate` or, with a single leg, the road."""

    @property
    def action(self) -> str:
        """What is done about a broken rule: `observe`, `shadow` or `enforce`."""

    @property
    def lasted(self) -> tuple[float, float]:
        """When it began and ended, in epoch seconds."""

    @property
    def leading_name(self) -> str:
        """The leg whose verdict is the connection's: `client`, `upstream` or `direct`."""

    @property
    def outcome(self) -> Outcome:
        """How far it came."""

    @property
    def has_failed(self) -> bool:
        """Whether it could not be used."""

    @property
    def root(self) -> Finding | None:
        """The root cause of the failure, where the evidence decides."""

    @property
    def refused_by(self) -> str | None:
        """Which end refused: `client`, `server`, or `relay` where the relay did; None where none is known to have."""

    @property
    def tls_version(self) -> int | None:
        """The version that was negotiated on the leading leg."""

    @property
    def source(self) -> Endpoint:
        """Where the connection came from."""

    @property
    def destination(self) -> Endpoint:
        """Where it went to."""

    @property
    def client_member(self) -> str | None:
        """The member that connected."""

    @property
    def server_member(self) -> str | None:
        """The member that was connected to."""

    @property
    def checks(self) -> Mapping[CheckName, CheckStatus]:
        """The seven checks."""

    @property
    def enforced(self) -> dict[str, Any] | None:
        """What the rules say against it, as it is written; None where they say nothing, or nobody asked."""

    @property
    def details(self) -> dict[str, Any]:
        """What the record of its kind has besides."""

    @property
    def handshake_seconds(self) -> float | None:
        """How long the handshake took, where it came to its end."""

    @property
    def negotiated(self) -> Connection:
        """The connection that tells what the real server chose."""

    def shown(self, party: Party) -> Certificate | None:
        """Give the certificate that the real client or server showed."""

    def certificates(self) -> Iterator[tuple[str, Party, Certificate]]:
        """Give the certificate that each member showed, with the member's name and role."""

    def judged(self) -> Iterator[tuple[str, Connection, Verdict]]:
        """Give each leg's name, as the record has it, with what was seen on it and what that means."""

    def record(self) -> dict[str, Any]:
        """Give the whole as it is written to events and offered by the API."""

    def summary(self) -> dict[str, Any]:
        """Give what a list of connections shows of each."""


class Telling:
    """What every account tells in the same way, from what is its own."""

    __slots__ = ()

    def certificates(self: Account) -> Iterator[tuple[str, Party, Certificate]]:
        """Give the certificate that each real peer showed, with the member's name and role."""
        for member, party in ((self.client_member, Party.CLIENT), (self.server_member, Party.SERVER)):
            certificate = self.shown(party)
            if member is not None and certificate is not None:
                yield member, party, certificate

    def record(self: Account) -> dict[str, Any]:
        """Give the whole as it is written to events and offered by the API."""
        return {
            **self.summary(),
            "checks": {name.value: status.value for name, status in self.checks.items()},
            **self.details,
            "legs": {
                name: connection_record(connection, verdict) for name, connection, verdict in self.judged()
            },
        }

    def summary(self: Account) -> dict[str, Any]:
        """Give what a list of connections shows of each."""
        root = self.root
        started, ended = self.lasted
        return {
            "schema": SCHEMA_NAME,
            "id": self.id,
            "relay": self.relay,
            "road": self.road,
            "mode": self.mode,
            "action": self.action,
            "started": started,
            "ended": ended,
            "client": str(self.source),
            "upstream": str(self.destination),
            "client_member": self.client_member,
            "server_member": self.server_member,
            "outcome": self.outcome.value,
            "failed": self.has_failed,
            "leg": self.leading_name,
            "refused_by": self.refused_by,
            "root_cause": root.id if root else None,
            "summary": root.summary if root else None,
            "tls_version": self.tls_version,
            "handshake_seconds": self.handshake_seconds,
            "enforcement": self.enforced,
        }


@dataclass(frozen=True, slots=True)
class Witnessed(Telling):
    """One finished connection that has a single leg."""

    id: str
    relay: str
    road: str
    connection: Connection
    verdict: Verdict
    handshake_seconds: float | None
    action: str = "observe"

    @property
    def mode(self) -> str:
        """The road."""
        return self.road

    @property
    def lasted(self) -> tuple[float, float]:
        """When it began and ended, in epoch seconds."""
        return self.connection.started, self.connection.ended

    @property
    def leading_name(self) -> str:
        """The one leg."""
        return DIRECT

    @property
    def outcome(self) -> Outcome:
        """How far it came."""
        return self.connection.outcome

    @property
    def has_failed(self) -> bool:
        """Whether it could not be used."""
        return is_failure(self.connection, self.verdict)

    @property
    def root(self) -> Finding | None:
        """The root cause of the failure, where the evidence decides."""
        return self.verdict.root

    @property
    def refused_by(self) -> str | None:
        """Which end refused, where one is known to have."""
        return self.verdict.refused_by.value if self.verdict.refused_by else None

    @property
    def tls_version(self) -> int | None:
        """The version that was negotiated."""
        return self.connection.tls.version if self.connection.tls else None

    @property
    def source(self) -> Endpoint:
        """Where the connection came from."""
        return self.connection.client

    @property
    def destination(self) -> Endpoint:
        """Where it went to."""
        return self.connection.server

    @property
    def client_member(self) -> str | None:
        """The member that connected."""
        return self.verdict.client_member

    @property
    def server_member(self) -> str | None:
        """The member that was connected to."""
        return self.verdict.server_member

    @property
    def checks(self) -> Mapping[CheckName, CheckStatus]:
        """The seven checks."""
        return {name: check.status for name, check in self.verdict.checks.items()}

    @property
    def enforced(self) -> dict[str, Any] | None:
        """Nothing: nobody could refuse."""
        return None

    @property
    def details(self) -> dict[str, Any]:
        """Nothing besides."""
        return {}

    @property
    def negotiated(self) -> Connection:
        """The connection itself."""
        return self.connection

    def shown(self, party: Party) -> Certificate | None:
        """Give the certificate that the real client or server showed."""
        chain = self.connection.certificates_of(party)
        return chain[0] if chain else None

    def judged(self) -> Iterator[tuple[str, Connection, Verdict]]:
        """Give the one leg."""
        yield DIRECT, self.connection, self.verdict
