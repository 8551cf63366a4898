"""How the last connection between two members went, for each pair and channel.

A state is about the pair's last attempt, so only what can be laid to the pair may change it:

* up: both ends finished TCP and TLS, and neither refused the other afterwards (by the DN); or, where no TLS was
  spoken, data went both ways, as with an arbiter. Whether plaintext is allowed is a matter of policy, not of the
  pair's state;
* down: TCP did not open, the handshake failed or never ended, an end refused the other, the server left a complete
  handshake at once without a byte of its own, or the relay enforced a rule. Who is at fault does not matter, and why
  need not be decided: the member could not talk to the other member;
* nothing is learned from a connection on which the client never said a byte (health checks and port scans do that, and
  a member whose TLS configuration does not load: the failures by cause tell of it), or which it left at once after a
  complete handshake (a health check does that as well as a member that refuses the server's name); from data in one
  direction only; and from a capture that lacks a part.

A connection of the members themselves is worth more than a check: a check comes from another address and starts
TLS at once, where members send a preamble first. So a check speaks for a pair only until the members were seen,
and a server that does not answer its bare ClientHello tells nothing (catalogue: `tls-not-started`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from analyzers.causes.entry import Blamed
from analyzers.causes.inquiry.speech import has_spoken
from analyzers.connection import NetworkErrorKind, Outcome, Party, Road
from analyzers.mirror.definition import Channel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzers.connection import Connection, Endpoint
    from analyzers.diagnosis.findings import Finding
    from analyzers.mirror.definition import Mirror

    from .account import Account

__all__ = ["CHANNELS", "PairState", "Pairs", "is_usable"]

OTHER = "other"
"""The channel of an address that the definition does not list as a member's agent or superserver."""

CHANNELS = (Channel.AGENT.value, Channel.SUPERSERVER.value, OTHER)

_CHANNEL_OF = {
    Channel.AGENT: Channel.AGENT.value,
    Channel.ARBITER: Channel.AGENT.value,  # an arbiter is an ISCAgent, too
    Channel.SUPERSERVER: Channel.SUPERSERVER.value,
    None: OTHER,
}

_NOT_OPENED = frozenset(
    {
        NetworkErrorKind.REFUSED,
        NetworkErrorKind.TIMEOUT,
        NetworkErrorKind.UNREACHABLE,
        NetworkErrorKind.NAME,
    }
)

LEFT_AT_ONCE = "dn-refused-by-peer"
"""What is suspected of an end that left a complete handshake at once, without a byte of its own."""

LEFT_SILENTLY = "client-configuration"
"""The cause of a client's silence, which is inferred: port scans look the same."""


@dataclass(frozen=True, slots=True)
class PairState:
    """The state of one pair on one channel."""

    client: str
    server: str
    channel: str
    up: bool
    since: float
    """When the first attempt of this state was made, epoch seconds."""
    at: float
    """When the last one was made."""
    ended: float
    connection: str
    outcome: str
    refused_by: str | None
    """Which end refused, `client` or `server`, or `relay`; None where none is known to have."""
    root_cause: str | None
    summary: str | None
    """What happened, or may have; None where the evidence says nothing of it."""
    is_own: bool
    """Whether the members made the connection, and not a check in the name of one."""

    @property
    def key(self) -> tuple[str, str, str]:
        """Who connects, to whom, and what for."""
        return self.client, self.server, self.channel

    def row(self) -> dict[str, Any]:
        """Give what the API shows of it."""
        return {
            "from": self.client,
            "to": self.server,
            "channel": self.channel,
            "up": self.up,
            "since": self.since,
            "at": self.at,
            "connection": self.connection,
            "outcome": self.outcome,
            "refused_by": self.refused_by,
            "root_cause": self.root_cause,
            "summary": self.summary,
        }


