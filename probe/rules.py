"""What must hold between the tables of a configuration."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from analyzers.x509.names import parse_dn

from .tables import MemberTable, RelayTable, WebTable, split_host_port

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .reading import Reading

__all__ = ["check_listeners", "check_members"]


def _duplicates(reading: Reading, entries: Iterable[tuple[str, str | None, str]], what: str) -> None:
    """Complain of every entry `(where, value, text)` whose value an earlier one had."""
    seen: dict[str, str] = {}
    for where, value, text in entries:
        if value is None:
            continue
        if value in seen:
            reading.problem(where, f"{what} {text!r} is already that of {seen[value]}")
        else:
            seen[value] = where


def check_members(reading: Reading, *, tls_required: bool) -> None:
    """Names and distinguished names are unique, and every member has what it is known by."""
    members = reading.several(MemberTable, "member")
    _duplicates(reading, ((where, member.name, member.name) for where, member in members), "the name")
    keyed = (
        (where, parse_dn(member.dn).rfc4514() if member.dn else None, member.dn or "")
        for where, member in members
    )
    _duplicates(reading, keyed, "dn: the distinguished name")
    for where, member in members:
        if member.dn is None and member.role != "arbiter" and tls_required:
            reading.problem(
                where,
                f"dn: a {member.role} member of a mirror that requires TLS needs its distinguished name",
            )
        if not (member.addresses or member.agent or member.superserver):
            reading.problem(where, "addresses: give at least one of addresses, agent, superserver")


def _is_wildcard(host: str) -> bool:
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return False


def check_listeners(reading: Reading) -> None:
    """No two listeners may want the same port of the same address."""
    relays, web = reading.several(RelayTable, "relay"), reading.single(WebTable, "web")
    _duplicates(reading, ((where, relay.name, relay.name) for where, relay in relays), "the name")
    wanted = [(where, *split_host_port(relay.listen)) for where, relay in relays]
    if web:
        wanted.append(("[web]", *split_host_port(web.listen)))
    for place, (where, host, port) in enumerate(wanted):
        for earlier, other, other_port in wanted[:place]:
            same_host = host == other or _is_wildcard(host) or _is_wildcard(other)
            if port and port == other_port and same_host:
                reading.problem(where, f"listen: {host}:{port} is already where {earlier} listens")
    for where, relay in relays:
        if relay.listen == relay.upstream:
            reading.problem(where, f"upstream: {relay.upstream} is where the relay itself listens")
