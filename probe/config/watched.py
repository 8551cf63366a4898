"""What the probe watches: its relays, its active checks, and the interfaces that it captures from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from analyzers.connection import Endpoint

from .credentials import identities, trusted
from .settings import Action, CheckConfig, Limits, Mode, RelayConfig, SniffConfig
from .tables import CheckTable, LimitsTable, MemberTable, RelayTable, SniffTable
from .values import split_host_port

if TYPE_CHECKING:
    from analyzers.mirror.definition import Mirror
    from analyzers.x509.certificate import Certificate

    from .reading import Reading

__all__ = ["checks_of", "limits_of", "relays_of", "sniffs_of"]


def limits_of(table: LimitsTable) -> Limits:
    """Build the ceilings and deadlines."""
    return Limits(
        table.connections,
        table.pending_per_source,
        table.handshake_seconds,
        table.silence_seconds,
        table.drain_seconds,
    )


class _Mirrors:
    """The mirror as the peers of each relay and check see it: trusting the CA certificates that the table names.

    Tables with the same certificates share one, for each has an index of all members.
    """

    def __init__(self, mirror: Mirror | None) -> None:
        """Take the definition; None where it is not valid."""
        self._mirror = mirror
        self._trusting: dict[tuple[bytes, ...], Mirror] = {}

    def trusting(self, trust: tuple[Certificate, ...]) -> Mirror | None:
        """Give the mirror with these certificates; without any, with those of its own table."""
        if self._mirror is None or not trust:
            return self._mirror
        key = tuple(certificate.der for certificate in trust)
        if key not in self._trusting:
            self._trusting[key] = replace(self._mirror, trust=trust)
        return self._trusting[key]


def _relay(
    reading: Reading, where: str, table: RelayTable, mirrors: _Mirrors, limits: Limits | None
) -> RelayConfig | None:
    """Build one relay."""
    serve_as = identities(reading, f"{where}: serve_as", table.serve_as or [])
    connect_as = identities(reading, f"{where}: connect_as", table.connect_as or [])
    mirror = mirrors.trusting(trusted(reading, where, table.ca))
    if mirror is None or limits is None:
        return None
    return RelayConfig(
        name=table.name,
        listen=Endpoint(*split_host_port(table.listen)),
        upstream=Endpoint(*split_host_port(table.upstream)),
        mode=Mode(table.mode),
        action=Action(table.action),
        serve_as=serve_as,
        connect_as=connect_as,
        mirror=mirror,
        preamble_bytes=table.preamble_bytes,
        limits=limits,
    )


def relays_of(reading: Reading, mirror: Mirror | None, limits: Limits | None) -> tuple[RelayConfig, ...]:
    """Build every relay that can be; what is wrong with the others is a problem of the reading."""
    mirrors = _Mirrors(mirror)
    relays = [
        _relay(reading, where, table, mirrors, limits)
        for where, table in reading.several(RelayTable, "relay")
    ]
    return tuple(relay for relay in relays if relay)


def _check(reading: Reading, where: str, table: CheckTable, mirrors: _Mirrors) -> CheckConfig | None:
    shown = identities(reading, f"{where}: connect_as", [table.connect_as])
    mirror = mirrors.trusting(trusted(reading, where, table.ca))
    if mirror is None or not shown:
        return None
    return CheckConfig(
        name=table.name,
        target=Endpoint(*split_host_port(table.target)),
        connect_as=shown[0],
        mirror=mirror,
        interval_seconds=table.interval_seconds,
        deadline_seconds=table.deadline_seconds,
    )


def checks_of(reading: Reading, mirror: Mirror | None) -> tuple[CheckConfig, ...]:
    """Build every active check."""
    mirrors = _Mirrors(mirror)
    checks = [_check(reading, where, table, mirrors) for where, table in reading.several(CheckTable, "check")]
    return tuple(check for check in checks if check)


def _member_ports(reading: Reading) -> tuple[int, ...]:
    """Give the ports on which the members' agents and superservers listen."""
    members = [member for _, member in reading.several(MemberTable, "member")]
    addresses = [address for member in members for address in (member.agent, member.superserver) if address]
    return tuple(sorted({split_host_port(address)[1] for address in addresses}))


def sniffs_of(reading: Reading, mirror: Mirror | None) -> tuple[SniffConfig, ...]:
    """Build every live capture."""
    sniffs = []
    for where, table in reading.several(SniffTable, "sniff"):
        ports = tuple(table.ports) or _member_ports(reading)
        if not ports:
            reading.problem(where, "ports: is needed, for no member has an agent or superserver")
        if mirror is not None:
            keylogs = tuple(reading.resolve(name) for name in table.keylog)
            sniffs.append(SniffConfig(table.name, table.interface, ports, keylogs, mirror))
    return tuple(sniffs)
