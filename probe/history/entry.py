"""What the history keeps of one connection, as it waits in memory or on disk, and the rows that it becomes.

The event's own line is kept to the byte. What the record leaves out and joining needs, the random values of the
hellos, travels beside it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analyzers.causes.entry import Severity
from analyzers.connection import Party

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..account import Account
    from ..events import Event

__all__ = ["Entry", "Malformed", "Rows", "entry_of", "restored", "rows_of", "storable"]

INDEXED_CHARACTERS = 600
"""Of a text in a column: PostgreSQL's index takes 2704 bytes, and a character may have four."""

DAY_SECONDS = 86_400

_render = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode
_SHOWN_ON = {Party.CLIENT: ("client", "direct"), Party.SERVER: ("upstream", "direct")}
"""The leg on which the real end shows its certificate: the other leg of a relay has the relay's."""

Randoms = tuple[str | None, str | None]


class Malformed(ValueError):
    """What was read back is not an entry."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One connection that waits to be written."""

    line: bytes
    """The event as one line of JSON in UTF-8; what UTF-8 cannot hold is escaped as JSON does."""
    fields: Mapping[str, Any]
    """The same, as values."""
    randoms: Mapping[str, Randoms]
    """The random values of both hellos in hexadecimal, by the leg."""

    def waiting(self) -> bytes:
        """Give what is written to the spool; it holds no line break."""
        return _render(self.randoms).encode() + b"\t" + self.line


@dataclass(frozen=True, slots=True)
class Rows:
    """What is written of one connection, by the table."""

    connection: dict[str, Any]
    """Without `size`, `dictionary` and `event`."""
    legs: tuple[dict[str, Any], ...]
    certificates: dict[str, str]
    """What the certificates say, as JSON, by SHA-256."""
    showings: tuple[tuple[str, str, str, float], ...]
    """Member, role, SHA-256 and time."""
    line: bytes

    @property
    def kind(self) -> str:
        """What connections are alike, for the sake of compression."""
        row = self.connection
        return f"{row['road']}/{row['root_cause'] or row['outcome']}"


def entry_of(event: Event, account: Account) -> Entry:
    """Take what is kept of an event."""
    # A lone surrogate becomes \udXXX: in a JSON string, that is its escape.
    return Entry(event.line.encode("utf-8", "backslashreplace"), event.fields, dict(_randoms(account)))


def _randoms(account: Account) -> Iterator[tuple[str, Randoms]]:
    for leg, connection, _ in account.judged():
        tls = connection.tls
        if tls is not None and tls.client_hello is not None:
            answer = tls.server_hello
            yield leg, (tls.client_hello.random.hex(), None if answer is None else answer.random.hex())


def restored(waiting: bytes) -> Entry:
    """Give back what `Entry.waiting` wrote.

    Raises:
        Malformed: it did not write this.
    """
    randoms, _, line = waiting.partition(b"\t")
    try:
        return Entry(
            line, json.loads(line), {leg: (one, two) for leg, (one, two) in json.loads(randoms).items()}
        )
    except (ValueError, TypeError, AttributeError) as error:
        raise Malformed(str(error)) from None


def storable(text: str) -> str:
    r"""Give a text as a column can hold it.

    PostgreSQL takes no U+0000, and UTF-8 no lone surrogate: they are written `\x00` and `\udXXX`. The event keeps the
    text as it was.
    """
    escaped = text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\x00")
    return escaped[:INDEXED_CHARACTERS]


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)


def _text(value: str | None) -> str | None:
    return None if value is None else storable(value)


def rows_of(entry: Entry, probe: str) -> Rows:
    """Make the rows of one connection.

    Raises:
        Malformed: the entry is no connection's.
    """
    try:
        return _rows(entry, probe)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Malformed(f"{type(error).__name__}: {error}") from None


def _rows(entry: Entry, probe: str) -> Rows:
    fields, records = entry.fields, entry.fields["legs"]
    shown = {party: _shown(records, party) for party in Party}
    members = {Party.CLIENT: _text(fields["client_member"]), Party.SERVER: _text(fields["server_member"])}
    led, asked = records[fields["leg"]], records[_leg_of(records, Party.CLIENT)]
    answered = records[_leg_of(records, Party.SERVER)]
    connection = {
        "id": storable(fields["id"]),
        "probe": storable(probe),
        **{name: storable(fields[name]) for name in ("relay", "road", "action", "outcome", "leg")},
        "started": float(fields["started"]),
        "ended": float(fields["ended"]),
        **_place("client", asked["client"]),
        **_place("server", answered["server"]),
        "client_member": members[Party.CLIENT],
        "server_member": members[Party.SERVER],
        "failed": bool(fields["failed"]),
        **{name: _text(fields[name]) for name in ("refused_by", "root_cause", "summary")},
        "severity": _gravest(led["findings"]),
        "version": (answered["tls"] or {}).get("version"),
        "handshake_seconds": _number(fields["handshake_seconds"]),
        **{f"{party.value}_certificate": shown[party] and shown[party]["sha256"] for party in Party},
    }
    return Rows(
        connection,
        tuple(_leg(connection["id"], name, record, entry.randoms) for name, record in records.items()),
        {facts["sha256"]: _render(facts) for facts in shown.values() if facts},
        tuple(
            (member, party.value, facts["sha256"], connection["started"])
            for party, member in members.items()
            if member is not None and (facts := shown[party])
        ),
        entry.line,
    )


def _leg_of(records: Mapping[str, Any], party: Party) -> str:
    return next(name for name in _SHOWN_ON[party] if name in records)


def _shown(records: Mapping[str, Any], party: Party) -> Any:  # noqa: ANN401 (a certificate of the record)
    return _first(records[_leg_of(records, party)], party)


def _first(record: Mapping[str, Any], party: Party) -> Any:  # noqa: ANN401
    chain = (record["tls"] or {}).get(f"{party.value}_certificates")
    return chain[0] if chain else None


def _place(end: str, place: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{end}_address": storable(place["address"]), f"{end}_port": int(place["port"])}


def _gravest(findings: list[dict[str, Any]]) -> str | None:
    severities = (Severity(finding["severity"]) for finding in findings)
    gravest = min(severities, key=lambda severity: severity.rank, default=None)
    return None if gravest is None else gravest.value


def _leg(
    connection: str, name: str, record: Mapping[str, Any], randoms: Mapping[str, Randoms]
) -> dict[str, Any]:
    of_client, of_server = randoms.get(name, (None, None))
    row: dict[str, Any] = {"id": connection, "leg": storable(name)}
    row.update(started=float(record["started"]), ended=float(record["ended"]))
    row.update(_place("client", record["client"]) | _place("server", record["server"]))
    row["client_random"] = None if of_client is None else bytes.fromhex(of_client)
    row["server_random"] = None if of_server is None else bytes.fromhex(of_server)
    for party in Party:
        facts = _first(record, party)
        row[f"{party.value}_certificate"] = facts and facts["sha256"]
    return row
