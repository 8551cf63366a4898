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

__all__ = ["DIRECT", "Account", "Witnessed", "is_failure"]

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
    def action(self) -> str:
        """What is done about a broken rule: `observe`, `shadow` or `enforce`."""

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


@dataclass(frozen=True, slots=True)
class Witnessed:
    """One finished connection that has a single leg."""

    id: str
    relay: str
    road: str
    connection: Connection
    verdict: Verdict
    handshake_seconds: float | None
    action: str = "observe"

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
    def negotiated(self) -> Connection:
        """The connection itself."""
        return self.connection

    def shown(self, party: Party) -> Certificate | None:
        """Give the certificate that the real client or server showed."""
        chain = self.connection.certificates_of(party)
        return chain[0] if chain else None

    def certificates(self) -> Iterator[tuple[str, Party, Certificate]]:
        """Give the certificate that each member showed, with the member's name and role."""
        for member, party in ((self.client_member, Party.CLIENT), (self.server_member, Party.SERVER)):
            certificate = self.shown(party)
            if member is not None and certificate is not None:
                yield member, party, certificate

    def judged(self) -> Iterator[tuple[str, Connection, Verdict]]:
        """Give the one leg."""
        yield DIRECT, self.connection, self.verdict

    def record(self) -> dict[str, Any]:
        """Give the whole as it is written to events and offered by the API."""
        return {
            **self.summary(),
            "checks": {name.value: status.value for name, status in self.checks.items()},
            "legs": {DIRECT: connection_record(self.connection, self.verdict)},
        }

    def summary(self) -> dict[str, Any]:
        """Give what a list of connections shows of each."""
        connection, root = self.connection, self.verdict.root
        refused_by = self.verdict.refused_by
        return {
            "schema": SCHEMA_NAME,
            "id": self.id,
            "relay": self.relay,
            "road": self.road,
            "mode": self.road,
            "action": self.action,
            "started": connection.started,
            "ended": connection.ended,
            "client": str(connection.client),
            "upstream": str(connection.server),
            "client_member": self.client_member,
            "server_member": self.server_member,
            "outcome": connection.outcome.value,
            "failed": self.has_failed,
            "leg": DIRECT,
            "refused_by": refused_by.value if refused_by else None,
            "root_cause": root.id if root else None,
            "summary": root.summary if root else None,
            "tls_version": connection.tls.version if connection.tls else None,
            "handshake_seconds": self.handshake_seconds,
            "enforcement": None,
        }
