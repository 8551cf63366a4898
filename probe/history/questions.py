"""What can be asked of a history: connections by time, member, cause and outcome."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select

from .row import expanded
from .schema import connections

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import ColumnElement, Select

    from .store import Store

__all__ = ["Question", "ask", "event_of", "one_event"]


@dataclass(frozen=True, slots=True)
class Question:
    """Which connections are meant; None: all."""

    since: float | None = None
    until: float | None = None
    member: str | None = None
    """At either end."""
    cause: str | None = None
    outcome: str | None = None
    relay: str | None = None
    failed_only: bool = False
    limit: int | None = None
    newest_first: bool = True

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """Give what must hold of each."""
        columns = connections.c
        if self.since is not None:
            yield columns.started >= self.since
        if self.until is not None:
            yield columns.started < self.until
        if self.member is not None:
            yield or_(columns.client_member == self.member, columns.server_member == self.member)
        for column, value in (
            (columns.root_cause, self.cause),
            (columns.outcome, self.outcome),
            (columns.relay, self.relay),
        ):
            if value is not None:
                yield column == value
        if self.failed_only:
            yield columns.failed

    def statement(self, *, with_events: bool) -> Select[Any]:
        """Give the question as it is put to the database."""
        wanted = [column for column in connections.c if with_events or column.name != "event"]
        order = connections.c.started.desc() if self.newest_first else connections.c.started
        statement = select(*wanted).where(*self.conditions()).order_by(order, connections.c.id)
        return statement if self.limit is None else statement.limit(self.limit)


def ask(store: Store, question: Question, *, with_events: bool = False) -> Iterator[Mapping[str, Any]]:
    """Give the rows that answer, one by one, however many there are.

    Raises:
        StoreAway: the database cannot be reached.
    """
    with store.connect() as connection:
        yield from connection.execute(question.statement(with_events=with_events)).mappings()


def event_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Give the event that a row keeps."""
    event: dict[str, Any] = json.loads(expanded(row["event"]))
    return event


def one_event(store: Store, identifier: str) -> dict[str, Any] | None:
    """Give the event of one connection, or None where it is not there."""
    with store.connect() as connection:
        statement = select(connections.c.event).where(connections.c.id == identifier)
        row = connection.execute(statement).mappings().first()
    return None if row is None else event_of(row)
