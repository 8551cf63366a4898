"""The shape of `mirrorprobe.toml` (design section 9): one model a table, and what each key accepts.

A model knows its own table only. What holds between tables, and what the files that they name contain, is for
`config`.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from analyzers.errors import MalformedName
from analyzers.mirror.definition import DN_CHARACTERS
from analyzers.x509.names import parse_dn

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
    "split_host_port",
]

VERSIONS = {"TLSv1.0": 0x0301, "TLSv1.1": 0x0302, "TLSv1.2": 0x0303, "TLSv1.3": 0x0304}
"""The protocol versions that a policy may name, with their code points."""


def split_host_port(text: str) -> tuple[str, int]:
    """Take `HOST:PORT` or `[IPV6]:PORT` apart.

    Raises:
        ValueError: it is written otherwise, no host can have this name, or the port is not from 0 to 65535.
    """
    host, colon, port = text.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    if not colon or not host or (":" in host and not bracketed) or not (port.isascii() and port.isdigit()):
        raise ValueError(f"{text!r} is not HOST:PORT (an IPv6 address stands in brackets: [::1]:2188)")
    if int(port) > 65535:
        raise ValueError(f"port {port} is not from 0 to 65535")
    host = host[1:-1] if bracketed else host
    try:
        is_possible = host.isprintable() and " " not in host and bool(host.encode("idna"))
    except UnicodeError:
        is_possible = False
    if not is_possible:
        raise ValueError(f"no host can have the name {host!r}")
    return host, int(port)


def _host_port(text: str) -> str:
    split_host_port(text)
    return text


def _dialled(text: str) -> str:
    if split_host_port(text)[1] == 0:
        raise ValueError("port 0 cannot be dialled")
    return text


def _distinguished_name(text: str) -> str:
    if len(text) > DN_CHARACTERS:
        raise ValueError(f"the name has {len(text)} characters, IRIS takes at most {DN_CHARACTERS}")
    try:
        if not parse_dn(text).rdns:
            raise ValueError("the name is empty")
    except MalformedName as error:
        raise ValueError(f"{text!r} is no distinguished name: {error}") from None
    return text


def _address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        raise ValueError(f"{text!r} is no IP address (without a port)") from None


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


HostPort = Annotated[str, AfterValidator(_host_port)]
Dialled = Annotated[str, AfterValidator(_dialled)]
Name = Annotated[str, Field(min_length=1, max_length=64)]
Label = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
"""What names a relay, a check or a sink in metrics, identifiers and addresses of the API."""
Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, Field(gt=0, le=3600)]
Files = Annotated[list[str], BeforeValidator(_as_list)]
"""One path, or an array of paths."""


class Table(BaseModel):
    """What all tables share: an unknown key is an error, and a value is never converted."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class IdentityTable(Table):
    """A certificate with its chain, its key, and where the key's password is."""

    certificate: str
    key: str
    password_file: str | None = None
    password_env: str | None = None


Identities = Annotated[list[IdentityTable], BeforeValidator(_as_list), Field(min_length=1)]
"""One identity, or an array of identities of which the relay takes the one that the other end showed."""


class MirrorTable(Table):
    """`[mirror]`."""

    name: Name
    tls_required: bool = True
    ca: Files = Field(default_factory=list)


class MemberTable(Table):
    """`[[member]]`."""

    name: Annotated[str, Field(min_length=1, max_length=32)]
    role: Literal["failover", "async", "arbiter"] = "failover"
    dn: Annotated[str, AfterValidator(_distinguished_name)] | None = None
    addresses: list[Annotated[str, AfterValidator(_address)]] = Field(default_factory=list)
    agent: Dialled | None = None
    superserver: Dialled | None = None


class PolicyTable(Table):
    """`[policy]`: the mirror's own rules, stricter than what TLS needs to work."""

    minimum_version: Literal["TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"] = "TLSv1.2"
    cipher_suites: list[str] | None = None
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
    hosts: list[Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]+$")]] = Field(default_factory=list)
    """Further names by which a loopback port may be asked: those of a reverse proxy that passes its own Host on."""
    token_file: str | None = None
    """Holds the bearer token that every request but those for health must show."""
    tls: IdentityTable | None = None


class EventsTable(Table):
    """`[events]`: one line for each connection."""

    format: Literal["json", "console"] = "json"
    file: str = "-"
    """`-` is standard output."""
    rotate_megabytes: Annotated[int, Field(ge=1, le=1_048_576)] = 100
    keep_files: Annotated[int, Field(ge=1, le=1000)] = 7


class SyslogTable(Table):
    """`[[syslog]]`: the same events to a syslog server (RFC 5424)."""

    name: Label
    address: str = "/dev/log"
    """An absolute path of a socket, or HOST:PORT."""
    transport: Literal["udp", "tcp"] = "udp"
    facility: Annotated[int, Field(ge=0, le=23)] = 3


class OtlpTable(Table):
    """`[[otlp]]`: the same events to an OpenTelemetry collector, over HTTP."""

    name: Label
    url: Annotated[str, Field(pattern=r"^https?://.+")] = "http://127.0.0.1:4318/v1/logs"
    headers_file: str | None = None
    """Lines `Name: value`, for a collector that wants to know who sends."""
    ca: str | None = None


class NatsTable(Table):
    """`[[nats]]`: the same events to a JetStream subject."""

    name: Label
    servers: Annotated[list[Annotated[str, Field(pattern=r"^(nats|tls)://.+")]], Field(min_length=1)]
    subject: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$")] = "mirrorprobe.connections"
    credentials_file: str | None = None
    ca: str | None = None


class HistoryTable(Table):
    """`[history]`: where every connection's record is kept."""

    enabled: bool = True
    file: str | None = None
    """An SQLite file; the default stands beside the configuration, or where systemd keeps a service's state."""
    url_file: str | None = None
    """Holds a `postgresql://` URL, for a history that several probes share; its password is why it is a file."""
    spool: str | None = None
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
    interface: Annotated[str, Field(min_length=1, max_length=64)]
    ports: list[Port] = Field(default_factory=list)
    """Only these TCP ports; without any, those of the members' agents and superservers."""
    keylog: Files = Field(default_factory=list)
