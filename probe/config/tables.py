"""The shape of `mirrorprobe.toml` (design section 9): one model a table, and what each key accepts.

A model knows its own table only. What holds between tables, and what the files that they name contain, is for
`config`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from ..limits import (
    CONNECTIONS,
    DRAIN_SECONDS,
    HANDSHAKE_SECONDS,
    MIRROR_QOS_SECONDS,
    PENDING_PER_SOURCE,
    PREAMBLE_BYTES,
    RECENT_CONNECTIONS,
    SILENCE_SECONDS,
)
from .values import (
    Address,
    Dialled,
    DistinguishedName,
    File,
    Files,
    HostName,
    HostPort,
    HttpUrl,
    Interface,
    Label,
    MemberName,
    Name,
    NatsServer,
    Port,
    Seconds,
    Subject,
    as_list,
)

__all__ = [
    "VERSIONS",
    "CheckTable",
    "EventsTable",
    "HistoryTable",
    "IdentityTable",
    "LimitsTable",
    "MemberTable",
    "MirrorTable",
    "NatsTable",
    "OtlpTable",
    "PolicyTable",
    "RelayTable",
    "SniffTable",
    "SyslogTable",
    "Table",
    "WebTable",
]

VERSIONS = {"TLSv1.0": 0x0301, "TLSv1.1": 0x0302, "TLSv1.2": 0x0303, "TLSv1.3": 0x0304}
"""The protocol versions that a policy may name, with their code points."""


class Table(BaseModel):
    """What all tables share: an unknown key is an error, and a value is never converted."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class IdentityTable(Table):
    """A certificate with its chain, its key, and where the key's password is."""

    certificate: File
    key: File
    password_file: File | None = None
    password_env: str | None = None


Identities = Annotated[list[IdentityTable], BeforeValidator(as_list), Field(min_length=1)]
"""One identity, or an array of identities of which the relay takes the one that the other end showed."""


class MirrorTable(Table):
    """`[mirror]`."""

    name: Name
    tls_required: bool = True
    ca: Files = Field(default_factory=list)


class MemberTable(Table):
    """`[[member]]`."""

    name: MemberName
    role: Literal["failover", "async", "arbiter"] = "failover"
    dn: DistinguishedName | None = None
    addresses: list[Address] = Field(default_factory=list)
    agent: Dialled | None = None
    superserver: Dialled | None = None


class PolicyTable(Table):
    """`[policy]`: the mirror's own rules, stricter than what TLS needs to work."""

    minimum_version: Literal["TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"] = "TLSv1.2"
    cipher_suites: Annotated[list[str], Field(min_length=1)] | None = None
    minimum_rsa_bits: Annotated[int, Field(ge=512, le=16384)] = 2048
    minimum_ec_bits: Annotated[int, Field(ge=112, le=521)] = 224
    expiry_warning_days: Annotated[int, Field(ge=0, le=3650)] = 30


class RelayTable(Table):
    """`[[relay]]`."""

    name: Label
    listen: HostPort
    upstream: Dialled
    mode: Literal["terminate", "passthrough"] = "terminate"
    action: Literal["observe", "shadow", "enforce"] = "observe"
    serve_as: Identities | None = None
    """Required in mode `terminate`, and meaningless in `passthrough`."""
    connect_as: Identities | None = None
    ca: Files = Field(default_factory=list)
    preamble_bytes: Annotated[int, Field(ge=0, le=PREAMBLE_BYTES)] = 1024
    """With `action = "enforce"` on a mirror that requires TLS: the most plaintext that may pass before TLS
    begins."""


class LimitsTable(Table):
    """`[limits]`: ceilings and deadlines of each relay."""

    connections: Annotated[int, Field(ge=1, le=65536)] = CONNECTIONS
    pending_per_source: Annotated[int, Field(ge=1, le=65536)] = PENDING_PER_SOURCE
    handshake_seconds: Annotated[float, Field(gt=0, lt=MIRROR_QOS_SECONDS)] = HANDSHAKE_SECONDS
    silence_seconds: Seconds = SILENCE_SECONDS
    drain_seconds: Annotated[float, Field(ge=0, le=3600)] = DRAIN_SECONDS


class WebTable(Table):
    """`[web]`: the HTTP port with the live page, metrics, health and the API."""

    listen: HostPort = "127.0.0.1:9188"
    connections: Annotated[int, Field(ge=1, le=10_000)] = RECENT_CONNECTIONS
    hosts: list[HostName] = Field(default_factory=list)
    """Further names by which a loopback port may be asked: those of a reverse proxy that passes its own Host on."""
    token_file: File | None = None
    """Holds the bearer token that every request but those for health must show."""
    tls: IdentityTable | None = None


class EventsTable(Table):
    """`[events]`: one line for each connection."""

    format: Literal["json", "console"] = "json"
    file: File = "-"
    """`-` is standard output."""
    rotate_megabytes: Annotated[int, Field(ge=1, le=1_048_576)] = 100
    keep_files: Annotated[int, Field(ge=1, le=1000)] = 7


class SyslogTable(Table):
    """`[[syslog]]`: the same events to a syslog server (RFC 5424)."""

    name: Label
    address: File = "/dev/log"
    """An absolute path of a socket, or HOST:PORT."""
    transport: Literal["udp", "tcp"] = "udp"
    facility: Annotated[int, Field(ge=0, le=23)] = 3


class OtlpTable(Table):
    """`[[otlp]]`: the same events to an OpenTelemetry collector, over HTTP."""

    name: Label
    url: HttpUrl = "http://127.0.0.1:4318/v1/logs"
    headers_file: File | None = None
    """Lines `Name: value`, for a collector that wants to know who sends."""
    ca: File | None = None


class NatsTable(Table):
    """`[[nats]]`: the same events to a JetStream subject."""

    name: Label
    servers: Annotated[list[NatsServer], Field(min_length=1)]
    subject: Subject = "mirrorprobe.connections"
    credentials_file: File | None = None
    ca: File | None = None


class HistoryTable(Table):
    """`[history]`: where every connection's record is kept."""

    enabled: bool = True
    file: File | None = None
    """An SQLite file; the default stands beside the configuration, or where systemd keeps a service's state."""
    url_file: File | None = None
    """Holds a `postgresql://` URL, for a history that several probes share; its password is why it is a file."""
    spool: File | None = None
    """Where records wait while PostgreSQL is away; the default is that of `file`."""
    spool_megabytes: Annotated[int, Field(ge=1, le=1_048_576)] = 256
    keep_days: Annotated[int, Field(ge=1, le=36_500)] = 90
    keep_megabytes: Annotated[int, Field(ge=1, le=1_048_576)] = 1024


class CheckTable(Table):
    """`[[check]]`: an active check that is repeated."""

    name: Label
    target: Dialled
    connect_as: IdentityTable
    ca: Files = Field(default_factory=list)
    interval_seconds: Annotated[float, Field(ge=1, le=86_400)] = 60.0
    deadline_seconds: Annotated[float, Field(gt=0, lt=MIRROR_QOS_SECONDS)] = HANDSHAKE_SECONDS


class SniffTable(Table):
    """`[[sniff]]`: live capture on one interface."""

    name: Label
    interface: Interface
    ports: list[Port] = Field(default_factory=list)
    """Only these TCP ports; without any, those of the members' agents and superservers."""
    keylog: Files = Field(default_factory=list)
