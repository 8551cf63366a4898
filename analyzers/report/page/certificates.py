"""The certificates of both ends side by side, row by row, as a report shows them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from analyzers.connection import Party

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from analyzers.connection import Connection
    from analyzers.x509.certificate import Certificate

__all__ = ["certificate_rows", "chain_text"]


def _date(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError):
        return f"{seconds:.0f} s since 1970"


def _list(values: tuple[str, ...] | None) -> str:
    return "absent" if values is None else ", ".join(values) or "empty"


_FACTS: tuple[tuple[str, Callable[[Certificate], str]], ...] = (
    ("Subject", lambda c: c.subject.rfc4514()),
    ("Issuer", lambda c: c.issuer.rfc4514()),
    ("Serial", lambda c: c.serial),
    ("Valid from", lambda c: _date(c.not_before)),
    ("Valid to", lambda c: _date(c.not_after)),
    ("Key", lambda c: c.key),
    ("Signature", lambda c: c.signature),
    ("Key Usage", lambda c: _list(c.key_usage)),
    ("Extended Key Usage", lambda c: _list(c.extended_key_usage)),
    ("Is a CA", lambda c: "yes" if c.is_ca else "no"),
    ("Alternative names", lambda c: ", ".join(c.san) or "none"),
    ("SHA-256", lambda c: c.sha256),
)


def chain_text(connection: Connection, party: Party) -> str:
    """Say what `party` presented, in a few words."""
    chain = connection.certificates_of(party)
    if chain is None:
        return "not observable: encrypted, or not in the capture"
    if not chain:
        return "sent an empty certificate list"
    return f"{len(chain)} certificate{'s' if len(chain) > 1 else ''}"


def _leaf(connection: Connection, party: Party) -> Certificate | None:
    chain = connection.certificates_of(party)
    return chain[0] if chain else None


def certificate_rows(connection: Connection) -> Iterator[tuple[str, str, str, bool]]:
    """Yield fact, client's value, server's value, and whether a difference is worth a look."""
    client, server = _leaf(connection, Party.CLIENT), _leaf(connection, Party.SERVER)
    yield "Chain", chain_text(connection, Party.CLIENT), chain_text(connection, Party.SERVER), False
    if client is None and server is None:
        return
    for name, fact in _FACTS:
        left = "" if client is None else fact(client)
        right = "" if server is None else fact(server)
        is_notable = (
            name in ("Issuer", "Key Usage", "Extended Key Usage") and bool(left and right) and left != right
        )
        yield name, left, right, is_notable
    for party, leaf in ((Party.CLIENT, client), (Party.SERVER, server)):
        if leaf is not None and leaf.problem is not None:
            yield "Unreadable", *((leaf.problem, "") if party is Party.CLIENT else ("", leaf.problem)), True
