"""Opens the database of a history, SQLite or PostgreSQL, so that nothing in it waits without limit.

SQLite: WAL, so that queries and the writer do not wait for each other. `synchronous=NORMAL`: a commit is handed to the
kernel, so it survives the death of the process at any moment (kill -9 included), and it is synced when the log is folded
into the file, which the writer asks for every ten seconds. So a power failure costs ten seconds, and the file is whole.
`FULL` would sync up to five times a second, and a probe may stand on a disk on which IRIS syncs its journal.
`auto_vacuum=INCREMENTAL`: pages
that retention frees are given back a few at a time; a `VACUUM` would copy the whole file, need its size once more, and
lock everybody out meanwhile.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from ..outcome import UsageFailure

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine

__all__ = ["AWAY", "SQLITE", "Place", "reason_of"]

SQLITE = "sqlite:///"

BUSY_MILLISECONDS = 2000
"""How long SQLite waits for another process that writes; then what waits goes to the spool."""

ANSWER_MILLISECONDS = 10_000
"""How long a statement of the writer may take on PostgreSQL."""

QUERY_MILLISECONDS = 600_000
"""How long a question of a person may take."""

_POSTGRES = {
    "connect_timeout": "5",
    "application_name": "mirrorprobe",
    "tcp_user_timeout": "10000",
    "keepalives_idle": "30",
    "client_encoding": "utf8",
}
"""Where the URL says something else, the URL holds."""

_LOG_BYTES = 64_000_000
"""To which SQLite cuts its write-ahead log after a burst."""


def reason_of(error: Exception) -> str:
    """Give the first line of what the database said; it holds no password."""
    said = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    first = next(iter(str(said).strip().splitlines()), "")
    return first or type(said).__name__


class Place:
    """Where a history is."""

    def __init__(self, url: str) -> None:
        """Take a URL, `sqlite:///FILE` or `postgresql://...`.

        Raises:
            UsageFailure: it is none, or the driver is not installed.
        """
        self.file = Path(url.removeprefix(SQLITE)) if url.startswith(SQLITE) else None
        if self.file is not None:
            # A path is no URL: it may hold a question mark or a percent sign.
            self._url = URL.create("sqlite+pysqlite", database=str(self.file))
            self.name = str(self.file)
            return
        try:
            self._url = make_url(url).set(drivername="postgresql+psycopg")
            import psycopg  # noqa: F401, PLC0415 (an extra)
        except (ArgumentError, ValueError):
            raise UsageFailure(
                "the history's URL cannot be read as postgresql://USER@HOST/DATABASE"
            ) from None
        except ImportError:
            raise UsageFailure(
                "a history on PostgreSQL needs the extra: pip install 'mirrorprobe[postgres]'"
            ) from None
        where = self._url.host or self._url.query.get("host") or "localhost"
        self.name = f"PostgreSQL database {self._url.database} on {where}"

    def for_writing(self) -> Engine:
        """Give an engine for the one thread that writes. A file is made where there is none, for its owner alone.

        Raises:
            OSError: the file cannot be made.
        """
        if self.file is None:
            return self._postgres(f"SET statement_timeout = {ANSWER_MILLISECONDS}")
        if not self.file.exists():
            os.close(os.open(self.file, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
        engine = create_engine(self._url, pool_size=1, max_overflow=0)
        event.listen(engine, "connect", _prepare_writing)
        event.listen(engine, "begin", _begin("BEGIN IMMEDIATE"))
        return engine

    def for_reading(self) -> Engine:
        """Give an engine that changes nothing."""
        if self.file is None:
            return self._postgres(
                f"SET default_transaction_read_only = on; SET statement_timeout = {QUERY_MILLISECONDS}"
            )
        # Read-only is not opened by URI: a read-only connection cannot recover the log of a probe that was killed.
        engine = create_engine(self._url)
        event.listen(engine, "connect", _prepare_reading)
        event.listen(engine, "begin", _begin("BEGIN"))
        return engine

    def _postgres(self, settings: str) -> Engine:
        unsaid = {name: value for name, value in _POSTGRES.items() if name not in self._url.query}
        engine = create_engine(
            self._url, connect_args=unsaid, pool_size=1, max_overflow=0, hide_parameters=True
        )

        @event.listens_for(engine, "connect")
        def prepare(connection: Any, _record: object) -> None:  # noqa: ANN401 (psycopg's)
            connection.autocommit = True
            connection.execute(settings)
            connection.autocommit = False

        return engine


def _prepare_writing(connection: Any, _record: object) -> None:  # noqa: ANN401 (sqlite3's)
    connection.isolation_level = None  # the transactions begin as _begin says
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # only before the first table is made
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA journal_size_limit = {_LOG_BYTES}")


def _prepare_reading(connection: Any, _record: object) -> None:  # noqa: ANN401
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
    connection.execute("PRAGMA query_only = ON")


def _begin(statement: str) -> Callable[[Connection], None]:
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(statement)

    return begin


AWAY = (SQLAlchemyError, OSError)
"""What the database, its file or the way to it can raise."""
