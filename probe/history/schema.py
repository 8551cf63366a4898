"""The tables of a history, the same on SQLite and PostgreSQL, and how an older history is brought up to date.

A connection is one row: what one filters by as columns, and its event whole, compressed. Each of its legs is a row of
`legs`, by which the halves of one incident find each other. What members showed is kept by the day, so that the order
in which probes and connections tell of it does not matter, and it stays when the connections are long gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    func,
    insert,
    inspect,
    select,
    update,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    Step = Callable[[Connection], None]

__all__ = [
    "STEPS",
    "SchemaRefused",
    "certificates",
    "connections",
    "dictionaries",
    "ledger",
    "legs",
    "showings",
    "upgrade",
    "version_of",
]

metadata = MetaData()

connections = Table(
    "connections",
    metadata,
    Column("id", Text, primary_key=True),
    Column("probe", Text, nullable=False),
    Column("relay", Text, nullable=False),
    Column("road", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("started", Double, nullable=False),
    Column("ended", Double, nullable=False),
    Column("client_address", Text, nullable=False),
    Column("client_port", Integer, nullable=False),
    Column("server_address", Text, nullable=False),
    Column("server_port", Integer, nullable=False),
    Column("client_member", Text),
    Column("server_member", Text),
    Column("outcome", Text, nullable=False),
    Column("failed", Boolean, nullable=False),
    Column("leg", Text, nullable=False),
    Column("refused_by", Text),
    Column("root_cause", Text),
    Column("severity", Text),
    Column("summary", Text),
    Column("version", Text),
    Column("handshake_seconds", Double),
    Column("client_certificate", Text),
    Column("server_certificate", Text),
    Column("size", Integer, nullable=False),
    Column("dictionary", SmallInteger),
    Column("event", LargeBinary, nullable=False),
)
Index("connections_ended", connections.c.ended)
Index("connections_client_member", connections.c.client_member, connections.c.ended)
Index("connections_server_member", connections.c.server_member, connections.c.ended)
_FAILED = connections.c.failed.is_(True)
_CAUSED = connections.c.root_cause.is_not(None)
Index("connections_failed", connections.c.ended, sqlite_where=_FAILED, postgresql_where=_FAILED)
Index(
    "connections_root_cause",
    connections.c.root_cause,
    connections.c.ended,
    sqlite_where=_CAUSED,
    postgresql_where=_CAUSED,
)

legs = Table(
    "legs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("leg", Text, primary_key=True),
    Column("started", Double, nullable=False),
    Column("ended", Double, nullable=False),
    Column("client_address", Text, nullable=False),
    Column("client_port", Integer, nullable=False),
    Column("server_address", Text, nullable=False),
    Column("server_port", Integer, nullable=False),
    Column("client_random", LargeBinary),
    Column("server_random", LargeBinary),
    Column("client_certificate", Text),
    Column("server_certificate", Text),
    sqlite_with_rowid=False,
)
Index("legs_client_random", legs.c.client_random)
Index("legs_client", legs.c.client_port, legs.c.client_address)

certificates = Table(
    "certificates",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("facts", Text, nullable=False),
)

showings = Table(
    "showings",
    metadata,
    Column("member", Text, primary_key=True),
    Column("role", Text, primary_key=True),
    Column("sha256", Text, primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("first_seen", Double, nullable=False),
    Column("last_seen", Double, nullable=False),
    sqlite_with_rowid=False,
)

dictionaries = Table(
    "dictionaries",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("kinds", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

ledger = Table(
    "ledger",
    metadata,
    Column("probe", Text, primary_key=True),
    Column("rows", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
)
"""What each probe has added less what it has removed: the sums are what is there, without counting."""

_version = Table("history_version", metadata, Column("version", Integer, nullable=False))

STEPS: tuple[Step, ...] = ()
"""The first makes version 2 of version 1, and so on. A new history is made as the newest at once."""

_LOCK = 0x6D697272
"""Held while the tables are looked at and made, so that two probes that start at once do it one after the other."""


class SchemaRefused(Exception):
    """The database holds something that this version cannot write to; the text says what, in one line."""


def version_of(connection: Connection) -> int | None:
    """Give the version of the history in a database, or None where there is none."""
    if not inspect(connection).has_table(_version.name):
        return None
    return connection.execute(select(func.max(_version.c.version))).scalar() or 0


def upgrade(connection: Connection, steps: tuple[Step, ...] = STEPS) -> None:
    """Make the tables, or bring them up to date, within the caller's transaction.

    Raises:
        SchemaRefused: it was written by a newer version, or belongs to another program.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    newest = 1 + len(steps)
    version = version_of(connection)
    if version is None:
        taken = sorted(set(metadata.tables) & set(inspect(connection).get_table_names()))
        if taken:
            raise SchemaRefused(f"holds tables of another program: {', '.join(taken)}")
        metadata.create_all(connection)
        connection.execute(insert(_version).values(version=newest))
        return
    if version > newest:
        raise SchemaRefused(f"is of version {version}, and this mirrorprobe knows {newest}: use a newer one")
    for step in steps[version - 1 :]:
        step(connection)
    if version < newest:
        connection.execute(update(_version).values(version=newest))
