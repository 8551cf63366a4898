"""Writes to a history: whole batches or nothing, each connection once, and removes what is too old or too much."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from . import schema
from .entry import DAY_SECONDS
from .packing import DICTIONARY_BYTES, PIECE_BYTES, Dictionary

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection, Engine, Select, Table

    from .database import Place
    from .entry import Rows

__all__ = ["ROW_BYTES", "Store"]

ROW_BYTES = 970
"""What a connection takes beside its event on PostgreSQL: columns, two legs, and the entries of eight indexes."""

REMEMBERED_CERTIFICATES = 4096
"""Certificates known to be stored already."""

FREED_PAGES = 256
"""SQLite's pages that one step gives back to the file system: a megabyte."""


class Store:
    """The history of one database, for the one thread that writes to it."""

    def __init__(self, place: Place, probe: str) -> None:
        """Write as this probe; nothing is opened yet."""
        self._place = place
        self._probe = probe
        self._engine: Engine | None = None
        self._insert = postgresql.insert if place.file is None else sqlite.insert
        self._inode: tuple[int, int] | None = None
        self._dictionary: Dictionary | None = None
        self._certificates: set[str] = set()

    def open(self) -> None:
        """Connect, and make or upgrade the tables.

        Raises:
            SchemaRefused: the database is not for us.
            SQLAlchemyError, OSError: it cannot be had now.
        """
        self.close()
        with ExitStack() as until_opened:
            engine = self._place.for_writing()
            until_opened.callback(engine.dispose)
            with engine.begin() as connection:
                schema.upgrade(connection)
                newest = select(schema.dictionaries).order_by(schema.dictionaries.c.number.desc()).limit(1)
                found = connection.execute(newest).one_or_none()
            until_opened.pop_all()
        self._dictionary = (
            None if found is None else Dictionary(found.number, frozenset(found.kinds.split()), found.data)
        )
        self._certificates.clear()
        self._inode = self._found()
        self._engine = engine

    def close(self) -> None:
        """Let go of the database."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    @property
    def is_open(self) -> bool:
        """Whether it is connected, and the file still the one that was opened."""
        return self._engine is not None and self._inode == self._found()

    @property
    def is_replaced(self) -> bool:
        """Whether the file that was opened is not there any more."""
        return self._engine is not None and self._inode != self._found()

    def _found(self) -> tuple[int, int] | None:
        """Name the file that is there now: what is written to a deleted one is lost, and SQLite does not notice."""
        if self._place.file is None:
            return None
        try:
            found = os.stat(self._place.file)  # noqa: PTH116 (before every batch: no path object)
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def _opened(self) -> Engine:
        if self._engine is None:
            raise ConnectionError("the history is not open")
        return self._engine

    def write(self, batch: Sequence[Rows]) -> int:
        """Write a batch in one transaction, and give how many of its connections were new.

        Raises:
            SQLAlchemyError: nothing was written, or the commit's answer was lost.
        """
        unique = {rows.connection["id"]: rows for rows in batch}
        with self._opened().begin() as connection:
            ids = schema.connections.c.id
            known = set(connection.execute(select(ids).where(ids.in_(list(unique)))).scalars())
            fresh = [rows for one, rows in unique.items() if one not in known]
            if not fresh:
                return 0
            dictionary = self._learn(connection, fresh)
            told = [_packed(rows, dictionary) for rows in fresh]
            certificates = self._new_certificates(fresh)
            self._add(connection, schema.connections, told)
            self._add(connection, schema.legs, [leg for rows in fresh for leg in rows.legs])
            self._add(connection, schema.certificates, certificates)
            self._show(connection, fresh)
            self._book(connection, len(fresh), sum(row["size"] for row in told))
        self._dictionary = dictionary
        if len(self._certificates) > REMEMBERED_CERTIFICATES:
            self._certificates.clear()
        self._certificates.update(each["sha256"] for each in certificates)
        return len(fresh)

    def _add(self, connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
        if rows:
            connection.execute(self._insert(table).on_conflict_do_nothing(), rows)

    def _new_certificates(self, batch: Iterable[Rows]) -> list[dict[str, Any]]:
        facts = {sha256: text for rows in batch for sha256, text in rows.certificates.items()}
        return [
            {"sha256": sha256, "facts": facts[sha256]}
            for sha256 in sorted(facts)  # in one order: two probes that lock the same rows must not cross
            if sha256 not in self._certificates
        ]

    def _show(self, connection: Connection, batch: Iterable[Rows]) -> None:
        """Widen the days on which members showed certificates."""
        days: dict[tuple[str, str, str, int], tuple[float, float]] = {}
        for member, role, sha256, at in (showing for rows in batch for showing in rows.showings):
            key = (member, role, sha256, int(at // DAY_SECONDS))
            first, last = days.get(key, (at, at))
            days[key] = min(first, at), max(last, at)
        if not days:
            return
        table = schema.showings
        added = self._insert(table)
        new = added.excluded
        widened = added.on_conflict_do_update(
            index_elements=list(table.primary_key),
            set_={
                "first_seen": case(
                    (new.first_seen < table.c.first_seen, new.first_seen), else_=table.c.first_seen
                ),
                "last_seen": case(
                    (new.last_seen > table.c.last_seen, new.last_seen), else_=table.c.last_seen
                ),
            },
        )
        names = [*table.primary_key.columns.keys(), "first_seen", "last_seen"]
        connection.execute(
            widened, [dict(zip(names, (*key, *days[key]), strict=True)) for key in sorted(days)]
        )

    def _learn(self, connection: Connection, batch: Sequence[Rows]) -> Dictionary:
        """Give the dictionary for a batch: the present one, or one that knows a kind of event more."""
        known = self._dictionary
        kinds, data = (frozenset[str](), b"") if known is None else (known.kinds, known.data)
        for rows in batch:
            if rows.kind not in kinds and len(data) < DICTIONARY_BYTES:
                kinds, data = kinds | {rows.kind}, data + rows.line[:PIECE_BYTES]
        if known is not None and kinds == known.kinds:
            return known
        adding = self._insert(schema.dictionaries).values(kinds=" ".join(sorted(kinds)), data=data)
        number = connection.execute(adding.returning(schema.dictionaries.c.number)).scalar_one()
        return Dictionary(number, kinds, data)

    def _book(self, connection: Connection, rows: int, size: int) -> None:
        table = schema.ledger
        entry = self._insert(table).values(probe=self._probe, rows=rows, bytes=size)
        added = {"rows": table.c.rows + entry.excluded.rows, "bytes": table.c.bytes + entry.excluded.bytes}
        connection.execute(entry.on_conflict_do_update(index_elements=[table.c.probe], set_=added))

    def remove_ended_before(self, at: float, limit: int) -> int:
        """Remove at most so many of the oldest connections, where they ended before, and give how many they were."""
        return self._remove(_oldest(limit).where(schema.connections.c.ended < at))

    def remove_oldest(self, limit: int) -> int:
        """Remove so many of the oldest connections."""
        return self._remove(_oldest(limit))

    def _remove(self, wanted: Select[tuple[str, int]]) -> int:
        with self._opened().begin() as connection:
            found = connection.execute(wanted).all()
            ids = [row.id for row in found]
            if ids:
                connection.execute(delete(schema.legs).where(schema.legs.c.id.in_(ids)))
                connection.execute(delete(schema.connections).where(schema.connections.c.id.in_(ids)))
                self._book(connection, -len(ids), -sum(row.size for row in found))
        return len(ids)

    def give_back(self) -> int:
        """Give the file system a few of the pages that were freed, and say how many are left to give.

        PostgreSQL's autovacuum needs no help: 0.
        """
        if self._place.file is None:
            return 0
        with self._opened().connect() as connection:
            cursor = connection.connection.cursor()
            # It frees a page a step and has no columns, after which `execute` would take the first step only.
            cursor.executescript(f"PRAGMA incremental_vacuum({FREED_PAGES})")
            cursor.execute("PRAGMA freelist_count")
            (left,) = cursor.fetchone() or (0,)
            cursor.close()
        return int(left)

    def settle(self) -> None:
        """Fold SQLite's log into the file, which syncs both to the disk; PostgreSQL syncs each commit itself."""
        if self._place.file is not None:
            with self._opened().connect() as connection:
                connection.connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def count(self) -> int:
        """Give the number of connections that are kept, those of every probe."""
        with self._opened().connect() as connection:
            return int(connection.execute(select(func.sum(schema.ledger.c.rows))).scalar() or 0)

    def used_bytes(self) -> int:
        """Give what the history takes: SQLite's pages in use, on PostgreSQL what was added and not removed."""
        with self._opened().connect() as connection:
            if self._place.file is None:
                return int(connection.execute(select(func.sum(schema.ledger.c.bytes))).scalar() or 0)
            size, pages, free = (
                int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())
                for name in ("page_size", "page_count", "freelist_count")
            )
            return size * (pages - free)


def _packed(rows: Rows, dictionary: Dictionary) -> dict[str, Any]:
    packed = dictionary.pack(rows.line)
    size = len(packed) + ROW_BYTES
    return {**rows.connection, "size": size, "dictionary": dictionary.number, "event": packed}


def _oldest(limit: int) -> Select[tuple[str, int]]:
    """Select the oldest; those that another probe is removing at this moment are left to it."""
    table = schema.connections
    wanted = select(table.c.id, table.c.size).order_by(table.c.ended).limit(limit)
    return wanted.with_for_update(skip_locked=True)
