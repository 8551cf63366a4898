"""From a connection to a verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analyzers.connection import Connection
    from analyzers.mirror.definition import Mirror

    from .findings import Verdict

__all__ = ["diagnose"]


def diagnose(
    connection: Connection,
    mirror: Mirror | None = None,
    *,
    at: float | None = None,
    earlier: tuple[Connection, ...] = (),
) -> Verdict:
    """Judge one connection.

    Args:
        connection: what was observed.
        mirror: what it is compared with; None: only what is wrong by itself is found.
        at: the time that certificates must be valid at, in epoch seconds; None: when the connection was made.
        earlier: connections of the same members, for what changed between then and now.
    """
    raise NotImplementedError
