"""The database: opened, written to in batches, kept within age and size.

SQLite runs with a write-ahead log and `synchronous=NORMAL`: what was committed survives the end of this process
however it ends, and after a loss of power the file is whole and lacks at most the last moments.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, delete, event, func, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from ..outcome import UsageFailure
from .schema import VERSION, NewerHistory, connections, prepare

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine
    from sqlalchemy.engine import URL

__all__ = ["Store", "StoreAway"]

CONNECT_SECONDS = 5
BUSY_SECONDS = 5
"""How long SQLite waits for another writer: `mirrorprobe history` only reads, so nobody holds it long."""

AT_ONCE = 500
"""Rows that are deleted in one step: some milliseconds, so that writing never waits long."""

_LOCK = 0x6D697270
"""What probes that make the tables at the same moment wait for in PostgreSQL."""


class StoreAway(Exception):
    """The database cannot be written to at the moment; the text says why."""


def _reason(error: DBAPIError) -> str:
    return " ".join(str(error.orig or error).split())


class Store:
    """One history."""

    def __init__(self, url: str) -> None:
        """Take `sqlite:///FILE` or `postgresql://...`; nothing is opened yet.

        Raises:
            UsageFailure: it is no such URL, or the driver is not installed.
        """
        try:
            self._url = _with_driver(make_url(url))
            self._engine = _engine(self._url)
        except ArgumentError:
            raise UsageFailure("[history]: the URL cannot be understood") from None
        except (NoSuchModuleError, ModuleNotFoundError):
            raise UsageFailure(
                "[history]: PostgreSQL needs the extra: pip install 'mirrorprobe[postgres]'"
            ) from None
        self.is_embedded = self._url.get_backend_name() == "sqlite"
        self._file = Path(self._url.database or "") if self.is_embedded else None
        self.rows = 0
        """How many connections it holds, as far as this process knows."""

    def open(self) -> None:
        """Make the tables where they are missing.

        Raises:
            StoreAway: the database cannot be reached.
            UsageFailure: it was made by a newer release.
        """
        try:
            if self._file is not None:
                # Made with its mode before SQLite does, for records name hosts and people.
                os.close(os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600))
            with self._engine.begin() as connection:
                if not self.is_embedded:
                    connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
                prepare(connection)
                self.rows = connection.execute(select(func.count()).select_from(connections)).scalar_one()
        except DBAPIError as error:
            raise StoreAway(_reason(error)) from error
        except OSError as error:
            raise StoreAway(f"{self._file}: {(error.strerror or str(error)).lower()}") from error
        except NewerHistory as newer:
            raise UsageFailure(
                f"[history]: it is of version {newer.args[0]}, this release knows {VERSION}: take a newer one"
            ) from None

    def add(self, rows: list[dict[str, Any]]) -> None:
        """Keep some connections; those that are there already stay as they are.

        Raises:
            StoreAway: nothing was kept.
        """
        if self._file is not None and not self._file.exists():
            self._engine.dispose()
            self.open()
        dialect = sqlite if self.is_embedded else postgresql
        statement = dialect.insert(connections).on_conflict_do_nothing(index_elements=["id"])
        try:
            with self._engine.begin() as connection:
                added = connection.execute(statement, rows).rowcount
        except DBAPIError as error:
            raise StoreAway(_reason(error)) from error
        self.rows += added if added >= 0 else len(rows)

    def forget_before(self, oldest: float) -> int:
        """Delete some of what began before; give how many, 0 when nothing is left to delete.

        Raises:
            StoreAway: nothing was deleted.
        """
        old = select(connections.c.id).where(connections.c.started < oldest).limit(AT_ONCE)
        return self._forget(old)

    def forget_beyond(self, keep_bytes: int) -> int:
        """Delete some of the oldest where all together take more than that; give how many.

        Raises:
            StoreAway: nothing was deleted.
        """
        try:
            with self._engine.connect() as connection:
                held = connection.execute(select(func.sum(connections.c.bytes))).scalar() or 0
        except DBAPIError as error:
            raise StoreAway(_reason(error)) from error
        if held <= keep_bytes:
            return 0
        return self._forget(select(connections.c.id).order_by(connections.c.started).limit(AT_ONCE))

    def _forget(self, which: Any) -> int:  # noqa: ANN401 (a select, whose type names its columns)
        try:
            with self._engine.begin() as connection:
                gone = connection.execute(delete(connections).where(connections.c.id.in_(which))).rowcount
            if gone and self.is_embedded:
                with self._engine.connect() as connection:
                    connection.execution_options(isolation_level="AUTOCOMMIT")
                    connection.execute(text("PRAGMA incremental_vacuum(200)"))
        except DBAPIError as error:
            raise StoreAway(_reason(error)) from error
        self.rows = max(self.rows - gone, 0)
        return gone

    def connect(self) -> Connection:
        """Give a connection for questions.

        Raises:
            StoreAway: the database cannot be reached.
        """
        try:
            return self._engine.connect().execution_options(stream_results=True, yield_per=500)
        except DBAPIError as error:
            raise StoreAway(_reason(error)) from error

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


def _with_driver(url: URL) -> URL:
    if url.get_backend_name() == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    return url


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "postgresql":
        waits = {"connect_timeout": CONNECT_SECONDS, "application_name": "mirrorprobe"}
        return create_engine(url, pool_size=1, max_overflow=1, pool_pre_ping=True, connect_args=waits)
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})

    def set_up(raw: Any, _record: object) -> None:  # noqa: ANN401 (the driver's own connection)
        cursor = raw.cursor()
        # Takes effect in a new file alone: what is deleted gives its pages back in small steps.
        cursor.execute("PRAGMA auto_vacuum=INCREMENTAL")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.close()

    event.listen(engine, "connect", set_up)
    return engine
