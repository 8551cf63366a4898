"""One event: rendered once, and the same in every sink (docs/events.md).

The names at the top are those of the Elastic Common Schema, by which a log store knows a TLS connection; the whole
record follows under its own names (design section 6).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from analyzers.connection import Party
from analyzers.tls import codepoints

from ..version import installed_version

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..account import Account

__all__ = ["CONNECTION", "EVENT_SCHEMA", "Event", "Level", "event_of"]

EVENT_SCHEMA = "mirrorprobe.event/1"
"""Changes when a field changes its meaning or goes; new fields may come."""

CONNECTION = "connection"
"""The kind of event that tells of a finished connection."""

Level = Literal["info", "warning", "error"]

_render = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_SERVICE = {"service.name": "mirrorprobe", "service.version": installed_version()}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened."""

    at: float
    """Epoch seconds."""
    kind: str
    level: Level
    fields: Mapping[str, Any]
    line: str
    """All of it as one line of JSON."""
    account: Account | None = None
    """The connection that it tells of."""


def event_of(
    at: float, kind: str, level: Level, fields: Mapping[str, Any], account: Account | None = None
) -> Event:
    """Make an event, and render it."""
    head = {"@timestamp": _moment(at), "log.level": level, "event": kind, "event.schema": EVENT_SCHEMA}
    return Event(at, kind, level, fields, _render({**head, **_SERVICE, **fields}), account)


def connection_fields(account: Account, mirror: str) -> dict[str, Any]:
    """Give what is told of a connection."""
    source, destination = account.source, account.destination
    fields: dict[str, Any] = {
        "event.kind": "event",
        "event.category": ["network"],
        "event.outcome": "failure" if account.has_failed else "success",
        "source.address": source.address,
        "source.port": source.port,
        "destination.address": destination.address,
        "destination.port": destination.port,
        "mirror.name": mirror,
        "tls.established": account.outcome.value == "established",
    }
    fields.update(_tls(account))
    fields.update(account.record())
    return fields


def _tls(account: Account) -> Iterator[tuple[str, Any]]:
    tls = account.negotiated.tls
    if tls is not None and tls.version is not None:
        yield "tls.version", codepoints.version_name(tls.version).removeprefix("TLSv")
        yield "tls.version_protocol", "tls"
    if tls is not None and tls.cipher_suite is not None:
        yield "tls.cipher", codepoints.cipher_suite_name(tls.cipher_suite)
    for party in Party:
        certificate = account.shown(party)
        if certificate is not None:
            yield f"tls.{party.value}.subject", certificate.subject.rfc4514()
            yield f"tls.{party.value}.issuer", certificate.issuer.rfc4514()
            yield f"tls.{party.value}.not_before", _moment(certificate.not_before)
            yield f"tls.{party.value}.not_after", _moment(certificate.not_after)
            yield f"tls.{party.value}.hash.sha256", certificate.sha256.upper()


def _moment(at: float) -> str:
    """Write a time as ECS does; one outside the years that can be written is cut off at their end."""
    bounded = min(max(at, -62135596800.0), 253402300799.0)
    moment = datetime.fromtimestamp(bounded, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
