"""Questions to a history. Nothing here writes."""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import and_, or_, select, tuple_, union

from ..outcome import CommandFailed, ConnectFailed, UnreadableInput
from . import schema
from .certificates import Showing
from .database import AWAY, Place, reason_of
from .entry import storable
from .joining import Half, Leg
from .packing import Unpacker

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Self

    from sqlalchemy import ColumnElement, Connection, Row, Select

    from .wanted import Wanted

__all__ = ["Kept", "Reader"]

FETCHED = 500
"""Rows in memory at a time."""

ASKED_AT_ONCE = 400
"""Values of one question: SQLite takes 32766, and a plan for thousands helps nobody."""

Item = TypeVar("Item")

_EVENT_COLUMNS = ("dictionary", "event")


@dataclass(frozen=True, slots=True)
class Kept:
    """What the columns tell of one connection."""

    id: str
    probe: str
    relay: str
    road: str
    action: str
    started: float
    ended: float
    client_address: str
    client_port: int
    server_address: str
    server_port: int
    client_member: str | None
    server_member: str | None
    outcome: str
    failed: bool
    leg: str
    refused_by: str | None
    root_cause: str | None
    severity: str | None
    summary: str | None
    version: str | None
    handshake_seconds: float | None
    client_certificate: str | None
    server_certificate: str | None


_COLUMNS = tuple(schema.connections.c[field.name] for field in fields(Kept))


_MEMBERS = (schema.connections.c.client_member, schema.connections.c.server_member, schema.showings.c.member)


class Reader:
    """One history, opened for questions. A context manager."""

    def __init__(self, place: Place) -> None:
        """Look whether it is one.

        Raises:
            CommandFailed: it is not there, cannot be reached or read, or is no history of ours.
        """
        self._place = place
        if place.file is not None and not place.file.is_file():
            raise UnreadableInput(f"{place.name}: no such file")
        self._engine = place.for_reading()
        with ExitStack() as until_known:
            until_known.callback(self._engine.dispose)
            with self._asking() as connection:
                version, newest = schema.version_of(connection), 1 + len(schema.STEPS)
            if version != newest:
                has = "no history" if version is None else f"a history of version {version}, not {newest}"
                raise UnreadableInput(f"{place.name}: {has}")
            until_known.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._engine.dispose()

    @contextmanager
    def _asking(self) -> Iterator[Connection]:
        try:
            with self._engine.connect() as connection:
                yield connection
        except AWAY as error:
            raise self._failure(error) from None

    def _failure(self, error: Exception) -> CommandFailed:
        text = f"{self._place.name}: {reason_of(error)}"
        is_server = self._place.file is None or isinstance(
            getattr(error, "orig", None), sqlite3.OperationalError
        )
        return ConnectFailed(text) if is_server else UnreadableInput(text)

    def connections(self, wanted: Wanted) -> Iterator[Kept]:
        """Give what the columns tell, newest first, a few rows in memory at a time."""
        with self._asking() as connection:
            for row in connection.execution_options(yield_per=FETCHED).execute(_selected(wanted)):
                yield Kept(*row)

    def events(self, wanted: Wanted) -> Iterator[tuple[Kept, bytes]]:
        """Give each connection with its event, as one line of JSON, newest first.

        Raises:
            CommandFailed: the database cannot be had any more, or a row is damaged.
        """
        with self._asking() as connection:
            unpacker = self._unpacker(connection)
            statement = _selected(wanted).add_columns(
                *(schema.connections.c[name] for name in _EVENT_COLUMNS)
            )
            for row in connection.execution_options(yield_per=FETCHED).execute(statement):
                *columns, dictionary, packed = row
                kept = Kept(*columns)
                try:
                    line = unpacker.unpack(dictionary, packed)
                except ValueError as error:
                    raise UnreadableInput(f"{self._place.name}: connection {kept.id}: {error}") from None
                yield kept, line

    def event(self, identifier: str) -> bytes | None:
        """Give the event of one connection, or None where it is not kept."""
        table = schema.connections
        with self._asking() as connection:
            asked = select(table.c.dictionary, table.c.event).where(table.c.id == storable(identifier))
            found = connection.execute(asked).one_or_none()
            if found is None:
                return None
            try:
                return self._unpacker(connection).unpack(*found)
            except ValueError as error:
                raise UnreadableInput(f"{self._place.name}: connection {identifier}: {error}") from None

    @staticmethod
    def _unpacker(connection: Connection) -> Unpacker:
        rows = connection.execute(select(schema.dictionaries.c.number, schema.dictionaries.c.data))
        return Unpacker({row.number: row.data for row in rows})

    def has_member(self, member: str) -> bool:
        """Say whether a member is an end of any connection, or showed a certificate that outlived them."""
        with self._asking() as connection:
            return any(
                connection.execute(select(column).where(column == storable(member)).limit(1)).first()
                for column in _MEMBERS
            )

    def members(self) -> tuple[str, ...]:
        """Give every member that occurs, in alphabetical order. It reads the indexes whole."""
        with self._asking() as connection:
            found = {
                name
                for column in _MEMBERS
                for name in connection.execute(select(column).distinct()).scalars()
            }
        return tuple(sorted(found - {None}))

    def showings(self, member: str | None = None) -> tuple[Showing, ...]:
        """Give every day on which a member showed a certificate, in the order of the days."""
        table = schema.showings
        asked = select(
            table.c.member, table.c.role, table.c.sha256, table.c.first_seen, table.c.last_seen
        ).order_by(table.c.first_seen)
        if member is not None:
            asked = asked.where(table.c.member == storable(member))
        with self._asking() as connection:
            return tuple(Showing(*row) for row in connection.execute(asked))

    def facts(self, certificates: Iterable[str]) -> dict[str, str]:
        """Give what certificates say, as JSON, by their SHA-256."""
        table, found = schema.certificates, dict[str, str]()
        with self._asking() as connection:
            for part in _parts(sorted(set(certificates))):
                asked = select(table.c.sha256, table.c.facts).where(table.c.sha256.in_(part))
                found.update((row.sha256, row.facts) for row in connection.execute(asked))
        return found

    def halves(self, wanted: Wanted) -> tuple[Half, ...]:
        """Give connections with their legs, newest first."""
        with self._asking() as connection:
            return _with_legs(connection, connection.execute(_selected(wanted)).all())

    def others(self, halves: Sequence[Half], seconds: float) -> tuple[Half, ...]:
        """Give connections that may be the other half of some of these.

        Args:
            halves: what is known already.
            seconds: how far apart the clocks of two probes may be.
        """
        found: set[str] = set()
        with self._asking() as connection:
            for part in _parts(halves):
                for statement in _candidates(part, seconds):
                    found.update(connection.execute(statement).scalars())
            rows: list[Row[Any]] = []
            for names in _parts(sorted(found - {half.id for half in halves})):
                rows += connection.execute(select(*_COLUMNS).where(schema.connections.c.id.in_(names)))
            return _with_legs(connection, rows)