class Pairs:
    """The state of every pair that was seen."""

    def __init__(self, mirror: Mirror) -> None:
        """Know the members, and where they listen."""
        self._mirror = mirror
        self._states: dict[tuple[str, str, str], PairState] = {}

    def __iter__(self) -> Iterator[PairState]:
        return iter(self._states.values())

    def rows(self) -> list[dict[str, Any]]:
        """Give every state as the API shows it."""
        return [state.row() for state in self]

    def reconfigure(self, mirror: Mirror) -> None:
        """Forget the pairs of members that are gone."""
        self._mirror = mirror
        members = {member.name for member in mirror.members}
        self._states = {key: state for key, state in self._states.items() if members.issuperset(key[:2])}

    def see(self, account: Account) -> None:
        """Learn from a connection: when it is over, and before that once it has stood for a while."""
        client, server = account.client_member, account.server_member
        is_up = is_usable(account)
        if is_up is None or client is None or server is None or client == server:
            return
        root, seen = account.root, account.negotiated
        told = root or _departure(account)
        state = PairState(
            client,
            server,
            self._channel(account.destination),
            up=is_up,
            since=seen.started,
            at=seen.started,
            ended=seen.ended,
            connection=account.id,
            outcome=account.outcome.value,
            refused_by=account.refused_by,
            root_cause=root.id if root else None,
            summary=told.summary if told else None,
            is_own=account.road != Road.CHECK,
        )
        before = self._states.get(state.key)
        if before is None or _tells_more(state, before):
            is_same = before is not None and before.up is is_up
            self._states[state.key] = replace(state, since=before.since) if before and is_same else state

    def _channel(self, endpoint: Endpoint) -> str:
        return _CHANNEL_OF[self._mirror.channel_of(endpoint)]


def _tells_more(state: PairState, before: PairState) -> bool:
    """Tell whether a state replaces the one before it: a later attempt, and not a check over the members' own.

    A connection is told of when it ends, so one that lasted may be told of after attempts that were made later.
    It is recognized by having lasted beyond their beginning; a beginning in the past alone may be a clock that
    was set back.
    """
    if state.is_own is not before.is_own:
        return state.is_own
    return not state.at < before.at <= state.ended


def is_usable(account: Account) -> bool | None:
    """Tell whether the two ends could use a connection; None where it does not say."""
    seen, outcome = account.negotiated, account.outcome
    is_check = account.road == Road.CHECK
    if outcome in (Outcome.NO_DATA, Outcome.INCOMPLETE):
        return None
    if seen.network_error is not None and seen.network_error.kind in _NOT_OPENED:
        # Whether a check can resolve a name is the probe's own affair.
        return None if is_check and seen.network_error.kind is NetworkErrorKind.NAME else False
    has_begun = seen.tls is not None or outcome is not Outcome.TIMEOUT
    if not has_begun or _is_silent(account) or (is_check and not _is_answered(seen)):
        return None
    return False if account.has_failed else _has_served(account)


def _has_served(account: Account) -> bool | None:
    """Tell whether a connection on which nothing failed was of use; None where it does not say."""
    if (departure := _departure(account)) is not None:
        return False if departure.party is Blamed.CLIENT else None
    if account.outcome is Outcome.PLAINTEXT:
        preamble = account.negotiated.preamble
        return True if preamble.client_bytes and preamble.server_bytes else None
    return True


def _departure(account: Account) -> Finding | None:
    """Give what is suspected of an end that left at once after the handshake; its party is the end that was left."""
    for name, _, verdict in account.judged():
        if name == account.leading_name:
            return next((finding for finding in verdict.findings if finding.id == LEFT_AT_ONCE), None)
    return None


def _is_silent(account: Account) -> bool:
    """Tell whether the client left without a byte, even if the server complained of it. A relay shows the upstream no
    hello that it cannot read, so there the cause tells.
    """
    if account.root is not None and account.root.id == LEFT_SILENTLY:
        return True
    return account.road != Road.RELAY and not has_spoken(account.negotiated, Party.CLIENT)


def _is_answered(seen: Connection) -> bool:
    """Tell whether a check's server spoke TLS."""
    tls = seen.tls
    return tls is not None and (
        tls.server_hello is not None or any(alert.sender is Party.SERVER for alert in tls.alerts)
    )
