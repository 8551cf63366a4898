"""Who reached whom: the mirror matrix of a report."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzers.connection import Outcome, Party

if TYPE_CHECKING:
    from collections.abc import Iterable

    from analyzers.connection import Connection
    from analyzers.diagnosis.findings import Verdict

__all__ = ["Cell", "Matrix", "build_matrix", "name_of", "standing_of"]

_GRAVE = frozenset({"critical", "high"})

STANDINGS = ("bad", "warn", "unknown", "good")
"""Worst first: a cell is coloured by the worst of its connections."""


@dataclass(frozen=True, slots=True)
class Cell:
    """All connections from one end to another."""

    standing: str
    """`bad`, `warn`, `unknown` or `good`."""
    good: int
    total: int
    causes: tuple[str, ...]
    """Root causes, the most frequent first."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """From (rows) and to (columns)."""

    clients: tuple[str, ...]
    servers: tuple[str, ...]
    cells: dict[tuple[str, str], Cell]


def name_of(connection: Connection, verdict: Verdict, party: Party) -> str:
    """Name one end: the member where the definition knows it, else its address; a server with its port."""
    member = verdict.client_member if party is Party.CLIENT else verdict.server_member
    endpoint = connection.endpoint(party)
    if member is not None:
        return f"{member}:{endpoint.port}" if party is Party.SERVER else member
    return str(endpoint) if party is Party.SERVER else endpoint.address


def standing_of(connection: Connection, verdict: Verdict) -> str:
    """Say how a connection stands: what failed is bad, what was not seen to its end is unknown."""
    severities = {finding.severity for finding in verdict.findings}
    if (
        connection.outcome in (Outcome.FAILED, Outcome.REFUSED, Outcome.TIMEOUT)
        or verdict.root_cause is not None
    ):
        return "bad"
    if connection.outcome is Outcome.INCOMPLETE:
        return "unknown"
    if severities & _GRAVE:
        return "bad"
    return "warn" if severities - {"info"} else "good"


def build_matrix(judged: Iterable[tuple[Connection, Verdict]]) -> Matrix:
    """Count the connections of every pair of ends."""
    standings: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    causes: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for connection, verdict in judged:
        pair = name_of(connection, verdict, Party.CLIENT), name_of(connection, verdict, Party.SERVER)
        standings[pair].append(standing_of(connection, verdict))
        if verdict.root_cause is not None:
            causes[pair].append(verdict.root_cause)
    cells = {
        pair: Cell(
            min(seen, key=STANDINGS.index),
            seen.count("good"),
            len(seen),
            tuple(sorted(set(causes[pair]), key=lambda cause: (-causes[pair].count(cause), cause))),
        )
        for pair, seen in standings.items()
    }
    clients = tuple(sorted({client for client, _ in cells}))
    return Matrix(clients, tuple(sorted({server for _, server in cells})), cells)
