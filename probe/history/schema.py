"""The tables of the history, the same in SQLite and PostgreSQL, and the version that they have.

What is asked for stands in columns; the whole event stands beside them, compressed. Text of columns holds no NUL and
no lone surrogate, which PostgreSQL refuses: they are written as escapes, and the event has them as they were.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    insert,
    select,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["VERSION", "NewerHistory", "connections", "prepare"]

VERSION = 1
"""Rises with every change of the tables; a history of an older version is brought up step by step."""

metadata = MetaData()

_version = Table("mirrorprobe_history", metadata, Column("version", Integer, nullable=False))

connections = Table(
    "connections",
    metadata,
    Column("id", String, primary_key=True),
    Column("probe", String, nullable=False),
    Column("relay", String, nullable=False),
    Column("road", String, nullable=False),
    Column("started", Float(53), nullable=False),
    Column("ended", Float(53), nullable=False),
    Column("client_address", String, nullable=False),
    Column("client_port", Integer, nullable=False),
    Column("server_address", String, nullable=False),
    Column("server_port", Integer, nullable=False),
    Column("client_member", String),
    Column("server_member", String),
    Column("outcome", String, nullable=False),
    Column("failed", Boolean, nullable=False),
    Column("leg", String, nullable=False),
    Column("refused_by", String),
    Column("root_cause", String),
    Column("summary", String),
    Column("tls_version", String),
    Column("cipher_suite", String),
    Column("alert", String),
    Column("client_sha256", String),
    Column("client_subject", String),
    Column("client_not_after", Float(53)),
    Column("server_sha256", String),
    Column("server_subject", String),
    Column("server_not_after", Float(53)),
    Column("hello", String),
    Column("hello_onward", String),
    Column("bytes", Integer, nullable=False),
    Column("event", LargeBinary, nullable=False),
    Index("connections_started", "started"),
    Index("connections_client", "client_member", "started"),
    Index("connections_server", "server_member", "started"),
    Index("connections_cause", "root_cause", "started"),
)
"""`hello` is the random of the client's own ClientHello, `hello_onward` that of the one a relay made of it."""


class NewerHistory(Exception):
    """The tables were made by a newer release; carries their version."""


def prepare(connection: Connection) -> None:
    """Make the tables where they are missing, or bring them up to `VERSION`.

    Raises:
        NewerHistory: they are of a newer version.
    """
    metadata.create_all(connection)
    found = connection.execute(select(_version.c.version)).scalar()
    if found is None:
        connection.execute(insert(_version).values(version=VERSION))
    elif found > VERSION:
        raise NewerHistory(found)
