"""One event: rendered once, and the same in every sink (docs/events.md).

The names at the top are those of the Elastic Common Schema, by which a log store knows a TLS connection; the whole
record follows under its own names (design section 6).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from analyzers.connection import PARTIES
from analyzers.tls import codepoints

from ..version import installed_version

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from analyzers.connection import Party, Tls
    from analyzers.x509.certificate import Certificate

    from ..account import Account

__all__ = [
    "CONNECTION",
    "EVENT_SCHEMA",
    "Event",
    "Level",
    "as_line",
    "connection_fields",
    "event_of",
    "moment",
]

EVENT_SCHEMA = "mirrorprobe.event/1"
"""Changes when a field changes its meaning or goes; new fields may come."""

CONNECTION = "connection"
"""The kind of event that tells of a finished connection."""

Level = Literal["info", "warning", "error"]

as_line = json.JSONEncoder(ensure_ascii=True, check_circular=False, separators=(",", ":")).encode
"""Writes values as one line. All that is not ASCII is escaped: what a peer put into a name cannot steer the terminal
that shows the line, and a byte is a character wherever sizes are bounded."""

_SERVICE = {"service.name": "mirrorprobe", "service.version": installed_version()}
_OF_A_CONNECTION = {
    "event.kind": "event",
    "event.category": ["network"],
    "event.type": ["connection", "end"],
    "network.transport": "tcp",
}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened."""

    at: float
    """Epoch seconds."""
    kind: str
    level: Level
    fields: Mapping[str, Any]
    line: str
    """All of it as one line of JSON, in ASCII."""
    account: Account | None = None
    """The connection that it tells of."""


def event_of(
    at: float, kind: str, level: Level, fields: Mapping[str, Any], account: Account | None = None
) -> Event:
    """Make an event, and render it."""
    whole = {
        "@timestamp": moment(at),
        "log.level": level,
        "event.action": kind,
        "event.schema": EVENT_SCHEMA,
        **_SERVICE,
        **fields,
    }
    return Event(at, kind, level, fields, as_line(whole), account)


def connection_fields(account: Account, mirror: str) -> dict[str, Any]:
    """Give what is told of a connection."""
    source, destination = account.source, account.destination
    return {
        **_OF_A_CONNECTION,
        "event.outcome": "failure" if account.has_failed else "success",
        "source.address": source.address,
        "source.port": source.port,
        "destination.address": destination.address,
        "destination.port": destination.port,
        "mirror.name": mirror,
        **_tls(account),
        **account.record(),
    }


def _tls(account: Account) -> dict[str, Any]:
    tls = account.negotiated.tls
    fields: dict[str, Any] = {"tls.established": account.outcome.value == "established"}
    if tls is not None:
        fields.update(_negotiated(tls))
    for party in PARTIES:
        certificate = account.shown(party)
        if certificate is not None:
            fields.update(_certificate(party, certificate))
    return fields


def _negotiated(tls: Tls) -> Iterator[tuple[str, Any]]:
    if tls.version is not None:
        yield "tls.version", codepoints.version_name(tls.version).removeprefix("TLSv")
        yield "tls.version_protocol", "tls"
    if tls.cipher_suite is not None:
        yield "tls.cipher", codepoints.cipher_suite_name(tls.cipher_suite)
    if tls.resumed is not None:
        yield "tls.resumed", tls.resumed


@lru_cache(maxsize=256)  # a relay's peers show the same certificates on every connection
def _certificate(party: Party, certificate: Certificate) -> tuple[tuple[str, str], ...]:
    return (
        (f"tls.{party.value}.subject", certificate.subject.rfc4514()),
        (f"tls.{party.value}.issuer", certificate.issuer.rfc4514()),
        (f"tls.{party.value}.not_before", moment(certificate.not_before)),
        (f"tls.{party.value}.not_after", moment(certificate.not_after)),
        (f"tls.{party.value}.hash.sha256", certificate.sha256.upper()),
    )


def moment(at: float) -> str:
    """Write a time as ECS does; one outside the years that can be written is cut off at their end."""
    bounded = min(max(at, -62135596800.0), 253402300799.0)
    return datetime.fromtimestamp(bounded, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