def _selected(wanted: Wanted) -> Select[Any]:
    """Select what is wanted, newest first; everything that a person typed is a bound value."""
    statement = _newest_first(select(*_COLUMNS), wanted.limit)
    conditions = tuple(_conditions(wanted))
    if wanted.member is None:
        return statement.where(*conditions)
    column, member = schema.connections.c, storable(wanted.member)
    sides = (column.client_member == member, column.server_member == member)
    if wanted.limit is None:
        return statement.where(or_(*sides), *conditions)
    # Each side has an index in the order of time; an OR of both is sorted whole before the newest are known.
    newest = (_newest_first(select(column.id).where(side, *conditions), wanted.limit) for side in sides)
    return statement.where(column.id.in_(union(*(select(one.subquery().c.id) for one in newest))))


def _newest_first(statement: Select[Any], limit: int | None) -> Select[Any]:
    ordered = statement.order_by(schema.connections.c.ended.desc(), schema.connections.c.id.desc())
    return ordered if limit is None else ordered.limit(limit)


def _conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    column = schema.connections.c
    if wanted.since is not None:
        yield column.ended >= wanted.since
    if wanted.until is not None:
        yield column.ended < wanted.until
    if wanted.cause is not None:
        yield column.root_cause == storable(wanted.cause)
    if wanted.outcome is not None:
        yield column.outcome == wanted.outcome
    if wanted.is_failed:
        yield column.failed.is_(True)
    if wanted.relay is not None:
        yield column.relay == storable(wanted.relay)


def _parts(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    for at in range(0, len(items), ASKED_AT_ONCE):
        yield items[at : at + ASKED_AT_ONCE]


def _candidates(halves: Sequence[Half], seconds: float) -> Iterator[Select[Any]]:
    """Select what shares a handshake, addresses, or members and time with some of these."""
    all_legs, table = [leg for half in halves for leg in half.legs], schema.legs.c
    randoms = {leg.client_random for leg in all_legs if leg.client_random is not None}
    if randoms:
        yield select(table.id).where(table.client_random.in_(sorted(randoms)))
    clients = sorted({(leg.client[1], leg.client[0]) for leg in all_legs})
    begin, end = min(half.started for half in halves) - seconds, max(half.ended for half in halves) + seconds
    near = and_(table.ended >= begin, table.started <= end)
    yield select(table.id).where(near, tuple_(table.client_port, table.client_address).in_(clients))
    column = schema.connections.c
    for half in halves:
        if half.client_member is not None and half.server_member is not None:
            yield select(column.id).where(
                column.client_member == half.client_member,
                column.server_member == half.server_member,
                column.ended.between(half.ended - seconds, half.ended + seconds),
                column.probe != half.probe,
            )


def _with_legs(connection: Connection, rows: Sequence[Row[Any]]) -> tuple[Half, ...]:
    table, legs = schema.legs, dict[str, list[Leg]]()
    for part in _parts([row.id for row in rows]):
        for leg in connection.execute(select(table).where(table.c.id.in_(part)).order_by(table.c.leg)):
            legs.setdefault(leg.id, []).append(
                Leg(
                    leg.leg,
                    leg.started,
                    leg.ended,
                    (leg.client_address, leg.client_port),
                    (leg.server_address, leg.server_port),
                    leg.client_random,
                    leg.server_random,
                    leg.client_certificate,
                    leg.server_certificate,
                )
            )
    return tuple(_half(Kept(*tuple(row)), tuple(legs.get(row.id, ()))) for row in rows)


def _half(kept: Kept, legs: tuple[Leg, ...]) -> Half:
    return Half(
        id=kept.id,
        probe=kept.probe,
        relay=kept.relay,
        road=kept.road,
        started=kept.started,
        ended=kept.ended,
        client=f"{kept.client_address}:{kept.client_port}",
        server=f"{kept.server_address}:{kept.server_port}",
        client_member=kept.client_member,
        server_member=kept.server_member,
        outcome=kept.outcome,
        has_failed=kept.failed,
        leading=kept.leg,
        refused_by=kept.refused_by,
        root_cause=kept.root_cause,
        severity=kept.severity,
        summary=kept.summary,
        legs=legs,
        shown={"client": kept.client_certificate, "server": kept.server_certificate},
    )
