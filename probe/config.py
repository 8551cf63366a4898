"""`mirrorprobe.toml` to frozen values, or to every problem in it at once (design section 9).

After the tables themselves (`reading`) and the rules between them (`rules`) come the files that they name.
Paths are relative to the configuration file.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from analyzers.connection import Endpoint
from analyzers.mirror.definition import Member, Mirror, Policy, Role
from analyzers.x509.certificate import Certificate, load_pem_certificates

from .engine.suites import expand_cipher_suites
from .identity import Identity, load_certificates, load_identity, read_file
from .outcome import UsageFailure
from .reading import Reading, read_tables
from .rules import check_listeners, check_members
from .tables import (
    VERSIONS,
    EventsTable,
    IdentityTable,
    LimitsTable,
    MemberTable,
    MirrorTable,
    PolicyTable,
    RelayTable,
    WebTable,
    split_host_port,
)

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Action", "Config", "Limits", "RelayConfig", "load_config", "load_mirror"]


class Action(StrEnum):
    """What a relay does about a peer that breaks the rules (design section 5)."""

    OBSERVE = "observe"
    SHADOW = "shadow"
    ENFORCE = "enforce"


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
    mode: str
    action: Action
    serve_as: tuple[Identity, ...]
    connect_as: tuple[Identity, ...]
    mirror: Mirror
    """The mirror's definition, its trust being this relay's CA certificates."""
    preamble_bytes: int
    limits: Limits


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration."""

    path: Path
    mirror: Mirror
    relays: tuple[RelayConfig, ...]
    limits: Limits
    web: Endpoint
    web_connections: int
    events_format: str
    events_file: str
    """`-` is standard output, else an absolute path."""


def _password(reading: Reading, where: str, table: IdentityTable) -> tuple[bytes | None, bool]:
    """Give the key's password, and whether it could be had."""
    if table.password_file and table.password_env:
        reading.problem(where, "password_file and password_env exclude each other")
        return None, False
    if table.password_file:
        try:
            return read_file(reading.resolve(table.password_file)).rstrip(b"\r\n"), True
        except ValueError as error:
            reading.problem(f"{where}.password_file", str(error))
            return None, False
    if table.password_env:
        value = os.environ.get(table.password_env)
        if value is None:
            reading.problem(
                f"{where}.password_env", f"the environment variable {table.password_env} is not set"
            )
            return None, False
        return value.encode(), True
    return None, True


def _identities(reading: Reading, where: str, tables: list[IdentityTable]) -> tuple[Identity, ...]:
    identities = []
    for table in tables:
        password, is_known = _password(reading, where, table)
        try:
            identity = load_identity(reading.resolve(table.certificate), reading.resolve(table.key), password)
            identities.append(identity)
        except* ValueError as group:
            texts = [str(error) for error in group.exceptions]
            for text in texts if is_known else [text for text in texts if "is encrypted, and" not in text]:
                reading.problem(where, text)
    return tuple(identities)


def _trust(reading: Reading, where: str, files: list[str]) -> tuple[Certificate, ...]:
    certificates: list[Certificate] = []
    for name in files:
        path = reading.resolve(name)
        try:
            load_certificates(path)
            certificates.extend(load_pem_certificates(read_file(path)))
        except ValueError as error:
            reading.problem(f"{where}: ca", str(error))
    return tuple(certificates)


def _policy(reading: Reading, table: PolicyTable) -> Policy:
    suites: tuple[int, ...] | None = None
    if table.cipher_suites is not None:
        suites, unknown = expand_cipher_suites(table.cipher_suites)
        for name in unknown:
            reading.problem(
                "[policy]", f"cipher_suites: {name!r} is neither an IANA name nor an OpenSSL cipher string"
            )
    return Policy(
        minimum_version=VERSIONS[table.minimum_version],
        cipher_suites=suites,
        minimum_rsa_bits=table.minimum_rsa_bits,
        minimum_ec_bits=table.minimum_ec_bits,
        expiry_warning_days=table.expiry_warning_days,
    )


def _member(table: MemberTable) -> Member:
    return Member(
        table.name, Role(table.role), table.dn, tuple(table.addresses), table.agent, table.superserver
    )


def _mirror(reading: Reading) -> Mirror | None:
    """Build the mirror's definition from what is valid; None where its own table is not."""
    table, policy = reading.single(MirrorTable, "mirror"), reading.single(PolicyTable, "policy")
    check_members(reading, tls_required=table.tls_required if table else True)
    trust = _trust(reading, "[mirror]", table.ca) if table else ()
    judged = _policy(reading, policy) if policy else None
    if table is None or judged is None:
        return None
    members = tuple(_member(member) for _, member in reading.several(MemberTable, "member"))
    return Mirror(table.name, table.tls_required, members, judged, trust)


def _relay(
    reading: Reading, where: str, table: RelayTable, mirror: Mirror | None, limits: Limits | None
) -> RelayConfig | None:
    """Build one relay, with the mirror as its peers should see it: trusting this relay's CA certificates."""
    serve_as = _identities(reading, f"{where}: serve_as", table.serve_as)
    connect_as = _identities(reading, f"{where}: connect_as", table.connect_as)
    trust = _trust(reading, where, table.ca)
    if mirror is None or limits is None:
        return None
    return RelayConfig(
        name=table.name,
        listen=Endpoint(*split_host_port(table.listen)),
        upstream=Endpoint(*split_host_port(table.upstream)),
        mode=table.mode,
        action=Action(table.action),
        serve_as=serve_as,
        connect_as=connect_as,
        mirror=replace(mirror, trust=trust or mirror.trust),
        preamble_bytes=table.preamble_bytes,
        limits=limits,
    )


def _limits(table: LimitsTable) -> Limits:
    return Limits(
        table.connections,
        table.pending_per_source,
        table.handshake_seconds,
        table.silence_seconds,
        table.drain_seconds,
    )


def load_config(path: Path) -> Config:
    """Read the whole configuration with every file that it names.

    Raises:
        UsageFailure: something in it is wrong; one line for each problem, all of them.
    """
    reading = read_tables(path)
    limits_table, web = reading.single(LimitsTable, "limits"), reading.single(WebTable, "web")
    events = reading.single(EventsTable, "events")
    limits = _limits(limits_table) if limits_table else None
    mirror = _mirror(reading)
    check_listeners(reading)
    relays = [
        _relay(reading, where, table, mirror, limits) for where, table in reading.several(RelayTable, "relay")
    ]
    if not reading.arrays.get("relay") and not reading.problems:
        reading.problem("", "[[relay]]: at least one is needed")
    if reading.problems or mirror is None or limits is None or web is None or events is None:
        raise UsageFailure(*reading.problems)
    return Config(
        path=path,
        mirror=mirror,
        relays=tuple(relay for relay in relays if relay),
        limits=limits,
        web=Endpoint(*split_host_port(web.listen)),
        web_connections=web.connections,
        events_format=events.format,
        events_file=events.file if events.file == "-" else str(reading.resolve(events.file)),
    )


def load_mirror(path: Path) -> Mirror:
    """Read the mirror's definition alone, for captures and checks: no relay's keys are opened.

    Raises:
        UsageFailure: something in the file is wrong; one line for each problem, all of them.
    """
    reading = read_tables(path)
    mirror = _mirror(reading)
    if reading.problems or mirror is None:
        raise UsageFailure(*reading.problems)
    return mirror
