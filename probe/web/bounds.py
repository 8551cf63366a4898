"""Every bound of the HTTP port, with the reason for its number."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["LINE_BYTES", "LISTED", "LISTED_MOST", "SEARCH_CHARACTERS", "STREAMED", "Bounds"]

LINE_BYTES = 8190
"""A request line or a header field: what nginx and Apache take; a bearer token may be 4 KiB."""

LISTED = 50
"""Connections in one list, unless the query asks for more."""

LISTED_MOST = 10_000
"""As many as `[web] connections` can keep."""

SEARCH_CHARACTERS = 200
"""A distinguished name has 64 characters in each attribute; nobody types more than that."""

STREAMED = 1024
"""Lines that a client of the stream may be behind before some are lost to it, at least; of 700 bytes each."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Ceilings and deadlines of the HTTP port."""

    connections: int = 128
    """Open at once; each browser holds at most six, a scraper one."""
    streams: int = 32
    """Clients of the stream at once; a quarter of the connections, so that lists and metrics find room."""
    idle_seconds: float = 30.0
    """From the opening, or the last answer, to a whole request: twice a scraper's usual interval."""
    handshake_seconds: float = 10.0
    """For TLS: a browser on a bad mobile line needs three."""
    unsent_seconds: float = 60.0
    """How long what was sent may stay unread before the connection is given up."""
    heartbeat_seconds: float = 15.0
    """Silence on a stream after which a comment is sent: proxies close after 30 or 60 of it."""
    stop_seconds: float = 1.0
    """For answers on their way when the probe stops."""
