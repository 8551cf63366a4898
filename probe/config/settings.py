"""What a configuration comes to: frozen values, every file that it names read."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from analyzers.connection import Endpoint
    from analyzers.mirror.definition import Mirror

    from ..identity import Identity

__all__ = [
    "Action",
    "CheckConfig",
    "Config",
    "EventsSettings",
    "HistorySettings",
    "Limits",
    "Mode",
    "NatsSettings",
    "OtlpSettings",
    "RelayConfig",
    "SinkSettings",
    "SniffConfig",
    "SyslogSettings",
    "WebSettings",
]


class Action(StrEnum):
    """What a relay does about a peer that breaks the rules (design section 5)."""

    OBSERVE = "observe"
    SHADOW = "shadow"
    ENFORCE = "enforce"


class Mode(StrEnum):
    """How a relay sits in the path (design section 5)."""

    TERMINATE = "terminate"
    PASSTHROUGH = "passthrough"


@dataclass(frozen=True, slots=True)
class Limits:
    """Ceilings and deadlines of each relay."""

    connections: int
    pending_per_source: int
    handshake_seconds: float
    silence_seconds: float
    drain_seconds: float


@dataclass(frozen=True, slots=True)
class RelayConfig:
    """One relay: where it listens, whom it dials, and as whom."""

    name: str
    listen: Endpoint
    upstream: Endpoint
    mode: Mode
    action: Action
    serve_as: tuple[Identity, ...]
    """Empty in mode `passthrough`, as is `connect_as`."""
    connect_as: tuple[Identity, ...]
    mirror: Mirror
    """The mirror's definition, its trust being this relay's CA certificates."""
    preamble_bytes: int
    limits: Limits


@dataclass(frozen=True, slots=True)
class CheckConfig:
    """One active check: whom it dials, as whom, and how often."""

    name: str
    target: Endpoint
    connect_as: Identity
    mirror: Mirror
    """The mirror's definition, its trust being this check's CA certificates."""
    interval_seconds: float
    deadline_seconds: float


@dataclass(frozen=True, slots=True)
class SniffConfig:
    """One interface to capture from."""

    name: str
    interface: str
    ports: tuple[int, ...]
    """Never empty: where the configuration names none, those of the members."""
    keylogs: tuple[Path, ...]
    mirror: Mirror


@dataclass(frozen=True, slots=True)
class WebSettings:
    """The HTTP port."""

    listen: Endpoint
    connections: int
    """How many finished connections the API keeps."""
    token: bytes | None = field(default=None, repr=False)
    """The bearer token that requests must show."""
    identity: Identity | None = None
    """With it the port speaks TLS."""
    hosts: tuple[str, ...] = ()
    """Further names by which a loopback port may be asked."""


@dataclass(frozen=True, slots=True)
class EventsSettings:
    """The log of events."""

    style: str
    file: str
    """`-` is standard output, else an absolute path."""
    rotate_bytes: int
    keep_files: int


@dataclass(frozen=True, slots=True)
class SyslogSettings:
    """A syslog server."""

    name: str
    address: Path | Endpoint
    """A local socket, or a server."""
    transport: str
    facility: int


@dataclass(frozen=True, slots=True)
class OtlpSettings:
    """An OpenTelemetry collector."""

    name: str
    url: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    ca: Path | None


@dataclass(frozen=True, slots=True)
class NatsSettings:
    """A NATS server with JetStream."""

    name: str
    servers: tuple[str, ...] = field(repr=False)
    subject: str
    credentials: Path | None
    ca: Path | None


SinkSettings = SyslogSettings | OtlpSettings | NatsSettings


@dataclass(frozen=True, slots=True)
class HistorySettings:
    """Where records are kept, and how long."""

    url: str = field(repr=False)
    """As SQLAlchemy takes it: `sqlite:///FILE` or `postgresql://...`."""
    spool: Path
    """A directory for what waits while the database is away."""
    spool_bytes: int
    keep_seconds: float
    keep_bytes: int


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration."""

    path: Path
    mirror: Mirror
    relays: tuple[RelayConfig, ...]
    limits: Limits
    web: WebSettings
    events: EventsSettings
    sinks: tuple[SinkSettings, ...] = ()
    history: HistorySettings | None = None
    checks: tuple[CheckConfig, ...] = ()
    sniffs: tuple[SniffConfig, ...] = ()
